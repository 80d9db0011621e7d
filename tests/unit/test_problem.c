/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/problem.h"

#include "base/status.h"
#include "base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The table from status to HTTP, and the JSON of a problem. */

/* Goal: each status of the contract has its code. */
static void test_codes(void **state)
{
    static const unsigned codes[STATUS_COUNT] = {
        [STATUS_OK] = 200,
        [STATUS_BAD_PARAMETER] = 400,
        [STATUS_BAD_REQUEST] = 400,
        [STATUS_EMPTY_BODY] = 400,
        [STATUS_UNAUTHORIZED] = 401,
        [STATUS_FORBIDDEN] = 403,
        [STATUS_NOT_FOUND] = 404,
        [STATUS_METHOD_NOT_ALLOWED] = 405,
        [STATUS_BODY_TIMEOUT] = 408,
        [STATUS_BODY_TOO_LARGE] = 413,
        [STATUS_UNSUPPORTED_FORMAT] = 415,
        [STATUS_IMAGE_CORRUPT] = 422,
        [STATUS_IMAGE_TOO_LARGE] = 422,
        [STATUS_IMAGE_CRASHED_DECODER] = 422,
        [STATUS_NOT_IMPLEMENTED] = 501,
        [STATUS_INTERNAL] = 500,
        [STATUS_SCALE_UNAVAILABLE] = 502,
        [STATUS_OVERLOADED] = 503,
        [STATUS_RESULT_TOO_LARGE] = 422,
        [STATUS_DEADLINE_EXCEEDED] = 504,
        [STATUS_CLIENT_GONE] = 499,
    };

    (void)state;
    for (int status = 0; status < STATUS_COUNT; status++) {
        assert_int_equal(http_problem_code(status), codes[status]);
        assert_true(strlen(http_problem_title(status)) > 0);
    }
    assert_int_equal(http_problem_code(-EIO), 500);
    assert_int_equal(http_problem_code(-ENOMEM), 503);
    assert_string_equal(http_problem_title(-ENOMEM), http_problem_title(STATUS_OVERLOADED));
    assert_int_equal(http_problem_code(STATUS_COUNT), 500);
    assert_string_equal(http_problem_title(-1), http_problem_title(STATUS_INTERNAL));
}

/* Goal: a reader learns of each problem when it happens and what to do; of no other status. */
static void test_explained(void **state)
{
    (void)state;
    for (int status = 0; status < STATUS_COUNT; status++) {
        const struct http_problem *problem = http_problem(status);

        if (status == STATUS_OK || status == STATUS_CLIENT_GONE) {
            assert_null(problem);
            assert_int_equal(http_problem_find(status_name(status)), -1);
            continue;
        }
        assert_int_equal(problem->codes[0], http_problem_code(status));
        assert_true(strlen(problem->meaning) > 0 && strlen(problem->remedy) > 0);
        assert_int_equal(http_problem_find(status_name(status)), status);
    }
    assert_int_equal(http_problem_find("nothing"), -1);
    assert_null(http_problem(-EIO));
    assert_null(http_problem(STATUS_COUNT));
}

/* Goal: the document, byte for byte. */
static void test_document(void **state)
{
    size_t length;
    char *json =
        http_problem_json(STATUS_IMAGE_CORRUPT, 422, "It ends early", "id-1", false, &length);

    (void)state;
    assert_string_equal(json, "{\"type\":\"/problems/image-corrupt\","
                              "\"title\":\"The picture is damaged or incomplete\",\"status\":422,"
                              "\"detail\":\"It ends early\",\"request_id\":\"id-1\"}\n");
    assert_int_equal(length, strlen(json));
    free(json);
}

/* Goal: the detail stands there under imaginary's name as well, escaped alike. */
static void test_message(void **state)
{
    size_t length;
    char *json = http_problem_json(STATUS_IMAGE_CORRUPT, 422, "\"a\"", "id-1", true, &length);

    (void)state;
    assert_non_null(strstr(json, "\"detail\":\"\\\"a\\\"\",\"message\":\"\\\"a\\\"\","));
    assert_int_equal(length, strlen(json));
    free(json);
}

/* Goal: the title replaces a missing detail; a negative status discloses nothing. */
static void test_without_detail(void **state)
{
    size_t length;
    char *json = http_problem_json(-EIO, 500, NULL, NULL, false, &length);

    (void)state;
    assert_non_null(strstr(json, "\"type\":\"/problems/internal\""));
    assert_non_null(strstr(json, "\"detail\":\"The server failed\""));
    free(json);
}

/* Goal: whatever the detail holds, the document stays JSON and UTF-8. */
static void test_escapes(void **state)
{
    size_t length;
    char *json = http_problem_json(STATUS_BAD_PARAMETER, 400, "\"\\\n\x7f\xff\xc3\xa9\xe2\x82", "",
                                   false, &length);

    (void)state;
    assert_non_null(strstr(json, "\"detail\":\"\\\"\\\\\\u000a\\u007f\xef\xbf\xbd\xc3\xa9"
                                 "\xef\xbf\xbd\xef\xbf\xbd\","));
    assert_true(utf8_is_valid(json, length));
    free(json);
}

/* Goal: a detail that grows as much as one can while being escaped fits. */
static void test_longest(void **state)
{
    char detail[256];
    size_t length;
    char *json;

    (void)state;
    memset(detail, 1, sizeof(detail) - 1);
    detail[sizeof(detail) - 1] = '\0';
    json = http_problem_json(STATUS_BAD_REQUEST, 400, detail, "id", true, &length);
    assert_int_equal(length, strlen(json));
    assert_true(length > 12 * (sizeof(detail) - 1));
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),          cmocka_unit_test(test_document),
        cmocka_unit_test(test_without_detail), cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_longest),        cmocka_unit_test(test_message),
        cmocka_unit_test(test_explained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
