/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdio.h>

struct option_table;

/* A server's completion for bash-completion: its flags, and what each takes. 0 or -ENOMEM. */
int print_completion(const struct option_table *options, FILE *out);
