/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdint.h>

/* Users for workers: `count` numbers from `first` on, each also a group. One for all of them where
 * count is 1. */
struct sandbox_users {
    uint32_t first, count;
    uint32_t index; /* which one to try first; beyond `count`: from the start again */
};

/*
 * Where the process has CAP_SETUID and CAP_SETGID, it becomes one of the users, with no groups but
 * that one, and no capabilities; RLIMIT_NPROC then bounds its threads, unless all share the one
 * user. A user of whom another process runs, of whatever server or container on this machine, is
 * passed over. Root must change; others stay what they are without the capabilities. Where the
 * server has no CAP_KILL, its user stays the saved one: else it could not end its worker.
 *
 * From a process with one thread. Part of sandbox_enter(). SANDBOX_USER, 0: still the server's
 * user, or -errno; -EUSERS: none is free.
 */
int sandbox_become_user(const struct sandbox_users *users);
