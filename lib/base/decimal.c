/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/decimal.h"

#include <math.h>
#include <stdio.h>

enum {
    FRACTION_PLACES = 15,
    PLACES_MAX = DECIMAL_PLACES,
    PLAIN_PLACES = 18, /* without an exponent; 10^18 is below 2^60 */
};

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

/* Its digits with so many places. From 10^19 on more zeros make no difference to a comparison. */
static unsigned __int128 digits_at(struct decimal decimal, uint32_t places)
{
    uint32_t zeros = places - decimal.places;

    return decimal.digits * power_of_ten(zeros < 19 ? zeros : 19);
}

int decimal_compare(struct decimal a, struct decimal b)
{
    uint32_t places = a.places > b.places ? a.places : b.places;
    unsigned __int128 left = digits_at(a, places), right = digits_at(b, places);

    return (left > right) - (left < right);
}

void decimal_print(struct decimal decimal, char text[static DECIMAL_TEXT_BYTES])
{
    unsigned long long digits = decimal.digits, one;
    unsigned places = decimal.places;

    for (; places > 0 && digits % 10 == 0; places--)
        digits /= 10;
    one = (unsigned long long)power_of_ten(places <= PLAIN_PLACES ? places : 0);
    if (places == 0)
        snprintf(text, DECIMAL_TEXT_BYTES, "%llu", digits);
    else if (places <= PLAIN_PLACES)
        snprintf(text, DECIMAL_TEXT_BYTES, "%llu.%0*llu", digits / one, (int)places, digits % one);
    else
        snprintf(text, DECIMAL_TEXT_BYTES, "%llue-%u", digits, places);
}
