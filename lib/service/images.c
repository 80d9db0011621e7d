/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/images.h"

/* The common half of the image routes. Statuses pass through; this adds the sentences for clients.
 */
#include "base/status.h"
#include "image/plan/cost.h"
#include "image/plan/path.h"
#include "service/image_request.h"
#include "service/info.h"

#include <stdlib.h>
#include <string.h>

enum { READY_WAIT_MS = 500, RETRY_AFTER_S = 1 };

/* why: "" for the usual reason. */
static int overloaded(const char *why, struct http_answer *answer)
{
    answer->retry_after_s = RETRY_AFTER_S;
    return http_answer_detail(answer, STATUS_OVERLOADED, "%s",
                              why[0] != '\0' ? why : "all workers are busy; try again shortly");
}

/* A variant of a format that is supported otherwise. */
static int unsupported_kind(const struct image_header *header, struct http_answer *answer)
{
    return http_answer_detail(answer, STATUS_UNSUPPORTED_FORMAT,
                              "this is %s, which is not supported", header->unsupported);
}

/* Detects forms that come under another type: the first part begins with a boundary, which begins
 * with two dashes (RFC 2046, 5.1.1). */
static int unsupported_format(const uint8_t *bytes, size_t size, struct http_answer *answer)
{
    if (size >= 2 && bytes[0] == '-' && bytes[1] == '-')
        return http_answer_detail(answer, STATUS_UNSUPPORTED_FORMAT,
                                  "the body is a form, but the Content-Type is not "
                                  "multipart/form-data with its boundary");
    return http_answer_detail(answer, STATUS_UNSUPPORTED_FORMAT,
                              "the body is no JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC");
}

int images_peek(const uint8_t *bytes, size_t size, struct http_answer *answer)
{
    return image_sniff(bytes, size) == IMAGE_NONE ? unsupported_format(bytes, size, answer) : 0;
}

static int check_pixels(const struct images *images, const struct image_header *header,
                        struct http_answer *answer)
{
    int64_t most = images->settings->limits.max_pixels;

    if (image_pixels(header) <= (uint64_t)most)
        return 0;
    return http_answer_detail(answer, STATUS_IMAGE_TOO_LARGE,
                              "limits.max_pixels is %lld, and the picture has %u x %u pixels in %u "
                              "frame(s)",
                              (long long)most, header->width, header->height, header->frames);
}

static int read_content_header(const struct http_request *request, struct image_header *header,
                               struct http_answer *answer)
{
    const struct http_content content = http_request_content(request);
    int status = image_read_header(content.data, content.size, header);

    if (status == STATUS_UNSUPPORTED_FORMAT && header->format != IMAGE_NONE)
        return unsupported_kind(header, answer);
    if (status == STATUS_UNSUPPORTED_FORMAT)
        return unsupported_format(content.data, content.size, answer);
    if (status != 0)
        return http_answer_detail(answer, status, "the picture's header is damaged or cut short");
    return 0;
}

int images_check(const struct images *images, const struct http_request *request,
                 struct image_header *header, struct http_answer *answer)
{
    int status = read_content_header(request, header, answer);

    if (status == 0)
        status = check_pixels(images, header, answer);
    if (status == 0 && !image_has_room(header, http_request_content(request).size))
        status = http_answer_detail(answer, STATUS_IMAGE_CORRUPT,
                                    "the picture's header announces more bytes than there are");
    return status;
}

int images_info(const struct http_request *request, struct http_answer *answer)
{
    struct image_header header;
    int status = read_content_header(request, &header, answer);

    return status != 0 ? status : info_answer(&header, http_request_content(request).size, answer);
}

int images_admit(const struct images *images, const struct http_request *request,
                 const uint8_t *bytes, size_t size, struct http_answer *answer)
{
    struct image_header header;
    int status;

    if (!pool_is_full(images->pool, http_request_client(request)))
        return 0;
    if (size == 0)
        return overloaded("", answer);
    /* A header that seems damaged may continue after these bytes; frames can only become more. */
    status = image_read_header(bytes, size, &header);
    if (status == 0)
        status = check_pixels(images, &header, answer);
    else if (status == STATUS_UNSUPPORTED_FORMAT && header.format != IMAGE_NONE)
        status = unsupported_kind(&header, answer);
    else if (size < HTTP_ADMIT_BYTES)
        return 0;
    else
        status = 0;
    return status != 0 ? status : overloaded("", answer);
}

/* Refuses what cannot be done within the limits, and names the limit. */
static int check_cost(const struct images *images, const struct image_header *header,
                      const struct image_cost *cost, struct http_answer *answer)
{
    const struct settings *settings = images->settings;

    if (cost->time_us / 1000 > settings->limits.deadline_ms)
        return http_answer_detail(
            answer, STATUS_IMAGE_TOO_LARGE,
            "limits.deadline_ms is %lld, and %u x %u pixels in %u frame(s) of "
            "%s may take %lld",
            (long long)settings->limits.deadline_ms, header->width, header->height, header->frames,
            image_format_name(header->format), (long long)cost->time_us / 1000);
    if (settings->sandbox && cost->memory_bytes > (uint64_t)settings->pool.max_memory_bytes)
        return http_answer_detail(answer, STATUS_IMAGE_TOO_LARGE,
                                  "%s.max_memory_bytes is %lld, and %u x %u pixels in %u frame(s) "
                                  "of %s may need %llu",
                                  images->section, (long long)settings->pool.max_memory_bytes,
                                  header->width, header->height, header->frames,
                                  image_format_name(header->format),
                                  (unsigned long long)cost->memory_bytes);
    return 0;
}

static bool reserve(void *request, size_t bytes)
{
    return http_request_reserve(request, bytes);
}

/* A sentence for a status of the pool; a worker's own sentence comes with the result. */
static int explain_pool_status(int status, const struct pool_result *result,
                               struct http_answer *answer)
{
    switch (status) {
    case STATUS_OVERLOADED: /* with a detail already: there was no room for the result */
        return answer->detail[0] != '\0' ? status : overloaded(result->detail, answer);
    case STATUS_DEADLINE_EXCEEDED:
        return http_answer_detail(answer, status, "the picture took longer than it may");
    case STATUS_IMAGE_CRASHED_DECODER:
        return http_answer_detail(answer, status, "decoding the picture ended its worker, twice");
    default:
        return http_answer_detail(answer, status, "%s", result->detail);
    }
}

bool images_measure(const uint8_t *image, size_t size, enum image_format format,
                    struct http_answer *answer)
{
    struct image_header header;

    if (image_read_header(image, size, &header) != 0 || header.format != format)
        return false;
    answer->image_width = header.width;
    answer->image_height = header.height;
    return true;
}

/* What a result must be. */
struct expectation {
    enum image_format format;
    struct http_answer *answer; /* gets its size */
};

/* The worker is not trusted. The one output must be all of what it sent, made on a path of ours,
 * and of the format that was asked for, which its header must confirm. */
static bool is_as_asked(const struct pool_result *result, const void *context)
{
    const struct expectation *expected = context;
    struct image_result made;

    if (image_result_read(&made, result->result, result->result_size, 1, result->output_size) != 0)
        return false;
    return made.outputs[0].bytes == result->output_size &&
           made.outputs[0].format == expected->format && made.outputs[0].path > IMAGE_PATH_NONE &&
           made.outputs[0].path < IMAGE_PATH_COUNT &&
           images_measure(result->output, result->output_size, expected->format, expected->answer);
}

/* The path of an accepted result. */
static const char *path_name(const struct pool_result *result)
{
    struct image_result made = {0};

    image_result_read(&made, result->result, result->result_size, 1, result->output_size);
    return image_path_name(made.outputs[0].path);
}

/* Runs the job, whose result is to be of `format`. */
static int run_job(const struct images *images, struct pool_job *job, enum image_format format,
                   struct http_answer *answer)
{
    const struct expectation expected = {format, answer};
    struct pool_result result;
    int status;

    job->accepts = is_as_asked;
    job->context = &expected;
    status = pool_run(images->pool, job, &result);
    answer->queue_us = result.queue_us;
    answer->work_us = result.work_us;
    if (status > 0)
        return explain_pool_status(status, &result, answer);
    if (status < 0)
        return status;
    answer->path = path_name(&result);
    answer->body = result.output;
    answer->body_size = result.output_size;
    answer->content_type = image_media_type(format);
    return 0;
}

int images_process(const struct images *images, struct http_request *request,
                   const struct image_variant *variant, const struct image_header *header,
                   struct http_answer *answer)
{
    const struct settings *settings = images->settings;
    const struct http_content content = http_request_content(request);
    const struct image_request asked = {
        .max_pixels = (uint64_t)settings->limits.max_pixels,
        .max_scans = (uint32_t)settings->limits.max_scans,
        .default_quality = (uint32_t)settings->output.quality,
        .count = 1,
        .outputs[0] = *variant,
    };
    struct pool_job job = {
        .body = &asked,
        .body_size = sizeof(asked),
        .input = content.data,
        .input_size = content.size,
        .deadline_us = http_request_deadline_us(request),
        .client_fd = http_request_client_fd(request),
        .client = http_request_client(request),
        .reserve = reserve,
        .reserve_context = request,
    };
    struct image_plan plan;
    struct image_cost cost;
    int status;

    image_plan(&plan, &asked, header);
    image_estimate(&plan, content.size, &cost);
    status = check_cost(images, header, &cost, answer);
    if (status != 0)
        return status;
    job.cost_us = cost.time_us;
    return run_job(images, &job, image_result_format(header->format), answer);
}

static const char *yes_no(bool value)
{
    return value ? "true" : "false";
}

int images_readiness(const struct images *images, int scale_answers, struct http_answer *answer)
{
    bool pool_ready = pool_answers(images->pool, READY_WAIT_MS);
    bool ready = pool_ready && scale_answers != 0;
    struct pool_status status;

    pool_get_status(images->pool, &status);
    answer->http_status = ready ? 200 : 503;
    return http_answer_text(
        answer, "application/json",
        "{\"ready\":%s,\"%s\":%s%s%s,\n"
        " \"workers\":{\"count\":%u,\"idle\":%u,\"busy\":%u,\"starting\":%u,\"waiting\":%u,"
        "\"jobs\":%llu,\"crashes\":%llu,\"kills\":%llu,\"recycled\":%llu},\n"
        " \"sandbox\":{\"mode\":\"%s\",\"seccomp\":%s,\"landlock\":%s,\"landlock_tcp\":%s,"
        "\"landlock_scopes\":%s,\"no_new_privs\":%s,"
        "\"limits\":%s,\"user\":%s,\"not_dumpable\":%s}}\n",
        yes_no(ready), images->section, yes_no(pool_ready),
        scale_answers < 0 ? "" : ",\"scale\":", scale_answers < 0 ? "" : yes_no(scale_answers > 0),
        status.workers, status.idle, status.busy, status.starting, status.waiting,
        (unsigned long long)status.jobs, (unsigned long long)status.crashes,
        (unsigned long long)status.kills, (unsigned long long)status.recycled,
        images->settings->sandbox ? "required" : "off", yes_no(status.layers & SANDBOX_SECCOMP),
        yes_no(status.layers & SANDBOX_LANDLOCK), yes_no(status.layers & SANDBOX_LANDLOCK_TCP),
        yes_no(status.layers & SANDBOX_LANDLOCK_SCOPES),
        yes_no(status.layers & SANDBOX_NO_NEW_PRIVS), yes_no(status.layers & SANDBOX_RLIMITS),
        yes_no(status.layers & SANDBOX_USER), yes_no(status.layers & SANDBOX_NOT_DUMPABLE));
}
