/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/health.h"

/*
 * The smallest client that there can be: libcurl would start slower than the whole check takes, and
 * a health check runs every few seconds for ever.
 */
#include "base/cleanup.h"
#include "http/answer.h"
#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

enum { HEALTH_WAIT_S = 3 };

union health_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

/* Where a server that listens there can be reached from this host. */
static socklen_t find_address(const struct settings *settings, union health_address *address)
{
    const char *ip = settings->listen.ip;
    const in_port_t port = htons((uint16_t)settings->listen.port);

    *address = (union health_address){0};
    if (listen_is_local(ip)) {
        address->local.sun_family = AF_UNIX;
        strncpy(address->local.sun_path, ip + strlen("unix:"), sizeof(address->local.sun_path) - 1);
        return sizeof(address->local);
    }
    if (strcmp(ip, "::") == 0 || strcmp(ip, "0.0.0.0") == 0)
        ip = "127.0.0.1"; /* "::" serves IPv4 too, and a host may have no IPv6 */
    if (inet_pton(AF_INET6, ip, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = port;
        return sizeof(address->v6);
    }
    inet_pton(AF_INET, ip, &address->v4.sin_addr);
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = port;
    return sizeof(address->v4);
}

/* 0; or -errno, -EPROTO: an answer other than 200. */
static int ask_healthz(const struct settings *settings)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                  "Connection: close\r\n\r\n";
    static const char expected[] = "HTTP/1.1 200 ";
    const struct timeval patience = {.tv_sec = HEALTH_WAIT_S};
    union health_address address;
    socklen_t size = find_address(settings, &address);
    _cleanup_close_ int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char answer[sizeof(expected)] = "";
    ssize_t got;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
        connect(fd, &address.any, size) != 0 ||
        send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
        return -errno;
    got = recv(fd, answer, strlen(expected), MSG_WAITALL);
    if (got < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    return strcmp(answer, expected) == 0 ? 0 : -EPROTO;
}

int health_check(const char *program, const struct settings *settings)
{
    const bool local = listen_is_local(settings->listen.ip);
    char port[32] = "";
    int status;

    if (!local && settings->listen.port == 0) {
        fprintf(stderr, "%s: --health: listen.port: expected the port of the server, got 0\n",
                program);
        return 1;
    }
    status = ask_healthz(settings);
    if (status == 0)
        return 0;
    if (!local)
        snprintf(port, sizeof(port), ", listen.port %d", (int)settings->listen.port);
    fprintf(stderr, "%s: --health: listen.ip %s%s: expected 200 from /healthz, got %s\n", program,
            settings->listen.ip, port,
            status == -EPROTO ? "another answer" : strerrordesc_np(-status));
    return 1;
}

int health_report(struct http_request *request, void *context, struct http_answer *answer)
{
    (void)request;
    (void)context;
    return http_answer_text(answer, "text/plain", "ok\n");
}
