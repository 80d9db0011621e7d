/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdlib.h>
#include <unistd.h>

/*
 * Cleanup attributes and explicit transfer of ownership, as in dbus-broker and systemd: a local
 * variable owns what it points to until TAKE_PTR or TAKE_FD. A descriptor that is not open is -1.
 */

static inline void cleanup_free(void *pointer)
{
    free(*(void **)pointer);
}

static inline void cleanup_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#define _cleanup_(function) __attribute__((__cleanup__(function)))
#define _cleanup_free_      _cleanup_(cleanup_free)
#define _cleanup_close_     _cleanup_(cleanup_close)

/* The value; the variable is empty afterwards. */
#define TAKE_PTR(pointer)                                                                          \
    ({                                                                                             \
        __typeof__(pointer) taken_ = (pointer);                                                    \
        (pointer) = NULL;                                                                          \
        taken_;                                                                                    \
    })
#define TAKE_FD(fd)                                                                                \
    ({                                                                                             \
        int taken_ = (fd);                                                                         \
        (fd) = -1;                                                                                 \
        taken_;                                                                                    \
    })

/* Closes fd unless it is -1; returns -1, so that `fd = close_fd(fd)` forgets it. Keeps errno. */
int close_fd(int fd);

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))
