/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/* A request target of any bytes, read against the parameters that the servers take. What is taken
 * is within its range; what is refused has a sentence, and that makes a well-formed problem. */
#include "base/cleanup.h"
#include "base/status.h"
#include "http/target.h"
#include "http/problem.h"
#include "base/utf8.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <string.h>

static const struct http_parameter table[] = {
    {"scale", HTTP_DECIMAL, 0, 1, true},
    {"quality", HTTP_INTEGER, 1, 100, false},
};

static bool lies_in(const char *part, size_t length, const char *text, size_t size)
{
    return part >= text && length <= size && (size_t)(part - text) <= size - length;
}

static void check_problem(int status, const char *detail)
{
    size_t length;
    char *json = http_problem_json(status, 0, detail, "id", &length);
    cJSON *parsed;

    fuzz_require(json != NULL && strlen(json) == length && utf8_is_valid(json, length));
    parsed = cJSON_ParseWithLengthOpts(json, length + 1, NULL, 1);
    fuzz_require(cJSON_IsString(cJSON_GetObjectItem(parsed, "detail")));
    cJSON_Delete(parsed);
    free(json);
}

static void check_query(const char *query, size_t length)
{
    struct http_parameter_values values = {0};
    char detail[HTTP_DETAIL_BYTES] = "";
    int status = http_query_parse(query, length, table, ARRAY_LENGTH(table), &values, detail);

    if (status != 0) {
        fuzz_require(status == STATUS_BAD_PARAMETER && detail[0] != '\0');
        check_problem(status, detail);
        return;
    }
    if (values.value[0].given)
        fuzz_require(values.value[0].decimal > 0 && values.value[0].decimal <= 1);
    if (values.value[1].given)
        fuzz_require(values.value[1].integer >= 1 && values.value[1].integer <= 100);
    fuzz_require(values.value[0].given || values.value[1].given || length == 0);
}

static void check_decoding(const char *text, size_t length, size_t room)
{
    char *out = malloc(room);
    int error;

    fuzz_require(out != NULL);
    error = http_percent_decode(text, length, out, room);
    fuzz_require(error == 0 || error == -EINVAL || error == -EFBIG);
    fuzz_require(strnlen(out, room) < room);
    if (error == 0)
        fuzz_require(strlen(out) <= length && utf8_is_valid(out, strlen(out)));
    free(out);
}

static void check_target(const char *text, size_t size, bool connect)
{
    struct http_target target;
    int status = http_target_split(text, size, connect, &target);

    if (status != 0) {
        fuzz_require(status == STATUS_BAD_REQUEST);
        return;
    }
    if (target.asterisk || target.authority)
        return;
    fuzz_require(target.path_length > 0 && target.path[0] == '/');
    fuzz_require(target.path_length == 1 || lies_in(target.path, target.path_length, text, size));
    check_decoding(target.path, target.path_length, target.path_length + 1);
    if (target.query != NULL) {
        fuzz_require(lies_in(target.query, target.query_length, text, size));
        check_query(target.query, target.query_length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;

    check_target(text, size, false);
    check_target(text, size, true);
    check_query(text, size);
    check_decoding(text, size, 16);
    return 0;
}
