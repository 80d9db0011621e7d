/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/un.h>

/* Connections that may wait to be accepted; an address as text. */
enum { LISTEN_BACKLOG = 1024, LISTEN_TEXT_BYTES = 128 };

/* The file of a Unix socket that we made; without one all is 0. Its number stays its own while the
 * socket is open. */
struct listen_file {
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* terminated */
    dev_t device;
    ino_t inode;
};

/* A listening socket, close-on-exec and non-blocking. "::" takes IPv4 too, and becomes "0.0.0.0" if
 * the host has no IPv6. "unix:/path" is a Unix socket, which replaces a socket that nobody listens
 * at any more, and no other file. `text` and *bound_port get the address and port in use, *file is
 * for listen_forget(). 0 and *fd; -EINVAL: `ip` is not an address; or -errno. */
int listen_open(const char *ip, uint16_t port, int *fd, char *text, size_t text_size,
                uint16_t *bound_port, struct listen_file *file);

/* Makes a socket that was passed to us non-blocking; `text` and *port as above, 0 for a Unix
 * socket. 0; -ENOTSOCK: it is no listening stream socket; or -errno. */
int listen_adopt(int fd, char *text, size_t text_size, uint16_t *port);

/* The port that a listening or an accepted socket is bound to; 0: of a Unix socket, or not known.
 */
uint16_t listen_port(int fd);

/* The address that a socket is bound to, and its port, as above. Any thread. 0 or -errno. */
int listen_describe(int fd, char *text, size_t text_size, uint16_t *port);

/* Whether an address, as settings have it, is that of a Unix socket. */
bool listen_is_local(const char *ip);

/* Removes the file that listen_open() made, if there is one and another has not taken its place.
 * Call it while the socket is open; more often does no harm. */
void listen_forget(struct listen_file *file);
