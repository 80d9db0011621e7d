/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdio.h>

struct option_table;

/* The manual page of a server, PROGRAM(1), in roff with the macros of man(7): flags, signals,
 * files. 0 or -ENOMEM. */
int print_program_manual(const struct option_table *options, FILE *out);

/* The manual page of its configuration file, PROGRAM.json(5): every key. 0 or -ENOMEM. */
int print_file_manual(const struct option_table *options, FILE *out);
