/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

/*
 * IP addresses and networks of both families. An IPv4 address is held as IPv6 holds it, mapped
 * (::ffff:192.0.2.1), and is an IPv4 one however it was written. No names, zones or ports; nothing
 * here asks the network. Any thread.
 */
struct network {
    struct in6_addr address; /* bits beyond the prefix are of no meaning */
    unsigned prefix;         /* in bits of the mapped form: 96 more for IPv4 */
};

/* An address as text, with its NUL. */
enum { ADDRESS_TEXT_BYTES = INET6_ADDRSTRLEN };

/* "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"; `length` bytes and no more. 0 or -EINVAL. */
int address_parse(const char *text, size_t length, struct in6_addr *address);

/* Without brackets; an IPv4 address in its own form. */
void address_print(const struct in6_addr *address, char text[static ADDRESS_TEXT_BYTES]);

/* The address of a TCP peer or of a socket's own end. -EINVAL: it is of another family. */
int address_of(const struct sockaddr *socket_address, struct in6_addr *address);

bool address_is_v4(const struct in6_addr *address);

/* Zeroes what lies beyond `prefix` bits. */
void address_cut(struct in6_addr *address, unsigned prefix);

/* An address, or "address/prefix". 0 or -EINVAL. */
int network_parse(const char *text, struct network *network);

/* An IPv4 address lies in no IPv6 network, and the other way round. */
bool network_contains(const struct network *network, const struct in6_addr *address);
