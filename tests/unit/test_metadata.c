/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/core/exif.h"
#include "image/metadata/exif.h"
#include "image/metadata/metadata.h"
#include "image/metadata/read.h"
#include "image/metadata/xmp.h"
#include "tests/support/empty_images.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is selected, byte for byte, and what becomes of results that it just fits, or does not. */

#define BYTES(text)                                                                                \
    (struct bytes)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

/* --- EXIF ---------------------------------------------------------------------------------------
 */

struct exif_case {
    const char *name;
    struct bytes source;
    struct exif_choice choice;
    struct bytes expected; /* of no bytes: nothing is left */
};

static void test_exif(void **state)
{
    const enum image_metadata copyright = IMAGE_METADATA_COPYRIGHT, keep = IMAGE_METADATA_KEEP;
    const struct exif_case cases[] = {
        {"nothing, an orientation",
         BYTES(""),
         {IMAGE_METADATA_NONE, 6, 1, 1, 1000},
         BYTES("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0")},
        {"no TIFF", BYTES("Exif, I swear"), {keep, 1, 1, 1, 1000}, BYTES("")},
        {"the orientation goes",
         BYTES("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
         {keep, 1, 1, 1, 1000},
         BYTES("")},
        {"an orientation instead of the source's, in its byte order",
         BYTES("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
         {keep, 3, 1, 1, 1000},
         BYTES("MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\3\0\0\0\0\0\0")},
        {"copyright alone, sorted; the thumbnail's directory goes",
         BYTES("II*\0\x08\0\0\0\3\0\x98\x82\2\0\3\0\0\0me\0\0\x0f\1\2\0\2\0\0\0A\0\0\0"
               "\x3b\1\2\0\4\0\0\0you\0\x08\0\0\0"),
         {copyright, 1, 1, 1, 1000},
         BYTES("II*\0\x08\0\0\0\2\0\x3b\1\2\0\4\0\0\0you\0\x98\x82\2\0\3\0\0\0me\0\0\0\0\0\0")},
        {"a value elsewhere is moved behind its directory",
         BYTES("II*\0\x0e\0\0\0a map\0\1\0\x3b\1\2\0\6\0\0\0\x08\0\0\0\0\0\0\0"),
         {keep, 1, 1, 1, 1000},
         BYTES("II*\0\x08\0\0\0\1\0\x3b\1\2\0\6\0\0\0\x1a\0\0\0\0\0\0\0a map\0")},
        {"a value outside of the block is left out",
         BYTES("II*\0\x08\0\0\0\1\0\x3b\1\2\0\6\0\0\0\x18\0\0\0\0\0\0\0"),
         {keep, 1, 1, 1, 1000},
         BYTES("")},
        {"the largest value goes where not all fit",
         BYTES("II*\0\x0e\0\0\0a map\0\2\0\x3b\1\2\0\6\0\0\0\x08\0\0\0\x98\x82\2\0\3\0\0\0me\0\0"
               "\0\0\0\0"),
         {keep, 1, 1, 1, 120},
         BYTES("II*\0\x08\0\0\0\1\0\x98\x82\2\0\3\0\0\0me\0\0\0\0\0\0")},
        {"the size becomes the result's, notes stay where they are",
         BYTES("II*\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x1a\0\0\0\0\0\0\0"
               "\2\0\x02\xa0\3\0\1\0\0\0\4\0\0\0\x7c\x92\7\0\5\0\0\0\x40\0\0\0....12345678notes"),
         {keep, 1, 0x1234, 1, 1000},
         BYTES("II*\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x1a\0\0\0\0\0\0\0"
               "\2\0\x7c\x92\7\0\5\0\0\0\x40\0\0\0\x02\xa0\4\0\1\0\0\0\x34\x12\0\0\0\0\0\0"
               "\0\0\0\0\0\0\0\0notes")},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        uint8_t *kept;
        size_t size;

        print_message("%s\n", cases[i].name);
        assert_int_equal(exif_select(cases[i].source, &cases[i].choice, &kept, &size), 0);
        assert_int_equal(size, cases[i].expected.size);
        if (size > 0)
            assert_memory_equal(kept, cases[i].expected.data, size);
        free(kept);
    }
}

/* --- XMP ----------------------------------------------------------------------------------------
 */

#define TIFF_SPACE "xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\""
#define XMP_SPACE  "xmlns:a='http://ns.adobe.com/xap/1.0/'"

/* What stands between two others, and is overwritten, or is not. */
static void test_xmp(void **state)
{
    static const struct {
        const char *front, *stale, *rest;
    } cases[] = {
        {"<d " TIFF_SPACE " ", "tiff:Orientation=\"6\"", " tiff:Make='A'/>"},
        {"<d " TIFF_SPACE ">\n", "<tiff:Orientation>6</tiff:Orientation>", "</d>"},
        {"<d " TIFF_SPACE "\t", "tiff:Orientation = '6'", "></d>"},
        {"<d " TIFF_SPACE ">", "<tiff:ImageWidth/>", "</d>"},
        {"<d " XMP_SPACE ">", "<a:Thumbnails x='1'><b>2</b></a:Thumbnails>", "</d>"},
        /* Without their namespace, with another name, without an end. */
        {"<d tiff:Orientation='6'/>", "", ""},
        {"<d " TIFF_SPACE " tiff:OrientationX='6' xtiff:Orientation='6'/>", "", ""},
        {"<d " TIFF_SPACE "><tiff:Orientation>6", "", ""},
        {"<d " TIFF_SPACE " tiff:Orientation='6", "", ""},
        {"http://ns.adobe.com/tiff/1.0/", "", ""},
        {"=\"http://ns.adobe.com/tiff/1.0/", "", ""},
        {"", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        _cleanup_free_ char *packet = NULL, *expected = NULL;

        assert_true(asprintf(&packet, "%s%s%s", cases[i].front, cases[i].stale, cases[i].rest) >=
                    0);
        assert_true(asprintf(&expected, "%s%*s%s", cases[i].front, (int)strlen(cases[i].stale), "",
                             cases[i].rest) >= 0);
        xmp_remove_stale((uint8_t *)packet, strlen(packet));
        assert_string_equal(packet, expected);
    }
}

/* --- results ------------------------------------------------------------------------------------
 */

static const enum image_format formats[] = {IMAGE_JPEG, IMAGE_PNG,  IMAGE_WEBP,
                                            IMAGE_GIF,  IMAGE_TIFF, IMAGE_AVIF};

/* A GIF and a JPEG have between them a place for everything. */
static const char source_jpeg[] = "\xff\xd8\xff\xe1\0\x22"
                                  "Exif\0\0MM\0*\0\0\0\x08\0\1\1\x3b\0\2\0\0\0\3me\0\0\0\0\0\0"
                                  "\xff\xe1\0\x29http://ns.adobe.com/xap/1.0/\0<rdf:RDF/>"
                                  "\xff\xed\0\x22Photoshop 3.0\0"
                                  "8BIM\4\4\0\0\0\0\0\5\x1c\2\x69\0\0\0"
                                  "\xff\xfe\0\4hi\xff\xda\0\2";

/* Writes into memory of just that size. */
static int insert(const struct image_output_plan *planned, size_t capacity,
                  struct image_output *output)
{
    struct image_plan *plan = calloc(1, sizeof(*plan));
    uint8_t *memory = malloc(EMPTY_IMAGE_MAX);
    int status;

    output->data = memory;
    assert_true(empty_image(planned->format, output));
    output->data = malloc(capacity);
    assert_true(output->size <= capacity);
    memcpy(output->data, memory, output->size);
    free(memory);
    output->capacity = capacity;
    plan->source.format = IMAGE_JPEG;
    status = metadata_insert(plan, planned, BYTES(source_jpeg), output);
    free(plan);
    return status;
}

static size_t empty_size(enum image_format format)
{
    uint8_t memory[EMPTY_IMAGE_MAX];
    struct image_output output = {.data = memory};

    assert_true(empty_image(format, &output));
    return output.size;
}

/* In any room from none to enough: all or nothing, and never a byte more. */
static void test_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        struct image_output_plan planned = {.format = formats[i],
                                            .metadata = IMAGE_METADATA_KEEP,
                                            .orientation = 1,
                                            .size = {1, 1}};
        struct image_output output;
        size_t needed;

        assert_int_equal(insert(&planned, 1 << 16, &output), 0);
        needed = output.size;
        free(output.data);
        for (size_t room = empty_size(formats[i]); room <= needed; room++) {
            assert_int_equal(insert(&planned, room, &output),
                             room < needed ? STATUS_IMAGE_TOO_LARGE : 0);
            free(output.data);
        }
    }
}

static void check_item(struct metadata *found, enum metadata_kind kind, bool expected)
{
    assert_int_equal(metadata_find(found, kind) != NULL, expected);
}

/* What each format has a place for can be read from it again. */
static void test_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
        const enum image_format format = formats[i];
        struct image_output_plan planned = {
            .format = format, .metadata = IMAGE_METADATA_KEEP, .orientation = 8, .size = {1, 1}};
        struct metadata found = {0};
        struct image_output output;
        struct bytes file;

        assert_int_equal(insert(&planned, 1 << 16, &output), 0);
        file = (struct bytes){output.data, output.size};
        assert_int_equal(metadata_read(format, file, &found), 0);
        check_item(&found, METADATA_EXIF, format != IMAGE_GIF);
        check_item(&found, METADATA_XMP, true);
        check_item(&found, METADATA_IPTC, format == IMAGE_JPEG || format == IMAGE_TIFF);
        check_item(&found, METADATA_COMMENT, format == IMAGE_JPEG || format == IMAGE_GIF);
        check_item(&found, METADATA_TEXT, format == IMAGE_PNG); /* the comment, and IPTC */
        if (format != IMAGE_GIF) {
            const struct bytes block = metadata_find(&found, METADATA_EXIF)->bytes;

            assert_int_equal(exif_find_orientation(block.data, block.size), 8);
        }
        metadata_clear(&found);
        free(output.data);
    }
}

/* Files have a bounded number of items of a bounded size. */
static void test_limits(void **state)
{
    static uint8_t large[METADATA_ITEM_MAX + 1];
    struct metadata metadata = {0};

    (void)state;
    metadata_add(&metadata, METADATA_COMMENT, (struct bytes){large, sizeof(large)});
    assert_int_equal(metadata.count, 0);
    metadata_add(&metadata, METADATA_EXIF, (struct bytes){large, sizeof(large)});
    metadata_add(&metadata, METADATA_EXIF, (struct bytes){large, 1});
    assert_int_equal(metadata.count, 1);
    for (unsigned i = 0; i < 8; i++)
        metadata_add(&metadata, METADATA_COMMENT, (struct bytes){large, METADATA_ITEM_MAX});
    assert_int_equal(metadata.count, 5);
    assert_int_equal(metadata.bytes, METADATA_BYTES_MAX);
    metadata_clear(&metadata);
    for (unsigned i = 0; i < 2 * METADATA_ITEMS_MAX; i++)
        metadata_add(&metadata, METADATA_TEXT, (struct bytes){large, 1});
    assert_int_equal(metadata.count, METADATA_ITEMS_MAX);
    metadata_clear(&metadata);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exif),   cmocka_unit_test(test_xmp),    cmocka_unit_test(test_room),
        cmocka_unit_test(test_places), cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
