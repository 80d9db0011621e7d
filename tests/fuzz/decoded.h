/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole image as libvips decodes it, all frames one below the other. Answers are compared with
 * it. */
struct decoded {
    int width, height, frames;
    int bands, colours; /* of the bands, 1 or 3; what is behind them is alpha or unknown */
    bool deep;          /* samples of 16 bits, else of 8 */
    bool plain;         /* gray or sRGB as they are: no profile, no orientation, no other space */
    void *samples;      /* height rows of width * bands; g_free() */
    size_t size;
};

/* False: it is damaged, or refused by load_image(). image_start() came before. */
bool decoded_read(struct decoded *decoded, const uint8_t *data, size_t size);
void decoded_clear(struct decoded *decoded);

/* Whether each pixel is gray: of one or two bands, or with red, green and blue at most `tolerance`
 * apart. Of 8 bits. */
bool decoded_is_gray(const struct decoded *decoded, int tolerance);

/* A sample of pixel number `pixel`. */
unsigned decoded_sample(const struct decoded *decoded, size_t pixel, int band);
