/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <math.h>

enum { LANCZOS_LOBES = 3 };

/* The filter that everything is reduced with, at x samples of the result from its centre. */
static inline double lanczos(double x)
{
    const double angle = M_PI * x;

    if (fabs(x) < 1e-9)
        return 1;
    if (fabs(x) >= LANCZOS_LOBES)
        return 0;
    return LANCZOS_LOBES * sin(angle) * sin(angle / LANCZOS_LOBES) / (angle * angle);
}
