/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/metrics_sources.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/status.h"
#include "http/problem.h"
#include "service/process_usage.h"

#include <time.h>

/* --- events ------------------------------------------------------------------------------------
 */

void metrics_count_request(const struct http_observation *observation, void *context)
{
    struct metrics *metrics = context;
    const unsigned labels[] = {
        metric_find_method(observation->method),
        observation->route < 0 ? metrics_other_route(metrics) : (unsigned)observation->route,
        metric_find_code(observation->code),
    };
    const int problem = http_problem_status(observation->problem);

    metrics_observe(metrics, METRIC_REQUEST_DURATION, labels, observation->duration_us);
    if (problem != STATUS_OK && problem != STATUS_CLIENT_GONE)
        metrics_add(metrics, METRIC_PROBLEMS, (const unsigned[]){(unsigned)problem}, 1);
}

void metrics_count_image(struct metrics *metrics, const struct metrics_image *image)
{
    const unsigned labels[] = {image->operation, image->format_in, image->format_out, image->path};

    metrics_add(metrics, METRIC_IMAGES, labels, 1);
    metrics_add(metrics, METRIC_SOURCE_BYTES, NULL, image->source_bytes);
    metrics_add(metrics, METRIC_SOURCE_PIXELS, NULL, image->source_pixels);
    metrics_add(metrics, METRIC_RESULT_BYTES, NULL, image->result_bytes);
    metrics_add(metrics, METRIC_RESULT_PIXELS, NULL, image->result_pixels);
}

static bool resizes(const struct image_stage *stage)
{
    return stage->scale.digits != 0 || stage->width != 0 || stage->height != 0 || stage->repeat > 1;
}

static bool crops(const struct image_stage *stage)
{
    return stage->crop.kind != IMAGE_CROP_NONE || stage->area.width != 0;
}

static enum metric_operation stage_operation(const struct image_stage *stage)
{
    if (resizes(stage))
        return METRIC_OPERATION_RESIZE;
    if (crops(stage))
        return METRIC_OPERATION_CROP;
    if (stage->rotate != 0 || stage->flip != 0)
        return METRIC_OPERATION_ROTATE;
    if (stage->blur.digits != 0 || stage->sharpen.digits != 0)
        return METRIC_OPERATION_FILTER;
    return stage->gray != IMAGE_GRAY_NONE ? METRIC_OPERATION_GRAY : METRIC_OPERATION_COPY;
}

enum metric_operation metrics_operation(const struct image_request *request,
                                        enum image_format source)
{
    const struct image_output_request *output = &request->outputs[0];
    enum metric_operation first = METRIC_OPERATION_COPY;

    if (output->encoding.format != IMAGE_NONE && output->encoding.format != source)
        first = METRIC_OPERATION_CONVERT;
    for (uint32_t i = 0; i < output->stages; i++) {
        const enum metric_operation operation =
            stage_operation(&request->stages[output->first_stage + i]);

        first = operation < first ? operation : first;
    }
    return first;
}

void metrics_count_job(struct metrics *metrics, enum metric_pool pool, int64_t queue_us,
                       int64_t work_us)
{
    if (work_us == 0)
        return;
    metrics_observe(metrics, METRIC_JOB_PHASE, (const unsigned[]){pool, METRIC_PHASE_QUEUE},
                    queue_us);
    metrics_observe(metrics, METRIC_JOB_PHASE, (const unsigned[]){pool, METRIC_PHASE_WORK},
                    work_us);
}

void metrics_count_upstream(struct metrics *metrics, enum metric_outcome outcome, int64_t us)
{
    const unsigned labels[] = {METRIC_POOL_SCALE, METRIC_PHASE_UPSTREAM};

    metrics_add(metrics, METRIC_UPSTREAM_REQUESTS, (const unsigned[]){outcome}, 1);
    metrics_observe(metrics, METRIC_JOB_PHASE, labels, us);
}

/* --- state -------------------------------------------------------------------------------------
 */

static void set_plain(struct metrics *metrics, enum metric_id id, uint64_t value)
{
    metrics_set(metrics, id, NULL, value);
}

/* The time since 1970 of the process's start, once: the clock may be set later. */
static uint64_t start_time_us(int64_t started_us)
{
    static uint64_t start_us;
    struct timespec now, boot;

    if (start_us == 0 && clock_gettime(CLOCK_REALTIME, &now) == 0 &&
        clock_gettime(CLOCK_BOOTTIME, &boot) == 0)
        start_us = (uint64_t)((now.tv_sec - boot.tv_sec) * 1000000 +
                              (now.tv_nsec - boot.tv_nsec) / 1000 + started_us);
    return start_us;
}

void metrics_read_process(struct metrics *metrics)
{
    struct process_usage usage;

    process_usage_read(&usage);
    set_plain(metrics, METRIC_CPU_SECONDS, (uint64_t)usage.cpu_us);
    set_plain(metrics, METRIC_RESIDENT_MEMORY, usage.resident_bytes);
    set_plain(metrics, METRIC_VIRTUAL_MEMORY, usage.virtual_bytes);
    set_plain(metrics, METRIC_OPEN_FDS, usage.open_fds);
    set_plain(metrics, METRIC_MAX_FDS, usage.max_fds);
    set_plain(metrics, METRIC_THREADS, usage.threads);
    set_plain(metrics, METRIC_START_TIME, start_time_us(usage.started_us));
    set_plain(metrics, METRIC_LOG_LINES_DROPPED, log_lost_lines());
    metrics_set(metrics, METRIC_BUILD, (const unsigned[]){0}, 1);
}

/* In the order of the table's labels. */
static void set_sandbox(struct metrics *metrics, uint32_t layers, bool required)
{
    static const enum sandbox_layer order[] = {
        SANDBOX_SECCOMP,      SANDBOX_LANDLOCK, SANDBOX_LANDLOCK_TCP, SANDBOX_LANDLOCK_SCOPES,
        SANDBOX_NO_NEW_PRIVS, SANDBOX_RLIMITS,  SANDBOX_USER,         SANDBOX_NOT_DUMPABLE,
    };
    unsigned labels[METRIC_LABELS_MAX] = {required};

    static_assert(ARRAY_LENGTH(order) + 1 == METRIC_LABELS_MAX, "a label for each layer");
    for (unsigned i = 0; i < ARRAY_LENGTH(order); i++)
        labels[i + 1] = (layers & order[i]) != 0;
    metrics_clear(metrics, METRIC_SANDBOX);
    metrics_set(metrics, METRIC_SANDBOX, labels, 1);
}

void metrics_read_pool(struct metrics *metrics, enum metric_pool name, struct pool *pool,
                       const struct settings *settings)
{
    const unsigned labels[] = {name};
    struct pool_status status;

    pool_get_status(pool, &status);
    metrics_set(metrics, METRIC_WORKERS, labels, status.workers);
    metrics_set(metrics, METRIC_WORKERS_BUSY, labels, status.busy);
    metrics_set(metrics, METRIC_QUEUE_LENGTH, labels, status.waiting);
    metrics_set(metrics, METRIC_QUEUE_LIMIT, labels, (uint64_t)settings->pool.queue_max);
    set_plain(metrics, METRIC_RETRIES, status.retries);
    for (unsigned i = 0; i < POOL_EXITS; i++)
        metrics_set(metrics, METRIC_WORKER_EXITS, (const unsigned[]){i}, status.exits[i]);
    set_sandbox(metrics, status.layers, settings->sandbox != 0);
}

void metrics_read_server(struct metrics *metrics, struct http_server *server,
                         const struct settings *settings)
{
    struct http_server_status status = {0};

    if (server != NULL)
        http_server_get_status(server, &status);
    set_plain(metrics, METRIC_CONNECTIONS, status.connections);
    set_plain(metrics, METRIC_INFLIGHT_BYTES, status.inflight_bytes);
    set_plain(metrics, METRIC_INFLIGHT_LIMIT, (uint64_t)settings->limits.max_inflight_bytes);
}
