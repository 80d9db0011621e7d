/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/scale.h"

#include "image/colour/profile.h"
#include "image/jpeg/decode.h"
#include "image/jpeg/encode.h"
#include "image/jpeg/idct.h"
#include "image/jpeg/memory.h"
#include "image/plan/simple.h"
#include "image/pixels/chroma.h"
#include "image/pixels/reducer.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/*
 * The image stays three planes from end to end. To one half a halver reduces the luma, and the
 * inverse DCT of four points the chroma. Otherwise the luma is decoded half as large again as the
 * result, or in full size, and filtered: that leaves the filter all that it would find in the full
 * image. `step` is how many samples of a decoded plane one of the result stands for; where that is
 * 1 the plane is only cut to size.
 */

struct reduction {
    const struct jpeg_layout *layout;
    unsigned components;
    uint32_t width, height; /* of the result, as stored: before it is turned */
    unsigned turn;          /* as the EXIF orientation that asks for it */
    bool half;              /* the factor is 0.5, and a halver does it */
    bool small;             /* decoded in full */
    unsigned h, v;          /* the luma's sampling factors against the chroma's */
    struct plane planes[JPEG_COMPONENTS_MAX];
    bool transposed[JPEG_COMPONENTS_MAX]; /* whether they are, now */
};

static uint32_t subsampled_length(uint32_t length, unsigned by)
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

/* Fewer coefficients cost accuracy in small images, where everything is near an edge and samples
 * are few; and there is nothing to be saved. */
static bool is_small(const struct jpeg_layout *layout)
{
    enum { SIDE = 64, PIXELS = 128 * 128 };

    return layout->width < SIDE || layout->height < SIDE ||
           layout->width * layout->height <= PIXELS;
}

/* Chroma as large as the result: more is not to be measured there. */
static unsigned choose_points(const struct reduction *reduction, double factor, unsigned component)
{
    const bool larger = component == 0 && !reduction->half;
    double points = ceil(8 * factor * (larger ? 1.5 : 1) - 1e-9);

    if (reduction->small)
        return 8;
    return points < 1 ? 1 : points > 8 ? 8 : (unsigned)points;
}

static uint32_t component_width(const struct reduction *reduction, unsigned component)
{
    return component == 0 ? reduction->width : subsampled_length(reduction->width, reduction->h);
}

static uint32_t component_height(const struct reduction *reduction, unsigned component)
{
    return component == 0 ? reduction->height : subsampled_length(reduction->height, reduction->v);
}

static struct plane take_plane(uint8_t **memory, uint32_t width, uint32_t height)
{
    struct plane plane;

    plane_place(&plane, *memory, width, height);
    *memory += plane_bytes(width, height);
    return plane;
}

/* How a component becomes a plane. */
struct plane_source {
    struct jpeg_extent extent; /* as decoded */
    bool direct;               /* just cut to size, not reduced by a reducer */
    bool halved;               /* by a halver, which is direct */
    struct reducer_options options;
    struct reducer reducer;
    struct halver_options halver_options;
    struct halver halver;
};

/* An odd size is one less than twice the result's. */
static void describe_halved(const struct reduction *reduction, unsigned component,
                            struct plane_source *source, struct jpeg_target *target)
{
    const struct jpeg_layout *layout = reduction->layout;

    target->along_x = layout->width % 2 == 1 ? reduction->width : 0;
    target->along_y = layout->height % 2 == 1 ? reduction->height : 0;
    source->halved = component == 0;
    source->halver_options = (struct halver_options){
        .columns = layout->component[component].block_columns,
        .rows = layout->component[component].block_rows,
        .padded_columns = source->extent.padded_width / target->points,
        .rows_at_once = layout->component[component].v,
        .along_x = target->along_x,
        .along_y = target->along_y,
        .inside_x = edge_inside(source->extent.horizontal.pixels),
        .inside_y = edge_inside(source->extent.vertical.pixels),
    };
}

/* Decoded samples for each of `to` of the result. A single one, of chroma that is shared by more
 * than there is of the result, lies in the middle of what there is. */
static double find_step(uint32_t image, uint32_t result, uint32_t to, double sampling,
                        unsigned points)
{
    return points / 8.0 * (to == 1 ? image * sampling : (double)image / result);
}

static void describe_source(const struct reduction *reduction, unsigned component, unsigned points,
                            struct plane_source *source)
{
    const struct jpeg_layout *layout = reduction->layout;
    const struct jpeg_component *size = &layout->component[component];
    const uint32_t to_width = component_width(reduction, component);
    const uint32_t to_height = component_height(reduction, component);

    source->extent = jpeg_decoded_extent(layout, component, points);
    source->direct = reduction->half || (layout->width * points == 8 * reduction->width &&
                                         layout->height * points == 8 * reduction->height);
    source->options = (struct reducer_options){
        .width = source->extent.width,
        .height = source->extent.height,
        .tail_x = source->extent.tail_x,
        .tail_y = source->extent.tail_y,
        .tail_size = points / 8.0,
        .cut_x = source->extent.horizontal.cut,
        .cut_y = source->extent.vertical.cut,
        .padded_width = source->extent.padded_width,
        .to_width = to_width,
        .to_height = to_height,
        .step_x = find_step(layout->width, reduction->width, to_width,
                            (double)size->h / layout->h_max, points),
        .step_y = find_step(layout->height, reduction->height, to_height,
                            (double)size->v / layout->v_max, points),
        .transposed = geometry_swaps(reduction->turn),
    };
}

/* The plane that is filled, not yet placed: of whole MCUs where nothing reduces it. */
static struct plane plane_of(const struct plane_source *source)
{
    if (source->direct)
        return (struct plane){.width = source->extent.padded_width,
                              .height = source->extent.padded_height};
    if (source->options.transposed)
        return (struct plane){.width = source->options.to_height,
                              .height = source->options.to_width};
    return (struct plane){.width = source->options.to_width, .height = source->options.to_height};
}

static size_t memory_of(const struct plane_source *source)
{
    if (source->halved)
        return halver_bytes(&source->halver_options);
    return source->direct ? 0 : reducer_bytes(&source->options);
}

static void begin_source(struct plane_source *source, uint8_t *memory, struct plane *plane,
                         struct jpeg_target *target)
{
    if (source->halved) {
        halver_begin(&source->halver, &source->halver_options, memory, plane);
        target->halver = &source->halver;
    } else if (source->direct) {
        target->plane = plane;
    } else {
        reducer_begin(&source->reducer, &source->options, memory, plane);
        target->reducer = &source->reducer;
    }
}

static int begin_sources(struct reduction *reduction, struct plane_source *sources,
                         struct jpeg_decoding *decoding)
{
    size_t reducers_bytes = 0, planes_bytes = 0;
    uint8_t *reducers, *planes;

    for (unsigned i = 0; i < reduction->components; i++) {
        struct plane plane = plane_of(&sources[i]);

        reducers_bytes += memory_of(&sources[i]);
        planes_bytes += plane_bytes(plane.width, plane.height);
    }
    reducers = jpeg_memory(MEMORY_REDUCERS, reducers_bytes);
    planes = jpeg_memory(MEMORY_PLANES, planes_bytes);
    if (reducers == NULL || planes == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < reduction->components; i++) {
        struct plane plane = plane_of(&sources[i]);

        reduction->planes[i] = take_plane(&planes, plane.width, plane.height);
        begin_source(&sources[i], reducers, &reduction->planes[i], &decoding->target[i]);
        reducers += memory_of(&sources[i]);
    }
    return 0;
}

/* Decodes into planes of the result's size. */
static int fill_planes(struct reduction *reduction, double factor)
{
    struct jpeg_decoding decoding = {.components = reduction->components};
    struct plane_source sources[JPEG_COMPONENTS_MAX] = {0};
    int status;

    for (unsigned i = 0; i < reduction->components; i++) {
        struct jpeg_target *target = &decoding.target[i];

        target->points = choose_points(reduction, factor, i);
        describe_source(reduction, i, target->points, &sources[i]);
        if (reduction->half)
            describe_halved(reduction, i, &sources[i], target);
    }
    if ((status = begin_sources(reduction, sources, &decoding)) != 0 ||
        (status = jpeg_decode(reduction->layout, &decoding)) != 0)
        return status;
    for (unsigned i = 0; i < reduction->components; i++) {
        reduction->transposed[i] = !sources[i].direct && sources[i].options.transposed;
        if (sources[i].direct) {
            reduction->planes[i].width = component_width(reduction, i);
            reduction->planes[i].height = component_height(reduction, i);
        }
    }
    return 0;
}

static int transpose_planes(struct reduction *reduction, bool transposed)
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

        if (reduction->transposed[i] == transposed)
            continue;
        plane_transpose(plane, &turned);
        *plane = turned;
    }
    return 0;
}

/* EXIF orientation as a transposition (5 to 8) and then mirroring and flipping. */
static int turn_planes(struct reduction *reduction)
{
    unsigned turn = reduction->turn;
    bool mirror = turn == 2 || turn == 3 || turn == 6 || turn == 7;
    bool flip = turn == 3 || turn == 4 || turn == 7 || turn == 8;
    int status = transpose_planes(reduction, geometry_swaps(turn));

    for (unsigned i = 0; status == 0 && i < reduction->components; i++) {
        if (mirror)
            plane_mirror(&reduction->planes[i]);
        if (flip)
            plane_flip(&reduction->planes[i]);
    }
    return status;
}

/* Chroma, upright, where it is halved. */
static int emphasize_halved_chroma(const struct reduction *reduction, double factor,
                                   const struct raster *raster)
{
    const unsigned points = choose_points(reduction, factor, 1);
    const unsigned emphasis = chroma_emphasis(factor, points);
    const bool horizontal = raster->h == 2, vertical = raster->v == 2;

    if (reduction->components != 3 || emphasis == 0 || (!horizontal && !vertical))
        return 0;
    for (unsigned i = 1; i < reduction->components; i++) {
        const struct plane *plane = &reduction->planes[i];
        uint8_t *memory = jpeg_memory(MEMORY_ROWS, chroma_bytes(plane->width));

        if (memory == NULL)
            return -ENOMEM;
        chroma_emphasize(plane, emphasis, horizontal, vertical, memory);
    }
    return 0;
}

/* The planes once they are upright. */
static struct raster describe_raster(const struct reduction *reduction)
{
    const bool swap = geometry_swaps(reduction->turn);
    struct raster raster = {
        .width = swap ? reduction->height : reduction->width,
        .height = swap ? reduction->width : reduction->height,
        .h = swap ? reduction->v : reduction->h,
        .v = swap ? reduction->h : reduction->v,
        .colour = reduction->components == 3,
    };

    memcpy(raster.planes, reduction->planes, reduction->components * sizeof(*raster.planes));
    return raster;
}

static void describe_density(const struct reduction *reduction, struct jpeg_encoding *encoding)
{
    const struct jpeg_layout *layout = reduction->layout;
    const bool swap = geometry_swaps(reduction->turn);

    if (layout->application.has_jfif) {
        encoding->density_unit = layout->application.density_unit;
        encoding->density_x = swap ? layout->application.density_y : layout->application.density_x;
        encoding->density_y = swap ? layout->application.density_x : layout->application.density_y;
    }
}

static int add_profile(const struct jpeg_layout *layout, struct jpeg_encoding *encoding)
{
    size_t size;
    const uint8_t *profile = jpeg_profile_bytes(&layout->profile, &size);

    if (profile == NULL)
        return size > 0 ? -ENOMEM : 0;
    if (profile_fits(profile, size, layout->components == 1 ? SPACE_GRAY : SPACE_RGB)) {
        encoding->profile = profile;
        encoding->profile_size = size;
    }
    return 0;
}

/* The luma's quantization row by row, turned with the image, and four times finer: new blocks
 * round anew, and that is not to be seen. */
static void copy_quantizers(const struct reduction *reduction, unsigned quantizers[64])
{
    for (unsigned k = 0; k < 64; k++) {
        unsigned row = idct_natural_order[k] >> 3, column = idct_natural_order[k] & 7;
        unsigned place = geometry_swaps(reduction->turn) ? column * 8 + row : row * 8 + column;

        quantizers[place] = (jpeg_quantizer(&reduction->layout->component[0], k) + 3) / 4;
    }
}

/* The luma alone needs no sampling that can be encoded, but has to be whole. */
static bool find_components(struct reduction *reduction, bool gray)
{
    const struct jpeg_layout *layout = reduction->layout;
    const struct jpeg_component *luma = &layout->component[0];

    reduction->components = gray ? 1 : layout->components;
    if (!gray)
        return find_sampling(reduction, layout);
    reduction->h = reduction->v = 1;
    return luma->h == layout->h_max && luma->v == layout->v_max;
}

/* The least factor that makes these sizes: what is decoded need not be larger than it asks. */
static double find_factor(const struct reduction *reduction)
{
    const double width = reduction->layout->width, height = reduction->layout->height;

    if (reduction->width == width && reduction->height == height)
        return 1;
    return fmax((reduction->width - 0.5) / width, (reduction->height - 0.5) / height);
}

int jpeg_resize(const struct jpeg_layout *layout, const struct image_plan *plan,
                const struct image_output_plan *planned, struct image_output *output)
{
    const bool gray = (planned->steps & IMAGE_STEP_GRAY) != 0;
    const struct image_simple_plan simple = image_simple_plan(plan, planned);
    struct reduction reduction = {
        .layout = layout,
        .width = simple.resized.width,
        .height = simple.resized.height,
        .turn = simple.turn,
    };
    struct jpeg_encoding encoding = {.quality = planned->quality};
    struct raster raster;
    unsigned quantizers[64];
    double factor;
    int status;

    if (!find_components(&reduction, gray))
        return -ENOTSUP;
    factor = find_factor(&reduction);
    reduction.small = is_small(layout);
    reduction.half = !reduction.small && reduction.width == (layout->width + 1) / 2 &&
                     reduction.height == (layout->height + 1) / 2;
    describe_density(&reduction, &encoding);
    if (encoding.quality == 0) {
        copy_quantizers(&reduction, quantizers);
        encoding.quantizers = quantizers;
    }
    if ((status = fill_planes(&reduction, factor)) != 0 || (status = turn_planes(&reduction)) != 0)
        return status;
    raster = describe_raster(&reduction);
    if ((status = emphasize_halved_chroma(&reduction, factor, &raster)) != 0)
        return status;
    if (reduction.components == layout->components &&
        (status = add_profile(layout, &encoding)) != 0)
        return status;
    return jpeg_encode(&encoding, &raster, output->data, output->capacity, &output->size);
}
