/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/*
 * The one table of what the servers count: it is walked to hold the numbers, to write them for
 * Prometheus, and to document them. Every label has a closed set of values, so that the number of
 * series is bounded, whatever clients send.
 */
enum metric_id {
    METRIC_REQUEST_DURATION,
    METRIC_JOB_PHASE,
    METRIC_IMAGES,
    METRIC_PROBLEMS,
    METRIC_SOURCE_BYTES,
    METRIC_SOURCE_PIXELS,
    METRIC_RESULT_BYTES,
    METRIC_RESULT_PIXELS,
    METRIC_WORKERS,
    METRIC_WORKERS_BUSY,
    METRIC_QUEUE_LENGTH,
    METRIC_QUEUE_LIMIT,
    METRIC_WORKER_EXITS,
    METRIC_RETRIES,
    METRIC_INFLIGHT_BYTES,
    METRIC_INFLIGHT_LIMIT,
    METRIC_CONNECTIONS,
    METRIC_UPSTREAM_REQUESTS,
    METRIC_LOG_LINES_DROPPED,
    METRIC_BUILD,
    METRIC_SANDBOX,
    METRIC_CPU_SECONDS,
    METRIC_RESIDENT_MEMORY,
    METRIC_VIRTUAL_MEMORY,
    METRIC_OPEN_FDS,
    METRIC_MAX_FDS,
    METRIC_START_TIME,
    METRIC_THREADS,
    METRICS
};

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_INFO };

/* A closed set of values of a label. */
enum metric_set {
    METRIC_SET_METHOD,
    METRIC_SET_ROUTE, /* of the server: its paths, in the order of its routes, and "other" */
    METRIC_SET_CODE,
    METRIC_SET_POOL, /* "gray", "scale" */
    METRIC_SET_PHASE,
    METRIC_SET_OPERATION,
    METRIC_SET_FORMAT,  /* enum image_format */
    METRIC_SET_PATH,    /* enum image_path */
    METRIC_SET_PROBLEM, /* enum status */
    METRIC_SET_EXIT,    /* enum pool_exit */
    METRIC_SET_OUTCOME,
    METRIC_SET_VERSION,
    METRIC_SET_MODE,
    METRIC_SET_TRUTH, /* "false", "true" */
    METRIC_SETS
};

enum metric_pool { METRIC_POOL_GRAY, METRIC_POOL_SCALE };
enum metric_phase { METRIC_PHASE_QUEUE, METRIC_PHASE_WORK, METRIC_PHASE_UPSTREAM };

/* What was done to an image: the first of these that was asked for. */
enum metric_operation {
    METRIC_OPERATION_RESIZE,
    METRIC_OPERATION_CROP,
    METRIC_OPERATION_ROTATE,
    METRIC_OPERATION_FILTER,
    METRIC_OPERATION_GRAY,
    METRIC_OPERATION_CONVERT,
    METRIC_OPERATION_COPY,
};

/* What became of a call to the scale server. */
enum metric_outcome {
    METRIC_OUTCOME_IMAGE,
    METRIC_OUTCOME_PROBLEM,
    METRIC_OUTCOME_UNAVAILABLE,
    METRIC_OUTCOME_DEADLINE,
    METRIC_OUTCOME_OVERLOADED,
    METRIC_OUTCOME_CLIENT_GONE,
    METRIC_OUTCOME_ERROR,
};

enum { METRIC_LABELS_MAX = 9, METRIC_BUCKETS = 14 };

struct metric_label {
    const char *name;
    enum metric_set set;
};

struct metric {
    const char *name; /* of the family: without the "_total" of counters and the "_info" of infos */
    enum metric_type type;
    const char *unit; /* as OpenMetrics has it; NULL: none */
    bool micro;       /* values are held in millionths of what is shown */
    bool sparse;      /* a series is shown once it has counted something; the others always are */
    struct metric_label labels[METRIC_LABELS_MAX]; /* up to the first without a name */
    const char *help;                              /* no full stop */
};

extern const struct metric metric_table[METRICS];

/* The upper bounds of the buckets of every histogram: seconds as text, and microseconds. */
struct metric_bucket {
    const char *le;
    unsigned us;
};
extern const struct metric_bucket metric_buckets[METRIC_BUCKETS];

/* How many values a set has; of METRIC_SET_ROUTE 0, since each server has its own. */
unsigned metric_set_count(enum metric_set set);

/* A value; NULL: no such one, and no series has it. */
const char *metric_set_value(enum metric_set set, unsigned index);

/* The member of METRIC_SET_METHOD and METRIC_SET_CODE; the last one, "_OTHER" and "other", for
 * what is none of the others. Any thread. */
unsigned metric_find_method(const char *method);
unsigned metric_find_code(unsigned code);

/* Ends the name of the family to make that of its samples: "_total", "_info", "". */
const char *metric_suffix(const struct metric *metric);

/* The table in docs/operations.md. */
void metrics_document(FILE *out);
