/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/unit/reducer_plain.h"

/* What processors without AVX2 run, compiled beside what this one does. */
#undef __x86_64__
#define reducer_bytes plain_bytes
#define reducer_begin plain_begin
#define reducer_take  plain_take
#include "image/pixels/reducer.c" /* NOLINT(bugprone-suspicious-include) */
