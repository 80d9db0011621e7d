/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/colour/profile.h"

#include "base/cleanup.h"

#include <lcms2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Most photographs carry an sRGB profile, of which there are dozens of spellings. Converting them
 * to sRGB would cost time and shift values by one here and there; so a profile is tried on a
 * lattice of colours, and one that leaves them where they are is not applied at all. That takes
 * Little CMS a millisecond, so the kinds of the last profiles are kept.
 */
enum { LATTICE = 6, COLOURS = LATTICE * LATTICE * LATTICE, TOLERANCE = 1, HEADER_BYTES = 128 };
enum { KNOWN_PROFILES = 8, KNOWN_BYTES_MAX = 1 << 20 };

/* Of so many pixels it pays to let lcms make tables first, which takes it up to 40 ms. */
static const uint64_t many_pixels = 200000;

/* A context of our own: libvips has lcms write into libvips' error buffer, and here nothing is an
 * error. Made once, as is sRGB, which takes as long as all else; NULL: not yet, or memory was
 * short. */
static cmsContext context;
static cmsHPROFILE srgb;

static bool begin(void)
{
    if (context == NULL)
        context = cmsCreateContext(NULL, NULL);
    if (context != NULL && srgb == NULL)
        srgb = cmsCreate_sRGBProfileTHR(context);
    return srgb != NULL;
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

/* Links between devices, effects and lists of named colours describe no pixels (ICC.1, 7.2.5). */
static bool describes_device(cmsHPROFILE profile)
{
    switch (cmsGetDeviceClass(profile)) {
    case cmsSigInputClass:
    case cmsSigDisplayClass:
    case cmsSigOutputClass:
    case cmsSigColorSpaceClass:
        return true;
    default:
        return false;
    }
}

static cmsHPROFILE open_profile(const void *data, size_t size)
{
    cmsHPROFILE profile = NULL;

    if (data != NULL && size >= HEADER_BYTES && size <= UINT32_MAX && begin())
        profile = cmsOpenProfileFromMemTHR(context, data, (cmsUInt32Number)size);
    if (profile != NULL && !describes_device(profile)) {
        cmsCloseProfile(profile);
        return NULL;
    }
    return profile;
}

/* Where a profile has no table for this intent, as those of many scanners, lcms takes the one it
 * has. */
static cmsHTRANSFORM to_srgb(cmsHPROFILE profile, cmsUInt32Number from, cmsUInt32Number to,
                             cmsUInt32Number flags)
{
    return cmsCreateTransformTHR(context, profile, from, srgb, to, INTENT_RELATIVE_COLORIMETRIC,
                                 flags | cmsFLAGS_NOCACHE);
}

static bool is_usable(cmsHPROFILE profile, cmsUInt32Number from)
{
    _cleanup_(cleanup_transform) cmsHTRANSFORM transform =
        to_srgb(profile, from, TYPE_RGB_8, cmsFLAGS_NOOPTIMIZE);

    return transform != NULL;
}

static void fill_lattice(uint8_t *colours)
{
    for (int i = 0; i < COLOURS; i++) {
        colours[3 * i] = (uint8_t)(i % LATTICE * 255 / (LATTICE - 1));
        colours[3 * i + 1] = (uint8_t)(i / LATTICE % LATTICE * 255 / (LATTICE - 1));
        colours[3 * i + 2] = (uint8_t)(i / LATTICE / LATTICE * 255 / (LATTICE - 1));
    }
}

static enum profile_kind examine_rgb(cmsHPROFILE profile)
{
    _cleanup_(cleanup_transform) cmsHTRANSFORM transform =
        to_srgb(profile, TYPE_RGB_8, TYPE_RGB_8, cmsFLAGS_NOOPTIMIZE);
    uint8_t before[3 * COLOURS], after[3 * COLOURS];

    if (transform == NULL)
        return PROFILE_NONE;
    fill_lattice(before);
    cmsDoTransform(transform, before, after, COLOURS);
    for (int i = 0; i < 3 * COLOURS; i++) {
        if (abs(before[i] - after[i]) > TOLERANCE)
            return PROFILE_RGB;
    }
    return PROFILE_SRGB;
}

static enum profile_kind examine(const void *data, size_t size)
{
    _cleanup_(cleanup_profile) cmsHPROFILE profile = open_profile(data, size);

    if (profile == NULL)
        return PROFILE_NONE;
    switch (cmsGetColorSpace(profile)) {
    case cmsSigRgbData:
        return examine_rgb(profile);
    case cmsSigCmykData:
        return is_usable(profile, TYPE_CMYK_8) ? PROFILE_CMYK : PROFILE_NONE;
    case cmsSigGrayData:
        return is_usable(profile, TYPE_GRAY_8) ? PROFILE_GRAY : PROFILE_NONE;
    default:
        return PROFILE_NONE;
    }
}

/* Of the last profiles, each compared byte by byte: a hash could be forged, and then one client's
 * profile would be taken for another's. */
static struct known_profile {
    void *data;
    size_t size;
    enum profile_kind kind;
} known[KNOWN_PROFILES];

static const struct known_profile *find_known(const void *data, size_t size)
{
    for (unsigned i = 0; i < KNOWN_PROFILES; i++)
        if (known[i].data != NULL && known[i].size == size &&
            memcmp(known[i].data, data, size) == 0)
            return &known[i];
    return NULL;
}

/* In place of the one that came first. */
static void remember(const void *data, size_t size, enum profile_kind kind)
{
    static unsigned next;
    struct known_profile *profile = &known[next];
    void *copy = size > KNOWN_BYTES_MAX ? NULL : malloc(size);

    if (copy == NULL)
        return;
    memcpy(copy, data, size);
    free(profile->data);
    *profile = (struct known_profile){copy, size, kind};
    next = (next + 1) % KNOWN_PROFILES;
}

enum profile_kind profile_kind(const void *data, size_t size)
{
    const struct known_profile *found;
    enum profile_kind kind;

    if (data == NULL || size == 0)
        return PROFILE_NONE;
    if ((found = find_known(data, size)) != NULL)
        return found->kind;
    kind = examine(data, size);
    remember(data, size, kind);
    return kind;
}

bool profile_fits(const void *data, size_t size, enum profile_space space)
{
    switch (profile_kind(data, size)) {
    case PROFILE_SRGB:
    case PROFILE_RGB:
        return space == SPACE_RGB;
    case PROFILE_CMYK:
        return space == SPACE_CMYK;
    case PROFILE_GRAY:
        return space == SPACE_GRAY;
    default:
        return false;
    }
}

/* --- applied ------------------------------------------------------------------------------------
 */

/* lcms' name for such pixels. */
static cmsUInt32Number layout(unsigned space, unsigned colours, const struct profile_pixels *pixels)
{
    return COLORSPACE_SH(space) | CHANNELS_SH(colours) | EXTRA_SH(pixels->more) |
           BYTES_SH(pixels->bits / 8);
}

struct profile_transform *profile_transform_new(const void *data, size_t size,
                                                const struct profile_pixels *pixels)
{
    _cleanup_(cleanup_profile) cmsHPROFILE profile = NULL;
    cmsUInt32Number from = pixels->space == SPACE_CMYK   ? layout(PT_CMYK, 4, pixels)
                           : pixels->space == SPACE_GRAY ? layout(PT_GRAY, 1, pixels)
                                                         : layout(PT_RGB, 3, pixels);
    cmsUInt32Number flags = cmsFLAGS_COPY_ALPHA;

    /* Of 16 bits the tables' points are not dense enough. */
    if (pixels->bits == 16 || pixels->count < many_pixels)
        flags |= cmsFLAGS_NOOPTIMIZE;
    if (!profile_fits(data, size, pixels->space) || (profile = open_profile(data, size)) == NULL)
        return NULL;
    return to_srgb(profile, from, layout(PT_RGB, 3, pixels), flags);
}

void profile_transform_row(struct profile_transform *transform, const void *in, void *out,
                           size_t width)
{
    cmsDoTransform(transform, in, out, (cmsUInt32Number)width);
}

void profile_transform_free(struct profile_transform *transform)
{
    if (transform != NULL)
        cmsDeleteTransform(transform);
}
