/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/facts.h"
#include "config/options.h"
#include "config/settings.h"

/*
 * From a server's command line and configuration file to its settings:
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
struct program {
    const struct option_table *options;
    /* --health: the exit code; writes one line to standard error if it is not 0. */
    int (*health)(const char *program, const struct settings *settings);
    facts_compute *compute; /* NULL: this library knows all that --print-config prints */
};

enum { SETTINGS_GO_ON = -1 };

/* Reads everything once more, with the command line of the start, for a server that has run with
 * `now` since then or since the last reload. 0 and *next, to be cleared by the caller: what a
 * reload applies is new, all else is as in `now`, and `text` names the keys that only a restart
 * would apply, with commas between; "": none. Or -EINVAL or -ENOMEM, nothing to clear, and `text`
 * is the first error line. Main thread. */
enum { RELOAD_TEXT_BYTES = 900 };
int settings_reload(const struct program *program, int argc, char **argv,
                    const struct settings *now, struct settings *next,
                    char text[static RELOAD_TEXT_BYTES]);

/* Reads defaults, the file and the flags into *settings; each overrides the one before. Returns
 * SETTINGS_GO_ON and *settings, to be cleared by the caller; or the code to exit with (0, 1 or 2):
 * standard output or error then says why, and there is nothing to clear. Once, from main(), before
 * any other thread. */
int settings_load(const struct program *program, int argc, char **argv, struct settings *settings);
