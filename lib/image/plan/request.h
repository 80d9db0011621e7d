/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/decimal.h"
#include "image/plan/geometry.h"
#include "image/probe/format.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a client asks of an image, and what the server allows. Fixed width and without pointers: a
 * server writes it, and its worker reads it as it is. A member of 0 was not asked for.
 */
enum { IMAGE_OUTPUTS_MAX = 6, IMAGE_STAGES_MAX = 12 };

enum image_gray {
    IMAGE_GRAY_NONE,
    IMAGE_GRAY_LUMA,      /* Rec. 601 luma of the encoded values */
    IMAGE_GRAY_LUMINANCE, /* CIE luminance, computed in linear light */
    IMAGE_GRAY_COUNT
};

enum image_crop_kind {
    IMAGE_CROP_NONE,
    IMAGE_CROP_BOX,
    IMAGE_CROP_PERCENT,
    IMAGE_CROP_SQUARE, /* the largest square, where gravity says */
    IMAGE_CROP_COUNT
};

struct image_crop {
    struct decimal percent[4]; /* left, top, width, height */
    struct image_box box;      /* in pixels */
    uint32_t kind;             /* enum image_crop_kind */
    uint32_t reserved;         /* 0 */
};

enum image_gravity_kind {
    IMAGE_GRAVITY_CENTER,
    IMAGE_GRAVITY_POINT,
    IMAGE_GRAVITY_SMART, /* where libvips finds what draws attention */
    IMAGE_GRAVITY_COUNT
};

struct image_asked_gravity {
    struct image_gravity point;
    uint32_t kind;     /* enum image_gravity_kind */
    uint32_t reserved; /* 0 */
};

/* What pad adds. */
enum image_extend {
    IMAGE_EXTEND_BACKGROUND, /* the stage's colour */
    IMAGE_EXTEND_COPY,       /* the pixels of the edge */
    IMAGE_EXTEND_MIRROR,
    IMAGE_EXTEND_COUNT
};

enum { IMAGE_FLIP_HORIZONTAL = 1, IMAGE_FLIP_VERTICAL = 2 };

/* What is done to the pixels, in the order of the members. A request has one such round, but for
 * imaginary's pipeline, which has one for each operation. */
struct image_stage {
    struct image_crop crop;
    struct decimal scale; /* factor for both sides, at most 1; excludes width and height */
    struct image_asked_gravity gravity;
    struct decimal blur, sharpen; /* sigma in pixels */
    uint32_t width, height;       /* of the box that `fit` is about */
    uint32_t fit;                 /* enum image_fit */
    uint32_t enlarge, linear;     /* 0 or 1 */
    uint32_t flip;                /* IMAGE_FLIP_ bits */
    uint32_t rotate;              /* 90, 180, 270 degrees clockwise */
    uint32_t background;          /* 0xRRGGBBAA: under what is padded, and under transparency */
    uint32_t gray;                /* enum image_gray */

    /* What imaginary's operations need besides: */
    struct image_box area; /* cut from the resized image, and inside it; width 0: none */
    uint32_t repeat;       /* before resizing, each pixel this many times each way; 0, 1: once */
    uint32_t extend;       /* enum image_extend */
    uint32_t under; /* 0xRRGGBBff: under transparency, whatever the format; after pad; 0: none */
};

enum image_choice { IMAGE_UNSET, IMAGE_TRUE, IMAGE_FALSE };
enum image_subsampling { IMAGE_SUBSAMPLING_AUTO, IMAGE_SUBSAMPLING_420, IMAGE_SUBSAMPLING_444 };
enum image_metadata { IMAGE_METADATA_NONE, IMAGE_METADATA_COPYRIGHT, IMAGE_METADATA_KEEP };
enum image_profile { IMAGE_PROFILE_KEEP, IMAGE_PROFILE_SRGB };

enum { IMAGE_FORMAT_AUTO = IMAGE_FORMAT_COUNT, IMAGE_AUTO_MAX = 4, IMAGE_EFFORT_MAX = 9 };

/* How a result is written. */
struct image_encoding {
    uint32_t format; /* enum image_format; 0: the source's; or IMAGE_FORMAT_AUTO */
    uint8_t auto_formats[IMAGE_AUTO_MAX];    /* to be tried for that, up to the first 0 */
    uint32_t quality;                        /* 1..100, of lossy results */
    uint32_t lossless;                       /* enum image_choice */
    uint32_t effort;                         /* 1..10 stand for 0..9 */
    uint32_t progressive;                    /* 0 or 1 */
    uint32_t subsampling, metadata, profile; /* enums of these names */
    uint32_t still;                          /* 1: the first frame alone */
};

/* All that one native request asks: what the table of parameters fills in. */
struct image_variant {
    struct image_stage stage;
    struct image_encoding encoding;
};

struct image_output_request {
    uint32_t first_stage, stages; /* of the request's */
    struct image_encoding encoding;
};

struct image_request {
    uint64_t max_pixels;           /* of a source, and of a result: width x height x frames */
    uint64_t avif_max_pixels;      /* above which `auto` does not choose AVIF */
    uint32_t max_side;             /* of a result whose source's is shorter */
    uint32_t max_scans;            /* of a progressive JPEG */
    uint32_t default_quality;      /* 1..100, of lossy results ... */
    uint32_t default_avif_quality; /* ... and of AVIF */
    uint32_t as_stored;            /* 1: the EXIF orientation is not applied, but kept */
    uint32_t count;                /* of outputs, at least 1 */
    struct image_output_request outputs[IMAGE_OUTPUTS_MAX];
    struct image_stage stages[IMAGE_STAGES_MAX];
};

static_assert(sizeof(struct image_crop) == 88, "no padding between processes");
static_assert(sizeof(struct image_stage) == 88 + 16 + 40 + 32 + 36 + 28,
              "no padding between processes");
static_assert(sizeof(struct image_encoding) == 40, "no padding between processes");
static_assert(offsetof(struct image_request, stages) == 40 + IMAGE_OUTPUTS_MAX * 48,
              "no padding between processes");

/* A request of one output that asks for `variant`; its limits are the caller's to fill in. */
struct image_request image_request_of(const struct image_variant *variant);

/* Whether every member is in its range, for a process that got it from another. 0 or -EPROTO. */
int image_request_check(const struct image_request *request);
