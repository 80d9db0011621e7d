/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/colour/profile_srgb.h"

#include "base/cleanup.h"
#include "image/core/bytes.h"

#include <math.h>

/* ICC.1:2010, 7.2 (header), 9.2 (tags), 10.6 and 10.18 (curves). */

static double fixed16(const uint8_t *bytes)
{
    return (int32_t)get_be32(bytes) / 65536.0;
}

/* A tag's data inside the profile, at least `least` bytes; NULL where it is not there. */
static const uint8_t *find_tag(const uint8_t *profile, size_t size, const char *name, size_t least,
                               size_t *length)
{
    enum { HEADER_BYTES = 128, ENTRY_BYTES = 12 };
    uint32_t count = get_be32(profile + HEADER_BYTES);
    const uint8_t *entry = profile + HEADER_BYTES + 4;

    for (; count > 0 && (size_t)(profile + size - entry) >= ENTRY_BYTES;
         count--, entry += ENTRY_BYTES) {
        uint32_t offset = get_be32(entry + 4);

        if (memcmp(entry, name, 4) != 0)
            continue;
        *length = get_be32(entry + 8);
        if (offset > size || *length > size - offset || *length < least)
            return NULL;
        return profile + offset;
    }
    return NULL;
}

/* Whether a colorant tag is one of sRGB's primaries, adapted to D50. Profiles in the wild differ in
 * the third decimal; wider gamuts (Adobe RGB, Display P3) differ by at least 0.05. */
static bool is_primary(const uint8_t *profile, size_t size, const char *tag, const double xyz[3])
{
    const double tolerance = 0.005;
    size_t length;
    const uint8_t *data = find_tag(profile, size, tag, 20, &length);

    if (data == NULL || memcmp(data, "XYZ ", 4) != 0)
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (fabs(fixed16(data + 8 + 4 * i) - xyz[i]) > tolerance)
            return false;
    return true;
}

static double srgb_to_linear(double x)
{
    return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
}

/* A parametric curve at x (10.18; types 3 and 4, which sRGB profiles use, and 0); -1: other. */
static double parametric_at(const uint8_t *data, size_t length, double x)
{
    static const uint8_t parameters[] = {1, 3, 4, 5, 7};
    unsigned type = data[8] << 8 | data[9];
    double p[7] = {0};

    if (type > 4 || length < 12U + 4U * parameters[type])
        return -1;
    for (unsigned i = 0; i < parameters[type]; i++)
        p[i] = fixed16(data + 12 + 4 * i);
    if (type == 0)
        return pow(x, p[0]);
    if (type < 3)
        return -1;
    return x >= p[4] ? pow(p[1] * x + p[2], p[0]) + p[5] : p[3] * x + p[6];
}

/* A sampled curve at x, or a plain gamma where it has one entry (10.6). */
static double sampled_at(const uint8_t *data, size_t length, double x)
{
    uint32_t count = get_be32(data + 8);
    double position;
    uint32_t left;

    if (count > (length - 12) / 2 || count == 0)
        return count == 0 ? x : -1;
    data += 12;
    if (count == 1)
        return pow(x, (data[0] << 8 | data[1]) / 256.0);
    position = x * (count - 1);
    left = position >= count - 1 ? count - 2 : (uint32_t)position;
    data += 2 * (size_t)left;
    position -= left;
    return ((data[0] << 8 | data[1]) * (1 - position) + (data[2] << 8 | data[3]) * position) /
           65535.0;
}

/* Whether a tone curve is sRGB's, or so near (a plain gamma of 2.2) that luma cannot tell. */
static bool is_srgb_curve(const uint8_t *profile, size_t size, const char *tag)
{
    const double tolerance = 0.01;
    size_t length;
    const uint8_t *data = find_tag(profile, size, tag, 14, &length);

    if (data == NULL)
        return false;
    for (unsigned i = 0; i <= 16; i++) {
        double x = i / 16.0, y;

        if (memcmp(data, "para", 4) == 0)
            y = parametric_at(data, length, x);
        else if (memcmp(data, "curv", 4) == 0)
            y = sampled_at(data, length, x);
        else
            return false;
        if (!(fabs(y - srgb_to_linear(x)) <= tolerance))
            return false;
    }
    return true;
}

/* Tables of colours, which count before primaries and curves do. */
static bool has_tables(const uint8_t *profile, size_t size)
{
    static const char *const tags[] = {"A2B0", "A2B1", "A2B2", "D2B0", "D2B1", "D2B2", "D2B3"};
    size_t length;

    for (size_t i = 0; i < ARRAY_LENGTH(tags); i++)
        if (find_tag(profile, size, tags[i], 0, &length) != NULL)
            return true;
    return false;
}

bool profile_is_plain_srgb(const uint8_t *profile, size_t size)
{
    static const double red[] = {0.4360, 0.2225, 0.0139};
    static const double green[] = {0.3851, 0.7169, 0.0971};
    static const double blue[] = {0.1431, 0.0606, 0.7141};
    const struct bytes bytes = {profile, size};

    if (size < 132 || !bytes_match(bytes, 16, "RGB XYZ ", 8) ||
        !bytes_match(bytes, 36, "acsp", 4) || has_tables(profile, size))
        return false;
    return is_primary(profile, size, "rXYZ", red) && is_primary(profile, size, "gXYZ", green) &&
           is_primary(profile, size, "bXYZ", blue) && is_srgb_curve(profile, size, "rTRC") &&
           is_srgb_curve(profile, size, "gTRC") && is_srgb_curve(profile, size, "bTRC");
}
