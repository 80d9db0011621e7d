/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/pool.h"
#include "ipc/process.h"
#include "ipc/region.h"
#include "ipc/worker_log.h"
#include "ipc/worker_watch.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The pool's design, and the state that its files share.
 *
 * A worker lives in a slot. At any moment a slot has one owner, which its state names:
 *
 *     EMPTY ---> STARTING ---> IDLE <---> BUSY ---> ASIDE ---> IDLE or BUSY
 *       ^            |           |          |         |
 *       |            v           v          v         v
 *       +------------------- RETIRED <------+---------+
 *
 *     EMPTY, STARTING, RETIRED   the supervisor thread: it spawns, waits for the ready message,
 * reaps; ASIDE                      the supervisor thread: it waits for a reply that nobody needs;
 *     IDLE                       whoever holds the lock;
 *     BUSY                       the connection thread that borrowed it, and nobody else. Only this
 *                                thread sends it a job, reads its replies, touches its memory.
 *
 * The state itself changes under the lock only. A borrower that sees its worker die, break the
 * protocol or take too long retires the slot and wakes the supervisor, which reaps the process and
 * starts another. So a death is an event of one poll() of one thread, and nobody has to find out
 * whose job a dead worker had.
 *
 * Jobs that find no idle worker wait in a list per client, each with an eventfd of its own, so that
 * its thread can watch its client at the same time. Whoever makes a worker idle hands it to the
 * client that has had the least (pool_queue.c). A job whose worker died goes first: it has had its
 * turn.
 *
 * A job whose client went away, or whose deadline passed, may finish unless that takes long: its
 * worker is ASIDE meanwhile, and is lent again after its reply. A worker that has answered may also
 * never return to its queue: a job that it has not fetched in FETCH_MS is taken back and tried with
 * another worker, and this one is ASIDE until it answers a ping.
 *
 * The supervisor also kills workers that somebody stopped (SIGSTOP) and left stopped, and those
 * that use more of the machine than a job can need (worker_watch.h): their borrower sees a death.
 * It also reads what workers write to their standard error, and logs it. Nobody logs with the lock
 * held: a log may block.
 *
 * Each file uses those above it, and none below:
 *
 * pool.h              the public functions and their types
 * worker_log.c        what a worker writes to its standard error
 * worker_watch.c      what a worker uses of the machine, and what is too much
 * pool_state.c        the state below, and its smallest operations
 * pool_queue.c        lend and give back: whose turn it is, and who is refused
 * pool_health.c       workers that are idle or set aside: whether they answer
 * pool_job.c          one job with a borrowed worker; retries
 * pool_start.c        an empty slot on its way to a worker
 * pool_supervisor.c   the thread that starts, watches and reaps
 * pool_lifetime.c     start and stop
 */
enum { POOL_POLLS = 2 };

enum slot_state { SLOT_EMPTY, SLOT_STARTING, SLOT_IDLE, SLOT_BUSY, SLOT_ASIDE, SLOT_RETIRED };

struct slot {
    enum slot_state state;
    struct process process;
    struct worker_log log;   /* the supervisor's, whatever the state */
    int jobs_fd, replies_fd; /* the server's ends of the queues */
    struct region region;
    uint64_t generation; /* of the last job or ping sent */
    uint64_t ping;       /* generation of a ping without an answer yet; 0: none */
    int64_t pinged_us;
    int64_t heard_us;          /* when it last answered anything */
    int64_t deadline_us;       /* BUSY, ASIDE: of its job; 0: it has none */
    struct client *client;     /* BUSY, ASIDE: whose job it has; NULL: it has none */
    int64_t cost_us;           /* ... the job's estimated cost ... */
    int64_t lent_us;           /* ... and since when the worker has it */
    uint64_t awaited;          /* ASIDE: the generation whose reply makes it idle again ... */
    int64_t awaited_until_us;  /* ... and when to give up waiting for it */
    uint64_t jobs;             /* answered by this process */
    uint32_t layers;           /* of its sandbox */
    unsigned failed_starts;    /* in a row */
    int64_t start_at_us;       /* EMPTY: not before; STARTING: since */
    int64_t stopped_since_us;  /* the supervisor's; 0: it runs */
    int64_t worked_us;         /* in all, on jobs that somebody waited for ... */
    bool worked_aside;         /* ... and whether on others, since the supervisor last looked */
    struct worker_watch watch; /* the supervisor's */
    bool killed;               /* by the supervisor: counted as a kill, and not as a crash ... */
    bool excessive;            /* ... but a strike against its job: it used more than any job may */
    int64_t idle_since_us;
    unsigned trims; /* IDLE: how often its spare pages were given back */
};

struct waiter {
    struct waiter *next; /* of the same client */
    struct client *client;
    struct slot *slot;   /* set by whoever hands over a worker, under the lock */
    int64_t deadline_us; /* of its job */
    int64_t cost_us;
    uint64_t arrival; /* a number that grows */
    bool front;       /* its worker died: before all others */
    int event_fd;     /* readable once it has a worker */
};

struct client {
    struct client *next;
    uint64_t id;               /* pool_job.client */
    int64_t turn_us;           /* the virtual time of its next job */
    int64_t backlog_us;        /* costs of its jobs that wait ... */
    int64_t running_us;        /* ... and of those that run, which turn_us includes already */
    unsigned waiting, running; /* its jobs; running includes abandoned ones */
    struct waiter *head, **tail;
};

struct pool {
    struct pool_options options;
    char *program;
    struct slot *slots;
    pthread_t supervisor;
    bool supervised;              /* the thread exists */
    int wake_fd;                  /* eventfd: the supervisor has something to look at */
    int signal_fd;                /* SIGCHLD */
    struct pollfd *polls;         /* the supervisor's: POOL_POLLS and two for each slot */
    struct log_budget log_budget; /* the supervisor's: what all workers together may log */

    pthread_mutex_t lock;      /* guards all below, and the slots' states */
    pthread_cond_t started;    /* a worker became ready, or could not */
    pthread_cond_t heard;      /* a worker answered; timed by CLOCK_MONOTONIC */
    struct client *clients;    /* with jobs or a debt; the last seen first */
    unsigned waiting, running; /* jobs of all of them */
    uint64_t arrivals;
    int64_t turn_us;           /* the virtual time */
    int64_t work_estimate_us;  /* of a job: moving average ... */
    int64_t cost_estimate_us;  /* ... and of the estimated cost of the same jobs */
    int64_t start_estimate_us; /* of a worker's start: moving average */
    uint64_t jobs, retries, exits[POOL_EXITS];
    bool stopping;
    bool ready_once; /* pool_new() waits for this ... */
    int start_error; /* ... or for this, with `why` */
    char why[128];
};

void pool_wake_supervisor(struct pool *pool);

/* Takes the lock. */
void pool_set_state(struct pool *pool, struct slot *slot, enum slot_state state);
enum slot_state pool_get_state(struct pool *pool, const struct slot *slot);

/* The idle worker that was busy last, whose memory is warm; one that owes an answer to a ping only
 * where there is no other. It stays idle. NULL: none. With the lock held. */
struct slot *pool_find_idle(const struct pool *pool);

/* A moving average with one more value. */
int64_t pool_average(int64_t average, int64_t value);
