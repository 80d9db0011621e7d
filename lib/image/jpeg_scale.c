/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_scale.h"

#include "image/jpeg_decode.h"
#include "image/jpeg_encode.h"
#include "image/jpeg_idct.h"
#include "image/jpeg_memory.h"
#include "image/jpeg_metadata.h"
#include "image/reducer.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/*
 * The picture as three planes all the way. They are decoded at half as large again as the result, or
 * full size: then the filter finds all that it would find in the full picture, while a transform of
 * just as many points as the result has cuts at its edges and between blocks (measured against
 * filtering the full picture: 0.1 to 4 dB less). `step` is how many samples of a decoded plane one of
 * the result stands for; luma and chroma share it, since both were sampled over the same area.
 */

struct reduction {
    const struct jpeg_layout *layout;
    unsigned components;
    uint32_t width, height;    /* of the result, as stored: before it is turned */
    unsigned h, v;             /* the luma's sampling factors against the chroma's */
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

static unsigned choose_points(double factor)
{
    double points = ceil(factor * 12 - 1e-9);

    return points < 1 ? 1 : points > 8 ? 8 : (unsigned)points;
}

static uint32_t width_of(const struct reduction *reduction, unsigned component)
{
    return component == 0 ? reduction->width : divide_up(reduction->width, reduction->h);
}

static uint32_t height_of(const struct reduction *reduction, unsigned component)
{
    return component == 0 ? reduction->height : divide_up(reduction->height, reduction->v);
}

static struct plane take_plane(uint8_t **memory, uint32_t width, uint32_t height)
{
    struct plane plane;

    plane_place(&plane, *memory, width, height);
    *memory += plane_bytes(width, height);
    return plane;
}

/* Decodes into planes that are as large as the picture. */
static int fill_planes(struct reduction *reduction)
{
    struct jpeg_decoding decoding = {
        .components = reduction->components, .points = 8, .exact = true};
    struct jpeg_extent extent[JPEG_COMPONENTS_MAX];
    size_t bytes = 0;
    uint8_t *memory;
    int r;

    for (unsigned i = 0; i < reduction->components; i++) {
        extent[i] = jpeg_decoded_extent(reduction->layout, i, 8);
        bytes += plane_bytes(extent[i].padded_width, extent[i].padded_height);
    }
    if ((memory = jpeg_memory(MEMORY_PLANES, bytes)) == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < reduction->components; i++) {
        reduction->planes[i] =
            take_plane(&memory, extent[i].padded_width, extent[i].padded_height);
        decoding.target[i].plane = &reduction->planes[i];
    }
    r = jpeg_decode(reduction->layout, &decoding);
    for (unsigned i = 0; i < reduction->components; i++) {
        reduction->planes[i].width = extent[i].width;
        reduction->planes[i].height = extent[i].height;
    }
    return r;
}

static void describe_reducer(const struct reduction *reduction, unsigned component, unsigned points,
                             struct reducer_options *options)
{
    const struct jpeg_layout *layout = reduction->layout;
    struct jpeg_extent extent = jpeg_decoded_extent(layout, component, points);

    *options = (struct reducer_options){
        .width = extent.width,
        .height = extent.height,
        .padded_width = extent.padded_width,
        .to_width = width_of(reduction, component),
        .to_height = height_of(reduction, component),
        .step_x = layout->width * points / (8.0 * reduction->width),
        .step_y = layout->height * points / (8.0 * reduction->height),
        .transposed = swaps_sides(layout->orientation),
    };
}

/* Begins a reducer for each component, and their planes. */
static int begin_reducers(struct reduction *reduction, unsigned points, struct reducer *reducers)
{
    struct reducer_options options[JPEG_COMPONENTS_MAX];
    size_t bytes = 0, planes_bytes = 0;
    uint8_t *memory, *planes;

    for (unsigned i = 0; i < reduction->components; i++) {
        describe_reducer(reduction, i, points, &options[i]);
        bytes += reducer_bytes(&options[i]);
        planes_bytes += plane_bytes(options[i].to_width, options[i].to_height) +
                        plane_bytes(options[i].to_height, options[i].to_width);
    }
    memory = jpeg_memory(MEMORY_REDUCERS, bytes);
    planes = jpeg_memory(MEMORY_PLANES, planes_bytes);
    if (memory == NULL || planes == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < reduction->components; i++) {
        reduction->planes[i] =
            options[i].transposed ? take_plane(&planes, options[i].to_height, options[i].to_width)
                                  : take_plane(&planes, options[i].to_width, options[i].to_height);
        reducer_begin(&reducers[i], &options[i], memory, &reduction->planes[i]);
        memory += reducer_bytes(&options[i]);
    }
    reduction->transposed = options[0].transposed;
    return 0;
}

/* Decodes into planes of the reduced size. */
static int fill_reduced_planes(struct reduction *reduction, double factor)
{
    struct jpeg_decoding decoding = {.components = reduction->components, .deep = true};
    struct reducer reducers[JPEG_COMPONENTS_MAX];
    int r;

    decoding.points = choose_points(factor);
    if ((r = begin_reducers(reduction, decoding.points, reducers)) != 0)
        return r;
    for (unsigned i = 0; i < reduction->components; i++)
        decoding.target[i].reducer = &reducers[i];
    return jpeg_decode(reduction->layout, &decoding);
}

static int transpose_planes(struct reduction *reduction)
{
    size_t bytes = 0;
    uint8_t *memory;

    for (unsigned i = 0; i < reduction->components; i++)
        bytes += plane_bytes(reduction->planes[i].height, reduction->planes[i].width);
    if ((memory = jpeg_memory(MEMORY_TURNED, bytes)) == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < reduction->components; i++) {
        struct plane *plane = &reduction->planes[i];
        struct plane turned = take_plane(&memory, plane->height, plane->width);

        plane_transpose(plane, &turned);
        *plane = turned;
    }
    reduction->transposed = !reduction->transposed;
    return 0;
}

/* EXIF orientation as a transposition (5 to 8) and then mirroring and flipping. */
static int turn_planes(struct reduction *reduction)
{
    unsigned orientation = reduction->layout->orientation;
    bool mirror = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    bool flip = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    int r = 0;

    if (reduction->transposed != swaps_sides(orientation))
        r = transpose_planes(reduction);
    for (unsigned i = 0; r == 0 && i < reduction->components; i++) {
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
    struct jpeg_encoding encoding = {.components = layout->components};
    struct reduction reduction = {.layout = layout, .components = layout->components};
    int r;

    if (!find_sampling(&reduction, layout))
        return -ENOTSUP;
    reduction.width = image_scaled_length(layout->width, request->factor);
    reduction.height = image_scaled_length(layout->height, request->factor);
    encoding.quality = request->quality > 0 ? request->quality : request->default_quality;
    describe(&reduction, &encoding);
    if (reduction.width == layout->width && reduction.height == layout->height)
        r = fill_planes(&reduction);
    else
        r = fill_reduced_planes(&reduction, request->factor);
    if (r != 0 || (r = turn_planes(&reduction)) != 0 || (r = add_profile(layout, &encoding)) != 0)
        return r;
    return jpeg_encode(&encoding, reduction.planes, output->data, output->capacity, &output->size);
}

/* The luma's quantization row by row, turned with the picture, and four times finer: new blocks round
 * anew, and that is not to be seen. */
static void copy_quantizers(const struct jpeg_layout *layout, unsigned quantizers[64])
{
    for (unsigned k = 0; k < 64; k++) {
        unsigned row = idct_natural_order[k] >> 3, column = idct_natural_order[k] & 7;
        unsigned place = swaps_sides(layout->orientation) ? column * 8 + row : row * 8 + column;

        quantizers[place] = (jpeg_quantizer(&layout->component[0], k) + 3) / 4;
    }
}

int jpeg_gray_pixels(const struct jpeg_layout *layout, const struct image_request *request,
                     struct image_output *output)
{
    struct jpeg_encoding encoding = {.components = 1, .quality = request->quality};
    struct reduction reduction = {.layout = layout,
                                  .components = 1,
                                  .width = layout->width,
                                  .height = layout->height,
                                  .h = 1,
                                  .v = 1};
    unsigned quantizers[64];
    int r;

    if (layout->component[0].h != layout->h_max || layout->component[0].v != layout->v_max)
        return -ENOTSUP;
    describe(&reduction, &encoding);
    if ((r = fill_planes(&reduction)) != 0 || (r = turn_planes(&reduction)) != 0)
        return r;
    copy_quantizers(layout, quantizers);
    encoding.quantizers = quantizers;
    return jpeg_encode(&encoding, reduction.planes, output->data, output->capacity, &output->size);
}
