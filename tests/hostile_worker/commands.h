/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/worker.h"

/*
 * A worker for tests that obeys orders in the "picture": the first line of the text behind a PNG's
 * header (ORDER_OFFSET bytes, so that a server takes it for a picture), such as "sleep 200". The
 * rest is a payload that makes each one different. What an order leaves to answer is the picture
 * itself, unchanged, unless the order says otherwise.
 */
enum { ORDER_OFFSET = 33, ORDER_BYTES = 64 };

struct order {
    const char *verb;
    /* 0: answer with the picture; a positive status, or -1: everything has been answered already.
     */
    int (*obey)(const struct job_message *job, const char *argument, struct worker_output *output);
};

/* Tries the call that `argument` names from inside the cage and answers "errno N" behind the
 * PNG header; a call that kills does not answer. */
int order_call(const struct job_message *job, const char *argument, struct worker_output *output);

/* Sends the reply that `argument` names: "length", "offset", "generation", "version", "short",
 * "garbage", "status", "format", "nothing", "twice", "after", "hang". */
int order_lie(const struct job_message *job, const char *argument, struct worker_output *output);

/* Does to standard error what `argument` names: "erase", "truncate", "sparse", "pwrite",
 * "fallocate", "map", "forge", "torn", "long", "overflow", "close"; and writes to it for that many
 * milliseconds. */
int order_log(const struct job_message *job, const char *argument, struct worker_output *output);
int order_flood(const struct job_message *job, const char *argument, struct worker_output *output);

/* "COUNT spin" or "COUNT rest": starts so many threads, as far as they are let, that compute or
 * sleep without end, and answers "N threads" behind the PNG header; with "during", only after 5 s.
 */
int order_crowd(const struct job_message *job, const char *argument, struct worker_output *output);

/* Starts a thread with pthread_create()'s flags of clone(2), but for the ones in `argument`
 * (hexadecimal), which are turned over. Answers "errno N" behind the PNG header. */
int order_clone(const struct job_message *job, const char *argument, struct worker_output *output);

/* "CALL PID": tries the call against another process. Answers "errno N" behind the PNG header. */
int order_against(const struct job_message *job, const char *argument,
                  struct worker_output *output);
