/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <microhttpd.h>
#include <stddef.h>

struct http_request;

/* Inside lib/http: how answers are sent. */

/* Queues the answer to `request->status` and `request->answer`. The request's thread. */
enum MHD_Result reply_send(struct http_request *request);

/* Writes the problem to the request's socket, for the middle of a body, where the library takes no
 * answer; the caller then makes the library hang up. Returns the bytes of the problem's body. Any
 * thread.
 */
size_t reply_write_problem(const struct http_request *request, int status, unsigned code,
                           const char *detail);

/* Lets the client read the answer although it is still sending: closing a socket with unread bytes
 * resets the connection, and the reset overtakes the answer. Blocks for up to LINGER_MS. */
void reply_linger(int fd);

enum { LINGER_MS = 1000 };
