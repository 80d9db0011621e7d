/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"

#include <stdbool.h>
#include <stdint.h>

/* What follows from the settings on this host: the object "computed" of --print-config. */
struct facts;

/* Adds what this library does not know, such as the sandbox that this host allows. */
typedef void facts_compute(const struct settings *settings, struct facts *facts);

/* Adds one value. A dot in the name makes an object: "sandbox.landlock". Integers are exact up to
 * 2^53. */
void facts_add_integer(struct facts *facts, const char *name, int64_t value);
void facts_add_bool(struct facts *facts, const char *name, bool value);
void facts_add_text(struct facts *facts, const char *name, const char *value);
