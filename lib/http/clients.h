/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/network.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Inside lib/http: who the clients are, and what each of them uses at the moment. A client is an
 * IPv4 address, or all IPv6 addresses that agree in their first bits, since one host usually has
 * all of these. Clients without an address (on a Unix socket, or already gone) count as one.
 * Connections and requests hold a client's account, which is freed with the last of them. Any
 * thread.
 */
struct clients;

struct clients_options {
    unsigned prefix_v6;   /* bits */
    char *const *trusted; /* networks as text, NULL-terminated; NULL: none */
};

/* The atomic counters are for everyone to change; the rest belongs to clients.c. */
struct client_account {
    struct client_account *next;
    struct in6_addr key;
    unsigned holders;
    uint64_t id; /* not 0; the same whenever this client comes back */
    atomic_uint connections;
    atomic_size_t inflight_bytes;
};

/* A client's address. */
struct client_name {
    bool known;              /* false: no address */
    struct in6_addr address; /* the whole one, not cut to the prefix */
};

/* 0, -ENOMEM, or -EINVAL: `trusted` holds something that is not a network. */
int clients_new(struct clients **clients, const struct clients_options *options);

/* Another prefix, for clients that come from now on; who is connected keeps its account. */
void clients_change(struct clients *clients, unsigned prefix_v6);

/* No account may be held. NULL is fine. Returns NULL. */
struct clients *clients_free(struct clients *clients);

/* The account of `name`, held until clients_let_go(). Never NULL: without memory it is the unknown
 * clients' account. */
struct client_account *clients_hold(struct clients *clients, const struct client_name *name);
void clients_let_go(struct clients *clients, struct client_account *account);

/* The address of the socket's other end. */
struct client_name clients_peer(int fd);

/* Whether this peer is a proxy whose X-Forwarded-For is believed; always true of a Unix socket. */
bool clients_trust(const struct clients *clients, int fd, const struct client_name *peer);

/*
 * Reads one X-Forwarded-For value; call it for each value in their order, *client all zero before
 * the first. After the last, *client is the last entry that is not itself trusted, or the first
 * entry if all are: a trusted proxy vouches for the entry before its own. An entry that is not an
 * address ends the search: the entry after it counts, and if there is none, the client is unknown.
 */
void clients_read_forwarded(const struct clients *clients, const char *value,
                            struct client_name *client);
