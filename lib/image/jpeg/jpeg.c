/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/jpeg.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/profile.h"
#include "image/jpeg/decode.h"
#include "image/jpeg/encode.h"
#include "image/jpeg/halver.h"
#include "image/jpeg/luma.h"
#include "image/jpeg/markers.h"
#include "image/jpeg/memory.h"
#include "image/jpeg/profile.h"
#include "image/jpeg/rewrite.h"
#include "image/jpeg/scale.h"
#include "image/jpeg/turn.h"

#include <errno.h>
#include <stdio.h>

/*
 * Chooses the way of a JPEG: lossless gray, gray through pixels, or reduced; and puts into words
 * what is wrong with it.
 */

static struct jpeg_layout layout; /* too large for the stack */

/* Bytes that each use of memory may keep: of some 25 megapixels from one job to the next, and of
 * some 10 while no job comes. */
static const size_t kept_at_work = 64 << 20, kept_at_rest = 8 << 20;

int jpeg_start(void)
{
    int r = jpeg_encode_start();

    halver_filter_choose(HALVER_VNNI);
    return r != 0 ? r : jpeg_turn_start();
}

void jpeg_rest(void)
{
    jpeg_memory_trim(kept_at_rest);
}

void jpeg_stop(void)
{
    jpeg_encode_stop();
    jpeg_turn_stop();
    jpeg_memory_free();
}

/* Lossless gray of a picture that has to be turned as well. */
static int gray_turned(size_t input_size, struct image_output *output)
{
    /* Fewer bits than the input has, but for the DC coefficients', and they may need more stuffing.
     */
    size_t capacity = 2 * input_size + 65536, size;
    uint8_t *gray = jpeg_memory(MEMORY_STREAM, capacity);
    int r = gray == NULL ? -ENOMEM : jpeg_luma(&layout, gray, capacity, &size);

    if (r != 0)
        return r;
    return jpeg_turn(gray, size, layout.width, layout.height, layout.orientation, output->data,
                     output->capacity, &output->size);
}

/* Whether luma is what it says: it is of sRGB, and of what has no other meaning. */
static bool luma_counts(const uint8_t *profile, size_t size)
{
    return layout.components == 1 || profile_kind(profile, size) != PROFILE_RGB;
}

/* TurboJPEG decodes what is coded arithmetically, and codes it anew; it does not tell what is
 * wrong. Its file is copied like any other, so that the same header comes out. */
static int gray_arithmetic(const struct image_request *request, size_t input_size,
                           struct image_output *output)
{
    _cleanup_(buffer_clear) struct buffer clean = {0};
    size_t capacity = 2 * input_size + 65536, size;
    uint8_t *anew;
    int r;

    if (request->quality != 0)
        return -ENOTSUP;
    if ((anew = jpeg_memory(MEMORY_STREAM, capacity)) == NULL || jpeg_rewrite(&layout, &clean) != 0)
        return -ENOMEM;
    r = jpeg_turn(clean.data, clean.size, layout.width, layout.height, layout.orientation, anew,
                  capacity, &size);
    if (r != 0)
        return r == -ENOMEM ? r : -ENOTSUP;
    if (jpeg_read_markers(&layout, anew, size, request->max_scans) != 0)
        return -EIO;
    return jpeg_luma(&layout, output->data, output->capacity, &output->size);
}

static int gray_pixels(const struct image_request *request, size_t input_size,
                       struct image_output *output)
{
    int r = -ENOTSUP;

    if (layout.arithmetic)
        return gray_arithmetic(request, input_size, output);
    if (request->quality == 0 && layout.orientation == 1)
        r = jpeg_luma(&layout, output->data, output->capacity, &output->size);
    else if (request->quality == 0)
        r = gray_turned(input_size, output);
    return r == -ENOTSUP ? jpeg_gray_pixels(&layout, request, output) : r;
}

/* What was gray keeps its profile, which still says what its values mean. */
static int keep_profile(const struct jpeg_profile *pieces, struct image_output *output)
{
    size_t size;
    const uint8_t *profile = jpeg_profile_bytes(pieces, &size);

    if (profile == NULL)
        return size > 0 ? -ENOMEM : 0;
    return profile_fits(profile, size, SPACE_GRAY) ? jpeg_profile_insert(profile, size, output) : 0;
}

static int gray(const struct image_request *request, size_t input_size, struct image_output *output)
{
    const struct jpeg_profile pieces = layout.profile; /* the layout may be read anew */
    const bool was_gray = layout.components == 1;
    size_t size;
    const uint8_t *profile = jpeg_profile_bytes(&pieces, &size);
    int r;

    if (profile == NULL && size > 0)
        return -ENOMEM;
    if (!luma_counts(profile, size))
        return -ENOTSUP;
    r = gray_pixels(request, input_size, output);
    return r == 0 && was_gray ? keep_profile(&pieces, output) : r;
}

/* libjpeg makes no samples of what is sampled, say, two against three. */
static bool has_whole_ratios(void)
{
    for (unsigned i = 0; i < layout.components; i++)
        if (layout.h_max % layout.component[i].h != 0 || layout.v_max % layout.component[i].v != 0)
            return false;
    return true;
}

/* What is left to libvips was judged by the same reader as the rest; but for arithmetic coding,
 * which only libjpeg reads. */
static int decline(void)
{
    int r = layout.arithmetic ? 0 : jpeg_check(&layout);

    if (r != 0)
        return r;
    return has_whole_ratios() ? -ENOTSUP : STATUS_UNSUPPORTED_FORMAT;
}

static int process(const struct image_request *request, const uint8_t *input, size_t size,
                   struct image_output *output)
{
    int r = jpeg_read_markers(&layout, input, size, request->max_scans);

    if (r != 0)
        return r;
    if ((uint64_t)layout.width * layout.height > request->max_pixels)
        return STATUS_IMAGE_TOO_LARGE;
    if (!layout.ycc)
        return decline();
    if (request->operation == IMAGE_GRAY)
        r = gray(request, size, output);
    else
        r = layout.arithmetic ? -ENOTSUP : jpeg_scale(&layout, request, output);
    return r == -ENOTSUP ? decline() : r;
}

int jpeg_process(const struct image_request *request, const uint8_t *input, size_t size,
                 struct image_output *output)
{
    int r = process(request, input, size, output);

    jpeg_memory_trim(kept_at_work);
    if (r == 0)
        output->format = IMAGE_JPEG;
    else if (r == STATUS_IMAGE_CORRUPT)
        snprintf(output->detail, sizeof(output->detail), "The JPEG is damaged or cut off.");
    else if (r == STATUS_UNSUPPORTED_FORMAT)
        snprintf(output->detail, sizeof(output->detail),
                 "This is a JPEG of a process or a sampling that is not supported.");
    else if (r == STATUS_IMAGE_TOO_LARGE)
        snprintf(output->detail, sizeof(output->detail),
                 "The JPEG has too many pixels or scans, or its result is too large.");
    return r;
}
