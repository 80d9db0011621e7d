/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/client.h"

/*
 * The pool of libcurl's handles. They are made when needed and kept, each with its own connection
 * cache, because threads cannot share one. The handle returned last is lent first, so that few
 * connections are kept open. client_transfer.c makes the call with a handle.
 */
#include "base/deadline.h"
#include "base/status.h"
#include "http/client_transfer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { IDLE_HANDLES_MAX = 4 }; /* three descriptors each: after a peak the rest is closed */

struct handle {
    struct handle *next;
    struct transfer_handle transfer;
};

struct http_client {
    struct http_client_options options;
    char *base_url;
    pthread_mutex_t mutex;
    pthread_cond_t returned;
    struct handle *idle;
    unsigned handles; /* idle or lent */
    unsigned idle_handles;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

/* Without TLS: the calls stay on the host or a private network. */
static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_NOTHING);
}

int http_client_new(struct http_client **client, const struct http_client_options *options)
{
    struct http_client *created;
    pthread_condattr_t monotonic;

    if (strncmp(options->base_url, "http://", 7) != 0)
        return -EINVAL;
    pthread_once(&curl_once, start_curl);
    created = calloc(1, sizeof(*created));
    if (created == NULL)
        return -ENOMEM;
    created->options = *options;
    created->base_url = strdup(options->base_url);
    if (created->base_url == NULL) {
        free(created);
        return -ENOMEM;
    }
    pthread_mutex_init(&created->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&created->returned, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *client = created;
    return 0;
}

static void handle_free(struct handle *handle)
{
    transfer_handle_close(&handle->transfer);
    free(handle);
}

static struct handle *handle_new(void)
{
    struct handle *handle = calloc(1, sizeof(*handle));

    if (handle != NULL && !transfer_handle_open(&handle->transfer)) {
        free(handle);
        return NULL;
    }
    return handle;
}

struct http_client *http_client_free(struct http_client *client)
{
    struct handle *handle;

    if (client == NULL)
        return NULL;
    while ((handle = client->idle) != NULL) {
        client->idle = handle->next;
        handle_free(handle);
    }
    pthread_cond_destroy(&client->returned);
    pthread_mutex_destroy(&client->mutex);
    free(client->base_url);
    free(client);
    return NULL;
}

static bool has_handle(const struct http_client *client)
{
    return client->idle != NULL || client->handles < client->options.max_handles;
}

/* Waits, with the mutex held, until a handle is idle or may be made: 0, take or make one. A handle
 * that came free is taken before anything else is checked: the wake-up for it was ours alone. */
static int wait_for_handle(struct http_client *client, int64_t deadline, struct peer *peer)
{
    while (!has_handle(client)) {
        int64_t look = deadline_earlier(deadline, deadline_after_ms(TRANSFER_LOOK_MS));
        struct timespec until = {look / 1000000, look % 1000000 * 1000};

        if (peer_gone_now(peer))
            return STATUS_CLIENT_GONE;
        if (deadline_left_ms(deadline) == 0)
            return STATUS_OVERLOADED;
        pthread_cond_timedwait(&client->returned, &client->mutex, &until);
    }
    return 0;
}

static int borrow(struct http_client *client, int64_t deadline, struct peer *peer,
                  struct handle **borrowed)
{
    struct handle *handle;
    bool make = false;
    int status;

    deadline = deadline_earlier(deadline, deadline_after_ms(client->options.handle_wait_ms));
    pthread_mutex_lock(&client->mutex);
    status = wait_for_handle(client, deadline, peer);
    if (status != 0) {
        pthread_mutex_unlock(&client->mutex);
        return status;
    }
    handle = client->idle;
    if (handle != NULL) {
        client->idle = handle->next;
        client->idle_handles--;
    } else {
        make = true;
    }
    client->handles += make ? 1 : 0;
    pthread_mutex_unlock(&client->mutex);
    if (make)
        handle = handle_new();
    *borrowed = handle;
    return 0;
}

/* Keeps a handle for the next call if that is worth it. NULL: it could not be made. */
static void give_back(struct http_client *client, struct handle *handle, bool worth_keeping)
{
    bool kept;

    pthread_mutex_lock(&client->mutex);
    kept = handle != NULL && worth_keeping && client->idle_handles < IDLE_HANDLES_MAX;
    if (kept) {
        handle->next = client->idle;
        client->idle = handle;
        client->idle_handles++;
    } else {
        client->handles--;
    }
    pthread_cond_signal(&client->returned);
    pthread_mutex_unlock(&client->mutex);
    if (!kept && handle != NULL)
        handle_free(handle);
}

int http_client_call(struct http_client *client, const struct http_call *call,
                     struct http_call_result *result)
{
    struct transfer transfer = {
        .call = call,
        .result = result,
        .max_body_bytes = client->options.max_body_bytes,
        .peer = peer_watch(call->client_fd),
    };
    struct handle *handle = NULL;
    int64_t started = clock_us();
    int status;

    *result = (struct http_call_result){0};
    if (deadline_left_ms(call->deadline_us) == 0)
        return STATUS_DEADLINE_EXCEEDED;
    status = borrow(client, call->deadline_us, &transfer.peer, &handle);
    if (status != 0)
        return status;
    status =
        handle != NULL ? transfer_call(&handle->transfer, client->base_url, &transfer) : -ENOMEM;
    if (status != 0)
        buffer_clear(&result->body);
    give_back(client, handle, status == 0); /* after an error its connection is useless */
    result->total_us = clock_us() - started;
    return status;
}
