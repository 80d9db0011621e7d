/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/server.h"
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

/* Gives the job its input and its cost. 0, or STATUS_IMAGE_TOO_LARGE where it fits a limit of time
 * or of a worker's memory so little that it need not be tried. */
int images_weigh(const struct settings *settings, const struct image_header *header,
                 const struct buffer *body, struct pool_job *job, struct http_answer *answer);

/* Runs one job over job->input, a picture of `format`, and fills the answer with the result, which
 * is of the same. 0 or what pool_run says. */
int images_run(struct pool *pool, const struct pool_job *job, enum image_format format,
               struct http_answer *answer);

/* A job for this request as its parameters ask; `kind` JOB_SCALE without ?scale takes `factor`. */
struct pool_job images_job(const struct settings *settings, struct http_request *request,
                           enum job_kind kind, double factor);

/* "{"ready":true, ...}" for /readyz: the pool's state and walls; `scale_answers` < 0: no scale
 * server belongs to it. 0, or STATUS_... with http_status 503 set in the answer. */
int images_readiness(struct pool *pool, const struct settings *settings, const char *pool_name,
                     int scale_answers, struct http_answer *answer);
