/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/queue.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "ipc/job.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mqueue.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

/* A name that nobody else uses; O_EXCL makes a collision fail instead of sharing a queue. */
static int random_name(char *name, size_t size)
{
    uint64_t random;

    if (getrandom(&random, sizeof(random), 0) != sizeof(random))
        return -EIO;
    snprintf(name, size, "/grisaille-%d-%016" PRIx64, (int)getpid(), random);
    return 0;
}

int queue_open(struct queue_ends *ends, enum queue_direction direction)
{
    struct mq_attr attributes = {
        .mq_maxmsg = JOB_QUEUE_DEPTH,
        .mq_msgsize = direction == QUEUE_TO_WORKER ? JOB_ORDER_BYTES : JOB_MESSAGE_BYTES,
    };
    int server_mode = direction == QUEUE_TO_WORKER ? O_RDWR : O_RDONLY;
    int worker_mode = direction == QUEUE_TO_WORKER ? O_RDONLY : O_WRONLY;
    _cleanup_close_ int server = -1;
    int worker, status;
    char name[64];

    status = random_name(name, sizeof(name));
    if (status != 0)
        return status;
    server =
        mq_open(name, server_mode | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0600, &attributes);
    if (server < 0)
        return -errno;
    worker = mq_open(name, worker_mode | O_CLOEXEC);
    status = worker < 0 ? -errno : 0;
    mq_unlink(name);
    if (status != 0)
        return status;
    ends->server = TAKE_FD(server);
    ends->worker = worker;
    return 0;
}

/* Whether EMFILE of mq_open() means RLIMIT_MSGQUEUE and not RLIMIT_NOFILE. */
static bool has_descriptors(void)
{
    _cleanup_close_ int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

    return fd >= 0;
}

void queue_explain(int status, char *why, size_t size)
{
    struct rlimit limit = {0};

    getrlimit(RLIMIT_MSGQUEUE, &limit);
    if (status == -ENOSPC)
        snprintf(why, size, "no more message queues: the limit is fs.mqueue.queues_max (sysctl)");
    else if (status == -EMFILE && has_descriptors())
        snprintf(why, size,
                 "no more message queues: the user's limit is RLIMIT_MSGQUEUE (ulimit -q), %llu "
                 "bytes",
                 (unsigned long long)limit.rlim_cur);
    else if (status == -EINVAL)
        snprintf(why, size,
                 "message queues: fs.mqueue.msg_max must be at least %d, msgsize_max %d (sysctl)",
                 JOB_QUEUE_DEPTH, JOB_MESSAGE_BYTES);
    else
        snprintf(why, size, "message queues: %s", strerrordesc_np(-status));
}

int queue_send(int fd, const void *message, size_t size)
{
    while (mq_send(fd, message, size, 0) != 0) {
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}

/* mq_timedreceive() takes its deadline in CLOCK_REALTIME. */
static struct timespec realtime_at(int64_t deadline_us)
{
    struct timespec at;
    int64_t left_us = deadline_us - clock_us(), nanoseconds;

    clock_gettime(CLOCK_REALTIME, &at);
    if (left_us <= 0)
        return at;
    nanoseconds = at.tv_nsec + left_us % 1000000 * 1000;
    at.tv_sec += left_us / 1000000 + nanoseconds / 1000000000;
    at.tv_nsec = nanoseconds % 1000000000;
    return at;
}

int queue_receive(int fd, void *message, int64_t deadline_us)
{
    for (;;) {
        ssize_t size;

        if (deadline_us == DEADLINE_NEVER) {
            size = mq_receive(fd, message, JOB_MESSAGE_BYTES, NULL);
        } else {
            struct timespec at = realtime_at(deadline_us);
            size = mq_timedreceive(fd, message, JOB_MESSAGE_BYTES, NULL, &at);
        }
        if (size >= 0)
            return (int)size;
        if (errno != EINTR)
            return -errno;
    }
}
