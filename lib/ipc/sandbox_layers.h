/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

/* The layers of a worker's sandbox, as the worker reports them in its ready message: bits, whose
 * values cross the process boundary. docs/security.md describes what each one stops. */
enum sandbox_layer {
    SANDBOX_NO_NEW_PRIVS = 1 << 0,
    SANDBOX_SECCOMP = 1 << 1,
    SANDBOX_LANDLOCK = 1 << 2,
    SANDBOX_RLIMITS = 1 << 3,
    SANDBOX_USER = 1 << 4, /* the worker runs as a user of its own */
    SANDBOX_NOT_DUMPABLE = 1 << 5,
    SANDBOX_LANDLOCK_TCP = 1 << 6,    /* from Linux 6.7 */
    SANDBOX_LANDLOCK_SCOPES = 1 << 7, /* from Linux 6.12 */
};
