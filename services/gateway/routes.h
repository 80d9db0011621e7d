/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/client.h"
#include "http/server.h"
#include "ipc/pool.h"

/* What the gateway's handlers work with; given to them as their context. */
struct gateway {
    struct settings settings;
    struct pool *pool;          /* of gray children */
    struct http_client *scale;  /* to the scale server */
};

/* The route table. Lives for ever; once, from the main thread. */
const struct http_route *gateway_routes(size_t *count);
