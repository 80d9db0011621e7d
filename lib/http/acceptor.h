/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>

struct acceptor;
struct http_server;

/* Inside lib/http: accepts at the listening sockets besides the one that the library polls. */

/* Starts its thread for `count` sockets, at least one; `fds` is copied, the sockets stay the
 * caller's. 0 or -errno. */
int acceptor_new(struct acceptor **acceptor, struct http_server *server, const int *fds,
                 size_t count);

/* Ends the thread: once this has returned, nothing more is accepted, and what was is with the
 * library. NULL is fine. Returns NULL. */
struct acceptor *acceptor_free(struct acceptor *acceptor);

/* Accepts what waits at a listening socket, up to `most` connections, and hands them to the
 * library. 0; or -errno: the machine is short of something. Any thread. */
int acceptor_take(struct http_server *server, int fd, unsigned most);

/* Hands an end of a connection to the library, whose main thread has then seen everything that it
 * accepted before. 0 or -errno. */
int acceptor_mark(struct http_server *server);
