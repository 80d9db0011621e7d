/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/outage.h"
#include "http/answer.h"
#include "http/client.h"
#include "http/request.h"
#include "service/images.h"
#include "service/metrics.h"

#include <stdbool.h>

/* The gateway's half of the conversation with the scale server. When the scale server fails, and
 * when it works again, the log says so at level warning. */
struct scale_client {
    struct http_client *http;
    const char *upstream; /* its URL, for the log; borrowed */
    struct outage outage;
    struct metrics *metrics; /* NULL: none */
};

/* What is asked of the scale server. */
struct scale_task {
    const struct image_plan *plan; /* of which the source counts */
    enum metric_operation operation;
    unsigned formats; /* that the result may have: bit N is format N */
};

/* Whether the scale server reports that it is ready, within half a second. Any thread. */
bool scale_client_is_ready(struct scale_client *client);

/*
 * Passes the whole request to the scale server's `path`. 0 and the scale server's answer, an image
 * of one of the task's formats or a problem, as it came; its capacity is reserved by the
 * request. Or STATUS_SCALE_UNAVAILABLE: no answer, or an invalid one; or what http_client_call()
 * returns. The request's thread; it does not touch the body after its return.
 */
int scale_client_process(struct scale_client *client, struct http_request *request,
                         const char *path, const struct scale_task *task,
                         struct http_answer *answer);

/* The same with the request's own path and query, as the client wrote it but for "key", which is
 * for the gateway alone. The task has one format. */
int scale_client_forward(struct scale_client *client, struct http_request *request,
                         const struct scale_task *task, struct http_answer *answer);
