/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/* Format and size of any bytes: what a server decides on before it wakes a worker. */
#include "base/status.h"
#include "image/probe/format.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image_header header, again;
    int status = image_read_header(data, size, &header);

    fuzz_require(status == 0 || status == STATUS_UNSUPPORTED_FORMAT ||
                 status == STATUS_IMAGE_CORRUPT);
    fuzz_require(image_sniff(data, size) != IMAGE_NONE || status == STATUS_UNSUPPORTED_FORMAT);
    fuzz_require((status == STATUS_UNSUPPORTED_FORMAT && header.format != IMAGE_NONE) ==
                 (header.unsupported[0] != '\0'));
    if (status != 0)
        return 0;
    fuzz_require(header.format == image_sniff(data, size) && header.format < IMAGE_FORMAT_COUNT);
    fuzz_require(header.frames >= 1);
    fuzz_require(image_pixels(&header) >= header.width);
    fuzz_require(image_read_header(data, size, &again) == 0);
    fuzz_require(again.width == header.width && again.height == header.height &&
                 again.frames == header.frames);
    return 0;
}
