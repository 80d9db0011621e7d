/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/sandbox.h"

/*
 * Order matters: the user changes while that is still allowed, limits come after (RLIMIT_NOFILE
 * would refuse Landlock its descriptor), the system call filter comes last, for it forbids all that
 * was done before.
 */
#include "base/cleanup.h"
#include "ipc/sandbox_seccomp.h"

#include <errno.h>
#include <grp.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* A worker writes to no file but its log; that a picture cannot fill a disk through it. */
enum { MAX_LOG_BYTES = 64 << 20 };

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

/* Every right over files that the running kernel knows, granted for no file at all; likewise TCP
 * and signals, where it knows those. */
static struct landlock_ruleset_attr landlock_everything(int abi)
{
    struct landlock_ruleset_attr attributes = {0};
    unsigned rights = 13; /* of ABI 1, EXECUTE up to MAKE_SYM */

    if (abi >= 2)
        rights = 14; /* REFER */
    if (abi >= 3)
        rights = 15; /* TRUNCATE */
    if (abi >= 5)
        rights = 16; /* IOCTL_DEV */
    attributes.handled_access_fs = (1ULL << rights) - 1;
    return attributes;
}

/* 0, or -errno; -EOPNOTSUPP where the kernel has no Landlock. */
static int forbid_files(void)
{
    struct landlock_ruleset_attr attributes;
    _cleanup_close_ int ruleset = -1;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (abi < 1)
        return -EOPNOTSUPP;
    attributes = landlock_everything((int)abi);
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes,
                           sizeof(attributes.handled_access_fs), 0);
    if (ruleset < 0)
        return -errno;
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? 0 : -errno;
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
        error = set_limit(RLIMIT_FSIZE, MAX_LOG_BYTES);
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
    return forbid_files();
}

static const struct wall {
    const char *name;
    int (*put_up)(const struct sandbox_options *options);
    uint32_t fact;
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
        int error = walls[i].put_up(options);

        if (error == 0) {
            *facts |= walls[i].fact;
        } else if (error != walls[i].may_miss_with) {
            snprintf(why, JOB_DETAIL_BYTES, "the sandbox's wall \"%s\" cannot be put up: %s",
                     walls[i].name, strerrordesc_np(-error));
            return error;
        }
    }
    return 0;
}
