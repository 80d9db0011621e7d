/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/metrics_listener.h"

/*
 * A second HTTP server with one route, which shares no limit with the first one. The few
 * connections that it takes have the same protection against slow clients.
 *
 * A scrape reads the state of the other parts, and writes the text, under one lock: two at the same
 * time could show a number that goes back.
 */
#include "base/cleanup.h"
#include "service/metrics_sources.h"

#include <errno.h>
#include <pthread.h>

/* settings_memory_bound() counts the places of these connections. */
enum {
    CONNECTIONS = 8,
    TIMEOUT_MS = 10000,
    IDLE_MS = 5000, /* silent connections make room soon; Prometheus may connect for each scrape */
    BODY_BYTES = 1024,
    INFLIGHT_BYTES = 64 * 1024,
};

struct metrics_listener {
    const struct settings *settings;
    struct pool *pool;
    enum metric_pool pool_name;
    const char **routes;
    struct metrics *metrics;
    struct http_server *own;
    pthread_mutex_t mutex;
    struct http_server *watched;
};

static int write_metrics(struct metrics_listener *listener, bool openmetrics, char **text,
                         size_t *size)
{
    int status;

    pthread_mutex_lock(&listener->mutex);
    metrics_read_process(listener->metrics);
    metrics_read_pool(listener->metrics, listener->pool_name, listener->pool, listener->settings);
    metrics_read_server(listener->metrics, listener->watched, listener->settings);
    status = metrics_write(listener->metrics, openmetrics, text, size);
    pthread_mutex_unlock(&listener->mutex);
    return status;
}

static int report(struct http_request *request, void *context, struct http_answer *answer)
{
    _cleanup_free_ char *accept = NULL;
    int status = http_request_list(request, "Accept", &accept);
    bool openmetrics = metrics_prefers_openmetrics(accept);
    char *text;

    if (status == 0)
        status = write_metrics(context, openmetrics, &text, &answer->body_size);
    if (status != 0)
        return status;
    answer->body = (uint8_t *)text;
    answer->content_type = openmetrics ? METRICS_OPENMETRICS_TYPE : METRICS_TEXT_TYPE;
    answer->varies = true;
    return 0;
}

static const struct http_route routes[] = {
    {
        .path = "/metrics",
        .method = HTTP_GET,
        .flags = HTTP_ROUTE_QUIET,
        .handle = report,
    },
};

static int listen_for_scrapes(struct metrics_listener *listener)
{
    const struct http_server_options options = {
        .ip = listener->settings->metrics.ip,
        .port = (uint16_t)listener->settings->metrics.port,
        .max_connections = CONNECTIONS,
        .client_prefix_v6 = (unsigned)listener->settings->limits.client_prefix_v6,
        .idle_timeout_ms = IDLE_MS,
        .body_timeout_ms = TIMEOUT_MS,
        .answer_timeout_ms = TIMEOUT_MS,
        .deadline_ms = TIMEOUT_MS,
        .max_body_bytes = BODY_BYTES,
        .max_inflight_bytes = INFLIGHT_BYTES,
        .max_client_bytes = INFLIGHT_BYTES,
        .routes = routes,
        .route_count = ARRAY_LENGTH(routes),
        .context = listener,
    };

    return http_server_new(&listener->own, &options);
}

int metrics_listener_new(struct metrics_listener **made,
                         const struct metrics_listener_options *options)
{
    struct metrics_listener *listener = calloc(1, sizeof(*listener));
    int status = -ENOMEM;

    if (listener == NULL)
        return -ENOMEM;
    listener->settings = options->settings;
    listener->pool = options->pool;
    listener->pool_name = options->pool_name;
    pthread_mutex_init(&listener->mutex, NULL);
    listener->routes = calloc(options->route_count + 1, sizeof(*listener->routes));
    if (listener->routes != NULL) {
        for (size_t i = 0; i < options->route_count; i++)
            listener->routes[i] = options->routes[i].path;
        status = metrics_new(&listener->metrics, listener->routes, (unsigned)options->route_count);
    }
    if (status == 0)
        status = listen_for_scrapes(listener);
    if (status != 0)
        metrics_listener_free(listener);
    else
        *made = listener;
    return status;
}

struct metrics *metrics_listener_metrics(const struct metrics_listener *listener)
{
    return listener != NULL ? listener->metrics : NULL;
}

const char *metrics_listener_ip(const struct metrics_listener *listener)
{
    return http_server_ip(listener->own);
}

uint16_t metrics_listener_port(const struct metrics_listener *listener)
{
    return http_server_port(listener->own);
}

void metrics_listener_watch(struct metrics_listener *listener, struct http_server *server)
{
    if (listener == NULL)
        return;
    pthread_mutex_lock(&listener->mutex);
    listener->watched = server;
    pthread_mutex_unlock(&listener->mutex);
}

struct metrics_listener *metrics_listener_free(struct metrics_listener *listener)
{
    if (listener == NULL)
        return NULL;
    http_server_free(listener->own);
    metrics_free(listener->metrics);
    free(listener->routes);
    pthread_mutex_destroy(&listener->mutex);
    free(listener);
    return NULL;
}
