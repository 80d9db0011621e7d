/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/load_png.h"

#include "base/cleanup.h"
#include "image/png/rows.h"
#include "image/vips/image.h"
#include "image/vips/memory.h"

#include <errno.h>

enum { STRIP_ROWS = 16 };

static void cleanup_png(struct png_image **png)
{
    if (*png != NULL)
        png_clear(*png);
    free(*png);
}

static void free_png(VipsImage *image, struct png_image *png)
{
    (void)image;
    cleanup_png(&png);
}

/* The next rows: vips_sequential asks for whole ones, and in order; for a piece of each of those
 * that it passes over. */
static int generate(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    struct png_image *png = a;
    const VipsRect *area = &out->valid;

    (void)sequence;
    (void)b;
    (void)stop;
    if (area->left != 0 || area->top != (int)png->row) {
        vips_error("png", "rows out of order");
        return -1;
    }
    for (int y = area->top; y < VIPS_RECT_BOTTOM(area); y++) {
        const void *row = png_next_row(png);

        if (row == NULL) {
            vips_error("png", "no such filter");
            return -1;
        }
        memcpy(VIPS_REGION_ADDR(out, 0, y), row, VIPS_REGION_SIZEOF_LINE(out));
    }
    return 0;
}

static VipsInterpretation interpretation(const struct png_image *png)
{
    if (png->bands >= 3)
        return png->bits == 16 ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
    return png->bits == 16 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
}

/* Takes over the png. */
static int make_image(struct png_image *png, VipsImage **image)
{
    _cleanup_image_ VipsImage *rows = vips_image_new();

    vips_image_init_fields(rows, (int)png->width, (int)png->height, (int)png->bands,
                           png->bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR,
                           VIPS_CODING_NONE, interpretation(png), 1, 1);
    g_signal_connect(rows, "postclose", G_CALLBACK(free_png), png);
    if (vips_image_pipelinev(rows, VIPS_DEMAND_STYLE_THINSTRIP, NULL) ||
        vips_image_generate(rows, NULL, generate, NULL, png, NULL))
        return -1;
    return vips_sequential(rows, image, "tile_height", STRIP_ROWS, NULL);
}

static int load_by_libpng(const struct png_image *png, const uint8_t *input, size_t size,
                          VipsImage **image)
{
    _cleanup_(buffer_clear) struct buffer file = {0};
    VipsSource *source;
    int status;

    if (png_strip(png, input, size, &file) != 0 || (source = memory_source_new(&file)) == NULL)
        return -ENOMEM;
    status = vips_pngload_source(source, image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                 VIPS_FAIL_ON_WARNING, NULL);
    VIPS_UNREF(source);
    return status;
}

int png_load(const uint8_t *input, size_t size, VipsImage **image)
{
    _cleanup_(cleanup_png) struct png_image *png = malloc(sizeof(*png));
    _cleanup_free_ void *profile = NULL;
    size_t profile_size;
    unsigned orientation;
    int status;

    if (png == NULL)
        return -ENOMEM;
    status = png_open(png, input, size);
    profile = TAKE_PTR(png->profile);
    profile_size = png->profile_size;
    orientation = png->orientation;
    if (status == -ENOTSUP)
        status = load_by_libpng(png, input, size, image);
    else if (status == 0 && (status = png_inflate(png)) == 0)
        status = make_image(TAKE_PTR(png), image);
    if (status == 0)
        status = image_set_profile(image, profile, profile_size);
    if (status == 0)
        vips_image_set_int(*image, VIPS_META_ORIENTATION, (int)orientation);
    return status;
}
