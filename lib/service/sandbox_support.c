/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/sandbox_support.h"

/* Asks the kernel, without a fork and without changing anything. */
#include "base/capabilities.h"

#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

/* 0 where the kernel has no Landlock, or has it disabled. */
static int64_t landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return abi > 0 ? abi : 0;
}

static bool has_seccomp(void)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

void service_add_sandbox_support(const struct settings *settings, struct facts *facts)
{
    facts_add_text(facts, "sandbox.mode", settings->sandbox ? "required" : "off");
    facts_add_bool(facts, "sandbox.seccomp", settings->sandbox && has_seccomp());
    facts_add_integer(facts, "sandbox.landlock_abi", settings->sandbox ? landlock_abi() : 0);
    facts_add_bool(facts, "sandbox.other_user", settings->sandbox && capabilities_change_user());
}
