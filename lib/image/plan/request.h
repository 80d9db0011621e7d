/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/decimal.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a client asks of an image, and what the server allows. Fixed width and without pointers: a
 * server writes it, and its worker reads it as it is. A member of 0 was not asked for.
 */
enum { IMAGE_OUTPUTS_MAX = 6 };

enum image_gray {
    IMAGE_GRAY_NONE,
    IMAGE_GRAY_LUMA, /* Rec. 601 luma of the encoded values */
    IMAGE_GRAY_COUNT
};

/* One result. */
struct image_variant {
    struct decimal scale; /* factor for both sides, at most 1 */
    uint32_t gray;        /* enum image_gray */
    uint32_t quality;     /* 1..100, of lossy results */
};

struct image_request {
    uint64_t max_pixels;      /* of the source: width x height x frames */
    uint32_t max_scans;       /* of a progressive JPEG */
    uint32_t default_quality; /* 1..100, of lossy results */
    uint32_t count;           /* of outputs, at least 1 */
    uint32_t reserved;        /* 0 */
    struct image_variant outputs[IMAGE_OUTPUTS_MAX];
};

static_assert(sizeof(struct image_variant) == 24, "no padding between processes");
static_assert(offsetof(struct image_request, outputs) == 24, "no padding between processes");

/* Whether every member is in its range, for a process that got it from another. 0 or -EPROTO. */
int image_request_check(const struct image_request *request);
