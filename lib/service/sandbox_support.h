/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/program.h"

/* program.compute of both servers: which layers of the workers' sandbox this host supports, for
 * --print-config. /readyz reports the layers that are in force in a running server. */
void service_add_sandbox_support(const struct settings *settings, struct facts *facts);
