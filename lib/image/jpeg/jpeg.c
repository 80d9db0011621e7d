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
#include "image/jpeg/profile.h"
#include "image/jpeg/rewrite.h"
#include "image/jpeg/scale.h"
#include "image/jpeg/transcode.h"
#include "image/plan/simple.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The paths of a JPEG, and the one file that they are about. */
static struct jpeg_layout layout;
static size_t input_size; /* of the open file */

/* Bytes that each use of memory may keep: of some 25 megapixels from one job to the next, and of
 * some 10 while no job comes. */
static const size_t kept_at_work = 64 << 20, kept_at_rest = 8 << 20;

int jpeg_start(void)
{
    return jpeg_encode_start();
}

void jpeg_rest(void)
{
    jpeg_memory_trim(kept_at_rest);
}

void jpeg_stop(void)
{
    jpeg_encode_stop();
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

/* --- copied -------------------------------------------------------------------------------------
 */

/* What the client asked a copy to become. */
static struct jpeg_transcoding transcoding_of(const struct image_plan *plan,
                                              const struct image_output_plan *planned)
{
    return (struct jpeg_transcoding){
        .turn = image_simple_plan(plan, planned).turn,
        .luma = (planned->steps & IMAGE_STEP_GRAY) != 0,
        .progressive = layout.progressive || planned->progressive,
    };
}

/* Whether the codes themselves can be copied. */
static bool keeps_codes(const struct jpeg_transcoding *transcoding)
{
    return transcoding->turn == 1 && transcoding->progressive == layout.progressive &&
           !layout.arithmetic;
}

/* More than the luma's codes need: fewer bits than the source has, but for the DC coefficients',
 * and they may need more stuffing. */
static size_t stream_capacity(void)
{
    return 2 * input_size + 65536;
}

static int copy_and_turn(const struct jpeg_transcoding *transcoding, struct image_output *output)
{
    size_t capacity = stream_capacity(), size;
    uint8_t *gray = jpeg_memory(MEMORY_STREAM, capacity);
    int status = gray == NULL ? -ENOMEM : jpeg_luma(&layout, gray, capacity, &size);

    if (status != 0)
        return status;
    return jpeg_transcode(gray, size, transcoding, output->data, output->capacity, &output->size);
}

/* From a copy in which libjpeg finds nothing to warn of, whatever the file looks like. */
static int transcode_clean(const struct jpeg_transcoding *transcoding, struct image_output *output)
{
    _cleanup_(buffer_clear) struct buffer clean = {0};

    if (jpeg_rewrite(&layout, &clean) != 0)
        return -ENOMEM;
    return jpeg_transcode(clean.data, clean.size, transcoding, output->data, output->capacity,
                          &output->size);
}

/* 0 if the values are sRGB's; -ENOTSUP if a profile says that they are not; or -ENOMEM. */
static int check_srgb(void)
{
    const enum profile_kind other = layout.components == 1 ? PROFILE_GRAY : PROFILE_RGB;
    size_t size;
    const uint8_t *profile = jpeg_profile_bytes(&layout.profile, &size);

    if (profile == NULL && size > 0)
        return -ENOMEM;
    return profile_kind(profile, size) != other ? 0 : -ENOTSUP;
}

/* 0 if luma is the gray of the image: its colours are sRGB's, or it has none; else as above. */
static int check_luma(void)
{
    return layout.components == 1 ? 0 : check_srgb();
}

/* The profile still says what the values mean. */
static int keep_profile(struct image_output *output)
{
    struct bytes profile;
    int status = jpeg_profile_find(&layout.profile, layout.components, &profile);

    if (status != 0 || profile.size == 0)
        return status;
    return jpeg_profile_insert(profile.data, profile.size, output);
}

int jpeg_copy_luma(const struct image_plan *plan, const struct image_output_plan *planned,
                   struct bytes input, struct image_output *output)
{
    const struct jpeg_transcoding transcoding = transcoding_of(plan, planned);
    int status;

    (void)input;
    if (!layout.ycc || !transcoding.luma)
        return -ENOTSUP;
    if ((status = check_luma()) != 0)
        return status;
    if (layout.arithmetic) {
        status = transcode_clean(&transcoding, output);
        if (status == STATUS_IMAGE_CORRUPT)
            status = -ENOTSUP; /* libvips judges it */
    } else if (keeps_codes(&transcoding)) {
        status = jpeg_luma(&layout, output->data, output->capacity, &output->size);
    } else {
        status = copy_and_turn(&transcoding, output);
    }
    return status == 0 && layout.components == 1 ? keep_profile(output) : status;
}

/* The same scans behind a new header. */
static int copy_codes(struct image_output *output)
{
    _cleanup_(buffer_clear) struct buffer copy = {0};

    if (jpeg_rewrite(&layout, &copy) != 0)
        return -ENOMEM;
    if (copy.size > output->capacity)
        return STATUS_IMAGE_TOO_LARGE;
    memcpy(output->data, copy.data, copy.size);
    output->size = copy.size;
    return 0;
}

int jpeg_copy(const struct image_plan *plan, const struct image_output_plan *planned,
              struct bytes input, struct image_output *output)
{
    const struct jpeg_transcoding transcoding = transcoding_of(plan, planned);
    int status = layout.arithmetic ? 0 : jpeg_check(&layout);

    (void)input;
    if (status != 0)
        return status;
    status = keeps_codes(&transcoding) ? copy_codes(output) : transcode_clean(&transcoding, output);
    return status == 0 ? keep_profile(output) : status;
}

/* --- planes -------------------------------------------------------------------------------------
 */

/* Whether the planes of the open file are those of the result. */
static int check_planes(const struct image_output_plan *planned)
{
    if (!layout.ycc || layout.arithmetic)
        return -ENOTSUP;
    if ((planned->steps & IMAGE_STEP_SRGB) != 0)
        return check_srgb(); /* nothing to convert, then */
    return (planned->steps & IMAGE_STEP_GRAY) != 0 ? check_luma() : 0;
}

int jpeg_planes(const struct image_plan *plan, const struct image_output_plan *planned,
                struct bytes input, struct image_output *output)
{
    const bool gray = (planned->steps & IMAGE_STEP_GRAY) != 0;
    int status = check_planes(planned);

    (void)input;
    if (status == 0 && !gray && planned->quality == 0)
        status = -ENOTSUP;
    return status != 0 ? status : jpeg_resize(&layout, plan, planned, output);
}

/* A gray profile is of no use to other formats, or they want RGB's. Known before anything is
 * decoded. */
static int check_gray_profile(void)
{
    struct bytes profile;
    int status;

    if (layout.components != 1)
        return 0;
    status = jpeg_profile_find(&layout.profile, layout.components, &profile);
    return status == 0 && profile.size > 0 ? -ENOTSUP : status;
}

int jpeg_raster(const struct image_plan *plan, const struct image_output_plan *planned,
                struct raster *raster, struct bytes *profile)
{
    const bool dropped = (planned->steps & IMAGE_STEP_SRGB) != 0;
    int status = check_planes(planned);

    *profile = (struct bytes){0};
    if (status == 0 && !dropped)
        status = check_gray_profile();
    if (status == 0)
        status = jpeg_make_raster(&layout, plan, planned, raster);
    if (status != 0 || dropped || !raster->colour)
        return status;
    return jpeg_profile_find(&layout.profile, layout.components, profile);
}
