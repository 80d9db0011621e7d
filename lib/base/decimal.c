/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/decimal.h"

#include <math.h>

enum { FRACTION_PLACES = 15, PLACES_MAX = 37 }; /* 10^37 is below 2^123 */

static unsigned __int128 power_of_ten(uint32_t places)
{
    unsigned __int128 power = 1;

    for (uint32_t i = 0; i < places; i++)
        power *= 10;
    return power;
}

uint32_t decimal_scale(uint32_t length, struct decimal factor)
{
    unsigned __int128 one, scaled;

    if (factor.places > PLACES_MAX) /* 2^32 * 10^18 / 10^38 rounds to 0 */
        return 1;
    one = power_of_ten(factor.places);
    scaled = ((unsigned __int128)length * factor.digits + one / 2) / one;
    return scaled < 1 ? 1 : (uint32_t)scaled;
}

double decimal_value(struct decimal decimal)
{
    return (double)decimal.digits / pow(10, decimal.places);
}

struct decimal decimal_from_fraction(double value)
{
    const uint64_t digits = (uint64_t)llround(value * pow(10, FRACTION_PLACES));

    if (digits == 0 && value > 0) /* less than any length makes a pixel of */
        return (struct decimal){.digits = 1, .places = PLACES_MAX + 1};
    return (struct decimal){.digits = digits, .places = digits > 0 ? FRACTION_PLACES : 0};
}
