/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/addresses.h"
#include "http/framing.h"
#include "http/server.h"
#include "http/timeouts.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

/*
 * Inside lib/http: the structs that its files share, and who does what with a request.
 *
 *     server.c    starts, drains and stops; connections come and go
 *     addresses.c how many connections each address has
 *     exchange.c  a request's way from its first line to its completion
 *     routing.c   what it asks for, and whether it may
 *     request.c   what handlers ask of it; its memory
 *     reply.c     its answer, and the answers that go past libmicrohttpd
 *     logger.c    what libmicrohttpd says
 */
struct http_server {
    struct http_server_options options;
    struct MHD_Daemon *daemon;
    struct timeouts *timeouts;
    struct addresses *addresses;
    int listen_fd;
    uint16_t port;
    char ip[64];
    atomic_uint connections, requests;
    atomic_size_t inflight_bytes;
    atomic_bool draining;
    pthread_mutex_t mutex;     /* for `finished` alone */
    pthread_cond_t finished;   /* the last connection has ended, while draining */
};

/* A connection, from its first request to its last. */
struct client {
    struct watch *watch;
    struct address *address; /* NULL: not known */
    bool surplus;            /* it came when there were as many as there may be */
};

/* The first three steps are those of the handler's calls; the rest is decided in them. */
enum stage {
    STAGE_HEADERS,             /* the header section is not there yet */
    STAGE_BODY,                /* `status` is 0: stored; else: read and thrown away */
    STAGE_ANSWERED,            /* the answer is with the library */
    STAGE_HUNG_UP,             /* ... or was written past it, or there is none: to be closed */
};

struct http_request {
    struct http_server *server;
    struct MHD_Connection *connection;
    const struct client *client;
    struct watch *watch; /* the client's */
    int fd;
    enum stage stage;

    char *target;              /* as the client wrote it */
    const char *target_place;  /* where the library had it; only compared */
    char method[24];           /* cut where it is longer, and then no method we know */
    char *path;                /* decoded; NULL before that, or where it cannot be */
    char id[HTTP_REQUEST_ID_MAX + 1];
    struct framing framing;
    const struct http_route *route;
    struct http_parameter_values parameters;

    struct buffer body;
    size_t accounted;          /* of server->inflight_bytes */
    uint64_t received;         /* bytes of body */
    bool peeked;

    int status;                /* as a handler's; what the answer will be made of */
    struct http_answer answer;
    unsigned code;             /* of the answer; 0 before */
    size_t sent_bytes;         /* of the answer's body */
    bool no_content;           /* OPTIONS: 204 */
    bool close;                /* after the answer */
    bool linger;               /* the client may still be sending: let it read the answer */
    char allow[48];            /* "" where there is no Allow */

    unsigned late_code;        /* these two are the watchdog's, until it has hung up */
    size_t late_bytes;

    int64_t started_us, complete_us, deadline_us;
};

/* server.c */

/* Whether more connections are open than may be, in all or from this client's address. */
bool server_is_crowded(struct http_server *server, const struct client *client);

/* request.c */

/* NULL without memory. */
struct http_request *request_new(struct http_server *server, struct MHD_Connection *connection,
                                 const char *target);
void request_free(struct http_request *request);

/* Gives the request the caller's id in the place of ours, where there is a sane one. */
void request_identify(struct http_request *request);

/* The body's bytes count as in flight from now on, up to `size`; false: that are too many. */
bool request_account(struct http_request *request, size_t size);

/* The body is not needed any more. */
void request_drop_body(struct http_request *request);

/* When the answer must be there; set once the body is complete. */
void request_set_deadline(struct http_request *request);

/* reply.c */

/* Queues the answer to `request->status` and `request->answer`. */
enum MHD_Result reply_send(struct http_request *request);

/* In the middle of a body the library takes no answer: writes the problem to the socket. The
 * caller then has the library hang up. Returns the bytes of its body. Any thread. */
size_t reply_write_problem(int fd, int status, unsigned code, const char *detail,
                           const char *request_id);

/* Lets the client read the answer although it is still sending: closing a socket with unread bytes
 * resets the connection, and the reset overtakes the answer. Blocks for LINGER_MS at most. */
void reply_linger(int fd);

enum { LINGER_MS = 1000 };

/* routing.c */

/* Finds the route and its parameters. 0, or why the request is refused; request->no_content where
 * OPTIONS is all that it asks. */
int routing_check(struct http_request *request);

/* 0, or STATUS_OVERLOADED: a body of the announced length would be too much to hold just now. */
int routing_find_memory(struct http_request *request);

/* Whether there is room for the work, as the route says, by the first `size` bytes of the body. */
int routing_admit(struct http_request *request, const void *bytes, size_t size);

/* Sets the detail (NULL: none) and returns `status`. */
int routing_refuse(struct http_request *request, int status, const char *detail);
int routing_refuse_size(struct http_request *request);

/* logger.c */

/* The library's logger. */
void logger_write(void *argument, const char *format, va_list arguments);

/* The request that this thread is reading; NULL: none. */
void logger_watch(struct http_request *request);

/* exchange.c */

/* Writes the problem for request->status to the socket, in the middle of a request, under `code`
 * (0: the status's own). The library has to hang up then. */
void exchange_write_problem(struct http_request *request, unsigned code);

/* The library's callbacks. */
void *exchange_begin(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_continue(void *server, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context);
void exchange_complete(void *server, struct MHD_Connection *connection, void **context,
                       enum MHD_RequestTerminationCode reason);

/* The watchdog's. */
void exchange_expired(void *request, enum phase phase);
