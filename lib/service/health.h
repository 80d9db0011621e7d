/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/options.h"

/* --health, for container health checks: whether the server that `settings` describe answers
 * GET /healthz with 200, within a few seconds. 0, or 1 and a line on standard error. Main thread.
 */
int health_check(const char *program, const struct settings *settings);

/* As http_route.handle: GET /healthz. Whoever gets an answer knows that the process serves. */
int health_report(struct http_request *request, void *context, struct http_answer *answer);
