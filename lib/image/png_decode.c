/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png_decode.h"

/* PNG (W3C recommendation, second edition): chunks, then one zlib stream over all IDATs, then rows
 * that are differences to their neighbours. */
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/status.h"
#include "image/bytes.h"
#include "image/hot.h"
#include "image/png_filter.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
    SIGNATURE_BYTES = 8,
    CHUNK_BYTES = 12,          /* length, name, checksum */
    IHDR_BYTES = 13,
    COLOUR_GRAY = 0,
    COLOUR_RGB = 2,
    ANCILLARY = 0x20,          /* in the first letter of a name */
};

static const size_t filtered_max_bytes = (size_t)1 << 30;

struct chunk {
    struct bytes data;
    const uint8_t *name;
};

/* The chunks of a file, one after the other. */
static int next_chunk(struct bytes file, size_t *at, struct chunk *chunk)
{
    uint32_t length;

    if (!bytes_have(file, *at, CHUNK_BYTES))
        return STATUS_IMAGE_CORRUPT;
    length = get_be32(file.data + *at);
    if (!bytes_have(file, *at, (uint64_t)length + CHUNK_BYTES))
        return STATUS_IMAGE_CORRUPT;
    chunk->name = file.data + *at + 4;
    chunk->data = (struct bytes){chunk->name + 4, length};
    *at += (size_t)length + CHUNK_BYTES;
    if ((chunk->name[0] & ANCILLARY) != 0)
        return 0;
    return libdeflate_crc32(0, chunk->name, (size_t)length + 4) ==
                   get_be32(chunk->data.data + length)
               ? 0
               : STATUS_IMAGE_CORRUPT;
}

static bool is(const struct chunk *chunk, const char *name)
{
    return memcmp(chunk->name, name, 4) == 0;
}

/* What changes the meaning of samples, or how a picture lies, is for the long way. */
static bool is_out_of_the_ordinary(const struct chunk *chunk)
{
    static const char *const names[] = {"tRNS", "iCCP", "eXIf", "cICP"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (is(chunk, names[i]))
            return true;
    }
    return (chunk->name[0] & ANCILLARY) == 0 && !is(chunk, "PLTE");
}

static int read_header(struct png_picture *picture, const struct chunk *chunk)
{
    const uint8_t *header = chunk->data.data;

    if (!is(chunk, "IHDR") || chunk->data.size != IHDR_BYTES)
        return STATUS_IMAGE_CORRUPT;
    picture->width = get_be32(header);
    picture->height = get_be32(header + 4);
    if (header[8] != 8 || (header[9] != COLOUR_GRAY && header[9] != COLOUR_RGB) ||
        header[10] != 0 || header[11] != 0 || header[12] != 0)
        return -ENOTSUP;
    picture->bands = header[9] == COLOUR_GRAY ? 1 : 3;
    if (picture->width == 0 || picture->height == 0)
        return STATUS_IMAGE_CORRUPT;
    picture->row_bytes = (size_t)picture->width * picture->bands;
    return picture->row_bytes + 1 <= filtered_max_bytes / picture->height ? 0 : -ENOTSUP;
}

/* The stream in one piece: the file's own bytes where one chunk holds it all. */
struct stream {
    struct bytes bytes;
    struct buffer gathered;
};

static int add_to_stream(struct stream *stream, struct bytes piece, size_t limit)
{
    int error = 0;

    if (stream->bytes.data == NULL) {
        stream->bytes = piece;
        return 0;
    }
    if (stream->gathered.size == 0)
        error = buffer_append(&stream->gathered, stream->bytes.data, stream->bytes.size, limit);
    if (error == 0)
        error = buffer_append(&stream->gathered, piece.data, piece.size, limit);
    stream->bytes = (struct bytes){stream->gathered.data, stream->gathered.size};
    return error;
}

static int read_chunks(struct png_picture *picture, struct bytes file, struct stream *stream)
{
    size_t at = SIGNATURE_BYTES;
    struct chunk chunk;
    int status = next_chunk(file, &at, &chunk);

    if (status == 0)
        status = read_header(picture, &chunk);
    while (status == 0) {
        status = next_chunk(file, &at, &chunk);
        if (status != 0)
            break;
        if (is(&chunk, "IEND"))
            return stream->bytes.data != NULL ? 0 : STATUS_IMAGE_CORRUPT;
        if (is(&chunk, "IDAT"))
            status = add_to_stream(stream, chunk.data, file.size);
        else if (is_out_of_the_ordinary(&chunk))
            status = -ENOTSUP;
    }
    return status;
}

static int inflate_stream(struct png_picture *picture, struct bytes stream)
{
    size_t size = (picture->row_bytes + 1) * picture->height;
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    enum libdeflate_result result;

    picture->filtered = malloc(size);
    if (inflater == NULL || picture->filtered == NULL) {
        if (inflater != NULL)
            libdeflate_free_decompressor(inflater);
        return -ENOMEM;
    }
    /* Exactly so many bytes, or the picture is not whole. */
    result = libdeflate_zlib_decompress_ex(inflater, stream.data, stream.size, picture->filtered,
                                           size, NULL, NULL);
    libdeflate_free_decompressor(inflater);
    return result == LIBDEFLATE_SUCCESS ? 0 : STATUS_IMAGE_CORRUPT;
}

int png_open(struct png_picture *picture, const uint8_t *data, size_t size)
{
    struct stream stream = {0};
    int status;

    *picture = (struct png_picture){0};
    status = read_chunks(picture, (struct bytes){data, size}, &stream);
    if (status == 0)
        status = inflate_stream(picture, stream.bytes);
    buffer_clear(&stream.gathered);
    if (status != 0)
        png_clear(picture);
    return status;
}

static _inline_ uint8_t paeth(int left, int above, int corner)
{
    int from_left = abs(above - corner), from_above = abs(left - corner);
    int from_corner = abs(left + above - 2 * corner);
    int nearest = from_left <= from_above ? left : above;

    return (uint8_t)((from_left < from_above ? from_left : from_above) <= from_corner ? nearest
                                                                                      : corner);
}

/* `above` is NULL for the first row: zeros. The first pixel has zeros to its left. */
static _inline_ void unfilter(enum png_filter filter, uint8_t *row, const uint8_t *above,
                              size_t length, size_t step)
{
    for (size_t i = 0; i < length; i++) {
        int left = i < step ? 0 : row[i - step], up = above == NULL ? 0 : above[i];
        int corner = i < step || above == NULL ? 0 : above[i - step];

        if (filter == FILTER_SUB)
            row[i] = (uint8_t)(row[i] + left);
        else if (filter == FILTER_UP)
            row[i] = (uint8_t)(row[i] + up);
        else if (filter == FILTER_AVERAGE)
            row[i] = (uint8_t)(row[i] + (left + up) / 2);
        else if (filter == FILTER_PAETH)
            row[i] = (uint8_t)(row[i] + paeth(left, up, corner));
    }
}

/* The same loops once for each kind of pixel, so that the step is a constant in them. */
static _inline_ void unfilter_row(unsigned filter, uint8_t *row, const uint8_t *above,
                                  size_t length, size_t step)
{
    switch (filter) {
    case FILTER_SUB:
        unfilter(FILTER_SUB, row, above, length, step);
        break;
    case FILTER_UP:
        if (above != NULL)
            unfilter(FILTER_UP, row, above, length, step);
        break;
    case FILTER_AVERAGE:
        unfilter(FILTER_AVERAGE, row, above, length, step);
        break;
    case FILTER_PAETH:
        unfilter(FILTER_PAETH, row, above, length, step);
        break;
    default:
        break;
    }
}

static void unfilter_gray(unsigned filter, uint8_t *row, const uint8_t *above, size_t length)
{
    unfilter_row(filter, row, above, length, 1);
}

static void unfilter_rgb(unsigned filter, uint8_t *row, const uint8_t *above, size_t length)
{
    unfilter_row(filter, row, above, length, 3);
}

const uint8_t *png_next_row(struct png_picture *picture)
{
    size_t stride = picture->row_bytes + 1;
    uint8_t *row = picture->filtered + picture->row * stride + 1;
    const uint8_t *above = picture->row == 0 ? NULL : row - stride;

    if (row[-1] >= FILTER_COUNT)
        return NULL;
    if (picture->bands == 1)
        unfilter_gray(row[-1], row, above, picture->row_bytes);
    else
        unfilter_rgb(row[-1], row, above, picture->row_bytes);
    picture->row++;
    return row;
}

void png_clear(struct png_picture *picture)
{
    free(picture->filtered);
    picture->filtered = NULL;
}
