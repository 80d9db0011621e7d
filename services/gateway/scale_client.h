/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/outage.h"
#include "http/answer.h"
#include "http/client.h"
#include "http/request.h"
#include "image/probe/format.h"

#include <stdbool.h>

/* The gateway's half of the conversation with the scale server. When the scale server fails, and
 * when it works again, the log says so at level warning. */
struct scale_client {
    struct http_client *http;
    const char *upstream; /* its URL, for the log; borrowed */
    struct outage outage;
};

/* Whether the scale server reports that it is ready, within half a second. Any thread. */
bool scale_client_is_ready(struct scale_client *client);

/*
 * Passes the whole request to the scale server's `path`. 0 and the scale server's answer, an image
 * of one of `formats` (bit N: format N) or a problem, as it came; its capacity is reserved by the
 * request. Or STATUS_SCALE_UNAVAILABLE: no answer, or an invalid one; or what http_client_call()
 * returns. The request's thread; it does not touch the body after its return.
 */
int scale_client_process(struct scale_client *client, struct http_request *request,
                         const char *path, unsigned formats, struct http_answer *answer);

/* The same with the request's own path and query, as the client wrote it but for "key", which is
 * for the gateway alone. The result is of `format`. */
int scale_client_forward(struct scale_client *client, struct http_request *request,
                         enum image_format format, struct http_answer *answer);
