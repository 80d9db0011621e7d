/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/load_gif.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/gif/canvas.h"
#include "image/vips/image.h"

#include <errno.h>
#include <stdlib.h>

struct gif_reader {
    struct gif_blocks blocks;
    struct gif_canvas canvas;
    bool opaque; /* nothing is transparent: there is no alpha */
    uint64_t max_pixels;
    int drawn; /* frames */
};

static void free_gif_reader(VipsImage *image, struct gif_reader *reader)
{
    (void)image;
    if (reader != NULL)
        gif_canvas_clear(&reader->canvas);
    free(reader);
}

static void cleanup_reader(struct gif_reader **reader)
{
    free_gif_reader(NULL, *reader);
}

static int draw_next(struct gif_reader *reader)
{
    struct gif_frame frame;

    if (gif_next(&reader->blocks, &frame) != GIF_FRAME ||
        reader->blocks.pixels > reader->max_pixels)
        return STATUS_IMAGE_CORRUPT;
    reader->drawn++;
    return gif_canvas_draw(&reader->canvas, &reader->blocks, &frame);
}

static void copy_opaque(const uint32_t *pixels, uint8_t *to, int count)
{
    for (int i = 0; i < count; i++)
        memcpy(to + 3 * (size_t)i, pixels + i, 3);
}

/* vips_sequential asks for rows in order. */
static int generate(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    struct gif_reader *reader = a;
    const struct gif_canvas *canvas = &reader->canvas;
    const VipsRect *area = &out->valid;
    const int height = (int)canvas->height;

    (void)sequence;
    (void)b;
    (void)stop;
    for (int y = area->top; y < VIPS_RECT_BOTTOM(area); y++) {
        const uint32_t *pixels;

        while (reader->drawn <= y / height) {
            const int status = draw_next(reader);

            if (status != 0) {
                vips_error("gif", "%s", status == -ENOMEM ? "out of memory" : "damaged");
                return -1;
            }
        }
        pixels = canvas->pixels + (size_t)(y % height) * canvas->width + area->left;
        if (reader->opaque)
            copy_opaque(pixels, VIPS_REGION_ADDR(out, area->left, y), area->width);
        else
            memcpy(VIPS_REGION_ADDR(out, area->left, y), pixels, VIPS_REGION_SIZEOF_LINE(out));
    }
    return 0;
}

/* How often an animation is shown: the file says how often it is repeated. */
static int count_loops(const struct image_header *header)
{
    if (header->loop == IMAGE_LOOP_NONE)
        return 1;
    return header->loop == 0 ? 0 : header->loop + 1;
}

static int set_times(const struct image_header *header, uint32_t frames, struct bytes input,
                     VipsImage *image)
{
    _cleanup_free_ int *delays = calloc(frames, sizeof(*delays));
    struct gif_blocks blocks;
    struct gif_frame frame;

    if (delays == NULL)
        return -ENOMEM;
    if (!gif_begin(&blocks, input))
        return STATUS_IMAGE_CORRUPT;
    for (uint32_t i = 0; i < frames && gif_next(&blocks, &frame) == GIF_FRAME; i++)
        delays[i] = frame.delay * 10;
    vips_image_set_array_int(image, "delay", delays, (int)frames);
    vips_image_set_int(image, "loop", count_loops(header));
    return 0;
}

/* Of one frame it is known before its rows are asked for whether it has transparent pixels. */
static int examine_still(struct gif_reader *reader)
{
    const size_t pixels = (size_t)reader->canvas.width * reader->canvas.height;
    const int status = draw_next(reader);

    reader->opaque = status == 0;
    for (size_t i = 0; reader->opaque && i < pixels; i++)
        reader->opaque = reader->canvas.pixels[i] != 0;
    return status;
}

static void describe_gif(const struct image_header *header, uint32_t frames, bool opaque,
                         VipsImage *image)
{
    vips_image_init_fields(image, (int)header->width, (int)(header->height * frames),
                           opaque ? 3 : 4, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
                           VIPS_INTERPRETATION_sRGB, 1, 1);
    vips_image_set_int(image, VIPS_META_N_PAGES, (int)frames);
    if (frames > 1)
        vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, (int)header->height);
}

int gif_load(const struct image_plan *plan, uint32_t frames, const uint8_t *input, size_t size,
             VipsImage **image)
{
    _cleanup_(cleanup_reader) struct gif_reader *reader = calloc(1, sizeof(*reader));
    _cleanup_image_ VipsImage *rows = vips_image_new();
    const struct image_header *header = &plan->source;
    struct gif_reader *kept;
    int status;

    if (reader == NULL)
        return -ENOMEM;
    if (!gif_begin(&reader->blocks, (struct bytes){input, size}))
        return STATUS_IMAGE_CORRUPT;
    reader->max_pixels = plan->max_pixels;
    status = gif_canvas_begin(&reader->canvas, header->width, header->height);
    if (status != 0)
        return status;
    status = frames == 1 ? examine_still(reader) : 0;
    if (status != 0)
        return status;
    describe_gif(header, frames, reader->opaque, rows);
    status = frames > 1 ? set_times(header, frames, (struct bytes){input, size}, rows) : 0;
    if (status != 0)
        return status;
    kept = TAKE_PTR(reader);
    g_signal_connect(rows, "postclose", G_CALLBACK(free_gif_reader), kept);
    if (vips_image_pipelinev(rows, VIPS_DEMAND_STYLE_THINSTRIP, NULL) ||
        vips_image_generate(rows, NULL, generate, NULL, kept, NULL))
        return -1;
    return vips_sequential(rows, image, "tile_height", image_strip_rows(header->height), NULL);
}
