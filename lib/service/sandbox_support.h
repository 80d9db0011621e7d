/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/program.h"

/* program.compute of both servers: what the workers' sandbox is made of on this host, for
 * --print-config. What a running server's workers stand behind is told by /readyz. */
void service_compute_walls(const struct settings *settings, struct facts *facts);
