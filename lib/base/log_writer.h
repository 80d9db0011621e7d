/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The thread that writes what other threads log; only log.c uses it. log_writer.c opens with the
 * design.
 */
enum { LOG_LINE_BYTES = 2048 };

/* Starts the thread. `report` makes the line that says how many lines were lost, and returns its
 * length. 0 or -errno. */
int log_writer_start(size_t (*report)(char line[static LOG_LINE_BYTES], unsigned long long lost));

/* Takes a line of up to LOG_LINE_BYTES to be written later, or counts it as lost; never waits for
 * standard error. False: there is no writer. Any thread. */
bool log_writer_put(const char *line, size_t size);

/* As log_flush() and log_lost_lines(). */
bool log_writer_flush(int wait_ms);
unsigned long long log_writer_lost(void);
