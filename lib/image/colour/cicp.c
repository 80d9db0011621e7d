/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/colour/cicp.h"

#include "base/cleanup.h"

#include <errno.h>
#include <lcms2.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- primaries ----------------------------------------------------------------------------------
 */

/* ISO/IEC 23091-2, table 2. */
static const struct {
    unsigned number;
    struct cicp_primaries of;
} all_primaries[] = {
    {1, {{0.640, 0.300, 0.150, 0.3127}, {0.330, 0.600, 0.060, 0.3290}}},
    {4, {{0.670, 0.210, 0.140, 0.3100}, {0.330, 0.710, 0.080, 0.3160}}},
    {5, {{0.640, 0.290, 0.150, 0.3127}, {0.330, 0.600, 0.060, 0.3290}}},
    {6, {{0.630, 0.310, 0.155, 0.3127}, {0.340, 0.595, 0.070, 0.3290}}},
    {7, {{0.630, 0.310, 0.155, 0.3127}, {0.340, 0.595, 0.070, 0.3290}}},
    {8, {{0.681, 0.243, 0.145, 0.3100}, {0.319, 0.692, 0.049, 0.3160}}},
    {9, {{0.708, 0.170, 0.131, 0.3127}, {0.292, 0.797, 0.046, 0.3290}}},
    {11, {{0.680, 0.265, 0.150, 0.3140}, {0.320, 0.690, 0.060, 0.3510}}},
    {12, {{0.680, 0.265, 0.150, 0.3127}, {0.320, 0.690, 0.060, 0.3290}}},
    {22, {{0.630, 0.295, 0.155, 0.3127}, {0.340, 0.605, 0.077, 0.3290}}},
};

bool cicp_find_primaries(unsigned primaries, struct cicp_primaries *found)
{
    for (size_t i = 0; i < ARRAY_LENGTH(all_primaries); i++) {
        if (all_primaries[i].number == primaries) {
            *found = all_primaries[i].of;
            return true;
        }
    }
    return false;
}

/* The share of a colour in white's luminance: the determinants of the equations that mix white from
 * the three (ITU-T H.273, 8.3, equations 39 to 44). */
static double primary_luminance(const struct cicp_primaries *p, int colour)
{
    int a = (colour + 1) % 3, b = (colour + 2) % 3;
    double z[4];
    double share, whole;

    for (int i = 0; i < 4; i++)
        z[i] = 1 - p->x[i] - p->y[i];
    share = p->x[3] * (p->y[a] * z[b] - p->y[b] * z[a]) +
            p->y[3] * (z[a] * p->x[b] - z[b] * p->x[a]) +
            z[3] * (p->x[a] * p->y[b] - p->x[b] * p->y[a]);
    whole = p->x[colour] * (p->y[a] * z[b] - p->y[b] * z[a]) +
            p->y[colour] * (z[a] * p->x[b] - z[b] * p->x[a]) +
            z[colour] * (p->x[a] * p->y[b] - p->x[b] * p->y[a]);
    return p->y[colour] * share / (p->y[3] * whole);
}

bool cicp_luma_weights(unsigned matrix, unsigned primaries, double *red, double *blue)
{
    static const struct {
        unsigned number;
        double red, blue;
    } weights[] = {
        {CICP_MATRIX_BT709, 0.2126, 0.0722},  {CICP_MATRIX_FCC, 0.30, 0.11},
        {CICP_MATRIX_BT470BG, 0.299, 0.114},  {CICP_MATRIX_BT601, 0.299, 0.114},
        {CICP_MATRIX_SMPTE240, 0.212, 0.087}, {CICP_MATRIX_BT2020, 0.2627, 0.0593},
    };
    struct cicp_primaries found;

    for (size_t i = 0; i < ARRAY_LENGTH(weights); i++) {
        if (weights[i].number == matrix) {
            *red = weights[i].red;
            *blue = weights[i].blue;
            return true;
        }
    }
    if (matrix != CICP_MATRIX_FROM_PRIMARIES || !cicp_find_primaries(primaries, &found))
        return false;
    *red = primary_luminance(&found, 0);
    *blue = primary_luminance(&found, 2);
    return true;
}

/* --- profiles -----------------------------------------------------------------------------------
 */

/* sRGB's curve as ICC writes it: parametric, type 4. */
static cmsToneCurve *srgb_curve(cmsContext context)
{
    static const cmsFloat64Number parameters[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92,
                                                  0.04045};

    return cmsBuildParametricToneCurve(context, 4, parameters);
}

/* Little CMS writes when a profile was made, and a digest: neither may differ between results. */
static void set_date(uint8_t *profile)
{
    enum { DATE_AT = 24, ID_AT = 84, ID_BYTES = 16 };
    static const uint8_t date[12] = {2026 >> 8, 2026 & 255, 0, 1, 0, 1};

    memcpy(profile + DATE_AT, date, sizeof(date));
    memset(profile + ID_AT, 0, ID_BYTES);
}

static void *write_profile(cmsHPROFILE profile, size_t *size)
{
    enum { HEADER_BYTES = 128 };
    cmsUInt32Number bytes = 0;
    uint8_t *data;

    if (!cmsSaveProfileToMem(profile, NULL, &bytes) || bytes < HEADER_BYTES ||
        (data = malloc(bytes)) == NULL)
        return NULL;
    if (!cmsSaveProfileToMem(profile, data, &bytes)) {
        free(data);
        return NULL;
    }
    set_date(data);
    *size = bytes;
    return data;
}

static void *build_profile(cmsContext context, const struct cicp_primaries *of, size_t *size)
{
    cmsToneCurve *curve = srgb_curve(context);
    cmsToneCurve *curves[3] = {curve, curve, curve};
    const cmsCIExyY white = {of->x[3], of->y[3], 1};
    const cmsCIExyYTRIPLE colours = {
        {of->x[0], of->y[0], 1}, {of->x[1], of->y[1], 1}, {of->x[2], of->y[2], 1}};
    cmsHPROFILE profile =
        curve == NULL ? NULL : cmsCreateRGBProfileTHR(context, &white, &colours, curves);
    void *data = profile == NULL ? NULL : write_profile(profile, size);

    if (profile != NULL)
        cmsCloseProfile(profile);
    if (curve != NULL)
        cmsFreeToneCurve(curve);
    return data;
}

int cicp_profile(unsigned primaries, void **profile, size_t *size)
{
    struct cicp_primaries found;
    cmsContext context;

    *profile = NULL;
    *size = 0;
    if (primaries == CICP_PRIMARIES_BT709 || !cicp_find_primaries(primaries, &found))
        return 0;
    if ((context = cmsCreateContext(NULL, NULL)) == NULL)
        return -ENOMEM;
    *profile = build_profile(context, &found, size);
    cmsDeleteContext(context);
    return *profile == NULL ? -ENOMEM : 0;
}

/* --- transfer -----------------------------------------------------------------------------------
 */

double srgb_encode(double linear)
{
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

static double gamma_of(unsigned transfer)
{
    switch (transfer) {
    case CICP_TRANSFER_GAMMA_22:
        return 2.2;
    case CICP_TRANSFER_GAMMA_28:
        return 2.8;
    case CICP_TRANSFER_LINEAR:
        return 1;
    default:
        return 0;
    }
}

bool cicp_to_srgb_curve(unsigned transfer, float *curve, unsigned count)
{
    const double gamma = gamma_of(transfer);

    if (gamma == 0)
        return false;
    for (unsigned i = 0; i < count; i++)
        curve[i] = (float)srgb_encode(pow((double)i / (count - 1), gamma));
    return true;
}
