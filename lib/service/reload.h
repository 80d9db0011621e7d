/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/program.h"
#include "http/server.h"
#include "service/live.h"

/* What a reload needs of the start. */
struct reload {
    const struct program *program;
    int argc;
    char **argv;
    struct settings *settings;  /* of the start: only the times of its end follow a reload */
    struct http_server *server; /* gets the rest */
    live_describe *describe;
};

/* Reads configuration and tokens again, puts what may change in force, and logs what happened.
 * Tokens are read again even if the configuration has an error. Main thread. */
void reload_settings(const struct reload *reload);
