/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/unit/idct_plain.h"

/* What machines without these vectors run, compiled beside what this one does. */

#undef __SSE2__
#define idct_narrow_prepare plain_narrow_prepare
#define idct_narrow_block   plain_narrow_block
#include "image/jpeg/idct_narrow.c" /* NOLINT(bugprone-suspicious-include) */
