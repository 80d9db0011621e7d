/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/encode.h"

#include "base/status.h"
#include "image/jpeg/libjpeg.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static struct {
    struct jpeg_compress_struct codec;
    struct libjpeg_errors errors;
    struct jpeg_destination_mgr destination;
    bool started;
    bool optimized; /* its Huffman tables are no longer the standard ones */
} encoder;

int jpeg_encode_start(void)
{
    if (encoder.started)
        return 0;
    encoder.codec.err = libjpeg_errors_begin(&encoder.errors);
    if (setjmp(encoder.errors.failed) != 0)
        return -ENOMEM;
    jpeg_create_compress(&encoder.codec);
    encoder.codec.dest = &encoder.destination;
    encoder.started = true;
    return 0;
}

void jpeg_encode_stop(void)
{
    if (encoder.started)
        jpeg_destroy_compress(&encoder.codec);
    encoder.started = encoder.optimized = false;
}

/* A progressive file has Huffman tables of its own, which libjpeg would use for the next file too.
 */
static int restore_tables(void)
{
    if (!encoder.optimized)
        return 0;
    jpeg_encode_stop();
    return jpeg_encode_start();
}

static void set_quality(j_compress_ptr codec, const struct jpeg_encoding *encoding)
{
    if (encoding->quality > 0) {
        jpeg_set_quality(codec, encoding->quality, TRUE);
        return;
    }
    jpeg_add_quant_table(codec, 0, encoding->quantizers, 100, FALSE);
    for (int i = 0; i < codec->num_components; i++)
        codec->comp_info[i].quant_tbl_no = 0;
}

static void set_parameters(j_compress_ptr codec, const struct jpeg_encoding *encoding,
                           const struct raster *raster)
{
    codec->image_width = raster->width;
    codec->image_height = raster->height;
    codec->input_components = raster->colour ? 3 : 1;
    codec->in_color_space = raster->colour ? JCS_YCbCr : JCS_GRAYSCALE;
    jpeg_set_defaults(codec);
    jpeg_set_colorspace(codec, codec->in_color_space);
    codec->comp_info[0].h_samp_factor = (int)raster->h;
    codec->comp_info[0].v_samp_factor = (int)raster->v;
    for (int i = 1; i < codec->num_components; i++)
        codec->comp_info[i].h_samp_factor = codec->comp_info[i].v_samp_factor = 1;
    set_quality(codec, encoding);
    if (encoding->progressive)
        jpeg_simple_progression(codec);
    codec->raw_data_in = TRUE;
    codec->dct_method = JDCT_ISLOW;
    if (encoding->density_unit <= 2 && encoding->density_x != 0 && encoding->density_y != 0) {
        codec->density_unit = encoding->density_unit;
        codec->X_density = encoding->density_x;
        codec->Y_density = encoding->density_y;
    }
}

/* Rows as libjpeg wants them, in whole blocks: the last sample of each goes on to the right, the
 * last row goes on down. */
static void point_at_rows(const struct plane *plane, uint32_t first, unsigned count, JSAMPROW *rows)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t y = first + i < plane->height ? first + i : plane->height - 1;

        rows[i] = plane->data + y * plane->pitch;
        memset(rows[i] + plane->width, rows[i][plane->width - 1], DCTSIZE);
    }
}

static void write_rows(j_compress_ptr codec, const struct raster *raster)
{
    JSAMPROW rows[3][4 * DCTSIZE];
    JSAMPARRAY components[3] = {rows[0], rows[1], rows[2]};
    unsigned height = raster->v * DCTSIZE;

    while (codec->next_scanline < codec->image_height) {
        uint32_t row = codec->next_scanline / raster->v;

        point_at_rows(&raster->planes[RASTER_LUMA], codec->next_scanline, height, rows[0]);
        for (int i = RASTER_CB; i < codec->num_components; i++)
            point_at_rows(&raster->planes[i], row, DCTSIZE, rows[i]);
        jpeg_write_raw_data(codec, components, height);
    }
}

int jpeg_encode(const struct jpeg_encoding *encoding, const struct raster *raster, uint8_t *output,
                size_t capacity, size_t *size)
{
    j_compress_ptr codec = &encoder.codec;

    if (capacity == 0)
        return STATUS_IMAGE_TOO_LARGE; /* libjpeg looks for room only after each byte */
    if (restore_tables() != 0)
        return -ENOMEM;
    encoder.optimized = encoding->progressive;
    encoder.destination = libjpeg_destination(output, capacity);
    if (setjmp(encoder.errors.failed) != 0) {
        jpeg_abort_compress(codec);
        return encoder.errors.status;
    }
    set_parameters(codec, encoding, raster);
    jpeg_start_compress(codec, TRUE);
    if (encoding->profile != NULL)
        jpeg_write_icc_profile(codec, encoding->profile, (unsigned)encoding->profile_size);
    write_rows(codec, raster);
    jpeg_finish_compress(codec);
    *size = capacity - encoder.destination.free_in_buffer;
    return 0;
}
