/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

/* Removes every right that the running kernel's Landlock knows from the calling thread and all that
 * it starts: over files, over TCP (from ABI 4, Linux 6.7), and over processes and abstract Unix
 * sockets outside (from ABI 6, Linux 6.12). Needs no_new_privs, or CAP_SYS_ADMIN. Part of
 * sandbox_enter(). Returns which of SANDBOX_LANDLOCK, SANDBOX_LANDLOCK_TCP and
 * SANDBOX_LANDLOCK_SCOPES are in force; or -errno: -EOPNOTSUPP where the kernel has no Landlock. */
int sandbox_enter_landlock(void);
