/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/options.h"
#include "http/request.h"

/*
 * The settings with which a request is served. A reload replaces them for the requests that come
 * after it; a request keeps those that it began with.
 */
struct live_settings {
    struct settings settings;
    bool owned;            /* the strings of `settings` are freed with it */
    struct tokens *tokens; /* NULL: images need none */
    struct tokens *scale_token; /* NULL: the scale server gets none */
};

/* Reads the files of tokens that `settings` name, whose strings it takes over if `owned`, on errors
 * too. 0 and *live; or -errno, and `why`, the key and a sentence for the operator. Main thread. */
int live_new(struct live_settings **live, const struct settings *settings, bool owned,
             char why[static 256]);

/* As http_server_options.release. NULL is fine. Any thread. */
void live_free(void *live);

/* Those of a request. Its thread. */
const struct settings *request_settings(const struct http_request *request);

/* The token for the scale server, or NULL. The request's thread. */
const char *request_scale_token(const struct http_request *request);
