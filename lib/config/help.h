/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/table.h"

/* --help: flags, then configuration keys. */
void print_help(const struct reading *reading, FILE *out);
