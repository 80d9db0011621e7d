/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The walk over a JPEG's markers (ITU-T T.81, annex B): the one for servers, which only want the
 * frame header, and for workers, which want everything. It finds segments and says how they lie in
 * the file; what is in them, and what of that is an error, is its caller's.
 */
enum jpeg_marker {
    JPEG_TEM = 0x01,
    JPEG_SOF0 = 0xc0,
    JPEG_SOF2 = 0xc2,
    JPEG_SOF3 = 0xc3,
    JPEG_DHT = 0xc4,
    JPEG_JPG = 0xc8,
    JPEG_SOF9 = 0xc9, /* as SOF0 and SOF2, but with arithmetic coding */
    JPEG_SOF10 = 0xca,
    JPEG_SOF11 = 0xcb,
    JPEG_DAC = 0xcc,
    JPEG_SOF15 = 0xcf,
    JPEG_RST0 = 0xd0,
    JPEG_RST7 = 0xd7,
    JPEG_SOI = 0xd8,
    JPEG_EOI = 0xd9,
    JPEG_SOS = 0xda,
    JPEG_DQT = 0xdb,
    JPEG_DNL = 0xdc,
    JPEG_DRI = 0xdd,
    JPEG_DHP = 0xde,
    JPEG_EXP = 0xdf,
    JPEG_APP0 = 0xe0,
    JPEG_APP1 = 0xe1,
    JPEG_APP2 = 0xe2,
    JPEG_APP13 = 0xed,
    JPEG_APP14 = 0xee,
    JPEG_APP15 = 0xef,
    JPEG_SOF55 = 0xf7, /* ITU-T T.87, JPEG-LS */
    JPEG_COM = 0xfe,
};

struct jpeg_segments {
    const uint8_t *at, *end;
};

struct jpeg_segment {
    uint8_t marker;       /* never TEM or RSTn, which stand alone and mean nothing here */
    bool whole;           /* it ends inside the file; SOI and EOI always do */
    uint16_t length;      /* as the file has it: its own two bytes and the payload */
    struct bytes payload; /* as much of it as there is; none where the length is less than 2 */
    struct bytes rest;    /* of the file, from the length on */
};

/* Begins anywhere in a file, such as behind its SOI. */
static inline struct jpeg_segments jpeg_segments_begin(const uint8_t *data, size_t size)
{
    return (struct jpeg_segments){data, data + size};
}

/*
 * The next segment; the walk is behind it then. Bytes that belong to none, and 0xff as filling, are
 * skipped, as every decoder does. False: the file ends. Any thread.
 */
bool jpeg_segments_next(struct jpeg_segments *segments, struct jpeg_segment *segment);

/* Behind an SOS: passes the scan's entropy-coded bytes with their restart markers, to the next
 * other marker or the end of the file. Any thread. */
struct bytes jpeg_segments_pass_scan(struct jpeg_segments *segments);
