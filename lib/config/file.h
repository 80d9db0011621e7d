/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/table.h"

/* Reads the JSON file `path` (borrowed by *reading) into the settings. Errors of the file
 * and its keys go to reading_complain(). 0 or -ENOMEM. */
int file_read(struct reading *reading, const char *path);

/* The same for a text in memory; text[length] is 0. */
int file_read_text(struct reading *reading, const char *path, const char *text, size_t length);
