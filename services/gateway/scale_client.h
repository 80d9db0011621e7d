/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/buffer.h"
#include "base/outage.h"
#include "http/client.h"
#include "http/answer.h"
#include "http/request.h"
#include "image/probe/format.h"

#include <stdbool.h>

/* The gateway's half of the conversation with the scale server. That it fails, and that it works
 * again, is told in the log at level warning. */
struct scale_client {
    struct http_client *http;
    const char *upstream; /* its URL, for the log; borrowed */
    struct outage outage;
};

/* Whether the scale server says that it is ready, within half a second. Any thread. */
bool scale_client_is_ready(struct scale_client *client);

/*
 * Has `body`, a picture of `format`, reduced as the request's parameters ask. 0 and the reduced
 * picture in *reduced (the caller's, its capacity reserved by the request; the times are added to
 * the answer). Or a status: the scale server's own problem is then relayed in the answer as it
 * came, with RELAYED to say so; STATUS_SCALE_UNAVAILABLE where it gave no answer or nonsense, and
 * what http_client_call returns.
 */
enum { RELAYED = -1000000 };
int scale_client_reduce(struct scale_client *client, struct http_request *request,
                        const struct buffer *body, enum image_format format, struct buffer *reduced,
                        struct http_answer *answer);
