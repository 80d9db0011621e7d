/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/options.h"
#include "http/request.h"
#include "image/plan/request.h"
#include "service/images.h"

/* What the routes of imaginary's API do in both servers. Called from connection threads. */

/* A route for each of its operations, which both servers have. */
#define IMAGINARY_ROUTES(ROUTE)                                                                    \
    ROUTE("/pipeline"), ROUTE("/resize"), ROUTE("/crop"), ROUTE("/smartcrop"), ROUTE("/fit"),      \
        ROUTE("/enlarge"), ROUTE("/thumbnail"), ROUTE("/extract"), ROUTE("/zoom"),                 \
        ROUTE("/rotate"), ROUTE("/autorotate"), ROUTE("/flip"), ROUTE("/flop"), ROUTE("/convert"), \
        ROUTE("/blur"), ROUTE("/watermark"), ROUTE("/watermarkimage")

/* http_route.read_query of every path but /info and /health: whether the query can be read, and
 * what it lacks whatever the image is. */
int imaginary_read_query(struct http_request *request, const char *query, size_t length,
                         void *context, struct http_answer *answer);

/* As images_plan(), of the request's query. Also STATUS_NOT_IMPLEMENTED. */
int imaginary_plan(struct http_request *request, struct planned_image *planned,
                   struct http_answer *answer);

/* The answer to /health, with the members of imaginary's. 0 or -ENOMEM. */
int imaginary_report_health(struct http_request *request, void *context,
                            struct http_answer *answer);
