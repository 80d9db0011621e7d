/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * A child process as the server holds it: started by fork and exec in one step (posix_spawn, so
 * that nothing of ours runs between the two in a threaded program), and known by a pidfd, which
 * never means somebody else's process.
 */
struct process {
    pid_t pid;
    int pidfd; /* readable once it has died; -1: no process */
};

#define PROCESS_NONE ((struct process){.pid = -1, .pidfd = -1})

/* The descriptors a worker inherits, and their numbers on its side; standard error besides, and
 * /dev/null as the other two. */
enum worker_descriptor {
    WORKER_FD_JOBS = 3,
    WORKER_FD_REPLIES = 4,
    WORKER_FD_REGION = 5,
    WORKER_FD_END = 6,
};

/* Threads of a worker, the first one included. Three times what was ever seen in one that works on
 * pictures of all formats. */
enum { WORKER_THREADS_MAX = 12 };

enum { PROCESS_DESCRIPTORS = 4 };

/* Starts `program` with PROCESS_DESCRIPTORS descriptors (borrowed): of jobs, replies, region and
 * its standard error, in that order, an environment of only what a worker needs, all signals at
 * their defaults and unblocked. The caller's thread must outlive the child: it is the parent that
 * the child's death signal waits for. 0 or -errno. */
int process_spawn(struct process *process, const char *program, const int descriptors[]);

/* SIGKILL. NONE and dead ones are fine. Any thread. */
void process_kill(const struct process *process);

enum process_state { PROCESS_RUNS, PROCESS_STOPPED, PROCESS_DEAD };

/* What has become of it, without waiting and without reaping. */
enum process_state process_check(const struct process *process);

/* How it died, for a line of log: "killed by signal 11", "exit code 3". Also whether it was
 * SIGKILL, which no picture makes a decoder do to itself. Only for dead ones not yet reaped. */
struct process_death {
    bool by_sigkill;
    char text[48];
};
struct process_death process_death(const struct process *process);

/* Waits for it to die, reaps it and closes the pidfd; *process is PROCESS_NONE afterwards. */
void process_reap(struct process *process);
