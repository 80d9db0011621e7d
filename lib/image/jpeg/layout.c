/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/layout.h"

#include <stdlib.h>

/* Usual files have one scan or ten, and the largest allowed thousands. */
enum { SCANS_AT_FIRST = 16 };

void jpeg_layout_clear(struct jpeg_layout *layout)
{
    free(layout->scan);
    *layout = (struct jpeg_layout){0};
}

struct jpeg_scan *jpeg_layout_add_scan(struct jpeg_layout *layout)
{
    if (layout->scans == layout->scans_room) {
        const unsigned room = layout->scans_room == 0 ? SCANS_AT_FIRST : 2 * layout->scans_room;
        struct jpeg_scan *scan = realloc(layout->scan, room * sizeof(*scan));

        if (scan == NULL)
            return NULL;
        layout->scan = scan;
        layout->scans_room = room;
    }
    layout->scan[layout->scans] = (struct jpeg_scan){0};
    return &layout->scan[layout->scans++];
}
