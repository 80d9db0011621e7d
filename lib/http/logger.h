/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

/* Inside lib/http: libmicrohttpd's logger, and the one message of it that needs a reaction. */

/* The library is about to answer `request` by itself, with HTTP status `code`. Returns whether it
 * was answered instead; if not, the message is logged. */
typedef bool logger_answer(void *request, unsigned code);

/* The logger, as MHD_OPTION_EXTERNAL_LOGGER takes it. */
void logger_write(void *argument, const char *format, va_list arguments);

/* From now on `answer` is called with `request` when the library is about to answer by itself in
 * this thread. NULL: no request is being read. */
void logger_watch(logger_answer *answer, void *request);
