/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

#pragma once

#include "ipc/pool.h"

#include <sys/types.h>

/*
 * A pool of workers that obey an order in their picture (tests/hostile_worker): every way in which
 * a worker can end, lie or be late.
 */
enum { LONG_MS = 60000 };

extern struct pool *pool;

/* Two workers, in their cage. */
struct pool_options default_options(void);
void open_pool(const struct pool_options *options);

/* Setup and teardown of a cmocka test: a pool with the default options. */
int set_up(void **state);
int tear_down(void **state);

/* Setup of the group: SIGCHLD is blocked, as the servers block it. */
int block_child_signal(void **state);

/* Runs an order as a job whose picture and parameters are filled in here; the rest is the caller's.
 */
int run_job(const char *order, int number, struct pool_job job, struct pool_result *result);

/* Runs an order; `number` makes its picture different from the others. As pool_run() else: the
 * caller frees the output. */
int run_order(const char *order, int number, int64_t deadline_ms, int client_fd,
              struct pool_result *result);

/* Runs an order; -EBADMSG where the answer is not exactly the picture that was sent. */
int run_echo(const char *order, int number);
int run_status(const char *order);

/* The pids of this process's children, in no order; their number. */
enum { CHILDREN_MAX = 64 };
unsigned list_children(pid_t children[static CHILDREN_MAX]);
void signal_children(int number);

/* All workers are idle again, in LONG_MS, and work. */
void assert_whole_again(void);
