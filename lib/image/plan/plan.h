/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"

#include <stdbool.h>

/*
 * A request held against an image's header: every size and box worked out, the format chosen, and
 * what is left to do. Plain arithmetic, the same in a server, which refuses and estimates by it,
 * and in its worker.
 *
 * Boxes are in pixels of the frame as it is stored and as far as it is processed: turns that EXIF
 * or the client asks for are folded into one, which is done last, or before the one operation that
 * needs the image upright (a smart crop).
 */
enum image_step {
    IMAGE_STEP_CROP = 1 << 0,
    IMAGE_STEP_RESIZE = 1 << 1,
    IMAGE_STEP_SMART_CROP = 1 << 2,
    IMAGE_STEP_PAD = 1 << 3,
    IMAGE_STEP_TURN = 1 << 4,
    IMAGE_STEP_BLUR = 1 << 5,
    IMAGE_STEP_SHARPEN = 1 << 6,
    IMAGE_STEP_FLATTEN = 1 << 7, /* onto the background, where the format has no alpha */
    IMAGE_STEP_GRAY = 1 << 8,    /* luma */

    /* Not operations of their own, but more than a path may be able to do. */
    IMAGE_STEP_LUMINANCE = 1 << 9, /* gray is that */
    IMAGE_STEP_LINEAR = 1 << 10,   /* resizing in linear light */
    IMAGE_STEP_ENLARGE = 1 << 11,  /* a side grows */
    IMAGE_STEP_CHAIN = 1 << 12, /* operations in another order than crop, resize, crop, ... turn */
    IMAGE_STEP_STILL = 1 << 13, /* the first of several frames */
    IMAGE_STEP_SRGB = 1 << 14,  /* the profile is applied */
    IMAGE_STEP_METADATA = 1 << 15,  /* some of it is kept */
    IMAGE_STEP_ENCODE = 1 << 16,    /* lossy samples anew: copying their codes is not enough */
    IMAGE_STEP_SUBSAMPLE = 1 << 17, /* chroma of another resolution than the source's */
    IMAGE_STEP_REPEAT = 1 << 19,    /* each pixel several times */
    IMAGE_STEP_EXTEND = 1 << 20,    /* PAD adds no colour, but what it takes from the image */
    IMAGE_STEP_TUNED = 1 << 18,     /* effort, progressive: not the encoder's defaults */
};

/* One operation on the pixels. */
struct image_operation {
    enum image_step step;
    struct image_box box;     /* CROP: what is left; PAD: where the image lies on the canvas */
    struct image_size size;   /* RESIZE, SMART_CROP: of the result; PAD: of the canvas */
    unsigned turn;            /* TURN: 2..8, as the EXIF orientation that asks for it */
    double sigma;             /* BLUR, SHARPEN: in pixels */
    uint32_t colour;          /* PAD, FLATTEN: 0xRRGGBBAA */
    bool linear;              /* RESIZE */
    enum image_gray gray;     /* GRAY */
    enum image_extend extend; /* PAD */
    uint32_t repeat;          /* REPEAT: times each way */
};

enum { IMAGE_OPERATIONS_MAX = 11 * IMAGE_STAGES_MAX };

/* One result. */
struct image_output_plan {
    enum image_format format;
    unsigned steps;         /* enum image_step, all of them */
    struct image_size size; /* of a frame of the result */
    uint32_t frames;
    unsigned operation_count;
    struct image_operation operations[IMAGE_OPERATIONS_MAX];

    int quality;   /* 1..100, of lossy results; 0: as good as the source's */
    bool lossless; /* WebP, AVIF */
    int effort;    /* 0..9; -1: the format's own default; an AVIF has one always */
    bool progressive;
    enum image_subsampling subsampling; /* AUTO: as the source's */
    enum image_metadata metadata;
    unsigned orientation; /* EXIF, to be written: 1, or what was not applied */
};

struct image_plan {
    uint64_t max_pixels; /* of the source; see struct image_request */
    unsigned max_scans;
    int default_quality; /* 1..100, where the source's quality is unknown */
    struct image_header source;
    unsigned count;
    struct image_output_plan outputs[IMAGE_OUTPUTS_MAX];
};

/* Plans `request`, which is in its ranges, for an image of that header. 0; STATUS_BAD_PARAMETER (a
 * crop outside the image, what cannot be lossless), STATUS_IMAGE_TOO_LARGE (the source) or
 * STATUS_RESULT_TOO_LARGE, with a sentence in `detail` (IMAGE_DETAIL_BYTES) that names the
 * parameter or limit. Any thread. */
int image_plan(struct image_plan *plan, const struct image_request *request,
               const struct image_header *header, char *detail);
