/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/png/end.h"

#include "base/status.h"

#include <errno.h>
#include <limits.h>
#include <zlib.h>

/* zlib counts in unsigned ints; both sizes are below their maximum here, as png_open sees to. */
static int inflate_all(z_stream *zlib, struct bytes stream, uint8_t *out, size_t size)
{
    uint8_t beyond[64];
    int status;

    if (stream.size > UINT_MAX || size > UINT_MAX)
        return STATUS_IMAGE_CORRUPT;
    zlib->next_in = (z_const Bytef *)(uintptr_t)stream.data;
    zlib->avail_in = (unsigned)stream.size;
    zlib->next_out = out;
    zlib->avail_out = (unsigned)size;
    status = inflate(zlib, Z_NO_FLUSH);
    if (zlib->avail_out > 0)
        return status == Z_MEM_ERROR ? -ENOMEM : STATUS_IMAGE_CORRUPT;
    while (status == Z_OK) { /* on to the checksum, if it is there */
        zlib->next_out = beyond;
        zlib->avail_out = sizeof(beyond);
        status = inflate(zlib, Z_NO_FLUSH);
    }
    return status == Z_DATA_ERROR ? STATUS_IMAGE_CORRUPT : 0;
}

int png_inflate_without_end(struct bytes stream, uint8_t *out, size_t size)
{
    z_stream zlib = {0};
    int status;

    if (inflateInit(&zlib) != Z_OK)
        return -ENOMEM;
    status = inflate_all(&zlib, stream, out, size);
    inflateEnd(&zlib);
    return status;
}
