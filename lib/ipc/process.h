/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * A child process of the server: started by posix_spawn(), so that no code of ours runs between
 * fork and exec in a threaded program, and identified by a pidfd, which never refers to another
 * process.
 */
struct process {
    pid_t pid;
    int pidfd; /* readable once it has died; -1: no process */
};

#define PROCESS_NONE ((struct process){.pid = -1, .pidfd = -1})

/* The numbers of the descriptors that a worker inherits, besides its standard error; standard input
 * and output are /dev/null. */
enum worker_descriptor {
    WORKER_FD_JOBS = 3,
    WORKER_FD_REPLIES = 4,
    WORKER_FD_REGION = 5,
    WORKER_FD_END = 6,
};

/* Threads of a worker, the first one included. Three times the most ever seen in a worker, over
 * images of all formats. */
enum { WORKER_THREADS_MAX = 12 };

enum { PROCESS_DESCRIPTORS = 4 };

/* Starts `program` with PROCESS_DESCRIPTORS descriptors (borrowed): for jobs, replies, region and
 * standard error, in that order; with only the environment that a worker needs, and all signals at
 * their defaults and unblocked. The calling thread must outlive the child, whose parent-death
 * signal fires when that thread ends. 0 or -errno. */
int process_spawn(struct process *process, const char *program, const int descriptors[]);

/* Sends SIGKILL. PROCESS_NONE and dead processes are fine. Any thread. */
void process_kill(const struct process *process);

enum process_state { PROCESS_RUNS, PROCESS_STOPPED, PROCESS_DEAD };

/* The state of the process, without waiting and without reaping. */
enum process_state process_check(const struct process *process);

/* How it died, for the log: "killed by signal 11", "exit code 3"; and whether it was SIGKILL, which
 * no image makes a decoder send itself. Only for a dead process that is not reaped yet. */
struct process_death {
    bool by_sigkill;
    char text[48];
};
struct process_death process_death(const struct process *process);

/* Waits for it to die, reaps it and closes the pidfd; *process is PROCESS_NONE afterwards. */
void process_reap(struct process *process);
