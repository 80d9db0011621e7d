/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/tokens.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Each token lies in a block of the same size, filled up with zeros. A comparison takes whole
 * blocks, of all tokens, so its time says neither how long a token is nor how much of it was right.
 */
enum { BLOCK_WORDS = TOKEN_MAX_BYTES / sizeof(uint64_t) + 1 };

union block {
    uint64_t words[BLOCK_WORDS];
    char text[BLOCK_WORDS * sizeof(uint64_t)]; /* terminated */
};

struct tokens {
    size_t count;
    union block *blocks;
};

static int add_token(struct tokens *tokens, const char *text, size_t length)
{
    union block *longer;

    if (tokens->count == TOKENS_MAX)
        return -E2BIG;
    longer = reallocarray(tokens->blocks, tokens->count + 1, sizeof(*longer));
    if (longer == NULL)
        return -ENOMEM;
    tokens->blocks = longer;
    longer[tokens->count] = (union block){0};
    memcpy(longer[tokens->count].text, text, length);
    tokens->count++;
    return 0;
}

/* Where in a line a character lies. */
enum token_place { PLACE_BEFORE, PLACE_TOKEN, PLACE_BEHIND, PLACE_COMMENT };

struct token_line {
    unsigned number;
    enum token_place place;
    size_t length; /* of the token */
    char token[TOKEN_MAX_BYTES];
};

/* A '#' begins a comment at the line's beginning or after white space; it may be part of a token. A
 * NUL is in no text: of a file in UTF-16 it is every other byte. */
static int read_character(struct token_line *line, char character)
{
    const bool white = character == ' ' || character == '\t' || character == '\r';

    if (character == '\0')
        return -EILSEQ;
    if (line->place == PLACE_COMMENT)
        return 0;
    if (white) {
        line->place = line->length > 0 ? PLACE_BEHIND : PLACE_BEFORE;
        return 0;
    }
    if (character == '#' && line->place != PLACE_TOKEN) {
        line->place = PLACE_COMMENT;
        return 0;
    }
    if (line->place == PLACE_BEHIND || line->length == TOKEN_MAX_BYTES || character <= ' ' ||
        character > '~')
        return -EINVAL;
    line->place = PLACE_TOKEN;
    line->token[line->length++] = character;
    return 0;
}

static int end_token_line(struct tokens *tokens, struct token_line *line)
{
    int status = line->length > 0 ? add_token(tokens, line->token, line->length) : 0;

    line->number++;
    line->place = PLACE_BEFORE;
    line->length = 0;
    return status;
}

static void explain(int status, const struct token_line *line, const char *path,
                    char why[static TOKENS_WHY_BYTES])
{
    if (status == -EINVAL)
        snprintf(why, TOKENS_WHY_BYTES,
                 "expected a token of up to %d visible ASCII characters in line %u of %.100s",
                 TOKEN_MAX_BYTES, line->number, path);
    else if (status == -EILSEQ)
        snprintf(why, TOKENS_WHY_BYTES, "expected text, got a NUL in line %u of %.100s",
                 line->number, path);
    else
        snprintf(why, TOKENS_WHY_BYTES, "%.100s: %s", path, strerrordesc_np(-status));
}

static int read_lines(struct tokens *tokens, FILE *file, const char *path,
                      char why[static TOKENS_WHY_BYTES])
{
    struct token_line line = {.number = 1};
    int status = 0;

    for (int byte; status == 0 && (byte = getc(file)) != EOF;)
        status = byte == '\n' ? end_token_line(tokens, &line) : read_character(&line, (char)byte);
    if (status == 0)
        status = end_token_line(tokens, &line);
    if (status != 0) {
        explain(status, &line, path, why);
    } else if (ferror(file)) {
        status = -EIO;
        snprintf(why, TOKENS_WHY_BYTES, "cannot read %.100s", path);
    } else if (tokens->count == 0) {
        status = -EINVAL;
        snprintf(why, TOKENS_WHY_BYTES, "expected at least one token in %.100s, got none", path);
    }
    explicit_bzero(&line, sizeof(line));
    return status;
}

/* NULL, and `why` and *status. */
static FILE *open_secret(const char *path, char why[static TOKENS_WHY_BYTES], int *status)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat facts;
    FILE *file;

    if (fd < 0 || fstat(fd, &facts) != 0) {
        *status = -errno;
        snprintf(why, TOKENS_WHY_BYTES, "cannot read %.100s: %s", path, strerrordesc_np(errno));
        return NULL;
    }
    if (!S_ISREG(facts.st_mode) || (facts.st_mode & S_IROTH) != 0) {
        *status = -EINVAL;
        snprintf(why, TOKENS_WHY_BYTES,
                 "expected a file that not everyone may read, got %.100s, %s%04o", path,
                 S_ISREG(facts.st_mode) ? "of mode " : "which is no regular file, of mode ",
                 (unsigned)facts.st_mode & 07777);
        return NULL;
    }
    file = fdopen(fd, "r");
    if (file == NULL) {
        *status = -errno;
        snprintf(why, TOKENS_WHY_BYTES, "cannot read %.100s: %s", path, strerrordesc_np(errno));
        return NULL;
    }
    TAKE_FD(fd);
    return file;
}

int tokens_read(struct tokens **tokens, const char *path, char why[static TOKENS_WHY_BYTES])
{
    struct tokens *read;
    int status = 0;
    FILE *file = open_secret(path, why, &status);

    if (file == NULL)
        return status;
    read = calloc(1, sizeof(*read));
    if (read == NULL) {
        status = -ENOMEM;
        snprintf(why, TOKENS_WHY_BYTES, "out of memory");
    } else {
        status = read_lines(read, file, path, why);
    }
    fclose(file);
    if (status != 0)
        tokens_free(read);
    else
        *tokens = read;
    return status;
}

struct tokens *tokens_free(struct tokens *tokens)
{
    if (tokens == NULL)
        return NULL;
    if (tokens->blocks != NULL)
        explicit_bzero(tokens->blocks, tokens->count * sizeof(*tokens->blocks));
    free(tokens->blocks);
    free(tokens);
    return NULL;
}

bool tokens_match(const struct tokens *tokens, const char *text, size_t length)
{
    union block theirs = {0};
    unsigned found = 0;

    if (length == 0 || length > TOKEN_MAX_BYTES)
        return false;
    memcpy(theirs.text, text, length);
    for (size_t t = 0; t < tokens->count; t++) {
        uint64_t differs = 0;

        for (size_t i = 0; i < BLOCK_WORDS; i++)
            differs |= theirs.words[i] ^ tokens->blocks[t].words[i];
        found |= differs == 0;
    }
    return found != 0;
}

const char *tokens_first(const struct tokens *tokens)
{
    return tokens->blocks[0].text;
}
