/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>

/* A list of strings as struct settings holds it: a NULL-terminated array that owns them. */

/* Appends a copy of `text` (of `length` bytes); *list may be NULL, an empty list. 0, or -ENOMEM
 * and the list is unchanged. */
int list_append(char ***list, const char *text, size_t length);

/* 0 for NULL. */
size_t list_length(char *const *list);

/* NULL is fine. Returns NULL. */
char **list_free(char **list);
