/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Secret words from a file: one a line, with comments from '#' on. White space around a token is
 * ignored. A token is of 1 to TOKEN_MAX_BYTES visible ASCII characters.
 */
enum { TOKEN_MAX_BYTES = 256, TOKENS_MAX = 1024, TOKENS_WHY_BYTES = 200 };

struct tokens;

/* 0 and *tokens, at least one of them; or -errno and `why`, a sentence for the operator that holds
 * no token: the file cannot be read, everyone may read it, or a line is wrong (-EINVAL;
 * -EILSEQ: it holds a NUL). */
int tokens_read(struct tokens **tokens, const char *path, char why[static TOKENS_WHY_BYTES]);

/* NULL is fine. Returns NULL. */
struct tokens *tokens_free(struct tokens *tokens);

/* Whether these bytes are one of the tokens. How long it takes depends on the number of tokens
 * alone, and not on what they are. Any thread. */
bool tokens_match(const struct tokens *tokens, const char *text, size_t length);

/* The first token of the file, terminated. */
const char *tokens_first(const struct tokens *tokens);
