/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>

/*
 * The paths through an image, by name. Which of them an image takes is decided in image.c, where
 * each is described; servers know them by number, for logs, Server-Timing and metrics.
 */
enum image_path {
    IMAGE_PATH_NONE,
    IMAGE_PATH_JPEG_LUMA_COPY,
    IMAGE_PATH_JPEG_COPY,
    IMAGE_PATH_JPEG_PLANES,
    IMAGE_PATH_PNG_ROWS,
    IMAGE_PATH_WEBP_PLANES,
    IMAGE_PATH_WEBP_LOSSLESS,
    IMAGE_PATH_GIF_COPY,
    IMAGE_PATH_GIF_FRAMES,
    IMAGE_PATH_GENERAL,
    IMAGE_PATH_COUNT
};

/* "jpeg-planes" ...; "none" for IMAGE_PATH_NONE and numbers that are no path. */
const char *image_path_name(unsigned path);

/* The path of that name, which need not end with a NUL; IMAGE_PATH_NONE where there is no such one.
 */
enum image_path image_path_find(const char *name, size_t length);
