/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/target.h"

/*
 * The request target as the client wrote it, taken apart by ourselves: libmicrohttpd cuts a value
 * at "%00", takes the last of two equal names, turns '+' into a space and lets malformed "%" pass.
 */
#include "base/parse.h"
#include "base/status.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NAME_BYTES = 65, VALUE_BYTES = 1025 };

/* No part of a request target: a space would end it, controls have no place, a fragment is never
 * sent. */
static bool is_target_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (byte <= ' ' || byte == 0x7f || byte == '#')
            return false;
    }
    return length > 0;
}

/* Percent signs are not looked into: nobody uses the host. */
static bool is_host_byte(char c)
{
    bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

    return alphanumeric || (c != '\0' && strchr("-._~%!$&'()*+,;=", c) != NULL);
}

bool http_host_is_valid(const char *text, size_t length)
{
    bool literal = length > 0 && text[0] == '[';
    size_t i = literal ? 1 : 0;

    while (i < length && (is_host_byte(text[i]) || (literal && text[i] == ':')))
        i++;
    if (literal && (i == 1 || i == length || text[i++] != ']'))
        return false;
    if (i < length && text[i++] != ':')
        return false;
    while (i < length && text[i] >= '0' && text[i] <= '9')
        i++;
    return i == length;
}

/* Skips "http://authority" or "https://authority"; NULL where `text` does not begin so, or the host
 * is empty or none (RFC 9110, 4.2). */
static const char *skip_origin(const char *text, const char *end)
{
    const char *authority, *path;

    if (end - text >= 7 && strncasecmp(text, "http://", 7) == 0)
        authority = text + 7;
    else if (end - text >= 8 && strncasecmp(text, "https://", 8) == 0)
        authority = text + 8;
    else
        return NULL;
    for (path = authority; path < end && *path != '/' && *path != '?'; path++)
        ;
    if (path == authority || *authority == ':')
        return NULL;
    return http_host_is_valid(authority, (size_t)(path - authority)) ? path : NULL;
}

int http_target_split(const char *text, size_t length, bool connect, struct http_target *target)
{
    const char *end = text + length, *path = text, *mark;

    *target = (struct http_target){.path = text};
    if (!is_target_text(text, length))
        return STATUS_BAD_REQUEST;
    if (connect) {
        target->authority = true;
        return 0;
    }
    if (length == 1 && *text == '*') {
        target->asterisk = true;
        return 0;
    }
    if (*text != '/')
        path = skip_origin(text, end);
    if (path == NULL)
        return STATUS_BAD_REQUEST;
    mark = memchr(path, '?', (size_t)(end - path));
    target->path = path;
    target->path_length = (size_t)((mark != NULL ? mark : end) - path);
    if (target->path_length == 0) { /* "http://host" and "http://host?query" mean its root */
        target->path = "/";
        target->path_length = 1;
    }
    if (mark != NULL) {
        target->query = mark + 1;
        target->query_length = (size_t)(end - target->query);
    }
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int http_percent_decode(const char *text, size_t length, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < length; i++) {
        int byte = (unsigned char)text[i];

        if (byte == '%') {
            int high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < length ? hex_digit(text[i + 2]) : -1;

            if (high < 0 || low < 0)
                return -EINVAL;
            byte = high * 16 + low;
            i += 2;
        }
        if (byte == 0)
            return -EINVAL;
        if (used + 1 >= size)
            return -EFBIG;
        out[used++] = (char)byte;
        out[used] = '\0'; /* also where the next one is refused */
    }
    return utf8_is_valid(out, used) ? 0 : -EINVAL;
}

static void say(char *detail, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(char *detail, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(detail, HTTP_DETAIL_BYTES, format, arguments);
    va_end(arguments);
}

static void say_range(char *detail, const struct http_parameter *parameter)
{
    say(detail, "parameter '%s' must be %s, %s %g and at most %g", parameter->name,
        parameter->type == HTTP_INTEGER ? "an integer" : "a decimal number such as 0.5",
        parameter->above_smallest ? "greater than" : "at least", parameter->smallest,
        parameter->largest);
}

/* Puts the text into values->value[row]. */
static int read_value(const struct http_parameter *parameter, const char *text,
                      struct http_parameter_values *values, size_t row)
{
    double number;
    int error;

    if (parameter->type == HTTP_INTEGER) {
        error = parse_int64(text, strlen(text), &values->value[row].integer);
        number = (double)values->value[row].integer;
    } else {
        error = parse_decimal(text, strlen(text), &values->value[row].decimal);
        number = values->value[row].decimal;
    }
    if (error == -ENOMEM)
        return error;
    if (error != 0 || number > parameter->largest || number < parameter->smallest)
        return STATUS_BAD_PARAMETER;
    if (parameter->above_smallest && number == parameter->smallest)
        return STATUS_BAD_PARAMETER;
    return 0;
}

static size_t find_parameter(const struct http_parameter *table, size_t count, const char *name)
{
    size_t row = 0;

    while (row < count && strcmp(table[row].name, name) != 0)
        row++;
    return row;
}

/* The name, decoded, into `name`; or a sentence that shows what stands in its place. */
static int read_name(const char *text, size_t length, char name[static NAME_BYTES], char *detail)
{
    int error = http_percent_decode(text, length, name, NAME_BYTES);

    if (error == 0 && name[0] != '\0')
        return 0;
    if (error == 0)
        say(detail, "a parameter's name is missing");
    else if (error == -EFBIG) /* cut, and not within a character */
        say(detail, "unknown parameter '%.*s...'", (int)utf8_valid_length(name, strlen(name)),
            name);
    else
        say(detail, "a parameter's name is not percent-encoded UTF-8: '%.*s'",
            (int)(length < NAME_BYTES ? length : NAME_BYTES), text);
    return STATUS_BAD_PARAMETER;
}

/* One "name=value" of the query. */
static int read_pair(const char *pair, size_t length, const struct http_parameter *table,
                     size_t count, struct http_parameter_values *values, char *detail)
{
    const char *equals = memchr(pair, '=', length);
    size_t name_length = equals != NULL ? (size_t)(equals - pair) : length, row;
    char name[NAME_BYTES], text[VALUE_BYTES];
    int error;

    error = read_name(pair, name_length, name, detail);
    if (error != 0)
        return error;
    row = find_parameter(table, count, name);
    if (row == count) {
        say(detail, "unknown parameter '%s'", name);
        return STATUS_BAD_PARAMETER;
    }
    if (values->value[row].given) {
        say(detail, "parameter '%s' is given more than once", name);
        return STATUS_BAD_PARAMETER;
    }
    values->value[row].given = true;
    if (equals == NULL || equals + 1 == pair + length) {
        say(detail, "parameter '%s' is empty", name);
        return STATUS_BAD_PARAMETER;
    }
    say_range(detail, &table[row]);
    error = http_percent_decode(equals + 1, length - name_length - 1, text, sizeof(text));
    if (error != 0)
        return STATUS_BAD_PARAMETER;
    return read_value(&table[row], text, values, row);
}

int http_query_parse(const char *query, size_t length, const struct http_parameter *table,
                     size_t count, struct http_parameter_values *values,
                     char detail[static HTTP_DETAIL_BYTES])
{
    const char *end = query + length, *pair, *ampersand;
    int status;

    *values = (struct http_parameter_values){0};
    detail[0] = '\0';
    if (length == 0)
        return 0;
    for (pair = query;; pair = ampersand + 1) {
        ampersand = memchr(pair, '&', (size_t)(end - pair));
        status = read_pair(pair, (size_t)((ampersand != NULL ? ampersand : end) - pair), table,
                           count, values, detail);
        if (status != 0)
            return status;
        if (ampersand == NULL)
            break;
    }
    detail[0] = '\0';
    return 0;
}
