/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * The short way through a PNG. Checksums and a deflated stream keep a fuzzer out, so the input is what
 * lies behind them, and the file is made here:
 *
 *     colour type, bits, width - 1, height - 1, colours, alphas, flags; palette; filtered rows
 *
 * (as chosen from the values that there are), and PICTURE_TAIL_BYTES as ever. Where libvips takes the
 * file too, both give the same picture to the byte.
 */
#include "base/status.h"
#include "image/picture.h"
#include "image/png.h"
#include "tests/fuzz/picture_input.h"

#include <errno.h>
#include <libdeflate.h>
#include <string.h>
#include <vips/vips.h>

enum {
    SPECIFICATION_BYTES = 7,
    FILE_CAPACITY = 1 << 20,
    FLAG_ROWS_AS_LONG_AS_THEY_ARE = 1,
    FLAG_PIECES = 2,
    FLAG_INTERLACED = 4,
    FLAG_NO_END = 8,
    FLAG_UNKNOWN_CHUNK = 16,
};

struct file {
    uint8_t *bytes;
    size_t size;
};

static void put_be32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

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

static size_t rows_bytes(const uint8_t *header)
{
    static const uint8_t samples[] = {1, 0, 3, 1, 2, 0, 4};
    size_t width = header[2] * 256U + header[3], height = header[6] * 256U + header[7];

    return ((width * samples[header[9]] * header[8] + 7) / 8 + 1) * height;
}

static void put_stream(struct file *file, const uint8_t *rows, size_t length, bool in_pieces)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(1);
    size_t room = libdeflate_zlib_compress_bound(compressor, length), size;
    uint8_t *packed = malloc(room);

    fuzz_require(compressor != NULL && packed != NULL);
    size = libdeflate_zlib_compress(compressor, rows, length, packed, room);
    fuzz_require(size > 0);
    if (in_pieces) {
        put_chunk(file, "IDAT", packed, size / 2);
        put_chunk(file, "IDAT", packed, 0);
        put_chunk(file, "IDAT", packed + size / 2, size - size / 2);
    } else {
        put_chunk(file, "IDAT", packed, size);
    }
    libdeflate_free_compressor(compressor);
    free(packed);
}

/* The rows, cut or filled up with zeros to the length that they have to have. */
static void put_rows(struct file *file, const uint8_t *rows, size_t length, unsigned flags)
{
    size_t wanted = rows_bytes(file->bytes + 16);
    uint8_t *whole = calloc(1, wanted + length);

    fuzz_require(whole != NULL);
    if (length > 0)
        memcpy(whole, rows, length);
    if (flags & FLAG_ROWS_AS_LONG_AS_THEY_ARE)
        wanted = length;
    put_stream(file, whole, wanted, flags & FLAG_PIECES);
    free(whole);
}

/* False: the input is too short. */
static bool make_file(const struct picture_input *input, struct file *file)
{
    const uint8_t *specification = input->data, *at = input->data + SPECIFICATION_BYTES;
    size_t palette, alphas;

    if (input->size < SPECIFICATION_BYTES)
        return false;
    palette = 3 * (size_t)specification[4];
    alphas = specification[5];
    if (input->size < SPECIFICATION_BYTES + palette + alphas)
        return false;
    put_header(file, specification);
    if (palette > 0)
        put_chunk(file, "PLTE", at, palette);
    if (alphas > 0)
        put_chunk(file, "tRNS", at + palette, alphas);
    if (specification[6] & FLAG_UNKNOWN_CHUNK)
        put_chunk(file, "tEXt", (const uint8_t *)"a\0b", 3);
    at += palette + alphas;
    put_rows(file, at, input->size - (size_t)(at - input->data), specification[6]);
    if (!(specification[6] & FLAG_NO_END))
        put_chunk(file, "IEND", NULL, 0);
    return true;
}

/* The other way round: libvips decodes. It fails where a warning will do for us, such as an index
 * beyond the palette. */
static void compare(const struct picture_input *input, const struct image_header *header)
{
    struct image_output other = {.data = malloc(PICTURE_CAPACITY), .capacity = PICTURE_CAPACITY};

    fuzz_require(other.data != NULL);
    if (picture_process(&input->request, header, input->data, input->size, &other) == 0) {
        fuzz_require(other.size == input->output.size);
        fuzz_require(memcmp(other.data, input->output.data, other.size) == 0);
    }
    free(other.data);
}

static void run(struct picture_input *input, const struct file *file)
{
    struct image_header header;
    int status;

    /* A copy of just its size, which a sanitizer guards. */
    uint8_t *exact = malloc(file->size);

    fuzz_require(exact != NULL);
    memcpy(exact, file->bytes, file->size);
    input->data = exact;
    input->size = file->size;
    fuzz_require(image_read_header(exact, file->size, &header) == 0);
    status = png_process(&input->request, exact, file->size, &input->output);
    if (status != -ENOTSUP)
        picture_check(input, &header, status);
    if (status == 0)
        compare(input, &header);
    fuzz_require(*vips_error_buffer() == '\0');
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct file file;
    struct picture_input input;

    if (file.bytes == NULL) {
        fuzz_require(image_start() == 0);
        file.bytes = malloc(FILE_CAPACITY);
        fuzz_require(file.bytes != NULL);
    }
    if (!picture_input_read(&input, data, size))
        return 0;
    if (make_file(&input, &file))
        run(&input, &file);
    picture_input_clear(&input);
    return 0;
}
