/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"
#include "image/plan/result.h"
#include "ipc/job.h"

#include <errno.h>
#include <string.h>

/*
 * What servers and image workers send through lib/ipc, which carries it unread: a job's body is a
 * struct image_request, and a reply's result a struct image_result. The side that receives one
 * checks it here.
 */
static_assert(sizeof(struct image_request) <= JOB_BODY_BYTES, "a request fits a job's body");
static_assert(sizeof(struct image_result) <= JOB_RESULT_BYTES, "a result fits a reply");
static_assert((int)IMAGE_DETAIL_BYTES == (int)JOB_DETAIL_BYTES, "a detail fits a reply");

/* In the worker: `size` bytes of a job's body as a request. 0 or -EPROTO. */
static inline int image_request_read(struct image_request *request, const void *body, size_t size)
{
    if (size != sizeof(*request))
        return -EPROTO;
    memcpy(request, body, size);
    return image_request_check(request);
}

/* In the server: `size` bytes of a reply's result as that of a request with `count` outputs, each
 * of which must lie inside `output_size` bytes. Whether its formats are those that were asked for
 * is for the caller to check. 0 or -EPROTO. */
static inline int image_result_read(struct image_result *result, const void *bytes, size_t size,
                                    uint32_t count, uint64_t output_size)
{
    if (size != sizeof(*result) || count > IMAGE_OUTPUTS_MAX)
        return -EPROTO;
    memcpy(result, bytes, size);
    if (result->count != count)
        return -EPROTO;
    for (uint32_t i = 0; i < count; i++) {
        if (result->outputs[i].offset > output_size || result->outputs[i].bytes == 0 ||
            result->outputs[i].bytes > output_size - result->outputs[i].offset)
            return -EPROTO;
    }
    return 0;
}
