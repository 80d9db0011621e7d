/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/load_png.h"

#include "base/cleanup.h"
#include "image/png/rows.h"
#include "image/vips/image.h"
#include "image/vips/memory.h"

#include <errno.h>

enum { STRIP_ROWS = 16 };

static void cleanup_picture(struct png_picture **picture)
{
    if (*picture != NULL)
        png_clear(*picture);
    free(*picture);
}

static void free_picture(VipsImage *image, struct png_picture *picture)
{
    (void)image;
    cleanup_picture(&picture);
}

/* The next rows: vips_sequential asks for whole ones, and in order. */
static int generate(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    struct png_picture *picture = a;
    const VipsRect *area = &out->valid;

    (void)sequence;
    (void)b;
    (void)stop;
    if (area->left != 0 || area->width != out->im->Xsize || area->top != (int)picture->row) {
        vips_error("png", "rows out of order");
        return -1;
    }
    for (int y = area->top; y < VIPS_RECT_BOTTOM(area); y++) {
        const void *row = png_next_row(picture);

        if (row == NULL) {
            vips_error("png", "no such filter");
            return -1;
        }
        memcpy(VIPS_REGION_ADDR(out, 0, y), row, VIPS_REGION_SIZEOF_LINE(out));
    }
    return 0;
}

static VipsInterpretation interpretation(const struct png_picture *picture)
{
    if (picture->bands >= 3)
        return picture->bits == 16 ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
    return picture->bits == 16 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
}

/* Takes over the picture. */
static int make_image(struct png_picture *picture, VipsImage **image)
{
    _cleanup_image_ VipsImage *rows = vips_image_new();

    vips_image_init_fields(rows, (int)picture->width, (int)picture->height, (int)picture->bands,
                           picture->bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR,
                           VIPS_CODING_NONE, interpretation(picture), 1, 1);
    g_signal_connect(rows, "postclose", G_CALLBACK(free_picture), picture);
    if (vips_image_pipelinev(rows, VIPS_DEMAND_STYLE_THINSTRIP, NULL) ||
        vips_image_generate(rows, NULL, generate, NULL, picture, NULL))
        return -1;
    return vips_sequential(rows, image, "tile_height", STRIP_ROWS, NULL);
}

static int load_by_libpng(const struct png_picture *picture, const uint8_t *input, size_t size,
                          VipsImage **image)
{
    _cleanup_(buffer_clear) struct buffer file = {0};
    VipsSource *source;
    int status;

    if (png_strip(picture, input, size, &file) != 0 || (source = memory_source_new(&file)) == NULL)
        return -ENOMEM;
    status = vips_pngload_source(source, image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                 VIPS_FAIL_ON_WARNING, NULL);
    VIPS_UNREF(source);
    return status;
}

int png_load(const uint8_t *input, size_t size, VipsImage **image)
{
    _cleanup_(cleanup_picture) struct png_picture *picture = malloc(sizeof(*picture));
    _cleanup_free_ void *profile = NULL;
    size_t profile_size;
    unsigned orientation;
    int status;

    if (picture == NULL)
        return -ENOMEM;
    status = png_open(picture, input, size);
    profile = TAKE_PTR(picture->profile);
    profile_size = picture->profile_size;
    orientation = picture->orientation;
    if (status == -ENOTSUP)
        status = load_by_libpng(picture, input, size, image);
    else if (status == 0 && (status = png_inflate(picture)) == 0)
        status = make_image(TAKE_PTR(picture), image);
    if (status == 0)
        status = image_set_profile(image, profile, profile_size);
    if (status == 0)
        vips_image_set_int(*image, VIPS_META_ORIENTATION, (int)orientation);
    return status;
}
