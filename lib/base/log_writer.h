/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Inside lib/base: the thread that writes what others log. log_writer.c opens with the design.
 */
enum { LOG_LINE_BYTES = 2048 };

/* Starts the thread. `report` makes the line that tells how many were lost, and returns its length.
 * 0 or -errno. */
int log_writer_start(size_t (*report)(char line[static LOG_LINE_BYTES], unsigned long long lost));

/* Takes the line, of up to LOG_LINE_BYTES, to be written later, or counts it as lost; never
 * waits for who reads the log. False: there is no writer. Any thread. */
bool log_writer_take(const char *line, size_t size);
