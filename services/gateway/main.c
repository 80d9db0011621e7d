/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * grisaille-gateway: takes images over HTTP, has them grayed by a pool of sandboxed workers and
 * resized by the scale server. It reads no more of an image than its header.
 */
#include "base/log.h"
#include "config/program.h"
#include "service/start.h"
#include "service/health.h"
#include "service/sandbox_support.h"
#include "services/gateway/routes.h"

#include <stdio.h>
#include <string.h>

static const struct program program = {
    .options = &gateway_options, .health = health_check, .compute = service_add_sandbox_support};
static const struct service service = {
    .program = "grisaille-gateway",
    .worker = "grisaille-gray",
    .options = &gateway_options,
    .describe = gateway_describe,
    .worker_folder = "gray",
};

static int start_client(struct gateway *gateway)
{
    const struct settings *settings = &gateway->settings;
    struct http_client_options options = {
        .base_url = settings->scale.upstream,
        .max_handles = (unsigned)settings->listen.max_connections,
        .handle_wait_ms = settings->pool.queue_wait_ms,
        .max_body_bytes = (size_t)settings->limits.max_output_bytes,
    };
    int status = http_client_new(&gateway->scale.http, &options);

    gateway->scale.upstream = settings->scale.upstream;
    if (status == 0)
        return 0;
    log_plain("%s: cannot set up the client of scale.upstream %s: %s", service.program,
              settings->scale.upstream, strerrordesc_np(-status));
    return 1;
}

static int serve(struct gateway *gateway, struct metrics_listener **listener, int argc, char **argv)
{
    struct http_server *server = NULL;
    struct metrics_listener_options metrics = {
        .settings = &gateway->settings,
        .pool = gateway->images.pool,
        .pool_name = gateway->images.pool_name,
    };

    metrics.routes = gateway_routes(gateway, &metrics.route_count);
    if (service_start_metrics(&service, &metrics, listener) != 0)
        return 1;
    gateway->images.metrics = gateway->scale.metrics = metrics_listener_metrics(*listener);
    if (service_start_server(&service, &gateway->settings, metrics.routes, metrics.route_count,
                             gateway, *listener, &server) != 0)
        return 1;
    service_announce(&gateway->settings, server, *listener);
    service_wait(
        &(struct reload){&program, argc, argv, &gateway->settings, server, gateway_describe});
    service_drain(&gateway->settings, server, *listener);
    return 0;
}

int main(int argc, char **argv)
{
    struct gateway gateway = {
        .images = {.settings = &gateway.settings, .section = "gray", .pool_name = METRIC_POOL_GRAY},
        .scale.outage = OUTAGE("the scale server"),
    };
    struct metrics_listener *listener = NULL;
    int code = settings_load(&program, argc, argv, &gateway.settings);

    if (code != SETTINGS_GO_ON)
        return code;
    code = service_begin(&service, &gateway.settings);
    if (code == 0)
        code = service_start_pool(&service, &gateway.settings, &gateway.images.pool);
    if (code == 0)
        code = start_client(&gateway);
    if (code == 0)
        code = serve(&gateway, &listener, argc, argv);
    metrics_listener_free(listener);
    http_client_free(gateway.scale.http);
    pool_free(gateway.images.pool);
    settings_clear(&gateway.settings);
    return code;
}
