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
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

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
    if (options->uid != 0) {
        if (setgroups(0, NULL) != 0 || setresgid(options->gid, options->gid, options->gid) != 0 ||
            setresuid(options->uid, options->uid, options->uid) != 0)
            return -errno;
    }
    return sandbox_follow_parent(options->parent); /* a change of user disarmed it */
}

static int forbid_dumps(const struct sandbox_options *options)
{
    (void)options;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : -errno;
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
    uint32_t fact; /* in force with it everywhere */
    int may_miss_with; /* an error that is a fact not in force and no failure; 0: none */
} walls[] = {
    {"user", become_user, WORKER_UID, 0},
    {"no_new_privs", forbid_new_privileges, WORKER_NO_NEW_PRIVS, 0},
    {"not dumpable", forbid_dumps, WORKER_NOT_DUMPABLE, 0},
    {"descriptors", close_surplus, 0, 0},
    {"Landlock", enter_landlock, WORKER_LANDLOCK, -EOPNOTSUPP},
    {"resource limits", set_limits, WORKER_RLIMITS, 0},
    {"seccomp", load_filter, WORKER_SECCOMP, 0},
};

int sandbox_enter(const struct sandbox_options *options, uint32_t *facts,
                  char why[static JOB_DETAIL_BYTES])
{
    for (size_t i = 0; i < ARRAY_LENGTH(walls); i++) {
        int found = walls[i].put_up(options);

        if (found >= 0) {
            *facts |= walls[i].fact | (uint32_t)found;
        } else if (found != walls[i].may_miss_with) {
            snprintf(why, JOB_DETAIL_BYTES, "the sandbox's wall \"%s\" cannot be put up: %s",
                     walls[i].name, strerrordesc_np(-found));
            return found;
        }
    }
    return 0;
}
