/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/transcode.h"

#include "base/status.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

/* TurboJPEG turns coefficients; it is given the gray file where we can make one, so that it never
 * decodes chroma. */

static const int operations[9] = {
    [2] = TJXOP_HFLIP, [3] = TJXOP_ROT180,     [4] = TJXOP_VFLIP,  [5] = TJXOP_TRANSPOSE,
    [6] = TJXOP_ROT90, [7] = TJXOP_TRANSVERSE, [8] = TJXOP_ROT270,
};

static tjhandle transformer;

int jpeg_turn_start(void)
{
    if (transformer == NULL)
        transformer = tjInitTransform();
    return transformer == NULL ? -ENOMEM : 0;
}

void jpeg_turn_stop(void)
{
    if (transformer != NULL)
        tjDestroy(transformer);
    transformer = NULL;
}

/* What becomes the left or the upper edge must end with whole blocks. */
static bool is_whole(uint32_t width, uint32_t height, unsigned orientation)
{
    bool right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;

    return !(right && width % 8 != 0) && !(bottom && height % 8 != 0);
}

/*
 * For values that no image of 8 bits has (T.81, F.1.2: 10 bits and a sign, 11 for a difference of
 * DC) libjpeg's quick encoder has no code, and writes nonsense without a word. They come from
 * damage that still decodes.
 */
static int find_excess(short *coefficients, tjregion region, tjregion plane, int component,
                       int index, tjtransform *transform)
{
    size_t count = (size_t)region.w * (size_t)region.h;
    unsigned excess = 0;

    (void)plane;
    (void)component;
    (void)index;
    for (size_t i = 0; i < count; i += 64) {
        excess |= abs(coefficients[i]) > 1024;
        for (size_t k = 1; k < 64; k++)
            excess |= abs(coefficients[i + k]) > 1023;
    }
    *(bool *)transform->data |= excess != 0;
    return excess != 0 ? -1 : 0;
}

int jpeg_turn(const uint8_t *source, size_t source_size, uint32_t width, uint32_t height,
              unsigned orientation, uint8_t *output, size_t capacity, size_t *size)
{
    bool excessive = false;
    tjtransform transform = {.op = operations[orientation],
                             .options = TJXOPT_PERFECT | TJXOPT_COPYNONE | TJXOPT_GRAY,
                             .data = &excessive,
                             .customFilter = find_excess};
    unsigned char *turned = NULL;
    unsigned long turned_size = 0;
    int status = 0;

    if (!is_whole(width, height, orientation))
        return -ENOTSUP;
    if (tjTransform(transformer, source, source_size, 1, &turned, &turned_size, &transform, 0) !=
        0) {
        tjFree(turned);
        return excessive ? -ENOTSUP : STATUS_IMAGE_CORRUPT;
    }
    if (turned_size > capacity)
        status = STATUS_IMAGE_TOO_LARGE;
    else
        memcpy(output, turned, turned_size);
    *size = turned_size;
    tjFree(turned);
    return status;
}
