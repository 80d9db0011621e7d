/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/options.h"
#include "config/settings.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What a server's main() needs of its command line and configuration file:
 *
 *     static const struct program program = {.options = &gateway_options, .compute = compute};
 *     struct settings settings;
 *     int code = settings_load(&program, argc, argv, &settings);
 *
 *     if (code != SETTINGS_GO_ON)
 *         return code;
 *     ...
 *     settings_clear(&settings);
 */
struct facts;

struct program {
    const struct option_table *options;
    /* Adds what --print-config prints under "computed" beyond what this library knows, such as the
     * walls that the sandbox has on this host. NULL: nothing. */
    void (*compute)(const struct settings *settings, struct facts *facts);
};

enum { SETTINGS_GO_ON = -1 };

/* Reads defaults, the file and the flags into *settings, each beating the one before. Returns
 * SETTINGS_GO_ON and *settings, to be cleared by the caller; or the code to exit with (0, 1 or 2):
 * everything has been said then, on standard output or error, and there is nothing to clear. Once,
 * from main(), before any other thread. */
int settings_load(const struct program *program, int argc, char **argv, struct settings *settings);

/* Frees the strings. */
void settings_clear(struct settings *settings);

/* How many workers a pool has: pool.workers, or one per CPU this process may use. Any thread. */
unsigned settings_workers(const struct settings *settings);

/* The bytes that the server and its workers together stay below, as --print-config prints it:
 * workers x (max_memory_bytes + max_body_bytes + max_output_bytes) + max_inflight_bytes +
 * (max_connections x 1.25 + 32) x 672 KiB + 32 MiB for the server itself. Any thread. */
uint64_t settings_memory_bound(const struct settings *settings);

/* For program.compute: adds one value under "computed". A dot in the name makes an object:
 * "sandbox.landlock". Integers are exact up to 2^53. */
void facts_add_integer(struct facts *facts, const char *name, int64_t value);
void facts_add_bool(struct facts *facts, const char *name, bool value);
void facts_add_text(struct facts *facts, const char *name, const char *value);
