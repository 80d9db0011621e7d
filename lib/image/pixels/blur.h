/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Gaussian blur whose time does not grow with sigma: 5 to 40 nanoseconds a sample. From a sigma of
 * 2 * BLUR_FINE on, cells of several pixels each way are averaged, those are blurred by what is
 * left of sigma, about BLUR_FINE cells or more, and the result is interpolated between them: more
 * than 50 dB of the exact sum, of noise, too (tests/image/test_blur.py).
 */
enum { BLUR_FINE = 4 };

struct blur_source {
    const void *samples; /* interleaved, without gaps */
    uint32_t width, height;
    unsigned bands;
    bool deep;  /* samples of 16 bits in the machine's order, else of 8 */
    bool alpha; /* the last band, which weighs the others */
};

/* Writes as many samples to `result`, which does not overlap them. Beyond its edges the image
 * continues as the pixels there. `sigma` > 0 in pixels. 0 or -ENOMEM. Any thread. */
int blur_gaussian(const struct blur_source *source, double sigma, void *result);
