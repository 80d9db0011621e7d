/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/utf8.h"

/*
 * Parameters and configuration must be UTF-8, and so must JSON answers that quote them. Follows
 * table 3-7 of the Unicode standard: the first two bytes show whether a sequence is ill-formed.
 */
static const struct {
    unsigned char first_low, first_high, second_low, second_high, length;
} sequences[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, /* c0 and c1 could only begin overlong forms */
    {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, /* up to d7ff: no surrogates */
    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}, /* up to 10ffff */
};

size_t utf8_sequence(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t i, row;

    if (length == 0)
        return 0;
    if (bytes[0] < 0x80)
        return 1;
    for (row = 0; row < sizeof(sequences) / sizeof(sequences[0]); row++) {
        if (bytes[0] >= sequences[row].first_low && bytes[0] <= sequences[row].first_high)
            break;
    }
    if (row == sizeof(sequences) / sizeof(sequences[0]) || length < sequences[row].length)
        return 0;
    if (bytes[1] < sequences[row].second_low || bytes[1] > sequences[row].second_high)
        return 0;
    for (i = 2; i < sequences[row].length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    }
    return sequences[row].length;
}

size_t utf8_valid_length(const char *text, size_t length)
{
    size_t at = 0, step;

    do {
        step = utf8_sequence(text + at, length - at);
        at += step;
    } while (step != 0);
    return at;
}

bool utf8_is_valid(const char *text, size_t length)
{
    return utf8_valid_length(text, length) == length;
}
