/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_metadata.h"

#include "image/jpeg_memory.h"

#include <math.h>
#include <string.h>

/*
 * Four facts are needed from the application segments, and no library for each: a hundred lines
 * with every bound checked are less to trust than three parsers of everything.
 */

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

static unsigned tiff_u16(const uint8_t *bytes, bool little)
{
    return little ? bytes[1] << 8 | bytes[0] : bytes[0] << 8 | bytes[1];
}

static uint32_t tiff_u32(const uint8_t *bytes, bool little)
{
    return little ? (uint32_t)tiff_u16(bytes + 2, true) << 16 | tiff_u16(bytes, true)
                  : read_u32(bytes);
}

unsigned jpeg_exif_orientation(const uint8_t *tiff, size_t size)
{
    enum { ENTRY_BYTES = 12, TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3 };
    bool little;
    size_t at;
    unsigned entries;

    if (size < 10 || (memcmp(tiff, "II\x2a\0", 4) != 0 && memcmp(tiff, "MM\0\x2a", 4) != 0))
        return 1;
    little = tiff[0] == 'I';
    at = tiff_u32(tiff + 4, little);
    if (at > size - 2)
        return 1;
    entries = tiff_u16(tiff + at, little);
    at += 2;
    for (; entries > 0 && size - at >= ENTRY_BYTES; entries--, at += ENTRY_BYTES) {
        unsigned value = tiff_u16(tiff + at + 8, little);

        if (tiff_u16(tiff + at, little) != TAG_ORIENTATION)
            continue;
        if (tiff_u16(tiff + at + 2, little) != TYPE_SHORT)
            return 1;
        return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}

static void read_profile_chunk(struct jpeg_layout *layout, const uint8_t *payload, size_t size)
{
    unsigned number = payload[12], count = payload[13];

    layout->profile_chunks++;
    layout->profile_count = count;
    if (number == 0 || number > count || count > JPEG_PROFILE_CHUNKS_MAX ||
        layout->profile[number - 1].data != NULL)
        return; /* jpeg_profile_size() sees the hole */
    layout->profile[number - 1].data = payload + 14;
    layout->profile[number - 1].size = size - 14;
}

static bool begins(const uint8_t *payload, size_t size, const char *with, size_t length)
{
    return size >= length && memcmp(payload, with, length) == 0;
}

void jpeg_read_application_segment(struct jpeg_layout *layout, uint8_t marker,
                                   const uint8_t *payload, size_t size)
{
    if (marker == 0xe0 && begins(payload, size, "JFIF", 5) && size >= 14) {
        layout->has_jfif = true;
        layout->density_unit = payload[7];
        layout->density_x = (uint16_t)(payload[8] << 8 | payload[9]);
        layout->density_y = (uint16_t)(payload[10] << 8 | payload[11]);
    } else if (marker == 0xe1 && begins(payload, size, "Exif\0", 6)) {
        if (layout->orientation == 1)
            layout->orientation = (uint8_t)jpeg_exif_orientation(payload + 6, size - 6);
    } else if (marker == 0xe2 && begins(payload, size, "ICC_PROFILE", 12) && size > 14) {
        read_profile_chunk(layout, payload, size);
    } else if (marker == 0xee && begins(payload, size, "Adobe", 5) && size >= 12) {
        layout->has_adobe = true;
        layout->adobe_transform = payload[11];
    }
}

size_t jpeg_profile_size(const struct jpeg_layout *layout)
{
    size_t size = 0;

    if (layout->profile_chunks == 0 || layout->profile_chunks != layout->profile_count ||
        layout->profile_count > JPEG_PROFILE_CHUNKS_MAX)
        return 0;
    for (unsigned i = 0; i < layout->profile_count; i++) {
        if (layout->profile[i].data == NULL)
            return 0;
        size += layout->profile[i].size;
    }
    return size;
}

const uint8_t *jpeg_profile(const struct jpeg_layout *layout, size_t *size)
{
    uint8_t *profile, *at;

    *size = jpeg_profile_size(layout);
    if (*size == 0 || (profile = jpeg_memory(MEMORY_STREAM, *size)) == NULL)
        return NULL;
    at = profile;
    for (unsigned i = 0; i < layout->profile_count; i++) {
        memcpy(at, layout->profile[i].data, layout->profile[i].size);
        at += layout->profile[i].size;
    }
    return profile;
}

/* --- is it sRGB? (ICC.1:2010, 7.2, 9.2, 10.6, 10.18) ------------------------------------------- */

static double fixed16(const uint8_t *bytes)
{
    return (int32_t)read_u32(bytes) / 65536.0;
}

/* A tag's data inside the profile, at least `least` bytes; NULL where it is not there. */
static const uint8_t *find_tag(const uint8_t *profile, size_t size, const char *name, size_t least,
                               size_t *length)
{
    enum { HEADER_BYTES = 128, ENTRY_BYTES = 12 };
    uint32_t count = read_u32(profile + HEADER_BYTES);
    const uint8_t *entry = profile + HEADER_BYTES + 4;

    for (; count > 0 && (size_t)(profile + size - entry) >= ENTRY_BYTES;
         count--, entry += ENTRY_BYTES) {
        uint32_t offset = read_u32(entry + 4);

        if (memcmp(entry, name, 4) != 0)
            continue;
        *length = read_u32(entry + 8);
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
    uint32_t count = read_u32(data + 8);
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

static bool profile_is_srgb(const uint8_t *profile, size_t size)
{
    static const double red[] = {0.4360, 0.2225, 0.0139};
    static const double green[] = {0.3851, 0.7169, 0.0971};
    static const double blue[] = {0.1431, 0.0606, 0.7141};

    if (size < 132 || memcmp(profile + 36, "acsp", 4) != 0 || memcmp(profile + 16, "RGB ", 4) != 0)
        return false;
    return is_primary(profile, size, "rXYZ", red) && is_primary(profile, size, "gXYZ", green) &&
           is_primary(profile, size, "bXYZ", blue) && is_srgb_curve(profile, size, "rTRC") &&
           is_srgb_curve(profile, size, "gTRC") && is_srgb_curve(profile, size, "bTRC");
}

bool jpeg_profile_is_srgb(const struct jpeg_layout *layout)
{
    if (layout->profile_chunks == 0)
        return true;
    /* sRGB profiles are small: one in several chunks is something else. */
    if (layout->profile_chunks != 1 || jpeg_profile_size(layout) == 0)
        return false;
    return profile_is_srgb(layout->profile[0].data, layout->profile[0].size);
}
