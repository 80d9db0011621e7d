/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/program.h"

#include <stdio.h>

/* settings_load() on the caller's streams, for tests. */
int settings_load_to(const struct program *program, int argc, char **argv,
                     struct settings *settings, FILE *out, FILE *errors);
