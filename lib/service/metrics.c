/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/metrics.h"

/*
 * A family is an array of series, one for each combination of its labels' values: which series a
 * count belongs to is a multiplication for each label. Most combinations never occur. Their memory
 * is never touched, and they are not shown.
 *
 * All operations are relaxed: a number is never lost and never goes back, but two numbers may be of
 * slightly different moments. A histogram's count is the sum of its buckets, so that these agree.
 */
#include "service/negotiate.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Of a series: a counter or gauge has a value, and whether it is there; a histogram its buckets,
 * the last one without a bound, and a sum. */
enum { CELL_VALUE, CELL_THERE, PLAIN_CELLS };
enum { CELL_SUM = METRIC_BUCKETS + 1, HISTOGRAM_CELLS };

enum { MICRO = 1000000 };

typedef _Atomic uint64_t cell;

struct metrics {
    const char *const *routes;
    unsigned route_count;
    struct {
        size_t series;
        unsigned cells; /* of a series */
        cell *first;
    } families[METRICS];
};

static unsigned count_values(const struct metrics *metrics, enum metric_set set)
{
    return set == METRIC_SET_ROUTE ? metrics->route_count + 1 : metric_set_count(set);
}

static const char *value_of(const struct metrics *metrics, enum metric_set set, unsigned index)
{
    if (set != METRIC_SET_ROUTE)
        return metric_set_value(set, index);
    return index < metrics->route_count ? metrics->routes[index] : "other";
}

int metrics_new(struct metrics **made, const char *const *routes, unsigned route_count)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));

    if (metrics == NULL)
        return -ENOMEM;
    metrics->routes = routes;
    metrics->route_count = route_count;
    for (unsigned id = 0; id < METRICS; id++) {
        const struct metric *metric = &metric_table[id];
        size_t series = 1;

        for (unsigned i = 0; i < METRIC_LABELS_MAX && metric->labels[i].name != NULL; i++)
            series *= count_values(metrics, metric->labels[i].set);
        metrics->families[id].series = series;
        metrics->families[id].cells =
            metric->type == METRIC_HISTOGRAM ? HISTOGRAM_CELLS : PLAIN_CELLS;
        metrics->families[id].first = calloc(series * metrics->families[id].cells, sizeof(cell));
        if (metrics->families[id].first == NULL) {
            metrics_free(metrics);
            return -ENOMEM;
        }
    }
    *made = metrics;
    return 0;
}

struct metrics *metrics_free(struct metrics *metrics)
{
    if (metrics == NULL)
        return NULL;
    for (unsigned id = 0; id < METRICS; id++)
        free(metrics->families[id].first);
    free(metrics);
    return NULL;
}

unsigned metrics_other_route(const struct metrics *metrics)
{
    return metrics->route_count;
}

/* --- counting ----------------------------------------------------------------------------------
 */

static cell *find_series(const struct metrics *metrics, enum metric_id id, const unsigned *labels)
{
    const struct metric *metric = &metric_table[id];
    size_t index = 0;

    if (metrics == NULL)
        return NULL;
    for (unsigned i = 0; i < METRIC_LABELS_MAX && metric->labels[i].name != NULL; i++) {
        const unsigned count = count_values(metrics, metric->labels[i].set);

        if (labels[i] >= count)
            return NULL;
        index = index * count + labels[i];
    }
    return metrics->families[id].first + index * metrics->families[id].cells;
}

static void add(cell *at, uint64_t amount)
{
    atomic_fetch_add_explicit(at, amount, memory_order_relaxed);
}

static void set(cell *at, uint64_t value)
{
    atomic_store_explicit(at, value, memory_order_relaxed);
}

static uint64_t get(const cell *at)
{
    return atomic_load_explicit(at, memory_order_relaxed);
}

void metrics_add(struct metrics *metrics, enum metric_id id, const unsigned *labels,
                 uint64_t amount)
{
    cell *series = find_series(metrics, id, labels);

    if (series == NULL)
        return;
    add(&series[CELL_VALUE], amount);
    set(&series[CELL_THERE], 1);
}

void metrics_set(struct metrics *metrics, enum metric_id id, const unsigned *labels, uint64_t value)
{
    cell *series = find_series(metrics, id, labels);

    if (series == NULL)
        return;
    set(&series[CELL_VALUE], value);
    set(&series[CELL_THERE], 1);
}

void metrics_observe(struct metrics *metrics, enum metric_id id, const unsigned *labels, int64_t us)
{
    cell *series = find_series(metrics, id, labels);
    unsigned bucket = 0;

    if (series == NULL)
        return;
    us = us > 0 ? us : 0;
    while (bucket < METRIC_BUCKETS && us > (int64_t)metric_buckets[bucket].us)
        bucket++;
    add(&series[bucket], 1);
    add(&series[CELL_SUM], (uint64_t)us);
}

void metrics_clear(struct metrics *metrics, enum metric_id id)
{
    if (metrics == NULL)
        return;
    for (size_t i = 0; i < metrics->families[id].series; i++) {
        cell *series = metrics->families[id].first + i * PLAIN_CELLS;

        if (get(&series[CELL_THERE]) != 0)
            set(&series[CELL_THERE], 0);
    }
}

/* --- writing -----------------------------------------------------------------------------------
 */

void metrics_write_escaped(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static void write_number(const struct metric *metric, uint64_t value, FILE *out)
{
    if (metric->micro)
        fprintf(out, " %llu.%06llu\n", (unsigned long long)value / MICRO,
                (unsigned long long)value % MICRO);
    else
        fprintf(out, " %llu\n", (unsigned long long)value);
}

/* A sample up to its value; `le` is NULL but in buckets. */
static void write_name(const struct metric *metric, const char *suffix,
                       const char *const values[static METRIC_LABELS_MAX], const char *le,
                       FILE *out)
{
    const char *gap = "{";

    fprintf(out, "%s%s", metric->name, suffix);
    for (unsigned i = 0; i < METRIC_LABELS_MAX && metric->labels[i].name != NULL; i++) {
        fprintf(out, "%s%s=\"", gap, metric->labels[i].name);
        metrics_write_escaped(values[i], out);
        fputc('"', out);
        gap = ",";
    }
    if (le != NULL) {
        fprintf(out, "%sle=\"%s\"", gap, le);
        gap = ",";
    }
    if (*gap == ',')
        fputc('}', out);
}

/* OpenMetrics writes bounds as numbers with a point. */
static void write_bucket(const struct metric *metric,
                         const char *const values[static METRIC_LABELS_MAX], unsigned bucket,
                         uint64_t count, bool openmetrics, FILE *out)
{
    const char *le = bucket < METRIC_BUCKETS ? metric_buckets[bucket].le : "+Inf";
    char pointed[16];

    if (openmetrics && bucket < METRIC_BUCKETS && strchr(le, '.') == NULL) {
        snprintf(pointed, sizeof(pointed), "%s.0", le);
        le = pointed;
    }
    write_name(metric, "_bucket", values, le, out);
    fprintf(out, " %llu\n", (unsigned long long)count);
}

static void write_histogram(const struct metric *metric, const cell *series,
                            const char *const values[static METRIC_LABELS_MAX], bool openmetrics,
                            FILE *out)
{
    const uint64_t sum = get(&series[CELL_SUM]);
    uint64_t counts[METRIC_BUCKETS + 1], count = 0;

    for (unsigned i = 0; i <= METRIC_BUCKETS; i++)
        counts[i] = count += get(&series[i]);
    if (count == 0 && metric->sparse)
        return;
    for (unsigned i = 0; i <= METRIC_BUCKETS; i++)
        write_bucket(metric, values, i, counts[i], openmetrics, out);
    write_name(metric, "_sum", values, NULL, out);
    write_number(metric, sum, out);
    write_name(metric, "_count", values, NULL, out);
    fprintf(out, " %llu\n", (unsigned long long)count);
}

/* The values of the labels of a series, "" behind the last one; false: there is no such series. */
static bool find_values(const struct metrics *metrics, const struct metric *metric, size_t index,
                        const char *values[static METRIC_LABELS_MAX])
{
    unsigned labels = 0;

    for (unsigned i = 0; i < METRIC_LABELS_MAX; i++)
        values[i] = "";
    while (labels < METRIC_LABELS_MAX && metric->labels[labels].name != NULL)
        labels++;
    while (labels-- > 0) {
        const enum metric_set set = metric->labels[labels].set;
        const unsigned count = count_values(metrics, set);

        values[labels] = value_of(metrics, set, (unsigned)(index % count));
        if (values[labels] == NULL)
            return false;
        index /= count;
    }
    return true;
}

static void write_series(const struct metrics *metrics, enum metric_id id, size_t index,
                         bool openmetrics, FILE *out)
{
    const struct metric *metric = &metric_table[id];
    const cell *series = metrics->families[id].first + index * metrics->families[id].cells;
    const char *values[METRIC_LABELS_MAX];

    if (metric->type != METRIC_HISTOGRAM && metric->sparse && get(&series[CELL_THERE]) == 0)
        return;
    if (!find_values(metrics, metric, index, values))
        return;
    if (metric->type == METRIC_HISTOGRAM) {
        write_histogram(metric, series, values, openmetrics, out);
    } else {
        write_name(metric, metric_suffix(metric), values, NULL, out);
        write_number(metric, get(&series[CELL_VALUE]), out);
    }
}

/* In OpenMetrics the metadata is of the family, in Prometheus' text of its samples. */
static void write_metadata(const struct metric *metric, bool openmetrics, FILE *out)
{
    static const char *const types[] = {
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_HISTOGRAM] = "histogram",
        [METRIC_INFO] = "info",
    };
    const char *suffix = openmetrics ? "" : metric_suffix(metric);
    const bool gauge = metric->type == METRIC_INFO && !openmetrics;

    fprintf(out, "# HELP %s%s %s.\n", metric->name, suffix, metric->help);
    fprintf(out, "# TYPE %s%s %s\n", metric->name, suffix, gauge ? "gauge" : types[metric->type]);
    if (openmetrics && metric->unit != NULL)
        fprintf(out, "# UNIT %s %s\n", metric->name, metric->unit);
}

int metrics_write(const struct metrics *metrics, bool openmetrics, char **text, size_t *size)
{
    FILE *out = open_memstream(text, size);
    bool failed;

    if (out == NULL)
        return -ENOMEM;
    for (unsigned id = 0; id < METRICS; id++) {
        write_metadata(&metric_table[id], openmetrics, out);
        for (size_t i = 0; i < metrics->families[id].series; i++)
            write_series(metrics, id, i, openmetrics, out);
    }
    if (openmetrics)
        fputs("# EOF\n", out);
    failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(*text);
        *text = NULL;
        return -ENOMEM;
    }
    return 0;
}

bool metrics_prefers_openmetrics(const char *accept)
{
    const unsigned openmetrics = negotiate_weight(accept, "application/openmetrics-text");

    return openmetrics > 0 && openmetrics >= negotiate_weight(accept, "text/plain");
}
