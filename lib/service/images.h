/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/server.h"
#include "image/plan/request.h"
#include "image/probe/format.h"
#include "ipc/pool.h"

#include <stdbool.h>

/*
 * What the routes of both servers do with a picture: refuse cheaply what can be refused, and run a
 * job in the pool for the rest. Called from connection threads, many at once.
 */

/* The parameters of image routes; their values stand at these places. */
enum { IMAGES_SCALE, IMAGES_QUALITY, IMAGES_PARAMETERS };

/* The table that goes with them. */
void images_parameters(struct http_parameter parameters[static IMAGES_PARAMETERS],
                       double largest_scale);

/* Where no worker and no place in the queue is free for this client: what is wrong with the picture
 * if so much can be told from its beginning, of `size` bytes, and else STATUS_OVERLOADED; or 0,
 * where more of it may tell more. */
int images_admit(struct pool *pool, const struct settings *settings,
                 const struct http_request *request, const uint8_t *bytes, size_t size,
                 struct http_answer *answer);

/* STATUS_UNSUPPORTED_FORMAT by the first bytes of a body. */
int images_peek(const uint8_t *bytes, size_t size, struct http_answer *answer);

/* Reads the header, and whether its pixels are within limits.max_pixels.
 * 0, STATUS_UNSUPPORTED_FORMAT, STATUS_IMAGE_CORRUPT or STATUS_IMAGE_TOO_LARGE. */
int images_check(const struct settings *settings, const struct buffer *body,
                 struct image_header *header, struct http_answer *answer);

/* What a request asks of a worker: for the image library, and for the pool. */
struct images_job {
    struct image_request request;
    struct pool_job pool; /* all but the body, which images_run() fills in */
};

/* Gives the job its input and its cost. 0, or STATUS_IMAGE_TOO_LARGE where it fits a limit of time
 * or of a worker's memory so little that it need not be tried. */
int images_weigh(const struct settings *settings, const struct image_header *header,
                 const struct buffer *body, struct images_job *job, struct http_answer *answer);

/* Runs one job over its input, an image of `format`, and fills the answer with the result, which is
 * of the same format. 0 or what pool_run() returns. */
int images_run(struct pool *pool, const struct images_job *job, enum image_format format,
               struct http_answer *answer);

/* The result that the request's parameters ask for; without ?scale, one scaled by `default_scale`
 * (0: not scaled). */
struct image_variant images_variant(const struct http_request *request, double default_scale);

/* The job that makes this result, within the server's limits. */
struct images_job images_job(const struct settings *settings, struct http_request *request,
                             const struct image_variant *variant);

/* "{"ready":true, ...}" for /readyz: the pool's state and the layers of its sandbox;
 * `scale_answers` < 0: it has no scale server. 0, or STATUS_... with http_status 503 set in the
 * answer. */
int images_readiness(struct pool *pool, const struct settings *settings, const char *pool_name,
                     int scale_answers, struct http_answer *answer);
