/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/clients.h"

/*
 * A hash table of chains under one lock, which is held for a few instructions twice a connection,
 * and twice a request behind a proxy. The counters of an account are atomic and need no lock.
 */
#include "base/mix.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

enum { CHAINS = 1024 };

struct clients {
    atomic_uint prefix_v6; /* bits */
    struct network *trusted;
    size_t trusted_count;
    uint64_t seed;         /* keeps clients from choosing addresses that share a chain */
    pthread_mutex_t mutex; /* the chains, and `holders` */
    struct client_account unknown;
    struct client_account *chains[CHAINS];
};

/* Never 0, and never 1, which is the unknown clients'. */
static uint64_t make_account_id(const struct clients *clients, const struct in6_addr *key)
{
    uint64_t halves[2];

    memcpy(halves, key, sizeof(halves));
    return mix_bits(mix_bits(halves[0] ^ clients->seed) ^ halves[1]) | 2;
}

static int read_trusted(struct clients *clients, char *const *texts)
{
    size_t count = 0;

    while (texts != NULL && texts[count] != NULL)
        count++;
    clients->trusted = calloc(count + 1, sizeof(*clients->trusted));
    if (clients->trusted == NULL)
        return -ENOMEM;
    for (; clients->trusted_count < count; clients->trusted_count++) {
        if (network_parse(texts[clients->trusted_count],
                          &clients->trusted[clients->trusted_count]) != 0)
            return -EINVAL;
    }
    return 0;
}

int clients_new(struct clients **clients, const struct clients_options *options)
{
    struct clients *created = calloc(1, sizeof(*created));
    int status;

    if (created == NULL)
        return -ENOMEM;
    created->prefix_v6 = options->prefix_v6;
    status = read_trusted(created, options->trusted);
    if (status != 0) {
        free(created->trusted);
        free(created);
        return status;
    }
    created->unknown.id = 1;
    if (getrandom(&created->seed, sizeof(created->seed), 0) != (ssize_t)sizeof(created->seed))
        created->seed = (uintptr_t)created;
    pthread_mutex_init(&created->mutex, NULL);
    *clients = created;
    return 0;
}

void clients_change(struct clients *clients, unsigned prefix_v6)
{
    atomic_store(&clients->prefix_v6, prefix_v6);
}

struct clients *clients_free(struct clients *clients)
{
    if (clients == NULL)
        return NULL;
    pthread_mutex_destroy(&clients->mutex);
    free(clients->trusted);
    free(clients);
    return NULL;
}

static struct client_account **find_chain(struct clients *clients, uint64_t id)
{
    return &clients->chains[id >> 32 & (CHAINS - 1)];
}

/* The account, without holding it; NULL: it is not there yet, and no memory. */
static struct client_account *find_or_make(struct clients *clients, const struct in6_addr *key)
{
    uint64_t id = make_account_id(clients, key);
    struct client_account **chain = find_chain(clients, id), *account;

    for (account = *chain; account != NULL; account = account->next) {
        if (memcmp(&account->key, key, sizeof(*key)) == 0)
            return account;
    }
    account = calloc(1, sizeof(*account));
    if (account == NULL)
        return NULL;
    account->key = *key;
    account->id = id;
    account->next = *chain;
    *chain = account;
    return account;
}

struct client_account *clients_hold(struct clients *clients, const struct client_name *name)
{
    struct in6_addr key = name->address;
    struct client_account *account;

    if (!name->known)
        return &clients->unknown;
    if (!address_is_v4(&key))
        address_cut(&key, atomic_load(&clients->prefix_v6));
    pthread_mutex_lock(&clients->mutex);
    account = find_or_make(clients, &key);
    if (account != NULL)
        account->holders++;
    pthread_mutex_unlock(&clients->mutex);
    return account != NULL ? account : &clients->unknown;
}

void clients_let_go(struct clients *clients, struct client_account *account)
{
    struct client_account **link;
    bool last;

    if (account == &clients->unknown)
        return;
    pthread_mutex_lock(&clients->mutex);
    last = --account->holders == 0;
    if (last) {
        link = find_chain(clients, account->id);
        while (*link != account)
            link = &(*link)->next;
        *link = account->next;
    }
    pthread_mutex_unlock(&clients->mutex);
    if (last)
        free(account);
}

struct client_name clients_peer(int fd)
{
    struct sockaddr_storage peer = {0};
    struct client_name name = {0};
    socklen_t size = sizeof(peer);

    name.known = getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
                 address_of((const struct sockaddr *)&peer, &name.address) == 0;
    return name;
}

static bool is_trusted(const struct clients *clients, const struct in6_addr *address)
{
    for (size_t i = 0; i < clients->trusted_count; i++) {
        if (network_contains(&clients->trusted[i], address))
            return true;
    }
    return false;
}

bool clients_trust(const struct clients *clients, int fd, const struct client_name *peer)
{
    struct sockaddr_storage own = {0};
    socklen_t size = sizeof(own);

    if (peer->known)
        return is_trusted(clients, &peer->address);
    return getsockname(fd, (struct sockaddr *)&own, &size) == 0 && own.ss_family == AF_UNIX;
}

/* One entry of the list. A port, which some proxies add, is skipped. */
static struct client_name read_forwarded_entry(const char *text, size_t length)
{
    const char *end = memchr(text, ':', length);
    struct client_name name = {0};

    if (text[0] == '[') {
        end = memchr(text, ']', length);
        length = end != NULL ? (size_t)(end - ++text) : 0;
    } else if (end != NULL && memchr(text, '.', (size_t)(end - text)) != NULL) {
        length = (size_t)(end - text);
    }
    name.known = address_parse(text, length, &name.address) == 0;
    return name;
}

void clients_read_forwarded(const struct clients *clients, const char *value,
                            struct client_name *client)
{
    struct client_name entry;
    size_t length;

    for (;;) {
        value += strspn(value, ", \t"); /* empty entries do not count (RFC 9110, 5.6.1) */
        length = strcspn(value, ", \t");
        if (length == 0)
            return;
        entry = read_forwarded_entry(value, length);
        value += length;
        value += strspn(value, " \t");
        if (*value != ',' && *value != '\0')
            entry = (struct client_name){0}; /* two words */
        if (!entry.known || !client->known || !is_trusted(clients, &entry.address))
            *client = entry;
        value += strcspn(value, ",");
    }
}
