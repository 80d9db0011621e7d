/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/images.h"

/* The common half of the image routes. Statuses pass through; this adds the sentences for clients.
 */
#include "base/status.h"
#include "image/plan/cost.h"
#include "image/plan/detail.h"
#include "image/plan/path.h"
#include "service/image_request.h"
#include "service/info.h"
#include "service/live.h"
#include "service/metrics_sources.h"
#include "service/negotiate.h"
#include "service/parameters.h"
#include "service/stopping.h"

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

int images_variant(const struct http_request *request, enum image_gray preset,
                   struct image_variant *variant, struct http_answer *answer)
{
    unsigned accepted;
    int status =
        parameters_variant(http_request_parameters(request), preset, variant, answer->detail);

    if (variant->encoding.format != IMAGE_FORMAT_AUTO)
        return status;
    if (status == 0)
        status = negotiate_read(request, &accepted);
    if (status == 0)
        negotiate_choices(request_settings(request)->output.automatic, accepted,
                          variant->encoding.auto_formats);
    return status;
}

/* "jpeg": what the log calls a format. */
static const char *format_word(enum image_format format)
{
    return image_media_type(format) + strlen("image/");
}

bool images_takes(const struct settings *settings, enum image_format format)
{
    char **words = settings->input.formats;

    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        if (image_format_of_word(words[i]) == format)
            return true;
    }
    return false;
}

static int check_first_bytes(const struct http_request *request, const uint8_t *bytes, size_t size,
                             struct http_answer *answer)
{
    const enum image_format format = image_sniff(bytes, size);

    if (format == IMAGE_NONE)
        return unsupported_format(bytes, size, answer);
    if (!images_takes(request_settings(request), format))
        return http_answer_detail(answer, STATUS_UNSUPPORTED_FORMAT,
                                  "input.formats does not include %s", image_format_name(format));
    return 0;
}

int images_peek(struct http_request *request, const uint8_t *bytes, size_t size, void *context,
                struct http_answer *answer)
{
    (void)context;
    return check_first_bytes(request, bytes, size, answer);
}

/* The limits and defaults of the settings; the gateway has none of AVIF, which its children do not
 * make of anything else. */
static void set_limits(const struct settings *settings, struct image_request *request)
{
    enum { AVIF_QUALITY = 60 };

    request->max_pixels = (uint64_t)settings->limits.max_pixels;
    request->max_scans = (uint32_t)settings->limits.max_scans;
    request->max_side = (uint32_t)settings->limits.max_side;
    request->avif_max_pixels = (uint64_t)settings->output.avif_max_pixels;
    request->default_quality = (uint32_t)settings->output.quality;
    request->default_avif_quality =
        settings->output.avif_quality > 0 ? (uint32_t)settings->output.avif_quality : AVIF_QUALITY;
}

/* The detail is the client's. */
static int plan(const struct image_header *header, struct planned_image *planned,
                struct http_answer *answer)
{
    char detail[IMAGE_DETAIL_BYTES] = "";
    int status = image_plan(&planned->plan, &planned->request, header, detail);

    return status != 0 ? http_answer_detail(answer, status, "%s", detail) : 0;
}

static int read_content_header(const struct http_request *request, struct image_header *header,
                               struct http_answer *answer)
{
    const struct http_content content = http_request_content(request);
    int status = check_first_bytes(request, content.data, content.size, answer);

    if (status != 0)
        return status;
    status = image_read_header(content.data, content.size, header);
    if (header->format != IMAGE_NONE)
        answer->format_in = format_word(header->format);
    if (status == STATUS_UNSUPPORTED_FORMAT && header->format != IMAGE_NONE)
        return unsupported_kind(header, answer);
    if (status != 0)
        return http_answer_detail(answer, status, "the picture's header is damaged or cut short");
    answer->pixels_in = image_pixels(header);
    return 0;
}

int images_read_header(const struct http_request *request, struct image_header *header,
                       struct image_request *limits, struct http_answer *answer)
{
    *limits = (struct image_request){.count = 1};
    set_limits(request_settings(request), limits);
    return read_content_header(request, header, answer);
}

int images_plan_request(const struct http_request *request, const struct image_header *header,
                        struct planned_image *planned, struct http_answer *answer)
{
    int status = plan(header, planned, answer);

    if (status == 0 && !image_has_room(header, http_request_content(request).size))
        status = http_answer_detail(answer, STATUS_IMAGE_CORRUPT,
                                    "the picture's header announces more bytes than there are");
    return status;
}

int images_info(struct http_request *request, void *context, struct http_answer *answer)
{
    struct image_variant variant;
    struct image_header header;
    int status = images_variant(request, IMAGE_GRAY_NONE, &variant, answer);

    (void)context;
    if (status == 0)
        status = read_content_header(request, &header, answer);
    return status != 0 ? status : info_answer(&header, http_request_content(request).size, answer);
}

int images_admit(const struct images *images, const struct http_request *request,
                 const uint8_t *bytes, size_t size, struct http_answer *answer)
{
    /* Of the parameters not all may be known yet: less than one frame as it is cannot be asked of.
     */
    const struct image_variant least = {.encoding.still = 1};
    struct planned_image planned;
    struct image_header header;
    int status;

    if (!pool_is_full(images->pool, http_request_client(request)))
        return 0;
    if (size == 0)
        return overloaded("", answer);
    planned.request = image_request_of(&least);
    set_limits(request_settings(request), &planned.request);
    /* A header that seems damaged may continue after these bytes. */
    status = image_read_header(bytes, size, &header);
    if (status == 0)
        status = plan(&header, &planned, answer);
    else if (status == STATUS_UNSUPPORTED_FORMAT && header.format != IMAGE_NONE)
        status = unsupported_kind(&header, answer);
    else if (size < HTTP_ADMIT_BYTES)
        return 0;
    else
        status = 0;
    return status != 0 ? status : overloaded("", answer);
}

/* It is the result that is too large, unless its source alone takes too long. */
static int refuse_time(const struct settings *settings, const struct image_plan *plan,
                       const struct image_cost *cost, struct http_answer *answer)
{
    const struct image_header *header = &plan->source;
    const struct image_output_plan *output = &plan->outputs[0];
    const long long deadline_ms = settings->limits.deadline_ms;

    if (cost->decode_us / 1000 > deadline_ms)
        return http_answer_detail(
            answer, STATUS_IMAGE_TOO_LARGE,
            "limits.deadline_ms is %lld, and to decode %u x %u pixels in %u frame(s) of %s may "
            "take %lld",
            deadline_ms, header->width, header->height, output->frames,
            image_format_name(header->format), (long long)cost->decode_us / 1000);
    return http_answer_detail(
        answer, STATUS_RESULT_TOO_LARGE,
        "limits.deadline_ms is %lld, and to make %u x %u pixels in %u frame(s) of %s, from %u x %u "
        "of %s, may take %lld",
        deadline_ms, output->size.width, output->size.height, output->frames,
        image_format_name(output->format), header->width, header->height,
        image_format_name(header->format), (long long)cost->time_us / 1000);
}

static bool exceeds_deadline(const struct settings *settings, const struct image_cost *cost)
{
    return cost->time_us / 1000 > settings->limits.deadline_ms;
}

static bool exceeds_memory(const struct settings *settings, const struct image_cost *cost)
{
    return settings->sandbox && cost->memory_bytes > (uint64_t)settings->pool.max_memory_bytes;
}

/* Refuses what cannot be done within the limits, and names the limit. */
static int check_cost(const struct images *images, const struct http_request *request,
                      const struct image_plan *plan, const struct image_cost *cost,
                      struct http_answer *answer)
{
    const struct settings *settings = request_settings(request);
    const struct image_header *header = &plan->source;

    if (exceeds_deadline(settings, cost))
        return refuse_time(settings, plan, cost, answer);
    if (exceeds_memory(settings, cost))
        return http_answer_detail(answer, STATUS_IMAGE_TOO_LARGE,
                                  "%s.max_memory_bytes is %lld, and %u x %u pixels in %u frame(s) "
                                  "of %s may need %llu",
                                  images->section, (long long)settings->pool.max_memory_bytes,
                                  header->width, header->height, plan->outputs[0].frames,
                                  image_format_name(header->format),
                                  (unsigned long long)cost->memory_bytes);
    return 0;
}

/* Whether format=auto chose a format that takes too long or too much memory for this image; it then
 * has one choice less. The source's own format remains, and is refused like any other. */
static bool gives_up_format(const struct http_request *request, struct planned_image *planned)
{
    const struct settings *settings = request_settings(request);
    uint8_t *formats = planned->request.outputs[0].encoding.auto_formats;
    struct image_cost cost;
    int i = 0;

    if (planned->request.outputs[0].encoding.format != IMAGE_FORMAT_AUTO)
        return false;
    image_estimate(&planned->plan, http_request_content(request).size, &cost);
    if (!exceeds_deadline(settings, &cost) && !exceeds_memory(settings, &cost))
        return false;
    while (i < IMAGE_AUTO_MAX && formats[i] != planned->plan.outputs[0].format)
        i++;
    if (i == IMAGE_AUTO_MAX)
        return false;
    for (; i + 1 < IMAGE_AUTO_MAX; i++)
        formats[i] = formats[i + 1];
    formats[i] = IMAGE_NONE;
    return true;
}

int images_plan(const struct http_request *request, const struct image_variant *variant,
                struct planned_image *planned, struct http_answer *answer)
{
    struct image_header header;
    int status = read_content_header(request, &header, answer);

    if (status != 0)
        return status;
    planned->request = image_request_of(variant);
    set_limits(request_settings(request), &planned->request);
    do {
        status = images_plan_request(request, &header, planned, answer);
    } while (status == 0 && gives_up_format(request, planned));
    return status;
}

static bool reserve(void *request, size_t bytes)
{
    return http_request_reserve(request, bytes);
}

/* A sentence for a status of the pool; a worker's own sentence comes with the result. */
static int explain_pool_status(const struct images *images, int status,
                               const struct pool_result *result, struct http_answer *answer)
{
    switch (status) {
    case STATUS_OVERLOADED: /* with a detail already: there was no room for the result */
        return answer->detail[0] != '\0' ? status : overloaded(result->detail, answer);
    case STATUS_DEADLINE_EXCEEDED:
        return http_answer_detail(answer, status, "the picture took longer than it may");
    case STATUS_IMAGE_CRASHED_DECODER:
        return http_answer_detail(answer, status, "decoding the picture ended its worker, twice");
    case STATUS_RESULT_TOO_LARGE:
        return http_answer_detail(answer, status,
                                  "limits.max_output_bytes is %lld, and the result has more",
                                  (long long)images->settings->limits.max_output_bytes);
    default:
        return http_answer_detail(answer, status, "%s", result->detail);
    }
}

bool images_measure(const uint8_t *image, size_t size, unsigned formats,
                    struct image_header *header, struct http_answer *answer)
{
    if (image_read_header(image, size, header) != 0 || (formats & 1U << header->format) == 0)
        return false;
    answer->content_type = image_media_type(header->format);
    answer->image_width = header->width;
    answer->image_height = header->height;
    answer->format_out = format_word(header->format);
    answer->pixels_out = (uint64_t)header->width * header->height * header->frames;
    return true;
}

/* The worker is not trusted. The one output must be all of what it sent, made on a path of ours,
 * and of the format and size that were planned, which its header must confirm. */
static bool is_as_planned(const struct pool_result *result, const void *context)
{
    const struct image_output_plan *planned = context;
    struct image_result made;
    struct image_header header;

    if (image_result_read(&made, result->result, result->result_size, 1, result->output_size) != 0)
        return false;
    return made.outputs[0].bytes == result->output_size &&
           made.outputs[0].format == planned->format && made.outputs[0].path > IMAGE_PATH_NONE &&
           made.outputs[0].path < IMAGE_PATH_COUNT &&
           image_read_header(result->output, result->output_size, &header) == 0 &&
           header.format == planned->format && header.width == planned->size.width &&
           header.height == planned->size.height;
}

/* The path of an accepted result. */
static enum image_path path_of(const struct pool_result *result)
{
    struct image_result made = {0};

    image_result_read(&made, result->result, result->result_size, 1, result->output_size);
    return made.outputs[0].path;
}

static void count_result(const struct images *images, const struct planned_image *planned,
                         size_t source_bytes, const struct pool_result *result)
{
    const struct image_header *source = &planned->plan.source;
    const struct image_output_plan *output = &planned->plan.outputs[0];
    const struct metrics_image image = {
        .operation = metrics_operation(&planned->request, source->format),
        .format_in = source->format,
        .format_out = output->format,
        .path = path_of(result),
        .source_bytes = source_bytes,
        .source_pixels = metrics_pixels(source->width, source->height, output->frames),
        .result_bytes = result->output_size,
        .result_pixels = metrics_pixels(output->size.width, output->size.height, output->frames),
    };

    metrics_count_image(images->metrics, &image);
}

static int run_job(const struct images *images, struct pool_job *job,
                   const struct planned_image *image, struct http_answer *answer)
{
    const struct image_output_plan *planned = &image->plan.outputs[0];
    struct pool_result result;
    int status;

    job->accepts = is_as_planned;
    job->context = planned;
    status = pool_run(images->pool, job, &result);
    metrics_count_job(images->metrics, images->pool_name, result.queue_us, result.work_us);
    answer->queue_us = result.queue_us;
    answer->work_us = result.work_us;
    answer->attempts = result.attempts;
    if (status > 0)
        return explain_pool_status(images, status, &result, answer);
    if (status < 0)
        return status;
    count_result(images, image, job->input_size, &result);
    answer->path = image_path_name(path_of(&result));
    answer->body = result.output;
    answer->body_size = result.output_size;
    answer->content_type = image_media_type(planned->format);
    answer->format_out = format_word(planned->format);
    answer->pixels_out = (uint64_t)planned->size.width * planned->size.height * planned->frames;
    answer->image_width = planned->size.width;
    answer->image_height = planned->size.height;
    return 0;
}

int images_process(const struct images *images, struct http_request *request,
                   const struct planned_image *planned, struct http_answer *answer)
{
    const struct http_content content = http_request_content(request);
    struct pool_job job = {
        .body = &planned->request,
        .body_size = sizeof(planned->request),
        .input = content.data,
        .input_size = content.size,
        .deadline_us = http_request_deadline_us(request),
        .client_fd = http_request_client_fd(request),
        .client = http_request_client(request),
        .reserve = reserve,
        .reserve_context = request,
    };
    struct image_cost cost;
    int status;

    image_estimate(&planned->plan, content.size, &cost);
    status = check_cost(images, request, &planned->plan, &cost, answer);
    if (status != 0)
        return status;
    job.cost_us = cost.time_us;
    return run_job(images, &job, planned, answer);
}

static const char *yes_no(bool value)
{
    return value ? "true" : "false";
}

int images_readiness(const struct images *images, const struct readiness *besides,
                     struct http_answer *answer)
{
    bool pool_ready = pool_answers(images->pool, READY_WAIT_MS);
    bool stopping = stopping_has_begun();
    bool ready = pool_ready && !stopping && (besides->scale != 0 || !besides->require_scale);
    struct pool_status status;

    pool_get_status(images->pool, &status);
    answer->http_status = ready ? 200 : 503;
    return http_answer_text(
        answer, "application/json",
        "{\"ready\":%s,\"%s\":%s%s%s,\"stopping\":%s,\n"
        " \"workers\":{\"count\":%u,\"idle\":%u,\"busy\":%u,\"starting\":%u,\"waiting\":%u,"
        "\"jobs\":%llu,\"crashes\":%llu,\"kills\":%llu,\"recycled\":%llu},\n"
        " \"sandbox\":{\"mode\":\"%s\",\"seccomp\":%s,\"landlock\":%s,\"landlock_tcp\":%s,"
        "\"landlock_scopes\":%s,\"no_new_privs\":%s,"
        "\"limits\":%s,\"user\":%s,\"not_dumpable\":%s}}\n",
        yes_no(ready), images->section, yes_no(pool_ready), besides->scale < 0 ? "" : ",\"scale\":",
        besides->scale < 0 ? "" : yes_no(besides->scale > 0), yes_no(stopping), status.workers,
        status.idle, status.busy, status.starting, status.waiting, (unsigned long long)status.jobs,
        (unsigned long long)status.crashes, (unsigned long long)status.kills,
        (unsigned long long)status.recycled, images->settings->sandbox ? "required" : "off",
        yes_no(status.layers & SANDBOX_SECCOMP), yes_no(status.layers & SANDBOX_LANDLOCK),
        yes_no(status.layers & SANDBOX_LANDLOCK_TCP),
        yes_no(status.layers & SANDBOX_LANDLOCK_SCOPES),
        yes_no(status.layers & SANDBOX_NO_NEW_PRIVS), yes_no(status.layers & SANDBOX_RLIMITS),
        yes_no(status.layers & SANDBOX_USER), yes_no(status.layers & SANDBOX_NOT_DUMPABLE));
}
