/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/facts.h"
#include "config/table.h"

#include <stdio.h>

/* The settings in the shape of the file. 0 or -ENOMEM. */
int print_settings(const struct reading *reading, FILE *out);

/* --print-config: the same with an object "computed", to which `compute` (NULL: nothing) adds.
 * 0 or -ENOMEM. */
int print_configuration(const struct reading *reading, facts_compute *compute, FILE *out);
