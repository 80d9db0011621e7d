/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/sandbox.h"

/*
 * The order of the layers matters: the user changes while that is still allowed, resource limits
 * come after Landlock (RLIMIT_NOFILE would refuse Landlock its descriptor), and the system call
 * filter comes last, because it forbids the calls that the other layers need.
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
    int layer = sandbox_become_user(&options->users);
    int status =
        layer < 0 ? layer : sandbox_follow_parent(options->parent); /* the change disarmed it */

    return status < 0 ? status : layer;
}

static int forbid_dumps(const struct sandbox_options *options)
{
    (void)options;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : -errno;
}

/* Where CPUs are short, the server's threads and other programs go first, even before surplus
 * threads of a taken-over worker that the supervisor has not found yet. */
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

static int set_resource_limits(const struct sandbox_options *options)
{
    int status = set_limit(RLIMIT_CORE, 0);

    if (status == 0)
        status = set_limit(RLIMIT_FSIZE, 0); /* a worker writes no file: its log is a pipe */
    if (status == 0)
        status = set_limit(RLIMIT_NOFILE, (uint64_t)options->highest_fd + 1);
    if (status == 0)
        status = set_limit(RLIMIT_NICE, 0);
    if (status == 0)
        status = set_limit(RLIMIT_RTPRIO, 0);
    if (status == 0 && options->max_memory_bytes != 0 && SANDBOX_LIMITS_ADDRESS_SPACE)
        status = set_limit(RLIMIT_AS, options->max_memory_bytes);
    return status;
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

static const struct layer {
    const char *name;
    /* 0, or -errno; or layers of enum sandbox_layer that are in force only on some kernels. */
    int (*enter)(const struct sandbox_options *options);
    uint32_t layer;     /* in force wherever enter() succeeds; 0: not reported */
    int may_fail_with;  /* with this error the layer is missing and the rest goes on; 0: none */
    const char *option; /* the option to look at where it fails; NULL: none */
} layers[] = {
    {"user", become_user, 0, 0, " (worker_users)"},
    {"priority", lower_priority, 0, 0, NULL},
    {"no_new_privs", forbid_new_privileges, SANDBOX_NO_NEW_PRIVS, 0, NULL},
    {"not dumpable", forbid_dumps, SANDBOX_NOT_DUMPABLE, 0, NULL},
    {"descriptors", close_surplus, 0, 0, NULL},
    {"Landlock", enter_landlock, SANDBOX_LANDLOCK, -EOPNOTSUPP, NULL},
    {"resource limits", set_resource_limits, SANDBOX_RLIMITS, 0, NULL},
    {"seccomp", load_filter, SANDBOX_SECCOMP, 0, NULL},
};

int sandbox_enter(const struct sandbox_options *options, uint32_t *in_force,
                  char why[static JOB_DETAIL_BYTES])
{
    for (size_t i = 0; i < ARRAY_LENGTH(layers); i++) {
        int status = layers[i].enter(options);

        if (status >= 0) {
            *in_force |= layers[i].layer | (uint32_t)status;
        } else if (status != layers[i].may_fail_with) {
            snprintf(why, JOB_DETAIL_BYTES, "the sandbox's layer \"%s\" cannot be set up: %s%s",
                     layers[i].name, strerrordesc_np(-status),
                     layers[i].option != NULL ? layers[i].option : "");
            return status;
        }
    }
    return 0;
}
