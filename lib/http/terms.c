/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/terms.h"

#include <stdlib.h>

struct terms *terms_new(const struct http_server_options *options)
{
    struct terms *terms = calloc(1, sizeof(*terms));

    if (terms == NULL)
        return NULL;
    terms->options = *options;
    atomic_init(&terms->holders, 1);
    return terms;
}

/* The mutex keeps the slot's own hold until the new one is counted. */
struct terms *terms_hold(struct terms_slot *slot)
{
    struct terms *terms;

    pthread_mutex_lock(&slot->mutex);
    terms = slot->current;
    atomic_fetch_add(&terms->holders, 1);
    pthread_mutex_unlock(&slot->mutex);
    return terms;
}

void terms_replace(struct terms_slot *slot, struct terms *terms)
{
    struct terms *before;

    pthread_mutex_lock(&slot->mutex);
    before = slot->current;
    slot->current = terms;
    pthread_mutex_unlock(&slot->mutex);
    terms_let_go(before);
}

/* Well after the watchdog: the library spins in the last second of its own timeout. */
unsigned terms_backstop_s(const struct http_server_options *options)
{
    int64_t longest = options->idle_timeout_ms;

    if (longest < options->body_timeout_ms)
        longest = options->body_timeout_ms;
    if (longest < options->answer_timeout_ms)
        longest = options->answer_timeout_ms;
    return (unsigned)(3 * longest / 1000 + 10);
}

void terms_let_go(struct terms *terms)
{
    if (terms == NULL || atomic_fetch_sub(&terms->holders, 1) != 1)
        return;
    if (terms->options.release != NULL)
        terms->options.release(terms->options.live);
    free(terms);
}
