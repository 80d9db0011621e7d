/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>

struct acceptor;
struct http_server;

/* Inside lib/http: accepts where the library does not. */

/* Starts its thread for `count` sockets, at least one; `fds` is copied, the sockets stay the
 * caller's. 0 or -errno. */
int acceptor_new(struct acceptor **acceptor, struct http_server *server, const int *fds,
                 size_t count);

/* Ends the thread: once this has returned, nothing more is accepted, and what was is with the
 * library. NULL is fine. Returns NULL. */
struct acceptor *acceptor_free(struct acceptor *acceptor);

/* Accepts what waits at a listening socket, up to *left connections, and hands them to the library;
 * *left are those that may still come. 0; -EBUSY: as many are open as may be; or -errno: the
 * machine is short of something. One thread at a time, and the library must not be accepting. */
int acceptor_take(struct http_server *server, int fd, unsigned *left);

/* Hands an end of a connection to the library, whose main thread has then seen everything that it
 * accepted before. 0 or -errno, of which -EBUSY is as above. */
int acceptor_mark(struct http_server *server);
