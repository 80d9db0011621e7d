/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The tables of a JPEG that are in force while its segments are read (ITU-T T.81, B.2.4): each
 * segment replaces some, also between scans. They point into the file; every byte of them was
 * checked to lie there.
 */

/* A DHT's 16 counts and then its values. */
struct jpeg_table {
    const uint8_t *counts; /* NULL: not defined */
    unsigned values;       /* how many follow the counts, at most 256 */
};

/* 64 values in zigzag order, one byte each or two (most significant first). */
struct jpeg_quantization {
    const uint8_t *values; /* NULL: not defined */
    bool wide;
};

enum { JPEG_DC, JPEG_AC, JPEG_CLASSES };

struct jpeg_tables {
    struct jpeg_quantization quantization[4];
    struct jpeg_table huffman[JPEG_CLASSES][4];
    uint8_t conditioning[JPEG_CLASSES][16]; /* of arithmetic coding */
};

/* None is defined; conditioning has its defaults. */
void jpeg_tables_begin(struct jpeg_tables *tables);

/* The segments DQT, DHT and DAC. 0 or STATUS_IMAGE_CORRUPT. Whether Huffman codes make sense is
 * seen when they are used. */
int jpeg_tables_read_quantization(struct jpeg_tables *tables, const uint8_t *payload, size_t size);
int jpeg_tables_read_huffman(struct jpeg_tables *tables, const uint8_t *payload, size_t size);
int jpeg_tables_read_conditioning(struct jpeg_tables *tables, const uint8_t *payload, size_t size);

/* The Huffman table of that class and number; not defined for a number that no table can have. With
 * `standard`, tables 0 and 1 are T.81's of annex K.3 (luma's and chroma's) as long as the file
 * defines no others: frames of Motion JPEG leave them out, and every decoder knows that. */
struct jpeg_table jpeg_tables_huffman(const struct jpeg_tables *tables, unsigned class,
                                      unsigned number, bool standard);
