/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/client_transfer.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/parse.h"
#include "base/status.h"
#include "http/trace.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    CONNECT_MS = 500, /* the other server is near */
    IDLE_CONNECTION_S = 20,
    /* libcurl's buffers of a call: each filling is a sleep and a wake-up. */
    RECEIVE_BYTES = 64 * 1024,
    SEND_BYTES = 256 * 1024,
    GROWTH_BYTES = 64 * 1024,  /* the first room for an answer of unknown length; it doubles */
    EXPECT_BYTES = 512 * 1024, /* libcurl waits for 100-continue from 1 MiB on */
};

static_assert(sizeof(((struct http_call_result *)0)->error) == CURL_ERROR_SIZE,
              "libcurl's own words fit");

/* --- the answer ----------------------------------------------------------------------------- */

/* Makes room for an answer of `capacity` bytes in all. */
static bool make_answer_room(struct transfer *transfer, size_t capacity)
{
    const struct http_call *call = transfer->call;
    struct buffer *body = &transfer->result->body;

    if (capacity <= body->capacity)
        return true;
    /* All of it, because while a buffer grows the old bytes are in memory too. */
    transfer->refused = call->reserve != NULL && !call->reserve(call->reserve_context, capacity);
    return !transfer->refused && buffer_reserve(body, capacity) == 0;
}

/* The room that `wanted` bytes of an answer of unknown length get. */
static size_t grown(size_t wanted, size_t most)
{
    size_t room = GROWTH_BYTES;

    while (room < wanted)
        room *= 2;
    return room < most ? room : most;
}

static size_t receive_answer_body(char *bytes, size_t size, size_t count, void *argument)
{
    struct transfer *transfer = argument;
    struct buffer *body = &transfer->result->body;
    size_t length = size * count, wanted = body->size + length;

    /* 0: libcurl gives up. */
    if (wanted > transfer->max_body_bytes)
        return 0;
    if (wanted > body->capacity &&
        !make_answer_room(transfer, grown(wanted, transfer->max_body_bytes)))
        return 0;
    return buffer_append(body, bytes, length, transfer->max_body_bytes) == 0 ? length : 0;
}

/* The number that follows `name` in a Server-Timing value, as microseconds; 0: none. */
static int64_t timing_us(const char *value, const char *name)
{
    const char *found = strstr(value, name);
    double milliseconds;

    if (found == NULL)
        return 0;
    found += strlen(name);
    if (parse_decimal(found, strcspn(found, ",; \r\n"), &milliseconds) != 0 || milliseconds < 0 ||
        milliseconds > 1e9)
        return 0;
    return (int64_t)(milliseconds * 1000);
}

/* The description in the entry of a Server-Timing value that begins with `name`; "": none. */
static void timing_description(const char *value, const char *name, char *text, size_t size)
{
    static const char description[] = ";desc=\"";
    const char *found = strstr(value, name);
    size_t length;

    *text = '\0';
    if (found == NULL)
        return;
    found += strcspn(found, ",\"");
    if (*found != '"')
        return;
    found++;
    if (strncmp(found - strlen(description), description, strlen(description)) != 0)
        return;
    length = strcspn(found, "\"");
    if (length < size && found[length] == '"')
        snprintf(text, size, "%.*s", (int)length, found);
}

/* False: there is no room for the announced length. */
static bool read_answer_field(struct transfer *transfer, const char *line)
{
    struct http_call_result *result = transfer->result;
    int64_t number;

    if (strncasecmp(line, "Server-Timing:", 14) == 0) {
        result->queue_us = timing_us(line + 14, "queue;dur=");
        result->work_us = timing_us(line + 14, "work;dur=");
        timing_description(line + 14, "work;dur=", result->path, sizeof(result->path));
    } else if (strncasecmp(line, "Retry-After:", 12) == 0) {
        line += 12 + strspn(line + 12, " ");
        if (parse_int64(line, strcspn(line, " \r\n"), &number) == 0 && number > 0 && number < 86400)
            result->retry_after_s = (unsigned)number;
    } else if (strncasecmp(line, "Content-Length:", 15) == 0) {
        line += 15 + strspn(line + 15, " ");
        if (parse_int64(line, strcspn(line, " \r\n"), &number) == 0 && number > 0 &&
            (uint64_t)number <= transfer->max_body_bytes)
            return make_answer_room(transfer,
                                    (size_t)number); /* otherwise it grows, or is refused */
    }
    return true;
}

static size_t receive_header(char *bytes, size_t size, size_t count, void *argument)
{
    size_t length = size * count;
    char line[256];

    if (length < sizeof(line)) {
        memcpy(line, bytes, length);
        line[length] = '\0';
        if (!read_answer_field(argument, line))
            return 0;
    }
    return length;
}

/* --- the request ---------------------------------------------------------------------------- */

/* The options that are the same for all calls. */
static void set_up(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* not even the environment's */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_answer_body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_header);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BYTES);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_CONNECTION_S);
}

bool transfer_handle_open(struct transfer_handle *handle)
{
    handle->multi = curl_multi_init();
    handle->easy = curl_easy_init();
    if (handle->multi == NULL || handle->easy == NULL) {
        transfer_handle_close(handle);
        return false;
    }
    set_up(handle->easy);
    return true;
}

void transfer_handle_close(struct transfer_handle *handle)
{
    if (handle->easy != NULL)
        curl_easy_cleanup(handle->easy);
    if (handle->multi != NULL)
        curl_multi_cleanup(handle->multi);
    *handle = (struct transfer_handle){0};
}

static bool append_field(struct curl_slist **fields, const char *field)
{
    struct curl_slist *longer = curl_slist_append(*fields, field);

    if (longer == NULL)
        return false;
    *fields = longer;
    return true;
}

/* NULL: no memory. */
static struct curl_slist *make_fields(const struct http_call *call)
{
    struct curl_slist *fields = NULL;
    char field[sizeof("traceparent: ") + TRACESTATE_MAX];
    bool made = append_field(&fields, "Content-Type: application/octet-stream");

    if (made && call->body_size >= EXPECT_BYTES)
        made = append_field(&fields, "Expect:"); /* or libcurl waits for 100-continue */
    if (made && call->request_id != NULL) {
        snprintf(field, sizeof(field), "X-Request-Id: %s", call->request_id);
        made = append_field(&fields, field);
    }
    if (made && call->forwarded_for != NULL) {
        snprintf(field, sizeof(field), "X-Forwarded-For: %s", call->forwarded_for);
        made = append_field(&fields, field);
    }
    if (made && call->accept != NULL) {
        snprintf(field, sizeof(field), "Accept: %s", call->accept);
        made = append_field(&fields, field);
    }
    if (made && call->token != NULL) {
        snprintf(field, sizeof(field), "Authorization: Bearer %s", call->token);
        made = append_field(&fields, field);
    }
    if (made && call->traceparent != NULL) {
        snprintf(field, sizeof(field), "traceparent: %s", call->traceparent);
        made = append_field(&fields, field);
    }
    if (made && call->tracestate != NULL) {
        snprintf(field, sizeof(field), "tracestate: %s", call->tracestate);
        made = append_field(&fields, field);
    }
    if (made && call->deadline_us != DEADLINE_NEVER) {
        snprintf(field, sizeof(field), "X-Deadline-Ms: %d", deadline_left_ms(call->deadline_us));
        made = append_field(&fields, field);
    }
    if (!made) {
        curl_slist_free_all(fields);
        return NULL;
    }
    return fields;
}

static void set_limits(CURL *easy, const struct transfer *transfer)
{
    long left = deadline_left_ms(transfer->call->deadline_us);

    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, left < CONNECT_MS ? left : (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, left);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)transfer->max_body_bytes);
}

static int prepare_call(CURL *easy, const char *base_url, struct transfer *transfer,
                        struct curl_slist *fields)
{
    const struct http_call *call = transfer->call;
    _cleanup_free_ char *url = NULL;

    if (asprintf(&url, "%s%s", base_url, call->target) < 0) {
        url = NULL;
        return -ENOMEM;
    }
    if (curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK)
        return -ENOMEM;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->result->error);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 0L);
    if (call->body == NULL) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_size);
    }
    set_limits(easy, transfer);
    return 0;
}

/* --- the call ------------------------------------------------------------------------------- */

/* Waits for something to happen on either socket. While the call's is busy there is no need to look
 * at the client's. */
static int wait_a_little(CURLM *multi, struct transfer *transfer)
{
    /* No events: poll() reports POLLHUP and POLLERR all the same. */
    struct curl_waitfd client = {.fd = transfer->call->client_fd};
    int left = deadline_left_ms(transfer->call->deadline_us), ready = 0;

    if (left == 0)
        return STATUS_DEADLINE_EXCEEDED;
    if (curl_multi_poll(multi, client.fd >= 0 ? &client : NULL, client.fd >= 0 ? 1 : 0,
                        left < TRANSFER_LOOK_MS ? left : TRANSFER_LOOK_MS, &ready) != CURLM_OK)
        return -EIO;
    if ((ready == 0 || client.revents != 0) && peer_gone_now(&transfer->peer))
        return STATUS_CLIENT_GONE;
    return 0;
}

static int code_to_status(CURLcode code, int64_t deadline_us)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_OUT_OF_MEMORY:
        return -ENOMEM;
    case CURLE_OPERATION_TIMEDOUT:
        /* libcurl's clock and ours may differ by one. */
        if (deadline_left_ms(deadline_us) <= 1)
            return STATUS_DEADLINE_EXCEEDED;
        return STATUS_SCALE_UNAVAILABLE;
    default:
        return STATUS_SCALE_UNAVAILABLE;
    }
}

/* libcurl's own words if it has any; of a refused connection it does not say why. */
static void explain_curl_error(CURL *easy, CURLcode code, char error[static CURL_ERROR_SIZE])
{
    long cause = 0;

    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &cause);
    if (code == CURLE_OK)
        *error = '\0'; /* it was about a stale connection */
    else if (code == CURLE_COULDNT_CONNECT && cause != 0 && strerrordesc_np((int)cause) != NULL)
        snprintf(error, CURL_ERROR_SIZE, "cannot connect: %s", strerrordesc_np((int)cause));
    else if (*error == '\0')
        snprintf(error, CURL_ERROR_SIZE, "%s", curl_easy_strerror(code));
}

/* Runs the prepared call to its end. On 0 *code is libcurl's result. */
static int run_call(const struct transfer_handle *handle, struct transfer *transfer, CURLcode *code)
{
    const CURLMsg *message;
    int running = 1, queued, status = 0;

    if (curl_multi_add_handle(handle->multi, handle->easy) != CURLM_OK)
        return -ENOMEM;
    while (status == 0) {
        if (curl_multi_perform(handle->multi, &running) != CURLM_OK)
            status = -EIO;
        if (status != 0 || running == 0)
            break;
        status = wait_a_little(handle->multi, transfer);
    }
    message = curl_multi_info_read(handle->multi, &queued);
    *code = message != NULL ? message->data.result : CURLE_RECV_ERROR;
    curl_multi_remove_handle(handle->multi, handle->easy);
    return status;
}

/* Whether a kept connection was closed before any of the answer came. */
static bool was_stale(CURL *easy, CURLcode code)
{
    long connects = 1, http_status = 0;

    if (code != CURLE_SEND_ERROR && code != CURLE_RECV_ERROR && code != CURLE_GOT_NOTHING)
        return false;
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http_status);
    return connects == 0 && http_status == 0;
}

static int call_with(const struct transfer_handle *handle, const char *base_url,
                     struct transfer *transfer, struct curl_slist *fields)
{
    CURLcode code = CURLE_OK;
    int status;

    status = prepare_call(handle->easy, base_url, transfer, fields);
    transfer->result->attempts = 1;
    if (status == 0)
        status = run_call(handle, transfer, &code);
    if (status == 0 && was_stale(handle->easy, code)) {
        transfer->result->attempts++;
        curl_easy_setopt(handle->easy, CURLOPT_FRESH_CONNECT, 1L);
        set_limits(handle->easy, transfer);
        status = run_call(handle, transfer, &code);
    }
    if (status == 0 && code != CURLE_OK && transfer->refused)
        return STATUS_OVERLOADED;
    if (status == 0)
        explain_curl_error(handle->easy, code, transfer->result->error);
    if (status == 0)
        status = code_to_status(code, transfer->call->deadline_us);
    return status;
}

static void read_info(CURL *easy, struct http_call_result *result)
{
    const char *type = NULL;
    long http_status = 0;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http_status);
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    result->http_status = (unsigned)http_status;
    if (type != NULL && strlen(type) < sizeof(result->content_type))
        strcpy(result->content_type, type);
}

int transfer_call(const struct transfer_handle *handle, const char *base_url,
                  struct transfer *transfer)
{
    struct curl_slist *fields = make_fields(transfer->call);
    int status = -ENOMEM;

    if (fields != NULL)
        status = call_with(handle, base_url, transfer, fields);
    if (status == 0)
        read_info(handle->easy, transfer->result);
    curl_easy_setopt(handle->easy, CURLOPT_HTTPHEADER, NULL); /* freed below */
    curl_easy_setopt(handle->easy, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(fields);
    return status;
}
