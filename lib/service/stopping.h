/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>

/* Whether this process was asked to stop, for /readyz. Once begun, it does not end. Any thread. */
void stopping_begin(void);
bool stopping_has_begun(void);
