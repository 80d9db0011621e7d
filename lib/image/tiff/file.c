/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/tiff/file.h"

/*
 * libtiff decodes a strip or a tile at a time. Deflated ones are inflated here: libtiff stops when
 * it has as many bytes as it wants, and neither sees that there are more nor looks at the sum
 * behind them.
 */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/jpeg/markers.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>

enum { BLOCK_BYTES_MAX = 1 << 30 };

/* --- the file, to libtiff
 * ------------------------------------------------------------------------- */

static tmsize_t read_file(thandle_t handle, void *to, tmsize_t size)
{
    struct tiff_file *file = handle;
    uint64_t left = file->at < file->input.size ? file->input.size - file->at : 0;
    uint64_t bytes = (uint64_t)size < left ? (uint64_t)size : left;

    if (bytes > 0)
        memcpy(to, file->input.data + file->at, bytes);
    file->at += bytes;
    return (tmsize_t)bytes;
}

static tmsize_t write_file(thandle_t handle, void *from, tmsize_t size)
{
    (void)handle;
    (void)from;
    (void)size;
    return 0;
}

static toff_t seek_file(thandle_t handle, toff_t offset, int whence)
{
    struct tiff_file *file = handle;

    file->at = offset + (whence == SEEK_CUR ? file->at : whence == SEEK_END ? file->input.size : 0);
    return file->at;
}

static toff_t tell_size(thandle_t handle)
{
    return ((const struct tiff_file *)handle)->input.size;
}

static int close_file(thandle_t handle)
{
    (void)handle;
    return 0;
}

/* Codecs go on behind an error, some with a bad row, and return success. */
static int hear_error(TIFF *tiff, void *client, const char *module, const char *words,
                      va_list arguments)
{
    (void)tiff;
    (void)module;
    (void)words;
    (void)arguments;
    ((struct tiff_file *)client)->complained = true;
    return 1;
}

/* What they warn of is a bad row, too, but for what leaves the pixels as they are. */
static int hear_warning(TIFF *tiff, void *client, const char *module, const char *words,
                        va_list arguments)
{
    static const char *const harmless[] = {
        "Old-style LZW codes",
        "JPEG strip size exceeds expected dimensions", /* the last one, as long as the others */
        "The JPEG strip/tile is encoded with progressive mode",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(harmless); i++) {
        if (strncmp(words, harmless[i], strlen(harmless[i])) == 0)
            return 1;
    }
    return hear_error(tiff, client, module, words, arguments);
}

static TIFF *open_file(struct tiff_file *file)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    TIFF *tiff;

    if (options == NULL)
        return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, hear_error, file);
    TIFFOpenOptionsSetWarningHandlerExtR(options, hear_warning, file);
    tiff = TIFFClientOpenExt("picture", "rm", file, read_file, write_file, seek_file, close_file,
                             tell_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

/* --- pages
 * ---------------------------------------------------------------------------------------- */

/* libtiff and probe/header_tiff.c read the same directory; where they do not find the same in it,
 * it is broken. */
static bool is_as_expected(const struct tiff_file *file)
{
    uint32_t width = 0, height = 0;
    uint16_t samples = 0, bits = 0, compression = 0;

    TIFFGetField(file->tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(file->tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_COMPRESSION, &compression);
    return width == file->header.width && height == file->header.height &&
           samples == file->header.samples && bits == file->header.bits &&
           (compression == IMAGE_TIFF_JPEG || file->header.photometric != IMAGE_TIFF_YCBCR);
}

/* Returns the rows that a strip or tile may have, which are more than are used of the only strip of
 * some files. */
static uint32_t read_blocks(struct tiff_file *file)
{
    uint32_t height = file->header.height, rows = height;

    file->tiled = TIFFIsTiled(file->tiff);
    if (file->tiled) {
        file->block_width = file->block_height = 0;
        TIFFGetField(file->tiff, TIFFTAG_TILEWIDTH, &file->block_width);
        TIFFGetField(file->tiff, TIFFTAG_TILELENGTH, &file->block_height);
        return file->block_height;
    }
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
    file->block_width = file->header.width;
    file->block_height = rows < height ? rows : height;
    return rows / 2 < height ? rows : height;
}

static bool is_inflated(struct tiff_file *file)
{
    uint16_t compression = 0, order = FILLORDER_MSB2LSB, predictor = 1;

    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_FILLORDER, &order);
    if ((compression != COMPRESSION_ADOBE_DEFLATE && compression != COMPRESSION_DEFLATE) ||
        order != FILLORDER_MSB2LSB)
        return false;
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_PREDICTOR, &predictor);
    file->predictor = predictor;
    return predictor == PREDICTOR_NONE ||
           (predictor == PREDICTOR_HORIZONTAL && file->header.bits >= 8);
}

static int measure_page(struct tiff_file *file)
{
    const struct image_header *header = &file->header;
    uint32_t rows = read_blocks(file);
    uint64_t pixel_bits = (uint64_t)header->bits * header->samples;
    tmsize_t expected = file->tiled ? TIFFTileRowSize(file->tiff) : TIFFScanlineSize(file->tiff);
    uint16_t planes = PLANARCONFIG_CONTIG;

    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_PLANARCONFIG, &planes);
    file->in_planes = planes == PLANARCONFIG_SEPARATE && header->samples > 1;
    file->row_bytes = (size_t)((header->width * pixel_bits + 7) / 8);
    if (file->in_planes)
        pixel_bits = header->bits;
    file->block_row_bytes = (size_t)((file->block_width * pixel_bits + 7) / 8);
    if (file->block_height == 0 || file->block_row_bytes == 0 ||
        (uint64_t)expected != file->block_row_bytes ||
        rows > BLOCK_BYTES_MAX / file->block_row_bytes ||
        (file->tiled && file->block_width * pixel_bits % 8 != 0))
        return STATUS_IMAGE_CORRUPT;
    file->block_bytes = file->block_row_bytes * rows;
    file->inflated = is_inflated(file);
    return 0;
}

static void free_rows(struct tiff_file *file)
{
    free(file->band);
    free(file->block);
    file->band = file->block = NULL;
    file->rows = 0;
}

/* A strip is decoded to where its rows are wanted, unless it is of one plane. Memory begins as
 * zeros: no codec is trusted to fill all of it. */
static int start_page(struct tiff_file *file)
{
    uint32_t rows;
    bool direct;
    int status;

    if (!is_as_expected(file))
        return STATUS_IMAGE_CORRUPT;
    if (file->header.photometric == IMAGE_TIFF_YCBCR)
        TIFFSetField(file->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if ((status = measure_page(file)) != 0)
        return status;
    free_rows(file);
    direct = !file->tiled && !file->in_planes;
    rows = file->block_height < file->header.height ? file->block_height : file->header.height;
    file->band = direct ? calloc(1, file->block_bytes) : calloc(rows, file->row_bytes);
    file->block = direct ? NULL : calloc(1, file->block_bytes);
    return file->band == NULL || (!direct && file->block == NULL) ? -ENOMEM : 0;
}

/* --- scans
 * ----------------------------------------------------------------------------------------- */

/* Each strip or tile is a JPEG of its own, and may have as many. */
static bool page_has_more_scans(struct tiff_file *file, unsigned max_scans)
{
    uint32_t blocks =
        TIFFIsTiled(file->tiff) ? TIFFNumberOfTiles(file->tiff) : TIFFNumberOfStrips(file->tiff);
    uint16_t compression = 0;

    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_COMPRESSION, &compression);
    for (uint32_t i = 0; compression == COMPRESSION_JPEG && i < blocks; i++) {
        uint64_t at = TIFFGetStrileOffset(file->tiff, i);
        uint64_t size = TIFFGetStrileByteCount(file->tiff, i);

        if (bytes_have(file->input, at, size) &&
            jpeg_count_scans(file->input.data + at, (size_t)size) > max_scans)
            return true;
    }
    return false;
}

/* Of all pages that are frames, and back to the first one. */
static int check_scans(struct tiff_file *file, unsigned max_scans)
{
    for (uint32_t page = 0; page < file->header.frames; page++) {
        if (page > 0 && !TIFFReadDirectory(file->tiff))
            return STATUS_IMAGE_CORRUPT;
        if (page_has_more_scans(file, max_scans))
            return STATUS_IMAGE_TOO_LARGE;
    }
    return file->header.frames == 1 || TIFFSetDirectory(file->tiff, 0) ? 0 : STATUS_IMAGE_CORRUPT;
}

int tiff_file_open(struct tiff_file *file, const struct image_header *header, struct bytes input,
                   unsigned max_scans)
{
    int status;

    *file = (struct tiff_file){.header = *header, .input = input};
    file->tiff = open_file(file);
    if (file->tiff == NULL)
        return STATUS_IMAGE_CORRUPT;
    if (header->compression == IMAGE_TIFF_JPEG && (status = check_scans(file, max_scans)) != 0)
        return status;
    return start_page(file);
}

void tiff_file_close(struct tiff_file *file)
{
    free_rows(file);
    if (file->tiff != NULL)
        TIFFClose(file->tiff);
    file->tiff = NULL;
}

/* --- strips and tiles
 * ------------------------------------------------------------------------------ */

/* What a row of samples was made the differences of (TIFF 6.0, section 14). */
static void undo_predictor(const struct tiff_file *file, uint8_t *row)
{
    size_t stride = file->in_planes ? 1 : file->header.samples;
    uint16_t *wide = (uint16_t *)(void *)row;

    if (file->header.bits == 16) {
        for (size_t i = stride; i < file->block_row_bytes / 2; i++)
            wide[i] = (uint16_t)(wide[i] + wide[i - stride]);
    } else {
        for (size_t i = stride; i < file->block_row_bytes; i++)
            row[i] = (uint8_t)(row[i] + row[i - stride]);
    }
}

static int inflate_block(struct tiff_file *file, uint32_t number, uint8_t *to, uint32_t rows)
{
    uint64_t at = TIFFGetStrileOffset(file->tiff, number);
    uint64_t size = TIFFGetStrileByteCount(file->tiff, number);
    struct libdeflate_decompressor *inflater;
    enum libdeflate_result result;
    size_t made = 0;

    if (!bytes_have(file->input, at, size))
        return STATUS_IMAGE_CORRUPT;
    if ((inflater = libdeflate_alloc_decompressor()) == NULL)
        return -ENOMEM;
    result = libdeflate_zlib_decompress(inflater, file->input.data + at, (size_t)size, to,
                                        file->block_bytes, &made);
    libdeflate_free_decompressor(inflater);
    if (result != LIBDEFLATE_SUCCESS || made < rows * file->block_row_bytes)
        return STATUS_IMAGE_CORRUPT;
    if (file->header.bits == 16 && TIFFIsByteSwapped(file->tiff))
        TIFFSwabArrayOfShort((uint16_t *)(void *)to, (tmsize_t)(rows * file->block_row_bytes / 2));
    for (uint32_t y = 0; y < rows && file->predictor == PREDICTOR_HORIZONTAL; y++)
        undo_predictor(file, to + y * file->block_row_bytes);
    return 0;
}

/* The strip or tile of a plane that has pixel (x, y), of which `rows` rows are needed. */
static int decode_block(struct tiff_file *file, uint32_t x, uint32_t y, uint16_t plane, uint8_t *to,
                        uint32_t rows)
{
    uint32_t number = file->tiled ? TIFFComputeTile(file->tiff, x, y, 0, plane)
                                  : TIFFComputeStrip(file->tiff, y, plane);
    tmsize_t bytes = (tmsize_t)(file->block_row_bytes * rows), made;

    if (file->inflated)
        return inflate_block(file, number, to, rows);
    file->complained = false;
    made = file->tiled ? TIFFReadEncodedTile(file->tiff, number, to, (tmsize_t)file->block_bytes)
                       : TIFFReadEncodedStrip(file->tiff, number, to, bytes);
    return made < bytes || file->complained ? STATUS_IMAGE_CORRUPT : 0;
}

/* Samples of one plane to every samples-th place of a row. */
static void spread(const struct tiff_file *file, const uint8_t *from, uint8_t *to, uint32_t samples)
{
    unsigned step = file->header.samples;

    if (file->header.bits == 16) {
        for (uint32_t x = 0; x < samples; x++)
            memcpy(to + (size_t)x * step * 2, from + (size_t)x * 2, 2);
    } else {
        for (uint32_t x = 0; x < samples; x++)
            to[(size_t)x * step] = from[x];
    }
}

/* The decoded block to its place among the rows of the page. */
static void place_block(struct tiff_file *file, uint32_t x, uint16_t plane, uint32_t rows)
{
    uint32_t left = file->header.width - x;
    uint32_t across = file->block_width < left ? file->block_width : left;
    unsigned bits = file->header.bits, pixel_bits = bits * file->header.samples;
    size_t at = (size_t)((uint64_t)x * pixel_bits / 8);

    for (uint32_t y = 0; y < rows; y++) {
        const uint8_t *from = file->block + y * file->block_row_bytes;
        uint8_t *to = file->band + y * file->row_bytes + at;

        if (file->in_planes)
            spread(file, from, to + plane * (bits / 8), across);
        else
            memcpy(to, from, (size_t)(((uint64_t)across * pixel_bits + 7) / 8));
    }
}

/* The strip or the row of tiles that begins at `row`. */
static int decode_band(struct tiff_file *file, uint32_t row)
{
    uint32_t left = file->header.height - row;
    uint32_t rows = file->block_height < left ? file->block_height : left;
    uint16_t planes = file->in_planes ? file->header.samples : 1;
    int status = 0;

    file->first_row = row;
    file->rows = rows;
    if (file->block == NULL)
        return decode_block(file, 0, row, 0, file->band, rows);
    for (uint16_t plane = 0; plane < planes; plane++) {
        for (uint64_t x = 0; x < file->header.width; x += file->block_width) {
            status = decode_block(file, (uint32_t)x, row, plane, file->block, rows);
            if (status != 0)
                return status;
            place_block(file, (uint32_t)x, plane, rows);
        }
    }
    return 0;
}

static int go_to_page(struct tiff_file *file, uint32_t page)
{
    if (page < file->page) {
        if (!TIFFSetDirectory(file->tiff, 0))
            return STATUS_IMAGE_CORRUPT;
        file->page = 0;
    }
    for (; file->page < page; file->page++) {
        if (!TIFFReadDirectory(file->tiff))
            return STATUS_IMAGE_CORRUPT;
    }
    return start_page(file);
}

int tiff_file_read(struct tiff_file *file, uint32_t page, uint32_t row, const uint8_t **samples)
{
    int status = page == file->page ? 0 : go_to_page(file, page);

    if (status == 0 && row - file->first_row >= file->rows)
        status = decode_band(file, row - row % file->block_height);
    if (status != 0)
        return status;
    *samples = file->band + (row - file->first_row) * file->row_bytes;
    return 0;
}
