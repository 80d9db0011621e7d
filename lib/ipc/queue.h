/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * A POSIX message queue with two ends and no name: one end each for the server and a worker. The
 * name exists only between opening the one end and the other, then it is unlinked; the queue lives
 * until both ends are closed, however their owners die.
 */
enum queue_direction { QUEUE_TO_WORKER, QUEUE_TO_SERVER };

struct queue_ends {
    /* O_NONBLOCK; both are close-on-exec; the caller's to close(). The server's end of a queue to a
     * worker can also be received from: so a message that was not fetched is taken back. */
    int server;
    int worker; /* blocking */
};

/* 0 or -errno, ends untouched. Any thread. */
int queue_open(struct queue_ends *ends, enum queue_direction direction);

/* Why queue_open failed with `error`, for an operator: the limit that was reached, by the name
 * under which it is raised. At once, in the same thread: it may look at what is so now. */
void queue_explain(int error, char *why, size_t size);

/* Sends one message of at most JOB_MESSAGE_BYTES. 0 or -errno; -EAGAIN from a server's end that is
 * full. */
int queue_send(int fd, const void *message, size_t size);

/* Receives one message into JOB_MESSAGE_BYTES of `message`. Its size, or -errno; -EAGAIN from a
 * server's end that is empty; -ETIMEDOUT after deadline_us (DEADLINE_NEVER: none; it bounds the
 * wait of a worker's blocking end). */
int queue_receive(int fd, void *message, int64_t deadline_us);
