/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A picture as libvips decodes it, whole, all frames one below the other: what an answer is held to. */
struct decoded {
    int width, height, bands, frames;
    bool deep;                 /* samples of 16 bits, else of 8 */
    void *samples;             /* height rows of width * bands; g_free() */
    size_t size;
};

/* False: it is damaged, or refused by load_image(). image_start() came before. */
bool decoded_read(struct decoded *decoded, const uint8_t *data, size_t size);
void decoded_clear(struct decoded *decoded);

/* Whether each pixel is gray: of one or two bands, or with red, green and blue at most `tolerance`
 * apart. Of 8 bits. */
bool decoded_is_gray(const struct decoded *decoded, int tolerance);
