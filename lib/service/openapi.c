/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/openapi.h"

/* The document as a whole, and its paths; what they refer to is in openapi_components.c. */
#include "base/cleanup.h"
#include "base/status.h"
#include "build_config.h"
#include "http/problem.h"
#include "image/probe/format.h"
#include "service/imaginary_query.h"
#include "service/imaginary_routes.h"
#include "service/live.h"
#include "service/openapi_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 128 };

static const char *const get[] = {"get", NULL}, *const post[] = {"post", "put", NULL};

/* --- pieces of JSON ------------------------------------------------------------------------------
 */

static cJSON *keep(struct openapi *openapi, cJSON *to, const char *name, cJSON *item)
{
    cJSON_bool added = false;

    if (to != NULL && item != NULL)
        added =
            name != NULL ? cJSON_AddItemToObject(to, name, item) : cJSON_AddItemToArray(to, item);
    if (added)
        return item;
    openapi->failed = true;
    cJSON_Delete(item);
    return NULL;
}

cJSON *openapi_object(struct openapi *openapi, cJSON *to, const char *name)
{
    return keep(openapi, to, name, cJSON_CreateObject());
}

cJSON *openapi_array(struct openapi *openapi, cJSON *to, const char *name)
{
    return keep(openapi, to, name, cJSON_CreateArray());
}

void openapi_text(struct openapi *openapi, cJSON *to, const char *name, const char *text)
{
    keep(openapi, to, name, cJSON_CreateString(text));
}

void openapi_number(struct openapi *openapi, cJSON *to, const char *name, double number)
{
    keep(openapi, to, name, cJSON_CreateNumber(number));
}

void openapi_true(struct openapi *openapi, cJSON *to, const char *name)
{
    keep(openapi, to, name, cJSON_CreateTrue());
}

void openapi_reference(struct openapi *openapi, cJSON *to, const char *name, const char *kind,
                       const char *component)
{
    char target[NAME_BYTES];

    snprintf(target, sizeof(target), "#/components/%s/%s", kind, component);
    openapi_text(openapi, openapi_object(openapi, to, name), "$ref", target);
}

bool openapi_has_tokens(const struct openapi *openapi)
{
    return *openapi->service->settings->tokens_file != '\0';
}

bool openapi_has_problem(const struct openapi *openapi, int status)
{
    if (status == STATUS_SCALE_UNAVAILABLE)
        return openapi->service->has_upstream;
    if (status == STATUS_UNAUTHORIZED)
        return openapi_has_tokens(openapi);
    return http_problem(status) != NULL;
}

/* --- answers -------------------------------------------------------------------------------------
 */

static bool is_imaginarys(const struct http_route *route)
{
    return route->read_query != NULL;
}

/* "a/b, c/d", or all that images can become. */
static void add_media_types(struct openapi *openapi, cJSON *response, const char *list)
{
    cJSON *content = openapi_object(openapi, response, "content");
    char type[NAME_BYTES];

    if (strcmp(list, "image/*") == 0) {
        for (unsigned format = IMAGE_JPEG; format < IMAGE_FORMAT_COUNT; format++) {
            if (format != IMAGE_HEIC)
                openapi_object(openapi, content, image_media_type(format));
        }
        return;
    }
    while (*list != '\0') {
        size_t length = strcspn(list, ",");
        cJSON *media;

        snprintf(type, sizeof(type), "%.*s", (int)length, list);
        media = openapi_object(openapi, content, type);
        openapi_text(openapi, openapi_object(openapi, media, "schema"), "type",
                     strcmp(type, "application/json") == 0 ? "object" : "string");
        list += length + strspn(list + length, ", ");
    }
}

static void add_result(struct openapi *openapi, cJSON *responses, const char *code,
                       const struct http_route *route)
{
    static const char *const headers[] = {"Image-Width", "Image-Height", "Server-Timing"};
    cJSON *response = openapi_object(openapi, responses, code);
    cJSON *fields;

    openapi_text(openapi, response, "description", route->summary);
    fields = openapi_object(openapi, response, "headers");
    openapi_reference(openapi, fields, "X-Request-Id", "headers", "X-Request-Id");
    for (size_t i = 0; i < ARRAY_LENGTH(headers) && strcmp(route->answers, "image/*") == 0; i++)
        openapi_reference(openapi, fields, headers[i], "headers", headers[i]);
    add_media_types(openapi, response, route->answers);
}

/* A body can be wrong in many ways; what only reports can not. */
static void add_responses(struct openapi *openapi, cJSON *operation, const struct http_route *route)
{
    cJSON *responses = openapi_object(openapi, operation, "responses");
    char code[8];

    if (route->answers != NULL)
        add_result(openapi, responses, "200", route);
    if (route->flags & HTTP_ROUTE_STATE)
        add_result(openapi, responses, "503", route);
    for (int status = 1; status < STATUS_COUNT && route->method == HTTP_POST; status++) {
        if (!openapi_has_problem(openapi, status) || status == STATUS_NOT_FOUND ||
            status == STATUS_METHOD_NOT_ALLOWED)
            continue;
        snprintf(code, sizeof(code), "%u", http_problem_code(status));
        if (!cJSON_HasObjectItem(responses, code))
            openapi_reference(openapi, responses, code, "responses", code);
    }
    openapi_reference(openapi, responses, "default", "responses", "problem");
}

/* --- paths ---------------------------------------------------------------------------------------
 */

/* "post", "/a/b": "post_a_b". */
static void add_operation_id(struct openapi *openapi, cJSON *operation, const char *method,
                             const char *path)
{
    char id[NAME_BYTES];
    size_t used = (size_t)snprintf(id, sizeof(id), "%s", method);

    for (; *path != '\0' && used < sizeof(id) - 1; path++)
        id[used++] = isalnum((unsigned char)*path) ? *path : '_';
    id[used] = '\0';
    openapi_text(openapi, operation, "operationId", id);
}

/* Any one of them. */
static void add_security(struct openapi *openapi, cJSON *operation)
{
    cJSON *security = openapi_array(openapi, operation, "security");

    for (size_t i = 0; openapi_token_places[i] != NULL; i++)
        openapi_array(openapi, openapi_object(openapi, security, NULL), openapi_token_places[i]);
}

static cJSON *document_operation(struct openapi *openapi, cJSON *item, const char *method,
                                 const struct http_route *route)
{
    cJSON *operation = openapi_object(openapi, item, method);
    const char *tag = route->method == HTTP_GET ? "service"
                      : is_imaginarys(route)    ? "imaginary"
                                                : "images";

    add_operation_id(openapi, operation, method, route->path);
    openapi_text(openapi, operation, "summary", route->summary);
    openapi_text(openapi, openapi_array(openapi, operation, "tags"), NULL, tag);
    if (route->method == HTTP_POST)
        openapi_reference(openapi, operation, "requestBody", "requestBodies",
                          is_imaginarys(route) ? "file" : "image");
    if (route->method == HTTP_POST && openapi_has_tokens(openapi))
        add_security(openapi, operation);
    add_responses(openapi, operation, route);
    return operation;
}

static bool is_required(const struct imaginary_operation_type *type, const char *name)
{
    switch (type->need) {
    case IMAGINARY_NEEDS_BOTH_SIDES:
        return strcmp(name, "width") == 0 || strcmp(name, "height") == 0;
    case IMAGINARY_NEEDS_AREA:
        return strcmp(name, "areawidth") == 0 || strcmp(name, "areaheight") == 0;
    case IMAGINARY_NEEDS_ROTATE:
        return strcmp(name, "rotate") == 0;
    case IMAGINARY_NEEDS_FACTOR:
        return strcmp(name, "factor") == 0;
    case IMAGINARY_NEEDS_TYPE:
        return strcmp(name, "type") == 0;
    default:
        return false;
    }
}

static void add_imaginarys(struct openapi *openapi, cJSON *parameters, const char *path)
{
    const struct imaginary_operation_type *type = imaginary_find_operation(path + 1);
    struct imaginary_description described;
    char component[NAME_BYTES];

    if (type == NULL) {
        openapi_reference(openapi, parameters, NULL, "parameters", "imaginary-operations");
        return;
    }
    for (size_t i = 0; imaginary_describe(i, &described); i++) {
        cJSON *parameter;

        snprintf(component, sizeof(component), "imaginary-%s", described.name);
        if (!is_required(type, described.name)) {
            openapi_reference(openapi, parameters, NULL, "parameters", component);
            continue;
        }
        parameter = openapi_object(openapi, parameters, NULL);
        openapi_text(openapi, parameter, "name", described.name);
        openapi_text(openapi, parameter, "in", "query");
        openapi_true(openapi, parameter, "required");
        openapi_reference(openapi, parameter, "schema", "schemas", component);
    }
}

static void add_parameters(struct openapi *openapi, cJSON *item, const struct http_route *route)
{
    const struct http_parameter_table *table = route->parameters;
    cJSON *parameters = openapi_array(openapi, item, "parameters");

    openapi_reference(openapi, parameters, NULL, "parameters", "X-Request-Id");
    if (route->flags & HTTP_ROUTE_BELOW)
        openapi_reference(openapi, parameters, NULL, "parameters", "problem-name");
    if (route->method == HTTP_POST) {
        openapi_reference(openapi, parameters, NULL, "parameters", "X-Deadline-Ms");
        openapi_reference(openapi, parameters, NULL, "parameters", "traceparent");
    }
    if (is_imaginarys(route))
        add_imaginarys(openapi, parameters, route->path);
    for (size_t i = 0; table != NULL && i < table->count; i++)
        openapi_reference(openapi, parameters, NULL, "parameters", table->rows[i].name);
    if (is_imaginarys(route) || route->method != HTTP_POST)
        return;
    if (route->flags & HTTP_ROUTE_FIELD)
        openapi_reference(openapi, parameters, NULL, "parameters", "imaginary-field");
    if (!openapi_has_tokens(openapi))
        openapi_reference(openapi, parameters, NULL, "parameters", "key");
}

/* Whether its path has one more route, for another method. */
static bool shares_path(const struct openapi *openapi, const struct http_route *route)
{
    for (size_t i = 0; i < openapi->service->count; i++) {
        const struct http_route *other = &openapi->service->routes[i];

        if (other != route && strcmp(other->path, route->path) == 0)
            return true;
    }
    return false;
}

/* Parameters stand with the path, for POST and PUT alike, unless it has GET as well. */
static void add_route(struct openapi *openapi, cJSON *paths, const struct http_route *route)
{
    const bool shared = shares_path(openapi, route);
    const char *const *methods = route->method == HTTP_GET ? get : post;
    char path[NAME_BYTES];
    cJSON *item, *operation;

    snprintf(path, sizeof(path), "%s%s", route->path,
             route->flags & HTTP_ROUTE_BELOW ? "{name}" : "");
    item = cJSON_GetObjectItemCaseSensitive(paths, path);
    if (item == NULL)
        item = openapi_object(openapi, paths, path);
    if (!shared)
        add_parameters(openapi, item, route);
    for (; *methods != NULL; methods++) {
        operation = document_operation(openapi, item, *methods, route);
        if (shared)
            add_parameters(openapi, operation, route);
    }
}

/* ------------------------------------------------------------------------------------------------
 */

static void add_information(struct openapi *openapi, cJSON *root)
{
    cJSON *information = openapi_object(openapi, root, "info"), *licence;

    openapi_text(openapi, information, "title", openapi->service->title);
    openapi_text(openapi, information, "version", GRISAILLE_VERSION);
    openapi_text(
        openapi, information, "description",
        "Images in gray, resized, cropped, turned, in another format. HEAD is GET without "
        "the body; OPTIONS is 204 with `Allow`. Parameters stand in the query or in a "
        "form, each at most once, in both together; an empty field of a form counts as not "
        "given.");
    licence = openapi_object(openapi, information, "license");
    openapi_text(openapi, licence, "name", "MIT");
    openapi_text(openapi, licence, "identifier", "MIT");
}

static void make(struct openapi *openapi, cJSON *root)
{
    cJSON *paths;

    openapi_text(openapi, root, "openapi", "3.1.0");
    add_information(openapi, root);
    openapi_text(openapi, openapi_object(openapi, openapi_array(openapi, root, "servers"), NULL),
                 "url", "/");
    paths = openapi_object(openapi, root, "paths");
    for (size_t i = 0; i < openapi->service->count; i++)
        add_route(openapi, paths, &openapi->service->routes[i]);
    openapi_add_components(openapi, root);
}

int openapi_make(const struct openapi_service *service, char **document)
{
    struct openapi openapi = {.service = service};
    cJSON *root = cJSON_CreateObject();

    make(&openapi, root);
    *document = openapi.failed ? NULL : cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    return *document != NULL ? 0 : -ENOMEM;
}

int openapi_report(struct http_request *request, void *context, struct http_answer *answer)
{
    (void)context;
    return http_answer_text(answer, "application/json", "%s\n", request_document(request));
}
