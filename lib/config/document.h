/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdio.h>

struct reading;

/* A member of the object "computed" that --print-config prints. */
struct computed_row {
    const char *name, *meaning;
};
enum { COMPUTED_ROWS = 4 };
extern const struct computed_row computed_rows[COMPUTED_ROWS];

/* Calls `print` for each sentence about what must hold between values of several keys, which stand
 * in backquotes; without the full stop. */
void document_limits(const struct reading *reading, void (*print)(const char *sentence, FILE *out),
                     FILE *out);

/* The whole of docs/configuration.md, for both programs. 0 or -ENOMEM. */
int print_document(FILE *out);
