/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/settings.h"

/* What follows from the settings. */
#include "base/cgroup.h"
#include "config/list.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>

void settings_clear(struct settings *settings)
{
    free(settings->listen.ip);
    free(settings->pool.program);
    free(settings->pool.worker_users);
    free(settings->scale.upstream);
    free(settings->metrics.ip);
    free(settings->scale.token_file);
    free(settings->tokens_file);
    list_free(settings->cors_origins);
    list_free(settings->trusted_proxies);
    list_free(settings->input.formats);
    list_free(settings->output.automatic);
    *settings = (struct settings){0};
}

unsigned settings_workers(const struct settings *settings)
{
    const unsigned quota = settings->pool.workers > 0 ? 0 : cgroup_cpus("");
    unsigned workers = 1;
    cpu_set_t cpus;

    if (settings->pool.workers > 0)
        return (unsigned)settings->pool.workers;
    if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) > 0)
        workers = (unsigned)CPU_COUNT(&cpus);
    return quota > 0 && quota < workers ? quota : workers;
}

int64_t settings_client_bytes(const struct settings *settings)
{
    return llround(settings->limits.share_per_client * (double)settings->limits.max_inflight_bytes);
}

uint64_t settings_memory_bound(const struct settings *settings)
{
    /* A connection: the library's memory, its thread's stack, libcurl's buffers for a call to
     * another server, and a small body or answer, which is not counted (lib/http/request.c). */
    static const uint64_t server_bytes = 32 << 20, connection_bytes = (64 + 256 + 320 + 32) << 10;
    /* The places of metrics' own few connections (lib/service/metrics_listener.c), and counters. */
    const uint64_t metrics_bytes = settings->metrics.port != 0 ? 28 << 20 : 0;
    /* lib/http/admission.c has places beyond the limit: for connections that are answered 503, and
     * for those being closed. */
    uint64_t connections = (uint64_t)settings->listen.max_connections;
    uint64_t places = connections + 2 * (connections / 8 + 16);
    uint64_t worker_bytes = (uint64_t)settings->pool.max_memory_bytes +
                            (uint64_t)settings->limits.max_body_bytes +
                            (uint64_t)settings->limits.max_output_bytes;

    /* The tables' ranges keep this below 2^51. */
    return settings_workers(settings) * worker_bytes +
           (uint64_t)settings->limits.max_inflight_bytes + places * connection_bytes +
           server_bytes + metrics_bytes;
}

void settings_fit_memory(struct settings *settings, uint64_t bytes)
{
    const uint64_t bound = settings_memory_bound(settings), workers = settings_workers(settings);
    int64_t less, fitting;

    if (bound <= bytes)
        return;
    less = (int64_t)((bound - bytes + workers - 1) / workers);
    fitting = (settings->pool.max_memory_bytes - less) & ~((INT64_C(1) << 20) - 1);
    if (fitting < SETTINGS_LEAST_MEMORY_BYTES)
        fitting = SETTINGS_LEAST_MEMORY_BYTES;
    if (fitting < settings->pool.max_memory_bytes)
        settings->pool.max_memory_bytes = fitting;
}
