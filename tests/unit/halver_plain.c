/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/unit/halver_plain.h"

/* What processors without AVX2 run, compiled beside what this one does. */
#undef __x86_64__
#define halver_filter_down plain_filter_down
#define halver_filter_across plain_filter_across
#include "image/jpeg_halver_filter.c" /* NOLINT(bugprone-suspicious-include) */
