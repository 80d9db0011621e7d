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

/* Makes the document, which is the caller's to free. 0 or -ENOMEM. */
int openapi_make(const struct openapi_service *service, char **document);

/* Makes it the answer; NULL: there was no memory. 0 or -ENOMEM. Any thread. */
int openapi_answer(const char *document, struct http_answer *answer);
