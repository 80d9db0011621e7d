/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/options.h"

/* GET /problems/NAME, in both servers: what the type of a problem means and what to do, as HTML or
 * text. STATUS_NOT_FOUND: no problem has that name. Handles a route of HTTP_ROUTE_BELOW. */
int problem_page(struct http_request *request, void *context, struct http_answer *answer);
