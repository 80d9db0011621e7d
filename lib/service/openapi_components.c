/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/openapi_internal.h"

/* What the paths of the document refer to: parameters and problems as their tables have them. */
#include "base/status.h"
#include "http/problem.h"
#include "image/probe/format.h"
#include "service/imaginary_query.h"
#include "service/parameters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 1024 };

/* --- parameters ----------------------------------------------------------------------------------
 */

static void add_range(struct openapi *openapi, cJSON *schema, const struct http_parameter *row)
{
    openapi_number(openapi, schema, row->above_smallest ? "exclusiveMinimum" : "minimum",
                   decimal_value(row->smallest));
    openapi_number(openapi, schema, "maximum", decimal_value(row->largest));
}

static void add_row_schema(struct openapi *openapi, cJSON *schemas,
                           const struct http_parameter *row)
{
    cJSON *schema = openapi_object(openapi, schemas, row->name), *list;

    openapi_text(openapi, schema, "type", row->type->json);
    if (row->choices != NULL) {
        list = openapi_array(openapi, schema, "enum");
        for (const struct http_choice *choice = row->choices; choice->word != NULL; choice++)
            openapi_text(openapi, list, NULL, choice->word);
    } else if (row->largest.digits > 0) {
        add_range(openapi, schema, row);
    }
    if (row->type->pattern != NULL)
        openapi_text(openapi, schema, "pattern", row->type->pattern);
    if (row->type->examples != NULL) {
        list = openapi_array(openapi, schema, "examples");
        for (const char *const *example = row->type->examples; *example != NULL; example++)
            openapi_text(openapi, list, NULL, *example);
    }
    if (row->initial != NULL && row->fallback == NULL) /* on every path */
        openapi_text(openapi, schema, "default", row->initial);
}

static cJSON *add_parameter(struct openapi *openapi, cJSON *parameters, const char *component,
                            const char *name, const char *place)
{
    cJSON *parameter = openapi_object(openapi, parameters, component);

    openapi_text(openapi, parameter, "name", name);
    openapi_text(openapi, parameter, "in", place);
    return parameter;
}

static void add_row_parameter(struct openapi *openapi, cJSON *parameters,
                              const struct http_parameter *row)
{
    cJSON *parameter = add_parameter(openapi, parameters, row->name, row->name, "query");
    char text[TEXT_BYTES], initial[HTTP_VALUE_BYTES];

    parameters_default(row, initial);
    snprintf(text, sizeof(text), "%s%s%s", row->help != NULL ? row->help : "",
             row->fallback != NULL ? ". Default: " : "", row->fallback != NULL ? initial : "");
    openapi_text(openapi, parameter, "description", text);
    openapi_reference(openapi, parameter, "schema", "schemas", row->name);
}

/* A table of another route may have the same names, with the same meaning. */
static void add_rows(struct openapi *openapi, cJSON *schemas, cJSON *parameters,
                     const struct http_parameter *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cJSON_HasObjectItem(parameters, rows[i].name))
            continue;
        add_row_schema(openapi, schemas, &rows[i]);
        add_row_parameter(openapi, parameters, &rows[i]);
    }
}

/* Returns its schema. */
static cJSON *add_header_field(struct openapi *openapi, cJSON *parameters, const char *name,
                               const char *description, const char *type)
{
    cJSON *parameter = add_parameter(openapi, parameters, name, name, "header"), *schema;

    openapi_text(openapi, parameter, "description", description);
    schema = openapi_object(openapi, parameter, "schema");
    openapi_text(openapi, schema, "type", type);
    return schema;
}

static void add_headers_of_requests(struct openapi *openapi, cJSON *parameters)
{
    cJSON *schema = add_header_field(
        openapi, parameters, "X-Request-Id",
        "comes back in the answer and stands in every line of the log; another value is replaced",
        "string");

    openapi_text(openapi, schema, "pattern", "^[A-Za-z0-9._-]{1,128}$");
    schema = add_header_field(
        openapi, parameters, "X-Deadline-Ms",
        "milliseconds within which the answer must come, if that is less than the server's own "
        "deadline",
        "integer");
    openapi_number(openapi, schema, "minimum", 1);
    schema = add_header_field(
        openapi, parameters, "traceparent",
        "W3C Trace Context: the trace that every line of the log about this request belongs to; "
        "without a valid one a new trace begins",
        "string");
    /* A later version may have more behind the flags. */
    openapi_text(openapi, schema, "pattern", "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");
}

/* With tokens it is a place of theirs, and documented as that. */
static void add_unused_key(struct openapi *openapi, cJSON *parameters)
{
    cJSON *parameter = add_parameter(openapi, parameters, "key", "key", "query"), *schema;

    openapi_text(openapi, parameter, "description",
                 "a token, as clients of imaginary's API send it; this server asks for none, and "
                 "takes any value");
    schema = openapi_object(openapi, parameter, "schema");
    openapi_text(openapi, schema, "type", "string");
    openapi_text(openapi, openapi_array(openapi, schema, "examples"), NULL, "any");
}

/* --- imaginary's ---------------------------------------------------------------------------------
 */

static void add_imaginary_schema(struct openapi *openapi, cJSON *schemas, const char *component,
                                 const struct imaginary_description *described)
{
    cJSON *schema = openapi_object(openapi, schemas, component);

    openapi_text(openapi, schema, "type", described->json);
    if (described->pattern != NULL)
        openapi_text(openapi, schema, "pattern", described->pattern);
    if (described->largest > 0)
        openapi_number(openapi, schema, "maximum", described->largest);
}

static void add_imaginary_parameters(struct openapi *openapi, cJSON *schemas, cJSON *parameters)
{
    struct imaginary_description described;
    char component[TEXT_BYTES];
    cJSON *parameter;

    for (size_t i = 0; imaginary_describe(i, &described); i++) {
        snprintf(component, sizeof(component), "imaginary-%s", described.name);
        add_imaginary_schema(openapi, schemas, component, &described);
        parameter = add_parameter(openapi, parameters, component, described.name, "query");
        openapi_text(openapi, parameter, "description", described.help);
        openapi_reference(openapi, parameter, "schema", "schemas", component);
    }
}

/* The one parameter that is JSON. */
static void add_pipeline(struct openapi *openapi, cJSON *parameters)
{
    cJSON *parameter =
        add_parameter(openapi, parameters, "imaginary-operations", "operations", "query");
    cJSON *schema, *properties, *names;
    const char *name;

    openapi_text(openapi, parameter, "description",
                 "the operations, each of which works on the previous one's result");
    openapi_true(openapi, parameter, "required");
    schema = openapi_object(
        openapi,
        openapi_object(openapi, openapi_object(openapi, parameter, "content"), "application/json"),
        "schema");
    openapi_text(openapi, schema, "type", "array");
    openapi_number(openapi, schema, "minItems", 1);
    openapi_number(openapi, schema, "maxItems", IMAGINARY_OPERATIONS_MAX);
    schema = openapi_object(openapi, schema, "items");
    openapi_text(openapi, schema, "type", "object");
    openapi_text(openapi, openapi_array(openapi, schema, "required"), NULL, "operation");
    properties = openapi_object(openapi, schema, "properties");
    names = openapi_array(openapi, openapi_object(openapi, properties, "operation"), "enum");
    for (size_t i = 0; (name = imaginary_operation_name(i)) != NULL; i++)
        openapi_text(openapi, names, NULL, name);
    openapi_text(openapi, openapi_object(openapi, properties, "params"), "type", "object");
    openapi_text(openapi, openapi_object(openapi, properties, "ignore_failure"), "type", "boolean");
}

/* --- bodies and answers --------------------------------------------------------------------------
 */

/* A form with the file and, of `rows` (NULL: none), the parameters. */
static void add_form(struct openapi *openapi, cJSON *content, const char *field,
                     const struct http_parameter *rows)
{
    cJSON *schema =
        openapi_object(openapi, openapi_object(openapi, content, "multipart/form-data"), "schema");
    cJSON *properties, *file;

    openapi_text(openapi, schema, "type", "object");
    openapi_text(openapi, openapi_array(openapi, schema, "required"), NULL, field);
    properties = openapi_object(openapi, schema, "properties");
    file = openapi_object(openapi, properties, field);
    openapi_text(openapi, file, "description", "the image; the field may have any name");
    openapi_text(openapi, file, "contentMediaType", "application/octet-stream");
    for (size_t i = 0; rows != NULL && i < PARAMETERS; i++)
        openapi_reference(openapi, properties, rows[i].name, "schemas", rows[i].name);
}

static void add_body(struct openapi *openapi, cJSON *bodies, const char *name, const char *field,
                     const struct http_parameter *rows)
{
    char **words = openapi->service->settings->input.formats;
    cJSON *body = openapi_object(openapi, bodies, name), *content;

    openapi_text(openapi, body, "description",
                 "The bytes of one image, whatever the Content-Type says, or a form with one file");
    openapi_true(openapi, body, "required");
    content = openapi_object(openapi, body, "content");
    for (size_t i = 0; words != NULL && words[i] != NULL; i++)
        openapi_object(openapi, content, image_media_type(image_format_of_word(words[i])));
    add_form(openapi, content, field, rows);
}

static void document_header(struct openapi *openapi, cJSON *headers, const char *name,
                            const char *type, const char *description)
{
    cJSON *header = openapi_object(openapi, headers, name);

    openapi_text(openapi, header, "description", description);
    openapi_text(openapi, openapi_object(openapi, header, "schema"), "type", type);
}

static void add_answer_headers(struct openapi *openapi, cJSON *headers)
{
    document_header(openapi, headers, "X-Request-Id", "string",
                    "the client's own if it is well-formed, otherwise one made by the server");
    document_header(openapi, headers, "Image-Width", "integer", "of one frame of the result");
    document_header(openapi, headers, "Image-Height", "integer", "of one frame of the result");
    document_header(
        openapi, headers, "Server-Timing", "string",
        "milliseconds in the queue and at work, and in all since the body was complete; the "
        "description of the work is the path that the image took");
    document_header(openapi, headers, "Retry-After", "integer", "seconds, with 503");
    if (openapi_has_tokens(openapi))
        document_header(openapi, headers, "WWW-Authenticate", "string", "Bearer, with 401");
}

static void add_problem_schema(struct openapi *openapi, cJSON *schemas)
{
    static const char *const texts[] = {"title", "detail", "request_id", "message"};
    cJSON *schema = openapi_object(openapi, schemas, "problem"), *properties, *types;
    char type[TEXT_BYTES];

    openapi_text(openapi, schema, "type", "object");
    openapi_text(openapi, schema, "description",
                 "RFC 9457. `message` is the detail once more, on the paths of imaginary's API");
    properties = openapi_object(openapi, schema, "properties");
    types = openapi_array(openapi, openapi_object(openapi, properties, "type"), "enum");
    for (int status = 1; status < STATUS_COUNT; status++) {
        snprintf(type, sizeof(type), "/problems/%s", status_name(status));
        if (openapi_has_problem(openapi, status))
            openapi_text(openapi, types, NULL, type);
    }
    openapi_text(openapi, openapi_object(openapi, properties, "status"), "type", "integer");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        openapi_text(openapi, openapi_object(openapi, properties, texts[i]), "type", "string");
}

static void add_problem_names(struct openapi *openapi, cJSON *parameters)
{
    cJSON *parameter = add_parameter(openapi, parameters, "problem-name", "name", "path"), *names;

    openapi_true(openapi, parameter, "required");
    names = openapi_array(openapi, openapi_object(openapi, parameter, "schema"), "enum");
    for (int status = 1; status < STATUS_COUNT; status++) {
        if (http_problem(status) != NULL)
            openapi_text(openapi, names, NULL, status_name(status));
    }
}

/* field: a header that goes with it; NULL: none. */
static void add_problem_response(struct openapi *openapi, cJSON *responses, const char *name,
                                 const char *description, const char *field)
{
    cJSON *response = openapi_object(openapi, responses, name), *part;

    openapi_text(openapi, response, "description", description);
    part = openapi_object(openapi, response, "headers");
    openapi_reference(openapi, part, "X-Request-Id", "headers", "X-Request-Id");
    if (field != NULL)
        openapi_reference(openapi, part, field, "headers", field);
    part = openapi_object(openapi, response, "content");
    openapi_reference(openapi, openapi_object(openapi, part, HTTP_PROBLEM_MEDIA_TYPE), "schema",
                      "schemas", "problem");
}

/* One for each code, which may be that of several problems. */
static void add_problem_responses(struct openapi *openapi, cJSON *responses)
{
    char name[16], text[TEXT_BYTES];

    for (unsigned code = 400; code < 600; code++) {
        size_t used = 0;

        for (int status = 1; status < STATUS_COUNT; status++) {
            if (openapi_has_problem(openapi, status) && http_problem_code(status) == code &&
                used < sizeof(text))
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s (`%s`)",
                                         used > 0 ? "; " : "", http_problem_title(status),
                                         status_name(status));
        }
        snprintf(name, sizeof(name), "%u", code);
        if (used > 0)
            add_problem_response(openapi, responses, name, text,
                                 code == 503   ? "Retry-After"
                                 : code == 401 ? "WWW-Authenticate"
                                               : NULL);
    }
    add_problem_response(openapi, responses, "problem", "Any other problem", NULL);
}

/* --- tokens --------------------------------------------------------------------------------------
 */

const char *const openapi_token_places[] = {"bearer", "header", "query", NULL};

static void add_key(struct openapi *openapi, cJSON *schemes, const char *place, const char *name)
{
    cJSON *scheme = openapi_object(openapi, schemes, place);

    openapi_text(openapi, scheme, "type", "apiKey");
    openapi_text(openapi, scheme, "in", place);
    openapi_text(openapi, scheme, "name", name);
}

/* lib/http/permission.c reads them. */
static void add_token_places(struct openapi *openapi, cJSON *schemes)
{
    cJSON *bearer = openapi_object(openapi, schemes, "bearer");

    openapi_text(openapi, bearer, "type", "http");
    openapi_text(openapi, bearer, "scheme", "bearer");
    add_key(openapi, schemes, "header", "API-Key");
    add_key(openapi, schemes, "query", "key");
}

void openapi_add_components(struct openapi *openapi, cJSON *root)
{
    const struct openapi_service *service = openapi->service;
    cJSON *components = openapi_object(openapi, root, "components");
    cJSON *schemas = openapi_object(openapi, components, "schemas");
    cJSON *parameters = openapi_object(openapi, components, "parameters");
    cJSON *bodies = openapi_object(openapi, components, "requestBodies");

    add_rows(openapi, schemas, parameters, service->rows, PARAMETERS);
    for (size_t i = 0; i < service->count; i++) {
        if (service->routes[i].parameters != NULL)
            add_rows(openapi, schemas, parameters, service->routes[i].parameters->rows,
                     service->routes[i].parameters->count);
    }
    add_imaginary_parameters(openapi, schemas, parameters);
    add_pipeline(openapi, parameters);
    if (!openapi_has_tokens(openapi))
        add_unused_key(openapi, parameters);
    add_headers_of_requests(openapi, parameters);
    add_problem_names(openapi, parameters);
    add_problem_schema(openapi, schemas);
    add_body(openapi, bodies, "image", "image", service->rows);
    add_body(openapi, bodies, "file", "file", NULL);
    add_answer_headers(openapi, openapi_object(openapi, components, "headers"));
    add_problem_responses(openapi, openapi_object(openapi, components, "responses"));
    if (openapi_has_tokens(openapi))
        add_token_places(openapi, openapi_object(openapi, components, "securitySchemes"));
}
