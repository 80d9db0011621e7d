/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/job.h"
#include "ipc/sandbox_user.h"

#include <stdint.h>

/*
 * The cage of a worker: what a decoder that a picture has taken over cannot do any more. Entered
 * after the image library has started and before the first job, from a process with one thread; it
 * cannot be left. docs/security.md tells the walls from outside, tests/ proves each from inside.
 */

/* AddressSanitizer and ThreadSanitizer reserve terabytes of address space: no limit can hold. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_LIMITS_ADDRESS_SPACE 0
#else
#define SANDBOX_LIMITS_ADDRESS_SPACE 1
#endif

struct sandbox_options {
    int parent;                 /* the server's pid */
    uint64_t max_memory_bytes;  /* address space (RLIMIT_AS); 0: no limit */
    struct sandbox_users users; /* to become one of, where that is allowed */
    int highest_fd;             /* descriptors above are closed and no new one can be opened */
};

/* Dies with its parent, now or later: arms the parent-death signal, then looks whether the parent
 * was gone already. 0, or -ESRCH: it was. Becoming another user disarms it; sandbox_enter re-arms.
 */
int sandbox_follow_parent(int parent);

/* Puts up every wall. 0 and *facts, the enum worker_fact in force; those of Landlock alone may be
 * missing, on a kernel without it, or without its later parts. Or -errno and `why` names the wall
 * that failed. */
int sandbox_enter(const struct sandbox_options *options, uint32_t *facts,
                  char why[static JOB_DETAIL_BYTES]);
