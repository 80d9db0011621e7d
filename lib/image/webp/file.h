/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/probe/format.h"

#include <webp/demux.h>

/*
 * What is in a WebP file (RFC 9649). Its chunks are read by probe/webp_chunks.h; libwebp's demuxer,
 * which browsers use too, alone decides whether they are in order, and where the first frame's
 * pixels are. Two faults that change no pixel are repaired first: a missing byte of padding at the
 * end, and reserved bits that are set.
 *
 * What VP8X does not announce (alpha, profile, EXIF) does not count.
 */
struct webp_file {
    struct bytes bytes;   /* what was given to webp_open, or the copy */
    uint8_t *repaired;    /* the copy; owned; NULL: none was needed */
    WebPDemuxer *demuxer; /* owned */
    bool animated;        /* otherwise the next three belong to the only frame */
    bool alpha;
    struct bytes chunks;  /* of the first frame, as WebPDecode takes them */
    struct bytes profile; /* ICC; data is NULL if the file has none */
    unsigned orientation; /* EXIF, 1..8 */
};

/* `data` is borrowed until the file is cleared, which it must be whatever this returns. 0;
 * STATUS_IMAGE_CORRUPT: also if the file is not what `header` says; or -ENOMEM. Any thread. */
int webp_open(struct webp_file *file, const struct image_header *header, const uint8_t *data,
              size_t size);

/* How long each of an animation's frames is shown, in milliseconds. */
void webp_read_delays(const struct webp_file *file, int *delays, uint32_t frames);

/* Whether its planes can be taken as they are: still and upright, and for gray of sRGB, as luma is.
 */
bool webp_is_plain(const struct webp_file *file, bool gray);

void webp_clear(struct webp_file *file);

/* Why libwebp failed, by `errno`, which was set to 0 before: not every function of libwebp reports
 * that memory was short. STATUS_IMAGE_CORRUPT or -ENOMEM. */
int webp_failure(void);
