/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/request.h"

#include <math.h>

uint32_t image_scaled_length(uint32_t length, double factor)
{
    double scaled = floor((double)length * factor + 0.5);

    return scaled < 1.0 ? 1 : (uint32_t)scaled;
}
