/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/server.h"
#include "ipc/pool.h"

/* What the scale server's handlers work with; given to them as their context. */
struct scale {
    struct settings settings;
    struct pool *pool;
};

/* The route table, filled in from the settings. Lives for ever; once, from the main thread. */
const struct http_route *scale_routes(const struct scale *scale, size_t *count);
