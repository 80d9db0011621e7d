/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool.h"

/* Starting and stopping the pool, and giving a worker back. pool_state.h tells the design. */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "ipc/pool_state.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

/* The share of one value in a moving average: an eighth. */
enum { ESTIMATE_SHARE = 8 };

/* Killing a worker costs the start of another. Whoever asks and hangs up, over and over, is to cost
 * no more than who waits for his answers, but for a sixteenth: a job may take as long as sixteen
 * starts before it is ended because nobody waits for it. Bounded, for a start is measured on a busy
 * machine, too. */
enum { ABANDON_STARTS = 16, ABANDON_LEAST_MS = 500, ABANDON_MOST_MS = 4000 };

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

static int allocate(struct pool **ret, const struct pool_options *options)
{
    struct pool *pool = calloc(1, sizeof(*pool));
    pthread_condattr_t monotonic;

    if (pool == NULL)
        return -ENOMEM;
    *ret = pool;
    pool->options = *options;
    pool->wake_fd = pool->signal_fd = -1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->started, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->heard, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pool->program = strdup(options->program);
    pool->options.program = pool->program; /* the caller's own may be gone tomorrow */
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
    int error;

    pthread_mutex_lock(&pool->lock);
    while (!pool->ready_once && pool->start_error == 0)
        pthread_cond_wait(&pool->started, &pool->lock);
    error = pool->ready_once ? 0 : pool->start_error;
    memcpy(why, pool->why, sizeof(pool->why));
    pthread_mutex_unlock(&pool->lock);
    return error;
}

int pool_new(struct pool **ret, const struct pool_options *options, char why[static 128])
{
    _cleanup_(pool_cleanup) struct pool *pool = NULL;
    int error;

    error = allocate(&pool, options);
    if (error == 0 && access(options->program, X_OK) != 0)
        error = -errno;
    if (error == 0)
        error = -pthread_create(&pool->supervisor, NULL, pool_supervise, pool);
    if (error != 0) {
        snprintf(why, 128, "%s", strerrordesc_np(-error));
        return error;
    }
    pool->supervised = true;
    error = wait_until_ready(pool, why);
    if (error != 0)
        return error;
    *ret = TAKE_PTR(pool);
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

void pool_cleanup(struct pool **pool)
{
    *pool = pool_free(*pool);
}

void pool_wake_supervisor(struct pool *pool)
{
    eventfd_write(pool->wake_fd, 1);
}

void pool_doom(struct pool *pool, struct slot *slot)
{
    pool_charge(pool, slot, pool->start_estimate_us);
    slot->state = SLOT_DOOMED;
    pool_wake_supervisor(pool);
}

/* One that owes an answer may hang, and is the last to be lent; else the warmest memory is best. */
static bool is_better(const struct slot *a, const struct slot *b)
{
    if ((a->ping == 0) != (b->ping == 0))
        return a->ping == 0;
    return a->idle_since_us > b->idle_since_us;
}

struct slot *pool_find_idle(const struct pool *pool)
{
    struct slot *best = NULL;

    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct slot *slot = &pool->slots[i];

        if (slot->state == SLOT_IDLE && (best == NULL || is_better(slot, best)))
            best = slot;
    }
    return best;
}

int64_t pool_average(int64_t average, int64_t value)
{
    return average == 0 ? value : average + (value - average) / ESTIMATE_SHARE;
}

int64_t pool_abandon_after_us(struct pool *pool)
{
    const int64_t least_us = ABANDON_LEAST_MS * 1000LL, most_us = ABANDON_MOST_MS * 1000LL;
    int64_t after_us;

    pthread_mutex_lock(&pool->lock);
    after_us = ABANDON_STARTS * pool->start_estimate_us;
    pthread_mutex_unlock(&pool->lock);
    if (after_us < least_us)
        return least_us;
    return after_us < most_us ? after_us : most_us;
}

void pool_settle(struct pool *pool, struct slot *slot, bool spent)
{
    slot->jobs++;
    slot->heard_us = clock_us();
    pthread_cond_broadcast(&pool->heard);
    pool->jobs++;
    if (spent || (pool->options.max_jobs != 0 && slot->jobs >= pool->options.max_jobs)) {
        pool->recycled++;
        pool_charge(pool, slot, 0);
        pool_doom(pool, slot);
    } else {
        pool_offer(pool, slot);
    }
}

void pool_return(struct pool *pool, struct slot *slot, int64_t work_us, bool spent)
{
    pthread_mutex_lock(&pool->lock);
    pool->work_estimate_us = pool_average(pool->work_estimate_us, work_us);
    pool->cost_estimate_us = pool_average(pool->cost_estimate_us, slot->cost_us);
    slot->worked_us += work_us;
    pool_settle(pool, slot, spent);
    pthread_mutex_unlock(&pool->lock);
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
    status->crashes = pool->crashes;
    status->kills = pool->kills;
    status->recycled = pool->recycled;
    pthread_mutex_unlock(&pool->lock);
    if (status->idle + status->busy == 0)
        status->layers = 0;
}
