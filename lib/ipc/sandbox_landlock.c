/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/sandbox_landlock.h"

/*
 * How much of Landlock exists depends on the running kernel, not on the headers of the build:
 * Debian 12's are of Linux 6.1 and know nothing of networks and scopes. So the constants are
 * repeated here, from include/uapi/linux/landlock.h of later kernels.
 */
#include "base/cleanup.h"
#include "ipc/sandbox_layers.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/* struct landlock_ruleset_attr of ABI 6. A kernel accepts what it knows, and more if that is zero.
 */
struct ruleset {
    uint64_t files;  /* handled_access_fs */
    uint64_t tcp;    /* handled_access_net, from ABI 4 */
    uint64_t scopes; /* scoped, from ABI 6 */
};

enum {
    ABI_TCP = 4,
    ABI_SCOPES = 6,
    TCP_BIND = 1 << 0,
    TCP_CONNECT = 1 << 1,
    SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0,
    SCOPE_SIGNAL = 1 << 1,
};

/* How many rights over files an ABI knows: these are the lowest bits. */
static unsigned count_file_rights(long abi)
{
    if (abi >= 5)
        return 16; /* IOCTL_DEV */
    if (abi >= 3)
        return 15; /* TRUNCATE */
    if (abi >= 2)
        return 14; /* REFER */
    return 13;     /* EXECUTE up to MAKE_SYM */
}

static struct ruleset all_rights(long abi)
{
    return (struct ruleset){
        .files = (1ULL << count_file_rights(abi)) - 1,
        .tcp = abi >= ABI_TCP ? TCP_BIND | TCP_CONNECT : 0,
        .scopes = abi >= ABI_SCOPES ? SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL : 0,
    };
}

static size_t size_known(long abi)
{
    if (abi >= ABI_SCOPES)
        return sizeof(struct ruleset);
    return abi >= ABI_TCP ? offsetof(struct ruleset, scopes) : offsetof(struct ruleset, tcp);
}

int sandbox_enter_landlock(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    _cleanup_close_ int ruleset = -1;
    struct ruleset taken;

    if (abi < 1)
        return -EOPNOTSUPP;
    taken = all_rights(abi);
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &taken, size_known(abi), 0);
    if (ruleset < 0)
        return -errno;
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        return -errno;
    return SANDBOX_LANDLOCK | (taken.tcp != 0 ? SANDBOX_LANDLOCK_TCP : 0) |
           (taken.scopes != 0 ? SANDBOX_LANDLOCK_SCOPES : 0);
}
