/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/worker.h"

/*
 * A worker for tests that obeys commands in its input, as one would that an image has taken over. A
 * command is the first line behind a PNG's header (COMMAND_OFFSET bytes, so that a server takes the
 * input for an image), such as "sleep 200"; the rest is a payload that makes inputs different.
 * Unless the command says otherwise, the output is the unchanged input.
 */
enum { COMMAND_OFFSET = 33, COMMAND_BYTES = 64 };

struct command {
    const char *verb;
    int (*obey)(const char *argument, struct worker_output *output); /* as worker_handler.handle */
};

/* Makes the system call that `argument` names and answers "errno N" behind the PNG header; a call
 * that kills does not answer. */
int command_call(const char *argument, struct worker_output *output);

/* Sends the false reply that `argument` names: "length", "offset", "generation", "stale",
 * "version", "short", "garbage", "status", "nothing"; of the result "format", "result",
 * "no-result", "result-length", "result-beyond"; or an honest one and then something else: "twice",
 * "after", "hang". */
int command_lie(const char *argument, struct worker_output *output);

/* Abuses standard error in the way that `argument` names: "erase", "truncate", "sparse", "pwrite",
 * "fallocate", "map", "forge", "torn", "long", "overflow", "close"; and writes to it for that many
 * milliseconds. */
int command_log(const char *argument, struct worker_output *output);
int command_flood(const char *argument, struct worker_output *output);

/* "COUNT spin" or "COUNT rest": starts so many threads, as far as it can, that compute or sleep
 * without end, and answers "N threads" behind the PNG header; with "during" only after 5 s. */
int command_crowd(const char *argument, struct worker_output *output);

/* Starts a thread with pthread_create()'s flags of clone(2), but for the flags in `argument`
 * (hexadecimal), which are inverted. Answers "errno N" behind the PNG header. */
int command_clone(const char *argument, struct worker_output *output);

/* "CALL PID": tries the call against another process. Answers "errno N" behind the PNG header. */
int command_against(const char *argument, struct worker_output *output);
