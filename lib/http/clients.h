/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/network.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Inside lib/http: who the clients are, and what each of them has at the moment. A client is an
 * IPv4 address, or the IPv6 addresses that agree in their first bits, for whoever has one of them
 * has them all. Those whose address is not known (a Unix socket, a peer that has gone) are one.
 * Connections and requests hold a client's account; with the last of them it goes. Any thread.
 */
struct clients;

struct clients_options {
    unsigned prefix_v6;   /* bits */
    char *const *trusted; /* networks as text, NULL behind the last; NULL: none */
};

/* Changed by everybody; the rest stays as it was made. */
struct client_account {
    struct client_account *next; /* clients.c's, as is the key */
    struct in6_addr key;
    unsigned holders;
    uint64_t id; /* not 0; the same whenever this client comes back */
    atomic_uint connections;
    atomic_size_t inflight_bytes;
};

/* Who somebody is. */
struct client_name {
    bool known;              /* false: no address */
    struct in6_addr address; /* the very one, not what accounts are kept by */
};

/* 0, -ENOMEM, or -EINVAL: what is to be trusted is no network. */
int clients_new(struct clients **clients, const struct clients_options *options);

/* Every account was let go of. NULL is fine. Returns NULL. */
struct clients *clients_free(struct clients *clients);

/* The account of `name`, held until clients_let_go(); never NULL: without memory it is the one of
 * those that are not known. */
struct client_account *clients_hold(struct clients *clients, const struct client_name *name);
void clients_let_go(struct clients *clients, struct client_account *account);

/* Who the socket's other end is. */
struct client_name clients_peer(int fd);

/* Whether X-Forwarded-For of this peer says who its client is; always at a Unix socket. */
bool clients_trust(const struct clients *clients, int fd, const struct client_name *peer);

/*
 * Goes on through one X-Forwarded-For value, of several in their order; *client is all zero before
 * the first. What it is after the last: the last entry that is not itself trusted; the first of
 * them, where all are. (Whoever is trusted vouches for the entry before its own.) An entry that is
 * no address ends the search: the one behind it counts, and with none behind it the client is not
 * known.
 */
void clients_read_forwarded(const struct clients *clients, const char *value,
                            struct client_name *client);
