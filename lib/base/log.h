/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>

/*
 * Log lines on standard error, one line with one write(), as text, as JSON, or for another
 * process to log anew: "<4>message", the level as sd-daemon(3) has it. Only programs
 * (services/) and the threads that they own log. Every line of a request carries its id: the thread
 * that serves a request says so once with log_set_request().
 *
 * Who logs writes the line itself, and waits where standard error is not read; unless log_start()
 * was called, as servers do: from then on nobody waits, and what is not read is lost, counted and
 * told.
 */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON, LOG_RELAYED };

/* Once, before any other thread. `program` is borrowed for ever. */
void log_open(const char *program, enum log_level level, enum log_format format);

/* Starts a thread that writes the lines from now on: from memory for about a thousand of them;
 * those beyond are lost, and told of in one line once writing is possible again. It flushes at
 * exit(), and before SIGSEGV, SIGABRT and the like end the process, for a moment each; not at
 * _exit(). Once. 0 or -errno. */
int log_start(void);

/* Waits until all that was logged is written, for `wait_ms` at most. Whether it is, and nothing was
 * lost. Any thread. */
bool log_flush(int wait_ms);

/* The request id that this thread's lines carry from now on; NULL for none. Borrowed until the next
 * call on the same thread. */
void log_set_request(const char *request_id);

/* The level that LOG_RELAYED has put in front of a line, which *line is behind then; LOG_WARNING
 * where there is none. Any thread. */
enum log_level log_split_level(const char **line);

/* Whether lines of this level are written. */
bool log_enabled(enum log_level level);

/* One line; no newline in the format. Longer than about 1,000 bytes is cut. Control characters
 * are written as '?' in text and escaped in JSON; what is no UTF-8 as '?' and as U+FFFD. Any
 * thread. Keeps errno. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line as it is, of up to 2,000 bytes, for whoever started the program by hand; without time
 * and level, and whatever the level. No newline in the format. Any thread. */
void log_plain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define log_error(...)   log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)

/* True at most once in `period_ms` for each `last_us` (a static of the caller, 0 at first): what
 * could be said 500,000 times a second is said once. Any thread. */
bool log_limit(_Atomic long long *last_us, int period_ms);
