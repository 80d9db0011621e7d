/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/tiff/file.h"

/*
 * A strip or a tile is decoded at a time. Uncompressed ones are copied, of a tall strip some rows
 * at a time. Deflated ones are inflated here: libtiff stops when it has as many bytes as it wants,
 * and neither sees that there are more nor checks the sum behind them. libtiff decodes all others.
 */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/jpeg/markers.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>

enum {
    BLOCK_BYTES_MAX = 1 << 30,
    PLAIN_BYTES = 1 << 16, /* of an uncompressed strip that are copied at once */
    IS_BIG_ENDIAN = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
};

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

static toff_t report_size(thandle_t handle)
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
    tiff = TIFFClientOpenExt("image", "rm", file, read_file, write_file, seek_file, close_file,
                             report_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

/* --- pages
 * ---------------------------------------------------------------------------------------- */

static uint64_t value(const struct tiff_file *file, enum tiff_tag tag)
{
    return tiff_value(&file->pages, &file->page, tag);
}

/* Whether libtiff reads the same from the directory as we do. If not, the file is damaged. */
static bool libtiff_agrees(const struct tiff_file *file)
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
           compression == value(file, TAG_COMPRESSION) &&
           (TIFFIsTiled(file->tiff) != 0) == tiff_is_tiled(&file->page) &&
           (compression == IMAGE_TIFF_JPEG || file->header.photometric != IMAGE_TIFF_YCBCR);
}

static uint32_t length(const struct tiff_file *file, enum tiff_tag tag)
{
    const uint64_t length = value(file, tag);

    return length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
}

/* Returns the rows that a strip or tile may have, which are more than are used of the only strip of
 * some files. */
static uint32_t read_blocks(struct tiff_file *file)
{
    uint32_t height = file->header.height, rows;

    file->tiled = tiff_is_tiled(&file->page);
    if (file->tiled) {
        file->block_width = length(file, TAG_TILE_WIDTH);
        file->block_height = length(file, TAG_TILE_HEIGHT);
        return file->block_height;
    }
    rows = length(file, TAG_STRIP_ROWS);
    file->block_width = file->header.width;
    file->block_height = rows < height ? rows : height;
    return rows / 2 < height ? rows : height;
}

static enum tiff_decoder choose_decoder(struct tiff_file *file)
{
    const uint64_t compression = value(file, TAG_COMPRESSION);

    if (compression == IMAGE_TIFF_PLAIN)
        return TIFF_COPY;
    if ((compression != IMAGE_TIFF_DEFLATE && compression != IMAGE_TIFF_OLD_DEFLATE) ||
        value(file, TAG_FILL_ORDER) == FILLORDER_LSB2MSB)
        return TIFF_LIBTIFF;
    file->predictor = length(file, TAG_PREDICTOR);
    return file->predictor == PREDICTOR_NONE ||
                   (file->predictor == PREDICTOR_HORIZONTAL && file->header.bits >= 8)
               ? TIFF_INFLATE
               : TIFF_LIBTIFF;
}

/* Rows that are decoded at once, which is a whole strip or tile unless the strip is only copied. */
static uint32_t count_band_rows(const struct tiff_file *file)
{
    size_t rows = PLAIN_BYTES / file->block_row_bytes + 1;

    if (file->decoder == TIFF_COPY && !file->tiled && rows < file->block_height)
        return (uint32_t)rows;
    return file->block_height;
}

static int measure_page(struct tiff_file *file)
{
    const struct image_header *header = &file->header;
    uint32_t rows = read_blocks(file);
    uint64_t pixel_bits = (uint64_t)header->bits * header->samples;
    tmsize_t expected = file->tiled ? TIFFTileRowSize(file->tiff) : TIFFScanlineSize(file->tiff);

    file->in_planes = value(file, TAG_PLANES) == PLANARCONFIG_SEPARATE && header->samples > 1;
    file->row_bytes = (size_t)((header->width * pixel_bits + 7) / 8);
    if (file->in_planes)
        pixel_bits = header->bits;
    file->block_row_bytes = (size_t)((file->block_width * pixel_bits + 7) / 8);
    if (file->block_height == 0 || file->block_row_bytes == 0 ||
        (uint64_t)expected != file->block_row_bytes ||
        (file->tiled && file->block_width * pixel_bits % 8 != 0))
        return STATUS_IMAGE_CORRUPT;
    file->decoder = choose_decoder(file);
    file->band_rows = count_band_rows(file);
    if (file->band_rows < file->block_height)
        rows = file->band_rows;
    if (rows > BLOCK_BYTES_MAX / file->block_row_bytes)
        return STATUS_IMAGE_CORRUPT;
    file->block_bytes = file->block_row_bytes * rows;
    return 0;
}

static void free_rows(struct tiff_file *file)
{
    free(file->band);
    free(file->block);
    file->band = file->block = NULL;
    file->rows = 0;
}

/* A strip is decoded straight into the band, unless it holds one plane only. Memory begins as
 * zeros: no codec is trusted to fill all of it. */
static int start_page(struct tiff_file *file)
{
    uint32_t rows;
    bool direct;
    int status;

    if (!libtiff_agrees(file))
        return STATUS_IMAGE_CORRUPT;
    if (file->header.photometric == IMAGE_TIFF_YCBCR)
        TIFFSetField(file->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if ((status = measure_page(file)) != 0)
        return status;
    free_rows(file);
    direct = !file->tiled && !file->in_planes;
    rows = file->band_rows < file->header.height ? file->band_rows : file->header.height;
    file->band = direct ? calloc(1, file->block_bytes) : calloc(rows, file->row_bytes);
    file->block = direct ? NULL : calloc(1, file->block_bytes);
    return file->band == NULL || (!direct && file->block == NULL) ? -ENOMEM : 0;
}

/* --- scans
 * ----------------------------------------------------------------------------------------- */

/* The bytes of a strip or tile. Like libtiff, lets uncompressed ones, whose counts are wrong in
 * some files, and the only one if it has no count, reach to the end of the file. False: it is not
 * in the file. */
static bool find_block(const struct tiff_file *file, const struct tiff_page *page, uint64_t number,
                       struct bytes *block)
{
    const bool tiled = tiff_is_tiled(page);
    const enum tiff_tag offsets = tiled ? TAG_TILE_OFFSETS : TAG_STRIP_OFFSETS;
    const enum tiff_tag counts = tiled ? TAG_TILE_BYTES : TAG_STRIP_BYTES;
    uint64_t at, size = 0;

    if (number >= page->tags[offsets].count)
        return false;
    at = tiff_value_at(&file->pages, page, offsets, number);
    if (number < page->tags[counts].count)
        size = tiff_value_at(&file->pages, page, counts, number);
    if (at <= file->input.size &&
        (tiff_value(&file->pages, page, TAG_COMPRESSION) == IMAGE_TIFF_PLAIN ||
         (size == 0 && tiff_count_blocks(&file->pages, page) == 1)))
        size = file->input.size - at;
    if (!bytes_have(file->input, at, size))
        return false;
    *block = (struct bytes){file->input.data + at, (size_t)size};
    return true;
}

/* Each strip or tile is a JPEG of its own, and may have that many. */
static bool page_has_more_scans(const struct tiff_file *file, const struct tiff_page *page,
                                unsigned max_scans)
{
    const uint64_t blocks = tiff_count_blocks(&file->pages, page); /* not all that have offsets */
    struct bytes block;

    if (tiff_value(&file->pages, page, TAG_COMPRESSION) != IMAGE_TIFF_JPEG)
        return false;
    for (uint64_t i = 0; i < blocks && find_block(file, page, i, &block); i++) {
        if (jpeg_count_scans(block.data, block.size) > max_scans)
            return true;
    }
    return false;
}

/* Of all pages that are frames. */
static int check_scans(const struct tiff_file *file, unsigned max_scans)
{
    struct tiff_pages pages = file->pages;
    struct tiff_page page = file->page;

    for (uint32_t i = 0; i < file->header.frames; i++) {
        if (i > 0 && tiff_page_read(&pages, page.next, &page) != 0)
            return STATUS_IMAGE_CORRUPT;
        if (page_has_more_scans(file, &page, max_scans))
            return STATUS_IMAGE_TOO_LARGE;
    }
    return 0;
}

int tiff_file_open(struct tiff_file *file, const struct image_header *header, struct bytes input,
                   unsigned max_scans)
{
    int status;

    *file = (struct tiff_file){.header = *header, .input = input};
    if (!tiff_pages_begin(&file->pages, input) ||
        tiff_page_read(&file->pages, file->pages.first, &file->page) != 0 ||
        (file->tiff = open_file(file)) == NULL)
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

/* To the machine's byte order. */
static void order_bytes(const struct tiff_file *file, uint8_t *samples, size_t bytes)
{
    if (file->header.bits == 16 && file->pages.tiff.big_endian != IS_BIG_ENDIAN)
        TIFFSwabArrayOfShort((uint16_t *)(void *)samples, (tmsize_t)(bytes / 2));
}

/* Copies rows of an uncompressed strip or tile, from `first` on. A tile must be there as a whole.
 */
static int copy_block(struct tiff_file *file, uint32_t number, uint32_t first, uint8_t *to,
                      uint32_t rows)
{
    const size_t bytes = rows * file->block_row_bytes;
    const uint64_t at = (uint64_t)first * file->block_row_bytes;
    struct bytes block;

    if (!find_block(file, &file->page, number, &block) ||
        !bytes_have(block, at, file->tiled ? file->block_bytes : bytes))
        return STATUS_IMAGE_CORRUPT;
    memcpy(to, block.data + at, bytes);
    if (value(file, TAG_FILL_ORDER) == FILLORDER_LSB2MSB)
        TIFFReverseBits(to, (tmsize_t)bytes);
    order_bytes(file, to, bytes);
    return 0;
}

static int inflate_block(struct tiff_file *file, uint32_t number, uint8_t *to, uint32_t rows)
{
    struct libdeflate_decompressor *inflater;
    enum libdeflate_result result;
    struct bytes block;
    size_t made = 0;

    if (!find_block(file, &file->page, number, &block))
        return STATUS_IMAGE_CORRUPT;
    if ((inflater = libdeflate_alloc_decompressor()) == NULL)
        return -ENOMEM;
    result =
        libdeflate_zlib_decompress(inflater, block.data, block.size, to, file->block_bytes, &made);
    libdeflate_free_decompressor(inflater);
    if (result != LIBDEFLATE_SUCCESS || made < rows * file->block_row_bytes)
        return STATUS_IMAGE_CORRUPT;
    order_bytes(file, to, rows * file->block_row_bytes);
    for (uint32_t y = 0; y < rows && file->predictor == PREDICTOR_HORIZONTAL; y++)
        undo_predictor(file, to + y * file->block_row_bytes);
    return 0;
}

/* Planes one after the other, each row by row (TIFF 6.0, sections 3 and 15). */
static uint32_t block_number(const struct tiff_file *file, uint32_t x, uint32_t y, uint16_t plane)
{
    const uint32_t horizontal = (file->header.width - 1) / file->block_width + 1;
    const uint32_t vertical = (file->header.height - 1) / file->block_height + 1;

    return (plane * vertical + y / file->block_height) * horizontal + x / file->block_width;
}

/* The strip or tile of a plane that has pixel (x, y), of which `rows` rows are needed. */
static int decode_strile(struct tiff_file *file, uint32_t x, uint32_t y, uint16_t plane,
                         uint8_t *to, uint32_t rows)
{
    uint32_t number = block_number(file, x, y, plane);
    tmsize_t bytes = (tmsize_t)(file->block_row_bytes * rows), made;

    if (file->decoder == TIFF_COPY)
        return copy_block(file, number, y % file->block_height, to, rows);
    if (file->decoder == TIFF_INFLATE)
        return inflate_block(file, number, to, rows);
    file->complained = false;
    made = file->tiled ? TIFFReadEncodedTile(file->tiff, number, to, (tmsize_t)file->block_bytes)
                       : TIFFReadEncodedStrip(file->tiff, number, to, bytes);
    return made < bytes || file->complained ? STATUS_IMAGE_CORRUPT : 0;
}

/* Samples of one plane to every samples-th place of a row. */
static void scatter_samples(const struct tiff_file *file, const uint8_t *from, uint8_t *to,
                            uint32_t samples)
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
    uint32_t width = file->block_width < left ? file->block_width : left;
    unsigned bits = file->header.bits, pixel_bits = bits * file->header.samples;
    size_t at = (size_t)((uint64_t)x * pixel_bits / 8);

    for (uint32_t y = 0; y < rows; y++) {
        const uint8_t *from = file->block + y * file->block_row_bytes;
        uint8_t *to = file->band + y * file->row_bytes + at;

        if (file->in_planes)
            scatter_samples(file, from, to + plane * (bits / 8), width);
        else
            memcpy(to, from, (size_t)(((uint64_t)width * pixel_bits + 7) / 8));
    }
}

/* The rows of a strip or of a row of tiles that begin at `row`. */
static int decode_band(struct tiff_file *file, uint32_t row)
{
    uint32_t in_block = file->block_height - row % file->block_height;
    uint32_t left = file->header.height - row < in_block ? file->header.height - row : in_block;
    uint32_t rows = file->band_rows < left ? file->band_rows : left;
    uint16_t planes = file->in_planes ? file->header.samples : 1;
    int status = 0;

    file->first_row = row;
    file->rows = rows;
    if (file->block == NULL)
        return decode_strile(file, 0, row, 0, file->band, rows);
    for (uint16_t plane = 0; plane < planes; plane++) {
        for (uint64_t x = 0; x < file->header.width; x += file->block_width) {
            status = decode_strile(file, (uint32_t)x, row, plane, file->block, rows);
            if (status != 0)
                return status;
            place_block(file, (uint32_t)x, plane, rows);
        }
    }
    return 0;
}

static int go_to_page(struct tiff_file *file, uint32_t number)
{
    if (number < file->number) {
        if (!TIFFSetDirectory(file->tiff, 0) || !tiff_pages_begin(&file->pages, file->input) ||
            tiff_page_read(&file->pages, file->pages.first, &file->page) != 0)
            return STATUS_IMAGE_CORRUPT;
        file->number = 0;
    }
    for (; file->number < number; file->number++) {
        if (!TIFFReadDirectory(file->tiff) ||
            tiff_page_read(&file->pages, file->page.next, &file->page) != 0)
            return STATUS_IMAGE_CORRUPT;
    }
    return start_page(file);
}

int tiff_file_read(struct tiff_file *file, uint32_t page, uint32_t row, const uint8_t **samples)
{
    int status = page == file->number ? 0 : go_to_page(file, page);

    if (status == 0 && row - file->first_row >= file->rows)
        status = decode_band(file, row - row % file->block_height % file->band_rows);
    if (status != 0)
        return status;
    *samples = file->band + (row - file->first_row) * file->row_bytes;
    return 0;
}
