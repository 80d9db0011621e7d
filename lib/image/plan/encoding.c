/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/plan_internal.h"

/* How a result is written: without loss or at which quality, with which chroma and metadata. */
#include "base/status.h"
#include "image/plan/detail.h"
#include "image/plan/format_limits.h"

#include <stdio.h>
#include <string.h>

static unsigned turn_of(const struct image_output_plan *output)
{
    for (unsigned i = 0; i < output->operation_count; i++) {
        if (output->operations[i].step == IMAGE_STEP_TURN)
            return output->operations[i].turn;
    }
    return 1;
}

/* Partial blocks cannot change places. */
static bool turns_whole_blocks(const struct image_header *header,
                               const struct image_output_plan *output)
{
    const unsigned turn = turn_of(output);
    const bool gray = (output->steps & IMAGE_STEP_GRAY) != 0; /* blocks of luma alone */
    const uint32_t width = gray ? 8 : header->mcu_width, height = gray ? 8 : header->mcu_height;
    const bool swap = geometry_swaps(turn);
    const bool mirror = swap ? geometry_flips(turn) : geometry_mirrors(turn);
    const bool flip = swap ? geometry_mirrors(turn) : geometry_flips(turn);

    return (!mirror || (width > 0 && header->width % width == 0)) &&
           (!flip || (height > 0 && header->height % height == 0));
}

/* What can be done to coefficients, and to what surrounds them. */
enum { COPYING = IMAGE_STEP_GRAY | IMAGE_STEP_TURN | IMAGE_STEP_METADATA | IMAGE_STEP_TUNED };

static bool can_copy_jpeg(const struct image_header *header, const struct image_output_plan *output)
{
    return header->format == IMAGE_JPEG && output->format == IMAGE_JPEG &&
           (output->steps & ~(unsigned)COPYING) == 0 && turns_whole_blocks(header, output);
}

static int refuse_lossless(struct planning *planning, const char *why)
{
    snprintf(planning->detail, IMAGE_DETAIL_BYTES, "\"lossless\": %s", why);
    return STATUS_BAD_PARAMETER;
}

static int plan_lossless(struct planning *planning, const struct image_encoding *encoding)
{
    struct image_output_plan *output = planning->output;
    const struct image_header *header = planning->header;

    if (encoding->lossless == IMAGE_TRUE && encoding->quality > 0)
        return refuse_lossless(planning, "not together with \"quality\"");
    output->lossless = encoding->lossless == IMAGE_TRUE;
    if (output->format == IMAGE_JPEG && output->lossless && !can_copy_jpeg(header, output))
        return refuse_lossless(planning, "of a JPEG only gray, and turns of whole blocks can be");
    if (encoding->lossless == IMAGE_UNSET && encoding->quality == 0)
        output->lossless = header->lossless && header->format == output->format;
    return 0;
}

/* Gray without loss where it is all that is asked: as a copy of the luma's codes, or finer than
 * they are where partial blocks change places. */
static bool is_gray_copy(const struct planning *planning, const struct image_encoding *encoding)
{
    const struct image_output_plan *output = planning->output;

    return planning->header->format == IMAGE_JPEG && output->format == IMAGE_JPEG &&
           (output->steps & IMAGE_STEP_GRAY) != 0 && (output->steps & ~(unsigned)COPYING) == 0 &&
           encoding->quality == 0 && encoding->lossless != IMAGE_FALSE;
}

static void plan_quality(struct planning *planning, const struct image_encoding *encoding)
{
    struct image_output_plan *output = planning->output;
    const struct image_header *header = planning->header;
    const bool gray_jpeg = (output->steps & IMAGE_STEP_GRAY) != 0 && header->format == IMAGE_JPEG &&
                           output->format == IMAGE_JPEG;
    const int fallback =
        (int)(output->format == IMAGE_AVIF ? planning->request->default_avif_quality
                                           : planning->request->default_quality);

    if (output->format == IMAGE_JPEG && (output->lossless || is_gray_copy(planning, encoding)))
        return;
    output->steps |= IMAGE_STEP_ENCODE;
    output->quality = encoding->quality > 0 ? (int)encoding->quality : fallback;
    if (gray_jpeg && encoding->quality == 0 && header->quality > output->quality)
        output->quality = header->quality;
}

static bool has_halved_chroma(const struct image_header *header)
{
    return strcmp(header->subsampling, "420") == 0;
}

static bool has_full_chroma(const struct image_header *header)
{
    return header->format == IMAGE_JPEG ? strcmp(header->subsampling, "444") == 0
                                        : !has_halved_chroma(header);
}

/* Chroma of lossy JPEGs and AVIFs: halved below a quality of 90, else as it was. A WebP has no
 * other than halved. */
static void plan_subsampling(struct planning *planning, const struct image_encoding *encoding)
{
    enum { FINE = 90 };
    struct image_output_plan *output = planning->output;
    const struct image_header *header = planning->header;
    const bool kind =
        output->format == IMAGE_JPEG || (output->format == IMAGE_AVIF && !output->lossless);
    const bool coloured = (output->steps & IMAGE_STEP_GRAY) == 0 && header->samples != 1;
    const bool halved = has_halved_chroma(header);

    output->subsampling =
        output->format == IMAGE_WEBP ? IMAGE_SUBSAMPLING_420 : encoding->subsampling;
    if (!kind || !coloured || (output->steps & IMAGE_STEP_ENCODE) == 0)
        return;
    if (encoding->subsampling == IMAGE_SUBSAMPLING_AUTO && output->quality < FINE)
        output->subsampling = IMAGE_SUBSAMPLING_420;
    else if (encoding->subsampling == IMAGE_SUBSAMPLING_AUTO &&
             (header->format != IMAGE_JPEG || output->format != IMAGE_JPEG))
        output->subsampling = halved ? IMAGE_SUBSAMPLING_420 : IMAGE_SUBSAMPLING_444;
    if ((output->subsampling == IMAGE_SUBSAMPLING_420 && !halved) ||
        (output->subsampling == IMAGE_SUBSAMPLING_444 && !has_full_chroma(header)))
        output->steps |= IMAGE_STEP_SUBSAMPLE;
}

/* How much is spent on a lossy AVIF where nothing is asked. Against effort 1, 2 costs little more
 * and 3 twice as much, and both make better and smaller files of photographs. But no size should be
 * refused for it: large results, and those of sources that leave less of the deadline, get 1. */
static int choose_avif_effort(const struct image_output_plan *output,
                              const struct image_header *header)
{
    enum { MEDIUM = 1000000, LARGE = 2100000, LARGE_SOURCE = 25000000 };
    const uint64_t pixels = (uint64_t)output->size.width * output->size.height;
    const uint64_t source = (uint64_t)header->width * header->height;

    if (output->lossless || pixels > LARGE || source > LARGE_SOURCE)
        return 1;
    return pixels > MEDIUM ? 2 : 3;
}

/* Without a profile, Lab and inks apart, values are sRGB's, and the fast paths take them. An AVIF
 * or HEIC may say by code points what its colours are. */
static bool may_differ_from_srgb(const struct image_header *header)
{
    return header->has_profile || header->format == IMAGE_AVIF || header->format == IMAGE_HEIC ||
           header->colours == IMAGE_COLOURS_CMYK || header->colours == IMAGE_COLOURS_LAB;
}

static int check_sides(struct planning *planning, uint32_t most)
{
    const struct image_output_plan *output = planning->output;

    if (output->size.width <= most && output->size.height <= most)
        return 0;
    snprintf(planning->detail, IMAGE_DETAIL_BYTES,
             "%s has at most %u pixels a side, and the result would have %u x %u",
             image_format_name(output->format), most, output->size.width, output->size.height);
    return STATUS_RESULT_TOO_LARGE;
}

int plan_encoding(struct planning *planning, const struct image_encoding *encoding)
{
    struct image_output_plan *output = planning->output;
    int status = check_sides(planning, format_side_max(output->format));

    if (status != 0)
        return status;
    output->effort = (int)encoding->effort - 1;
    output->progressive = encoding->progressive != 0;
    if (encoding->effort > 0 || encoding->progressive != 0)
        output->steps |= IMAGE_STEP_TUNED;
    output->metadata = encoding->metadata;
    if (encoding->metadata != IMAGE_METADATA_NONE || output->orientation != 1)
        output->steps |= IMAGE_STEP_METADATA;
    if (encoding->profile == IMAGE_PROFILE_SRGB && may_differ_from_srgb(planning->header))
        output->steps |= IMAGE_STEP_SRGB;
    status = plan_lossless(planning, encoding);
    if (status != 0)
        return status;
    if (output->format == IMAGE_AVIF && output->effort < 0)
        output->effort = choose_avif_effort(output, planning->header);
    plan_quality(planning, encoding);
    plan_subsampling(planning, encoding);
    if (output->format == IMAGE_JPEG && (output->steps & IMAGE_STEP_ENCODE) != 0)
        return check_sides(planning, FORMAT_ENCODED_JPEG_SIDE_MAX);
    return 0;
}
