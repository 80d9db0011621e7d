/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/timeouts.h"

#include <microhttpd.h>
#include <stddef.h>

/* Inside lib/http: a request from its first line to its completion, as callbacks of the library
 * (`server` is our struct http_server) and of the watchdog. */
void *exchange_begin(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_continue(void *server, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context);
void exchange_complete(void *server, struct MHD_Connection *connection, void **context,
                       enum MHD_RequestTerminationCode reason);

/* The watchdog's: `request` is late. */
void exchange_expired(void *request, enum lateness lateness);
