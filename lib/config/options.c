/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/options.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/tokens.h"
#include "config/check.h"
#include "config/settings.h"

#include <stdio.h>

/*
 * Every option of both servers, and nothing else. Rows that both have are written once and composed
 * into the two tables at the end; a row whose default differs is in a group of its own.
 */
#define AT(member)  offsetof(struct settings, member)
#define GROUP(rows) (rows), ARRAY_LENGTH(rows)

#define MEBIBYTES(n) ((n)*1024.0 * 1024.0)
#define DAY_MS       (24 * 3600 * 1000.0)
#define HOUR_MS      (3600 * 1000.0)

static const char *const sandbox_choices[] = {"off", "required", NULL};
static const char *const level_choices[] = {
    [LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug", [LOG_DEBUG + 1] = NULL,
};
static const char *const format_choices[] = {
    [LOG_TEXT] = "text",
    [LOG_JSON] = "json",
    [LOG_JSON + 1] = NULL,
};

/* A row reads by its lines: what and where, whether a reload applies it, range, flag, default,
 * help. */
/* clang-format off */
static const struct option_row address_rows[] = {
    {
        .name = "ip", .type = OPTION_STRING, .offset = AT(listen.ip),
        .valid = check_is_listen_address, .expects = "an IPv4 or IPv6 address, or unix:/path",
        .short_flag = 'i', .long_flag = "ip", .argument = "ADDR",
        .fallback = "::",
        .help = "address to listen on; :: answers IPv4 and IPv6 alike; unix:/path is a Unix socket",
    },
};

/* Its default differs. */
#define PORT_ROW(default_)                                                                         \
    {                                                                                              \
        .name = "port", .type = OPTION_INTEGER, .offset = AT(listen.port),                         \
        .smallest = 0, .largest = 65535,                                                           \
        .short_flag = 'p', .long_flag = "port", .argument = "N",                                   \
        .fallback = default_,                                                                      \
        .help = "TCP port; 0 lets the kernel choose, and the port is logged",                      \
    }
static const struct option_row gateway_port_rows[] = {PORT_ROW("8080")};
static const struct option_row scale_port_rows[] = {PORT_ROW("8000")};

static const struct option_row connection_rows[] = {
    {
        .name = "max_connections", .type = OPTION_INTEGER, .offset = AT(listen.max_connections),
        .unit = "connections",
        .smallest = 1, .largest = 100000,
        .fallback = "1024",
        .help = "connections open at once; each has a thread",
    },
    {
        .name = "max_connections_per_ip", .type = OPTION_INTEGER,
        .offset = AT(listen.max_connections_per_ip),
        .unit = "connections",
        .smallest = 0, .largest = 100000,
        .fallback = "256",
        .help = "connections open at once of one client; 0: no limit of its own",
    },
};

static const struct option_row timeout_rows[] = {
    {
        .name = "idle_timeout_ms", .live = true, .type = OPTION_INTEGER, .offset = AT(listen.idle_timeout_ms),
        .unit = "ms",
        .smallest = 1, .largest = DAY_MS,
        .fallback = "30000",
        .help = "a connection that is idle for this long is closed",
    },
    {
        .name = "body_timeout_ms", .live = true, .type = OPTION_INTEGER, .offset = AT(listen.body_timeout_ms),
        .unit = "ms",
        .smallest = 1000, .largest = HOUR_MS,
        .fallback = "300000",
        .help = "the whole body of a request must arrive within this time",
    },
    {
        .name = "answer_timeout_ms", .live = true, .type = OPTION_INTEGER, .offset = AT(listen.answer_timeout_ms),
        .unit = "ms",
        .smallest = 1000, .largest = HOUR_MS,
        .fallback = "300000",
        .help = "the client must have taken the whole answer within this time",
    },
    {
        .name = "min_bytes_per_s", .live = true, .type = OPTION_INTEGER, .offset = AT(listen.min_bytes_per_s),
        .unit = "bytes/s",
        .smallest = 0, .largest = 1e9,
        .fallback = "4096",
        .help = "least rate of a body and of taking an answer, averaged over 10 s; 0: any",
    },
};

static const struct option_row limit_rows[] = {
    {
        .name = "max_body_bytes", .type = OPTION_INTEGER, .offset = AT(limits.max_body_bytes),
        .unit = "bytes",
        .smallest = 1, .largest = MEBIBYTES(1024),
        .fallback = "33554432",
        .help = "largest body of a request",
    },
    {
        .name = "max_pixels", .live = true, .type = OPTION_INTEGER, .offset = AT(limits.max_pixels),
        .unit = "pixels",
        .smallest = 1, .largest = 1e12,
        .fallback = "100000000",
        .help = "most pixels of an image and of a result: width x height x frames",
    },
    {
        .name = "max_side", .live = true, .type = OPTION_INTEGER, .offset = AT(limits.max_side),
        .unit = "pixels",
        .smallest = 1, .largest = 65535,
        .fallback = "16384",
        .help = "longest side of a result, unless the image's own is longer",
    },
    {
        .name = "max_scans", .live = true, .type = OPTION_INTEGER, .offset = AT(limits.max_scans),
        .unit = "scans",
        .smallest = 1, .largest = 100000,
        .fallback = "100",
        .help = "most scans of a progressive JPEG; ordinary ones have about ten",
    },
    {
        .name = "max_output_bytes", .type = OPTION_INTEGER, .offset = AT(limits.max_output_bytes),
        .unit = "bytes",
        .smallest = 1, .largest = MEBIBYTES(4096),
        .fallback = "67108864",
        .help = "largest image in an answer",
    },
    {
        .name = "max_inflight_bytes", .type = OPTION_INTEGER,
        .offset = AT(limits.max_inflight_bytes),
        .unit = "bytes",
        .smallest = 1, .largest = MEBIBYTES(1024 * 1024),
        .fallback = "536870912",
        .help = "bodies and answers held at once, all requests together",
    },
    {
        .name = "share_per_client", .live = true, .type = OPTION_NUMBER, .offset = AT(limits.share_per_client),
        .smallest = 0.01, .largest = 1,
        .fallback = "0.25",
        .help = "part of max_inflight_bytes that the requests of one client may hold",
    },
    {
        .name = "client_prefix_v6", .live = true, .type = OPTION_INTEGER, .offset = AT(limits.client_prefix_v6),
        .unit = "bits",
        .smallest = 32, .largest = 128,
        .fallback = "64",
        .help = "IPv6 addresses that agree in this many bits are one client",
    },
    {
        .name = "deadline_ms", .live = true, .type = OPTION_INTEGER, .offset = AT(limits.deadline_ms),
        .unit = "ms",
        .smallest = 1, .largest = DAY_MS,
        .fallback = "10000",
        .help = "a request is answered within this time after its body is complete, or with 504",
    },
};

static const struct option_row input_rows[] = {
    {
        .name = "formats", .live = true, .type = OPTION_LIST, .offset = AT(input.formats),
        .valid = check_is_input_format, .expects = "jpeg, png, webp, gif, tiff, avif or heic",
        .fallback = "jpeg,png,webp,gif,tiff,avif,heic",
        .help = "formats of images that are taken; others are answered 415",
    },
};

/* The workers: "gray." in the gateway, "scale." in the scale server. */
static const struct option_row pool_rows[] = {
    {
        .name = "program", .type = OPTION_STRING, .offset = AT(pool.program),
        .expects = "a path",
        .fallback = "",
        .help = "path of the worker program; empty: the one installed with this program",
    },
    {
        .name = "workers", .type = OPTION_INTEGER, .offset = AT(pool.workers),
        .unit = "processes",
        .smallest = 0, .largest = 1024,
        .fallback = "0",
        .help = "worker processes; 0: one per CPU, or whole CPU of the control group's quota",
    },
    {
        .name = "queue_max", .type = OPTION_INTEGER, .offset = AT(pool.queue_max),
        .unit = "requests",
        .smallest = 0, .largest = 100000,
        .fallback = "256",
        .help = "requests that may wait for a worker; more are answered 503",
    },
    {
        .name = "queue_share_per_client", .type = OPTION_NUMBER, .offset = AT(pool.queue_share),
        .smallest = 0.01, .largest = 1,
        .fallback = "0.5",
        .help = "part of the queue that one client's requests may take",
    },
    {
        .name = "queue_wait_ms", .type = OPTION_INTEGER, .offset = AT(pool.queue_wait_ms),
        .unit = "ms",
        .smallest = 0, .largest = DAY_MS,
        .fallback = "8000",
        .help = "a request that waited this long for a worker is answered 503",
    },
    {
        .name = "max_jobs", .type = OPTION_INTEGER, .offset = AT(pool.max_jobs),
        .unit = "jobs",
        .smallest = 0, .largest = 1e9,
        .fallback = "10000",
        .help = "a worker is replaced after this many images; 0: never",
    },
    {
        .name = "max_memory_bytes", .type = OPTION_INTEGER, .offset = AT(pool.max_memory_bytes),
        .unit = "bytes",
        .smallest = MEBIBYTES(160), .largest = MEBIBYTES(1024 * 1024), /* with less no worker starts */
        .fallback = "2147483648",
        .help = "address space of one worker, besides the memory it shares with the server; the "
                "default becomes as little as 512 MiB where the control group has little memory",
    },
};

/* The two servers on a host share no user. Neither Debian (Policy 9.2.2: ids from 64000 on are the
 * packages') nor systemd (UIDS-GIDS: 60706 to 61183 are unused, dynamic users follow) assigns these
 * ids; they are below those of containers (/etc/subuid begins at 100000), and within the 65536 ids
 * that a container has. */
#define WORKER_USERS_ROW(default_)                                                                 \
    {                                                                                              \
        .name = "worker_users", .type = OPTION_STRING, .offset = AT(pool.worker_users),            \
        .valid = check_is_users, .expects = "FIRST-LAST or one number, from 1 to 4294967294",      \
        .fallback = default_,                                                                      \
        .help = "ids of users and groups, one for each worker; a single number: the same for all",   \
    }
static const struct option_row gray_users_rows[] = {WORKER_USERS_ROW("60706-60944")};
static const struct option_row scale_users_rows[] = {WORKER_USERS_ROW("60945-61183")};

static const struct option_row upstream_rows[] = {
    {
        .name = "upstream", .type = OPTION_STRING, .offset = AT(scale.upstream),
        .valid = check_is_origin, .expects = "http://host[:port] without user, path or query",
        .fallback = "http://127.0.0.1:8000",
        .help = "URL of the scale server",
    },
    {
        .name = "token_file", .live = true, .type = OPTION_STRING, .offset = AT(scale.token_file),
        .expects = "a path",
        .long_flag = "upstream-token-file", .argument = "FILE",
        .fallback = "",
        .help = "file whose first token the scale server gets; empty: none",
    },
};

static const struct option_row factor_rows[] = {
    {
        .name = "default", .type = OPTION_NUMBER, .offset = AT(scale.factor),
        .smallest = 0, .largest = 1, .exclusive = true,
        .at_most = {AT(scale.max)},
        .short_flag = 's', .long_flag = "scale", .argument = "F",
        .fallback = "0.5",
        .help = "factor of a request that gives none",
    },
    {
        .name = "max", .type = OPTION_NUMBER, .offset = AT(scale.max),
        .smallest = 0, .largest = 1, .exclusive = true,
        .fallback = "1.0",
        .help = "largest factor that a request may give",
    },
};

static const struct option_row output_rows[] = {
    {
        .name = "quality", .live = true, .type = OPTION_INTEGER, .offset = AT(output.quality),
        .smallest = 1, .largest = 100,
        .fallback = "80",
        .help = "quality of lossy results if a request gives none",
    },
};

static const struct option_row scale_output_rows[] = {
    {
        .name = "avif_quality", .live = true, .type = OPTION_INTEGER, .offset = AT(output.avif_quality),
        .smallest = 1, .largest = 100,
        .fallback = "60",
        .help = "the same of AVIF",
    },
    {
        .name = "avif_max_pixels", .live = true, .type = OPTION_INTEGER, .offset = AT(output.avif_max_pixels),
        .unit = "pixels",
        .smallest = 0, .largest = 1e12,
        .fallback = "16000000",
        .help = "format=auto chooses no AVIF for results of more",
    },
    {
        .name = "auto", .live = true, .type = OPTION_LIST, .offset = AT(output.automatic),
        .valid = check_is_output_format, .expects = "jpeg, png, webp, gif, tiff or avif",
        .fallback = "avif,webp",
        .help = "format=auto chooses the first of these that Accept names",
    },
};

static const struct option_row sandbox_rows[] = {
    {
        .name = "sandbox", .type = OPTION_CHOICE, .offset = AT(sandbox),
        .choices = sandbox_choices,
        .fallback = "required",
        .help = "required: the server does not start if its workers cannot enter their sandbox",
    },
};

static const struct option_row log_rows[] = {
    {
        .name = "level", .live = true, .type = OPTION_CHOICE, .offset = AT(log_level),
        .choices = level_choices,
        .fallback = "info",
        .help = "least urgent lines to log",
    },
    {
        .name = "format", .live = true, .type = OPTION_CHOICE, .offset = AT(log_format),
        .choices = format_choices,
        .fallback = "text",
        .help = "form of a log line",
    },
};

/* Its default differs: the scale server's gateway is usually on the same host. */
#define PROXIES_ROW(default_)                                                                      \
    {                                                                                              \
        .name = "trusted_proxies", .type = OPTION_LIST, .offset = AT(trusted_proxies),             \
        .valid = check_is_network,                                                                 \
        .expects = "an IPv4 or IPv6 address, or a network such as 10.0.0.0/8",                     \
        .fallback = default_,                                                                      \
        .help = "proxies whose X-Forwarded-For identifies the client",                                    \
    }
static const struct option_row gateway_proxies_rows[] = {PROXIES_ROW("")};
static const struct option_row scale_proxies_rows[] = {PROXIES_ROW("127.0.0.0/8,::1")};

static const struct option_row metrics_rows[] = {
    {
        .name = "ip", .type = OPTION_STRING, .offset = AT(metrics.ip),
        .valid = check_is_listen_address, .expects = "an IPv4 or IPv6 address, or unix:/path",
        .fallback = "127.0.0.1",
        .help = "address that GET /metrics is answered on, for Prometheus",
    },
};

/* Its default differs. */
#define METRICS_PORT_ROW(default_)                                                                 \
    {                                                                                              \
        .name = "port", .type = OPTION_INTEGER, .offset = AT(metrics.port),                        \
        .smallest = 0, .largest = 65535,                                                           \
        .fallback = default_,                                                                      \
        .help = "TCP port of it; 0: no metrics",                                                   \
    }
static const struct option_row gateway_metrics_rows[] = {METRICS_PORT_ROW("9180")};
static const struct option_row scale_metrics_rows[] = {METRICS_PORT_ROW("9181")};
static const struct option_row auth_rows[] = {
    {
        .name = "tokens_file", .live = true, .type = OPTION_STRING, .offset = AT(tokens_file),
        .expects = "a path",
        .long_flag = "tokens-file", .argument = "FILE",
        .fallback = "",
        .help = "file of tokens, one a line, of which image requests need one; empty: none",
    },
};

static const struct option_row cors_rows[] = {
    {
        .name = "origins", .live = true, .type = OPTION_LIST, .offset = AT(cors_origins),
        .valid = check_is_web_origin, .expects = "http://host[:port] or https://host[:port]",
        .fallback = "",
        .help = "web pages of these origins may send images and read the answers",
    },
};

static const struct option_row shutdown_rows[] = {
    {
        .name = "delay_ms", .live = true, .type = OPTION_INTEGER, .offset = AT(delay_ms),
        .unit = "ms",
        .smallest = 0, .largest = 60000,
        .fallback = "0",
        .help = "on SIGTERM, /readyz answers 503 for this long before the server stops accepting",
    },
    {
        .name = "drain_ms", .live = true, .type = OPTION_INTEGER, .offset = AT(drain_ms),
        .unit = "ms",
        .smallest = 0, .largest = DAY_MS,
        .fallback = "10000",
        .help = "on SIGTERM, requests in progress have this long to end",
    },
};

static const struct option_row page_rows[] = {
    {
        .name = "enabled", .live = true, .type = OPTION_BOOLEAN, .offset = AT(page_enabled),
        .fallback = "true",
        .help = "GET / answers browsers with a page to try it; false: with text, as all others",
    },
};

/* They concern one start only, so they have no key in the file. */
static const struct option_row start_rows[] = {
    {
        .type = OPTION_INTEGER, .offset = AT(ready_fd),
        .smallest = -1, .largest = 1048576,
        .long_flag = "ready-fd", .argument = "N",
        .fallback = "-1",
        .help = "write a line to descriptor N once requests are answered, and close it; -1: none",
    },
};

/* clang-format on */

static const struct option_section gateway_sections[] = {
    {"listen", GROUP(address_rows)},
    {"listen", GROUP(gateway_port_rows)},
    {"listen", GROUP(connection_rows)},
    {"listen", GROUP(timeout_rows)},
    {"limits", GROUP(limit_rows)},
    {"gray", GROUP(pool_rows)},
    {"gray", GROUP(gray_users_rows)},
    {"scale", GROUP(upstream_rows)},
    {"input", GROUP(input_rows)},
    {"output", GROUP(output_rows)},
    {NULL, GROUP(sandbox_rows)},
    {NULL, GROUP(gateway_proxies_rows)},
    {"auth", GROUP(auth_rows)},
    {"cors", GROUP(cors_rows)},
    {"log", GROUP(log_rows)},
    {"metrics", GROUP(metrics_rows)},
    {"metrics", GROUP(gateway_metrics_rows)},
    {"shutdown", GROUP(shutdown_rows)},
    {"page", GROUP(page_rows)},
    {NULL, GROUP(start_rows)},
};

static const struct option_section scale_sections[] = {
    {"listen", GROUP(address_rows)},      {"listen", GROUP(scale_port_rows)},
    {"listen", GROUP(connection_rows)},   {"listen", GROUP(timeout_rows)},
    {"limits", GROUP(limit_rows)},        {"scale", GROUP(factor_rows)},
    {"scale", GROUP(pool_rows)},          {"scale", GROUP(scale_users_rows)},
    {"input", GROUP(input_rows)},         {"output", GROUP(output_rows)},
    {"output", GROUP(scale_output_rows)}, {NULL, GROUP(sandbox_rows)},
    {NULL, GROUP(scale_proxies_rows)},    {"auth", GROUP(auth_rows)},
    {"cors", GROUP(cors_rows)},           {"log", GROUP(log_rows)},
    {"metrics", GROUP(metrics_rows)},     {"metrics", GROUP(scale_metrics_rows)},
    {"shutdown", GROUP(shutdown_rows)},   {NULL, GROUP(start_rows)},
};

/* A client's share must not refuse a request that the limits on sizes allow. */
static bool share_holds_a_request(const struct settings *settings, char why[static 256])
{
    const int64_t share = settings_client_bytes(settings);
    const int64_t most = settings->limits.max_body_bytes + settings->limits.max_output_bytes;

    if (share >= most)
        return true;
    snprintf(why, 256,
             "limits.share_per_client x limits.max_inflight_bytes: expected at least "
             "limits.max_body_bytes + limits.max_output_bytes, which is %lld, got %lld",
             (long long)most, (long long)share);
    return false;
}

static bool is_token_file(const char *key, const char *path, char why[static 256])
{
    char reason[TOKENS_WHY_BYTES];
    struct tokens *tokens;

    if (path == NULL || *path == '\0')
        return true;
    if (tokens_read(&tokens, path, reason) != 0) {
        snprintf(why, 256, "%s: %s", key, reason);
        return false;
    }
    tokens_free(tokens);
    return true;
}

static bool token_files_are_secret(const struct settings *settings, char why[static 256])
{
    return is_token_file("auth.tokens_file", settings->tokens_file, why) &&
           is_token_file("scale.token_file", settings->scale.token_file, why);
}

static const struct option_rule rules[] = {
    {"A file of tokens can be read by the server, not by everyone (mode 0640, say), and holds at "
     "least one",
     token_files_are_secret},
    {"`limits.share_per_client` x `limits.max_inflight_bytes` is at least `limits.max_body_bytes` "
     "+ "
     "`limits.max_output_bytes`",
     share_holds_a_request},
};

const struct option_table gateway_options = {
    .program = "grisaille-gateway",
    .purpose = "The HTTP front door: POST an image, get it back gray or smaller.",
    .sections = gateway_sections,
    .count = ARRAY_LENGTH(gateway_sections),
    .rules = rules,
    .rule_count = ARRAY_LENGTH(rules),
};

const struct option_table scale_options = {
    .program = "grisaille-scale",
    .purpose = "The scale server: POST an image, get it back smaller.",
    .sections = scale_sections,
    .count = ARRAY_LENGTH(scale_sections),
    .rules = rules,
    .rule_count = ARRAY_LENGTH(rules),
};
