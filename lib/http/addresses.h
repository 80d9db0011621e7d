/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stddef.h>

/*
 * Inside lib/http: how many connections each address has at the moment. The library counts them
 * too, but only to close what is too much without a word.
 */
struct addresses;
struct address;

/* Room for the addresses of so many connections at once. 0 or -ENOMEM. */
int addresses_new(struct addresses **addresses, size_t connections);

/* NULL is fine. Returns NULL. */
struct addresses *addresses_free(struct addresses *addresses);

/* A connection begins, and ends; both from one thread. NULL: its peer has gone already, or there is
 * no room. NULL is fine. */
struct address *addresses_enter(struct addresses *addresses, int fd);
void addresses_leave(struct address *address);

/* Connections that this address has; 0 for NULL. Any thread, while one of them lives. */
unsigned addresses_count(const struct address *address);
