/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/* A request target of any bytes, read against the parameters that the servers take. What is taken
 * is within its range; what is refused has a sentence, and that makes a well-formed problem. */
#include "base/cleanup.h"
#include "base/status.h"
#include "base/utf8.h"
#include "http/problem.h"
#include "http/target.h"
#include "service/parameters.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

static bool lies_in(const char *part, size_t length, const char *text, size_t size)
{
    return part >= text && length <= size && (size_t)(part - text) <= size - length;
}

static void check_problem(int status, const char *detail)
{
    size_t length;
    char *json = http_problem_json(status, 0, detail, "id", false, &length);
    cJSON *parsed;

    fuzz_require(json != NULL && strlen(json) == length && utf8_is_valid(json, length));
    parsed = cJSON_ParseWithLengthOpts(json, length + 1, NULL, 1);
    fuzz_require(cJSON_IsString(cJSON_GetObjectItem(parsed, "detail")));
    cJSON_Delete(parsed);
    free(json);
}

/* What is written is read as the same values, and written the same again. */
static void check_writing(const struct http_parameter_values *values)
{
    struct http_parameter_values again = {0};
    char detail[HTTP_DETAIL_BYTES], query[2048], twice[2048];

    fuzz_require(http_query_write(&image_parameters, values, query, sizeof(query)) == 0);
    fuzz_require(
        http_query_parse(query + 1, strlen(query + 1), &image_parameters, &again, detail) == 0);
    fuzz_require(again.given == values->given);
    fuzz_require(http_query_write(&image_parameters, &again, twice, sizeof(twice)) == 0);
    fuzz_require(strcmp(query, twice) == 0);
}

/* A worker accepts what is accepted here. */
static void check_query(const char *query, size_t length)
{
    struct image_request request;
    struct http_parameter_values values = {0};
    struct image_variant variant;
    char detail[HTTP_DETAIL_BYTES] = "";
    int status = http_query_parse(query, length, &image_parameters, &values, detail);

    if (status != 0) {
        fuzz_require(status == STATUS_BAD_PARAMETER && detail[0] != '\0');
        check_problem(status, detail);
        return;
    }
    if (parameters_variant(&values, IMAGE_GRAY_NONE, &variant, detail) != 0) {
        check_problem(STATUS_BAD_PARAMETER, detail);
        return;
    }
    request = image_request_of(&variant);
    request.default_quality = request.default_avif_quality = 80;
    fuzz_require(image_request_check(&request) == 0);
    fuzz_require(((values.given & 1 << PARAMETER_SCALE) != 0) == (variant.stage.scale.digits > 0));
    fuzz_require(((values.given & 1 << PARAMETER_QUALITY) != 0) == (variant.encoding.quality > 0));
    fuzz_require(variant.stage.gray == IMAGE_GRAY_NONE ||
                 (values.given & 1 << PARAMETER_GRAY) != 0);
    fuzz_require(values.given != 0 || length == 0);
    if (values.given != 0)
        check_writing(&values);
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
