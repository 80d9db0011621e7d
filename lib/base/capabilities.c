/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/capabilities.h"

/* Uses the kernel's two system calls directly, without libcap. */
#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel splits the 64 bits of each set in two halves, the lower one first. */
struct capability_sets {
    struct __user_cap_data_struct half[_LINUX_CAPABILITY_U32S_3];
};

static int get_sets(struct capability_sets *sets)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    return syscall(SYS_capget, &header, sets) == 0 ? 0 : -errno;
}

bool capabilities_have(uint64_t mask)
{
    struct capability_sets sets;

    if (get_sets(&sets) != 0)
        return false;
    return ((sets.half[0].effective | (uint64_t)sets.half[1].effective << 32) & mask) == mask;
}

bool capabilities_change_user(void)
{
    return capabilities_have(CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETGID));
}

int capabilities_keep(uint64_t mask)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct capability_sets sets;
    int status = get_sets(&sets);

    if (status != 0)
        return status;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        sets.half[i].permitted &= (uint32_t)(mask >> (32 * i));
        sets.half[i].effective &= (uint32_t)(mask >> (32 * i));
        sets.half[i].inheritable = 0; /* which empties the ambient set, too */
    }
    return syscall(SYS_capset, &header, &sets) == 0 ? 0 : -errno;
}
