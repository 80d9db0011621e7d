/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/query.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/status.h"
#include "base/utf8.h"
#include "http/target.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 65, VALUE_TEXT_BYTES = 1025 };

/* --- types of values ------------------------------------------------------------------------ */

static bool is_in_range(const struct http_parameter *parameter, struct decimal value)
{
    int above = decimal_compare(value, parameter->smallest);

    return (parameter->above_smallest ? above > 0 : above >= 0) &&
           decimal_compare(value, parameter->largest) <= 0;
}

static void describe_range(const struct http_parameter *parameter, const char *kind,
                           char text[static HTTP_VALUE_BYTES])
{
    char smallest[DECIMAL_TEXT_BYTES], largest[DECIMAL_TEXT_BYTES];

    decimal_print(parameter->smallest, smallest);
    decimal_print(parameter->largest, largest);
    snprintf(text, HTTP_VALUE_BYTES, "%s, %s %s and at most %s", kind,
             parameter->above_smallest ? "greater than" : "at least", smallest, largest);
}

static int read_decimal(const struct http_parameter *parameter, const char *text, void *member)
{
    struct decimal value;
    int status = parse_exact_decimal(text, strlen(text), &value);

    if (status == -ENOMEM)
        return status;
    if (status != 0 || !is_in_range(parameter, value))
        return STATUS_BAD_PARAMETER;
    *(struct decimal *)member = value;
    return 0;
}

static void write_decimal(const struct http_parameter *parameter, const void *member,
                          char text[static HTTP_VALUE_BYTES])
{
    (void)parameter;
    decimal_print(*(const struct decimal *)member, text);
}

static void describe_decimal(const struct http_parameter *parameter,
                             char text[static HTTP_VALUE_BYTES])
{
    describe_range(parameter, "a decimal number such as 0.5", text);
}

const struct http_parameter_type http_type_decimal = {
    .size = sizeof(struct decimal),
    .read = read_decimal,
    .write = write_decimal,
    .describe = describe_decimal,
    .json = "number",
};

static int read_integer(const struct http_parameter *parameter, const char *text, void *member)
{
    int64_t value;

    if (parse_int64(text, strlen(text), &value) != 0 || value < 0 || value > UINT32_MAX)
        return STATUS_BAD_PARAMETER;
    if (!is_in_range(parameter, (struct decimal){.digits = (uint64_t)value}))
        return STATUS_BAD_PARAMETER;
    *(uint32_t *)member = (uint32_t)value;
    return 0;
}

static void write_integer(const struct http_parameter *parameter, const void *member,
                          char text[static HTTP_VALUE_BYTES])
{
    (void)parameter;
    snprintf(text, HTTP_VALUE_BYTES, "%u", *(const uint32_t *)member);
}

static void describe_integer(const struct http_parameter *parameter,
                             char text[static HTTP_VALUE_BYTES])
{
    describe_range(parameter, "an integer", text);
}

const struct http_parameter_type http_type_integer = {
    .size = sizeof(uint32_t),
    .read = read_integer,
    .write = write_integer,
    .describe = describe_integer,
    .json = "integer",
};

static int read_choice(const struct http_parameter *parameter, const char *text, void *member)
{
    for (const struct http_choice *choice = parameter->choices; choice->word != NULL; choice++) {
        if (strcmp(choice->word, text) == 0) {
            *(uint32_t *)member = choice->value;
            return 0;
        }
    }
    return STATUS_BAD_PARAMETER;
}

static void write_choice(const struct http_parameter *parameter, const void *member,
                         char text[static HTTP_VALUE_BYTES])
{
    const struct http_choice *choice = parameter->choices;

    while (choice->word != NULL && choice->value != *(const uint32_t *)member)
        choice++;
    snprintf(text, HTTP_VALUE_BYTES, "%s", choice->word != NULL ? choice->word : "");
}

/* "one of none, luma" */
static void describe_choice(const struct http_parameter *parameter,
                            char text[static HTTP_VALUE_BYTES])
{
    const struct http_choice *choices = parameter->choices;
    size_t used = 0;

    for (size_t i = 0; choices[i].word != NULL && used < HTTP_VALUE_BYTES; i++)
        used += (size_t)snprintf(text + used, HTTP_VALUE_BYTES - used, "%s%s",
                                 i == 0 ? "one of " : ", ", choices[i].word);
}

const struct http_parameter_type http_type_choice = {
    .size = sizeof(uint32_t),
    .read = read_choice,
    .write = write_choice,
    .describe = describe_choice,
    .json = "string",
};

/* --- reading a query ------------------------------------------------------------------------ */

static void say(char *detail, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(char *detail, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(detail, HTTP_DETAIL_BYTES, format, arguments);
    va_end(arguments);
}

bool http_parameters_fit(const struct http_parameter_table *table)
{
    if (table->count > HTTP_PARAMETERS_MAX)
        return false;
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].offset + table->rows[i].type->size > HTTP_MEMBERS_BYTES)
            return false;
    }
    return true;
}

static size_t find_row(const struct http_parameter_table *table, const char *name)
{
    size_t row = 0;

    while (row < table->count && strcmp(table->rows[row].name, name) != 0)
        row++;
    return row;
}

/* The name, decoded, into `name`; or a sentence that quotes what stands in its place. */
static int read_name(const char *text, size_t length, char name[static NAME_BYTES], char *detail)
{
    int status = http_query_decode(text, length, name, NAME_BYTES);

    if (status == 0 && name[0] != '\0')
        return 0;
    if (status == 0)
        say(detail, "a parameter's name is missing");
    else if (status == -EFBIG) /* cut, but not within a character */
        say(detail, "unknown parameter '%.*s...'", (int)utf8_valid_length(name, strlen(name)),
            name);
    else
        say(detail, "a parameter's name is not percent-encoded UTF-8: '%.*s'",
            (int)(length < NAME_BYTES ? length : NAME_BYTES), text);
    return STATUS_BAD_PARAMETER;
}

static int refuse_value(const struct http_parameter *parameter, char *detail)
{
    char expected[HTTP_VALUE_BYTES];

    parameter->type->describe(parameter, expected);
    say(detail, "parameter '%s' must be %s", parameter->name, expected);
    return STATUS_BAD_PARAMETER;
}

/* Whether the table takes that name with any value. */
static bool is_ignored(const struct http_parameter_table *table, const char *name)
{
    if (table->ignored == NULL || find_row(table, name) < table->count)
        return false;
    for (const char *const *ignored = table->ignored; *ignored != NULL; ignored++) {
        if (strcmp(*ignored, name) == 0)
            return true;
    }
    return false;
}

static int read_value(const struct http_parameter *parameter, const char *text,
                      struct http_parameter_values *values, char *detail)
{
    int status = parameter->type->read(parameter, text, values->members + parameter->offset);

    return status == 0 || status == -ENOMEM ? status : refuse_value(parameter, detail);
}

/* The row of that name, which is given from now on. */
static int give(const struct http_parameter_table *table, const char *name,
                struct http_parameter_values *values, size_t *row, char *detail)
{
    *row = find_row(table, name);
    if (*row == table->count) {
        say(detail, "unknown parameter '%s'", name);
        return STATUS_BAD_PARAMETER;
    }
    if (values->given & UINT64_C(1) << *row) {
        say(detail, "parameter '%s' is given more than once", name);
        return STATUS_BAD_PARAMETER;
    }
    values->given |= UINT64_C(1) << *row;
    return 0;
}

/* One "name=value" of the query. */
static int read_pair(const char *pair, size_t length, const struct http_parameter_table *table,
                     struct http_parameter_values *values, char *detail)
{
    const char *equals = memchr(pair, '=', length);
    size_t name_length = equals != NULL ? (size_t)(equals - pair) : length, row;
    char name[NAME_BYTES], value[VALUE_TEXT_BYTES];
    int status = read_name(pair, name_length, name, detail);

    if (status == 0 && is_ignored(table, name))
        return 0;
    if (status == 0)
        status = give(table, name, values, &row, detail);
    if (status != 0)
        return status;
    if (equals == NULL || equals + 1 == pair + length) {
        say(detail, "parameter '%s' is empty", name);
        return STATUS_BAD_PARAMETER;
    }
    if (http_query_decode(equals + 1, length - name_length - 1, value, sizeof(value)) != 0)
        return refuse_value(&table->rows[row], detail);
    return read_value(&table->rows[row], value, values, detail);
}

static int read_query_pairs(const char *query, size_t length,
                            const struct http_parameter_table *table,
                            struct http_parameter_values *values, char *detail)
{
    const char *end = query + length, *ampersand;

    for (const char *pair = query;; pair = ampersand + 1) {
        int status;

        ampersand = memchr(pair, '&', (size_t)(end - pair));
        status = read_pair(pair, (size_t)((ampersand != NULL ? ampersand : end) - pair), table,
                           values, detail);
        if (status != 0 || ampersand == NULL)
            return status;
    }
}

bool http_parameters_vary(const struct http_parameter_table *table,
                          const struct http_parameter_values *values)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct http_parameter *row = &table->rows[i];

        if (row->by_accept != 0 && (values->given & UINT64_C(1) << i) != 0 &&
            *(const uint32_t *)(values->members + row->offset) == row->by_accept)
            return true;
    }
    return false;
}

/* Whether "name=value" is of that name. */
static bool is_pair_of(const char *pair, size_t size, const char *name)
{
    const char *equals = memchr(pair, '=', size);
    char own_name[NAME_BYTES];

    return http_query_decode(pair, equals != NULL ? (size_t)(equals - pair) : size, own_name,
                             sizeof(own_name)) == 0 &&
           strcmp(own_name, name) == 0;
}

static size_t pair_length(const char *pair, const char *end)
{
    const char *next = memchr(pair, '&', (size_t)(end - pair));

    return (size_t)((next != NULL ? next : end) - pair);
}

/* The value of the first pair of that name, from `pair` on, that is not empty; NULL: there is none.
 */
static const char *find_value(const char *pair, const char *end, const char *name)
{
    for (; pair < end; pair += pair_length(pair, end) + 1) {
        const size_t size = pair_length(pair, end);
        const char *equals = memchr(pair, '=', size);

        if (equals != NULL && equals + 1 < pair + size && is_pair_of(pair, size, name))
            return equals + 1;
    }
    return NULL;
}

bool http_query_find(const char *query, size_t length, const char *name, char *value, size_t size)
{
    const char *end = query + length;
    const char *found = length > 0 ? find_value(query, end, name) : NULL;

    return found != NULL && http_query_decode(found, pair_length(found, end), value, size) == 0 &&
           value[0] != '\0';
}

static int check_ignored(const char *query, size_t length, const char *const *ignored, char *detail)
{
    const char *end = query + length;

    for (; *ignored != NULL; ignored++) {
        const char *first = find_value(query, end, *ignored);

        if (first == NULL || find_value(first + pair_length(first, end) + 1, end, *ignored) == NULL)
            continue;
        say(detail, "parameter '%s' is given more than once", *ignored);
        return STATUS_BAD_PARAMETER;
    }
    return 0;
}

int http_query_parse(const char *query, size_t length, const struct http_parameter_table *table,
                     struct http_parameter_values *values, char detail[static HTTP_DETAIL_BYTES])
{
    int status;

    values->given = 0;
    detail[0] = '\0';
    if (length == 0)
        return 0;
    status = read_query_pairs(query, length, table, values, detail);
    if (status == 0 && table->ignored_once)
        status = check_ignored(query, length, table->ignored, detail);
    return status;
}

char *http_query_without(const char *query, size_t length, const char *name)
{
    char *copy = malloc(length + 1), *out = copy;
    const char *end = query + length;

    if (copy == NULL)
        return NULL;
    for (const char *pair = query; pair < end;) {
        const size_t size = pair_length(pair, end);

        if (!is_pair_of(pair, size, name)) {
            if (out > copy)
                *out++ = '&';
            out = mempcpy(out, pair, size);
        }
        pair += size + 1;
    }
    *out = '\0';
    return copy;
}

/* --- reading a form ------------------------------------------------------------------------- */

/* Copies text that holds no NUL. False: it does, it is not UTF-8, or there is no room. */
static bool copy_text(const char *text, size_t length, char *out, size_t size)
{
    if (length >= size || memchr(text, '\0', length) != NULL || !utf8_is_valid(text, length))
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

int http_field_read(const char *name, size_t name_length, const char *value, size_t value_length,
                    const struct http_parameter_table *table, struct http_parameter_values *values,
                    char detail[static HTTP_DETAIL_BYTES])
{
    char own_name[NAME_BYTES], own_value[VALUE_TEXT_BYTES];
    size_t row;
    int status;

    detail[0] = '\0';
    if (value_length == 0)
        return 0;
    if (!copy_text(name, name_length, own_name, sizeof(own_name))) {
        say(detail, "unknown parameter '%.*s...'",
            (int)utf8_valid_length(name, name_length < NAME_BYTES ? name_length : NAME_BYTES - 1),
            name);
        return STATUS_BAD_PARAMETER;
    }
    status = give(table, own_name, values, &row, detail);
    if (status != 0)
        return status;
    if (!copy_text(value, value_length, own_value, sizeof(own_value)))
        return refuse_value(&table->rows[row], detail);
    return read_value(&table->rows[row], own_value, values, detail);
}

/* --- writing a query ------------------------------------------------------------------------ */

int http_query_write(const struct http_parameter_table *table,
                     const struct http_parameter_values *values, char *query, size_t size)
{
    char text[HTTP_VALUE_BYTES];
    size_t used = 0;

    if (size == 0)
        return -ENOSPC;
    query[0] = '\0';
    for (size_t row = 0; row < table->count; row++) {
        const struct http_parameter *parameter = &table->rows[row];

        if ((values->given & UINT64_C(1) << row) == 0)
            continue;
        parameter->type->write(parameter, values->members + parameter->offset, text);
        used += (size_t)snprintf(query + used, size - used, "%c%s=%s", used == 0 ? '?' : '&',
                                 parameter->name, text);
        if (used >= size)
            return -ENOSPC;
    }
    return 0;
}
