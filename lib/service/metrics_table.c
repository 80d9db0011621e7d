/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/metrics_table.h"

/* Names and units follow Prometheus and OpenMetrics 1.0; the histogram of requests is that of
 * OpenTelemetry's conventions for HTTP, with finer buckets: a small image takes a millisecond. */
#include "base/cleanup.h"
#include "base/status.h"
#include "build_config.h"
#include "image/plan/path.h"
#include "image/probe/format.h"
#include "ipc/pool.h"

#include <string.h>

/* clang-format off */
const struct metric metric_table[METRICS] = {
    [METRIC_REQUEST_DURATION] = {
        .name = "http_server_request_duration_seconds", .type = METRIC_HISTOGRAM,
        .unit = "seconds", .micro = true, .sparse = true,
        .labels = {{"method", METRIC_SET_METHOD}, {"route", METRIC_SET_ROUTE}, {"status", METRIC_SET_CODE}},
        .help = "Requests, from the request line to the answer; status 499: the client left before it",
    },
    [METRIC_JOB_PHASE] = {
        .name = "grisaille_job_phase_seconds", .type = METRIC_HISTOGRAM,
        .unit = "seconds", .micro = true, .sparse = true,
        .labels = {{"pool", METRIC_SET_POOL}, {"phase", METRIC_SET_PHASE}},
        .help = "Jobs that got a worker: in the queue, and at work; and calls to the scale server (upstream)",
    },
    [METRIC_IMAGES] = {
        .name = "grisaille_images", .type = METRIC_COUNTER, .sparse = true,
        .labels = {{"operation", METRIC_SET_OPERATION}, {"format_in", METRIC_SET_FORMAT},
                   {"format_out", METRIC_SET_FORMAT}, {"path", METRIC_SET_PATH}},
        .help = "Images made, by this server's workers or by the scale server for it",
    },
    [METRIC_PROBLEMS] = {
        .name = "grisaille_problems", .type = METRIC_COUNTER,
        .labels = {{"type", METRIC_SET_PROBLEM}},
        .help = "Requests answered with a problem, by its type",
    },
    [METRIC_SOURCE_BYTES] = {
        .name = "grisaille_source_bytes", .type = METRIC_COUNTER, .unit = "bytes",
        .help = "Bytes of the images that results were made of",
    },
    [METRIC_SOURCE_PIXELS] = {
        .name = "grisaille_source_pixels", .type = METRIC_COUNTER, .unit = "pixels",
        .help = "Pixels of the same, in all frames that were used",
    },
    [METRIC_RESULT_BYTES] = {
        .name = "grisaille_result_bytes", .type = METRIC_COUNTER, .unit = "bytes",
        .help = "Bytes of the results",
    },
    [METRIC_RESULT_PIXELS] = {
        .name = "grisaille_result_pixels", .type = METRIC_COUNTER, .unit = "pixels",
        .help = "Pixels of the results, in all frames",
    },
    [METRIC_WORKERS] = {
        .name = "grisaille_workers", .type = METRIC_GAUGE, .sparse = true,
        .labels = {{"pool", METRIC_SET_POOL}},
        .help = "Workers that the pool should have; those that are starting included",
    },
    [METRIC_WORKERS_BUSY] = {
        .name = "grisaille_workers_busy", .type = METRIC_GAUGE, .sparse = true,
        .labels = {{"pool", METRIC_SET_POOL}},
        .help = "Workers with a job",
    },
    [METRIC_QUEUE_LENGTH] = {
        .name = "grisaille_queue_length", .type = METRIC_GAUGE, .sparse = true,
        .labels = {{"pool", METRIC_SET_POOL}},
        .help = "Jobs that wait for a worker",
    },
    [METRIC_QUEUE_LIMIT] = {
        .name = "grisaille_queue_limit", .type = METRIC_GAUGE, .sparse = true,
        .labels = {{"pool", METRIC_SET_POOL}},
        .help = "Jobs that may wait: queue_max",
    },
    [METRIC_WORKER_EXITS] = {
        .name = "grisaille_worker_exits", .type = METRIC_COUNTER,
        .labels = {{"reason", METRIC_SET_EXIT}},
        .help = "Workers that had to be replaced",
    },
    [METRIC_RETRIES] = {
        .name = "grisaille_retries", .type = METRIC_COUNTER,
        .help = "Times that a job went to another worker because one died or did not answer",
    },
    [METRIC_INFLIGHT_BYTES] = {
        .name = "grisaille_inflight_bytes", .type = METRIC_GAUGE, .unit = "bytes",
        .help = "Bytes of bodies and results that are held",
    },
    [METRIC_INFLIGHT_LIMIT] = {
        .name = "grisaille_inflight_limit_bytes", .type = METRIC_GAUGE, .unit = "bytes",
        .help = "Bytes of them that may be held: limits.max_inflight_bytes",
    },
    [METRIC_CONNECTIONS] = {
        .name = "grisaille_connections", .type = METRIC_GAUGE,
        .help = "Open connections of clients, without those for metrics",
    },
    [METRIC_UPSTREAM_REQUESTS] = {
        .name = "grisaille_upstream_requests", .type = METRIC_COUNTER,
        .labels = {{"outcome", METRIC_SET_OUTCOME}},
        .help = "Images that the gateway gave to the scale server, by what came back",
    },
    [METRIC_LOG_LINES_DROPPED] = {
        .name = "grisaille_log_lines_dropped", .type = METRIC_COUNTER,
        .help = "Log lines that could not be written",
    },
    [METRIC_BUILD] = {
        .name = "grisaille_build", .type = METRIC_INFO,
        .labels = {{"version", METRIC_SET_VERSION}},
        .help = "The version that runs",
    },
    [METRIC_SANDBOX] = {
        .name = "grisaille_sandbox", .type = METRIC_INFO, .sparse = true,
        .labels = {{"mode", METRIC_SET_MODE},
                   {"seccomp", METRIC_SET_TRUTH}, {"landlock", METRIC_SET_TRUTH},
                   {"landlock_tcp", METRIC_SET_TRUTH}, {"landlock_scopes", METRIC_SET_TRUTH},
                   {"no_new_privs", METRIC_SET_TRUTH}, {"limits", METRIC_SET_TRUTH},
                   {"user", METRIC_SET_TRUTH}, {"not_dumpable", METRIC_SET_TRUTH}},
        .help = "The layers of the sandbox that are in force in every worker",
    },
    [METRIC_CPU_SECONDS] = {
        .name = "process_cpu_seconds", .type = METRIC_COUNTER, .unit = "seconds", .micro = true,
        .help = "CPU time of the server, without its workers",
    },
    [METRIC_RESIDENT_MEMORY] = {
        .name = "process_resident_memory_bytes", .type = METRIC_GAUGE, .unit = "bytes",
        .help = "Resident memory of the server; what it shares with its workers is included",
    },
    [METRIC_VIRTUAL_MEMORY] = {
        .name = "process_virtual_memory_bytes", .type = METRIC_GAUGE, .unit = "bytes",
        .help = "Address space of the server",
    },
    [METRIC_OPEN_FDS] = {
        .name = "process_open_fds", .type = METRIC_GAUGE,
        .help = "Open descriptors of the server",
    },
    [METRIC_MAX_FDS] = {
        .name = "process_max_fds", .type = METRIC_GAUGE,
        .help = "Descriptors that it may open",
    },
    [METRIC_START_TIME] = {
        .name = "process_start_time_seconds", .type = METRIC_GAUGE, .unit = "seconds", .micro = true,
        .help = "When the server started, in seconds since 1970",
    },
    [METRIC_THREADS] = {
        .name = "process_threads", .type = METRIC_GAUGE,
        .help = "Threads of the server",
    },
};

const struct metric_bucket metric_buckets[METRIC_BUCKETS] = {
    {"0.0005", 500}, {"0.001", 1000}, {"0.0025", 2500}, {"0.005", 5000}, {"0.01", 10000},
    {"0.025", 25000}, {"0.05", 50000}, {"0.1", 100000}, {"0.25", 250000}, {"0.5", 500000},
    {"1", 1000000}, {"2.5", 2500000}, {"5", 5000000}, {"10", 10000000},
};
/* clang-format on */

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "OPTIONS", "_OTHER"};

/* What is sent, what the scale server's answers may make of it, and 499. */
static const struct {
    unsigned code;
    const char *text;
} codes[] = {
    {200, "200"}, {204, "204"}, {304, "304"}, {400, "400"}, {401, "401"}, {403, "403"},
    {404, "404"}, {405, "405"}, {406, "406"}, {408, "408"}, {411, "411"}, {413, "413"},
    {414, "414"}, {415, "415"}, {417, "417"}, {421, "421"}, {422, "422"}, {429, "429"},
    {431, "431"}, {499, "499"}, {500, "500"}, {501, "501"}, {502, "502"}, {503, "503"},
    {504, "504"}, {505, "505"}, {0, "other"},
};

static const char *const pools[] = {
    [METRIC_POOL_GRAY] = "gray",
    [METRIC_POOL_SCALE] = "scale",
};

static const char *const phases[] = {
    [METRIC_PHASE_QUEUE] = "queue",
    [METRIC_PHASE_WORK] = "work",
    [METRIC_PHASE_UPSTREAM] = "upstream",
};

static const char *const operations[] = {
    [METRIC_OPERATION_RESIZE] = "resize", [METRIC_OPERATION_CROP] = "crop",
    [METRIC_OPERATION_ROTATE] = "rotate", [METRIC_OPERATION_FILTER] = "filter",
    [METRIC_OPERATION_GRAY] = "gray",     [METRIC_OPERATION_CONVERT] = "convert",
    [METRIC_OPERATION_COPY] = "copy",
};

static const char *const outcomes[] = {
    [METRIC_OUTCOME_IMAGE] = "image",
    [METRIC_OUTCOME_PROBLEM] = "problem",
    [METRIC_OUTCOME_UNAVAILABLE] = "unavailable",
    [METRIC_OUTCOME_DEADLINE] = "deadline",
    [METRIC_OUTCOME_OVERLOADED] = "overloaded",
    [METRIC_OUTCOME_CLIENT_GONE] = "client-gone",
    [METRIC_OUTCOME_ERROR] = "error",
};

static const char *const versions[] = {GRISAILLE_VERSION};
static const char *const modes[] = {"off", "required"};
static const char *const truths[] = {"false", "true"};

static const char *code_text(unsigned index)
{
    return codes[index].text;
}

/* What no client gets is no type of a problem. */
static const char *problem_name(unsigned status)
{
    return status == STATUS_OK || status == STATUS_CLIENT_GONE ? NULL : status_name((int)status);
}

static const char *format_name(unsigned format)
{
    static const char *const names[IMAGE_FORMAT_COUNT] = {
        [IMAGE_JPEG] = "jpeg", [IMAGE_PNG] = "png",   [IMAGE_WEBP] = "webp", [IMAGE_GIF] = "gif",
        [IMAGE_TIFF] = "tiff", [IMAGE_AVIF] = "avif", [IMAGE_HEIC] = "heic",
    };

    return names[format];
}

static const struct {
    unsigned count;
    const char *const *values;
    const char *(*value)(unsigned index); /* where there are no `values` */
    const char *says;                     /* for the documentation; NULL: all values are named */
} sets[METRIC_SETS] = {
    [METRIC_SET_METHOD] = {ARRAY_LENGTH(methods), methods, NULL, NULL},
    [METRIC_SET_ROUTE] = {0, NULL, NULL, "the paths of the server, and `other`"},
    [METRIC_SET_CODE] = {ARRAY_LENGTH(codes), NULL, code_text, "of the answer, or 499"},
    [METRIC_SET_POOL] = {ARRAY_LENGTH(pools), pools, NULL, NULL},
    [METRIC_SET_PHASE] = {ARRAY_LENGTH(phases), phases, NULL, NULL},
    [METRIC_SET_OPERATION] = {ARRAY_LENGTH(operations), operations, NULL, NULL},
    [METRIC_SET_FORMAT] = {IMAGE_FORMAT_COUNT, NULL, format_name, NULL},
    [METRIC_SET_PATH] = {IMAGE_PATH_COUNT, NULL, image_path_name, NULL},
    [METRIC_SET_PROBLEM] = {STATUS_COUNT, NULL, problem_name, "the types of [http.md](http.md)"},
    [METRIC_SET_EXIT] = {POOL_EXITS, NULL, pool_exit_name, NULL},
    [METRIC_SET_OUTCOME] = {ARRAY_LENGTH(outcomes), outcomes, NULL, NULL},
    [METRIC_SET_VERSION] = {ARRAY_LENGTH(versions), versions, NULL, "of this build"},
    [METRIC_SET_MODE] = {ARRAY_LENGTH(modes), modes, NULL, NULL},
    [METRIC_SET_TRUTH] = {ARRAY_LENGTH(truths), truths, NULL, NULL},
};

unsigned metric_set_count(enum metric_set set)
{
    return sets[set].count;
}

const char *metric_set_value(enum metric_set set, unsigned index)
{
    if (index >= sets[set].count)
        return NULL;
    return sets[set].values != NULL ? sets[set].values[index] : sets[set].value(index);
}

unsigned metric_find_method(const char *method)
{
    unsigned i = 0;

    while (i < ARRAY_LENGTH(methods) - 1 && strcmp(methods[i], method) != 0)
        i++;
    return i;
}

unsigned metric_find_code(unsigned code)
{
    unsigned i = 0;

    while (i < ARRAY_LENGTH(codes) - 1 && codes[i].code != code)
        i++;
    return i;
}

const char *metric_suffix(const struct metric *metric)
{
    if (metric->type == METRIC_COUNTER)
        return "_total";
    return metric->type == METRIC_INFO ? "_info" : "";
}

static void document_label(const struct metric_label *label, FILE *out)
{
    const char *gap = "";

    fprintf(out, "`%s`: ", label->name);
    if (sets[label->set].says != NULL) {
        fputs(sets[label->set].says, out);
        return;
    }
    for (unsigned i = 0; i < sets[label->set].count; i++) {
        if (metric_set_value(label->set, i) == NULL)
            continue;
        fprintf(out, "%s`%s`", gap, metric_set_value(label->set, i));
        gap = ", ";
    }
}

void metrics_document(FILE *out)
{
    static const char *const types[] = {
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_HISTOGRAM] = "histogram",
        [METRIC_INFO] = "info",
    };

    fprintf(out, "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n");
    for (const struct metric *metric = metric_table; metric < metric_table + METRICS; metric++) {
        fprintf(out, "| `%s%s` | %s | ", metric->name, metric_suffix(metric), types[metric->type]);
        for (unsigned i = 0; i < METRIC_LABELS_MAX && metric->labels[i].name != NULL; i++) {
            fputs(i > 0 ? "; " : "", out);
            document_label(&metric->labels[i], out);
        }
        fprintf(out, " | %s |\n", metric->help);
    }
}
