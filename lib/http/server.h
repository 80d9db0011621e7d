/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/params.h"
#include "http/answer.h"
#include "http/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An HTTP server: a table of routes in, answers out. One thread for each connection calls the
 * handlers, which may block. Everything that HTTP itself asks for (framing, methods, 404, 405,
 * OPTIONS, HEAD, 413, parameters, timeouts, problem documents, keep-alive) is decided in here, and
 * before a byte of a body is read where that can be.
 */
struct http_server;

enum http_method {
    HTTP_GET,  /* and HEAD */
    HTTP_POST, /* and PUT */
};

enum http_route_flag {
    HTTP_ROUTE_ALWAYS = 1 << 0, /* answered even beyond max_connections and max_inflight_bytes */
    HTTP_ROUTE_QUIET = 1 << 1,  /* logged at debug level: health checks */
};

/*
 * A handler returns 0 and fills the answer; or an enum status with answer->detail, which becomes
 * the problem that the client sees; or -errno, which is logged and becomes "internal" (-ENOMEM:
 * "overloaded"). Where the status is STATUS_CLIENT_GONE nothing is answered.
 */
struct http_route {
    const char *path; /* decoded; matched as a whole */
    enum http_method method;
    unsigned flags;                          /* enum http_route_flag */
    const struct http_parameter *parameters; /* may be filled by the program before the start */
    size_t parameter_count;                  /* up to HTTP_PARAMETERS_MAX */
    /* Optional: called once with the first bytes of the body, HTTP_PEEK_BYTES or, of a shorter
     * body, all; a status refuses the request. */
    int (*peek)(struct http_request *request, const uint8_t *bytes, size_t size, void *context,
                struct http_answer *answer);
    /* Optional: whether there is room for the work; a status refuses the request. Asked before a
     * byte of the body is read where the client waits for "100 Continue" (`size` is 0). Else with
     * the first piece of the body, and, if it was let through, with HTTP_ADMIT_BYTES or some more:
     * it may wait that long to find out what is wrong with a body, which should be told first. Of a
     * shorter body it is perhaps not asked: `handle` comes soon enough. */
    int (*admit)(struct http_request *request, const uint8_t *bytes, size_t size, void *context,
                 struct http_answer *answer);
    /* The whole request is there; a POST's body is not empty. */
    int (*handle)(struct http_request *request, void *context, struct http_answer *answer);
};

enum { HTTP_PEEK_BYTES = 64, HTTP_ADMIT_BYTES = 64 * 1024 };

struct http_server_options {
    const char *ip; /* "::" listens on IPv4 and IPv6 alike */
    uint16_t port;  /* 0: the kernel chooses */
    /* Beyond, the connection that has idled longest is closed; where none idles: 503. */
    unsigned max_connections;
    unsigned max_connections_per_ip; /* the same for one client; 0: no limit */
    unsigned client_prefix_v6;       /* bits in which IPv6 addresses of one client agree */
    char *const *trusted_proxies; /* networks (base/network.h), NULL behind the last; NULL: none */
    int64_t idle_timeout_ms;      /* between requests and for a request's header section */
    int64_t body_timeout_ms;      /* for the whole of a body: 408 */
    int64_t answer_timeout_ms;    /* for taking the whole of an answer: closed; 0: no limit */
    int64_t min_bytes_per_s;      /* of a body, and of taking an answer, over 10 s; 0: any */
    int64_t deadline_ms;          /* http_request_deadline_us() */
    size_t max_body_bytes;        /* 413 */
    size_t max_inflight_bytes;    /* bodies and results in memory: 503 */
    size_t max_client_bytes;      /* the same for one client */
    const struct http_route *routes; /* borrowed while the server lives */
    size_t route_count;
    void *context; /* given to every handler */
};

/* What is so at this moment. */
struct http_server_status {
    unsigned connections, requests; /* open; from the request line to the answer's last byte */
    size_t inflight_bytes;
};

/* Listens and serves. Raises RLIMIT_NOFILE to what max_connections needs. The caller has blocked
 * the signals that it waits for. 0; -EINVAL: `ip` is no address, or a proxy's no network; -EMFILE:
 * so many connections are beyond the hard limit of descriptors; -E2BIG: a route takes more than
 * HTTP_PARAMETERS_MAX parameters; or -errno of socket, bind, listen or the start. */
int http_server_new(struct http_server **server, const struct http_server_options *options);

/* The port listened on. */
uint16_t http_server_port(const struct http_server *server);

/* The address listened on, as text: "0.0.0.0" where "::" was asked for and the host has no IPv6. */
const char *http_server_ip(const struct http_server *server);

/* Any thread. */
void http_server_get_status(struct http_server *server, struct http_server_status *status);

/* Takes the connections that have come so far and no new ones, closes the idle ones, and waits up
 * to drain_ms for the requests under way; a connection that has not sent its first one yet is given
 * a second for it. Returns whether all were answered. Once, from the thread that frees the server.
 */
bool http_server_drain(struct http_server *server, int64_t drain_ms);

/* Hangs up on whoever is left (a handler sees its client go away), waits for the handlers, and
 * frees. NULL is fine. Returns NULL. */
struct http_server *http_server_free(struct http_server *server);
