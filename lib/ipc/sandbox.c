/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/sandbox.h"

/*
 * Order matters: the user changes while that is still allowed, limits come after (RLIMIT_NOFILE
 * would refuse Landlock its descriptor), the system call filter comes last, for it forbids all that
 * was done before.
 */
#include "base/cleanup.h"
#include "ipc/sandbox_landlock.h"
#include "ipc/sandbox_seccomp.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { NICE = 10 }; /* more than the server's; beyond 19 the kernel takes 19 */

int sandbox_follow_parent(int parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return -errno;
    return getppid() == parent ? 0 : -ESRCH;
}

static int forbid_new_privileges(const struct sandbox_options *options)
{
    (void)options;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : -errno;
}

static int become_user(const struct sandbox_options *options)
{
    int found = sandbox_become_user(&options->users);
    int error =
        found < 0 ? found : sandbox_follow_parent(options->parent); /* the change disarmed it */

    return error < 0 ? error : found;
}

static int forbid_dumps(const struct sandbox_options *options)
{
    (void)options;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : -errno;
}

/* The server's threads, and whatever else runs here, come first where a CPU is short: also before
 * the threads that a worker must not have, until they are found. */
static int lower_priority(const struct sandbox_options *options)
{
    int nice;

    (void)options;
    errno = 0;
    nice = getpriority(PRIO_PROCESS, 0);
    if (nice == -1 && errno != 0)
        return -errno;
    return setpriority(PRIO_PROCESS, 0, nice + NICE) == 0 ? 0 : -errno;
}

static int set_limit(int resource, uint64_t value)
{
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};

    return setrlimit(resource, &limit) == 0 ? 0 : -errno;
}

static int set_limits(const struct sandbox_options *options)
{
    int error = set_limit(RLIMIT_CORE, 0);

    if (error == 0)
        error = set_limit(RLIMIT_FSIZE, 0); /* it writes to no file: its log is a pipe */
    if (error == 0)
        error = set_limit(RLIMIT_NOFILE, (uint64_t)options->highest_fd + 1);
    if (error == 0)
        error = set_limit(RLIMIT_NICE, 0);
    if (error == 0)
        error = set_limit(RLIMIT_RTPRIO, 0);
    if (error == 0 && options->max_memory_bytes != 0 && SANDBOX_LIMITS_ADDRESS_SPACE)
        error = set_limit(RLIMIT_AS, options->max_memory_bytes);
    return error;
}

static int close_surplus(const struct sandbox_options *options)
{
    return close_range((unsigned)options->highest_fd + 1, ~0U, 0) == 0 ? 0 : -errno;
}

static int load_filter(const struct sandbox_options *options)
{
    (void)options;
    return sandbox_load_seccomp();
}

static int enter_landlock(const struct sandbox_options *options)
{
    (void)options;
    return sandbox_enter_landlock();
}

static const struct wall {
    const char *name;
    /* -errno; or 0; or what is in force only on some kernels, of enum worker_fact. */
    int (*put_up)(const struct sandbox_options *options);
    uint32_t fact;      /* in force with it everywhere */
    int may_miss_with;  /* an error that is a fact not in force and no failure; 0: none */
    const char *option; /* what to look at where it fails; NULL: none */
} walls[] = {
    {"user", become_user, 0, 0, " (worker_users)"},
    {"priority", lower_priority, 0, 0, NULL},
    {"no_new_privs", forbid_new_privileges, WORKER_NO_NEW_PRIVS, 0, NULL},
    {"not dumpable", forbid_dumps, WORKER_NOT_DUMPABLE, 0, NULL},
    {"descriptors", close_surplus, 0, 0, NULL},
    {"Landlock", enter_landlock, WORKER_LANDLOCK, -EOPNOTSUPP, NULL},
    {"resource limits", set_limits, WORKER_RLIMITS, 0, NULL},
    {"seccomp", load_filter, WORKER_SECCOMP, 0, NULL},
};

int sandbox_enter(const struct sandbox_options *options, uint32_t *facts,
                  char why[static JOB_DETAIL_BYTES])
{
    for (size_t i = 0; i < ARRAY_LENGTH(walls); i++) {
        int found = walls[i].put_up(options);

        if (found >= 0) {
            *facts |= walls[i].fact | (uint32_t)found;
        } else if (found != walls[i].may_miss_with) {
            snprintf(why, JOB_DETAIL_BYTES, "the sandbox's wall \"%s\" cannot be put up: %s%s",
                     walls[i].name, strerrordesc_np(-found),
                     walls[i].option != NULL ? walls[i].option : "");
            return found;
        }
    }
    return 0;
}
