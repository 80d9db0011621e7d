/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"
#include "image/probe/format.h"

/*
 * A request held against an image's header: sizes worked out, and the steps that are left. Plain
 * arithmetic, the same in a server, which refuses and estimates by it, and in its worker.
 */
enum image_step {
    IMAGE_STEP_RESIZE = 1 << 0,
    IMAGE_STEP_TURN = 1 << 1, /* upright, as the EXIF orientation says */
    IMAGE_STEP_GRAY = 1 << 2,
    IMAGE_STEP_ENCODE = 1 << 3, /* lossy samples anew: copying their codes is not enough */
};

/* One result. */
struct image_output_plan {
    enum image_format format;
    uint32_t width, height; /* of a frame as stored: before it is turned */
    unsigned steps;         /* enum image_step */
    int quality;            /* 1..100, of lossy results; 0: as good as the source's */
};

struct image_plan {
    uint64_t max_pixels; /* of the source; see struct image_request */
    unsigned max_scans;
    int default_quality; /* 1..100, where the source's quality is unknown */
    struct image_header source;
    unsigned count;
    struct image_output_plan outputs[IMAGE_OUTPUTS_MAX];
};

/* Plans `request`, which is in its ranges, for an image of that header. Any thread. */
void image_plan(struct image_plan *plan, const struct image_request *request,
                const struct image_header *header);
