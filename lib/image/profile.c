/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/profile.h"

#include "base/cleanup.h"

#include <lcms2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Most photographs carry an sRGB profile, of which there are dozens of spellings. Converting them
 * to sRGB would cost time and shift values by one here and there; so a profile is tried on a
 * lattice of colours, and one that leaves them where they are is not applied at all.
 */
enum { LATTICE = 6, COLOURS = LATTICE * LATTICE * LATTICE, TOLERANCE = 1, HEADER_BYTES = 128 };

/* One of our own: libvips has lcms write into libvips' error buffer, and here nothing is an error. */
static void cleanup_context(cmsContext *context)
{
    cmsDeleteContext(*context);
}

static void cleanup_profile(cmsHPROFILE *profile)
{
    if (*profile != NULL)
        cmsCloseProfile(*profile);
}

static void cleanup_transform(cmsHTRANSFORM *transform)
{
    if (*transform != NULL)
        cmsDeleteTransform(*transform);
}

static void fill_lattice(uint8_t *colours)
{
    for (int i = 0; i < COLOURS; i++) {
        colours[3 * i] = (uint8_t)(i % LATTICE * 255 / (LATTICE - 1));
        colours[3 * i + 1] = (uint8_t)(i / LATTICE % LATTICE * 255 / (LATTICE - 1));
        colours[3 * i + 2] = (uint8_t)(i / LATTICE / LATTICE * 255 / (LATTICE - 1));
    }
}

static bool is_srgb(cmsContext context, cmsHPROFILE profile)
{
    _cleanup_(cleanup_profile) cmsHPROFILE srgb = cmsCreate_sRGBProfileTHR(context);
    _cleanup_(cleanup_transform) cmsHTRANSFORM transform = NULL;
    uint8_t before[3 * COLOURS], after[3 * COLOURS];

    transform = cmsCreateTransformTHR(context, profile, TYPE_RGB_8, srgb, TYPE_RGB_8,
                                      INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE);
    if (transform == NULL)
        return false;
    fill_lattice(before);
    cmsDoTransform(transform, before, after, COLOURS);
    for (int i = 0; i < 3 * COLOURS; i++) {
        if (abs(before[i] - after[i]) > TOLERANCE)
            return false;
    }
    return true;
}

static enum profile_kind examine(const void *data, size_t size)
{
    _cleanup_(cleanup_context) cmsContext context = cmsCreateContext(NULL, NULL);
    _cleanup_(cleanup_profile) cmsHPROFILE profile = NULL;

    if (context == NULL || size > UINT32_MAX)
        return PROFILE_NONE;
    profile = cmsOpenProfileFromMemTHR(context, data, (cmsUInt32Number)size);
    if (profile == NULL)
        return PROFILE_NONE;
    switch (cmsGetColorSpace(profile)) {
    case cmsSigRgbData:
        return is_srgb(context, profile) ? PROFILE_SRGB : PROFILE_RGB;
    case cmsSigCmykData:
        return PROFILE_CMYK;
    case cmsSigGrayData:
        return PROFILE_GRAY;
    default:
        return PROFILE_OTHER;
    }
}

enum profile_kind profile_kind(const void *data, size_t size)
{
    static void *last;
    static size_t last_size;
    static enum profile_kind last_kind;

    if (data == NULL || size == 0)
        return PROFILE_NONE;
    if (last != NULL && last_size == size && memcmp(last, data, size) == 0)
        return last_kind;

    free(last);
    last = malloc(size);
    last_size = size;
    last_kind = examine(data, size);
    if (last != NULL)
        memcpy(last, data, size);
    return last_kind;
}

bool profile_is_relative(const void *data, size_t size)
{
    _cleanup_(cleanup_context) cmsContext context = cmsCreateContext(NULL, NULL);
    _cleanup_(cleanup_profile) cmsHPROFILE profile = NULL;

    if (context == NULL || size > UINT32_MAX)
        return true;
    profile = cmsOpenProfileFromMemTHR(context, data, (cmsUInt32Number)size);
    return profile == NULL ||
           cmsIsIntentSupported(profile, INTENT_RELATIVE_COLORIMETRIC, LCMS_USED_AS_INPUT);
}

/* ICC.1 7.2: the colour space of the data at 16, the signature at 36. */
bool profile_fits(const void *data, size_t size, bool colour)
{
    const char *header = data;

    return header != NULL && size >= HEADER_BYTES && memcmp(header + 36, "acsp", 4) == 0 &&
           memcmp(header + 16, colour ? "RGB " : "GRAY", 4) == 0;
}
