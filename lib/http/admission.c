/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/admission.h"

/*
 * Which connections may stay. Beyond max_connections, or max_connections_per_ip of one client, the
 * connection that has idled longest is closed for the new one. If none idles, the new one is
 * surplus: it may request /healthz and /readyz, everything else is 503. There are few places for
 * surplus connections, and fewer for each client; the one that has held a place longest without a
 * request gives way, so that monitoring gets through under any load.
 *
 * Only the library's main thread touches the list of connections: all of them begin and end there.
 * A connection that is closed for another stops counting at once, but its place in the library is
 * free only when its thread has noticed; hence the extra places.
 */
#include "base/deadline.h"
#include "http/state.h"

#include <stdlib.h>

enum { LEAST_SURPLUS = 16, SURPLUS_PER_CLIENT = 16 };

static unsigned surplus_places(unsigned max_connections)
{
    return max_connections / 8 + LEAST_SURPLUS;
}

unsigned admission_places(unsigned max_connections)
{
    return max_connections + 2 * surplus_places(max_connections);
}

static bool is_too_many(const struct http_server *server, const struct client_account *account)
{
    unsigned limit = server->options.max_connections_per_ip;

    return limit != 0 && atomic_load(&account->connections) > limit;
}

static bool is_full(const struct http_server *server)
{
    return atomic_load(&server->admitted) > server->options.max_connections;
}

static void uncount(struct http_server *server, struct connection *connection)
{
    if (!connection->counted)
        return;
    connection->counted = false;
    atomic_fetch_sub(&server->admitted, 1);
    if (!connection->trusted)
        atomic_fetch_sub(&connection->account->connections, 1);
}

/* Which connections may be closed for a new one. */
struct choice {
    const struct client_account *account; /* of this client; NULL: of any */
    bool surplus; /* only surplus ones, even in the middle of a header section */
    bool unread;  /* even with a request that has not been read yet */
};

static bool may_choose(const struct connection *connection, const struct choice *choice)
{
    if (!connection->counted || (choice->surplus && !atomic_load(&connection->surplus)))
        return false;
    return choice->account == NULL ||
           (connection->account == choice->account && !connection->trusted);
}

/* The one that has waited longest for a request, since a moment after *since_us; *since_us becomes
 * that moment. NULL: none waits. */
static struct connection *find_longest_waiting(struct http_server *server,
                                               const struct choice *choice, enum phase latest,
                                               int64_t *since_us)
{
    int64_t earliest_us = DEADLINE_NEVER;
    struct connection *chosen = NULL;

    for (struct connection *one = server->newest; one != NULL; one = one->older) {
        int64_t this_us = DEADLINE_NEVER;

        if (may_choose(one, choice))
            this_us = timeouts_waiting_since(one->watch, latest);
        if (this_us < earliest_us && this_us > *since_us) {
            chosen = one;
            earliest_us = this_us;
        }
    }
    *since_us = earliest_us;
    return chosen;
}

static bool close_longest_waiting(struct http_server *server, const struct choice *choice)
{
    enum phase latest = choice->surplus ? PHASE_HEADERS : PHASE_IDLE;
    struct connection *chosen;
    int64_t since_us = 0;

    do {
        chosen = find_longest_waiting(server, choice, latest, &since_us);
        if (chosen == NULL)
            return false;
    } while (!timeouts_close_waiting(chosen->watch, latest,
                                     choice->unread)); /* a request has just come */
    uncount(server, chosen);
    return true;
}

static unsigned count_surplus(const struct http_server *server, const struct choice *choice)
{
    unsigned count = 0;

    for (const struct connection *one = server->newest; one != NULL; one = one->older)
        count += may_choose(one, choice);
    return count;
}

/* Of `places` places for such connections one is for the new one, if another can give way. */
static void keep_places(struct http_server *server, struct connection *connection, unsigned places,
                        struct choice choice)
{
    if (count_surplus(server, &choice) < places || close_longest_waiting(server, &choice))
        return;
    /* More come than there is time to read; that should not always hit the newest. */
    choice.unread = true;
    if (close_longest_waiting(server, &choice))
        return;
    timeouts_close_waiting(connection->watch, PHASE_HEADERS, true);
    uncount(server, connection);
}

/* The new connection is surplus, and not in the list yet. */
static void make_room_for_surplus(struct http_server *server, struct connection *connection)
{
    const struct choice of_all = {.surplus = true};
    const struct choice of_client = {.account = connection->account, .surplus = true};

    if (!connection->trusted)
        keep_places(server, connection, SURPLUS_PER_CLIENT, of_client);
    if (connection->counted)
        keep_places(server, connection, surplus_places(server->options.max_connections), of_all);
}

/* One that is closed may have been surplus itself, and then there is no room yet. */
static void find_room(struct http_server *server, struct connection *connection)
{
    const struct choice of_all = {0}, of_client = {.account = connection->account};
    bool room = true;

    while (room && !connection->trusted && is_too_many(server, connection->account))
        room = close_longest_waiting(server, &of_client);
    while (room && is_full(server))
        room = close_longest_waiting(server, &of_all);
    atomic_store(&connection->surplus, !room);
}

static struct connection *connection_free(struct http_server *server, struct connection *connection)
{
    timeouts_remove(server->timeouts, connection->watch);
    if (connection->account != NULL)
        clients_let_go(server->clients, connection->account);
    free(connection);
    return NULL;
}

static struct connection *connection_new(struct http_server *server, int fd)
{
    struct connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL)
        return NULL;
    connection->watch = timeouts_add(server->timeouts, fd);
    if (connection->watch == NULL)
        return connection_free(server, connection);
    connection->name = clients_peer(fd);
    connection->account = clients_hold(server->clients, &connection->name);
    connection->trusted = clients_trust(server->clients, fd, &connection->name);
    return connection;
}

struct connection *admission_enter(struct http_server *server, int fd)
{
    struct connection *connection = connection_new(server, fd);

    if (connection == NULL)
        return NULL;
    connection->counted = true;
    atomic_fetch_add(&server->admitted, 1);
    if (!connection->trusted)
        atomic_fetch_add(&connection->account->connections, 1);
    find_room(server, connection); /* not in the list yet, so it is not closed itself */
    if (atomic_load(&connection->surplus))
        make_room_for_surplus(server, connection);
    connection->older = server->newest;
    if (connection->older != NULL)
        connection->older->newer = connection;
    server->newest = connection;
    return connection;
}

void admission_leave(struct http_server *server, struct connection *connection)
{
    if (connection == NULL)
        return;
    if (connection->newer != NULL)
        connection->newer->older = connection->older;
    else
        server->newest = connection->older;
    if (connection->older != NULL)
        connection->older->newer = connection->newer;
    uncount(server, connection);
    connection_free(server, connection);
}

const char *admission_refuses(struct http_request *request)
{
    const struct http_server *server = request->server;
    struct connection *connection = request->connection;
    bool surplus = atomic_load(&connection->surplus);
    bool too_many = (connection->trusted || surplus) && is_too_many(server, request->account);

    if (too_many)
        return "too many connections of this client";
    if (surplus && is_full(server))
        return "too many connections";
    if (surplus)
        atomic_store(&connection->surplus, false); /* there is room by now */
    return NULL;
}

void admission_begin_request(struct http_request *request)
{
    struct connection *connection = request->connection;

    if (!connection->trusted) {
        request->account = connection->account;
        return;
    }
    request->account = clients_hold(request->server->clients, &request->name);
    atomic_fetch_add(&request->account->connections, 1);
}

void admission_end_request(struct http_request *request)
{
    if (request->account == NULL || !request->connection->trusted)
        return;
    atomic_fetch_sub(&request->account->connections, 1);
    clients_let_go(request->server->clients, request->account);
}
