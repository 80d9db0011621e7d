/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/jpeg/layout.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What the scans of a JPEG have told so far of one component's coefficients (T.81, G.1.1.1): each
 * is first told to some lowest bit, and then refined bit by bit; in a sequential file all of it at
 * once.
 */
struct jpeg_progression {
    int8_t low[64]; /* the lowest bit told; -1: nothing yet */
};

static inline void progression_begin(struct jpeg_progression *progression)
{
    for (unsigned k = 0; k < 64; k++)
        progression->low[k] = -1;
}

/* Notes the scan's coefficients. False: it refines what was not told, or tells something twice. */
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

/* Whether every bit of every coefficient was told. */
static inline bool progression_is_complete(const struct jpeg_progression *progression)
{
    for (unsigned k = 0; k < 64; k++)
        if (progression->low[k] != 0)
            return false;
    return true;
}
