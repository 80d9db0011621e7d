/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/buffer.h"
#include "base/log.h"
#include "http/answer.h"
#include "http/clients.h"
#include "http/framing.h"
#include "http/listen.h"
#include "http/multipart.h"
#include "http/options.h"
#include "http/terms.h"
#include "http/timeouts.h"
#include "http/trace.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

/*
 * Inside lib/http: the structs that its files share, and who does what with them.
 *
 *     server.c    starts, drains and stops
 *     terms.c     the options in force
 *     acceptor.c  accepts where the library does not
 *     admission.c connections come and go, and which of them may stay
 *     clients.c   who the clients are, and what each has
 *     exchange.c  a request from its first line to its completion
 *     routing.c   what it asks for, and whether it may
 *     permission.c whether its client may
 *     form.c      its body, if that is a form
 *     request.c   what handlers ask of it; its memory
 *     reply.c     its answer, and the answers that go past libmicrohttpd
 *     trace.c     its place in a distributed trace
 *     access_log.c its line in the log
 *     logger.c    what libmicrohttpd says
 */
struct http_server {
    struct http_server_options options; /* of the start; for what does not change */
    struct terms_slot terms;            /* in force */
    struct MHD_Daemon *daemon;
    struct timeouts *timeouts;
    struct clients *clients;
    struct connection *newest; /* all open ones; admission.c's */
    int listen_fd;             /* the first one */
    struct listen_file listen_file;
    bool borrowed;             /* it was passed to us, and goes to the next process as it is */
    struct acceptor *acceptor; /* of several that were passed; NULL: the library accepts */
    uint16_t port;
    char ip[LISTEN_TEXT_BYTES];
    atomic_uint connections, requests;
    atomic_uint admitted;    /* connections, without those being closed for others */
    atomic_uint handed_over; /* sockets that the library has not made connections of yet */
    atomic_size_t inflight_bytes;
    atomic_bool draining;
    pthread_mutex_t mutex;   /* for `finished` alone */
    pthread_cond_t finished; /* the last connection has ended, while draining */
};

/* A socket that was handed over is a connection now, or closed. Any thread. */
void server_forget_handed_over(struct http_server *server);

/* A connection, from accept to close. */
struct connection {
    struct connection *older, *newer;
    struct watch *watch;
    struct client_name name;        /* the peer's */
    struct client_account *account; /* the peer's */
    unsigned backstop_s;            /* the library's timeout; 0: as at the start */
    bool trusted;        /* a proxy: it counts for the client of the request in progress */
    bool counted;        /* in server->admitted and, if not trusted, in its account */
    atomic_bool surplus; /* came when as many as allowed were open */
};

enum { REQUEST_ID_MAX = 128 };

enum stage {
    STAGE_HEADERS,  /* the header section is not complete yet */
    STAGE_BODY,     /* its bytes are stored if `status` is 0, else read and thrown away */
    STAGE_ANSWERED, /* the library has the answer */
    STAGE_HUNG_UP,  /* the answer was written past the library, or there is none: close */
};

enum form {
    FORM_NONE,       /* the body is the content */
    FORM_ANNOUNCED,  /* by the Content-Type; the body may be none all the same */
    FORM_FIELDS,     /* its file has not begun yet */
    FORM_FILE_BEGUN, /* the rest is read once the body is complete */
    FORM_FILE_READ,
};

/* Header fields that are read in one go: the value of the first of each, NULL without one. They
 * live as long as the request. White space may follow. */
struct request_fields {
    const char *id, *traceparent;
    const char *origin, *fetch_site, *authorization, *api_key;
    unsigned traceparents;
    bool tracestate;
    bool asks_method; /* Access-Control-Request-Method */
};

struct http_request {
    struct http_server *server;
    struct terms *terms;                       /* held */
    const struct http_server_options *options; /* of `terms` */
    struct MHD_Connection *library;
    struct connection *connection;
    struct watch *watch; /* the connection's */
    int fd;
    enum stage stage;

    char *target;             /* as the client wrote it */
    const char *target_place; /* where it lay in the library's memory; only compared */
    char method[24];          /* cut if longer, and then no method that we know */
    char *path;               /* decoded; NULL before, or if the target has none */
    const char *query;        /* in `target`; NULL: none */
    size_t query_length;
    char *file_name; /* http_request_choose_file(); NULL: not called */
    char id[REQUEST_ID_MAX + 1];
    struct trace trace;
    char traceparent[TRACEPARENT_BYTES]; /* http_request_traceparent() */
    char *tracestate;                    /* NULL: none that is passed on */
    struct log_request log_ids;
    struct request_fields fields;
    const char *cors_origin; /* one of options->cors_origins, whose page sent this; NULL: none */
    bool preflight;          /* it asks whether it may send a request */
    bool takes_images;       /* its path does, by the method or, for OPTIONS, by another one */
    bool bad_token;          /* it has a token, which is not valid */
    struct framing framing;
    const struct http_route *route;
    const char *route_path; /* the path of a route, even of one that takes other methods; or NULL */
    struct http_parameter_values parameters;
    uint64_t given_by_query;           /* of `parameters`; a form gave the others */
    struct http_parameter_table table; /* of the route's parameters, as they are limited now */

    struct client_name name;        /* the client's; the peer's until it is identified */
    struct client_account *account; /* NULL until then */
    char name_text[ADDRESS_TEXT_BYTES];

    struct buffer body;
    size_t body_reserved, reserved;  /* bytes in flight: for the body, for everything else */
    uint64_t received;               /* bytes of body */
    size_t content_at, content_size; /* in the body: all of it, or the file of a form, so far */
    bool peeked;

    enum form form;
    struct multipart parts;
    struct multipart_part part;
    bool file_named; /* the file has the chosen name */
    bool several_files;
    bool part_open; /* its content has not been passed yet */

    int status; /* as a handler returns it; 0, or what the answer will say */
    struct http_answer answer;
    unsigned code;     /* of the answer; 0 before */
    size_t sent_bytes; /* of the answer's body */
    bool no_content;   /* OPTIONS: 204 */
    bool close;        /* after the answer */
    bool linger;       /* the client may still be sending: give it time to read the answer */
    char allow[48];    /* "": no Allow */

    unsigned late_code; /* these belong to the watchdog until it has hung up */
    int late_status;
    size_t late_bytes;
    bool observed;

    int64_t started_us, complete_us, deadline_us;
};
