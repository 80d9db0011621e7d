/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * The paths through a PNG. Checksums and a deflated stream keep a fuzzer out, so the input is what
 * lies behind them, and the file is made here:
 *
 *     colour type, bits, width - 1, height - 1, colours, alphas, flags; palette; [up to four
 *     chunks: name and place, length (2 bytes), content]; filtered rows
 *
 * (as chosen from the valid values), and INPUT_TAIL_BYTES as in all targets. Where libpng takes
 * the file too, both read the same pixels from it.
 */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/core/bytes.h"
#include "image/png/png.h"
#include "image/png/rows.h"
#include "tests/fuzz/image_input.h"

#include <libdeflate.h>
#include <string.h>
#include <vips/vips.h>

enum {
    SPECIFICATION_BYTES = 7,
    MORE_BYTES = 3,
    FILE_CAPACITY = 1 << 20,
    FLAG_ROWS_AS_LONG_AS_THEY_ARE = 1,
    FLAG_PIECES = 2,
    FLAG_INTERLACED = 4,
    FLAG_NO_END = 8,
    FLAG_MORE_CHUNKS = 16, /* and two bits for how many, less one */
    MORE_MAX = 4,
};

/* Where one of the other chunks goes. */
enum place { BEHIND_HEADER, BEFORE_ROWS, AMONG_ROWS, BEHIND_ROWS, PLACES };

struct file {
    uint8_t *bytes;
    size_t size;
};

struct more {
    const char *name; /* NULL: no more */
    enum place place;
    const uint8_t *data;
    size_t size;
};

static void put_chunk(struct file *file, const char *name, const uint8_t *data, size_t length)
{
    uint8_t *at = file->bytes + file->size;

    fuzz_require(file->size + length + 12 <= FILE_CAPACITY);
    put_be32(at, (uint32_t)length);
    memcpy(at + 4, name, 4);
    if (length > 0)
        memcpy(at + 8, data, length);
    put_be32(at + 8 + length, libdeflate_crc32(0, at + 4, length + 4));
    file->size += length + 12;
}

static void put_header(struct file *file, const uint8_t *specification)
{
    static const uint8_t colour_types[] = {0, 2, 3, 4, 6}, bits[] = {1, 2, 4, 8, 16, 3};
    uint8_t header[13] = {0};

    memcpy(file->bytes, "\x89PNG\r\n\x1a\n", 8);
    file->size = 8;
    put_be32(header, specification[2] + 1U);
    put_be32(header + 4, specification[3] % 64 + 1U);
    header[8] = bits[specification[1] % sizeof(bits)];
    header[9] = colour_types[specification[0] % sizeof(colour_types)];
    header[12] = specification[6] & FLAG_INTERLACED ? 1 : 0;
    put_chunk(file, "IHDR", header, sizeof(header));
}

static size_t pass_bytes(size_t width, size_t height, size_t bits)
{
    return width == 0 ? 0 : ((width * bits + 7) / 8 + 1) * height;
}

/* All rows with their filters' numbers; interlaced those of Adam7's passes. */
static size_t rows_bytes(const uint8_t *header)
{
    static const uint8_t samples[] = {1, 0, 3, 1, 2, 0, 4};
    static const uint8_t passes[7][4] = {/* from x, y; step x, y */
                                         {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                         {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    size_t width = get_be32(header), height = get_be32(header + 4), size = 0;
    size_t bits = (size_t)samples[header[9]] * header[8];

    if (header[12] == 0)
        return pass_bytes(width, height, bits);
    for (unsigned i = 0; i < 7; i++)
        size += pass_bytes((width + passes[i][2] - 1 - passes[i][0]) / passes[i][2],
                           (height + passes[i][3] - 1 - passes[i][1]) / passes[i][3], bits);
    return size;
}

/* Deflated, as a zlib stream; the caller's to free. */
static uint8_t *deflated(const uint8_t *data, size_t length, size_t *size)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(1);
    size_t room = libdeflate_zlib_compress_bound(compressor, length);
    uint8_t *packed = malloc(room);

    fuzz_require(compressor != NULL && packed != NULL);
    *size = libdeflate_zlib_compress(compressor, data, length, packed, room);
    fuzz_require(*size > 0);
    libdeflate_free_compressor(compressor);
    return packed;
}

static void put_profile(struct file *file, const struct more *more)
{
    size_t size;
    uint8_t *packed = deflated(more->data, more->size, &size), *content = calloc(1, 3 + size);

    fuzz_require(content != NULL);
    content[0] = 'a'; /* its name, and deflate as the method */
    memcpy(content + 3, packed, size);
    put_chunk(file, "iCCP", content, 3 + size);
    free(content);
    free(packed);
}

static void put_more(struct file *file, const struct more *more, enum place place)
{
    for (; more->name != NULL; more++) {
        if (more->place != place)
            continue;
        if (strcmp(more->name, "iCCP") == 0)
            put_profile(file, more);
        else
            put_chunk(file, more->name, more->data, more->size);
    }
}

static void put_stream(struct file *file, const uint8_t *rows, size_t length,
                       const struct more *more, bool in_pieces)
{
    size_t size;
    uint8_t *packed = deflated(rows, length, &size);

    if (in_pieces) {
        put_chunk(file, "IDAT", packed, size / 2);
        put_chunk(file, "IDAT", packed, 0);
        put_more(file, more, AMONG_ROWS);
        put_chunk(file, "IDAT", packed + size / 2, size - size / 2);
    } else {
        put_chunk(file, "IDAT", packed, size);
    }
    free(packed);
}

/* The rows, cut or filled up with zeros to the length that they have to have. */
static void put_rows(struct file *file, struct bytes rows, const struct more *more, unsigned flags)
{
    size_t wanted = rows_bytes(file->bytes + 16);
    uint8_t *whole = calloc(1, wanted + rows.size);

    fuzz_require(whole != NULL);
    if (rows.size > 0)
        memcpy(whole, rows.data, rows.size);
    if (flags & FLAG_ROWS_AS_LONG_AS_THEY_ARE)
        wanted = rows.size;
    put_stream(file, whole, wanted, more, flags & FLAG_PIECES);
    free(whole);
}

/* Takes a chunk from the input. False: that is too short. */
static bool read_one(struct more *more, struct bytes *input)
{
    static const char *const names[] = {"iCCP", "eXIf", "cICP", "tRNS", "PLTE", "IHDR",
                                        "sBIT", "gAMA", "bKGD", "hIST", "sRGB", "cHRM",
                                        "tEXt", "zTXt", "ABCD", "abcd"};
    const uint8_t *at = input->data;

    if (input->size < MORE_BYTES || input->size - MORE_BYTES < get_be16(at + 1))
        return false;
    *more = (struct more){.name = names[at[0] % ARRAY_LENGTH(names)],
                          .place = (enum place)(at[0] / ARRAY_LENGTH(names) % PLACES),
                          .data = at + MORE_BYTES,
                          .size = get_be16(at + 1)};
    input->data += MORE_BYTES + more->size;
    input->size -= MORE_BYTES + more->size;
    return true;
}

static bool read_more(struct more *more, struct bytes *input, unsigned flags)
{
    unsigned count = flags & FLAG_MORE_CHUNKS ? 1 + (flags >> 5 & 3) : 0;

    for (unsigned i = 0; i < count; i++) {
        if (!read_one(&more[i], input))
            return false;
    }
    return true;
}

static void put_colours(struct file *file, const uint8_t *at, size_t palette, size_t alphas)
{
    if (palette > 0)
        put_chunk(file, "PLTE", at, palette);
    if (alphas > 0)
        put_chunk(file, "tRNS", at + palette, alphas);
}

/* False: the input is too short. */
static bool make_file(const struct image_input *input, struct file *file)
{
    const uint8_t *specification = input->data, *colours = input->data + SPECIFICATION_BYTES;
    struct more more[MORE_MAX + 1] = {0};
    size_t palette, alphas, head;
    struct bytes rest;

    if (input->size < SPECIFICATION_BYTES)
        return false;
    palette = 3 * (size_t)specification[4];
    alphas = specification[5];
    head = SPECIFICATION_BYTES + palette + alphas;
    if (input->size < head)
        return false;
    rest = (struct bytes){input->data + head, input->size - head};
    if (!read_more(more, &rest, specification[6]))
        return false;
    put_header(file, specification);
    put_more(file, more, BEHIND_HEADER);
    put_colours(file, colours, palette, alphas);
    put_more(file, more, BEFORE_ROWS);
    put_rows(file, rest, more, specification[6]);
    put_more(file, more, BEHIND_ROWS);
    if (!(specification[6] & FLAG_NO_END))
        put_chunk(file, "IEND", NULL, 0);
    return true;
}

/* In the other direction: libpng decodes, as libvips uses it. It fails where we only warn, as of an
 * index beyond the palette; what it accepts we accept, with the same pixels. */
static void compare(const uint8_t *data, size_t size)
{
    void *input = (void *)(uintptr_t)data;
    struct png_image png;
    uint8_t *samples = NULL;
    VipsImage *image = NULL;
    size_t bytes, row_bytes;

    if (vips_pngload_buffer(input, size, &image, "fail_on", VIPS_FAIL_ON_WARNING, NULL) == 0)
        samples = vips_image_write_to_memory(image, &bytes);
    if (samples != NULL) {
        fuzz_require(png_open(&png, data, size) == 0 && png_inflate(&png) == 0);
        fuzz_require((int)png.width == image->Xsize && (int)png.height == image->Ysize &&
                     (int)png.bands == image->Bands);
        row_bytes = VIPS_IMAGE_SIZEOF_LINE(image);
        for (uint32_t y = 0; y < png.height; y++) {
            const void *row = png_next_row(&png);

            fuzz_require(row != NULL && memcmp(row, samples + y * row_bytes, row_bytes) == 0);
        }
        png_clear(&png);
    }
    g_free(samples);
    VIPS_UNREF(image);
    vips_error_clear();
}

/* A kind that PNG does not define is none to libpng either. */
static void refuse(const uint8_t *data, size_t size)
{
    VipsImage *image = NULL;

    fuzz_require(vips_pngload_buffer((void *)(uintptr_t)data, size, &image, NULL) != 0);
    vips_error_clear();
}

static void run(struct image_input *input, const struct file *file)
{
    struct image_header header;

    /* A copy of just its size, which a sanitizer guards. */
    uint8_t *exact = malloc(file->size);

    fuzz_require(exact != NULL);
    memcpy(exact, file->bytes, file->size);
    input->data = exact;
    input->size = file->size;
    if (image_read_header(exact, file->size, &header) == 0) {
        image_input_check(
            input, &header,
            image_process(&input->request, (struct bytes){exact, file->size}, &input->output));
        compare(exact, file->size);
    } else {
        refuse(exact, file->size);
    }
    fuzz_require(*vips_error_buffer() == '\0');
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct file file;
    struct image_input input;

    if (file.bytes == NULL) {
        fuzz_require(image_start() == 0);
        file.bytes = malloc(FILE_CAPACITY);
        fuzz_require(file.bytes != NULL);
    }
    if (!image_input_read(&input, data, size))
        return 0;
    if (make_file(&input, &file))
        run(&input, &file);
    image_input_clear(&input);
    return 0;
}
