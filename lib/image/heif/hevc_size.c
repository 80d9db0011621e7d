/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/heif/hevc_size.h"

enum { NAL_HEADER_BYTES = 2, PROFILE_BITS = 88, LEVEL_BITS = 8, SUB_LAYERS_MAX = 8 };

/* Bits of a NAL unit, without the bytes that keep start codes out of it (7.3.1.1). */
struct unit_bits {
    struct bytes unit;
    size_t at;      /* of the next byte */
    unsigned zeros; /* bytes of 0 before it */
    unsigned byte, left;
    bool ended;
};

static void next_unit_byte(struct unit_bits *bits)
{
    bits->byte = 0;
    bits->left = 8;
    if (bits->zeros >= 2 && bytes_match(bits->unit, bits->at, "\3", 1)) {
        bits->at++;
        bits->zeros = 0;
    }
    if (bits->at >= bits->unit.size) {
        bits->ended = true;
        return;
    }
    bits->byte = bits->unit.data[bits->at++];
    bits->zeros = bits->byte == 0 ? bits->zeros + 1 : 0;
}

static uint64_t read_bits(struct unit_bits *bits, unsigned count)
{
    uint64_t value = 0;

    while (count-- > 0 && !bits->ended) {
        if (bits->left == 0)
            next_unit_byte(bits);
        value = value << 1 | (bits->byte >> --bits->left & 1);
    }
    return value;
}

static void skip_bits(struct unit_bits *bits, unsigned count)
{
    while (count-- > 0 && !bits->ended)
        read_bits(bits, 1);
}

/* Exponential Golomb code (9.2). */
static uint64_t read_golomb(struct unit_bits *bits)
{
    unsigned zeros = 0;

    while (!bits->ended && read_bits(bits, 1) == 0) {
        if (++zeros > 32)
            bits->ended = true;
    }
    return bits->ended ? 0 : (UINT64_C(1) << zeros) - 1 + read_bits(bits, zeros);
}

/* 7.3.3 */
static void skip_profile_tier_level(struct unit_bits *bits, unsigned sub_layers)
{
    unsigned skipped = 0;

    skip_bits(bits, PROFILE_BITS + LEVEL_BITS);
    for (unsigned i = 0; i < sub_layers; i++) {
        skipped += read_bits(bits, 1) != 0 ? PROFILE_BITS : 0;
        skipped += read_bits(bits, 1) != 0 ? LEVEL_BITS : 0;
    }
    if (sub_layers > 0)
        skip_bits(bits, 2 * (SUB_LAYERS_MAX - sub_layers));
    skip_bits(bits, skipped);
}

bool hevc_read_size(struct bytes unit, uint64_t *width, uint64_t *height)
{
    enum { SEPARATE_PLANES = 3 };
    struct unit_bits bits = {.unit = unit, .at = NAL_HEADER_BYTES};
    unsigned sub_layers;

    skip_bits(&bits, 4); /* which video parameter set */
    sub_layers = (unsigned)read_bits(&bits, 3);
    skip_bits(&bits, 1);
    skip_profile_tier_level(&bits, sub_layers);
    read_golomb(&bits); /* its own number */
    if (read_golomb(&bits) == SEPARATE_PLANES)
        skip_bits(&bits, 1);
    *width = read_golomb(&bits);
    *height = read_golomb(&bits);
    return !bits.ended;
}
