/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http_peer.h"

/*
 * What the tests of limits and timeouts share: one server, `peer`, made anew for each test, which
 * starts it once it has set its options.
 */
extern struct peer_server peer;

/* Setup and teardown of a cmocka test. The latter fails where anything is left of a request. */
int peer_setup(void **state);
int peer_teardown(void **state);

/* Whole milliseconds since a moment of clock_us(). */
int peer_elapsed_ms(int64_t since_us);
