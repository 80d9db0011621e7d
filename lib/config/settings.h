/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The effective configuration, filled from the defaults, then the file, then the flags. One struct
 * for both servers; a program's table (gateway_options, scale_options) says which members it has
 * keys for. The struct owns its strings.
 */
struct settings {
    struct {
        char *ip;
        int64_t port;
        int64_t max_connections, max_connections_per_ip;
        int64_t idle_timeout_ms, body_timeout_ms, answer_timeout_ms;
        int64_t min_bytes_per_s; /* 0: any */
    } listen;
    struct {
        int64_t max_body_bytes, max_pixels, max_scans, max_output_bytes, max_inflight_bytes;
        int64_t deadline_ms, max_side;
        double share_per_client; /* of max_inflight_bytes */
        int64_t client_prefix_v6;
    } limits;
    char **trusted_proxies; /* networks (base/network.h), NULL-terminated; NULL: none */
    struct {                /* "gray." in the gateway, "scale." in the scale server */
        char *program;      /* "": grisaille-gray or grisaille-scale-worker beside this program */
        int64_t workers;    /* 0: one per CPU */
        int64_t queue_max, queue_wait_ms, max_jobs, max_memory_bytes;
        double queue_share;
        char *worker_users; /* check_parse_users() */
    } pool;
    struct {
        char *upstream;     /* gateway */
        char *token_file;   /* gateway; "": the scale server needs no token */
        double factor, max; /* scale server: scale.default, scale.max */
    } scale;
    struct {
        char **formats; /* words (check_is_format()), NULL-terminated; NULL: none */
    } input;
    struct {
        int64_t quality;
        int64_t avif_quality, avif_max_pixels; /* scale server */
        char **automatic;                      /* scale server: output.auto, as input.formats */
    } output;
    int64_t page_enabled;          /* gateway: 1 or 0 */
    char *tokens_file;             /* "": images need no token */
    char **cors_origins;           /* "https://host:port", NULL-terminated; NULL: none */
    int64_t sandbox;               /* 1: "required", 0: "off" */
    int64_t log_level, log_format; /* enum log_level, enum log_format */
    struct {
        char *ip;
        int64_t port;     /* 0: no metrics */
        bool chosen_port; /* `port` is not the default; settings_copy() leaves it out */
    } metrics;
    int64_t delay_ms, drain_ms;
    int64_t ready_fd; /* -1: none */
};

/* Frees the strings. */
void settings_clear(struct settings *settings);

struct option_table;

/* A copy of what the table's rows set. 0; or -ENOMEM, and nothing to clear. Any thread. */
int settings_copy(const struct option_table *options, const struct settings *from,
                  struct settings *to);

/* How many workers a pool has: pool.workers, or one per CPU this process may use, by its affinity
 * and by its control group's quota. Any thread. */
unsigned settings_workers(const struct settings *settings);

/* What the requests of one client may hold of max_inflight_bytes, to the nearest byte: the double
 * of 0.29 is less than what was written. Any thread. */
int64_t settings_client_bytes(const struct settings *settings);

/* The bytes that the server and its workers together stay below, as --print-config prints it:
 * workers x (max_memory_bytes + max_body_bytes + max_output_bytes) + max_inflight_bytes +
 * (max_connections x 1.25 + 32) x 672 KiB + 32 MiB for the server itself + 28 MiB for metrics,
 * unless metrics.port is 0. Any thread. */
uint64_t settings_memory_bound(const struct settings *settings);

/* Lowers pool.max_memory_bytes until the bound is within `bytes`, but not below
 * SETTINGS_LEAST_MEMORY_BYTES. Main thread. */
#define SETTINGS_LEAST_MEMORY_BYTES (INT64_C(512) << 20)
void settings_fit_memory(struct settings *settings, uint64_t bytes);
