/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/options.h"
#include "http/server.h"
#include "image/plan/path.h"
#include "image/plan/request.h"
#include "ipc/pool.h"
#include "service/metrics.h"

/* What is counted when: the servers' events, by the table's labels. Any thread; `metrics` may be
 * NULL. */

/* http_server_options.observe; the observer is a struct metrics whose routes are the server's. */
void metrics_count_request(const struct http_observation *observation, void *metrics);

/* An image that was made. */
struct metrics_image {
    enum metric_operation operation;
    enum image_format format_in, format_out;
    enum image_path path; /* IMAGE_PATH_NONE: not known */
    uint64_t source_bytes, source_pixels, result_bytes, result_pixels;
};
void metrics_count_image(struct metrics *metrics, const struct metrics_image *image);

/* Of so many frames. */
static inline uint64_t metrics_pixels(uint32_t width, uint32_t height, uint32_t frames)
{
    return (uint64_t)width * height * frames;
}

/* What a request asks of an image of that format, in any of its stages. */
enum metric_operation metrics_operation(const struct image_request *request,
                                        enum image_format source);

/* The queue and the work of a job in the pool. One that got no worker (`work_us` is 0) is not
 * counted: what was refused at once would make the queue look short. */
void metrics_count_job(struct metrics *metrics, enum metric_pool pool, int64_t queue_us,
                       int64_t work_us);

/* A call to the scale server. */
void metrics_count_upstream(struct metrics *metrics, enum metric_outcome outcome, int64_t us);

/* Sets what is not an event: the state of the process and of its parts. From one thread at a time,
 * since some of it must not go back. `server` may be NULL. */
void metrics_read_process(struct metrics *metrics);
void metrics_read_pool(struct metrics *metrics, enum metric_pool name, struct pool *pool,
                       const struct settings *settings);
void metrics_read_server(struct metrics *metrics, struct http_server *server,
                         const struct settings *settings);
