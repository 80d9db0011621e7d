/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/server.h"
#include "image/plan/request.h"
#include "image/probe/format.h"
#include "ipc/pool.h"
#include "service/parameters.h"

#include <stdbool.h>

/*
 * What the routes of both servers do with an image: refuse early and cheaply what can be refused,
 * and run a job in the pool for the rest. Called from connection threads, many at once.
 */

/* If no worker and no place in the queue is free for this client: what is wrong with the image, as
 * far as its first `size` bytes show, or else STATUS_OVERLOADED. 0: there is room, or more bytes
 * may show more. */
int images_admit(struct pool *pool, const struct settings *settings,
                 const struct http_request *request, const uint8_t *bytes, size_t size,
                 struct http_answer *answer);

/* 0, or STATUS_UNSUPPORTED_FORMAT by the first bytes of a body. */
int images_peek(const uint8_t *bytes, size_t size, struct http_answer *answer);

/* Reads the header, and checks its pixels against limits.max_pixels. 0,
 * STATUS_UNSUPPORTED_FORMAT, STATUS_IMAGE_CORRUPT or STATUS_IMAGE_TOO_LARGE. */
int images_check(const struct settings *settings, const struct buffer *body,
                 struct image_header *header, struct http_answer *answer);

/* What a request asks of a worker: for the image library, and for the pool. */
struct images_job {
    struct image_request request;
    struct pool_job pool; /* all but the body, which images_run() fills in */
};

/* Gives the job its input and its cost. 0, or STATUS_IMAGE_TOO_LARGE if by that cost it cannot be
 * done within the deadline or a worker's memory. */
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
