/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/pool_state.h"

/*
 * Who gets the next worker: start-time fair queueing (Goyal, Vin, Cheng 1996), weighted by cost.
 *
 * Each client has a virtual time, `turn_us`: it grows by the cost of each of its jobs that a worker
 * gets, and, once that job has ended, by what it really took instead. A free worker goes to the
 * client that has had the least; among equals to the job that has waited longest. The pool's own
 * virtual time is what the client of the last job given to a worker had had before. A client that
 * comes with nothing waiting starts there, so that no rest is saved up; nor is a debt lost by
 * leaving: a client at rest is remembered until the pool's time has passed its own, or nobody wants
 * anything. What jobs that still run were said to cost is no part of the pool's time, but of their
 * client's alone: it may turn out to be too much, and whoever had started behind it would wait for
 * nothing.
 *
 * A job that its client abandoned runs, and counts, until its worker is lent again or killed. A job
 * whose worker died goes before all others: it has had its turn.
 *
 * Client 0 is nobody: such a job shares its turn with no other, and waits first come, first served.
 */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/peer.h"
#include "base/status.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>

enum { RESTING_MAX = 256 }; /* clients at rest that are remembered */

/* --- clients ------------------------------------------------------------------------------------
 */

static bool is_at_rest(const struct client *client)
{
    return client->head == NULL && client->running == 0;
}

static void forget(struct client **link)
{
    struct client *client = *link;

    *link = client->next;
    free(client);
}

/* Forgets clients at rest: those that owe nothing, all where nobody wants anything, and those that
 * were not seen for longest where there are too many. */
static void forget_some(struct pool *pool)
{
    bool all = pool->running == 0 && pool->waiting == 0;
    unsigned kept = 0;

    for (struct client **link = &pool->clients; *link != NULL;) {
        struct client *client = *link;
        bool rests = is_at_rest(client);

        if (rests && (all || client->turn_us <= pool->turn_us || kept >= RESTING_MAX)) {
            forget(link);
            continue;
        }
        kept += rests;
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

/* What the client has had, without what its running jobs are said to cost. */
static int64_t had_us(const struct client *client)
{
    return client->turn_us - client->running_us;
}

/* The client, which is now the first of the list; NULL: no memory. */
static struct client *meet_client(struct pool *pool, uint64_t id)
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
        forget(&pool->clients);
}

/* --- lending ------------------------------------------------------------------------------------
 */

/* What a job counts for until it has ended; one that says nothing is like the others. */
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

void pool_charge(struct pool *pool, struct slot *slot, int64_t extra_us)
{
    struct client *client = slot->client;

    if (client == NULL)
        return;
    client->turn_us += clock_us() - slot->lent_us + extra_us - slot->cost_us;
    client->running_us -= slot->cost_us;
    client->running--;
    pool->running--;
    slot->client = NULL;
    if (is_at_rest(client))
        forget_some(pool);
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static void append(struct pool *pool, struct waiter *waiter, bool front)
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

static void unlink_waiter(struct pool *pool, struct waiter *waiter)
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

    pool_charge(pool, slot, 0);
    next = pool->waiting > 0 ? find_next(pool) : NULL;
    if (next != NULL) {
        unlink_waiter(pool, next);
        lend(pool, slot, next);
        next->slot = slot;
        eventfd_write(next->event_fd, 1);
        return;
    }
    slot->state = SLOT_IDLE;
    slot->idle_since_us = clock_us();
    slot->trims = 0;
}

/* --- being refused ------------------------------------------------------------------------------
 */

/* Of the jobs of `client` that wait, the cost of those whose turn comes before `turn_us`. */
static int64_t cost_before(const struct client *client, int64_t turn_us)
{
    int64_t cost_us;

    if (client->head == NULL || client->turn_us > turn_us)
        return 0;
    cost_us = turn_us - client->turn_us + client->head->cost_us;
    return cost_us < client->backlog_us ? cost_us : client->backlog_us;
}

/* What workers that have a job will take for it yet. */
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

/* How long a job of that client (NULL: an unknown one) would wait if it came now. By cost, and only
 * for what has its turn before: what another client has heaped up beyond its share is not in the
 * way. Estimates are high on purpose: what jobs took of them lately is expected again. */
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

static bool has_its_share(const struct pool *pool, const struct client *client)
{
    double share = pool->options.queue_max * pool->options.queue_share_per_client;

    return client != NULL && client->id != 0 && client->waiting > 0 && client->waiting + 1 > share;
}

/* Why a job of that client that came now would be refused; NULL: it would not. One that would wait
 * longer than it may is refused at once: the answer is the same, and comes while the client can
 * still do something about it. */
static const char *find_refusal(const struct pool *pool, const struct client *client)
{
    if (pool->waiting >= pool->options.queue_max)
        return "all workers are busy and the queue is full; try again shortly";
    if (has_its_share(pool, client))
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
        unlink_waiter(pool, waiter);
        if (is_at_rest(waiter->client))
            forget_some(pool);
    } else if (status != 0 && status != STATUS_OVERLOADED) {
        pool_offer(pool, waiter->slot);
    } else {
        *slot = waiter->slot;
        status = 0;
    }
    pthread_mutex_unlock(&pool->lock);
    return status;
}

/* With the lock held: a worker at once, or a place in the queue, or STATUS_OVERLOADED and *why. */
static int enter(struct pool *pool, const struct pool_job *job, bool front, struct waiter *waiter,
                 const char **why)
{
    struct slot *idle = pool_find_idle(pool);

    *why = NULL;
    if (idle == NULL && !front)
        *why = find_refusal(pool, *find_client(pool, job->client));
    if (*why != NULL)
        return STATUS_OVERLOADED;
    waiter->client = meet_client(pool, job->client);
    if (waiter->client == NULL)
        return STATUS_OVERLOADED;
    waiter->cost_us = cost_of(pool, job);
    if (idle != NULL) {
        waiter->slot = idle;
        lend(pool, idle, waiter);
        if (idle->trims > 0)
            pool_wake_supervisor(
                pool); /* it may sleep for good: there will be memory to give back */
        return 0;
    }
    waiter->event_fd = eventfd(0, EFD_CLOEXEC);
    if (waiter->event_fd >= 0) {
        append(pool, waiter, front);
        return 0;
    }
    if (is_at_rest(waiter->client))
        forget_some(pool);
    return STATUS_OVERLOADED; /* out of descriptors: as full as a queue can be */
}

int pool_borrow(struct pool *pool, const struct pool_job *job, bool front, struct slot **slot,
                const char **why)
{
    struct waiter waiter = {.deadline_us = job->deadline_us, .event_fd = -1};
    int status;

    pthread_mutex_lock(&pool->lock);
    status = enter(pool, job, front, &waiter, why);
    pthread_mutex_unlock(&pool->lock);
    if (waiter.event_fd < 0) {
        *slot = waiter.slot;
        return status;
    }
    status = end_wait(pool, &waiter, wait_for_hand_over(pool, job, waiter.event_fd), slot);
    close_fd(waiter.event_fd);
    return status;
}
