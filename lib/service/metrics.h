/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "service/metrics_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The numbers behind the table. Any thread may count, without a lock: a series is a few atomic
 * integers at a place that its labels decide, allocated once. In all functions that count, NULL in
 * the place of `metrics` is fine: nobody wants to know.
 */
struct metrics;

/* `routes` (borrowed) are the values of METRIC_SET_ROUTE before "other", which is the last; a path
 * may be there more than once. 0 or -ENOMEM. */
int metrics_new(struct metrics **metrics, const char *const *routes, unsigned route_count);
struct metrics *metrics_free(struct metrics *metrics);

/* The index of "other" in METRIC_SET_ROUTE. */
unsigned metrics_other_route(const struct metrics *metrics);

/* `labels` has an index for each label of the metric, in the order of the table; where one is out
 * of its set nothing is counted. metrics_add() is for counters, metrics_set() for what another part
 * counts and for gauges and infos, metrics_observe() for histograms. */
void metrics_add(struct metrics *metrics, enum metric_id id, const unsigned *labels,
                 uint64_t amount);
void metrics_set(struct metrics *metrics, enum metric_id id, const unsigned *labels,
                 uint64_t value);
void metrics_observe(struct metrics *metrics, enum metric_id id, const unsigned *labels,
                     int64_t us);

/* All series of the metric are not there, until they are set again: an info whose labels change. */
void metrics_clear(struct metrics *metrics, enum metric_id id);

/* Writes all of them, as Prometheus' text format 0.0.4 or as OpenMetrics 1.0. The text is malloc'd.
 * 0 or -ENOMEM. */
int metrics_write(const struct metrics *metrics, bool openmetrics, char **text, size_t *size);

#define METRICS_TEXT_TYPE        "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Whether a client with this Accept field (NULL: none) prefers OpenMetrics. */
bool metrics_prefers_openmetrics(const char *accept);

/* Writes `text` as the inside of a label's value. */
void metrics_write_escaped(const char *text, FILE *out);
