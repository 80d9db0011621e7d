/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/options.h"
#include "http/request.h"
#include "image/plan/plan.h"
#include "image/probe/format.h"
#include "ipc/pool.h"
#include "service/metrics.h"

#include <stdbool.h>

/*
 * What the routes of both servers do with an image: refuse early what can be refused, and run a job
 * in the pool for the rest. Called from connection threads, many at once.
 */
struct images {
    const struct settings *settings; /* of the start; for what does not change */
    struct pool *pool;
    const char *section; /* of the pool's settings, for clients and /readyz: "gray", "scale" */
    enum metric_pool pool_name;
    struct metrics *metrics; /* NULL: none */
};

/* A request of the image that it is about, and what that comes to. */
struct planned_image {
    struct image_request request;
    struct image_plan plan; /* its source is the image's header */
};

/* What a request asks for, over its path's preset of gray. 0, STATUS_BAD_PARAMETER or -ENOMEM. */
int images_variant(const struct http_request *request, enum image_gray preset,
                   struct image_variant *variant, struct http_answer *answer);

/* Whether input.formats has it. */
bool images_takes(const struct settings *settings, enum image_format format);

/* As http_route.peek, whatever the context is: STATUS_UNSUPPORTED_FORMAT by the first bytes of a
 * body. */
int images_peek(struct http_request *request, const uint8_t *bytes, size_t size, void *context,
                struct http_answer *answer);

/* Whether there is a worker or a place in the queue for this client. If not: what is wrong with the
 * image, as far as its first `size` bytes show, else STATUS_OVERLOADED; or 0, if more bytes may
 * show more. */
int images_admit(const struct images *images, const struct http_request *request,
                 const uint8_t *bytes, size_t size, struct http_answer *answer);

/* Reads the header of the request's body, and plans `variant` of it within the settings' limits. 0,
 * STATUS_UNSUPPORTED_FORMAT, STATUS_IMAGE_CORRUPT, or what image_plan() returns. */
int images_plan(const struct http_request *request, const struct image_variant *variant,
                struct planned_image *planned, struct http_answer *answer);

/* The two halves of images_plan(), for what another API asks. The first reads the header, and makes
 * `limits` a request that asks nothing; the second plans planned->request. */
int images_read_header(const struct http_request *request, struct image_header *header,
                       struct image_request *limits, struct http_answer *answer);
int images_plan_request(const struct http_request *request, const struct image_header *header,
                        struct planned_image *planned, struct http_answer *answer);

/* As http_route.handle, whatever the context is: the answer to /info, whose parameters change
 * nothing but must be in order: what the header of the request's content says, of images of any
 * size. 0, STATUS_UNSUPPORTED_FORMAT, STATUS_IMAGE_CORRUPT or -ENOMEM. */
int images_info(struct http_request *request, void *context, struct http_answer *answer);

/* Makes of the request's body what images_plan() planned, in the pool, and fills the answer. 0;
 * STATUS_IMAGE_TOO_LARGE or STATUS_RESULT_TOO_LARGE: it would exceed a limit of time or of a
 * worker's memory, and was not begun; or what pool_run() returns. */
int images_process(const struct images *images, struct http_request *request,
                   const struct planned_image *planned, struct http_answer *answer);

/* Reads the header of a result, which is upright, and sets the answer's type and size. False: this
 * is no image of one of `formats`: bit N is format N. */
bool images_measure(const uint8_t *image, size_t size, unsigned formats,
                    struct image_header *header, struct http_answer *answer);

/* What belongs to being ready besides the pool. */
struct readiness {
    int scale;          /* whether the scale server is ready; < 0: none belongs to this server */
    bool require_scale; /* without it, this server is not ready either */
};

/* The answer to /readyz: "{"ready":true, ...}" with the pool's state and the layers of its sandbox.
 * Never ready once the server is stopping. 0 and the HTTP status in the answer, or -ENOMEM. */
int images_readiness(const struct images *images, const struct readiness *besides,
                     struct http_answer *answer);
