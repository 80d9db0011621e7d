/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/acceptor.h"

/*
 * The library polls one listening socket at most. A service manager may pass several (IPv4 and
 * IPv6, a Unix socket): then one thread of ours accepts at all of them, and the library at none. It
 * takes connections that were accepted elsewhere, and its main thread makes them its own.
 *
 * It must not get more of them than it has places: libmicrohttpd 0.9.75 holds its own lock for good
 * if it runs out of places there (new_connection_process_), and the server would stand still. It
 * checks before as well, but without those that its main thread has not seen yet.
 */
#include "base/cleanup.h"
#include "http/admission.h"
#include "http/state.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH = 16,
    SHORTAGE_MS = 20,
    /* The library may be accepting one itself when it is asked to stop, and that one is taken for
     * one of ours as well (server_forget_handed_over). */
    SPARE_PLACES = 2,
};

struct acceptor {
    struct http_server *server;
    pthread_t thread;
    int stop_fd; /* an eventfd */
    size_t count;
    struct pollfd polled[]; /* the sockets, and behind them stop_fd */
};

/* Takes over `fd`. */
static void hand_to_library(struct http_server *server, int fd, const struct sockaddr *peer,
                            socklen_t size)
{
    atomic_fetch_add(&server->handed_over, 1);
    if (MHD_add_connection(server->daemon, fd, peer, size) != MHD_YES)
        server_forget_handed_over(server); /* closed by the library */
}

static bool has_place(const struct http_server *server)
{
    /* Read first: a connection counts twice for a moment then, but never not at all. */
    const unsigned waiting = atomic_load(&server->handed_over);
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

    return info != NULL &&
           __atomic_load_n(&info->num_connections, __ATOMIC_RELAXED) + waiting + SPARE_PLACES <
               admission_places(server->options.max_connections);
}

int acceptor_take(struct http_server *server, int fd, unsigned *left)
{
    struct sockaddr_storage peer;
    socklen_t size;
    int accepted;

    for (; *left > 0; --*left) {
        if (!has_place(server))
            return -EBUSY;
        size = sizeof(peer);
        accepted = accept4(fd, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (accepted < 0 && (errno == ECONNABORTED || errno == EINTR))
            continue;
        if (accepted < 0)
            return errno == EAGAIN ? 0 : -errno;
        hand_to_library(server, accepted, (struct sockaddr *)&peer, size);
    }
    return 0;
}

int acceptor_mark(struct http_server *server)
{
    struct sockaddr_un peer = {.sun_family = AF_UNIX};
    int ends[2];

    if (!has_place(server))
        return -EBUSY;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return -errno;
    hand_to_library(server, ends[0], (struct sockaddr *)&peer, sizeof(peer.sun_family));
    close(ends[1]);
    return 0;
}

static void *accept_at_all(void *argument)
{
    struct acceptor *acceptor = argument;
    const struct timespec shortage = {.tv_nsec = SHORTAGE_MS * 1000000L};

    for (;;) {
        if (poll(acceptor->polled, acceptor->count + 1, -1) < 0)
            continue;
        if (acceptor->polled[acceptor->count].revents != 0)
            return NULL;
        for (size_t i = 0; i < acceptor->count; i++) {
            unsigned left = BATCH;

            if (acceptor->polled[i].revents != 0 &&
                acceptor_take(acceptor->server, acceptor->polled[i].fd, &left) != 0)
                nanosleep(&shortage, NULL); /* or this would spin */
        }
    }
}

int acceptor_new(struct acceptor **acceptor, struct http_server *server, const int *fds,
                 size_t count)
{
    struct acceptor *created =
        calloc(1, sizeof(*created) + (count + 1) * sizeof(created->polled[0]));
    int status;

    if (created == NULL)
        return -ENOMEM;
    created->server = server;
    created->count = count;
    created->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (created->stop_fd < 0) {
        status = -errno;
        free(created);
        return status;
    }
    for (size_t i = 0; i < count; i++)
        created->polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    created->polled[count] = (struct pollfd){.fd = created->stop_fd, .events = POLLIN};
    status = -pthread_create(&created->thread, NULL, accept_at_all, created);
    if (status != 0) {
        close(created->stop_fd);
        free(created);
        return status;
    }
    *acceptor = created;
    return 0;
}

struct acceptor *acceptor_free(struct acceptor *acceptor)
{
    if (acceptor == NULL)
        return NULL;
    eventfd_write(acceptor->stop_fd, 1);
    pthread_join(acceptor->thread, NULL);
    close(acceptor->stop_fd);
    free(acceptor);
    return NULL;
}
