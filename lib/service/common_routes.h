/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "service/health.h"
#include "service/images.h"
#include "service/imaginary_routes.h"
#include "service/live.h"
#include "service/openapi.h"
#include "service/problem_page.h"

/* Rows of a table of routes that both servers have, as IMAGINARY_ROUTES. */

/* clang-format off */
#define INFO_ROUTE(parameters_)                                                                    \
    {                                                                                              \
        .path = "/info",                                                                           \
        .method = HTTP_POST,                                                                       \
        .summary = "what the image is, from its header",                                           \
        .answers = "application/json",                                                             \
        .flags = HTTP_ROUTE_FIELD,                                                                 \
        .parameters = (parameters_),                                                               \
        .rows = live_rows,                                                                         \
        .peek = images_peek,                                                                       \
        .handle = images_info,                                                                     \
    }

#define LIVENESS_ROUTES                                                                            \
    {                                                                                              \
        .path = "/health",                                                                         \
        .method = HTTP_GET,                                                                        \
        .summary = "the state, as imaginary reports it",                                           \
        .answers = "application/json",                                                             \
        .flags = HTTP_ROUTE_ALWAYS | HTTP_ROUTE_QUIET,                                             \
        .handle = imaginary_report_health,                                                         \
    },                                                                                             \
    {                                                                                              \
        .path = "/healthz",                                                                        \
        .method = HTTP_GET,                                                                        \
        .summary = "whether the process serves requests",                                          \
        .answers = "text/plain",                                                                   \
        .flags = HTTP_ROUTE_ALWAYS | HTTP_ROUTE_QUIET,                                             \
        .handle = health_report,                                                                   \
    }

#define DOCUMENT_ROUTES                                                                            \
    {                                                                                              \
        .path = "/problems/",                                                                      \
        .method = HTTP_GET,                                                                        \
        .summary = "what a type of problem means, and what to do",                                 \
        .answers = "text/plain, text/html",                                                        \
        .flags = HTTP_ROUTE_BELOW,                                                                 \
        .handle = problem_page,                                                                    \
    },                                                                                             \
    {                                                                                              \
        .path = "/openapi.json",                                                                   \
        .method = HTTP_GET,                                                                        \
        .summary = "this document",                                                                \
        .answers = "application/json",                                                             \
        .handle = openapi_report,                                                                  \
    }
/* clang-format on */
