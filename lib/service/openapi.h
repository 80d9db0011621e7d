/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/options.h"

/*
 * GET /openapi.json, OpenAPI 3.1, in both servers: made from the tables of routes,
 * parameters, problems and imaginary's operations, with the server's own limits.
 */
struct openapi_service {
    const char *title;
    const struct http_route *routes;
    size_t count;
    const struct settings *settings;
    const struct http_parameter *rows; /* PARAMETERS of them, with the server's limits */
    bool has_upstream;                 /* it may answer STATUS_SCALE_UNAVAILABLE */
};

/* Makes the document, which is the caller's to free. Tokens are in it if the settings name a file
 * of them. 0 or -ENOMEM. */
int openapi_make(const struct openapi_service *service, char **document);

/* As http_route.handle: the document of the settings that the request began with. */
int openapi_report(struct http_request *request, void *context, struct http_answer *answer);
