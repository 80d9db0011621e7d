/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/addresses.h"

/*
 * A table that is searched from its beginning: at a thousand addresses that takes a microsecond or
 * two, and creating a connection's thread ten times as long. A place whose count is 0 is free.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct address {
    struct in6_addr ip;        /* of IPv4, mapped */
    atomic_uint connections;   /* changed by the one thread */
};

struct addresses {
    size_t capacity, used;     /* nothing but free places from `used` on */
    struct address places[];
};

int addresses_new(struct addresses **addresses, size_t connections)
{
    struct addresses *created =
        calloc(1, sizeof(*created) + connections * sizeof(created->places[0]));

    if (created == NULL)
        return -ENOMEM;
    created->capacity = connections;
    *addresses = created;
    return 0;
}

struct addresses *addresses_free(struct addresses *addresses)
{
    free(addresses);
    return NULL;
}

/* 0, or -1 where there is none. */
static int peer_ip(int fd, struct in6_addr *ip)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } peer = {0};
    socklen_t size = sizeof(peer);

    if (getpeername(fd, &peer.any, &size) != 0)
        return -1;
    *ip = (struct in6_addr){0};
    if (peer.any.sa_family == AF_INET6) {
        *ip = peer.v6.sin6_addr;
    } else {
        ip->s6_addr[10] = ip->s6_addr[11] = 0xff;
        memcpy(ip->s6_addr + 12, &peer.v4.sin_addr, 4);
    }
    return 0;
}

/* The place of this address, or else a free one; NULL where there is neither. */
static struct address *find(struct addresses *addresses, const struct in6_addr *ip)
{
    struct address *vacant = NULL;

    for (size_t i = 0; i < addresses->used; i++) {
        struct address *place = &addresses->places[i];

        if (atomic_load(&place->connections) == 0)
            vacant = vacant != NULL ? vacant : place;
        else if (memcmp(&place->ip, ip, sizeof(*ip)) == 0)
            return place;
    }
    if (vacant == NULL && addresses->used < addresses->capacity)
        vacant = &addresses->places[addresses->used++];
    return vacant;
}

struct address *addresses_enter(struct addresses *addresses, int fd)
{
    struct address *place;
    struct in6_addr ip;

    if (peer_ip(fd, &ip) != 0)
        return NULL;
    place = find(addresses, &ip);
    if (place != NULL) {
        place->ip = ip;
        atomic_fetch_add(&place->connections, 1);
    }
    return place;
}

void addresses_leave(struct address *address)
{
    if (address != NULL)
        atomic_fetch_sub(&address->connections, 1);
}

unsigned addresses_count(const struct address *address)
{
    return address != NULL ? atomic_load(&address->connections) : 0;
}
