/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool_queue.h"

/*
 * Who gets the next worker: start-time fair queueing (Goyal, Vin, Cheng 1996), weighted by cost.
 *
 * Each client has a virtual time, `turn_us`: it grows by the estimated cost of each of its jobs
 * that a worker gets, and once that job has ended, by what it really took instead. A free worker
 * goes to the client that has had the least; among equals, to the job that has waited longest. The
 * pool's own virtual time is the time that the client of the last job given to a worker had before
 * it. A client that comes with nothing waiting starts there, so that idle time is not saved up.
 * Leaving does not lose a debt either: a client without jobs is remembered until the pool's time
 * has passed its own, or nobody has jobs. The pool's time leaves out the estimates of jobs that
 * still run, which count for their client alone: an estimate may turn out too high, and whoever had
 * started behind it would wait for nothing.
 *
 * A job that its client abandoned runs, and counts, until its worker is lent again or killed. A job
 * whose worker died goes before all others: it has had its turn.
 *
 * Client 0 stands for no client: such a job shares its turn with no other, first come, first
 * served.
 */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/peer.h"
#include "base/status.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>

enum { REMEMBERED_MAX = 256 }; /* clients without jobs */

/* --- clients ------------------------------------------------------------------------------------
 */

static bool has_no_jobs(const struct client *client)
{
    return client->head == NULL && client->running == 0;
}

static void free_client(struct client **link)
{
    struct client *client = *link;

    *link = client->next;
    free(client);
}

/* Forgets clients without jobs: those that owe nothing, all of them where nobody has jobs, and
 * where there are too many, those last seen longest ago. */
static void forget_clients(struct pool *pool)
{
    bool all = pool->running == 0 && pool->waiting == 0;
    unsigned kept = 0;

    for (struct client **link = &pool->clients; *link != NULL;) {
        struct client *client = *link;
        bool idle = has_no_jobs(client);

        if (idle && (all || client->turn_us <= pool->turn_us || kept >= REMEMBERED_MAX)) {
            free_client(link);
            continue;
        }
        kept += idle;
        link = &client->next;
    }
}

static struct client **find_client(struct pool *pool, uint64_t id)
{
    struct client **link = &pool->clients;

    while (*link != NULL && (id == 0 || (*link)->id != id))
        link = &(*link)->next;
    return link;
}

/* What the client has had, without the estimates of its running jobs. */
static int64_t had_us(const struct client *client)
{
    return client->turn_us - client->running_us;
}

/* The client, moved or added to the front of the list; NULL: no memory. */
static struct client *find_or_add_client(struct pool *pool, uint64_t id)
{
    struct client **link = find_client(pool, id), *client = *link;

    if (client != NULL) {
        *link = client->next;
    } else {
        client = calloc(1, sizeof(*client));
        if (client == NULL)
            return NULL;
        client->id = id;
        client->tail = &client->head;
    }
    client->next = pool->clients;
    pool->clients = client;
    if (client->head == NULL && had_us(client) < pool->turn_us)
        client->turn_us = pool->turn_us + client->running_us;
    return client;
}

void pool_forget_clients(struct pool *pool)
{
    while (pool->clients != NULL)
        free_client(&pool->clients);
}

/* --- lending ------------------------------------------------------------------------------------
 */

/* What a job counts for until it has ended; without an estimate, the average. */
static int64_t cost_of(const struct pool *pool, const struct pool_job *job)
{
    return job->cost_us > 0 ? job->cost_us : pool->work_estimate_us;
}

static void lend(struct pool *pool, struct slot *slot, const struct waiter *job)
{
    struct client *client = job->client;

    slot->state = SLOT_BUSY;
    slot->deadline_us = job->deadline_us;
    slot->client = client;
    slot->cost_us = job->cost_us;
    slot->lent_us = clock_us();
    pool->running++;
    client->running++;
    if (pool->turn_us < had_us(client) && !job->front)
        pool->turn_us = had_us(client);
    client->running_us += job->cost_us;
    client->turn_us += job->cost_us;
}

/* Charges the slot's job, if any, to its client: what it took, and extra_us. */
static void charge(struct pool *pool, struct slot *slot, int64_t extra_us)
{
    struct client *client = slot->client;

    if (client == NULL)
        return;
    client->turn_us += clock_us() - slot->lent_us + extra_us - slot->cost_us;
    client->running_us -= slot->cost_us;
    client->running--;
    pool->running--;
    slot->client = NULL;
    if (has_no_jobs(client))
        forget_clients(pool);
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static void add_waiter(struct pool *pool, struct waiter *waiter, bool front)
{
    struct client *client = waiter->client;

    waiter->arrival = ++pool->arrivals;
    waiter->front = front;
    if (front) {
        waiter->next = client->head;
        if (client->head == NULL)
            client->tail = &waiter->next;
        client->head = waiter;
    } else {
        *client->tail = waiter;
        client->tail = &waiter->next;
    }
    client->waiting++;
    client->backlog_us += waiter->cost_us;
    pool->waiting++;
}

static void remove_waiter(struct pool *pool, struct waiter *waiter)
{
    struct client *client = waiter->client;
    struct waiter **link = &client->head;

    while (*link != waiter)
        link = &(*link)->next;
    *link = waiter->next;
    if (client->tail == &waiter->next)
        client->tail = link;
    client->waiting--;
    client->backlog_us -= waiter->cost_us;
    pool->waiting--;
}

static bool goes_before(const struct waiter *a, const struct waiter *b)
{
    if (a->front != b->front)
        return a->front;
    if (!a->front && a->client->turn_us != b->client->turn_us)
        return a->client->turn_us < b->client->turn_us;
    return a->arrival < b->arrival;
}

static struct waiter *find_next(const struct pool *pool)
{
    struct waiter *next = NULL;

    for (const struct client *client = pool->clients; client != NULL; client = client->next) {
        if (client->head != NULL && (next == NULL || goes_before(client->head, next)))
            next = client->head;
    }
    return next;
}

void pool_offer(struct pool *pool, struct slot *slot)
{
    struct waiter *next;

    charge(pool, slot, 0);
    next = pool->waiting > 0 ? find_next(pool) : NULL;
    if (next != NULL) {
        remove_waiter(pool, next);
        lend(pool, slot, next);
        next->slot = slot;
        eventfd_write(next->event_fd, 1);
        return;
    }
    slot->state = SLOT_IDLE;
    slot->idle_since_us = clock_us();
    slot->trims = 0;
}

void pool_retire(struct pool *pool, struct slot *slot)
{
    charge(pool, slot, pool->start_estimate_us);
    slot->state = SLOT_RETIRED;
    pool_wake_supervisor(pool);
}

void pool_settle(struct pool *pool, struct slot *slot, bool spent)
{
    slot->jobs++;
    slot->heard_us = clock_us();
    pthread_cond_broadcast(&pool->heard);
    pool->jobs++;
    if (spent || (pool->options.max_jobs != 0 && slot->jobs >= pool->options.max_jobs)) {
        pool->exits[POOL_EXIT_RECYCLED]++;
        charge(pool, slot, 0); /* its client does not pay for the start of another worker */
        pool_retire(pool, slot);
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

/* --- being refused ------------------------------------------------------------------------------
 */

/* The cost of those waiting jobs of `client` whose turn comes before `turn_us`. */
static int64_t cost_before(const struct client *client, int64_t turn_us)
{
    int64_t cost_us;

    if (client->head == NULL || client->turn_us > turn_us)
        return 0;
    cost_us = turn_us - client->turn_us + client->head->cost_us;
    return cost_us < client->backlog_us ? cost_us : client->backlog_us;
}

/* How much longer the workers will take for the jobs that they have. */
static int64_t time_left_us(const struct pool *pool, double pace)
{
    int64_t left_us = 0, now_us = clock_us();

    for (unsigned i = 0; i < pool->options.workers; i++) {
        const struct slot *slot = &pool->slots[i];
        int64_t end_us = slot->lent_us + (int64_t)((double)slot->cost_us * pace);

        if (slot->client != NULL && end_us > now_us)
            left_us += end_us - now_us;
    }
    return left_us;
}

/* How long a job of that client (NULL: an unknown one) would wait if it came now. Counts the cost
 * of what has its turn before it: another client's backlog beyond its share does not. Estimates are
 * high on purpose, and are scaled by what recent jobs took of theirs. */
static int64_t expected_wait_us(const struct pool *pool, const struct client *client)
{
    int64_t turn_us = pool->turn_us, ahead_us = 0;
    double pace;

    if (pool->cost_estimate_us == 0)
        return 0;
    pace = (double)pool->work_estimate_us / (double)pool->cost_estimate_us;
    if (client != NULL && (client->head != NULL || client->turn_us > turn_us))
        turn_us = client->turn_us + client->backlog_us;
    for (const struct client *other = pool->clients; other != NULL; other = other->next)
        ahead_us += other == client ? other->backlog_us : cost_before(other, turn_us);
    if (ahead_us == 0)
        return 0;
    return ((int64_t)((double)ahead_us * pace) + time_left_us(pool, pace)) / pool->options.workers;
}

/* Whole places. The double of a part may be less than what was written: 50 x 0.58 are 29. */
static unsigned places_per_client(const struct pool *pool)
{
    const double rounding = 1e-6; /* far above a double's, with the longest queue */

    return (unsigned)(pool->options.queue_max * pool->options.queue_share_per_client + rounding);
}

static bool has_full_share(const struct pool *pool, const struct client *client)
{
    return client != NULL && client->id != 0 && client->waiting > 0 &&
           client->waiting >= places_per_client(pool);
}

/* Why a job of that client that came now would be refused; NULL: it would not. A job that would
 * wait longer than it may is refused at once: the answer is the same, but comes while the client
 * can still act on it. */
static const char *find_refusal(const struct pool *pool, const struct client *client)
{
    if (pool->waiting >= pool->options.queue_max)
        return "all workers are busy and the queue is full; try again shortly";
    if (has_full_share(pool, client))
        return "as many requests of this client wait as may; try again shortly";
    if (expected_wait_us(pool, client) > (int64_t)pool->options.queue_wait_ms * 1000)
        return "all workers are busy for longer than a request may wait; try again shortly";
    return NULL;
}

bool pool_is_full(struct pool *pool, uint64_t client)
{
    bool full;

    pthread_mutex_lock(&pool->lock);
    full = pool_find_idle(pool) == NULL && find_refusal(pool, *find_client(pool, client)) != NULL;
    pthread_mutex_unlock(&pool->lock);
    return full;
}

/* --- borrowing ----------------------------------------------------------------------------------
 */

/* Sleeps until a worker is handed over (0), or until there is no point in waiting (a status). */
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

/* A worker may have been handed over at the very moment of giving up: then the job takes it after
 * all, or passes it on where its client is gone or its deadline has passed. */
static int end_wait(struct pool *pool, struct waiter *waiter, int status, struct slot **slot)
{
    pthread_mutex_lock(&pool->lock);
    if (waiter->slot == NULL) {
        remove_waiter(pool, waiter);
        if (has_no_jobs(waiter->client))
            forget_clients(pool);
    } else if (status != 0 && status != STATUS_OVERLOADED) {
        pool_offer(pool, waiter->slot);
    } else {
        *slot = waiter->slot;
        status = 0;
    }
    pthread_mutex_unlock(&pool->lock);
    return status;
}

/* Gives the job a worker at once, or a place in the queue, or STATUS_OVERLOADED and *why. With the
 * lock held. */
static int enter_queue(struct pool *pool, const struct pool_job *job, bool front,
                       struct waiter *waiter, const char **why)
{
    struct slot *idle = pool_find_idle(pool);

    *why = NULL;
    if (idle == NULL && !front)
        *why = find_refusal(pool, *find_client(pool, job->client));
    if (*why != NULL)
        return STATUS_OVERLOADED;
    waiter->client = find_or_add_client(pool, job->client);
    if (waiter->client == NULL)
        return STATUS_OVERLOADED;
    waiter->cost_us = cost_of(pool, job);
    if (idle != NULL) {
        waiter->slot = idle;
        lend(pool, idle, waiter);
        if (idle->trims > 0)
            pool_wake_supervisor(pool); /* it has no reason to trim this worker's memory yet */
        return 0;
    }
    waiter->event_fd = eventfd(0, EFD_CLOEXEC);
    if (waiter->event_fd >= 0) {
        add_waiter(pool, waiter, front);
        return 0;
    }
    if (has_no_jobs(waiter->client))
        forget_clients(pool);
    return STATUS_OVERLOADED; /* no descriptor left: the queue is full */
}

int pool_borrow(struct pool *pool, const struct pool_job *job, bool front, struct slot **slot,
                const char **why)
{
    struct waiter waiter = {.deadline_us = job->deadline_us, .event_fd = -1};
    int status;

    pthread_mutex_lock(&pool->lock);
    pool->retries += front;
    status = enter_queue(pool, job, front, &waiter, why);
    pthread_mutex_unlock(&pool->lock);
    if (waiter.event_fd < 0) {
        *slot = waiter.slot;
        return status;
    }
    status = end_wait(pool, &waiter, wait_for_hand_over(pool, job, waiter.event_fd), slot);
    close_fd(waiter.event_fd);
    return status;
}
