/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/core/processor.h"
#include "image/jpeg/entropy.h"
#include "image/jpeg/idct.h"
#include "image/jpeg/markers.h"
#include "image/jpeg/memory.h"
#include "image/jpeg/progressive.h"
#include "image/jpeg/progressive_ac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

/* Coefficients of progressive JPEGs that libjpeg writes here: as libjpeg reads them, with PDEP and
 * without. */

enum { SIDE = 120, BLOCKS = 15 * 15 };

struct file {
    unsigned char *data;
    unsigned long size;
};

static int read_scan(struct jpeg_coefficients *coefficients, const struct jpeg_scan *scan,
                     bool pdep)
{
    if (scan->first == 0)
        return progressive_read_scan(coefficients, scan, NULL);
    return progressive_read_ac(
        coefficients, scan,
        jpeg_memory(MEMORY_SCAN, (size_t)(scan->end - scan->data) + ENTROPY_MARGIN), NULL, pdep);
}

/* Gray noise: the higher the quality, the more of each block is not zero. */
static struct file write_noise(int quality)
{
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    struct file file = {0};

    codec.err = jpeg_std_error(&errors);
    jpeg_create_compress(&codec);
    jpeg_mem_dest(&codec, &file.data, &file.size);
    codec.image_width = codec.image_height = SIDE;
    codec.input_components = 1;
    codec.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&codec);
    jpeg_set_quality(&codec, quality, TRUE);
    jpeg_simple_progression(&codec);
    jpeg_start_compress(&codec, TRUE);
    for (unsigned y = 0; y < SIDE; y++) {
        uint8_t row[SIDE];
        JSAMPROW rows[] = {row};

        for (unsigned x = 0; x < SIDE; x++) /* from smooth to rough */
            row[x] = (uint8_t)(100 + (unsigned)rand() % (1 + x + y / 2));
        jpeg_write_scanlines(&codec, rows, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    return file;
}

static void read_by_libjpeg(const struct file *file, int16_t (*blocks)[64])
{
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    jvirt_barray_ptr *arrays;

    codec.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&codec);
    jpeg_mem_src(&codec, file->data, file->size);
    jpeg_read_header(&codec, TRUE);
    arrays = jpeg_read_coefficients(&codec);
    for (unsigned y = 0; y < 15; y++) {
        JBLOCKARRAY row =
            codec.mem->access_virt_barray((j_common_ptr)&codec, arrays[0], y, 1, FALSE);

        memcpy(blocks + (size_t)y * 15, row[0], 15 * sizeof(*blocks));
    }
    jpeg_finish_decompress(&codec);
    jpeg_destroy_decompress(&codec);
}

/* All coefficients up to number `last`, row by row. */
static void read_by_ours(const struct file *file, unsigned last, bool pdep, int16_t (*blocks)[64])
{
    static struct jpeg_layout layout;
    static uint64_t history[BLOCKS];
    struct jpeg_coefficients coefficients;
    struct component_coefficients *component = &coefficients.component[0];

    assert_int_equal(jpeg_read_markers(&layout, file->data, file->size, 100), 0);
    assert_true(layout.progressive);
    coefficients_begin(&coefficients, &layout);
    assert_int_equal(component->columns * component->rows, BLOCKS);
    memset(history, 0, sizeof(history));
    memset(blocks, 0, BLOCKS * sizeof(*blocks));
    component->wanted = true;
    component->coefficients = blocks[0];
    component->stride = 64;
    component->place = idct_natural_order;
    component->last = last;
    component->history = history;
    for (unsigned i = 0; i < layout.scans; i++)
        assert_int_equal(read_scan(&coefficients, &layout.scan[i], pdep), 0);
}

static void test_coefficients_are_as_libjpeg_reads_them(void **state)
{
    static int16_t theirs[BLOCKS][64], ours[BLOCKS][64], plain[BLOCKS][64];
    static const int qualities[] = {1, 20, 50, 75, 90, 97, 100};

    (void)state;
    for (unsigned i = 0; i < sizeof(qualities) / sizeof(*qualities); i++) {
        struct file file = write_noise(qualities[i]);

        read_by_libjpeg(&file, theirs);
        for (unsigned last = 63; last > 0; last = last * 2 / 3) {
            read_by_ours(&file, last, processor_has_quick_pdep(), ours);
            read_by_ours(&file, last, false, plain);
            assert_memory_equal(ours, plain, sizeof(ours));
            for (unsigned n = 0; n < BLOCKS; n++)
                for (unsigned k = 0; k < 64; k++) {
                    unsigned place = idct_natural_order[k];

                    assert_int_equal(ours[n][place], k <= last ? theirs[n][place] : 0);
                }
        }
        free(file.data);
    }
    jpeg_memory_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coefficients_are_as_libjpeg_reads_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
