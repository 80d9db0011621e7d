/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/heif/heif.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/cicp.h"
#include "image/heif/convert.h"
#include "image/heif/grid.h"
#include "image/heif/hevc.h"

#include <errno.h>
#include <stdlib.h>

enum { STRIP_ROWS = 16, TURNED_STRIP_ROWS = 64, PIXEL_BYTES_MAX = 4 * 2 };

struct heif_image {
    struct heif_primary primary;
    struct heif_frame frame, alpha;
    struct heif_converter converter;
    struct bytes profile; /* of the file, or the one below */
    void *built_profile;
    uint8_t *turned; /* pixels of a column, if rows of the result are columns */
};

int heif_start(void)
{
    return hevc_start();
}

void heif_free(struct heif_image *image)
{
    if (image == NULL)
        return;
    heif_converter_clear(&image->converter);
    heif_frame_clear(&image->frame);
    heif_frame_clear(&image->alpha);
    free(image->built_profile);
    free(image->turned);
    free(image);
}

static void cleanup_heif(struct heif_image **image)
{
    heif_free(*image);
}

/* --- colours ------------------------------------------------------------------------------------
 */

/* The file's word counts, then the coded image's own; what neither says is sRGB and BT.601. */
static struct heif_colour choose_colour(const struct heif_item *item,
                                        const struct heif_frame *frame)
{
    struct heif_colour colour = item->has_colour ? item->colour : frame->colour;

    if (colour.primaries == CICP_UNSPECIFIED)
        colour.primaries = frame->colour.primaries;
    if (colour.transfer == CICP_UNSPECIFIED)
        colour.transfer = frame->colour.transfer;
    if (colour.matrix == CICP_UNSPECIFIED)
        colour.matrix = frame->colour.matrix;
    if (colour.matrix == CICP_UNSPECIFIED ||
        (colour.matrix == CICP_MATRIX_IDENTITY && (frame->x_shift != 0 || frame->planes == 1)))
        colour.matrix = CICP_MATRIX_BT601;
    return colour;
}

/* A profile says more than code points, but none holds for what was tone-mapped. */
static int choose_profile(struct heif_image *image, const struct heif_colour *colour)
{
    image->profile = image->primary.item.profile;
    if (image->profile.size > 0 && !tone_map_needed(colour->transfer))
        return 0;
    image->profile = (struct bytes){0};
    if (image->frame.planes == 1)
        return 0;
    return cicp_profile(colour->primaries, &image->built_profile, &image->profile.size);
}

/* ------------------------------------------------------------------------------------------------
 */

static bool is_turned(const struct heif_view *view)
{
    return view->x_by_X == 0;
}

static int begin_conversion(struct heif_image *image)
{
    const struct heif_primary *primary = &image->primary;
    const struct heif_view *view = &primary->item.view;
    struct heif_colour colour = choose_colour(&primary->item, &image->frame);
    const uint32_t room = is_turned(view) ? TURNED_STRIP_ROWS : view->width;
    int status = heif_converter_begin(&image->converter, &image->frame,
                                      primary->has_alpha ? &image->alpha : NULL, &colour,
                                      primary->premultiplied, room);

    if (status != 0)
        return status;
    image->turned = malloc((size_t)TURNED_STRIP_ROWS * PIXEL_BYTES_MAX);
    return image->turned == NULL ? -ENOMEM : choose_profile(image, &colour);
}

int heif_open(struct bytes input, struct heif_image **image)
{
    _cleanup_(cleanup_heif) struct heif_image *opened = calloc(1, sizeof(*opened));
    struct image_header header = {.format = image_sniff(input.data, input.size)};
    struct heif_primary *primary;
    int status;

    if (opened == NULL)
        return -ENOMEM;
    primary = &opened->primary;
    status = heif_primary_read(input, primary, &header);
    if (status == 0)
        status = heif_decode_grid(&primary->file, &primary->grid, &opened->frame);
    if (status == 0 && primary->has_alpha)
        status = heif_decode_grid(&primary->file, &primary->alpha_grid, &opened->alpha);
    if (status == 0)
        status = begin_conversion(opened);
    if (status == 0)
        *image = TAKE_PTR(opened);
    return status;
}

void heif_describe(const struct heif_image *image, struct heif_kind *kind)
{
    const struct heif_view *view = &image->primary.item.view;

    *kind = (struct heif_kind){
        .width = view->width,
        .height = view->height,
        .bands = image->converter.bands,
        .bits = image->converter.bits,
        .strip = is_turned(view) ? TURNED_STRIP_ROWS : STRIP_ROWS,
        .profile = image->built_profile != NULL ? image->built_profile : image->profile.data,
        .profile_size = image->profile.size,
    };
}

/* --- rows ---------------------------------------------------------------------------------------
 */

static size_t pixel_bytes(const struct heif_image *image)
{
    return image->converter.bands * image->converter.bits / 8;
}

static void reverse_row(uint8_t *row, uint32_t width, size_t pixel)
{
    uint8_t *left = row, *right = row + (width - 1) * pixel, swapped[8];

    for (; left < right; left += pixel, right -= pixel) {
        memcpy(swapped, left, pixel);
        memcpy(left, right, pixel);
        memcpy(right, swapped, pixel);
    }
}

static void show_row(struct heif_image *image, uint32_t row, uint8_t *to)
{
    const struct heif_view *view = &image->primary.item.view;
    const bool mirrored = view->x_by_X < 0;
    const int64_t x = mirrored ? view->x - (view->width - 1) : view->x;

    heif_convert(&image->converter, (uint32_t)x, (uint32_t)(view->y + (int64_t)row * view->y_by_Y),
                 view->width, to);
    if (mirrored)
        reverse_row(to, view->width, pixel_bytes(image));
}

/* A few columns of the coded image are a few rows of the result. */
static void show_columns(struct heif_image *image, uint32_t top, uint32_t count, uint8_t *to,
                         size_t stride)
{
    const struct heif_view *view = &image->primary.item.view;
    const size_t pixel = pixel_bytes(image);
    const bool mirrored = view->x_by_Y < 0;
    const int64_t x = view->x + (int64_t)(mirrored ? top + count - 1 : top) * view->x_by_Y;

    for (uint32_t column = 0; column < view->width; column++) {
        heif_convert(&image->converter, (uint32_t)x,
                     (uint32_t)(view->y + (int64_t)column * view->y_by_X), count, image->turned);
        for (uint32_t i = 0; i < count; i++)
            memcpy(to + (mirrored ? count - 1 - i : i) * stride + column * pixel,
                   image->turned + i * pixel, pixel);
    }
}

void heif_rows(struct heif_image *image, uint32_t top, uint32_t count, uint8_t *to, size_t stride)
{
    const bool turned = is_turned(&image->primary.item.view);

    while (count > 0) {
        uint32_t some = !turned ? 1 : count < TURNED_STRIP_ROWS ? count : TURNED_STRIP_ROWS;

        if (turned)
            show_columns(image, top, some, to, stride);
        else
            show_row(image, top, to);
        top += some;
        count -= some;
        to += some * stride;
    }
}
