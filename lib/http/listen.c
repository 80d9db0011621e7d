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
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

static const char local_prefix[] = "unix:";

bool listen_is_local(const char *ip)
{
    return strncmp(ip, local_prefix, strlen(local_prefix)) == 0;
}

static int parse_address(const char *ip, uint16_t port, union address *address, socklen_t *size)
{
    *address = (union address){0};
    if (listen_is_local(ip)) {
        ip += strlen(local_prefix);
        if (*ip != '/' || strlen(ip) >= sizeof(address->local.sun_path))
            return -EINVAL;
        address->local.sun_family = AF_UNIX;
        strcpy(address->local.sun_path, ip);
        *size = sizeof(address->local);
        return 0;
    }
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

/* Not what a symbolic link leads to: that is somebody's arrangement. */
static bool is_socket(const char *path, struct stat *facts)
{
    return lstat(path, facts) == 0 && S_ISSOCK(facts->st_mode);
}

/* A server that was killed leaves its socket behind, at which nobody listens. Connecting to any
 * other file is refused as well. */
static bool remove_stale(const union address *address, socklen_t size)
{
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct stat facts;

    return fd >= 0 && is_socket(address->local.sun_path, &facts) &&
           connect(fd, &address->any, size) != 0 && errno == ECONNREFUSED &&
           unlink(address->local.sun_path) == 0;
}

static int bind_at(int fd, const union address *address, socklen_t size)
{
    int status = bind(fd, &address->any, size) == 0 ? 0 : -errno;

    if (status == -EADDRINUSE && address->any.sa_family == AF_UNIX && remove_stale(address, size))
        status = bind(fd, &address->any, size) == 0 ? 0 : -errno;
    return status;
}

static void remember_file(const union address *address, struct listen_file *file)
{
    struct stat facts;

    *file = (struct listen_file){0};
    if (address->any.sa_family != AF_UNIX || !is_socket(address->local.sun_path, &facts))
        return;
    memcpy(file->path, address->local.sun_path, sizeof(address->local.sun_path));
    file->device = facts.st_dev;
    file->inode = facts.st_ino;
}

static int open_at(const union address *address, socklen_t size, struct listen_file *file)
{
    _cleanup_close_ int fd = -1;
    const int off = 0, on = 1;
    int status;

    fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return -errno;
    if (address->any.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0)
        return -errno;
    status = bind_at(fd, address, size);
    if (status != 0)
        return status;
    remember_file(address, file);
    if (listen(fd, LISTEN_BACKLOG) != 0) {
        status = -errno;
        listen_forget(file);
        return status;
    }
    return TAKE_FD(fd);
}

/* "unix:/path", or "unix:@name" of the abstract namespace (unix(7)). A path or name of the full
 * length is not terminated. */
static void describe_local(const struct sockaddr_un *address, socklen_t size, char *text,
                           size_t text_size)
{
    const size_t before = offsetof(struct sockaddr_un, sun_path);
    const size_t end = size < sizeof(*address) ? size : sizeof(*address);
    const bool abstract = end > before && address->sun_path[0] == '\0';

    snprintf(text, text_size, "%s%s%.*s", local_prefix, abstract ? "@" : "",
             (int)(end - before - abstract), address->sun_path + abstract);
}

int listen_describe(int fd, char *text, size_t text_size, uint16_t *port)
{
    union address address = {0};
    socklen_t size = sizeof(address);
    char ip[INET6_ADDRSTRLEN] = "";

    if (getsockname(fd, &address.any, &size) != 0)
        return -errno;
    *port = 0;
    if (address.any.sa_family == AF_UNIX) {
        describe_local(&address.local, size, text, text_size);
        return 0;
    }
    if (address.any.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &address.v6.sin6_addr, ip, sizeof(ip));
    else if (address.any.sa_family == AF_INET)
        inet_ntop(AF_INET, &address.v4.sin_addr, ip, sizeof(ip));
    else
        return -EAFNOSUPPORT;
    *port = ntohs(address.v4.sin_port); /* at the same offset in both */
    snprintf(text, text_size, "%s", ip);
    return 0;
}

uint16_t listen_port(int fd)
{
    char text[LISTEN_TEXT_BYTES];
    uint16_t port;

    return listen_describe(fd, text, sizeof(text), &port) == 0 ? port : 0;
}

int listen_adopt(int fd, char *text, size_t text_size, uint16_t *port)
{
    int listens = 0, flags = fcntl(fd, F_GETFL);
    socklen_t size = sizeof(listens);

    if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || !listens)
        return -ENOTSOCK;
    if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return -errno;
    return listen_describe(fd, text, text_size, port);
}

void listen_forget(struct listen_file *file)
{
    struct stat facts;

    if (file->path[0] != '\0' && is_socket(file->path, &facts) && facts.st_dev == file->device &&
        facts.st_ino == file->inode)
        unlink(file->path);
    file->path[0] = '\0';
}

int listen_open(const char *ip, uint16_t port, int *fd, char *text, size_t text_size,
                uint16_t *bound_port, struct listen_file *file)
{
    _cleanup_close_ int opened = -1;
    union address address;
    socklen_t size;
    int status;

    status = parse_address(ip, port, &address, &size);
    if (status != 0)
        return status;
    opened = open_at(&address, size, file);
    if ((opened == -EAFNOSUPPORT || opened == -EADDRNOTAVAIL) && strcmp(ip, "::") == 0)
        return listen_open("0.0.0.0", port, fd, text, text_size, bound_port, file);
    if (opened < 0)
        return opened;
    status = listen_describe(opened, text, text_size, bound_port);
    if (status != 0) {
        listen_forget(file);
        return status;
    }
    *fd = TAKE_FD(opened);
    return 0;
}
