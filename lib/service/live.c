/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/live.h"

#include "base/tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int read_tokens(struct tokens **tokens, const char *key, const char *path,
                       char why[static 256])
{
    char reason[TOKENS_WHY_BYTES];
    int status;

    if (path == NULL || *path == '\0')
        return 0;
    status = tokens_read(tokens, path, reason);
    if (status != 0)
        snprintf(why, 256, "%s: %s", key, reason);
    return status;
}

/* Needs the tokens, which the document and the page mention. */
static int make_texts(struct live_settings *live, live_describe *describe, char why[static 256])
{
    int status = describe(live);

    if (status != 0)
        snprintf(why, 256, "out of memory");
    return status;
}

int live_new(struct live_settings **live, const struct settings *settings, live_describe *describe,
             char why[static 256])
{
    struct live_settings *created = calloc(1, sizeof(*created));
    struct settings taken = *settings;
    int status;

    if (created == NULL) {
        settings_clear(&taken);
        snprintf(why, 256, "out of memory");
        return -ENOMEM;
    }
    created->settings = taken;
    parameters_limit(&created->settings, created->rows);
    status = read_tokens(&created->tokens, "auth.tokens_file", taken.tokens_file, why);
    if (status == 0)
        status =
            read_tokens(&created->scale_token, "scale.token_file", taken.scale.token_file, why);
    if (status == 0)
        status = make_texts(created, describe, why);
    if (status != 0)
        live_free(created);
    else
        *live = created;
    return status;
}

struct http_server_options live_options(struct live_settings *live)
{
    const struct settings *settings = &live->settings;

    return (struct http_server_options){
        .ip = settings->listen.ip,
        .port = (uint16_t)settings->listen.port,
        .max_connections = (unsigned)settings->listen.max_connections,
        .max_connections_per_ip = (unsigned)settings->listen.max_connections_per_ip,
        .trusted_proxies = settings->trusted_proxies,
        .client_prefix_v6 = (unsigned)settings->limits.client_prefix_v6,
        .idle_timeout_ms = settings->listen.idle_timeout_ms,
        .body_timeout_ms = settings->listen.body_timeout_ms,
        .answer_timeout_ms = settings->listen.answer_timeout_ms,
        .min_bytes_per_s = settings->listen.min_bytes_per_s,
        .deadline_ms = settings->limits.deadline_ms,
        .max_body_bytes = (size_t)settings->limits.max_body_bytes,
        .max_inflight_bytes = (size_t)settings->limits.max_inflight_bytes,
        .max_client_bytes = (size_t)settings_client_bytes(settings),
        .tokens = live->tokens,
        .cors_origins = settings->cors_origins,
        .live = live,
        .release = live_free,
    };
}

const struct http_parameter *live_rows(const void *live)
{
    return ((const struct live_settings *)live)->rows;
}

void live_free(void *argument)
{
    struct live_settings *live = argument;

    if (live == NULL)
        return;
    tokens_free(live->tokens);
    tokens_free(live->scale_token);
    settings_clear(&live->settings);
    free(live->document);
    free(live->page);
    free(live);
}

const struct settings *request_settings(const struct http_request *request)
{
    const struct live_settings *live = http_request_live(request);

    return &live->settings;
}

const char *request_document(const struct http_request *request)
{
    const struct live_settings *live = http_request_live(request);

    return live->document;
}

const char *request_page(const struct http_request *request)
{
    const struct live_settings *live = http_request_live(request);

    return live->page;
}

bool request_needs_token(const struct http_request *request)
{
    const struct live_settings *live = http_request_live(request);

    return live->tokens != NULL;
}

const char *request_scale_token(const struct http_request *request)
{
    const struct live_settings *live = http_request_live(request);

    return live->scale_token != NULL ? tokens_first(live->scale_token) : NULL;
}
