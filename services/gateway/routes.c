/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "services/gateway/routes.h"

/* The gateway's routes. An image goes to a gray child if gray is all that is asked for, and else to
 * the scale server, whole. */
#include "base/cleanup.h"
#include "service/common_routes.h"
#include "service/images.h"
#include "service/imaginary_query.h"
#include "service/live.h"
#include "service/metrics_sources.h"
#include "service/negotiate.h"
#include "service/parameters.h"
#include "services/gateway/page.h"

#include <stdio.h>
#include <string.h>

enum { HOST_BYTES = 264 /* a name of 253, a port */, DEFAULT_PORT = 8080 };
enum { ORIGIN_BYTES = HOST_BYTES + sizeof("https://") };

static struct http_parameter rows[PARAMETERS];
static const struct http_parameter_table limited = {
    .rows = rows, .count = PARAMETERS, .ignored = parameters_ignored, .ignored_once = true};
/* /info serves the clients of imaginary's API too. */
static const struct http_parameter_table info_parameters = {
    .rows = rows, .count = PARAMETERS, .ignored = imaginary_names};

/* Only if the gray children do it, as far as the parameters are known: the scale server decides
 * about its own queue. */
static int admit_if_gray(struct http_request *request, enum image_gray preset, const uint8_t *bytes,
                         size_t size, struct gateway *gateway, struct http_answer *answer)
{
    if (!parameters_ask_gray_alone(http_request_parameters(request), preset))
        return 0;
    return images_admit(&gateway->images, request, bytes, size, answer);
}

static int admit_gray(struct http_request *request, const uint8_t *bytes, size_t size,
                      void *context, struct http_answer *answer)
{
    return admit_if_gray(request, IMAGE_GRAY_LUMA, bytes, size, context, answer);
}

static int admit_image(struct http_request *request, const uint8_t *bytes, size_t size,
                       void *context, struct http_answer *answer)
{
    return admit_if_gray(request, IMAGE_GRAY_NONE, bytes, size, context, answer);
}

/* Only the scale server knows the size of a result without one, and which formats it prefers. Here
 * such a request is held against the limits as if it asked for a frame as it is. *formats are those
 * that `auto` may choose besides. 0 or -ENOMEM. */
static int relax(const struct http_request *request, bool sized, struct image_variant *variant,
                 unsigned *formats)
{
    const bool automatic = variant->encoding.format == IMAGE_FORMAT_AUTO;

    *formats = 0;
    if (!automatic && sized)
        return 0;
    *variant = (struct image_variant){
        .encoding.format = automatic ? IMAGE_NONE : variant->encoding.format,
        .encoding.still = variant->encoding.still,
    };
    return automatic ? negotiate_read(request, formats) : 0;
}

/* What metrics say of a request, whose size is the scale server's default if it asks for none. */
static enum metric_operation operation_of(const struct image_variant *asked, bool sized,
                                          enum image_format source)
{
    const struct image_request request = image_request_of(asked);

    return sized ? metrics_operation(&request, source) : METRIC_OPERATION_RESIZE;
}

/* By the gray children if they can, or by the scale server's `path`. */
static int process(struct gateway *gateway, struct http_request *request, const char *path,
                   enum image_gray preset, struct http_answer *answer)
{
    const struct http_parameter_values *values = http_request_parameters(request);
    const bool sized = strcmp(path, "/scale") != 0 || parameters_ask_size(values);
    struct planned_image planned;
    struct scale_task task = {.plan = &planned.plan};
    struct image_variant variant, asked;
    int status = images_variant(request, preset, &variant, answer);

    if (status != 0)
        return status;
    asked = variant;
    status = relax(request, sized, &variant, &task.formats);
    if (status == 0)
        status = images_plan(request, &variant, &planned, answer);
    if (status != 0)
        return status;
    if (sized && parameters_ask_gray_alone(values, preset))
        return images_process(&gateway->images, request, &planned, answer);
    task.operation = operation_of(&asked, sized, planned.plan.source.format);
    task.formats |= 1U << planned.plan.outputs[0].format;
    return scale_client_process(&gateway->scale, request, path, &task, answer);
}

static int gray(struct http_request *request, void *context, struct http_answer *answer)
{
    return process(context, request, "/gray", IMAGE_GRAY_LUMA, answer);
}

static int image(struct http_request *request, void *context, struct http_answer *answer)
{
    return process(context, request, "/image", IMAGE_GRAY_NONE, answer);
}

static int scale(struct http_request *request, void *context, struct http_answer *answer)
{
    return process(context, request, "/scale", IMAGE_GRAY_NONE, answer);
}

/* imaginary's API: whatever it asks, the scale server does it. */
static int forward_imaginary(struct http_request *request, void *context,
                             struct http_answer *answer)
{
    struct gateway *gateway = context;
    struct planned_image planned;
    struct scale_task task = {.plan = &planned.plan};
    int status = imaginary_plan(request, &planned, answer);

    if (status != 0)
        return status;
    task.operation = metrics_operation(&planned.request, planned.plan.source.format);
    task.formats = 1U << planned.plan.outputs[0].format;
    return scale_client_forward(&gateway->scale, request, &task, answer);
}

/* The scheme and the name that the client uses for us, if it can be pasted into a shell. With a
 * token in it a line must not say http where a proxy in front speaks TLS. */
static void find_own_origin(const struct http_request *request, char origin[static ORIGIN_BYTES])
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                ".-_:[]";
    const char *theirs = http_request_header(request, "Host");
    size_t length = theirs != NULL ? strcspn(theirs, " \t") : 0;
    const unsigned port = http_request_port(request);
    const char *scheme =
        http_request_is_proxied(request) ? http_request_header(request, "X-Forwarded-Proto") : NULL;

    scheme = scheme != NULL && strcasecmp(scheme, "https") == 0 ? "https" : "http";
    if (length > 0 && length < HOST_BYTES && strspn(theirs, plain) == length)
        snprintf(origin, ORIGIN_BYTES, "%s://%.*s", scheme, (int)length, theirs);
    else
        snprintf(origin, ORIGIN_BYTES, "%s://localhost:%u", scheme,
                 port != 0 ? port : DEFAULT_PORT);
}

/* For clients that are no browsers. */
static int introduce_in_text(const struct http_request *request, const char *origin,
                             struct http_answer *answer)
{
    const char *token = request_needs_token(request) ? "-H \"Authorization: Bearer $TOKEN\" " : "";
    char formats[PAGE_FORMATS_BYTES];

    page_list_formats(request_settings(request), formats);
    return http_answer_text(
        answer, "text/plain; charset=utf-8",
        "grisaille: pictures in gray, smaller, cropped, turned, in another format\n"
        "\n"
        "  curl %s--data-binary @photo.jpg '%s' -o gray.jpg\n"
        "  curl %s--data-binary @photo.jpg '%s/scale?scale=0.5' -o small.jpg\n"
        "  curl %s-F image=@photo.jpg -F width=512 -F format=webp '%s/image' -o small.webp\n"
        "  curl %s--data-binary @photo.jpg '%s/info'\n"
        "\n"
        "%s, as they are or as the file of a form;\n"
        "quality=1..100 for lossy results.\n"
        "GET /healthz and /readyz report its state.\n",
        token, origin, token, origin, token, origin, token, origin, formats);
}

static int introduce(struct http_request *request, void *context, struct http_answer *answer)
{
    char origin[ORIGIN_BYTES];
    bool html;
    int status = negotiate_html(request, answer, &html);

    (void)context;
    if (status != 0)
        return status;
    find_own_origin(request, origin);
    if (html && request_settings(request)->page_enabled)
        return page_answer(request_page(request), origin, answer);
    return introduce_in_text(request, origin, answer);
}

static int report_readiness(struct http_request *request, void *context, struct http_answer *answer)
{
    struct gateway *gateway = context;
    const struct readiness besides = {
        .scale = scale_client_is_ready(&gateway->scale),
        .require_scale = http_request_parameters(request)->given != 0,
    };

    return images_readiness(&gateway->images, &besides, answer);
}

#define IMAGE_ROUTE(path_, admit_, handle_, summary_)                                              \
    {                                                                                              \
        .path = (path_), .method = HTTP_POST, .summary = (summary_), .answers = "image/*",         \
        .parameters = &limited, .rows = live_rows, .admit = (admit_), .peek = images_peek,         \
        .handle = (handle_)                                                                        \
    }

#define IMAGINARY_ROUTE(path_, answers_, summary_)                                                 \
    {                                                                                              \
        .path = (path_), .method = HTTP_POST, .summary = (summary_), .answers = (answers_),        \
        .read_query = imaginary_read_query, .peek = images_peek, .handle = forward_imaginary       \
    }

static const struct http_choice required[] = {{"scale", 1}, {0}};
static const struct http_parameter readiness_rows[] = {
    {
        .name = "require",
        .type = &http_type_choice,
        .choices = required,
        .help = "scale: 503 as well while the scale server is not ready",
    },
};
static const struct http_parameter_table readiness_parameters = {.rows = readiness_rows,
                                                                 .count = 1};

static const struct http_route routes[] = {
    IMAGE_ROUTE("/", admit_gray, gray, "in gray"),
    IMAGE_ROUTE("/gray", admit_gray, gray, "in gray"),
    IMAGE_ROUTE("/scale", NULL, scale, "by a factor, the server's default if no size is given"),
    IMAGE_ROUTE("/image", admit_image, image,
                "what the parameters say: upright, without its metadata"),
    INFO_ROUTE(&info_parameters),
    IMAGINARY_ROUTES(IMAGINARY_ROUTE),
    {
        .path = "/",
        .method = HTTP_GET,
        .summary = "what this is, and for browsers a page to try it",
        .answers = "text/plain, text/html",
        .handle = introduce,
    },
    LIVENESS_ROUTES,
    {
        .path = "/readyz",
        .method = HTTP_GET,
        .summary = "whether it can work; 503: not now",
        .answers = "application/json",
        .parameters = &readiness_parameters,
        .flags = HTTP_ROUTE_ALWAYS | HTTP_ROUTE_QUIET | HTTP_ROUTE_STATE,
        .handle = report_readiness,
    },
    DOCUMENT_ROUTES,
};

const struct http_route *gateway_routes(const struct gateway *gateway, size_t *count)
{
    parameters_limit(&gateway->settings, rows);
    *count = ARRAY_LENGTH(routes);
    return routes;
}

int gateway_describe(struct live_settings *live)
{
    const struct openapi_service documented = {
        .title = "grisaille gateway",
        .routes = routes,
        .count = ARRAY_LENGTH(routes),
        .settings = &live->settings,
        .rows = live->rows,
        .has_upstream = true,
    };
    int status = openapi_make(&documented, &live->document);

    return status != 0 ? status : page_make(live);
}
