/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/options.h"
#include "http/request.h"
#include "service/parameters.h"

/*
 * The settings with which a request is served. A reload replaces them for the requests that come
 * after it; a request keeps those that it began with.
 */
struct live_settings {
    struct settings settings;
    struct tokens *tokens;                  /* NULL: images need none */
    struct tokens *scale_token;             /* NULL: the scale server gets none */
    struct http_parameter rows[PARAMETERS]; /* of the image routes, within the settings' limits */
    char *document;                         /* GET /openapi.json: openapi_make() */
    char *page;                             /* the gateway's GET /; NULL: it has none */
};

/* Makes what shows clients the settings of `live`: its document and its page. 0 or -ENOMEM. */
typedef int live_describe(struct live_settings *live);

/* Takes over the strings of `settings`, on errors too, and reads the files of tokens that they
 * name. 0 and *live; or -errno, and `why`, the key and a sentence for the operator. Main thread. */
int live_new(struct live_settings **live, const struct settings *settings, live_describe *describe,
             char why[static 256]);

/* The options of a server with these settings, but for its routes and their context. */
struct http_server_options live_options(struct live_settings *live);

/* As http_server_options.release. NULL is fine. Any thread. */
void live_free(void *live);

/* As http_route.rows. */
const struct http_parameter *live_rows(const void *live);

/* Those of a request. Its thread. */
const struct settings *request_settings(const struct http_request *request);

/* GET /openapi.json and the page, while the request lives. Its thread. */
const char *request_document(const struct http_request *request);
const char *request_page(const struct http_request *request);

/* Whether images need a token. Its thread. */
bool request_needs_token(const struct http_request *request);

/* The token for the scale server, or NULL. The request's thread. */
const char *request_scale_token(const struct http_request *request);
