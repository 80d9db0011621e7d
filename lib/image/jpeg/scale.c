/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/scale.h"

#include "image/colour/profile.h"
#include "image/jpeg/decode.h"
#include "image/jpeg/encode.h"
#include "image/jpeg/grid.h"
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
 * image. Only blocks under the filters are decoded. Where the decoded samples are the result's, a
 * plane is only cut to size. Chroma is resized to whatever subsampling the result has.
 */
enum { HORIZONTAL, VERTICAL, DIMENSIONS };

struct reduction {
    const struct jpeg_layout *layout;
    unsigned components;
    struct grid_size size[DIMENSIONS];  /* of the result, as stored: before it is turned */
    unsigned turn;                      /* as the EXIF orientation that asks for it */
    bool half;                          /* the factor is 0.5, and a halver does it */
    bool small;                         /* decoded in full */
    unsigned source_shared[DIMENSIONS]; /* pixels for each sample of the source's chroma */
    unsigned shared[DIMENSIONS];        /* the same of the result's, as stored */
    struct plane planes[JPEG_COMPONENTS_MAX];
    bool transposed[JPEG_COMPONENTS_MAX]; /* whether they are, now */
};

/* Samplings whose planes can be encoded as they are: chroma alike, luma a multiple of it. */
static bool find_sampling(struct reduction *reduction, const struct jpeg_layout *layout)
{
    const struct jpeg_component *luma = &layout->component[0], *chroma = &layout->component[1];

    if (chroma->h != layout->component[2].h || chroma->v != layout->component[2].v ||
        luma->h % chroma->h != 0 || luma->v % chroma->v != 0 || luma->h != layout->h_max ||
        luma->v != layout->v_max)
        return false;
    reduction->source_shared[HORIZONTAL] = luma->h / chroma->h;
    reduction->source_shared[VERTICAL] = luma->v / chroma->v;
    return reduction->source_shared[HORIZONTAL] * reduction->source_shared[VERTICAL] <= 8;
}

static void choose_sampling(struct reduction *reduction, enum image_subsampling subsampling)
{
    for (unsigned i = 0; i < DIMENSIONS; i++)
        reduction->shared[i] = subsampling == IMAGE_SUBSAMPLING_AUTO  ? reduction->source_shared[i]
                               : subsampling == IMAGE_SUBSAMPLING_420 ? 2
                                                                      : 1;
}

/* Fewer coefficients cost accuracy in small images, where everything is near an edge and samples
 * are few; and there is nothing to be saved. */
static bool is_small(const struct reduction *reduction)
{
    enum { SIDE = 64, PIXELS = 128 * 128 };
    const uint32_t width = reduction->size[HORIZONTAL].part,
                   height = reduction->size[VERTICAL].part;

    return width < SIDE || height < SIDE || width * height <= PIXELS;
}

/* --- components ---------------------------------------------------------------------------------
 */

/* How a component becomes a plane. */
struct plane_source {
    struct grid_component grid[DIMENSIONS];
    bool direct;                /* only cut to size, not resized by a reducer */
    bool halved;                /* by a halver, which is direct */
    uint32_t first[DIMENSIONS]; /* direct: the first sample of the result in what is decoded */
    struct jpeg_target_size room;
    struct reducer_options options;
    struct reducer reducer;
    struct halver_options halver_options;
    struct halver halver;
};

static double find_factor(const struct reduction *reduction, const struct plane_source *source)
{
    const double horizontal = grid_factor(&reduction->size[HORIZONTAL], &source->grid[HORIZONTAL]);
    const double vertical = grid_factor(&reduction->size[VERTICAL], &source->grid[VERTICAL]);

    return horizontal > vertical ? horizontal : vertical;
}

/* Chroma as large as the result: more is not to be measured there. */
static unsigned choose_points(const struct reduction *reduction, const struct plane_source *source,
                              unsigned component)
{
    const bool larger = component == 0 && !reduction->half;
    double points = ceil(8 * find_factor(reduction, source) * (larger ? 1.5 : 1) - 1e-9);

    if (reduction->small)
        return 8;
    return points < 1 ? 1 : points > 8 ? 8 : (unsigned)points;
}

static void describe_grid(const struct reduction *reduction, unsigned component,
                          struct plane_source *source)
{
    const struct jpeg_layout *layout = reduction->layout;
    const struct jpeg_component *size = &layout->component[component];
    const bool luma = component == 0;

    source->grid[HORIZONTAL] = (struct grid_component){
        .sampling = size->h,
        .sampling_max = layout->h_max,
        .shared = luma ? 1 : reduction->shared[HORIZONTAL],
    };
    source->grid[VERTICAL] = (struct grid_component){
        .sampling = size->v,
        .sampling_max = layout->v_max,
        .shared = luma ? 1 : reduction->shared[VERTICAL],
    };
    source->grid[HORIZONTAL].points = source->grid[VERTICAL].points =
        choose_points(reduction, source, component);
}

/* An odd size is one less than twice the result's. */
static void describe_halved(const struct reduction *reduction, unsigned component,
                            struct plane_source *source, struct jpeg_target *target)
{
    const struct jpeg_layout *layout = reduction->layout;
    const struct jpeg_component *size = &layout->component[component];

    target->along_x = layout->width % 2 == 1 ? reduction->size[HORIZONTAL].resized : 0;
    target->along_y = layout->height % 2 == 1 ? reduction->size[VERTICAL].resized : 0;
    source->halved = component == 0;
    source->halver_options = (struct halver_options){
        .columns = size->block_columns,
        .rows = size->block_rows,
        .padded_columns = source->room.width / target->points,
        .rows_at_once = size->v,
        .along_x = target->along_x,
        .along_y = target->along_y,
        .inside_x = edge_inside(layout->width),
        .inside_y = edge_inside(layout->height),
    };
}

/* Whether it is halved where it lies: its samples share as many pixels as before. */
static bool is_halved(const struct reduction *reduction, const struct plane_source *source)
{
    bool halved = reduction->half;

    for (unsigned i = 0; i < DIMENSIONS; i++)
        halved = halved && grid_is_unmoved(&reduction->size[i], &source->grid[i]) &&
                 source->grid[i].sampling * source->grid[i].shared == source->grid[i].sampling_max;
    return halved;
}

static void describe_direct(const struct reduction *reduction, struct plane_source *source,
                            struct jpeg_target *target)
{
    target->horizontal = grid_direct_span(&reduction->size[HORIZONTAL], &source->grid[HORIZONTAL],
                                          &source->first[HORIZONTAL]);
    target->vertical = grid_direct_span(&reduction->size[VERTICAL], &source->grid[VERTICAL],
                                        &source->first[VERTICAL]);
}

static void describe_resized(const struct reduction *reduction, struct plane_source *source,
                             struct jpeg_target *target)
{
    const struct grid_size *size = reduction->size;

    target->horizontal = grid_span(&size[HORIZONTAL], &source->grid[HORIZONTAL]);
    target->vertical = grid_span(&size[VERTICAL], &source->grid[VERTICAL]);
    source->options = (struct reducer_options){
        .horizontal = grid_axis(&size[HORIZONTAL], &source->grid[HORIZONTAL], &target->horizontal),
        .vertical = grid_axis(&size[VERTICAL], &source->grid[VERTICAL], &target->vertical),
        .transposed = geometry_swaps(reduction->turn),
    };
}

static void describe_source(const struct reduction *reduction, unsigned component,
                            struct plane_source *source, struct jpeg_target *target)
{
    const struct jpeg_component *size = &reduction->layout->component[component];
    bool halved;

    describe_grid(reduction, component, source);
    halved = is_halved(reduction, source);
    target->points = source->grid[HORIZONTAL].points;
    source->direct =
        halved || (grid_is_direct(&reduction->size[HORIZONTAL], &source->grid[HORIZONTAL]) &&
                   grid_is_direct(&reduction->size[VERTICAL], &source->grid[VERTICAL]));
    if (source->direct)
        describe_direct(reduction, source, target);
    else
        describe_resized(reduction, source, target);
    source->room = jpeg_target_size(target, size);
    source->options.padded_width = source->room.width;
    if (halved)
        describe_halved(reduction, component, source, target);
}

static struct plane take_plane(uint8_t **memory, uint32_t width, uint32_t height)
{
    struct plane plane;

    plane_place(&plane, *memory, width, height);
    *memory += plane_bytes(width, height);
    return plane;
}

/* The plane that is filled, not yet placed: of whole MCUs where nothing resizes it. */
static struct plane plane_of(const struct plane_source *source)
{
    const uint32_t width = source->options.horizontal.to, height = source->options.vertical.to;

    if (source->direct)
        return (struct plane){.width = source->room.width, .height = source->room.height};
    if (source->options.transposed)
        return (struct plane){.width = height, .height = width};
    return (struct plane){.width = width, .height = height};
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

/* What is decoded directly may begin before the result. */
static void cut_plane(const struct reduction *reduction, const struct plane_source *source,
                      struct plane *plane)
{
    plane->data += source->first[VERTICAL] * plane->pitch + source->first[HORIZONTAL];
    plane->width = grid_count(&reduction->size[HORIZONTAL], &source->grid[HORIZONTAL]);
    plane->height = grid_count(&reduction->size[VERTICAL], &source->grid[VERTICAL]);
}

/* Decodes into planes of the result's size. */
static int fill_planes(struct reduction *reduction, struct plane_source *sources)
{
    struct jpeg_decoding decoding = {.components = reduction->components};
    int status;

    for (unsigned i = 0; i < reduction->components; i++)
        describe_source(reduction, i, &sources[i], &decoding.target[i]);
    if ((status = begin_sources(reduction, sources, &decoding)) != 0 ||
        (status = jpeg_decode(reduction->layout, &decoding)) != 0)
        return status;
    for (unsigned i = 0; i < reduction->components; i++) {
        reduction->transposed[i] = !sources[i].direct && sources[i].options.transposed;
        if (sources[i].direct)
            cut_plane(reduction, &sources[i], &reduction->planes[i]);
    }
    return 0;
}

/* --- planes -------------------------------------------------------------------------------------
 */

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
    int status = transpose_planes(reduction, geometry_swaps(reduction->turn));

    for (unsigned i = 0; status == 0 && i < reduction->components; i++) {
        if (geometry_mirrors(reduction->turn))
            plane_mirror(&reduction->planes[i]);
        if (geometry_flips(reduction->turn))
            plane_flip(&reduction->planes[i]);
    }
    return status;
}

/* The emphasis of chroma in one dimension of the stored image; 0: none is needed. */
static unsigned find_emphasis(const struct reduction *reduction, const struct plane_source *chroma,
                              unsigned dimension)
{
    if (reduction->shared[dimension] != 2)
        return 0;
    return chroma_emphasis(find_factor(reduction, chroma), chroma->grid[dimension].points,
                           reduction->source_shared[dimension] == 2);
}

/* Chroma, upright, where it is halved. */
static int emphasize_halved_chroma(const struct reduction *reduction,
                                   const struct plane_source *chroma)
{
    const bool swap = geometry_swaps(reduction->turn);
    const unsigned horizontal = find_emphasis(reduction, chroma, swap ? VERTICAL : HORIZONTAL);
    const unsigned vertical = find_emphasis(reduction, chroma, swap ? HORIZONTAL : VERTICAL);

    for (unsigned i = 1; i < reduction->components && (horizontal > 0 || vertical > 0); i++) {
        const struct plane *plane = &reduction->planes[i];
        uint8_t *memory = jpeg_memory(MEMORY_ROWS, chroma_bytes(plane->width));

        if (memory == NULL)
            return -ENOMEM;
        if (horizontal == vertical) {
            chroma_emphasize(plane, horizontal, true, true, memory);
            continue;
        }
        if (horizontal > 0)
            chroma_emphasize(plane, horizontal, true, false, memory);
        if (vertical > 0)
            chroma_emphasize(plane, vertical, false, true, memory);
    }
    return 0;
}

/* The planes once they are upright. */
static struct raster describe_raster(const struct reduction *reduction)
{
    const unsigned columns = geometry_swaps(reduction->turn) ? VERTICAL : HORIZONTAL;
    struct raster raster = {
        .width = reduction->size[columns].cut,
        .height = reduction->size[1 - columns].cut,
        .h = reduction->shared[columns],
        .v = reduction->shared[1 - columns],
        .colour = reduction->components == 3,
    };

    memcpy(raster.planes, reduction->planes, reduction->components * sizeof(*raster.planes));
    return raster;
}

/* ------------------------------------------------------------------------------------------------
 */

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
static bool find_components(struct reduction *reduction, const struct image_output_plan *planned)
{
    const struct jpeg_layout *layout = reduction->layout;
    const struct jpeg_component *luma = &layout->component[0];

    for (unsigned i = 0; i < DIMENSIONS; i++)
        reduction->source_shared[i] = reduction->shared[i] = 1;
    if ((planned->steps & IMAGE_STEP_GRAY) != 0 || layout->components == 1) {
        reduction->components = 1;
        return luma->h == layout->h_max && luma->v == layout->v_max;
    }
    reduction->components = layout->components;
    if (!find_sampling(reduction, layout))
        return false;
    choose_sampling(reduction, planned->subsampling);
    return true;
}

static void find_size(struct reduction *reduction, const struct image_simple_plan *simple)
{
    const bool swap = geometry_swaps(simple->turn);

    reduction->turn = simple->turn;
    reduction->size[HORIZONTAL] = (struct grid_size){
        .image = reduction->layout->width,
        .part_from = simple->part.left,
        .part = simple->part.width,
        .resized = simple->resized.width,
        .cut_from = simple->cut.left,
        .cut = simple->cut.width,
        .mirrored = swap ? geometry_flips(simple->turn) : geometry_mirrors(simple->turn),
    };
    reduction->size[VERTICAL] = (struct grid_size){
        .image = reduction->layout->height,
        .part_from = simple->part.top,
        .part = simple->part.height,
        .resized = simple->resized.height,
        .cut_from = simple->cut.top,
        .cut = simple->cut.height,
        .mirrored = swap ? geometry_mirrors(simple->turn) : geometry_flips(simple->turn),
    };
    reduction->small = is_small(reduction);
    reduction->half = !reduction->small;
    for (unsigned i = 0; i < DIMENSIONS; i++) {
        const struct grid_size *size = &reduction->size[i];

        reduction->half = reduction->half && size->part == size->image &&
                          size->resized == (size->image + 1) / 2 && size->cut == size->resized;
    }
}

/* Decodes into reduction->planes and describes them. */
static int make_raster(struct reduction *reduction, const struct image_plan *plan,
                       const struct image_output_plan *planned, struct raster *raster)
{
    const struct image_simple_plan simple = image_simple_plan(plan, planned);
    struct plane_source sources[JPEG_COMPONENTS_MAX] = {0};
    int status;

    if (!find_components(reduction, planned))
        return -ENOTSUP;
    find_size(reduction, &simple);
    if ((status = fill_planes(reduction, sources)) != 0 || (status = turn_planes(reduction)) != 0 ||
        (status = emphasize_halved_chroma(reduction, &sources[1])) != 0)
        return status;
    *raster = describe_raster(reduction);
    return 0;
}

int jpeg_make_raster(const struct jpeg_layout *layout, const struct image_plan *plan,
                     const struct image_output_plan *planned, struct raster *raster)
{
    struct reduction reduction = {.layout = layout};

    return make_raster(&reduction, plan, planned, raster);
}

int jpeg_resize(const struct jpeg_layout *layout, const struct image_plan *plan,
                const struct image_output_plan *planned, struct image_output *output)
{
    struct reduction reduction = {.layout = layout};
    struct jpeg_encoding encoding = {.quality = planned->quality,
                                     .progressive = planned->progressive};
    struct bytes profile = {0};
    struct raster raster;
    unsigned quantizers[64];
    int status = make_raster(&reduction, plan, planned, &raster);

    if (status != 0)
        return status;
    describe_density(&reduction, &encoding);
    if (encoding.quality == 0) {
        copy_quantizers(&reduction, quantizers);
        encoding.quantizers = quantizers;
    }
    if (reduction.components == layout->components && (planned->steps & IMAGE_STEP_SRGB) == 0 &&
        (status = jpeg_profile_find(&layout->profile, layout->components, &profile)) != 0)
        return status;
    encoding.profile = profile.data;
    encoding.profile_size = profile.size;
    return jpeg_encode(&encoding, &raster, output->data, output->capacity, &output->size);
}
