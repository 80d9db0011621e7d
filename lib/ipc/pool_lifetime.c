/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool.h"

/* Starts and stops the pool, and reports its state. pool_state.h explains the design. */
#include "base/cleanup.h"
#include "ipc/pool_queue.h"
#include "ipc/pool_state.h"
#include "ipc/pool_supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

static int open_descriptors(struct pool *pool)
{
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    pool->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->wake_fd < 0)
        return -errno;
    pool->signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    return pool->signal_fd < 0 ? -errno : 0;
}

static int allocate_pool(struct pool **made, const struct pool_options *options)
{
    struct pool *pool = calloc(1, sizeof(*pool));
    pthread_condattr_t monotonic;

    if (pool == NULL)
        return -ENOMEM;
    *made = pool;
    pool->options = *options;
    pool->wake_fd = pool->signal_fd = -1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->started, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->heard, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pool->program = strdup(options->program);
    pool->options.program = pool->program; /* the caller's may not live as long */
    pool->slots = calloc(options->workers, sizeof(*pool->slots));
    pool->polls = calloc(2 * (size_t)options->workers + POOL_POLLS, sizeof(*pool->polls));
    if (pool->program == NULL || pool->slots == NULL || pool->polls == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < options->workers; i++)
        pool->slots[i] = (struct slot){.process = PROCESS_NONE,
                                       .log = WORKER_LOG_NONE,
                                       .jobs_fd = -1,
                                       .replies_fd = -1,
                                       .region = REGION_NONE};
    return open_descriptors(pool);
}

static int wait_until_ready(struct pool *pool, char why[static 128])
{
    int status;

    pthread_mutex_lock(&pool->lock);
    while (!pool->ready_once && pool->start_error == 0)
        pthread_cond_wait(&pool->started, &pool->lock);
    status = pool->ready_once ? 0 : pool->start_error;
    memcpy(why, pool->why, sizeof(pool->why));
    pthread_mutex_unlock(&pool->lock);
    return status;
}

static void cleanup_pool(struct pool **pool)
{
    pool_free(*pool);
}

int pool_new(struct pool **made, const struct pool_options *options, char why[static 128])
{
    _cleanup_(cleanup_pool) struct pool *pool = NULL;
    int status;

    status = allocate_pool(&pool, options);
    if (status == 0 && access(options->program, X_OK) != 0)
        status = -errno;
    if (status == 0)
        status = -pthread_create(&pool->supervisor, NULL, pool_supervise, pool);
    if (status != 0) {
        snprintf(why, 128, "%s", strerrordesc_np(-status));
        return status;
    }
    pool->supervised = true;
    status = wait_until_ready(pool, why);
    if (status != 0)
        return status;
    *made = TAKE_PTR(pool);
    return 0;
}

struct pool *pool_free(struct pool *pool)
{
    if (pool == NULL)
        return NULL;
    if (pool->supervised) {
        pthread_mutex_lock(&pool->lock);
        pool->stopping = true;
        pthread_mutex_unlock(&pool->lock);
        pool_wake_supervisor(pool);
        pthread_join(pool->supervisor, NULL);
    }
    close_fd(pool->wake_fd);
    close_fd(pool->signal_fd);
    pthread_cond_destroy(&pool->started);
    pthread_cond_destroy(&pool->heard);
    pthread_mutex_destroy(&pool->lock);
    pool_forget_clients(pool);
    free(pool->polls);
    free(pool->slots);
    free(pool->program);
    free(pool);
    return NULL;
}

const char *pool_exit_name(unsigned reason)
{
    static const char *const names[POOL_EXITS] = {
        [POOL_EXIT_CRASHED] = "crashed",     [POOL_EXIT_KILLED] = "killed",
        [POOL_EXIT_PROTOCOL] = "protocol",   [POOL_EXIT_ABANDONED] = "abandoned",
        [POOL_EXIT_EXCESSIVE] = "excessive", [POOL_EXIT_STOPPED] = "stopped",
        [POOL_EXIT_SILENT] = "silent",       [POOL_EXIT_RECYCLED] = "recycled",
        [POOL_EXIT_START] = "start",
    };

    return reason < POOL_EXITS ? names[reason] : NULL;
}

void pool_get_status(struct pool *pool, struct pool_status *status)
{
    *status = (struct pool_status){.workers = pool->options.workers, .layers = ~0U};
    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < pool->options.workers; i++) {
        const struct slot *slot = &pool->slots[i];
        bool works = slot->state == SLOT_BUSY || slot->state == SLOT_ASIDE;
        bool lives = slot->state == SLOT_IDLE || works;

        status->idle += slot->state == SLOT_IDLE;
        status->busy += works;
        status->starting += !lives;
        if (lives)
            status->layers &= slot->layers;
    }
    status->waiting = pool->waiting;
    status->jobs = pool->jobs;
    status->retries = pool->retries;
    memcpy(status->exits, pool->exits, sizeof(status->exits));
    pthread_mutex_unlock(&pool->lock);
    status->crashes = status->exits[POOL_EXIT_CRASHED] + status->exits[POOL_EXIT_KILLED] +
                      status->exits[POOL_EXIT_PROTOCOL];
    status->kills = status->exits[POOL_EXIT_ABANDONED] + status->exits[POOL_EXIT_EXCESSIVE] +
                    status->exits[POOL_EXIT_STOPPED] + status->exits[POOL_EXIT_SILENT];
    status->recycled = status->exits[POOL_EXIT_RECYCLED];
    if (status->idle + status->busy == 0)
        status->layers = 0;
}
