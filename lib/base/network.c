/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/network.h"

/* Addresses and networks, for limits per client and for lists of trusted proxies. */
#include "base/parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum { V6_BITS = 128, MAPPED_BITS = 96 };

static void map_v4(struct in6_addr *address, const struct in_addr *v4)
{
    *address = (struct in6_addr){0};
    address->s6_addr[10] = address->s6_addr[11] = 0xff;
    memcpy(address->s6_addr + 12, v4, sizeof(*v4));
}

int address_parse(const char *text, size_t length, struct in6_addr *address)
{
    char terminated[ADDRESS_TEXT_BYTES];
    struct in_addr v4;

    if (length >= sizeof(terminated) || memchr(text, '\0', length) != NULL)
        return -EINVAL;
    memcpy(terminated, text, length);
    terminated[length] = '\0';
    if (inet_pton(AF_INET, terminated, &v4) == 1)
        map_v4(address, &v4);
    else if (inet_pton(AF_INET6, terminated, address) != 1)
        return -EINVAL;
    return 0;
}

void address_print(const struct in6_addr *address, char text[static ADDRESS_TEXT_BYTES])
{
    if (address_is_v4(address))
        inet_ntop(AF_INET, address->s6_addr + 12, text, ADDRESS_TEXT_BYTES);
    else
        inet_ntop(AF_INET6, address, text, ADDRESS_TEXT_BYTES);
}

int address_of(const struct sockaddr *socket_address, struct in6_addr *address)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;

    if (socket_address->sa_family == AF_INET6) {
        memcpy(&v6, socket_address, sizeof(v6));
        *address = v6.sin6_addr;
        return 0;
    }
    if (socket_address->sa_family != AF_INET)
        return -EINVAL;
    memcpy(&v4, socket_address, sizeof(v4));
    map_v4(address, &v4.sin_addr);
    return 0;
}

bool address_is_v4(const struct in6_addr *address)
{
    return IN6_IS_ADDR_V4MAPPED(address);
}

void address_cut(struct in6_addr *address, unsigned prefix)
{
    for (unsigned bit = prefix; bit < V6_BITS; bit++)
        address->s6_addr[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

int network_parse(const char *text, struct network *network)
{
    const char *slash = strchr(text, '/');
    size_t length = slash != NULL ? (size_t)(slash - text) : strlen(text);
    unsigned before;
    int64_t prefix;

    if (address_parse(text, length, &network->address) != 0)
        return -EINVAL;
    /* The prefix of "::ffff:192.0.2.0/120" counts all 128 bits. */
    before = memchr(text, ':', length) == NULL ? MAPPED_BITS : 0;
    prefix = V6_BITS - before;
    if (slash != NULL &&
        (slash[1] == '-' || strlen(slash + 1) > 3 ||
         parse_int64(slash + 1, strlen(slash + 1), &prefix) != 0 || prefix > V6_BITS - before))
        return -EINVAL;
    network->prefix = (unsigned)prefix + before;
    return 0;
}

bool network_contains(const struct network *network, const struct in6_addr *address)
{
    struct in6_addr ours = network->address, theirs = *address;
    bool v4 = address_is_v4(&network->address) && network->prefix >= MAPPED_BITS;

    if (v4 != address_is_v4(address))
        return false;
    address_cut(&ours, network->prefix);
    address_cut(&theirs, network->prefix);
    return memcmp(&ours, &theirs, sizeof(ours)) == 0;
}
