/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/* Format and size of any bytes: what a server decides on before it wakes a worker. */
#include "base/status.h"
#include "base/utf8.h"
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
    fuzz_require(header.orientation >= 1 && header.orientation <= 8);
    fuzz_require(header.has_orientation || header.orientation == 1);
    fuzz_require(header.loop >= IMAGE_LOOP_NONE && header.loop <= UINT16_MAX);
    fuzz_require(memchr(header.profile_name, 0, sizeof(header.profile_name)) != NULL &&
                 utf8_is_valid(header.profile_name, strlen(header.profile_name)));
    fuzz_require(header.has_profile || header.profile_name[0] == '\0');
    fuzz_require(strnlen(header.subsampling, sizeof(header.subsampling)) < 4);
    fuzz_require((header.mcu_width > 0) == (header.format == IMAGE_JPEG));
    fuzz_require((header.mcu_height > 0) == (header.format == IMAGE_JPEG));
    fuzz_require(image_pixels(&header) >= header.width);
    fuzz_require(image_read_header(data, size, &again) == 0);
    fuzz_require(again.width == header.width && again.height == header.height &&
                 again.frames == header.frames);
    return 0;
}
