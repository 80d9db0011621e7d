/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/answer.h"
#include "http/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_request;
struct tokens;

/* What an HTTP server is made with: its routes and its limits. */
enum http_method {
    HTTP_GET,  /* and HEAD */
    HTTP_POST, /* and PUT */
};

enum http_route_flag {
    HTTP_ROUTE_ALWAYS = 1 << 0, /* answered even beyond max_connections and max_inflight_bytes */
    HTTP_ROUTE_QUIET = 1 << 1,  /* logged at debug level: health checks */
    HTTP_ROUTE_FIELD = 1 << 2,  /* `field` in its query chooses among several files of a form */
    HTTP_ROUTE_BELOW = 1 << 3,  /* its path ends with a slash, and matches whatever follows */
    HTTP_ROUTE_STATE = 1 << 4,  /* its answer may come with 503 as well */
};

/*
 * A handler returns 0 and fills the answer; or an enum status with answer->detail, which becomes
 * the problem that the client sees; or -errno, which is logged and becomes "internal" (-ENOMEM:
 * "overloaded"). STATUS_CLIENT_GONE: nothing is answered.
 */
struct http_route {
    const char *path; /* decoded; matched as a whole, unless HTTP_ROUTE_BELOW */
    enum http_method method;
    /* For the documentation: one line, no full stop; and the media types of the answer, with commas
     * between them, "image/" and an asterisk for any; NULL: it is always a problem. */
    const char *summary, *answers;
    unsigned flags;                                /* enum http_route_flag */
    const struct http_parameter_table *parameters; /* that its query may hold; NULL: none */
    /* Optional: the rows of `parameters` as the server's `live` limits them. */
    const struct http_parameter *(*rows)(const void *live);
    /* Optional: reads the query instead of `parameters`, with the header section. A form's fields
     * are ignored then, and of several files the one counts that http_request_choose_file() names;
     * problems have the member `message`, as the clients of another server's API expect. */
    int (*read_query)(struct http_request *request, const char *query, size_t length, void *context,
                      struct http_answer *answer);
    /* Optional: called once with the first bytes of the body (HTTP_PEEK_BYTES, or all of a shorter
     * body); a status refuses the request. */
    int (*peek)(struct http_request *request, const uint8_t *bytes, size_t size, void *context,
                struct http_answer *answer);
    /* Optional: whether there is room for the work; a status refuses the request. Called before any
     * of the body is read if the client waits for "100 Continue" (`size` is 0). Otherwise with the
     * first piece of the body and, if that passed, once more with HTTP_ADMIT_BYTES or slightly
     * more: it may wait that long to find out what is wrong with a body, since a fault of the body
     * is reported before a full queue. May not be called for a shorter body: `handle` follows
     * soon enough. */
    int (*admit)(struct http_request *request, const uint8_t *bytes, size_t size, void *context,
                 struct http_answer *answer);
    /* The whole request is there; a POST's body is not empty. */
    int (*handle)(struct http_request *request, void *context, struct http_answer *answer);
};

/* A request that is about to be answered, or that ended without an answer: what metrics count. */
struct http_observation {
    const char *method;  /* as the client wrote it, so it may be anything; "" if there was none */
    int route;           /* index of the last route of its path; -1: not a path of the server's */
    unsigned code;       /* of the answer; 499: the client went away before it */
    int problem;         /* the enum status that the answer's problem is about; 0: none */
    int64_t duration_us; /* since the request line was read */
};

enum { HTTP_PEEK_BYTES = 64, HTTP_ADMIT_BYTES = 64 * 1024 };

/*
 * Those marked with * may be changed while the server runs: http_server_change(). A request keeps
 * the ones that it began with.
 */
struct http_server_options {
    /* Listening sockets that somebody else has opened, and may pass to the next process: they are
     * used instead of `ip` and `port`, and not closed or shut down. Borrowed until the start ends.
     */
    const int *listen_fds;
    size_t listen_fd_count;
    const char *ip; /* "::" listens on IPv4 and IPv6 alike; "unix:/path" */
    uint16_t port;  /* 0: the kernel chooses */
    /* Beyond this, the connection that has idled longest is closed; if none idles: 503. */
    unsigned max_connections;
    unsigned max_connections_per_ip; /* the same for one client; 0: no limit */
    unsigned client_prefix_v6;       /* * bits in which IPv6 addresses of one client agree */
    char *const *trusted_proxies;    /* networks (base/network.h), NULL-terminated; NULL: none */
    int64_t idle_timeout_ms;         /* * between requests and for a request's header section */
    int64_t body_timeout_ms;         /* * for the whole of a body: 408 */
    int64_t answer_timeout_ms;       /* * for taking the whole of an answer: closed; 0: no limit */
    int64_t min_bytes_per_s;         /* * of a body, and of taking an answer, over 10 s; 0: any */
    int64_t deadline_ms;             /* * http_request_deadline_us() */
    size_t max_body_bytes;           /* 413 */
    size_t max_inflight_bytes;       /* bodies and results in memory: 503 */
    size_t max_client_bytes;         /* * the same for one client */
    const struct http_route *routes; /* borrowed while the server lives */
    size_t route_count;
    void *context; /* given to every handler */
    /* Optional: called once for every request, before its client can have all of the answer: from
     * its thread, or, where that waits for a client that is too slow, from one that must not wait.
     * So it must be quick, and call nothing of the server. */
    void (*observe)(const struct http_observation *observation, void *observer);
    void *observer;
    const struct tokens *tokens; /* * that POST and PUT need one of; NULL: none; borrowed */
    char *const *cors_origins;   /* * pages that may use the server, NULL-terminated; NULL: none */
    void *live;                  /* * http_request_live(); owned by whoever made the options */
    /* Optional: these options are not used any more, nor anything that they borrow. */
    void (*release)(void *live);
};
