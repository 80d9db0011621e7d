/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool.h"

/* Starting and stopping the pool, borrowing a worker and giving it back. pool_internal.h tells the
 * design. */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/peer.h"
#include "base/status.h"
#include "ipc/pool_internal.h"

#include <errno.h>
#include <poll.h>
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
    pool->tail = &pool->head;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->started, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->heard, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pool->program = strdup(options->program);
    pool->options.program = pool->program; /* the caller's own may be gone tomorrow */
    pool->slots = calloc(options->workers, sizeof(*pool->slots));
    pool->polls = calloc(options->workers + POOL_POLLS, sizeof(*pool->polls));
    if (pool->program == NULL || pool->slots == NULL || pool->polls == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < options->workers; i++)
        pool->slots[i] = (struct slot){
            .process = PROCESS_NONE, .jobs_fd = -1, .replies_fd = -1, .region = REGION_NONE};
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

static struct waiter *take_first_waiter(struct pool *pool)
{
    struct waiter *first = pool->head;

    if (first != NULL) {
        pool->head = first->next;
        if (pool->head == NULL)
            pool->tail = &pool->head;
        pool->waiting--;
    }
    return first;
}

void pool_offer(struct pool *pool, struct slot *slot)
{
    struct waiter *first = take_first_waiter(pool);

    if (first != NULL) {
        slot->state = SLOT_BUSY;
        slot->deadline_us = first->deadline_us;
        first->slot = slot;
        eventfd_write(first->event_fd, 1);
        return;
    }
    slot->state = SLOT_IDLE;
    slot->idle_since_us = clock_us();
    slot->trims = 0;
}

void pool_doom(struct pool *pool, struct slot *slot)
{
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

struct slot *pool_take_idle(struct pool *pool, int64_t deadline_us)
{
    struct slot *warmest = pool_find_idle(pool);

    if (warmest == NULL)
        return NULL;
    warmest->state = SLOT_BUSY;
    warmest->deadline_us = deadline_us;
    if (warmest->trims > 0)
        pool_wake_supervisor(pool); /* it may sleep for good: there will be memory to give back */
    return warmest;
}

static void append_waiter(struct pool *pool, struct waiter *waiter, bool front)
{
    if (front) {
        waiter->next = pool->head;
        if (pool->head == NULL)
            pool->tail = &waiter->next;
        pool->head = waiter;
    } else {
        *pool->tail = waiter;
        pool->tail = &waiter->next;
    }
    pool->waiting++;
}

static void remove_waiter(struct pool *pool, struct waiter *waiter)
{
    for (struct waiter **link = &pool->head; *link != NULL; link = &(*link)->next) {
        if (*link != waiter)
            continue;
        *link = waiter->next;
        if (pool->tail == &waiter->next)
            pool->tail = link;
        pool->waiting--;
        return;
    }
}

/* A job that would wait longer than it may is refused at once: the answer is the same, and comes
 * while the client can still do something about it. */
static bool is_full(const struct pool *pool)
{
    int64_t expected_us =
        (int64_t)(pool->waiting + 1) * pool->work_estimate_us / pool->options.workers;

    return pool->waiting >= pool->options.queue_max ||
           (pool->waiting > 0 && expected_us > (int64_t)pool->options.queue_wait_ms * 1000);
}

bool pool_is_full(struct pool *pool)
{
    bool full;

    pthread_mutex_lock(&pool->lock);
    full = pool_find_idle(pool) == NULL && is_full(pool);
    pthread_mutex_unlock(&pool->lock);
    return full;
}

/* Sleeps until a worker is handed over (0), or waiting makes no sense any more (a status). */
static int wait_for_hand_over(const struct pool *pool, const struct pool_job *job, int event_fd)
{
    int64_t patience_us = deadline_after_ms(pool->options.queue_wait_ms);
    struct peer peer = peer_watch(job->client_fd);

    for (;;) {
        struct pollfd polls[] = {{.fd = event_fd, .events = POLLIN}, peer_pollfd(&peer)};
        int64_t until = deadline_earlier(deadline_earlier(patience_us, job->deadline_us),
                                         peer_timeout_us(&peer));

        if (poll(polls, ARRAY_LENGTH(polls), deadline_poll_ms(until)) < 0 && errno != EINTR)
            return -errno;
        if (peer_gone(&peer, polls[1].revents))
            return STATUS_CLIENT_GONE;
        if (polls[0].revents & POLLIN)
            return 0;
        if (clock_us() >= job->deadline_us)
            return STATUS_DEADLINE_EXCEEDED;
        if (clock_us() >= patience_us)
            return STATUS_OVERLOADED;
    }
}

/* The worker may have been handed over in the very moment of giving up: then it is taken after all,
 * or passed on where nobody is left to work for. */
static int end_wait(struct pool *pool, struct waiter *waiter, int status, struct slot **slot)
{
    pthread_mutex_lock(&pool->lock);
    if (waiter->slot == NULL) {
        remove_waiter(pool, waiter);
    } else if (status != 0 && status != STATUS_OVERLOADED) {
        pool_offer(pool, waiter->slot);
    } else {
        *slot = waiter->slot;
        status = 0;
    }
    pthread_mutex_unlock(&pool->lock);
    return status;
}

int pool_borrow(struct pool *pool, const struct pool_job *job, bool front, struct slot **slot)
{
    _cleanup_close_ int event_fd = -1;
    struct waiter waiter = {.deadline_us = job->deadline_us};

    pthread_mutex_lock(&pool->lock);
    *slot = pool_take_idle(pool, job->deadline_us);
    if (*slot != NULL || (!front && is_full(pool))) {
        pthread_mutex_unlock(&pool->lock);
        return *slot != NULL ? 0 : STATUS_OVERLOADED;
    }
    event_fd = waiter.event_fd = eventfd(0, EFD_CLOEXEC);
    if (event_fd >= 0)
        append_waiter(pool, &waiter, front);
    pthread_mutex_unlock(&pool->lock);
    if (event_fd < 0)
        return STATUS_OVERLOADED; /* out of descriptors: as full as a queue can be */
    return end_wait(pool, &waiter, wait_for_hand_over(pool, job, event_fd), slot);
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
        pool_doom(pool, slot);
    } else {
        pool_offer(pool, slot);
    }
}

void pool_return(struct pool *pool, struct slot *slot, int64_t work_us, bool spent)
{
    pthread_mutex_lock(&pool->lock);
    pool->work_estimate_us = pool_average(pool->work_estimate_us, work_us);
    pool_settle(pool, slot, spent);
    pthread_mutex_unlock(&pool->lock);
}

void pool_get_status(struct pool *pool, struct pool_status *status)
{
    *status = (struct pool_status){.workers = pool->options.workers, .facts = ~0U};
    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; i < pool->options.workers; i++) {
        const struct slot *slot = &pool->slots[i];
        bool works = slot->state == SLOT_BUSY || slot->state == SLOT_ASIDE;
        bool lives = slot->state == SLOT_IDLE || works;

        status->idle += slot->state == SLOT_IDLE;
        status->busy += works;
        status->starting += !lives;
        if (lives)
            status->facts &= slot->facts;
    }
    status->waiting = pool->waiting;
    status->jobs = pool->jobs;
    status->crashes = pool->crashes;
    status->kills = pool->kills;
    status->recycled = pool->recycled;
    pthread_mutex_unlock(&pool->lock);
    if (status->idle + status->busy == 0)
        status->facts = 0;
}
