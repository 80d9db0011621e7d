/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * A POSIX message queue without a name, with one end for the server and one for a worker. The name
 * exists only until both ends are open; the queue lives until both are closed, however their owners
 * die.
 */
enum queue_direction { QUEUE_TO_WORKER, QUEUE_TO_SERVER };

struct queue_ends {
    /* Both are close-on-exec and the caller's to close(). The server can also receive from its end
     * of a queue to a worker: that takes back a message that the worker has not fetched. */
    int server; /* O_NONBLOCK */
    int worker; /* blocking */
};

/* 0 or -errno, ends untouched. Any thread. */
int queue_open(struct queue_ends *ends, enum queue_direction direction);

/* Explains to an operator why queue_open() failed with `status`: names the limit that was reached,
 * and how to raise it. Call it at once, in the same thread: it looks at the present state. */
void queue_explain(int status, char *why, size_t size);

/* Sends one message. 0 or -errno; -EAGAIN from a server's end of a full queue. */
int queue_send(int fd, const void *message, size_t size);

/* Receives one message into `message`, a union any_message. Its size, or -errno; -EAGAIN from a
 * server's end of an empty queue; -ETIMEDOUT after deadline_us, which bounds the wait at a worker's
 * blocking end (DEADLINE_NEVER: no bound). */
int queue_receive(int fd, void *message, int64_t deadline_us);
