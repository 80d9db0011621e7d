/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * grisaille-scale: the scale server. Takes images over HTTP and has them resized by a pool of
 * sandboxed workers; usable alone, and behind the gateway's /scale.
 */
#include "config/program.h"
#include "service/start.h"
#include "service/health.h"
#include "service/sandbox_support.h"
#include "services/scale/routes.h"

static const struct program program = {
    .options = &scale_options, .health = health_check, .compute = service_add_sandbox_support};
static const struct service service = {
    .program = "grisaille-scale",
    .worker = "grisaille-scale-worker",
    .options = &scale_options,
    .describe = scale_describe,
    .worker_folder = "scale",
};

static int serve(struct scale_server *scale, struct metrics_listener **listener, int argc,
                 char **argv)
{
    struct http_server *server = NULL;
    struct metrics_listener_options metrics = {
        .settings = &scale->settings,
        .pool = scale->images.pool,
        .pool_name = scale->images.pool_name,
    };

    metrics.routes = scale_routes(scale, &metrics.route_count);
    if (service_start_metrics(&service, &metrics, listener) != 0)
        return 1;
    scale->images.metrics = metrics_listener_metrics(*listener);
    if (service_start_server(&service, &scale->settings, metrics.routes, metrics.route_count, scale,
                             *listener, &server) != 0)
        return 1;
    service_announce(&scale->settings, server, *listener);
    service_wait(&(struct reload){&program, argc, argv, &scale->settings, server, scale_describe});
    service_drain(&scale->settings, server, *listener);
    return 0;
}

int main(int argc, char **argv)
{
    struct scale_server scale = {.images = {.settings = &scale.settings,
                                            .section = "scale",
                                            .pool_name = METRIC_POOL_SCALE}};
    struct metrics_listener *listener = NULL;
    int code = settings_load(&program, argc, argv, &scale.settings);

    if (code != SETTINGS_GO_ON)
        return code;
    code = service_begin(&service, &scale.settings);
    if (code == 0)
        code = service_start_pool(&service, &scale.settings, &scale.images.pool);
    if (code == 0)
        code = serve(&scale, &listener, argc, argv);
    metrics_listener_free(listener);
    pool_free(scale.images.pool);
    settings_clear(&scale.settings);
    return code;
}
