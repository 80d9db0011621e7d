/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Connections that may wait to be accepted. */
enum { LISTEN_BACKLOG = 1024 };

/* Inside lib/http: a listening TCP socket, close-on-exec and non-blocking. "::" takes IPv4 too, and
 * becomes "0.0.0.0" if the host has no IPv6. `text` and *bound_port get the address and port in
 * use. 0 and *fd; -EINVAL: `ip` is not an address; or -errno. */
int listen_open(const char *ip, uint16_t port, int *fd, char *text, size_t text_size,
                uint16_t *bound_port);
