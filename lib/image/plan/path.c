/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/path.h"

#include <string.h>

static const char *const names[IMAGE_PATH_COUNT] = {
    [IMAGE_PATH_NONE] = "none",
    [IMAGE_PATH_JPEG_LUMA_COPY] = "jpeg-luma-copy",
    [IMAGE_PATH_JPEG_COPY] = "jpeg-copy",
    [IMAGE_PATH_JPEG_PLANES] = "jpeg-planes",
    [IMAGE_PATH_PNG_ROWS] = "png-rows",
    [IMAGE_PATH_WEBP_PLANES] = "webp-planes",
    [IMAGE_PATH_WEBP_LOSSLESS] = "webp-lossless",
    [IMAGE_PATH_GIF_COPY] = "gif-copy",
    [IMAGE_PATH_GIF_FRAMES] = "gif-frames",
    [IMAGE_PATH_GENERAL] = "general",
};

const char *image_path_name(unsigned path)
{
    return names[path < IMAGE_PATH_COUNT ? path : IMAGE_PATH_NONE];
}

enum image_path image_path_find(const char *name, size_t length)
{
    for (unsigned path = 0; path < IMAGE_PATH_COUNT; path++) {
        if (strlen(names[path]) == length && memcmp(names[path], name, length) == 0)
            return path;
    }
    return IMAGE_PATH_NONE;
}
