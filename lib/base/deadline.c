/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/deadline.h"

#include <time.h>

int64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t deadline_after_ms(int64_t milliseconds)
{
    int64_t now = clock_us();

    if (milliseconds > (DEADLINE_NEVER - now) / 1000)
        return DEADLINE_NEVER;
    return now + milliseconds * 1000;
}

int deadline_left_ms(int64_t deadline_us)
{
    int64_t left_us = deadline_us - clock_us();

    if (left_us <= 0)
        return 0;
    if (left_us / 1000 >= INT32_MAX)
        return INT32_MAX;
    return (int)((left_us + 999) / 1000);
}

int deadline_poll_ms(int64_t deadline_us)
{
    return deadline_us == DEADLINE_NEVER ? -1 : deadline_left_ms(deadline_us);
}
