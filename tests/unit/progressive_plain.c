/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/unit/progressive_plain.h"

/* What other processors run, compiled beside what this one does. */
#include "base/status.h"
#include "image/jpeg/entropy.h"

#undef __x86_64__
#define progressive_read_ac plain_read_ac
#include "image/jpeg/progressive_ac.c" /* NOLINT(bugprone-suspicious-include) */
