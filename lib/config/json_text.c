/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/json_text.h"

#include "base/parse.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/*
 * cJSON is lenient: it cuts a string at \u0000, takes 01 for 1, any control character for a space
 * and any byte for a letter. This checks the bytes first; cJSON then finds what is wrong with the
 * structure. No recursion and no allocation, for any text.
 */
enum { NESTING_MAX = 16 };

unsigned json_line(const char *text, size_t offset)
{
    unsigned line = 1;

    for (size_t i = 0; i < offset; i++)
        line += text[i] == '\n';
    return line;
}

static int refuse_text(struct json_error *error, const char *text, size_t at, const char *what)
{
    *error = (struct json_error){.what = what, .line = json_line(text, at)};
    return -EINVAL;
}

static size_t digits(const char *text, size_t length, size_t at)
{
    while (at < length && is_ascii_digit(text[at]))
        at++;
    return at;
}

/* The end of the number that begins at `at`, by the grammar of RFC 8259; `at` itself: not a number.
 */
static size_t number_end(const char *text, size_t length, size_t at)
{
    size_t begin = at, end;

    if (text[at] == '-')
        at++;
    end = at < length && text[at] == '0' ? at + 1 : digits(text, length, at);
    if (end == at)
        return begin;
    if (end < length && text[end] == '.') {
        at = end + 1;
        end = digits(text, length, at);
        if (end == at)
            return begin;
    }
    if (end < length && (text[end] == 'e' || text[end] == 'E')) {
        at = end + 1;
        if (at < length && (text[at] == '+' || text[at] == '-'))
            at++;
        end = digits(text, length, at);
        if (end == at)
            return begin;
    }
    return end;
}

/* Moves *at from the opening quote to the byte after the closing one, or to the end. */
static int check_string(const char *text, size_t length, size_t *at, struct json_error *error)
{
    size_t i = *at + 1;

    for (; i < length && text[i] != '"'; i++) {
        if ((unsigned char)text[i] < 0x20)
            return refuse_text(error, text, i, "a control character in a string");
        if (text[i] != '\\')
            continue;
        if (length - i >= 6 && memcmp(text + i, "\\u0000", 6) == 0)
            return refuse_text(error, text, i, "a NUL character in a string");
        i++;
    }
    *at = i + 1;
    return 0;
}

/* Moves *at from the first byte of a number to the byte after it. */
static int check_number(const char *text, size_t length, size_t *at, struct json_error *error)
{
    size_t end = number_end(text, length, *at);

    if (end == *at || (end < length && strchr("0123456789+-.eE", text[end]) != NULL))
        return refuse_text(error, text, *at, "a malformed number");
    *at = end;
    return 0;
}

/* Moves *at over one byte outside of strings and numbers. */
static int check_byte(const char *text, size_t *at, int *nesting, struct json_error *error)
{
    char byte = text[*at];

    if ((unsigned char)byte < 0x20 && strchr("\t\r\n", byte) == NULL)
        return refuse_text(error, text, *at, "a control character");
    if (byte == '{' || byte == '[')
        ++*nesting;
    else if (byte == '}' || byte == ']')
        --*nesting;
    if (*nesting > NESTING_MAX)
        return refuse_text(error, text, *at, "nesting deeper than 16");
    ++*at;
    return 0;
}

int json_check_text(const char *text, size_t length, struct json_error *error)
{
    size_t at = utf8_valid_length(text, length);
    int nesting = 0, wrong = 0;

    if (at < length)
        return refuse_text(error, text, at, "bytes that are not UTF-8");
    if (memchr(text, '\0', length) != NULL)
        return refuse_text(error, text, strlen(text), "a NUL character");
    for (at = 0; at < length && wrong == 0;) {
        if (text[at] == '"')
            wrong = check_string(text, length, &at, error);
        else if (text[at] == '-' || is_ascii_digit(text[at]))
            wrong = check_number(text, length, &at, error);
        else
            wrong = check_byte(text, &at, &nesting, error);
    }
    return wrong;
}
