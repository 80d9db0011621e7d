/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
/* Linked into every unit test: only the test function that UNIT_TEST_FILTER names runs. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

__attribute__((constructor)) static void filter_by_environment(void)
{
    const char *name = getenv("UNIT_TEST_FILTER");

    if (name && *name) {
        cmocka_set_test_filter(name);
    }
}
