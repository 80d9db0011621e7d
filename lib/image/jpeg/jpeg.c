/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/jpeg.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/profile.h"
#include "image/jpeg/decode.h"
#include "image/jpeg/encode.h"
#include "image/jpeg/luma.h"
#include "image/jpeg/markers.h"
#include "image/jpeg/memory.h"
#include "image/plan/simple.h"
#include "image/jpeg/profile.h"
#include "image/jpeg/rewrite.h"
#include "image/jpeg/scale.h"
#include "image/jpeg/transcode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

/* The paths of a JPEG, and the one file that they are about. */
static struct jpeg_layout layout;
static size_t input_size; /* of the open file */

/* Bytes that each use of memory may keep: of some 25 megapixels from one job to the next, and of
 * some 10 while no job comes. */
static const size_t kept_at_work = 64 << 20, kept_at_rest = 8 << 20;

int jpeg_start(void)
{
    int status = jpeg_encode_start();

    return status != 0 ? status : jpeg_turn_start();
}

void jpeg_rest(void)
{
    jpeg_memory_trim(kept_at_rest);
}

void jpeg_stop(void)
{
    jpeg_encode_stop();
    jpeg_turn_stop();
    jpeg_layout_clear(&layout);
    jpeg_memory_free();
}

int jpeg_open(const struct image_plan *plan, struct bytes input, char *detail)
{
    int status = jpeg_read_markers(&layout, input.data, input.size, plan->max_scans);

    input_size = input.size;
    if (status == 0 && (uint64_t)layout.width * layout.height > plan->max_pixels)
        status = STATUS_IMAGE_TOO_LARGE;
    if (status == STATUS_IMAGE_TOO_LARGE)
        snprintf(detail, IMAGE_DETAIL_BYTES, "The JPEG has too many pixels or scans.");
    return status;
}

const struct jpeg_layout *jpeg_opened(void)
{
    return &layout;
}

void jpeg_close(void)
{
    jpeg_memory_trim(kept_at_work);
}

/* libjpeg upsamples by whole numbers only. */
static bool has_whole_ratios(void)
{
    for (unsigned i = 0; i < layout.components; i++)
        if (layout.h_max % layout.component[i].h != 0 || layout.v_max % layout.component[i].v != 0)
            return false;
    return true;
}

int jpeg_judge(char *detail)
{
    int status = layout.arithmetic ? 0 : jpeg_check(&layout);

    if (status != 0)
        return status;
    if (has_whole_ratios())
        return 0;
    snprintf(detail, IMAGE_DETAIL_BYTES, "This is a JPEG of a sampling that is not supported.");
    return STATUS_UNSUPPORTED_FORMAT;
}

/* --- luma, copied -------------------------------------------------------------------------------
 */

/* More than the luma's codes need: fewer bits than the source has, but for the DC coefficients',
 * and they may need more stuffing. */
static size_t stream_capacity(void)
{
    return 2 * input_size + 65536;
}

static int copy_and_turn(unsigned turn, struct image_output *output)
{
    size_t capacity = stream_capacity(), size;
    uint8_t *gray = jpeg_memory(MEMORY_STREAM, capacity);
    int status = gray == NULL ? -ENOMEM : jpeg_luma(&layout, gray, capacity, &size);

    if (status != 0)
        return status;
    return jpeg_turn(gray, size, layout.width, layout.height, turn, output->data, output->capacity,
                     &output->size);
}

/* TurboJPEG decodes arithmetic coding and writes a Huffman-coded file; it does not say what is
 * wrong with a file it refuses. Its file is copied like any other, so that the header is the same.
 */
static int copy_arithmetic(unsigned max_scans, unsigned turn, struct image_output *output)
{
    _cleanup_(jpeg_layout_clear) struct jpeg_layout turned = {0};
    _cleanup_(buffer_clear) struct buffer clean = {0};
    size_t capacity = stream_capacity(), size;
    uint8_t *anew = jpeg_memory(MEMORY_STREAM, capacity);
    int status;

    if (anew == NULL || jpeg_rewrite(&layout, &clean) != 0)
        return -ENOMEM;
    status =
        jpeg_turn(clean.data, clean.size, layout.width, layout.height, turn, anew, capacity, &size);
    if (status != 0)
        return status == -ENOMEM ? status : -ENOTSUP;
    if (jpeg_read_markers(&turned, anew, size, max_scans) != 0)
        return -EIO;
    return jpeg_luma(&turned, output->data, output->capacity, &output->size);
}

/* 0 if luma is the gray of the image: its colours are sRGB's, or it has none; else -ENOTSUP, or
 * -ENOMEM. */
static int check_luma(void)
{
    size_t size;
    const uint8_t *profile = jpeg_profile_bytes(&layout.profile, &size);

    if (profile == NULL && size > 0)
        return -ENOMEM;
    return layout.components == 1 || profile_kind(profile, size) != PROFILE_RGB ? 0 : -ENOTSUP;
}

/* What was gray keeps its profile, which still says what its values mean. */
static int keep_gray_profile(struct image_output *output)
{
    size_t size;
    const uint8_t *profile = jpeg_profile_bytes(&layout.profile, &size);

    if (profile == NULL)
        return size > 0 ? -ENOMEM : 0;
    return profile_fits(profile, size, SPACE_GRAY) ? jpeg_profile_insert(profile, size, output) : 0;
}

int jpeg_copy_luma(const struct image_plan *plan, const struct image_output_plan *planned,
                   struct bytes input, struct image_output *output)
{
    const unsigned turn = image_simple_plan(plan, planned).turn;
    int status;

    (void)input;
    if (!layout.ycc || (planned->steps & IMAGE_STEP_GRAY) == 0)
        return -ENOTSUP;
    if ((status = check_luma()) != 0)
        return status;
    if (layout.arithmetic)
        status = copy_arithmetic(plan->max_scans, turn, output);
    else if (turn == 1)
        status = jpeg_luma(&layout, output->data, output->capacity, &output->size);
    else
        status = copy_and_turn(turn, output);
    return status == 0 && layout.components == 1 ? keep_gray_profile(output) : status;
}

/* --- planes -------------------------------------------------------------------------------------
 */

int jpeg_planes(const struct image_plan *plan, const struct image_output_plan *planned,
                struct bytes input, struct image_output *output)
{
    const bool gray = (planned->steps & IMAGE_STEP_GRAY) != 0;
    int status;

    (void)input;
    if (!layout.ycc || layout.arithmetic || (!gray && planned->quality == 0))
        return -ENOTSUP;
    if (gray && (status = check_luma()) != 0)
        return status;
    return jpeg_resize(&layout, plan, planned, output);
}
