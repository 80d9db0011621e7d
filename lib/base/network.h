/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

/*
 * IP addresses and networks of both families. IPv4 addresses are stored as IPv4-mapped IPv6
 * addresses (::ffff:192.0.2.1), whichever way they were written. No names, zones or ports, and no
 * look-ups. Any thread.
 */
struct network {
    struct in6_addr address; /* bits beyond the prefix are ignored */
    unsigned prefix;         /* in bits of the mapped form: 96 more for IPv4 */
};

/* An address as text, with its NUL. */
enum { ADDRESS_TEXT_BYTES = INET6_ADDRSTRLEN };

/* Parses "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"; exactly `length` bytes. 0 or -EINVAL. */
int address_parse(const char *text, size_t length, struct in6_addr *address);

/* Writes the address without brackets, and an IPv4 address in IPv4 notation. */
void address_print(const struct in6_addr *address, char text[static ADDRESS_TEXT_BYTES]);

/* The address in an IPv4 or IPv6 socket address. 0; or -EINVAL: it is of another family. */
int address_of(const struct sockaddr *socket_address, struct in6_addr *address);

bool address_is_v4(const struct in6_addr *address);

/* Zeroes what lies beyond `prefix` bits. */
void address_cut(struct in6_addr *address, unsigned prefix);

/* Parses an address, or "address/prefix". 0 or -EINVAL. */
int network_parse(const char *text, struct network *network);

/* An IPv4 address is in no IPv6 network, and an IPv6 address in no IPv4 network. */
bool network_contains(const struct network *network, const struct in6_addr *address);
