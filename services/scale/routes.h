/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/server.h"
#include "service/images.h"
#include "service/live.h"

/* What the scale server's handlers work with; given to them as context. */
struct scale_server {
    struct settings settings;
    struct images images; /* and the pool of workers */
};

/* The route table, filled in from the settings. Lives for ever; once, from the main thread. */
const struct http_route *scale_routes(const struct scale_server *scale, size_t *count);

/* As service.describe. */
live_describe scale_describe;
