/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/facts.h"

#include <cjson/cJSON.h>

struct facts {
    cJSON *object;
    bool failed; /* no memory: reported once, at the end */
};

/* Puts `item` (owned from here on; NULL: its maker had no memory) into the object `section` of
 * `root`, which is made if missing; NULL: into `root` itself. 0 or -ENOMEM. */
int facts_add_item(cJSON *root, const char *section, const char *name, cJSON *item);
