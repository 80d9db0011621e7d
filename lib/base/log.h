/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>

/*
 * Log lines on standard error, one line with one write(), as text or as JSON. Only programs
 * (services/) and the threads that they own log. Every line of a request carries its id: the thread
 * that serves a request says so once with log_set_request().
 */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

/* Once, before any other thread. `program` is borrowed for ever. */
void log_open(const char *program, enum log_level level, enum log_format format);

/* The request id that this thread's lines carry from now on; NULL for none. Borrowed until the next
 * call on the same thread. */
void log_set_request(const char *request_id);

/* Whether lines of this level are written. */
bool log_enabled(enum log_level level);

/* One line; no newline in the format. Longer than about 1,000 bytes is cut. Control characters are
 * written as '?' in text and escaped in JSON; what is no UTF-8 as '?' and as U+FFFD. Any thread. Keeps
 * errno. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)

/* True at most once in `period_ms` for each `last_us` (a static of the caller, 0 at first): what
 * could be said 500,000 times a second is said once. Any thread. */
bool log_limit(_Atomic long long *last_us, int period_ms);
