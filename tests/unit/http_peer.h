/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/server.h"

/*
 * For tests of lib/http: a small server on 127.0.0.1, and a client that sends exactly the bytes it
 * is given.
 *
 *     GET  /        a short text
 *     GET  /health  the same, but always, and quiet
 *     POST /make    as many bytes as the body says, which are reserved first
 *     POST /client  who the client is, as text
 *     POST /echo    the body; takes scale (0 < F <= 1) and quality (1..100); 415 for "BAD..."
 *     POST /status  ends with the status or -errno that the body spells
 *     POST /hold    waits until the client has gone or peer_release() was called
 *     POST /full    is refused with 503 as soon as there is a reason to ask for room; 415 for
 *                   "BAD..."; a body of less than HTTP_ADMIT_BYTES is echoed
 */
struct peer_server {
    struct http_server_options options; /* filled with defaults; change before peer_start */
    struct http_server *server;
};

void peer_defaults(struct peer_server *peer);
void peer_start(struct peer_server *peer);
void peer_stop(struct peer_server *peer);

/* Handlers that are in POST /hold now. */
unsigned peer_held(void);
void peer_wait_held(unsigned count);
void peer_release(void);

/* Calls of any handler since the start of the program. */
unsigned peer_handled(void);

/* Deadline of the last request handled, in milliseconds from then. */
int peer_last_deadline_ms(void);

struct peer_reply {
    int code;         /* 0: the connection ended first */
    char head[2048];  /* status line and fields */
    char body[8192];  /* its beginning, terminated */
    size_t body_size; /* of all of it */
    bool close;       /* the answer says Connection: close */
};

int peer_connect(const struct peer_server *peer);

/* From 127.0.0.`host`: another client. */
int peer_connect_from(const struct peer_server *peer, unsigned host);

/* Formats and sends; fails the test if the whole text cannot be sent. */
void peer_send(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
void peer_send_bytes(int fd, const void *bytes, size_t size);
/* Sends `size` bytes of 'x'; false: the other side has hung up. */
bool peer_send_body(int fd, size_t size);

/* Reads `size` bytes, whatever they are. */
void peer_skip(int fd, size_t size);

/* Reads one answer; `head` says that it has no body. Fails the test after five seconds. */
struct peer_reply peer_read(int fd, bool head);

/* The value of a field of the answer, in a buffer of the function's; NULL where it has none. */
const char *peer_field(const struct peer_reply *reply, const char *name);

/* Whether the connection ends now, with nothing more to read, and not with a reset. */
bool peer_ends(int fd);

/* Sends a request on a connection of its own, and reads the answer. */
struct peer_reply peer_ask(const struct peer_server *peer, const char *text);

/* Whether the body is a problem of this type, for this code, with the id of the answer. */
bool peer_is_problem(const struct peer_reply *reply, int code, const char *type);
