/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/gif/quantize.h"

#include "image/core/multiversion.h"
#include "image/gif/pixel.h"

#include <stdbool.h>

/*
 * Heckbert's median cut as modified by Wu: the box with the largest sum of squared distances from
 * its mean is split at the mean of the channel that varies most. Then Lloyd's iteration (k-means).
 */
enum { COLOURS_MAX = 256, CHANNELS = 3, ROUNDS = 4, NOWHERE = 1 << 11 };

struct box {
    uint32_t *pixels;
    size_t count;
    double mean[CHANNELS], spread; /* of the channel that varies most: sum of squares */
    unsigned channel;
};

static uint8_t sample(uint32_t pixel, unsigned channel)
{
    const struct gif_pixel read = gif_pixel_read(pixel);

    return channel == 0 ? read.red : channel == 1 ? read.green : read.blue;
}

static struct box measure_box(uint32_t *pixels, size_t count)
{
    struct box box = {.pixels = pixels, .count = count};

    for (unsigned channel = 0; channel < CHANNELS; channel++) {
        uint64_t sum = 0, squares = 0;
        double spread;

        for (size_t i = 0; i < count; i++) {
            unsigned value = sample(pixels[i], channel);

            sum += value;
            squares += value * value;
        }
        box.mean[channel] = (double)sum / (double)count;
        spread = (double)squares - (double)sum * box.mean[channel];
        if (spread > box.spread) {
            box.spread = spread;
            box.channel = channel;
        }
    }
    return box;
}

/* Moves the pixels not above the mean to the front, and returns their number. */
static size_t divide(const struct box *box)
{
    const double mean = box->mean[box->channel];
    size_t low = 0;

    for (size_t i = 0; i < box->count; i++) {
        uint32_t pixel = box->pixels[i];

        if (sample(pixel, box->channel) > mean)
            continue;
        box->pixels[i] = box->pixels[low];
        box->pixels[low++] = pixel;
    }
    return low;
}

static unsigned find_widest(const struct box *boxes, unsigned count)
{
    unsigned widest = 0;

    for (unsigned i = 1; i < count; i++) {
        if (boxes[i].spread > boxes[widest].spread)
            widest = i;
    }
    return widest;
}

static unsigned cut(uint32_t *pixels, size_t count, unsigned limit, struct box *boxes)
{
    unsigned found = 1;

    boxes[0] = measure_box(pixels, count);
    while (found < limit) {
        struct box *widest = &boxes[find_widest(boxes, found)];
        size_t low = divide(widest);

        if (widest->spread < 0.5 || low == 0 || low == widest->count)
            break; /* all of one colour */
        boxes[found++] = measure_box(widest->pixels + low, widest->count - low);
        *widest = measure_box(widest->pixels, low);
    }
    return found;
}

/* --- means of the nearest pixels ----------------------------------------------------------------
 */

struct means {
    unsigned count;
    float red[COLOURS_MAX], green[COLOURS_MAX], blue[COLOURS_MAX];
};

_multiversion_ static unsigned find_nearest(const struct means *means, struct gif_pixel pixel)
{
    const float red = pixel.red, green = pixel.green, blue = pixel.blue;
    uint32_t best = UINT32_MAX;

    for (unsigned i = 0; i < COLOURS_MAX; i++) {
        float r = means->red[i] - red, g = means->green[i] - green, b = means->blue[i] - blue;
        uint32_t found = (uint32_t)(int32_t)((r * r + g * g + b * b) * 8) << 8 | i;

        best = found < best ? found : best;
    }
    return best & 0xff;
}

static void move(struct means *means, const uint32_t *pixels, size_t count)
{
    uint32_t sums[COLOURS_MAX][CHANNELS + 1] = {{0}};

    for (size_t i = 0; i < count; i++) {
        const struct gif_pixel pixel = gif_pixel_read(pixels[i]);
        uint32_t *sum = sums[find_nearest(means, pixel)];

        sum[0] += pixel.red;
        sum[1] += pixel.green;
        sum[2] += pixel.blue;
        sum[3]++;
    }
    for (unsigned i = 0; i < means->count; i++) {
        if (sums[i][3] == 0)
            continue;
        means->red[i] = (float)sums[i][0] / (float)sums[i][3];
        means->green[i] = (float)sums[i][1] / (float)sums[i][3];
        means->blue[i] = (float)sums[i][2] / (float)sums[i][3];
    }
}

static void begin_means(struct means *means, const struct box *boxes, unsigned count)
{
    means->count = count;
    for (unsigned i = 0; i < COLOURS_MAX; i++) {
        means->red[i] = i < count ? (float)boxes[i].mean[0] : NOWHERE;
        means->green[i] = i < count ? (float)boxes[i].mean[1] : NOWHERE;
        means->blue[i] = i < count ? (float)boxes[i].mean[2] : NOWHERE;
    }
}

unsigned gif_quantize(uint32_t *pixels, size_t count, unsigned limit, uint32_t *colours)
{
    struct box boxes[COLOURS_MAX];
    struct means means;

    if (count == 0)
        return 0;
    begin_means(&means, boxes, cut(pixels, count, limit, boxes));
    for (unsigned round = 0; round < ROUNDS; round++)
        move(&means, pixels, count);
    for (unsigned i = 0; i < means.count; i++)
        colours[i] = gif_pixel_write((struct gif_pixel){(uint8_t)(means.red[i] + 0.5F),
                                                        (uint8_t)(means.green[i] + 0.5F),
                                                        (uint8_t)(means.blue[i] + 0.5F), 255});
    return means.count;
}
