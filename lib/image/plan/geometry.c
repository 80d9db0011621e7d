/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/plan/geometry.h"

uint32_t geometry_scale(uint32_t length, uint64_t numerator, uint64_t denominator)
{
    unsigned __int128 doubled = (unsigned __int128)length * numerator * 2 + denominator;
    unsigned __int128 scaled = doubled / ((unsigned __int128)denominator * 2);

    if (scaled < 1)
        return 1;
    return scaled < UINT32_MAX ? (uint32_t)scaled : UINT32_MAX;
}

/* The width decides where the box is wider than the source is, in proportion; or narrower. */
static struct image_size keep_aspect(struct image_size source, struct image_size box, bool cover)
{
    const uint64_t by_width = (uint64_t)box.width * source.height;
    const uint64_t by_height = (uint64_t)box.height * source.width;
    const bool width_decides =
        box.height == 0 ||
        (box.width != 0 && (cover ? by_width >= by_height : by_width <= by_height));

    if (width_decides)
        return (struct image_size){box.width,
                                   geometry_scale(source.height, box.width, source.width)};
    return (struct image_size){geometry_scale(source.width, box.height, source.height), box.height};
}

/* The box times min(1, W/w, H/h). */
static struct image_size available_box(struct image_size source, struct image_size box)
{
    if (source.width >= box.width && source.height >= box.height)
        return box;
    /* W/w <= H/h */
    if ((uint64_t)source.width * box.height <= (uint64_t)source.height * box.width)
        return (struct image_size){source.width,
                                   geometry_scale(box.height, source.width, box.width)};
    return (struct image_size){geometry_scale(box.width, source.height, box.height), source.height};
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool is_larger(struct image_size a, struct image_size b)
{
    return a.width > b.width || a.height > b.height;
}

void geometry_fit(struct image_size source, struct image_size box, enum image_fit fit, bool enlarge,
                  struct image_size *resized, struct image_size *result)
{
    const bool one_side = box.width == 0 || box.height == 0;

    if (!one_side && fit == IMAGE_FIT_FILL) {
        *resized = box;
        if (!enlarge) {
            resized->width = smaller(box.width, source.width);
            resized->height = smaller(box.height, source.height);
        }
        *result = *resized;
        return;
    }
    if (!one_side && fit == IMAGE_FIT_COVER) {
        *result = enlarge ? box : available_box(source, box);
        *resized = keep_aspect(source, *result, true);
        /* Rounding must not leave a gap. */
        resized->width = resized->width < result->width ? result->width : resized->width;
        resized->height = resized->height < result->height ? result->height : resized->height;
        return;
    }
    *resized = keep_aspect(source, box, !one_side && fit == IMAGE_FIT_OUTSIDE);
    if (!enlarge && is_larger(*resized, source))
        *resized = source;
    *result = !one_side && fit == IMAGE_FIT_PAD ? box : *resized;
}

/* length * share / divisor, rounded to nearest or down. `divisor` is at most 100. */
static uint32_t apply_decimal(uint64_t length, struct decimal share, uint64_t divisor, bool round)
{
    unsigned __int128 one = divisor;

    if (share.places > DECIMAL_PLACES - 2) /* one would overflow, and the result is 0 */
        return 0;
    for (uint32_t i = 0; i < share.places; i++)
        one *= 10;
    return (uint32_t)(((unsigned __int128)length * share.digits + (round ? one / 2 : 0)) / one);
}

uint32_t geometry_offset(uint32_t spare, struct decimal share)
{
    return apply_decimal(spare, share, 1, false);
}

struct image_box geometry_place(struct image_size part, struct image_size whole,
                                const struct image_gravity *gravity)
{
    return (struct image_box){
        .left = geometry_offset(whole.width - part.width, gravity->x),
        .top = geometry_offset(whole.height - part.height, gravity->y),
        .width = part.width,
        .height = part.height,
    };
}

/* How far the edge at `position` of a source lies from a whole pixel once it is resized; its place
 * there, rounded, in *to. */
static uint64_t misalignment(uint64_t position, uint64_t length, uint64_t resized, uint32_t *to)
{
    const uint64_t place = position * resized, nearest = (place + length / 2) / length;

    *to = (uint32_t)nearest;
    return place > nearest * length ? place - nearest * length : nearest * length - place;
}

/* Of the edges from `position` on, in steps of `direction`, the one that is aligned best. */
static uint32_t align_edge(uint32_t position, int direction, uint32_t tries, uint32_t length,
                           uint32_t resized)
{
    uint32_t best = position, ignored;
    uint64_t least = misalignment(position, length, resized, &ignored);

    for (uint32_t i = 1; i <= tries && least > 0; i++) {
        const uint32_t edge = direction < 0 ? position - i : position + i;
        const uint64_t off = misalignment(edge, length, resized, &ignored);

        if (off < least) {
            least = off;
            best = edge;
        }
    }
    return best;
}

/* One direction: [*start, *start + *kept) of `length` pixels, and *resized and *from anew. */
static void narrow_axis(uint32_t length, uint32_t count, uint32_t *resized, uint32_t *from,
                        uint32_t *start, uint32_t *kept)
{
    enum { REACH = 4 /* of Lanczos3, and one for rounding */, TRIES = 64 };
    const uint64_t first = (uint64_t)*from * length / *resized;
    const uint64_t last = ((uint64_t)*from + count) * length / *resized;
    const uint32_t low = first > REACH ? (uint32_t)first - REACH : 0;
    const uint32_t high = last + REACH + 1 < length ? (uint32_t)last + REACH + 1 : length;
    const uint32_t tries = smaller(TRIES, (high - low) / 8);
    uint32_t end, left, right;

    *start = align_edge(low, -1, smaller(tries, low), length, *resized);
    end = align_edge(high, 1, smaller(tries, length - high), length, *resized);
    misalignment(*start, length, *resized, &left);
    misalignment(end, length, *resized, &right);
    *kept = end - *start;
    *resized = right - left;
    *from -= left;
}

void geometry_narrow(struct image_size source, struct image_size *resized, struct image_box *cut,
                     struct image_box *part)
{
    narrow_axis(source.width, cut->width, &resized->width, &cut->left, &part->left, &part->width);
    narrow_axis(source.height, cut->height, &resized->height, &cut->top, &part->top, &part->height);
}

struct image_box geometry_square(struct image_size source, const struct image_gravity *gravity)
{
    const uint32_t side = smaller(source.width, source.height);

    return geometry_place((struct image_size){side, side}, source, gravity);
}

bool geometry_clip(struct image_box *box, struct image_size size)
{
    if (box->left >= size.width || box->top >= size.height)
        return false;
    box->width = smaller(box->width, size.width - box->left);
    box->height = smaller(box->height, size.height - box->top);
    return true;
}

/* Aligns two decimals, so that they can be added. */
static struct decimal add_decimals(struct decimal a, struct decimal b)
{
    for (; a.places < b.places; a.places++)
        a.digits *= 10;
    for (; b.places < a.places; b.places++)
        b.digits *= 10;
    return (struct decimal){.digits = a.digits + b.digits, .places = a.places};
}

static void find_edges(uint32_t length, struct decimal from, struct decimal extent, uint32_t *start,
                       uint32_t *count)
{
    uint32_t end = apply_decimal(length, add_decimals(from, extent), 100, true);

    *start = smaller(apply_decimal(length, from, 100, true), length - 1);
    end = smaller(end, length);
    *count = end > *start ? end - *start : 1;
}

struct image_box geometry_percentages(const struct decimal percent[4], struct image_size size)
{
    struct image_box box;

    find_edges(size.width, percent[0], percent[2], &box.left, &box.width);
    find_edges(size.height, percent[1], percent[3], &box.top, &box.height);
    return box;
}

/* --- turns --------------------------------------------------------------------------------------
 */

/* A turn as: transpose, and then mirror left and right, and top and bottom. */
struct symmetry {
    bool transpose, mirror, flip;
};

static const struct symmetry symmetries[9] = {
    [1] = {false, false, false}, [2] = {false, true, false}, [3] = {false, true, true},
    [4] = {false, false, true},  [5] = {true, false, false}, [6] = {true, true, false},
    [7] = {true, true, true},    [8] = {true, false, true},
};

static unsigned find_turn(struct symmetry wanted)
{
    unsigned turn = 1;

    while (symmetries[turn].transpose != wanted.transpose ||
           symmetries[turn].mirror != wanted.mirror || symmetries[turn].flip != wanted.flip)
        turn++;
    return turn;
}

unsigned geometry_combine(unsigned first, unsigned second)
{
    const struct symmetry a = symmetries[first], b = symmetries[second];

    /* A transposition behind mirrors is one before them, with mirror and flip exchanged. */
    return find_turn((struct symmetry){
        .transpose = a.transpose != b.transpose,
        .mirror = (b.transpose ? a.flip : a.mirror) != b.mirror,
        .flip = (b.transpose ? a.mirror : a.flip) != b.flip,
    });
}

unsigned geometry_inverse(unsigned turn)
{
    unsigned inverse = 1;

    while (geometry_combine(turn, inverse) != 1)
        inverse++;
    return inverse;
}

bool geometry_mirrors(unsigned turn)
{
    return symmetries[turn].mirror;
}

bool geometry_flips(unsigned turn)
{
    return symmetries[turn].flip;
}

struct image_size geometry_turn_size(struct image_size size, unsigned turn)
{
    if (geometry_swaps(turn))
        return (struct image_size){size.height, size.width};
    return size;
}

struct image_box geometry_turn_box(struct image_box box, struct image_size size, unsigned turn)
{
    const struct symmetry symmetry = symmetries[turn];

    if (symmetry.transpose) {
        box = (struct image_box){box.top, box.left, box.height, box.width};
        size = (struct image_size){size.height, size.width};
    }
    if (symmetry.mirror)
        box.left = size.width - box.left - box.width;
    if (symmetry.flip)
        box.top = size.height - box.top - box.height;
    return box;
}
