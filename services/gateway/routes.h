/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/server.h"
#include "service/images.h"
#include "service/live.h"
#include "services/gateway/scale_client.h"

/* What the gateway's handlers work with; given to them as context. */
struct gateway {
    struct settings settings;
    struct images images; /* and the pool of gray children */
    struct scale_client scale;
};

/* The route table, filled in from the settings. Lives for ever; once, from the main thread. */
const struct http_route *gateway_routes(const struct gateway *gateway, size_t *count);

/* As service.describe. */
live_describe gateway_describe;
