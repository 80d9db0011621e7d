/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "services/gateway/routes.h"

/* The gateway's routes. A picture goes to the scale server, to a gray child, or to the one and then
 * the other. */
#include "base/cleanup.h"
#include "base/status.h"
#include "service/images.h"

#include <stdio.h>
#include <string.h>

enum { HOST_BYTES = 264 }; /* a name of 253, a port */

static int admit_gray(struct http_request *request, const uint8_t *bytes, size_t size,
                      void *context, struct http_answer *answer)
{
    struct gateway *gateway = context;

    return images_admit(gateway->pool, &gateway->settings, request, bytes, size, answer);
}

static int peek(struct http_request *request, const uint8_t *bytes, size_t size, void *context,
                struct http_answer *answer)
{
    (void)request;
    (void)context;
    return images_peek(bytes, size, answer);
}

/* Puts the reduced picture in the place of the one that came. */
static int reduce_body(struct gateway *gateway, struct http_request *request,
                       struct image_header *header, struct http_answer *answer)
{
    struct buffer *body = http_request_body(request), reduced = {0};
    int status =
        scale_client_reduce(&gateway->scale, request, body, header->format, &reduced, answer);

    if (status != 0)
        return status;
    http_request_replace_body(request, &reduced);
    if (image_read_header(body->data, body->size, header) != 0)
        return STATUS_SCALE_UNAVAILABLE; /* it was looked at: no picture of ours */
    return 0;
}

/* A problem of the scale server's is an answer like any other by now. */
static int relayed_is_answered(int status)
{
    return status == RELAYED ? 0 : status;
}

static int gray(struct http_request *request, void *context, struct http_answer *answer)
{
    struct gateway *gateway = context;
    const struct buffer *body = http_request_body(request);
    bool reduce = parameters_variant(http_request_parameters(request))->scale.digits > 0;
    struct image_header header;
    struct image_variant variant;
    struct images_job job;
    int status = images_check(&gateway->settings, body, &header, answer);

    if (status == 0 && reduce)
        status = reduce_body(gateway, request, &header, answer);
    if (status != 0)
        return relayed_is_answered(status);
    variant = images_variant(request, 0);
    variant.gray = IMAGE_GRAY_LUMA;
    variant.scale = (struct decimal){0}; /* that is done */
    /* The scale server has encoded at the quality asked for: once is enough. */
    if (reduce && header.format == IMAGE_JPEG)
        variant.quality = 0;
    job = images_job(&gateway->settings, request, &variant);
    status = images_weigh(&gateway->settings, &header, body, &job, answer);
    if (status != 0)
        return status;
    return images_run(gateway->pool, &job, header.format, answer);
}

static int scale(struct http_request *request, void *context, struct http_answer *answer)
{
    struct gateway *gateway = context;
    const struct buffer *body = http_request_body(request);
    struct buffer reduced = {0};
    struct image_header header;
    int status = images_check(&gateway->settings, body, &header, answer);

    if (status == 0)
        status =
            scale_client_reduce(&gateway->scale, request, body, header.format, &reduced, answer);
    if (status != 0)
        return relayed_is_answered(status);
    answer->body = reduced.data;
    answer->body_size = reduced.size;
    answer->content_type = image_media_type(header.format);
    return 0;
}

/* What the client calls us, where that can be pasted into a shell. */
static void find_host(const struct http_request *request, char host[static HOST_BYTES])
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                ".-_:[]";
    const char *theirs = http_request_header(request, "Host");
    size_t length = theirs != NULL ? strcspn(theirs, " \t") : 0;

    if (length > 0 && length < HOST_BYTES && strspn(theirs, plain) == length)
        snprintf(host, HOST_BYTES, "%.*s", (int)length, theirs);
    else
        snprintf(host, HOST_BYTES, "localhost:8080");
}

static int tell_what_this_is(struct http_request *request, void *context,
                             struct http_answer *answer)
{
    char host[HOST_BYTES];

    (void)context;
    find_host(request, host);
    return http_answer_text(
        answer, "text/plain; charset=utf-8",
        "grisaille: pictures in gray, or smaller, or both\n"
        "\n"
        "  curl --data-binary @photo.jpg 'http://%s' -o gray.jpg\n"
        "  curl --data-binary @photo.jpg 'http://%s/scale?scale=0.5' -o small.jpg\n"
        "  curl --data-binary @photo.jpg 'http://%s/gray?scale=0.25' -o thumb.jpg\n"
        "\n"
        "JPEG, PNG, WebP, GIF and TIFF; quality=1..100 for lossy results.\n"
        "GET /healthz and /readyz tell how it is.\n",
        host, host, host);
}

static int tell_healthy(struct http_request *request, void *context, struct http_answer *answer)
{
    (void)request;
    (void)context;
    return http_answer_text(answer, "text/plain", "ok\n");
}

static int tell_ready(struct http_request *request, void *context, struct http_answer *answer)
{
    struct gateway *gateway = context;

    (void)request;
    return images_readiness(gateway->pool, &gateway->settings, "gray",
                            scale_client_is_ready(&gateway->scale), answer);
}

#define GRAY_ROUTE(path_)                                                                          \
    {                                                                                              \
        .path = (path_), .method = HTTP_POST, .parameters = &image_parameters,                     \
        .admit = admit_gray, .peek = peek, .handle = gray                                          \
    }

static const struct http_route routes[] = {
    GRAY_ROUTE("/"),
    GRAY_ROUTE("/gray"),
    {
        .path = "/scale",
        .method = HTTP_POST,
        .parameters = &image_parameters,
        .peek = peek,
        .handle = scale,
    },
    {.path = "/", .method = HTTP_GET, .handle = tell_what_this_is},
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

const struct http_route *gateway_routes(size_t *count)
{
    *count = ARRAY_LENGTH(routes);
    return routes;
}
