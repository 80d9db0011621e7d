/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What every target is: called with one input after the other, and dead where something is wrong.
 * libFuzzer drives it, or replay.c with files. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must be so whatever the input: not assert(), which a build type may leave out. */
#define fuzz_require(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)
