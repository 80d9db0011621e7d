/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/jpeg_segments.h"

/* The next 0xff that neither stuffing nor filling follows; NULL: there is none. */
static const uint8_t *find_marker(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 2 && (at = memchr(at, 0xff, (size_t)(end - at) - 1)) != NULL) {
        if (at[1] != 0 && at[1] != 0xff)
            return at;
        at++;
    }
    return NULL;
}

static bool is_restart(uint8_t marker)
{
    return marker >= JPEG_RST0 && marker <= JPEG_RST7;
}

/* Fills in a segment whose length comes next, if the file has room for one. */
static void measure(struct jpeg_segments *segments, struct jpeg_segment *segment)
{
    const size_t left = segment->rest.size;
    size_t length;

    segments->at = segments->end;
    if (left < 2)
        return;
    segment->length = get_be16(segment->rest.data);
    length = segment->length < 2 ? 2 : segment->length;
    segment->whole = length <= left;
    length = segment->whole ? length : left;
    segment->payload = (struct bytes){segment->rest.data + 2, length - 2};
    segments->at = segment->rest.data + length;
}

bool jpeg_segments_next(struct jpeg_segments *segments, struct jpeg_segment *segment)
{
    const uint8_t *marker;

    do {
        if ((marker = find_marker(segments->at, segments->end)) == NULL) {
            segments->at = segments->end;
            return false;
        }
        segments->at = marker + 2;
    } while (marker[1] == JPEG_TEM || is_restart(marker[1]));
    *segment = (struct jpeg_segment){
        .marker = marker[1],
        .rest = {segments->at, (size_t)(segments->end - segments->at)},
    };
    if (segment->marker == JPEG_SOI || segment->marker == JPEG_EOI)
        segment->whole = true;
    else
        measure(segments, segment);
    return true;
}

struct bytes jpeg_segments_pass_scan(struct jpeg_segments *segments)
{
    const uint8_t *begin = segments->at, *marker = begin;

    while ((marker = find_marker(marker, segments->end)) != NULL && is_restart(marker[1]))
        marker += 2;
    segments->at = marker == NULL ? segments->end : marker;
    return (struct bytes){begin, (size_t)(segments->at - begin)};
}
