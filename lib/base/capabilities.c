/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/capabilities.h"

/* By the kernel's own calls: two of them are not worth a library. */
#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel takes the 64 bits of each set in two halves, the lower one first. */
struct sets {
    struct __user_cap_data_struct half[_LINUX_CAPABILITY_U32S_3];
};

static int get(struct sets *sets)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    return syscall(SYS_capget, &header, sets) == 0 ? 0 : -errno;
}

bool capabilities_have(uint64_t mask)
{
    struct sets sets;

    if (get(&sets) != 0)
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
    struct sets sets;
    int error = get(&sets);

    if (error != 0)
        return error;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        sets.half[i].permitted &= (uint32_t)(mask >> (32 * i));
        sets.half[i].effective &= (uint32_t)(mask >> (32 * i));
        sets.half[i].inheritable = 0; /* and so no ambient one either */
    }
    return syscall(SYS_capset, &header, &sets) == 0 ? 0 : -errno;
}
