/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>

/* A list of strings as struct settings holds it: an array that owns them, with NULL behind the
 * last. */

/* Puts a copy of `text` (of `length` bytes) at the end; *list may be NULL, an empty one. 0 or
 * -ENOMEM, and the list is as it was. */
int list_append(char ***list, const char *text, size_t length);

/* 0 for NULL. */
size_t list_length(char *const *list);

/* NULL is fine. Returns NULL. */
char **list_free(char **list);
