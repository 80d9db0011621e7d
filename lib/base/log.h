/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Log lines on standard error, one line with one write(), as text, as JSON, or for another process
 * to log: "<4>message", with the level in front as sd-daemon(3) defines it. Only programs
 * (services/) and the threads that they own log. Every line of a request carries its ids: the
 * thread that serves a request sets them once with log_set_request().
 *
 * A thread that logs writes the line itself, and waits where nobody reads standard error. After
 * log_start(), as in the servers, no thread waits; lines that cannot be written in time are lost,
 * counted and reported.
 */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON, LOG_RELAYED };

/* Once, before any other thread. `program` is borrowed for ever. */
void log_open(const char *program, enum log_level level, enum log_format format);

/* The level and the form of the lines from now on. Any thread. */
void log_change(enum log_level level, enum log_format format);

/* Starts a thread that writes the lines from now on. Memory holds about a thousand of them; further
 * ones are lost, and reported in one line once writing is possible again. Lines are flushed at
 * exit(), and before a signal such as SIGSEGV or SIGABRT ends the process, for a short time each;
 * not at _exit(). Once. 0 or -errno. */
int log_start(void);

/* Waits until all lines are written, for `wait_ms` at most. Returns whether they are, and none was
 * lost. Any thread. */
bool log_flush(int wait_ms);

/* How many lines were lost since log_start(), reported or not. Never less than before. Any thread.
 */
unsigned long long log_lost_lines(void);

/* What identifies a request in the log: words without white space and quotes. */
struct log_request {
    const char *id;
    const char *trace_id, *span_id; /* of W3C Trace Context; NULL: none */
};

/* The ids that this thread's lines carry from now on; NULL for none. Borrowed until the next call
 * on the same thread. */
void log_set_request(const struct log_request *request);

/* The level that LOG_RELAYED has put in front of a line, and moves *line behind it; LOG_WARNING
 * without one. Any thread. */
enum log_level log_split_level(const char **line);

/* Whether lines of this level are written. */
bool log_enabled(enum log_level level);

/* Logs one line; no newline in the format. It is cut after about 1,000 bytes. Control characters
 * are written as '?' in text and escaped in JSON, invalid UTF-8 as '?' and as U+FFFD. Any thread.
 * Keeps errno. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A value that a line carries besides its message. */
struct log_field {
    const char *name; /* a word, the same for every value */
    const char *text; /* escaped as a message is; NULL: the number */
    int64_t number;   /* at least 0, in units of 10^-decimals */
    unsigned decimals;
};

/* Logs one line with fields: as ` name=value` in text, quoted where a value is more than a word,
 * and as members in JSON. The message is cut after LOG_EVENT_BYTES, a text after LOG_VALUE_BYTES,
 * both counted as they are written; up to LOG_FIELDS_MAX fields. Any thread. Keeps errno. */
enum { LOG_EVENT_BYTES = 400, LOG_VALUE_BYTES = 48, LOG_FIELDS_MAX = 18 };
void log_fields(enum log_level level, const char *message, const struct log_field *fields,
                size_t count);

/* Writes a line of up to 2,000 bytes without time and level, whatever the level, for a person who
 * started the program by hand. No newline in the format. Any thread. */
void log_plain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define log_error(...)   log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)

/* True at most once in `period_ms` for each `last_us` (a static of the caller, 0 at first), so that
 * an event that happens 500,000 times a second is logged once. Any thread. */
bool log_limit(_Atomic long long *last_us, int period_ms);
