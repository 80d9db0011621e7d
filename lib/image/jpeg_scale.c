/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_scale.h"

#include "image/jpeg_decode.h"
#include "image/jpeg_encode.h"
#include "image/jpeg_idct.h"
#include "image/jpeg_memory.h"
#include "image/jpeg_metadata.h"
#include "image/plane.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/*
 * The picture as three planes all the way. `step` is how many samples of a decoded plane one of the
 * result stands for: 1 where the factor is n/8, and then a plane is only cut to size, for the
 * surplus of a block at its edge is no reason to filter. Luma and chroma share the step, since both
 * were sampled over the same area.
 */

struct reduction {
    const struct jpeg_layout *layout;
    uint32_t width, height;    /* of the result, as stored: before it is turned */
    unsigned h, v;             /* the luma's sampling factors against the chroma's */
    double step_x, step_y;
    struct plane planes[JPEG_COMPONENTS_MAX];
    bool transposed;           /* the planes are, now */
};

static bool swaps_sides(unsigned orientation)
{
    return orientation >= 5;
}

static uint32_t divide_up(uint32_t length, unsigned by)
{
    return (length + by - 1) / by;
}

/* Samplings whose planes can be encoded as they are: chroma alike, luma a multiple of it. */
static bool find_sampling(struct reduction *reduction, const struct jpeg_layout *layout)
{
    const struct jpeg_component *luma = &layout->component[0], *chroma = &layout->component[1];

    reduction->h = reduction->v = 1;
    if (layout->components == 1)
        return true;
    if (chroma->h != layout->component[2].h || chroma->v != layout->component[2].v ||
        luma->h % chroma->h != 0 || luma->v % chroma->v != 0 || luma->h != layout->h_max ||
        luma->v != layout->v_max)
        return false;
    reduction->h = luma->h / chroma->h;
    reduction->v = luma->v / chroma->v;
    return reduction->h * reduction->v <= 8;
}

/* The smallest transform that still has every frequency of the result. */
static unsigned choose_points(double factor)
{
    double points = ceil(factor * 8 - 1e-9);

    return points < 1 ? 1 : points > 8 ? 8 : (unsigned)points;
}

static double step_for(uint32_t from, uint32_t to, double factor, unsigned points)
{
    if (fabs(factor * 8 - points) < 1e-9)
        return 1;
    return (double)from / to * points / 8;
}

static uint32_t width_of(const struct reduction *reduction, unsigned component)
{
    return component == 0 ? reduction->width : divide_up(reduction->width, reduction->h);
}

static uint32_t height_of(const struct reduction *reduction, unsigned component)
{
    return component == 0 ? reduction->height : divide_up(reduction->height, reduction->v);
}

/* Cuts a plane to its size; where it is a sample short (a single pixel reduced by a half still has
 * one), the last one goes on. */
static void cut(struct plane *plane, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; width > plane->width && y < plane->height; y++) {
        uint8_t *row = plane->data + y * plane->pitch;

        memset(row + plane->width, row[plane->width - 1], width - plane->width);
    }
    plane->width = width;
    for (; plane->height < height; plane->height++)
        memcpy(plane->data + plane->height * plane->pitch,
               plane->data + (plane->height - 1) * plane->pitch, plane->pitch);
    plane->height = height;
}

static struct plane take_plane(uint8_t **memory, uint32_t width, uint32_t height)
{
    struct plane plane;

    plane_place(&plane, *memory, width, height);
    *memory += plane_bytes(width, height);
    return plane;
}

/* Filters a plane to width x height: down, transposed, down again. Leaves it transposed. */
static int reduce_plane(struct plane *plane, uint32_t width, uint32_t height, double step_x,
                        double step_y, uint8_t **memory)
{
    struct plane lower = take_plane(memory, plane->width, height);
    struct plane turned = take_plane(memory, height, plane->width);
    struct plane reduced = take_plane(memory, height, width);
    int r = plane_reduce_rows(plane, &lower, step_y);

    if (r != 0)
        return r;
    plane_transpose(&lower, &turned);
    *plane = reduced;
    return plane_reduce_rows(&turned, &reduced, step_x);
}

static int reduce_planes(struct reduction *reduction)
{
    size_t bytes = 0;
    uint8_t *memory;

    for (unsigned i = 0; i < reduction->layout->components; i++) {
        uint32_t width = width_of(reduction, i), height = height_of(reduction, i);

        bytes += plane_bytes(reduction->planes[i].width, height) +
                 plane_bytes(height, reduction->planes[i].width) + plane_bytes(height, width);
    }
    if ((memory = jpeg_memory(MEMORY_RESAMPLED, bytes)) == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < reduction->layout->components; i++) {
        int r = reduce_plane(&reduction->planes[i], width_of(reduction, i), height_of(reduction, i),
                             reduction->step_x, reduction->step_y, &memory);

        if (r != 0)
            return r;
    }
    reduction->transposed = true;
    return 0;
}

static int size_planes(struct reduction *reduction)
{
    if (reduction->step_x != 1 || reduction->step_y != 1)
        return reduce_planes(reduction);
    for (unsigned i = 0; i < reduction->layout->components; i++)
        cut(&reduction->planes[i], width_of(reduction, i), height_of(reduction, i));
    return 0;
}

static int transpose_planes(struct reduction *reduction, unsigned components)
{
    size_t bytes = 0;
    uint8_t *memory;

    for (unsigned i = 0; i < components; i++)
        bytes += plane_bytes(reduction->planes[i].height, reduction->planes[i].width);
    if ((memory = jpeg_memory(MEMORY_TURNED, bytes)) == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < components; i++) {
        struct plane *plane = &reduction->planes[i];
        struct plane turned = take_plane(&memory, plane->height, plane->width);

        plane_transpose(plane, &turned);
        *plane = turned;
    }
    reduction->transposed = !reduction->transposed;
    return 0;
}

/* EXIF orientation as a transposition (5 to 8) and then mirroring and flipping. */
static int turn_planes(struct reduction *reduction, unsigned components)
{
    unsigned orientation = reduction->layout->orientation;
    bool mirror = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    bool flip = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    int r = 0;

    if (reduction->transposed != swaps_sides(orientation))
        r = transpose_planes(reduction, components);
    for (unsigned i = 0; r == 0 && i < components; i++) {
        if (mirror)
            plane_mirror(&reduction->planes[i]);
        if (flip)
            plane_flip(&reduction->planes[i]);
    }
    return r;
}

static void describe(const struct reduction *reduction, struct jpeg_encoding *encoding)
{
    const struct jpeg_layout *layout = reduction->layout;
    bool swap = swaps_sides(layout->orientation);

    encoding->width = swap ? reduction->height : reduction->width;
    encoding->height = swap ? reduction->width : reduction->height;
    encoding->h = swap ? reduction->v : reduction->h;
    encoding->v = swap ? reduction->h : reduction->v;
    if (layout->has_jfif) {
        encoding->density_unit = layout->density_unit;
        encoding->density_x = swap ? layout->density_y : layout->density_x;
        encoding->density_y = swap ? layout->density_x : layout->density_y;
    }
}

/* The profile's chunks in one piece. */
static int add_profile(const struct jpeg_layout *layout, struct jpeg_encoding *encoding)
{
    size_t size = jpeg_profile_size(layout), at = 0;
    uint8_t *profile;

    if (size == 0)
        return 0;
    if ((profile = jpeg_memory(MEMORY_STREAM, size)) == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < layout->profile_count; i++) {
        memcpy(profile + at, layout->profile[i].data, layout->profile[i].size);
        at += layout->profile[i].size;
    }
    encoding->profile = profile;
    encoding->profile_size = size;
    return 0;
}

int jpeg_scale(const struct jpeg_layout *layout, const struct image_request *request,
               struct image_output *output)
{
    struct jpeg_decoding decoding = {.components = layout->components};
    struct jpeg_encoding encoding = {.components = layout->components};
    struct reduction reduction = {.layout = layout};
    int r;

    if (!find_sampling(&reduction, layout))
        return -ENOTSUP;
    decoding.points = choose_points(request->factor);
    reduction.width = image_scaled_length(layout->width, request->factor);
    reduction.height = image_scaled_length(layout->height, request->factor);
    reduction.step_x =
        step_for(layout->width, reduction.width, request->factor, decoding.points);
    reduction.step_y =
        step_for(layout->height, reduction.height, request->factor, decoding.points);
    encoding.quality = request->quality > 0 ? request->quality : request->default_quality;
    describe(&reduction, &encoding);
    if ((r = jpeg_decode(layout, &decoding, reduction.planes)) != 0 ||
        (r = size_planes(&reduction)) != 0 ||
        (r = turn_planes(&reduction, layout->components)) != 0 ||
        (r = add_profile(layout, &encoding)) != 0)
        return r;
    return jpeg_encode(&encoding, reduction.planes, output->data, output->capacity, &output->size);
}

/* The luma's quantization row by row, turned with the picture. */
static void copy_quantizers(const struct jpeg_layout *layout, unsigned quantizers[64])
{
    for (unsigned k = 0; k < 64; k++) {
        unsigned row = idct_natural_order[k] >> 3, column = idct_natural_order[k] & 7;
        unsigned place = swaps_sides(layout->orientation) ? column * 8 + row : row * 8 + column;

        quantizers[place] = jpeg_quantizer(&layout->component[0], k);
    }
}

int jpeg_gray_pixels(const struct jpeg_layout *layout, const struct image_request *request,
                     struct image_output *output)
{
    struct jpeg_decoding decoding = {.components = 1, .points = 8, .exact = true};
    struct jpeg_encoding encoding = {.components = 1, .quality = request->quality};
    struct reduction reduction = {
        .layout = layout, .width = layout->width, .height = layout->height, .h = 1, .v = 1};
    unsigned quantizers[64];
    int r;

    if (layout->component[0].h != layout->h_max || layout->component[0].v != layout->v_max)
        return -ENOTSUP;
    describe(&reduction, &encoding);
    if ((r = jpeg_decode(layout, &decoding, reduction.planes)) != 0 ||
        (r = turn_planes(&reduction, 1)) != 0)
        return r;
    copy_quantizers(layout, quantizers);
    encoding.quantizers = quantizers;
    return jpeg_encode(&encoding, reduction.planes, output->data, output->capacity, &output->size);
}
