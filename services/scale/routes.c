/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "services/scale/routes.h"

/* The scale server's routes: one that works, two that tell how it is. */
#include "base/cleanup.h"
#include "service/images.h"

static struct http_parameter rows[PARAMETERS];
static const struct http_parameter_table limited = {rows, PARAMETERS};

static int admit(struct http_request *request, const uint8_t *bytes, size_t size, void *context,
                 struct http_answer *answer)
{
    struct scale *scale = context;

    return images_admit(scale->pool, &scale->settings, request, bytes, size, answer);
}

static int peek(struct http_request *request, const uint8_t *bytes, size_t size, void *context,
                struct http_answer *answer)
{
    (void)request;
    (void)context;
    return images_peek(bytes, size, answer);
}

static int reduce(struct http_request *request, void *context, struct http_answer *answer)
{
    struct scale *scale = context;
    const struct buffer *body = http_request_body(request);
    struct image_header header;
    struct image_variant variant;
    struct images_job job;
    int status = images_check(&scale->settings, body, &header, answer);

    if (status != 0)
        return status;
    variant = images_variant(request, scale->settings.scale.factor);
    job = images_job(&scale->settings, request, &variant);
    status = images_weigh(&scale->settings, &header, body, &job, answer);
    if (status != 0)
        return status;
    return images_run(scale->pool, &job, header.format, answer);
}

static int tell_healthy(struct http_request *request, void *context, struct http_answer *answer)
{
    (void)request;
    (void)context;
    return http_answer_text(answer, "text/plain", "ok\n");
}

static int tell_ready(struct http_request *request, void *context, struct http_answer *answer)
{
    struct scale *scale = context;

    (void)request;
    return images_readiness(scale->pool, &scale->settings, "scale", -1, answer);
}

static const struct http_route routes[] = {
    {
        .path = "/scale",
        .method = HTTP_POST,
        .parameters = &limited,
        .admit = admit,
        .peek = peek,
        .handle = reduce,
    },
    {
        .path = "/healthz",
        .method = HTTP_GET,
        .flags = HTTP_ROUTE_ALWAYS | HTTP_ROUTE_QUIET,
        .handle = tell_healthy,
    },
    {
        .path = "/readyz",
        .method = HTTP_GET,
        .flags = HTTP_ROUTE_ALWAYS | HTTP_ROUTE_QUIET,
        .handle = tell_ready,
    },
};

const struct http_route *scale_routes(const struct scale *scale, size_t *count)
{
    parameters_limit(&scale->settings, rows);
    *count = ARRAY_LENGTH(routes);
    return routes;
}
