/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/clients.h"
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
 *     server.c    starts, drains and stops
 *     admission.c connections come and go, and which of them may stay
 *     clients.c   who the clients are, and what each has
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
    struct clients *clients;
    struct connection *newest; /* admission.c's: all that are open */
    int listen_fd;
    uint16_t port;
    char ip[64];
    atomic_uint connections, requests;
    atomic_uint admitted;    /* connections without those that are being closed for others */
    atomic_uint handed_over; /* to the library, which has not made connections of them yet */
    atomic_size_t inflight_bytes;
    atomic_bool draining;
    pthread_mutex_t mutex;   /* for `finished` alone */
    pthread_cond_t finished; /* the last connection has ended, while draining */
};

/* A connection, from its first request to its last. */
struct connection {
    struct connection *older, *newer;
    struct watch *watch;
    struct client_name name;        /* the peer's */
    struct client_account *account; /* the peer's */
    bool trusted;        /* the peer is a proxy: it counts for the client of its request */
    bool counted;        /* in server->admitted, and, if not trusted, for its account */
    atomic_bool surplus; /* it came when there were as many as there may be */
};

/* The first three steps are those of the handler's calls; the rest is decided in them. */
enum stage {
    STAGE_HEADERS,  /* the header section is not there yet */
    STAGE_BODY,     /* `status` is 0: stored; else: read and thrown away */
    STAGE_ANSWERED, /* the answer is with the library */
    STAGE_HUNG_UP,  /* ... or was written past it, or there is none: to be closed */
};

struct http_request {
    struct http_server *server;
    struct MHD_Connection *library;
    struct connection *connection;
    struct watch *watch; /* the connection's */
    int fd;
    enum stage stage;

    char *target;             /* as the client wrote it */
    const char *target_place; /* where the library had it; only compared */
    char method[24];          /* cut where it is longer, and then no method we know */
    char *path;               /* decoded; NULL before that, or where it cannot be */
    char id[HTTP_REQUEST_ID_MAX + 1];
    struct framing framing;
    const struct http_route *route;
    struct http_parameter_values parameters;

    struct client_name name; /* whose request it is; the connection's peer, until identified */
    struct client_account *account; /* NULL before */
    char name_text[ADDRESS_TEXT_BYTES];

    struct buffer body;
    size_t body_reserved, reserved; /* of the bytes in flight: for the body, for all else */
    uint64_t received;              /* bytes of body */
    bool peeked;

    int status; /* as a handler's; what the answer will be made of */
    struct http_answer answer;
    unsigned code;     /* of the answer; 0 before */
    size_t sent_bytes; /* of the answer's body */
    bool no_content;   /* OPTIONS: 204 */
    bool close;        /* after the answer */
    bool linger;       /* the client may still be sending: let it read the answer */
    char allow[48];    /* "" where there is no Allow */

    unsigned late_code; /* these two are the watchdog's, until it has hung up */
    size_t late_bytes;

    int64_t started_us, complete_us, deadline_us;
};

/* admission.c: the library's main thread, but for what says otherwise */

/* How many connections the library may have for so many of ours. */
unsigned admission_places(unsigned max_connections);

/* A connection begins; where there are too many, one that idles is closed for it. NULL without
 * memory. */
struct connection *admission_enter(struct http_server *server, int fd);

/* It ends, before its socket is closed. NULL is fine. */
void admission_leave(struct http_server *server, struct connection *connection);

/* Why there is no room for a request, for its client: more connections are open than may be, in all
 * or of this client, and its own is one of those beyond. NULL: there is. The request's thread. */
const char *admission_refuses(struct http_request *request);

/* For a request whose client is known now, and when it is over: a proxy's connection counts for the
 * client of the request that is in progress on it. The request's thread. */
void admission_begin_request(struct http_request *request);
void admission_end_request(struct http_request *request);

/* request.c */

/* NULL without memory. */
struct http_request *request_new(struct http_server *server, struct MHD_Connection *connection,
                                 const char *target);
void request_free(struct http_request *request);

/* Gives the request the caller's id in the place of ours, where there is a sane one. */
void request_identify(struct http_request *request);

/* Finds out whose request it is: the peer's, or whoever X-Forwarded-For names. */
void request_identify_client(struct http_request *request);

/* A body of `size` bytes is counted among the bytes in flight: before it is allocated. 0, or
 * STATUS_OVERLOADED and the detail. */
int request_reserve_body(struct http_request *request, size_t size);

/* A body of up to so many bytes is not counted: a connection may have them. */
enum { REQUEST_SMALL_BYTES = 16 * 1024 };

/* The body is not needed any more. */
void request_drop_body(struct http_request *request);

/* The same once it was handled: the handler may have taken its bytes, which then count on. */
void request_end_body(struct http_request *request);

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

/* Reserves a body of the announced length. 0, or STATUS_OVERLOADED: it would be too much to hold
 * just now. */
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
void exchange_expired(void *request, enum lateness lateness);
