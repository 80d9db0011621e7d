/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdint.h>

/*
 * What the control group of this process, and the groups around it, allow, of both versions
 * (Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst of the kernel). `root` is in front of
 * /proc and /sys: "", but for tests. Any thread.
 */

/* The whole CPUs of its quota of CPU time, rounded down, at least 1; 0: there is no quota. */
unsigned cgroup_cpus(const char *root);

/* The bytes of memory; UINT64_MAX: there is no limit. */
uint64_t cgroup_memory_bytes(const char *root);
