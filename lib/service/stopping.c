/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/stopping.h"

#include <stdatomic.h>

static atomic_bool begun;

void stopping_begin(void)
{
    atomic_store(&begun, true);
}

bool stopping_has_begun(void)
{
    return atomic_load(&begun);
}
