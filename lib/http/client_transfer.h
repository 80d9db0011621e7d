/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/peer.h"
#include "http/call.h"

#include <curl/curl.h>
#include <stdbool.h>

/*
 * One call with libcurl: a multi handle with one easy handle, because curl_multi_poll can watch the
 * client's socket besides the call's. Each has its own connection cache. Private to client.c.
 */
struct transfer_handle {
    CURLM *multi;
    CURL *easy;
};

/* Neither libcurl nor a condition variable can wait for a client's FIN: check now and then. */
enum { TRANSFER_LOOK_MS = 250 };

/* A call in progress, as libcurl's callbacks see it. */
struct transfer {
    const struct http_call *call;
    struct http_call_result *result;
    size_t max_body_bytes;
    struct peer peer; /* the client whose call this is */
    bool refused;     /* by call->reserve */
};

/* False: no memory. */
bool transfer_handle_open(struct transfer_handle *handle);
void transfer_handle_close(struct transfer_handle *handle);

/* As http_client_call(). The caller frees result->body, on errors too. */
int transfer_call(const struct transfer_handle *handle, const char *base_url,
                  struct transfer *transfer);
