/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdint.h>

/* What this process uses of the machine. What cannot be read is 0. */
struct process_usage {
    uint64_t threads;
    uint64_t resident_bytes, virtual_bytes;
    uint64_t open_fds, max_fds; /* the descriptor that counts them is not included */
    int64_t cpu_us;
    int64_t started_us; /* since the machine started (CLOCK_BOOTTIME) */
};

/* A few system calls; for each open descriptor a little more. Any thread. */
void process_usage_read(struct process_usage *usage);

/* The same without the descriptors and limits. */
void process_usage_read_memory(struct process_usage *usage);
