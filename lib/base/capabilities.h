/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* capabilities(7) of the calling thread, as masks of CAPABILITY(CAP_...) from linux/capability.h.
 */
#define CAPABILITY(number) (UINT64_C(1) << (number))

/* Whether all of `mask` are effective. False where the kernel does not report it. */
bool capabilities_have(uint64_t mask);

/* Whether the thread may become any user and group: as root usually may, and any user with
 * CAP_SETUID and CAP_SETGID. */
bool capabilities_change_user(void);

/* Permanently drops all that are not in `mask`; a program executed later inherits none. 0 or
 * -errno. */
int capabilities_keep(uint64_t mask);
