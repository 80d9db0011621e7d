/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/webp/file.h"

#include "base/status.h"
#include "image/core/exif.h"

#include <errno.h>
#include <stdlib.h>

enum {
    RIFF_BYTES = 12,
    CHUNK_BYTES = 8,
    FLAGS_AT = RIFF_BYTES + CHUNK_BYTES,
    FLAGS_RESERVED = 0xc1,
    EXIF_PREFIX_BYTES = 6,
};

int webp_failure(void)
{
    return errno == ENOMEM ? -ENOMEM : STATUS_IMAGE_CORRUPT;
}

/* --- mending ------------------------------------------------------------------------------------
 */

/* Whether the last chunk ends where the file does, and should have one more byte; whoever forgot
 * that may have counted it in the size of it all. */
static bool lacks_padding(struct bytes file)
{
    uint64_t at = RIFF_BYTES, all = (uint64_t)get_le32(file.data + 4) + CHUNK_BYTES, bytes;

    if (all != file.size && all != (uint64_t)file.size + 1)
        return false;
    while (bytes_have(file, at, CHUNK_BYTES)) {
        bytes = get_le32(file.data + at + 4);
        at += CHUNK_BYTES + bytes;
        if (at == file.size)
            return bytes % 2 == 1;
        at += bytes % 2;
    }
    return false;
}

static bool has_reserved_flags(struct bytes file)
{
    return bytes_match(file, RIFF_BYTES, "VP8X", 4) && bytes_have(file, FLAGS_AT, 1) &&
           (file.data[FLAGS_AT] & FLAGS_RESERVED) != 0;
}

static int mend(struct webp_file *file)
{
    const struct bytes bytes = file->bytes;
    const bool pad = lacks_padding(bytes), flags = has_reserved_flags(bytes);
    uint32_t all = (uint32_t)bytes.size + 1 - CHUNK_BYTES;

    if (!pad && !flags)
        return 0;
    if ((file->mended = malloc(bytes.size + 1)) == NULL)
        return -ENOMEM;
    memcpy(file->mended, bytes.data, bytes.size);
    file->mended[bytes.size] = 0;
    if (flags)
        file->mended[FLAGS_AT] &= (uint8_t)~FLAGS_RESERVED;
    for (unsigned i = 0; pad && i < 4; i++)
        file->mended[4 + i] = (uint8_t)(all >> 8 * i);
    file->bytes = (struct bytes){file->mended, bytes.size + pad};
    return 0;
}

/* ------------------------------------------------------------------------------------------------
 */

/* The first such chunk, which VP8X must have announced. */
static struct bytes find_chunk(const struct webp_file *file, const char *name)
{
    WebPChunkIterator chunk = {0};
    struct bytes found = {0};

    if (WebPDemuxGetChunk(file->demuxer, name, 1, &chunk))
        found = (struct bytes){chunk.chunk.bytes, chunk.chunk.size};
    WebPDemuxReleaseChunkIterator(&chunk);
    return found;
}

/* Some writers keep the prefix that a JPEG needs. */
static unsigned read_orientation(struct bytes exif)
{
    if (bytes_match(exif, 0, "Exif\0\0", EXIF_PREFIX_BYTES))
        return exif_orientation(exif.data + EXIF_PREFIX_BYTES, exif.size - EXIF_PREFIX_BYTES);
    return exif_orientation(exif.data, exif.size);
}

static bool is_as_told(const struct webp_file *file, const struct image_header *header)
{
    return WebPDemuxGetI(file->demuxer, WEBP_FF_CANVAS_WIDTH) == header->width &&
           WebPDemuxGetI(file->demuxer, WEBP_FF_CANVAS_HEIGHT) == header->height &&
           WebPDemuxGetI(file->demuxer, WEBP_FF_FRAME_COUNT) == header->frames;
}

static int read_picture(struct webp_file *file)
{
    WebPIterator frame = {0};
    const uint32_t flags = WebPDemuxGetI(file->demuxer, WEBP_FF_FORMAT_FLAGS);

    file->animated = (flags & ANIMATION_FLAG) != 0;
    file->alpha = (flags & ALPHA_FLAG) != 0;
    if (WebPDemuxGetFrame(file->demuxer, 1, &frame))
        file->picture = (struct bytes){frame.fragment.bytes, frame.fragment.size};
    WebPDemuxReleaseIterator(&frame);
    return file->picture.data == NULL ? STATUS_IMAGE_CORRUPT : 0;
}

int webp_open(struct webp_file *file, const struct image_header *header, const uint8_t *data,
              size_t size)
{
    WebPData bytes;
    int status;

    *file = (struct webp_file){.bytes = {data, size}, .orientation = 1};
    status = mend(file);
    if (status != 0)
        return status;
    bytes = (WebPData){file->bytes.data, file->bytes.size};
    errno = 0;
    if ((file->demuxer = WebPDemux(&bytes)) == NULL)
        return webp_failure();
    if (!is_as_told(file, header))
        return STATUS_IMAGE_CORRUPT;
    file->profile = find_chunk(file, "ICCP");
    file->orientation = read_orientation(find_chunk(file, "EXIF"));
    return read_picture(file);
}

void webp_read_delays(const struct webp_file *file, int *delays, uint32_t frames)
{
    WebPIterator frame = {0};

    for (uint32_t i = 0; i < frames; i++)
        delays[i] = WebPDemuxGetFrame(file->demuxer, (int)i + 1, &frame) ? frame.duration : 0;
    WebPDemuxReleaseIterator(&frame);
}

void webp_clear(struct webp_file *file)
{
    WebPDemuxDelete(file->demuxer);
    free(file->mended);
    *file = (struct webp_file){0};
}
