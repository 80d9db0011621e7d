/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* NULL would be taken for a lack of memory; and no offset may be added to it. */
static void test_nothing_is_memory_too(void **state)
{
    (void)state;
    assert_non_null(jpeg_memory(MEMORY_REDUCERS, 0));
}

static void test_memory_stays_until_more_is_asked_for(void **state)
{
    uint8_t *first = jpeg_memory(MEMORY_PLANES, 100000);

    (void)state;
    assert_non_null(first);
    assert_int_equal((uintptr_t)first % 64, 0);
    memset(first, 1, 100000);
    assert_ptr_equal(jpeg_memory(MEMORY_PLANES, 10), first);
    assert_ptr_not_equal(jpeg_memory(MEMORY_ROWS, 10), first);
    memset(jpeg_memory(MEMORY_PLANES, 1000000), 1, 1000000);
}

static void test_trimming_takes_only_what_is_large(void **state)
{
    uint8_t *small = jpeg_memory(MEMORY_SCAN, 1000);

    (void)state;
    assert_non_null(jpeg_memory(MEMORY_STREAM, 100000));
    jpeg_memory_trim(10000);
    assert_ptr_equal(jpeg_memory(MEMORY_SCAN, 1000), small);
    assert_non_null(jpeg_memory(MEMORY_STREAM, 0)); /* anew */
}

static int forget(void **state)
{
    (void)state;
    jpeg_memory_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_nothing_is_memory_too, forget),
        cmocka_unit_test_teardown(test_memory_stays_until_more_is_asked_for, forget),
        cmocka_unit_test_teardown(test_trimming_takes_only_what_is_large, forget),
    };

    return cmocka_run_group_tests_name("jpeg_memory", tests, NULL, NULL);
}
