/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdint.h>

/* Users for workers: `count` ids from `first` on, each also a group id. Where count is 1, all
 * workers share the one user. */
struct sandbox_users {
    uint32_t first, count;
    uint32_t index; /* which one to try first, modulo `count` */
};

/*
 * If the process has CAP_SETUID and CAP_SETGID, it becomes one of the users, in that user's group
 * alone and without capabilities; RLIMIT_NPROC then bounds its threads, unless all workers share
 * one user. Skips users that run another process, of any server or container on this machine. Root
 * must change; other users without the capabilities stay what they are. If the server has no
 * CAP_KILL, its user stays the saved user id: otherwise it could not end its worker.
 *
 * Call it from a process with one thread. Part of sandbox_enter(). Returns SANDBOX_USER; 0: still
 * the server's user; or -errno, -EUSERS: no user is free.
 */
int sandbox_become_user(const struct sandbox_users *users);
