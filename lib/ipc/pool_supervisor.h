/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

/* The supervisor's thread: pass it the struct pool. It ends soon after pool->stopping is set and
 * pool_wake_supervisor() called, once every worker is reaped. */
void *pool_supervise(void *pool);
