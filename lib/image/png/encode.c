/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png/encode.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/core/bytes.h"
#include "image/png/filter.h"

#include <errno.h>
#include <libdeflate.h>
#include <string.h>

/*
 * The file: signature, IHDR, [iCCP], one IDAT, IEND. The filter is chosen anew every few rows:
 * neighbours are alike, and choosing costs more than filtering.
 */
enum {
    LEVEL = 2, /* of libdeflate: a gray photograph of 1600x1200 was 635 KB for 55 ms
                * in all, where zlib's level 6 made 802 KB in 159 */
    ROWS_PER_CHOICE = 4,
    STEP_MAX = 8,     /* bytes of the largest pixel */
    CHUNK_BYTES = 12, /* length, name, checksum */
    IHDR_BYTES = 13,
};

static const size_t max_filtered_bytes = 512u << 20;

struct png_encoder {
    struct png_format format;
    size_t row_bytes, step;
    uint32_t rows; /* that came */
    enum png_filter filter;
    uint8_t *filtered; /* all rows, each behind its filter's number */
    uint8_t *lines;    /* this row, the one above, scratch: each behind STEP_MAX zeros */
    uint8_t *row, *above, *scratch;
};

static size_t packed_row_bytes(const struct png_format *format)
{
    return ((size_t)format->width * format->bands * format->bits + 7) / 8;
}

bool png_encoder_takes(const struct png_format *format)
{
    return (packed_row_bytes(format) + 1) <= max_filtered_bytes / format->height;
}

struct png_encoder *png_encoder_new(const struct png_format *format)
{
    struct png_encoder *encoder = calloc(1, sizeof(*encoder));
    size_t line;

    if (encoder == NULL)
        return NULL;
    encoder->format = *format;
    encoder->row_bytes = packed_row_bytes(format);
    encoder->step = format->bits < 8 ? 1 : format->bands * format->bits / 8;
    line = STEP_MAX + encoder->row_bytes;
    encoder->lines = calloc(3, line);
    encoder->filtered = malloc((encoder->row_bytes + 1) * format->height);
    if (encoder->lines == NULL || encoder->filtered == NULL) {
        png_encoder_free(encoder);
        return NULL;
    }
    encoder->row = encoder->lines + STEP_MAX;
    encoder->above = encoder->row + line;
    encoder->scratch = encoder->above + line;
    return encoder;
}

void png_encoder_free(struct png_encoder *encoder)
{
    if (encoder == NULL)
        return;
    free(encoder->lines);
    free(encoder->filtered);
    free(encoder);
}

/* Big-endian, as PNG has it. */
static void pack_16(const uint16_t *samples, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = (uint8_t)(samples[i] >> 8);
        out[2 * i + 1] = (uint8_t)samples[i];
    }
}

static void pack_few_bits(const uint8_t *samples, size_t count, unsigned bits, uint8_t *out)
{
    memset(out, 0, (count * bits + 7) / 8);
    for (size_t i = 0; i < count; i++)
        out[i * bits / 8] |= (uint8_t)(samples[i] >> (8 - bits) << (8 - bits - i * bits % 8));
}

static void pack_row(const struct png_encoder *encoder, const void *samples)
{
    size_t count = (size_t)encoder->format.width * encoder->format.bands;

    if (encoder->format.bits == 16)
        pack_16(samples, count, encoder->row);
    else if (encoder->format.bits == 8)
        memcpy(encoder->row, samples, count);
    else
        pack_few_bits(samples, count, encoder->format.bits, encoder->row);
}

void png_encoder_row(struct png_encoder *encoder, const void *samples)
{
    uint8_t *out = encoder->filtered + (encoder->row_bytes + 1) * encoder->rows, *row;

    pack_row(encoder, samples);
    if (encoder->format.bits >= 8 && encoder->rows % ROWS_PER_CHOICE == 0)
        encoder->filter = png_filter_choose(encoder->row, encoder->above, encoder->row_bytes,
                                            encoder->step, encoder->scratch);
    out[0] = (uint8_t)encoder->filter;
    png_filter_apply(encoder->filter, encoder->row, encoder->above, encoder->row_bytes,
                     encoder->step, out + 1);
    encoder->rows++;
    row = encoder->row;
    encoder->row = encoder->above;
    encoder->above = row;
}

/* Length, name and checksum around `length` bytes of content that lie behind room for the first two
 * at the output's end. */
static void close_chunk(struct image_output *output, const char *name, size_t length)
{
    uint8_t *chunk = output->data + output->size;

    put_be32(chunk, (uint32_t)length);
    memcpy(chunk + 4, name, 4);
    put_be32(chunk + 8 + length, libdeflate_crc32(0, chunk + 4, 4 + length));
    output->size += CHUNK_BYTES + length;
}

/* Room for the content of a chunk. */
static size_t room(const struct image_output *output)
{
    size_t left = output->capacity - output->size;

    return left < CHUNK_BYTES ? 0 : left - CHUNK_BYTES;
}

static int put_header(const struct png_format *format, struct image_output *output)
{
    static const uint8_t colour_types[] = {0, 0, 4, 2, 6}; /* by bands */
    uint8_t *content;

    output->size = 8;
    if (output->capacity < 8 || room(output) < IHDR_BYTES)
        return STATUS_IMAGE_TOO_LARGE;
    memcpy(output->data, "\x89PNG\r\n\x1a\n", 8);
    content = output->data + output->size + 8;
    put_be32(content, format->width);
    put_be32(content + 4, format->height);
    content[8] = (uint8_t)format->bits;
    content[9] = colour_types[format->bands];
    content[10] = content[11] = content[12] = 0;
    close_chunk(output, "IHDR", IHDR_BYTES);
    return 0;
}

/* A chunk of `prefix` and `bytes` deflated. */
static int put_deflated(struct image_output *output, int level, const char *name,
                        const char *prefix, size_t prefix_length, const void *bytes, size_t length)
{
    struct libdeflate_compressor *compressor;
    uint8_t *content = output->data + output->size + 8;
    size_t size, space = room(output);

    if (space < prefix_length)
        return STATUS_IMAGE_TOO_LARGE;
    space -= prefix_length;
    if ((compressor = libdeflate_alloc_compressor(level)) == NULL)
        return -ENOMEM;
    memcpy(content, prefix, prefix_length);
    size = libdeflate_zlib_compress(compressor, bytes, length, content + prefix_length,
                                    space < INT32_MAX ? space : INT32_MAX);
    libdeflate_free_compressor(compressor);
    if (size == 0)
        return STATUS_IMAGE_TOO_LARGE;
    close_chunk(output, name, prefix_length + size);
    return 0;
}

int png_encoder_finish(struct png_encoder *encoder, struct image_output *output)
{
    const struct png_format *format = &encoder->format;
    int status = put_header(format, output);

    if (status == 0 && format->profile != NULL)
        status =
            put_deflated(output, LEVEL, "iCCP", "icc\0", 5, format->profile, format->profile_size);
    if (status == 0)
        status = put_deflated(output, format->level > 0 ? (int)format->level : LEVEL, "IDAT", "", 0,
                              encoder->filtered, (encoder->row_bytes + 1) * format->height);
    if (status == 0 && output->capacity - output->size < CHUNK_BYTES)
        status = STATUS_IMAGE_TOO_LARGE;
    if (status == 0)
        close_chunk(output, "IEND", 0);
    return status;
}
