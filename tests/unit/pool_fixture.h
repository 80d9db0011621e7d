/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

#pragma once

#include "ipc/pool.h"

#include <sys/types.h>

/*
 * A pool of workers that obey a command in their input (tests/hostile_worker/commands.h): every way
 * in which a worker can end, break the protocol or be late.
 */
enum { LONG_MS = 60000 };

extern struct pool *pool;

/* Two workers, in their sandbox. */
struct pool_options default_options(void);
void open_pool(const struct pool_options *options);

/* Setup and teardown of a cmocka test: a pool with the default options. */
int setup(void **state);
int teardown(void **state);

/* Setup of the group: SIGCHLD is blocked, as the servers block it. */
int block_child_signal(void **state);

/* Runs a command as a job: fills in the job's input; the rest is the caller's. */
int run_job(const char *command, int number, struct pool_job job, struct pool_result *result);

/* Runs a command; `number` makes its input different from others. Otherwise as pool_run(): the
 * caller frees the output. */
int run_command(const char *command, int number, int64_t deadline_ms, int client_fd,
                struct pool_result *result);

/* Runs a command; -EBADMSG if the output is not exactly the input. */
int run_echo(const char *command, int number);
int run_status(const char *command);

/* The pids of this process's children, in no order; their number. */
enum { CHILDREN_MAX = 64 };
unsigned list_children(pid_t children[static CHILDREN_MAX]);
void signal_children(int number);

/* All workers are idle again, in LONG_MS, and work. */
void assert_whole_again(void);
