/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/job.h"
#include "ipc/sandbox_layers.h"
#include "ipc/sandbox_user.h"

#include <stdint.h>

/*
 * The sandbox of a worker, in layers: it limits what a decoder can do that an image has taken over.
 * A worker enters it after its image library has started and before the first job, while the
 * process has one thread; there is no way out. docs/security.md describes the layers, and
 * tests/faults tests each from inside.
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
    struct sandbox_users users; /* one of which the worker becomes, where that is allowed */
    int highest_fd;             /* higher descriptors are closed, and no new one can be opened */
};

/* Makes the process die with its parent: arms the parent-death signal, then checks that the parent
 * still lives. 0, or -ESRCH: it does not. A change of user disarms the signal; sandbox_enter()
 * re-arms it. */
int sandbox_follow_parent(int parent);

/* Sets up every layer. 0 and *in_force, bits of enum sandbox_layer: only those of Landlock may be
 * missing, on a kernel without it or without its later parts, and the user where the server may not
 * change users. Or -errno, and `why` names the layer that failed. */
int sandbox_enter(const struct sandbox_options *options, uint32_t *in_force,
                  char why[static JOB_DETAIL_BYTES]);
