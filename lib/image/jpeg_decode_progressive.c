/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg_decode.h"

#include "base/status.h"
#include "image/jpeg_entropy.h"
#include "image/jpeg_idct.h"
#include "image/jpeg_memory.h"
#include "image/jpeg_progressive.h"

#include <errno.h>

/*
 * Progressive: the scans that matter at this size into coefficients, then every block transformed.
 * Which scans matter is decided for each component before any is read:
 *
 *     - a band with no wanted coefficient does not, unless a later refinement, which is read, also
 *       covers wanted ones, for it needs to know what is not zero in all of its band;
 *     - a refinement does not where all that it could still change would hardly show.
 *
 * Blocks that the picture ends in want all coefficients: where there are any, no band is left out.
 */

/* The mean square error, in squared steps of 8 bits, that a reduced picture may have from
 * refinements that were left out. At 0.1 (58 dB) no photograph's result differs measurably from one
 * with all of them; at 0.5 some lose 0.0006 of SSIM. */
static const double refinement_error_max = 0.1;

struct choice {                /* of one component's scans */
    unsigned stop;             /* refinements below this bit are left out */
    uint64_t refined;          /* coefficients that those which are not cover */
};

/* The error where coefficients are told only down to bit `stop`: up to 2^stop - 1 steps each, evenly.
 * What a coefficient of an 8 x 8 block is off, its 64 samples share, whatever their number. */
static double refinement_error(const struct jpeg_component *component, const struct idct *idct,
                               unsigned stop)
{
    double error = 0;

    for (unsigned k = 1; k <= idct->last; k++) {
        double off = ((1 << stop) - 1) * jpeg_quantizer(component, k);

        error += idct_gain(idct, k) * off * off / 3 / 64;
    }
    return error;
}

static struct choice choose(const struct jpeg_layout *layout, unsigned component,
                            const struct idct *idct, bool exact)
{
    struct choice choice = {0};

    while (!exact && choice.stop < 13 && refinement_error(&layout->component[component], idct,
                                                          choice.stop + 1) <= refinement_error_max)
        choice.stop++;
    for (unsigned i = 0; i < layout->scans; i++) {
        const struct jpeg_scan *scan = &layout->scan[i];

        if (scan->first > 0 && scan->high > 0 && scan->low >= choice.stop &&
            scan->first <= idct->last && scan->component[0] == component)
            for (unsigned k = scan->first; k <= scan->last; k++)
                choice.refined |= UINT64_C(1) << k;
    }
    return choice;
}

static bool matters(const struct jpeg_scan *scan, const struct choice *choice,
                    const struct idct *idct, const struct jpeg_edges *edges)
{
    uint64_t band = (~UINT64_C(0) >> (63 - scan->last)) & (~UINT64_C(0) << scan->first);

    if (scan->first == 0)
        return true;
    if (scan->high > 0)
        return scan->low >= choice->stop && (band & choice->refined) != 0;
    return scan->first <= idct->last || edges->any || (band & choice->refined) != 0;
}

/* What there is to be remembered of a component. */
struct store {
    size_t blocks;
    size_t shorts, edge_shorts, histories;
};

static struct store measure(const struct progressive_component *component, const struct idct *idct,
                            const struct choice *choice)
{
    struct store store = {.blocks = component->across * component->down};

    store.shorts = store.blocks * idct->stride;
    store.edge_shorts =
        component->edges != NULL ? progressive_edge_blocks(component) * EDGE_BLOCK : 0;
    store.histories = choice->refined != 0 ? store.blocks : 0;
    return store;
}

/* Memory for the coefficients of all components, and for the histories of those that need one. */
static int prepare(struct progressive *picture, const struct jpeg_decoding *decoding,
                   const struct idct *idct, const struct choice *choice)
{
    size_t shorts = 0, histories = 0;
    int16_t *coefficients;
    uint64_t *history;

    for (unsigned i = 0; i < decoding->components; i++) {
        struct progressive_component *component = &picture->component[i];
        struct store store;

        component->edges = decoding->target[i].edges.any ? &decoding->target[i].edges : NULL;
        store = measure(component, &idct[i], &choice[i]);
        shorts += store.shorts + store.edge_shorts;
        histories += store.histories;
    }
    coefficients = jpeg_memory(MEMORY_COEFFICIENTS, shorts * sizeof(*coefficients));
    history = jpeg_memory(MEMORY_HISTORY, histories * sizeof(*history));
    if (coefficients == NULL || (history == NULL && histories > 0))
        return -ENOMEM;
    memset(coefficients, 0, shorts * sizeof(*coefficients));
    if (histories > 0)
        memset(history, 0, histories * sizeof(*history));
    for (unsigned i = 0; i < decoding->components; i++) {
        struct progressive_component *component = &picture->component[i];
        const struct store store = measure(component, &idct[i], &choice[i]);

        component->wanted = true;
        component->coefficients = coefficients;
        component->stride = idct[i].stride;
        component->place = idct[i].place;
        component->last = idct[i].last;
        component->edge_coefficients = coefficients + store.shorts;
        component->history = store.histories > 0 ? history : NULL;
        coefficients += store.shorts + store.edge_shorts;
        history += store.histories;
    }
    return 0;
}

static int read_scans(struct progressive *picture, const struct jpeg_decoding *decoding,
                      const struct idct *idct, const struct choice *choice)
{
    for (unsigned i = 0; i < picture->layout->scans; i++) {
        const struct jpeg_scan *scan = &picture->layout->scan[i];
        bool read = false;
        int r;

        for (unsigned n = 0; n < scan->components; n++) {
            unsigned component = scan->component[n];

            if (component < decoding->components)
                read |= matters(scan, &choice[component], &idct[component],
                                &decoding->target[component].edges);
        }
        if (read && (r = progressive_read_scan(picture, scan)) != 0)
            return r;
    }
    for (unsigned i = 0; i < decoding->components; i++)
        if (picture->component[i].progression.low[0] < 0)
            return STATUS_IMAGE_CORRUPT;
    return 0;
}

/* The blocks at the edge of a row, from that column on. */
static void transform_edge(const struct progressive_component *from, uint32_t row, uint32_t column,
                           const struct idct *idct, uint8_t *to, size_t pitch)
{
    for (; jpeg_edges_hold(from->edges, row, column); column++) {
        int16_t *block = progressive_edge_block(from, row, column);

        block[0] = from->coefficients[(row * from->across + column) * from->stride];
        jpeg_edges_block(from->edges, block, row, column, to + column * idct->step, pitch);
    }
}

static void transform_row(const struct progressive_component *from, uint32_t row,
                          const struct idct *idct, uint8_t *to, size_t pitch)
{
    const int16_t *block = from->coefficients + row * from->across * from->stride;
    const size_t edge = from->edges == NULL ? from->across : jpeg_edges_from(from->edges, row);

    for (uint32_t column = 0; column < edge; column++, block += idct->stride)
        idct_block(idct, block, idct->last, row, column, to + column * idct->step, pitch);
    if (edge < from->across)
        transform_edge(from, row, (uint32_t)edge, idct, to, pitch);
}

static void transform(const struct progressive_component *from, const struct idct *idct,
                      struct jpeg_target *target)
{
    uint8_t *to = jpeg_target_begin(target);

    for (uint32_t row = 0; row < from->down; row++) {
        transform_row(from, row, idct, to, jpeg_target_pitch(target));
        to = jpeg_target_advance(target, 1);
    }
}

int jpeg_decode_progressive(const struct jpeg_layout *layout, struct jpeg_decoding *decoding)
{
    struct progressive picture;
    struct idct idct[JPEG_COMPONENTS_MAX];
    struct choice choice[JPEG_COMPONENTS_MAX];
    int r;

    progressive_begin(&picture, layout);
    for (unsigned i = 0; i < decoding->components; i++) {
        if (layout->component[i].quantization == NULL)
            return STATUS_IMAGE_CORRUPT;
        jpeg_target_prepare(&decoding->target[i], layout, i, &idct[i]);
        choice[i] = choose(layout, i, &idct[i], decoding->exact);
    }
    if ((r = prepare(&picture, decoding, idct, choice)) != 0 ||
        (r = read_scans(&picture, decoding, idct, choice)) != 0)
        return r;
    for (unsigned i = 0; i < decoding->components; i++)
        transform(&picture.component[i], &idct[i], &decoding->target[i]);
    return 0;
}
