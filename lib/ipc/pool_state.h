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
 * The pool's design.
 *
 * A worker lives in a slot. At any moment a slot has one owner, told by its state:
 *
 *     EMPTY ---> STARTING ---> IDLE <---> BUSY ---> ASIDE ---> IDLE or BUSY
 *       ^            |           |          |         |
 *       |            v           v          v         v
 *       +-------------------- DOOMED <------+---------+
 *
 *     EMPTY, STARTING, DOOMED   the supervisor thread: it spawns, waits for the ready message,
 * reaps; ASIDE                     the supervisor thread: it waits for a reply that nobody wants;
 *     IDLE                      whoever holds the lock;
 *     BUSY                      the connection thread that borrowed it, and nobody else. Only this
 *                               thread sends it a job, reads its replies, touches its memory.
 *
 * The state itself changes under the lock only. A borrower that sees its worker die, lie or take
 * too long marks the slot DOOMED and wakes the supervisor, which reaps the process and starts
 * another. So a death is an event of one poll() of one thread, and nobody has to find out whose job
 * a dead worker had.
 *
 * Jobs that find no idle worker wait in a list of their client's, each with an eventfd of its own:
 * its thread can so watch its client as well. Whoever makes a worker idle hands it to the client
 * that has had least (pool_queue.c). A job whose worker died goes first: it has waited already.
 *
 * A job whose client went away, or whose deadline passed, is let end unless that takes long: its
 * worker is ASIDE meanwhile, and lent again after its reply. A worker that has answered may also
 * never come back to its queue: a job that is not fetched in FETCH_MS is taken back and tried with
 * another, and the worker is ASIDE until it answers a ping.
 *
 * The supervisor also kills workers that somebody stopped (SIGSTOP) and left so for a while, and
 * those that use more of the machine than a job can need (worker_watch.h): their borrower sees a
 * death. It also reads what workers write to their standard error, and logs it. Nothing is logged
 * with the lock held: a log may block.
 *
 * pool_lifetime.c     start, stop, give back
 * pool_queue.c        borrow: whose turn it is, and who is refused
 * pool_job.c          one job with a borrowed worker; retries
 * pool_health.c       workers that are idle or set aside: what they answer
 * pool_start.c        an empty slot's way to a worker
 * pool_supervisor.c   the thread that starts, watches and buries
 * worker_log.c        what a worker writes to its standard error
 * worker_watch.c      what a worker uses of the machine, and what is too much
 */
enum { POOL_POLLS = 2 };

enum slot_state { SLOT_EMPTY, SLOT_STARTING, SLOT_IDLE, SLOT_BUSY, SLOT_ASIDE, SLOT_DOOMED };

struct slot {
    enum slot_state state;
    struct process process;
    struct worker_log log;   /* the supervisor's, whatever the state */
    int jobs_fd, replies_fd; /* the server's ends of the queues */
    struct region region;
    uint64_t generation; /* of the last job or ping sent */
    uint64_t ping;       /* generation of a ping that is not answered; 0: none */
    int64_t pinged_us;
    int64_t heard_us;          /* when it answered anything, last */
    int64_t deadline_us;       /* BUSY, ASIDE: of its job; 0: it has none */
    struct client *client;     /* BUSY, ASIDE: whose job it is; NULL: it has none */
    int64_t cost_us;           /* ... what it is to cost ... */
    int64_t lent_us;           /* ... and since when it is with the worker */
    uint64_t awaited;          /* ASIDE: the generation whose reply makes it idle again ... */
    int64_t awaited_until_us;  /* ... and the end of patience */
    uint64_t jobs;             /* answered by this process */
    uint32_t layers;           /* of its sandbox */
    unsigned failed_starts;    /* in a row */
    int64_t start_at_us;       /* EMPTY: not before; STARTING: since */
    int64_t stopped_since_us;  /* the supervisor's; 0: it runs */
    int64_t worked_us;         /* on jobs that were waited for, in all */
    bool worked_aside;         /* and on others, since the supervisor looked */
    struct worker_watch watch; /* the supervisor's */
    bool put_down;             /* the supervisor killed it: counted, and no crash ... */
    bool excessive;            /* ... but to its job, since it used more than any job may */
    int64_t idle_since_us;
    unsigned trims; /* IDLE: how often its spare pages were given back */
};

struct waiter {
    struct waiter *next; /* of its client's */
    struct client *client;
    struct slot *slot;   /* set by the one who hands over, under the lock */
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
    int64_t running_us;        /* ... and of those that run, which are in turn_us already */
    unsigned waiting, running; /* its jobs; running: abandoned ones, too */
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
    struct log_budget log_budget; /* the supervisor's: of what all workers say */

    pthread_mutex_t lock;      /* all below, and the slots' states */
    pthread_cond_t started;    /* a worker became ready, or could not */
    pthread_cond_t heard;      /* a worker answered; timed by CLOCK_MONOTONIC */
    struct client *clients;    /* that want something or owe something; the last seen first */
    unsigned waiting, running; /* jobs of all of them */
    uint64_t arrivals;
    int64_t turn_us;           /* the virtual time */
    int64_t work_estimate_us;  /* of a job: moving average ... */
    int64_t cost_estimate_us;  /* ... and of what the same jobs were said to cost */
    int64_t start_estimate_us; /* of a worker's start: moving average */
    uint64_t jobs, crashes, kills, recycled;
    bool stopping;
    bool ready_once; /* pool_new waits for this ... */
    int start_error; /* ... or for this, and then says why */
    char why[128];
};

/* All three with the lock held. pool_offer makes a slot idle or hands it to whose turn it is;
 * pool_doom gives it to the supervisor; both charge the job that it had to its client, pool_doom
 * the start of another worker, too. pool_charge does only that: what the job took, and extra_us. */
void pool_offer(struct pool *pool, struct slot *slot);
void pool_doom(struct pool *pool, struct slot *slot);
void pool_charge(struct pool *pool, struct slot *slot, int64_t extra_us);

void pool_wake_supervisor(struct pool *pool);
void pool_cleanup(struct pool **pool);

/* Borrows an idle worker. front: before all who wait, and however many they are. 0 and *slot;
 * STATUS_OVERLOADED (and *why, or NULL), STATUS_DEADLINE_EXCEEDED, STATUS_CLIENT_GONE, or -errno.
 */
int pool_borrow(struct pool *pool, const struct pool_job *job, bool front, struct slot **slot,
                const char **why);

/* At the end: nobody waits, no worker is lent. */
void pool_forget_clients(struct pool *pool);

/* Gives a worker back that has answered a job; recycles it where it has done its share, or says
 * that it is spent (reply_message.spent). pool_settle is the same with the lock held, and does not
 * count the time. */
void pool_settle(struct pool *pool, struct slot *slot, bool spent);
void pool_return(struct pool *pool, struct slot *slot, int64_t work_us, bool spent);

/* With the lock held: the idle worker that has rested least, one that owes an answer to a ping only
 * where there is no other; it stays idle. NULL: none. */
struct slot *pool_find_idle(const struct pool *pool);

/* Whether a message of `size` bytes is the answer to the slot's ping, which is settled then. The
 * slot's owner alone. */
bool pool_take_pong(struct slot *slot, struct reply_message *reply, size_t size);

/* Both set a borrowed worker aside. It is lent again once it answers: a job that it has, by
 * until_us; a ping, where it has not fetched the job. */
void pool_abandon(struct pool *pool, struct slot *slot, int64_t until_us);
void pool_set_aside(struct pool *pool, struct slot *slot);

/* The supervisor's: takes what a worker has answered that is idle or set aside, and dooms one that
 * lies or has not answered by pool_patience_us. */
void pool_hear(struct pool *pool, struct slot *slot);
int64_t pool_patience_us(const struct slot *slot);

/* A moving average with one value more. */
int64_t pool_average(int64_t average, int64_t value);

/* How long a job may have been worked on, in microseconds, before its worker is killed because
 * nobody waits for it any more. */
int64_t pool_abandon_after_us(struct pool *pool);

void *pool_supervise(void *pool);

/* The supervisor's alone. pool_start_worker starts one where its time has come; pool_await_ready
 * looks for the ready message of one that is starting, which takes POOL_START_LIMIT_MS at most;
 * pool_clear_slot ends and reaps a slot's process and takes everything away that it had. */
enum { POOL_START_LIMIT_MS = 10000 };
void pool_start_worker(struct pool *pool, struct slot *slot);
void pool_await_ready(struct pool *pool, struct slot *slot);
void pool_clear_slot(struct slot *slot);
void pool_set_state(struct pool *pool, struct slot *slot, enum slot_state state);
