/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/options.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * Inside lib/http: the options in force. They may be replaced while the server runs, and a request
 * keeps those that it began with: they are freed with the last request that holds them. Any thread.
 */
struct terms {
    struct http_server_options options; /* does not change */
    atomic_uint holders;
};

/* Where a server has them. */
struct terms_slot {
    pthread_mutex_t mutex;
    struct terms *current; /* the slot is one of its holders; NULL before the start */
};

/* A copy of the options, with one holder. NULL: no memory. */
struct terms *terms_new(const struct http_server_options *options);

/* Those in the slot, with one holder more. */
struct terms *terms_hold(struct terms_slot *slot);

/* Takes over `terms` for those who ask from now on. */
void terms_replace(struct terms_slot *slot, struct terms *terms);

/* The library's own timeout of a connection, which no request should ever reach. */
unsigned terms_backstop_s(const struct http_server_options *options);

/* One holder less; the last one frees, and calls options.release. NULL is fine. */
void terms_let_go(struct terms *terms);
