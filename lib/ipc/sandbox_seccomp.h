/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

/* Loads the system call filter into every thread (TSYNC). Part of sandbox_enter(). 0 or -errno. */
int sandbox_load_seccomp(void);
