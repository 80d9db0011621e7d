/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/transcode.h"

#include "base/status.h"
#include "image/core/multiversion.h"
#include "image/jpeg/libjpeg.h"
#include "image/plan/geometry.h"

#include <errno.h>
#include <stdlib.h>

/*
 * A turn is a transposition, and then rows and columns in reverse order. Transposing a block
 * transposes its coefficients; reversing its columns changes the sign of every odd horizontal
 * frequency, and rows that of every vertical one.
 */
struct transcoder {
    struct libjpeg_errors errors;
    struct jpeg_decompress_struct from;
    struct jpeg_compress_struct to;
    struct jpeg_destination_mgr destination;
    const struct jpeg_transcoding *transcoding;
    int components; /* that are written */
    bool transpose, mirror, flip;
    JCOEF sign[DCTSIZE2];                    /* of each coefficient of the result's blocks */
    jvirt_barray_ptr *arrays;                /* the source's */
    jvirt_barray_ptr turned[MAX_COMPONENTS]; /* the result's */
};

static void describe_turn(struct transcoder *transcoder)
{
    const unsigned turn = transcoder->transcoding->turn;

    transcoder->transpose = geometry_swaps(turn);
    transcoder->mirror = geometry_mirrors(turn);
    transcoder->flip = geometry_flips(turn);
    for (unsigned k = 0; k < DCTSIZE2; k++) {
        const unsigned v = k / DCTSIZE, u = k % DCTSIZE;
        const bool negative =
            (transcoder->mirror && u % 2 == 1) != (transcoder->flip && v % 2 == 1);

        transcoder->sign[k] = negative ? -1 : 1;
    }
}

/* --- sizes --------------------------------------------------------------------------------------
 */

static JDIMENSION count_to_hold(JDIMENSION a, JDIMENSION b)
{
    return (a + b - 1) / b;
}

/* One dimension of a component. */
struct extent_in_blocks {
    JDIMENSION pixels_of_blocks; /* the image's, times the component's factor */
    JDIMENSION block;            /* one block's in the same units */
    JDIMENSION sampling;
};

static struct extent_in_blocks columns_of(const struct transcoder *transcoder,
                                          const jpeg_component_info *component)
{
    const JDIMENSION factor = (JDIMENSION)component->h_samp_factor;

    return (struct extent_in_blocks){transcoder->from.image_width * factor,
                                     (JDIMENSION)transcoder->from.max_h_samp_factor * DCTSIZE,
                                     factor};
}

static struct extent_in_blocks rows_of(const struct transcoder *transcoder,
                                       const jpeg_component_info *component)
{
    const JDIMENSION factor = (JDIMENSION)component->v_samp_factor;

    return (struct extent_in_blocks){transcoder->from.image_height * factor,
                                     (JDIMENSION)transcoder->from.max_v_samp_factor * DCTSIZE,
                                     factor};
}

static JDIMENSION block_count(const struct extent_in_blocks *extent)
{
    return count_to_hold(extent->pixels_of_blocks, extent->block);
}

/* Of whole MCUs, as libjpeg's arrays have them. */
static JDIMENSION padded_count(const struct extent_in_blocks *extent)
{
    return count_to_hold(block_count(extent), extent->sampling) * extent->sampling;
}

/* What becomes the left or the upper edge must end with whole blocks. */
static bool can_turn(const struct transcoder *transcoder)
{
    const bool right = transcoder->transpose ? transcoder->flip : transcoder->mirror;
    const bool bottom = transcoder->transpose ? transcoder->mirror : transcoder->flip;

    for (int i = 0; i < transcoder->components; i++) {
        const jpeg_component_info *component = &transcoder->from.comp_info[i];
        const struct extent_in_blocks columns = columns_of(transcoder, component);
        const struct extent_in_blocks rows = rows_of(transcoder, component);

        if ((right && columns.pixels_of_blocks % columns.block != 0) ||
            (bottom && rows.pixels_of_blocks % rows.block != 0))
            return false;
    }
    return true;
}

/* --- coefficients -------------------------------------------------------------------------------
 */

/* Before libjpeg reads: it takes the memory for all arrays at once. */
static void request_arrays(struct transcoder *transcoder)
{
    j_decompress_ptr from = &transcoder->from;

    for (int i = 0; i < transcoder->components; i++) {
        const jpeg_component_info *component = &from->comp_info[i];
        const struct extent_in_blocks columns = columns_of(transcoder, component);
        const struct extent_in_blocks rows = rows_of(transcoder, component);
        const bool transpose = transcoder->transpose;

        transcoder->turned[i] = from->mem->request_virt_barray(
            (j_common_ptr)from, JPOOL_IMAGE, FALSE, padded_count(transpose ? &rows : &columns),
            padded_count(transpose ? &columns : &rows),
            transpose ? columns.sampling : rows.sampling);
    }
}

/* libjpeg keeps whole arrays in memory, so that a row stays where it is. */
static JBLOCKROW row_at(struct transcoder *transcoder, jvirt_barray_ptr array, JDIMENSION row,
                        boolean writable)
{
    j_decompress_ptr from = &transcoder->from;

    return from->mem->access_virt_barray((j_common_ptr)from, array, row, 1, writable)[0];
}

/* Loops that become vectors. */
static _inline_ void turn_block(const struct transcoder *transcoder, const JCOEF *restrict from,
                                JCOEF *restrict to)
{
    const JCOEF *sign = transcoder->sign;

    if (!transcoder->transpose) {
        for (unsigned k = 0; k < DCTSIZE2; k++)
            to[k] = (JCOEF)(from[k] * sign[k]);
        return;
    }
    for (unsigned v = 0; v < DCTSIZE; v++)
        for (unsigned u = 0; u < DCTSIZE; u++)
            to[v * DCTSIZE + u] = (JCOEF)(from[u * DCTSIZE + v] * sign[v * DCTSIZE + u]);
}

/* Blocks that only fill up MCUs at edges that stay where they are keep doing so. libjpeg wants rows
 * of a new array to be written one after the other. */
_multiversion_ static void turn_component(struct transcoder *transcoder, int index)
{
    const jpeg_component_info *component = &transcoder->from.comp_info[index];
    const bool transpose = transcoder->transpose;
    const struct extent_in_blocks x_extent =
        transpose ? rows_of(transcoder, component) : columns_of(transcoder, component);
    const struct extent_in_blocks y_extent =
        transpose ? columns_of(transcoder, component) : rows_of(transcoder, component);
    const JDIMENSION width = transcoder->mirror ? block_count(&x_extent) : padded_count(&x_extent);
    const JDIMENSION height = transcoder->flip ? block_count(&y_extent) : padded_count(&y_extent);

    for (JDIMENSION y = 0; y < height; y++) {
        JBLOCK *const to = row_at(transcoder, transcoder->turned[index], y, TRUE);
        const JDIMENSION from_y = transcoder->flip ? height - 1 - y : y;

        for (JDIMENSION x = 0; x < width; x++) {
            const JDIMENSION from_x = transcoder->mirror ? width - 1 - x : x;
            JBLOCK *const from =
                row_at(transcoder, transcoder->arrays[index], transpose ? from_x : from_y, FALSE);

            turn_block(transcoder, from[transpose ? from_y : from_x], to[x]);
        }
    }
}

/*
 * For values that no image of 8 bits has (T.81, F.1.2: 10 bits and a sign, 11 for a difference of
 * DC) libjpeg's quick encoder has no code, and writes nonsense without a word. They come from
 * damage that still decodes.
 */
_multiversion_ static bool has_excess(struct transcoder *transcoder, int index)
{
    const jpeg_component_info *component = &transcoder->from.comp_info[index];
    enum { DC_MAX = 1024, AC_MAX = 1023 };
    uint16_t excess = 0;

    for (JDIMENSION y = 0; y < component->height_in_blocks; y++) {
        JBLOCK *const row = row_at(transcoder, transcoder->arrays[index], y, FALSE);

        for (JDIMENSION x = 0; x < component->width_in_blocks; x++) {
            excess |= abs(row[x][0]) > DC_MAX;
            for (unsigned k = 1; k < DCTSIZE2; k++)
                excess |= (uint16_t)(row[x][k] + AC_MAX) > 2 * AC_MAX; /* 16 bits: vectors */
        }
    }
    return excess != 0;
}

/* --- the result ---------------------------------------------------------------------------------
 */

static void transpose_table(JQUANT_TBL *table)
{
    for (unsigned v = 0; v < DCTSIZE; v++)
        for (unsigned u = 0; u < v; u++) {
            const UINT16 value = table->quantval[v * DCTSIZE + u];

            table->quantval[v * DCTSIZE + u] = table->quantval[u * DCTSIZE + v];
            table->quantval[u * DCTSIZE + v] = value;
        }
}

static void transpose_parameters(j_compress_ptr to)
{
    const JDIMENSION width = to->image_width;
    const UINT16 density = to->X_density;

    to->image_width = to->image_height;
    to->image_height = width;
    to->X_density = to->Y_density;
    to->Y_density = density;
    for (int i = 0; i < to->num_components; i++) {
        const int factor = to->comp_info[i].h_samp_factor;

        to->comp_info[i].h_samp_factor = to->comp_info[i].v_samp_factor;
        to->comp_info[i].v_samp_factor = factor;
    }
    for (int i = 0; i < NUM_QUANT_TBLS; i++)
        if (to->quant_tbl_ptrs[i] != NULL)
            transpose_table(to->quant_tbl_ptrs[i]);
}

static void set_transcoding(struct transcoder *transcoder)
{
    j_compress_ptr to = &transcoder->to;

    jpeg_copy_critical_parameters(&transcoder->from, to);
    if (transcoder->components < to->num_components) {
        const int table = to->comp_info[0].quant_tbl_no;

        jpeg_set_colorspace(to, JCS_GRAYSCALE);
        to->comp_info[0].quant_tbl_no = table;
    }
    if (transcoder->transpose)
        transpose_parameters(to);
    if (transcoder->transcoding->progressive)
        jpeg_simple_progression(to);
}

static int transcode(struct transcoder *transcoder)
{
    j_decompress_ptr from = &transcoder->from;
    const bool turn = transcoder->transcoding->turn != 1;

    jpeg_read_header(from, TRUE);
    transcoder->components = transcoder->transcoding->luma ? 1 : from->num_components;
    if (!can_turn(transcoder))
        return -ENOTSUP;
    if (turn)
        request_arrays(transcoder);
    transcoder->arrays = jpeg_read_coefficients(from);
    if (transcoder->errors.manager.num_warnings > 0)
        return STATUS_IMAGE_CORRUPT;
    for (int i = 0; i < transcoder->components; i++) {
        if (has_excess(transcoder, i))
            return -ENOTSUP;
        if (turn)
            turn_component(transcoder, i);
    }
    set_transcoding(transcoder);
    transcoder->to.dest = &transcoder->destination;
    jpeg_write_coefficients(&transcoder->to, turn ? transcoder->turned : transcoder->arrays);
    jpeg_finish_compress(&transcoder->to);
    return 0;
}

int jpeg_transcode(const uint8_t *source, size_t source_size,
                   const struct jpeg_transcoding *transcoding, uint8_t *output, size_t capacity,
                   size_t *size)
{
    struct transcoder transcoder = {.transcoding = transcoding};
    int status;

    if (capacity == 0)
        return STATUS_IMAGE_TOO_LARGE;
    describe_turn(&transcoder);
    transcoder.from.err = transcoder.to.err = libjpeg_errors_begin(&transcoder.errors);
    transcoder.destination = libjpeg_destination(output, capacity);
    if (setjmp(transcoder.errors.failed) == 0) {
        jpeg_create_decompress(&transcoder.from);
        jpeg_create_compress(&transcoder.to);
        jpeg_mem_src(&transcoder.from, source, source_size);
        status = transcode(&transcoder);
        *size = capacity - transcoder.destination.free_in_buffer;
    } else {
        status = transcoder.errors.status;
    }
    jpeg_destroy_compress(&transcoder.to);
    jpeg_destroy_decompress(&transcoder.from);
    return status;
}
