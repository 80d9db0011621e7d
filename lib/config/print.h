/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/program.h"
#include "config/table.h"

#include <stdio.h>

/* What the option tables look like to people and to programs. */

/* --help: flags, then configuration keys. */
void print_help(const struct reading *reading, FILE *out);

/* --print-config: the settings in the shape of the file, and with `program` an object "computed".
 * 0 or -ENOMEM. */
int print_configuration(const struct reading *reading, const struct program *program, FILE *out);

/* The whole of docs/configuration.md, of both programs. 0 or -ENOMEM. */
int print_document(FILE *out);

/* The default as it stands in the file. */
void row_default(const struct option_row *row, char text[static TEXT_BYTES]);

/* "0 to 65535", "above 0, up to 1", "a, b or c"; "" where a row says nothing of the kind. */
void row_range(const struct option_row *row, char text[static TEXT_BYTES]);
