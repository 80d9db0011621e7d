/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/layout.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Which bits of one component's coefficients the scans so far have sent (T.81, G.1.1.1): the first
 * scan of a coefficient sends it without its lowest bits, and each refinement sends one bit more. A
 * sequential file sends all bits at once.
 */
struct jpeg_progression {
    int8_t low[64]; /* the lowest bit sent; -1: none yet */
};

static inline void progression_begin(struct jpeg_progression *progression)
{
    for (unsigned k = 0; k < 64; k++)
        progression->low[k] = -1;
}

/* Notes what the scan sends. False: it refines bits that were never sent, or sends some twice. */
static inline bool progression_advance(struct jpeg_progression *progression,
                                       const struct jpeg_scan *scan)
{
    for (unsigned k = scan->first; k <= scan->last; k++) {
        if (progression->low[k] != (scan->high == 0 ? -1 : scan->high))
            return false;
        progression->low[k] = (int8_t)scan->low;
    }
    return true;
}

/* Whether every bit of every coefficient was sent. */
static inline bool progression_is_complete(const struct jpeg_progression *progression)
{
    for (unsigned k = 0; k < 64; k++)
        if (progression->low[k] != 0)
            return false;
    return true;
}
