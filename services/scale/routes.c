/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "services/scale/routes.h"

/* The scale server's routes: what works, and what reports. */
#include "base/cleanup.h"
#include "service/common_routes.h"
#include "service/images.h"
#include "service/imaginary_query.h"
#include "service/live.h"
#include "service/parameters.h"

static struct http_parameter rows[PARAMETERS];
static const struct http_parameter_table limited = {
    .rows = rows, .count = PARAMETERS, .ignored = parameters_ignored, .ignored_once = true};
/* /info serves the clients of imaginary's API too. */
static const struct http_parameter_table info_parameters = {
    .rows = rows, .count = PARAMETERS, .ignored = imaginary_names};

static int admit(struct http_request *request, const uint8_t *bytes, size_t size, void *context,
                 struct http_answer *answer)
{
    struct scale_server *scale = context;

    return images_admit(&scale->images, request, bytes, size, answer);
}

static int process(struct scale_server *scale, struct http_request *request, enum image_gray preset,
                   bool resize, struct http_answer *answer)
{
    struct planned_image planned;
    struct image_variant variant;
    int status = images_variant(request, preset, &variant, answer);

    if (resize && !parameters_ask_size(http_request_parameters(request)))
        variant.stage.scale = decimal_from_fraction(request_settings(request)->scale.factor);
    if (status == 0)
        status = images_plan(request, &variant, &planned, answer);
    if (status != 0)
        return status;
    return images_process(&scale->images, request, &planned, answer);
}

static int gray(struct http_request *request, void *context, struct http_answer *answer)
{
    return process(context, request, IMAGE_GRAY_LUMA, false, answer);
}

static int scale(struct http_request *request, void *context, struct http_answer *answer)
{
    return process(context, request, IMAGE_GRAY_NONE, true, answer);
}

/* Without a preset: upright, without its metadata. */
static int image(struct http_request *request, void *context, struct http_answer *answer)
{
    return process(context, request, IMAGE_GRAY_NONE, false, answer);
}

static int process_imaginary(struct http_request *request, void *context,
                             struct http_answer *answer)
{
    struct scale_server *scale = context;
    struct planned_image planned;
    int status = imaginary_plan(request, &planned, answer);

    return status != 0 ? status : images_process(&scale->images, request, &planned, answer);
}

static int report_readiness(struct http_request *request, void *context, struct http_answer *answer)
{
    struct scale_server *scale = context;

    (void)request;
    return images_readiness(&scale->images, &(struct readiness){.scale = -1}, answer);
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
        .read_query = imaginary_read_query, .admit = admit, .peek = images_peek,                   \
        .handle = process_imaginary                                                                \
    }

static const struct http_route routes[] = {
    IMAGE_ROUTE("/gray", admit, gray, "in gray"),
    IMAGE_ROUTE("/scale", admit, scale, "by a factor, the server's default if no size is given"),
    IMAGE_ROUTE("/image", admit, image, "what the parameters say: upright, without its metadata"),
    INFO_ROUTE(&info_parameters),
    IMAGINARY_ROUTES(IMAGINARY_ROUTE),
    LIVENESS_ROUTES,
    {
        .path = "/readyz",
        .method = HTTP_GET,
        .summary = "whether it can work; 503: not now",
        .answers = "application/json",
        .flags = HTTP_ROUTE_ALWAYS | HTTP_ROUTE_QUIET | HTTP_ROUTE_STATE,
        .handle = report_readiness,
    },
    DOCUMENT_ROUTES,
};

const struct http_route *scale_routes(const struct scale_server *scale, size_t *count)
{
    parameters_limit(&scale->settings, rows);
    *count = ARRAY_LENGTH(routes);
    return routes;
}

int scale_describe(struct live_settings *live)
{
    const struct openapi_service documented = {
        .title = "grisaille scale server",
        .routes = routes,
        .count = ARRAY_LENGTH(routes),
        .settings = &live->settings,
        .rows = live->rows,
    };

    return openapi_make(&documented, &live->document);
}
