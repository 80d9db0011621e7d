/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/options.h"
#include "http/request.h"
#include "image/plan/request.h"
#include "service/images.h"

/* What the routes of imaginary's API do in both servers. Called from connection threads. */

/* A route for each of its operations, which both servers have: path, answers, summary. */
/* clang-format off */
#define IMAGINARY_ROUTES(ROUTE)                                                                    \
    ROUTE("/pipeline", "image/*", "imaginary's API: several operations, in one decode and one encode"),\
    ROUTE("/resize", "image/*", "imaginary's API: to a width or height"),                          \
    ROUTE("/crop", "image/*", "imaginary's API: cut to a size"),                                   \
    ROUTE("/smartcrop", "image/*", "imaginary's API: cut to a size, where attention is drawn"),    \
    ROUTE("/fit", "image/*", "imaginary's API: inside a box"),                                     \
    ROUTE("/enlarge", "image/*", "imaginary's API: to both sides, also larger"),                   \
    ROUTE("/thumbnail", "image/*", "imaginary's API: to a width or height, small"),                \
    ROUTE("/extract", "image/*", "imaginary's API: an area"),                                      \
    ROUTE("/zoom", "image/*", "imaginary's API: enlarged by whole factors"),                       \
    ROUTE("/rotate", "image/*", "imaginary's API: turned"),                                        \
    ROUTE("/autorotate", "image/*", "imaginary's API: turned upright"),                            \
    ROUTE("/flip", "image/*", "imaginary's API: left and right change places"),                    \
    ROUTE("/flop", "image/*", "imaginary's API: top and bottom change places"),                    \
    ROUTE("/convert", "image/*", "imaginary's API: in another format"),                            \
    ROUTE("/blur", "image/*", "imaginary's API: blurred"),                                         \
    ROUTE("/watermark", NULL, "imaginary's API: not supported"),                                   \
    ROUTE("/watermarkimage", NULL, "imaginary's API: not supported")
/* clang-format on */

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
