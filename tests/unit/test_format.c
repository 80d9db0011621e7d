/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/probe/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Formats, sizes and frames from bytes: one hand-made header of each kind. */
struct sample {
    const char *name;
    const char *bytes;
    size_t size;
    struct image_header expected;
};

#define BYTES(text) text, sizeof(text) - 1

static const struct sample samples[] = {
    {"JPEG with fill bytes and a comment",
     BYTES("\xff\xd8\xff\xff\xff\xfe\x00\x04hi\xff\xc0\x00\x11\x08\x01\x02\x03\x04\x03"),
     {IMAGE_JPEG, 0x0304, 0x0102, 1, .lossless = false}},
    {"progressive JPEG behind a Huffman table",
     BYTES("\xff\xd8\xff\xc4\x00\x02\xff\xc2\x00\x0b\x08\x00\x07\x00\x09\x01"),
     {IMAGE_JPEG, 9, 7, 1, .lossless = false}},
    {"JPEG whose luma's quantizers are 57, the chroma's 99",
     BYTES("\xff\xd8\xff\xdb\x00\x84"
           "\1ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
           "c"
           "\0"
           "999999999999999999999999999999999999999999999999999999999999999"
           "9"
           "\xff\xc0\x00\x11\x08\x01\x02\x03\x04\x03\x01\x11\x00"),
     {IMAGE_JPEG, 0x0304, 0x0102, 1, .quality = 51}},
    {"PNG",
     BYTES("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\0\0\0\0\x02\x10\x06\0\0\0"),
     {IMAGE_PNG, 256, 2, 1, .bits = 16}},
    {"lossy WebP",
     BYTES("RIFF\x16\0\0\0WEBPVP8 \x0a\0\0\0\x10\0\0\x9d\x01\x2a\x20\x40\x10\x80"),
     {IMAGE_WEBP, 0x20, 0x10, 1, .lossless = false}},
    {"lossless WebP",
     BYTES("RIFF\x12\0\0\0WEBPVP8L\x05\0\0\0\x2f\x09\xc0\x04\x00"),
     {IMAGE_WEBP, 10, 20, 1, .lossless = true}},
    {"animated WebP of two frames, the first lossless",
     BYTES("RIFF\x5c\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x09\0\0\x04\0\0"
           "ANIM\x06\0\0\0......"
           "ANMF\x14\0\0\0................VP8L"
           "ANMF\x14\0\0\0................VP8 "),
     {IMAGE_WEBP, 10, 5, 2, .lossless = true}},
    {"GIF of two frames with colour tables and extensions",
     BYTES("GIF89a\x04\0\x03\0\x80\0\0rgbRGB"
           "!\xf9\x04....\0"
           ",\0\0\0\0\x04\0\x03\0\x80rgbRGB\x02\x01x\0"
           "!\xfe\x02hi\0"
           ",\0\0\0\0\x04\0\x03\0\0\x02\x01x\0;"),
     {IMAGE_GIF, 4, 3, 2, .lossless = false}},
    {"GIF whose screen has no size: that of its picture",
     BYTES("GIF87a\0\0\0\0\0\0\0,\0\0\0\0\x05\0\x06\0\0\x02\x01x\0;"),
     {IMAGE_GIF, 5, 6, 1, .lossless = false}},
    {"TIFF, little-endian",
     BYTES("II*\0\x08\0\0\0\x03\0"
           "\0\x01\x03\0\x01\0\0\0\x05\0\0\0"
           "\x01\x01\x04\0\x01\0\0\0\x06\0\0\0"
           "\x03\x01\x03\0\x01\0\0\0\x05\0\0\0"
           "\0\0\0\0"),
     {IMAGE_TIFF, 5, 6, 1, .bits = 1, .compression = 5}},
    {"TIFF, big-endian, bits of three samples elsewhere",
     BYTES("MM\0*\0\0\0\x08\0\x03"
           "\x01\0\0\x03\0\0\0\x01\0\x05\0\0"
           "\x01\x01\0\x03\0\0\0\x01\0\x06\0\0"
           "\x01\x02\0\x03\0\0\0\x03\0\0\0\x32"
           "\0\0\0\0\0\x08\0\x08\0\x08"),
     {IMAGE_TIFF, 5, 6, 1, .bits = 8, .compression = 1}},
    {"BigTIFF",
     BYTES("II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0"
           "\0\x01\x03\0\x01\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0"
           "\x01\x01\x10\0\x01\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0"
           "\0\0\0\0\0\0\0\0"),
     {IMAGE_TIFF, 5, 6, 1, .bits = 1, .compression = 1}},
    {"AVIF of 5 x 6 pixels and 10 bits, cut to a width of 4 and turned",
     BYTES("\0\0\0\x1c\x66typavif\0\0\0\0"
           "avifmif1miaf\0\0\x01\x0d"
           "meta\0\0\0\0\0\0\0!hdlr"
           "\0\0\0\0\0\0\0\0pict\0\0\0\0"
           "\0\0\0\0\0\0\0\0\0\0\0\0\x0epit"
           "m\0\0\0\0\0\x01\0\0\0\x1eiloc\0"
           "\0\0\0\x44\0\0\x01\0\x01\0\0\0\x01\0\0\x01"
           "1\0\0\0\x02\0\0\0#iinf\0\0\0"
           "\0\0\x01\0\0\0\x15infe\x02\0\0\0\0"
           "\x01\0\0\x61v01\0\0\0\0\x91iprp"
           "\0\0\0lipco\0\0\0\x14ispe"
           "\0\0\0\0\0\0\0\x05\0\0\0\x06\0\0\0\x0c"
           "av1C\x81 @\0\0\0\0\x13\x63olr"
           "nclx\0\x01\0\x0d\0\0\x80\0\0\0(c"
           "lap\0\0\0\x04\0\0\0\x01\0\0\0\x06\0"
           "\0\0\x01\0\0\0\x01\0\0\0\x02\0\0\0\0\0"
           "\0\0\x02\0\0\0\x09irot\x01\0\0\0\x1d"
           "ipma\0\0\0\x01\0\0\0\x01\0\x01\x05\0"
           "\x01\0\x02\0\x03\0\x04\0\x05\0\0\0\x0amda"
           "t\x12\0"),
     {IMAGE_AVIF, 6, 4, 1, .bits = 10, .lossless = true}},
};

static void test_each_header_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(samples); i++) {
        const struct sample *sample = &samples[i];
        struct image_header header;

        print_message("%s\n", sample->name);
        assert_int_equal(image_read_header((const uint8_t *)sample->bytes, sample->size, &header),
                         0);
        assert_int_equal(header.format, sample->expected.format);
        assert_int_equal(header.width, sample->expected.width);
        assert_int_equal(header.height, sample->expected.height);
        assert_int_equal(header.frames, sample->expected.frames);
        assert_int_equal(header.quality, sample->expected.quality);
        assert_int_equal(header.lossless, sample->expected.lossless);
        assert_int_equal(header.bits, sample->expected.bits);
        assert_int_equal(header.compression, sample->expected.compression);
    }
}

/* Cut off anywhere, a header is either refused or has the right size; nothing is read past its end
 * (the copy is exactly as long as the cut, for the address sanitizer to watch). */
static void test_cut_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(samples); i++) {
        for (size_t cut = 0; cut < samples[i].size; cut++) {
            _cleanup_free_ uint8_t *copy = malloc(cut == 0 ? 1 : cut);
            struct image_header header;
            int status;

            memcpy(copy, samples[i].bytes, cut);
            status = image_read_header(copy, cut, &header);
            if (cut < 3) {
                assert_int_equal(status, STATUS_UNSUPPORTED_FORMAT);
            } else if (status == 0) {
                assert_int_equal(header.width, samples[i].expected.width);
                assert_int_equal(header.height, samples[i].expected.height);
            } else {
                assert_true(status == STATUS_IMAGE_CORRUPT || status == STATUS_UNSUPPORTED_FORMAT);
            }
        }
    }
}

/* Any byte changed to any of a few values: no crash, no endless loop, a status of ours. */
static void test_changed_headers(void **state)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(samples); i++) {
        _cleanup_free_ uint8_t *copy = malloc(samples[i].size);

        for (size_t at = 0; at < samples[i].size * ARRAY_LENGTH(values); at++) {
            struct image_header header;
            int status;

            memcpy(copy, samples[i].bytes, samples[i].size);
            copy[at / ARRAY_LENGTH(values)] = values[at % ARRAY_LENGTH(values)];
            status = image_read_header(copy, samples[i].size, &header);
            assert_true(status == 0 || status == STATUS_IMAGE_CORRUPT ||
                        status == STATUS_UNSUPPORTED_FORMAT);
            if (status == 0)
                assert_true(header.width > 0 && header.height > 0 && header.frames > 0);
        }
    }
}

static void test_not_an_image(void **state)
{
    static const char *const texts[] = {
        "",         "hello",    "RIFF1234WAVEfmt ",
        "GIF88a",   "%PDF-1.5", "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "BM6\0\0\0"};
    struct image_header header;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        assert_int_equal(image_read_header((const uint8_t *)texts[i], strlen(texts[i]), &header),
                         STATUS_UNSUPPORTED_FORMAT);
}

/* A chain of directories that comes back to itself ends, and is one page. */
static void test_tiff_loop(void **state)
{
    static const char loop[] = "II*\0\x08\0\0\0\x02\0"
                               "\0\x01\x03\0\x01\0\0\0\x05\0\0\0"
                               "\x01\x01\x04\0\x01\0\0\0\x06\0\0\0"
                               "\x08\0\0\0";
    struct image_header header;

    (void)state;
    assert_int_equal(image_read_header((const uint8_t *)loop, sizeof(loop) - 1, &header), 0);
    assert_int_equal(header.frames, 1);
}

/* A kind that is not supported is refused in words. */
static void test_refused_kinds(void **state)
{
    static const struct {
        const char *entry, *words;
    } kinds[] = {
        {"\x02\x01\x03\0\x01\0\0\0\x0c\0\0\0", "a TIFF with samples of 12 bits"},
        {"\x03\x01\x03\0\x01\0\0\0\x06\0\0\0", "a TIFF with old-style JPEG compression"},
        {"\x06\x01\x03\0\x01\0\0\0\x09\0\0\0", "a TIFF with photometric interpretation 9"},
        {"\x53\x01\x03\0\x01\0\0\0\x03\0\0\0", "a TIFF of floating-point samples of 1 bits"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        char file[] = "II*\0\x08\0\0\0\x03\0"
                      "\0\x01\x03\0\x01\0\0\0\x05\0\0\0"
                      "\x01\x01\x04\0\x01\0\0\0\x06\0\0\0"
                      "............\0\0\0\0";
        struct image_header header;

        memcpy(file + 34, kinds[i].entry, 12);
        assert_int_equal(image_read_header((const uint8_t *)file, sizeof(file) - 1, &header),
                         STATUS_UNSUPPORTED_FORMAT);
        assert_int_equal(header.format, IMAGE_TIFF);
        assert_string_equal(header.unsupported, kinds[i].words);
    }
}

/* What strips of pages say to have is added up: here two rows of nine bits, and two strips of LZW.
 */
static void test_stored_bytes(void **state)
{
    static const char plain[] = "II*\0\x08\0\0\0\x02\0"
                                "\0\x01\x03\0\x01\0\0\0\x09\0\0\0"
                                "\x01\x01\x04\0\x01\0\0\0\x02\0\0\0"
                                "\0\0\0\0";
    static const char packed[] = "II*\0\x08\0\0\0\x05\0"
                                 "\0\x01\x03\0\x01\0\0\0\x09\0\0\0"
                                 "\x01\x01\x04\0\x01\0\0\0\x02\0\0\0"
                                 "\x03\x01\x03\0\x01\0\0\0\x05\0\0\0"
                                 "\x16\x01\x03\0\x01\0\0\0\x01\0\0\0"
                                 "\x17\x01\x03\0\x02\0\0\0\x34\0\x10\0"
                                 "\0\0\0\0";
    struct image_header header;

    (void)state;
    assert_int_equal(image_read_header((const uint8_t *)plain, sizeof(plain) - 1, &header), 0);
    assert_int_equal(header.stored_bytes, 4);
    assert_int_equal(image_read_header((const uint8_t *)packed, sizeof(packed) - 1, &header), 0);
    assert_int_equal(header.stored_bytes, 0x34 + 0x10);
    assert_true(image_has_room(&header, 0x44));
    assert_false(image_has_room(&header, 0x43));
}

static void test_pixels_saturate(void **state)
{
    struct image_header header = {IMAGE_TIFF, UINT32_MAX, UINT32_MAX, 3, .lossless = false};

    (void)state;
    assert_true(image_pixels(&header) == UINT64_MAX);
    header = (struct image_header){IMAGE_GIF, 100, 10, 3, .lossless = false};
    assert_true(image_pixels(&header) == 3000);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(image_media_type(IMAGE_JPEG), "image/jpeg");
    assert_string_equal(image_media_type(IMAGE_TIFF), "image/tiff");
    assert_string_equal(image_media_type(IMAGE_NONE), "application/octet-stream");
    assert_string_equal(image_media_type(12345), "application/octet-stream");
    assert_string_equal(image_format_name(IMAGE_WEBP), "WebP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_header_is_read),
        cmocka_unit_test(test_cut_headers),
        cmocka_unit_test(test_changed_headers),
        cmocka_unit_test(test_not_an_image),
        cmocka_unit_test(test_tiff_loop),
        cmocka_unit_test(test_refused_kinds),
        cmocka_unit_test(test_stored_bytes),
        cmocka_unit_test(test_pixels_saturate),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
