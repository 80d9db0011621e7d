/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/options.h"

/*
 * GET /openapi.json, OpenAPI 3.1, in both servers: made at the start from the tables of routes,
 * parameters, problems and imaginary's operations, with the server's own limits.
 */
struct openapi_service {
    const char *title;
    const struct http_route *routes;
    size_t count;
    const struct settings *settings;
    bool has_upstream; /* it may answer STATUS_SCALE_UNAVAILABLE */
};

/* Makes the document. 0 or -ENOMEM. Once, from the main thread, before the server serves. */
int openapi_start(const struct openapi_service *service);

/* Handles its route. */
int openapi_report(struct http_request *request, void *context, struct http_answer *answer);
