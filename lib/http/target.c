/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/target.h"

/*
 * The request target as the client wrote it, split and decoded by ourselves: libmicrohttpd cuts a
 * value at "%00", takes the last of two equal names and accepts malformed "%".
 */
#include "base/status.h"
#include "base/utf8.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* Without what a request target cannot hold: a space would end it, control characters are not
 * allowed, and a fragment is never sent. */
static bool is_target_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (byte <= ' ' || byte == 0x7f || byte == '#')
            return false;
    }
    return length > 0;
}

/* What follows a percent sign is not checked: nobody uses the host. */
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

/* Skips "http://authority" or "https://authority"; NULL if `text` begins with neither, or the host
 * is empty or invalid (RFC 9110, 4.2). */
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
    if (target->path_length == 0) { /* "http://host" and "http://host?query" mean the root */
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

static int decode(const char *text, size_t length, bool plus_is_space, char *out, size_t size)
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
        } else if (byte == '+' && plus_is_space) {
            byte = ' ';
        }
        if (byte == 0)
            return -EINVAL;
        if (used + 1 >= size)
            return -EFBIG;
        out[used++] = (char)byte;
        out[used] = '\0'; /* even if the next byte is refused */
    }
    return utf8_is_valid(out, used) ? 0 : -EINVAL;
}

int http_percent_decode(const char *text, size_t length, char *out, size_t size)
{
    return decode(text, length, false, out, size);
}

int http_query_decode(const char *text, size_t length, char *out, size_t size)
{
    return decode(text, length, true, out, size);
}
