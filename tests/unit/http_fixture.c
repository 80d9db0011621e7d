/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http_fixture.h"

#include "base/deadline.h"

struct peer_server peer;

int peer_setup(void **state)
{
    (void)state;
    peer_defaults(&peer);
    return 0;
}

int peer_teardown(void **state)
{
    (void)state;
    peer_stop(&peer);
    return 0;
}

int peer_elapsed_ms(int64_t since_us)
{
    return (int)((clock_us() - since_us) / 1000);
}
