/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>

/*
 * For tests of the log: everything that standard error can be, and a reader of the lines that these
 * tests log, "thread %u line %u".
 */
enum { LOG_THREADS = 4, SINK_BYTES = 4096 };

/* Where lines go, and where they are read; for a file nothing is read there. */
struct log_sink {
    int write_fd, read_fd;
};

/* Each holds about SINK_BYTES, except for the file. */
struct log_sink sink_pipe(void);
struct log_sink sink_impatient_pipe(void); /* O_NONBLOCK */
struct log_sink sink_stream(void);
struct log_sink sink_messages(void); /* each write is one message */
struct log_sink sink_terminal(void);
struct log_sink sink_file(void);
void sink_close(struct log_sink *sink);

/* Makes it standard error. */
void sink_redirect(const struct log_sink *sink);

/* A teardown: restores standard error. */
int sink_restore(void **state);

struct log_reading {
    unsigned next[LOG_THREADS]; /* the line expected next, of each thread */
    unsigned lines, wrong;
    unsigned long long lost; /* according to the log */
    unsigned reports;        /* how many lines say so */
    char rest[4096];         /* of a line that is not complete */
    size_t rest_size;
};

void log_read_text(struct log_reading *reading, const char *text, size_t size);

/* Reads until so many lines were read or reported as lost, or to the end. */
void log_read_until(struct log_reading *reading, int fd, unsigned long long total);

/* Logs lines 0 to count - 1 of thread 0. */
void log_some(unsigned count);
