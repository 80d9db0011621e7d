/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/coefficients.h"

#include "image/jpeg/memory.h"

#include <errno.h>
#include <string.h>

void coefficients_begin(struct jpeg_coefficients *coefficients, const struct jpeg_layout *layout)
{
    const struct jpeg_mcus mcus = jpeg_frame_mcus(layout);

    *coefficients = (struct jpeg_coefficients){.layout = layout};
    for (unsigned i = 0; i < layout->components; i++) {
        coefficients->component[i].columns = mcus.columns * layout->component[i].h;
        coefficients->component[i].rows = mcus.rows * layout->component[i].v;
    }
}

static bool is_refined(const struct jpeg_layout *layout, unsigned component)
{
    for (unsigned i = 0; i < layout->scans; i++)
        if (layout->scan[i].first > 0 && layout->scan[i].high > 0 &&
            layout->scan[i].component[0] == component)
            return true;
    return false;
}

/* The coefficients of all blocks, and then those of the blocks at the edges. */
static size_t shorts_of(const struct component_coefficients *component)
{
    const struct jpeg_edges *edges = component->edges;
    size_t shorts = component->columns * component->rows * component->stride;

    if (!component->wanted)
        return 0;
    if (edges != NULL)
        shorts += (component->columns + component->rows) * EDGE_BLOCK;
    if (edges != NULL && edges->horizontal.first_inside + edges->vertical.first_inside > 0)
        shorts += (component->columns + component->rows) * EDGE_BLOCK;
    return shorts;
}

static size_t blocks_of(const struct component_coefficients *component)
{
    return component->columns * component->rows;
}

int coefficients_allocate(struct jpeg_coefficients *coefficients)
{
    const struct jpeg_layout *layout = coefficients->layout;
    size_t shorts = 0, histories = 0;
    int16_t *values;
    uint64_t *history;

    for (unsigned i = 0; i < layout->components; i++) {
        const struct component_coefficients *component = &coefficients->component[i];

        shorts += shorts_of(component);
        histories += is_refined(layout, i) ? blocks_of(component) : 0;
    }
    values = jpeg_memory(MEMORY_COEFFICIENTS, shorts * sizeof(*values));
    history = jpeg_memory(MEMORY_HISTORY, histories * sizeof(*history));
    if (values == NULL || history == NULL)
        return -ENOMEM;
    memset(values, 0, shorts * sizeof(*values));
    memset(history, 0, histories * sizeof(*history));
    for (unsigned i = 0; i < layout->components; i++) {
        struct component_coefficients *component = &coefficients->component[i];

        component->coefficients = component->wanted ? values : NULL;
        component->edge_coefficients = values + blocks_of(component) * component->stride;
        values += shorts_of(component);
        component->history = is_refined(layout, i) ? history : NULL;
        history += is_refined(layout, i) ? blocks_of(component) : 0;
    }
    return 0;
}
