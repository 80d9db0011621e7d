/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/sandbox_user.h"

/*
 * A user for one worker alone: signals and the count of RLIMIT_NPROC then separate it from all
 * others.
 *
 * The user ids are reserved for nobody, so another server, or one in a container, may run workers
 * of the same user, whose threads would count here. Not all processes are visible from here, but
 * the kernel counts them all: with a limit of this process and one more, starting one more shows
 * whether there are others.
 */
#include "base/capabilities.h"
#include "ipc/process.h"
#include "ipc/sandbox_layers.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const uint64_t change_user = CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETGID);

#if defined(__SANITIZE_THREAD__)
enum { OWN_THREADS = 2 }; /* ThreadSanitizer has one of its own */
#else
enum { OWN_THREADS = 1 };
#endif

static int end_child(void *unused)
{
    (void)unused;
    return 0;
}

/* 1: no other process of this user runs; 0: some do; or -errno. Lowers the soft limit on
 * processes. */
static int is_alone(void)
{
    static _Alignas(16) char stack[16 << 10];
    struct rlimit limit;
    pid_t child;

    if (getrlimit(RLIMIT_NPROC, &limit) != 0)
        return -errno;
    if (limit.rlim_max > OWN_THREADS + 1)
        limit.rlim_cur = OWN_THREADS + 1;
    if (setrlimit(RLIMIT_NPROC, &limit) != 0)
        return -errno;
    /* CLONE_VFORK: the parent sleeps until its child, which shares its memory, has ended. */
    child = clone(end_child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    if (child < 0)
        return errno == EAGAIN ? 0 : -errno;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    return 1;
}

/* Becomes the first of the users, from number `index` on, that runs no other process; the server's
 * user stays the saved one, as the way back. 0 and *user, or -errno. */
static int try_users(const struct sandbox_users *users, uint32_t index, uid_t server, uid_t *user)
{
    for (uint32_t i = 0; i < users->count; i++) {
        int alone;

        *user = users->first + (index + i) % users->count;
        if (setresuid(*user, *user, server) != 0)
            return -errno;
        alone = users->count == 1 ? 1 : is_alone();
        if (alone != 0)
            return alone < 0 ? alone : 0;
        if (setresuid(server, server, server) != 0)
            return -errno;
    }
    return -EUSERS;
}

/* All may seem taken for a moment: the kernel gives the same answer where it is short of something
 * for a new process, and two that look at the same time, from the same number on, see each other at
 * every user. So it is tried again, a moment later and from another number. */
static int find_user(const struct sandbox_users *users, uid_t server, uid_t *user)
{
    enum { TRIES = 8, PAUSE_MS = 25, APART = 31 };
    int status = try_users(users, users->index, server, user);

    for (uint32_t i = 1; i < TRIES && status == -EUSERS; i++) {
        const struct timespec pause = {.tv_nsec = (long)(i * PAUSE_MS) * 1000000L};

        nanosleep(&pause, NULL);
        status = try_users(users, users->index + i * (APART + (uint32_t)getpid()), server, user);
    }
    return status;
}

static int limit_threads(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NPROC, &limit) != 0)
        return -errno;
    if (limit.rlim_max > WORKER_THREADS_MAX)
        limit.rlim_max = WORKER_THREADS_MAX;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NPROC, &limit) == 0 ? 0 : -errno;
}

int sandbox_become_user(const struct sandbox_users *users)
{
    const bool server_can_kill = capabilities_have(CAPABILITY(CAP_KILL));
    const uid_t server = geteuid();
    uid_t user = 0;
    int status;

    if (server != 0 && !capabilities_change_user())
        return 0;
    if (users->count == 0 || users->first == 0)
        return -EINVAL;
    if (setgroups(0, NULL) != 0)
        return -errno;
    status = capabilities_keep(change_user); /* others would lift the limit that is_alone() sets */
    if (status == 0)
        status = find_user(users, server, &user);
    if (status != 0)
        return status;
    /* Root's capabilities are in effect only while it is root. */
    if (setresuid((uid_t)-1, server, (uid_t)-1) != 0 || setresgid(user, user, user) != 0 ||
        setresuid(user, user, server_can_kill ? user : server) != 0)
        return -errno;
    status = capabilities_keep(0);
    if (status == 0 && users->count > 1)
        status = limit_threads();
    return status == 0 ? SANDBOX_USER : status;
}
