/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/detail.h"
#include "image/plan/path.h"
#include "image/plan/request.h"
#include "image/probe/format.h"

#include <stddef.h>
#include <stdint.h>

/* Where a path writes a result: within one process. */
struct image_output {
    uint8_t *data; /* the caller's memory */
    size_t capacity;
    size_t size; /* of the result */
    enum image_format format;
    enum image_path path;
    char detail[IMAGE_DETAIL_BYTES]; /* why not, one sentence for the client */
};

/* What a worker made of a request, for its server: fixed width and without pointers. */
struct image_result {
    uint32_t count; /* of outputs, as many as the request has */
    uint32_t reserved;
    struct {
        uint64_t offset, bytes; /* in the worker's output */
        uint32_t format;        /* enum image_format */
        uint32_t path;          /* enum image_path */
    } outputs[IMAGE_OUTPUTS_MAX];
};
