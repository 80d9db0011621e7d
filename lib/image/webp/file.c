/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/webp/file.h"

#include "base/status.h"
#include "image/colour/profile.h"
#include "image/core/exif.h"
#include "image/probe/webp_chunks.h"

#include <errno.h>
#include <stdlib.h>

enum {
    FLAGS_AT = WEBP_RIFF_BYTES + WEBP_CHUNK_BYTES,
    FLAGS_RESERVED = 0xc1,
    ANMF_DURATION_AT = 12,
    EXIF_PREFIX_BYTES = 6,
};

int webp_failure(void)
{
    return errno == ENOMEM ? -ENOMEM : STATUS_IMAGE_CORRUPT;
}

/* --- repairs ------------------------------------------------------------------------------------
 */

/* Whether the last chunk ends where the file does, and should have one more byte; a writer that
 * forgot it may have counted it in the size of the whole. */
static bool lacks_padding(struct bytes file)
{
    const uint64_t all = (uint64_t)get_le32(file.data + 4) + WEBP_CHUNK_BYTES;
    struct webp_chunks chunks;
    struct webp_chunk chunk;

    if ((all != file.size && all != (uint64_t)file.size + 1) || !webp_chunks_begin(&chunks, file))
        return false;
    while (webp_next_chunk(&chunks, &chunk)) {
        if (chunks.at == (uint64_t)file.size + 1)
            return chunk.size % 2 == 1;
    }
    return false;
}

static bool has_reserved_flags(struct bytes file)
{
    return bytes_match(file, WEBP_RIFF_BYTES, "VP8X", 4) && bytes_have(file, FLAGS_AT, 1) &&
           (file.data[FLAGS_AT] & FLAGS_RESERVED) != 0;
}

static int repair(struct webp_file *file)
{
    const struct bytes bytes = file->bytes;
    const bool pad = lacks_padding(bytes), flags = has_reserved_flags(bytes);
    uint32_t all = (uint32_t)bytes.size + 1 - WEBP_CHUNK_BYTES;

    if (!pad && !flags)
        return 0;
    if ((file->repaired = malloc(bytes.size + 1)) == NULL)
        return -ENOMEM;
    memcpy(file->repaired, bytes.data, bytes.size);
    file->repaired[bytes.size] = 0;
    if (flags)
        file->repaired[FLAGS_AT] &= (uint8_t)~FLAGS_RESERVED;
    for (unsigned i = 0; pad && i < 4; i++)
        file->repaired[4 + i] = (uint8_t)(all >> 8 * i);
    file->bytes = (struct bytes){file->repaired, bytes.size + pad};
    return 0;
}

/* ------------------------------------------------------------------------------------------------
 */

/* The first such chunk, which VP8X must have announced by `flag`. */
static struct bytes find_chunk(const struct webp_file *file, const char *name, uint32_t flag)
{
    struct webp_chunks chunks;
    struct webp_chunk chunk;

    if ((WebPDemuxGetI(file->demuxer, WEBP_FF_FORMAT_FLAGS) & flag) == 0 ||
        !webp_chunks_begin(&chunks, file->bytes))
        return (struct bytes){0};
    while (webp_next_chunk(&chunks, &chunk)) {
        if (webp_is(&chunk, name))
            return chunk.data;
    }
    return (struct bytes){0};
}

/* Some writers keep the prefix that a JPEG needs. */
static unsigned chunk_orientation(struct bytes exif)
{
    if (bytes_match(exif, 0, "Exif\0\0", EXIF_PREFIX_BYTES))
        return exif_orientation(exif.data + EXIF_PREFIX_BYTES, exif.size - EXIF_PREFIX_BYTES);
    return exif_orientation(exif.data, exif.size);
}

static bool libwebp_agrees(const struct webp_file *file, const struct image_header *header)
{
    return WebPDemuxGetI(file->demuxer, WEBP_FF_CANVAS_WIDTH) == header->width &&
           WebPDemuxGetI(file->demuxer, WEBP_FF_CANVAS_HEIGHT) == header->height &&
           WebPDemuxGetI(file->demuxer, WEBP_FF_FRAME_COUNT) == header->frames;
}

static int read_frame_chunks(struct webp_file *file)
{
    WebPIterator frame = {0};
    const uint32_t flags = WebPDemuxGetI(file->demuxer, WEBP_FF_FORMAT_FLAGS);

    file->animated = (flags & ANIMATION_FLAG) != 0;
    file->alpha = (flags & ALPHA_FLAG) != 0;
    if (WebPDemuxGetFrame(file->demuxer, 1, &frame))
        file->chunks = (struct bytes){frame.fragment.bytes, frame.fragment.size};
    WebPDemuxReleaseIterator(&frame);
    return file->chunks.data == NULL ? STATUS_IMAGE_CORRUPT : 0;
}

int webp_open(struct webp_file *file, const struct image_header *header, const uint8_t *data,
              size_t size)
{
    WebPData bytes;
    int status;

    *file = (struct webp_file){.bytes = {data, size}, .orientation = 1};
    status = repair(file);
    if (status != 0)
        return status;
    bytes = (WebPData){file->bytes.data, file->bytes.size};
    errno = 0;
    if ((file->demuxer = WebPDemux(&bytes)) == NULL)
        return webp_failure();
    if (!libwebp_agrees(file, header))
        return STATUS_IMAGE_CORRUPT;
    file->profile = find_chunk(file, "ICCP", ICCP_FLAG);
    file->orientation = chunk_orientation(find_chunk(file, "EXIF", EXIF_FLAG));
    return read_frame_chunks(file);
}

void webp_read_delays(const struct webp_file *file, int *delays, uint32_t frames)
{
    struct webp_chunks chunks;
    struct webp_chunk chunk;
    uint32_t frame = 0;

    webp_chunks_begin(&chunks, file->bytes);
    while (frame < frames && webp_next_chunk(&chunks, &chunk)) {
        if (webp_is(&chunk, "ANMF") && bytes_have(chunk.data, 0, WEBP_ANMF_BYTES))
            delays[frame++] = (int)get_le24(chunk.data.data + ANMF_DURATION_AT);
    }
    while (frame < frames)
        delays[frame++] = 0;
}

bool webp_is_plain(const struct webp_file *file, bool gray)
{
    return !file->animated && file->orientation == 1 &&
           !(gray && profile_kind(file->profile.data, file->profile.size) == PROFILE_RGB);
}

void webp_clear(struct webp_file *file)
{
    WebPDemuxDelete(file->demuxer);
    free(file->repaired);
    *file = (struct webp_file){0};
}
