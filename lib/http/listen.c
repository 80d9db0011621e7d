/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/listen.h"

/*
 * The library could open the socket itself, but would only report "failed". SO_REUSEADDR lets a
 * server restart at once after it ended; SO_REUSEPORT stays off, because two servers would share a
 * port without an error.
 */
#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static int parse_address(const char *ip, uint16_t port, union address *address, socklen_t *size)
{
    *address = (union address){0};
    if (inet_pton(AF_INET6, ip, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(port);
        *size = sizeof(address->v6);
        return 0;
    }
    if (inet_pton(AF_INET, ip, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(port);
        *size = sizeof(address->v4);
        return 0;
    }
    return -EINVAL;
}

static int open_at(const union address *address, socklen_t size)
{
    _cleanup_close_ int fd = -1;
    const int off = 0, on = 1;

    fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return -errno;
    if (address->any.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0)
        return -errno;
    if (bind(fd, &address->any, size) != 0 || listen(fd, LISTEN_BACKLOG) != 0)
        return -errno;
    return TAKE_FD(fd);
}

static int read_port(int fd, uint16_t *port)
{
    union address address = {0};
    socklen_t size = sizeof(address);

    if (getsockname(fd, &address.any, &size) != 0)
        return -errno;
    /* The port is at the same offset in both. */
    *port = ntohs(address.v4.sin_port);
    return 0;
}

int listen_open(const char *ip, uint16_t port, int *fd, char *text, size_t text_size,
                uint16_t *bound_port)
{
    _cleanup_close_ int opened = -1;
    union address address;
    socklen_t size;
    int status;

    status = parse_address(ip, port, &address, &size);
    if (status != 0)
        return status;
    opened = open_at(&address, size);
    if ((opened == -EAFNOSUPPORT || opened == -EADDRNOTAVAIL) && strcmp(ip, "::") == 0)
        return listen_open("0.0.0.0", port, fd, text, text_size, bound_port);
    if (opened < 0)
        return opened;
    status = read_port(opened, bound_port);
    if (status != 0)
        return status;
    snprintf(text, text_size, "%s", ip);
    *fd = TAKE_FD(opened);
    return 0;
}
