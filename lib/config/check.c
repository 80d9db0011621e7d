/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/check.h"

#include "base/cleanup.h"
#include "base/network.h"
#include "base/parse.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

/*
 * A wrong address is reported when it is read, with its key, and not when the first request needs
 * it. Plain C on purpose: the library that connects later is not linked here.
 */
enum { HOST_MAX_BYTES = 253, LOCAL_PATH_BYTES = 108 /* sun_path */ };

bool check_is_address(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

bool check_is_listen_address(const char *text)
{
    static const char prefix[] = "unix:/";

    if (strncmp(text, prefix, strlen(prefix)) == 0)
        return strlen(text + strlen("unix:")) < LOCAL_PATH_BYTES;
    return check_is_address(text);
}

bool check_is_network(const char *text)
{
    struct network network;

    return network_parse(text, &network) == 0;
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_';
}

/* The length of the host name that `text` begins with; 0: none. */
static size_t name_length(const char *text)
{
    size_t length = 0;

    while (is_name_byte(text[length]))
        length++;
    return text[0] == '.' || text[0] == '-' || length > HOST_MAX_BYTES ? 0 : length;
}

/* The length of the "[IPv6]" that `text` begins with; 0: none. */
static size_t bracketed_length(const char *text)
{
    char inside[INET6_ADDRSTRLEN];
    size_t length = strcspn(text + 1, "]");
    struct in6_addr address;

    if (text[1 + length] != ']' || length >= sizeof(inside))
        return 0;
    memcpy(inside, text + 1, length);
    inside[length] = '\0';
    return inet_pton(AF_INET6, inside, &address) == 1 ? length + 2 : 0;
}

static bool is_origin(const char *text, const char *scheme)
{
    size_t host;
    int64_t port;

    if (strncmp(text, scheme, strlen(scheme)) != 0)
        return false;
    text += strlen(scheme);
    host = text[0] == '[' ? bracketed_length(text) : name_length(text);
    if (host == 0)
        return false;
    text += host;
    if (text[0] == '\0')
        return true;
    return text[0] == ':' && parse_int64(text + 1, strlen(text + 1), &port) == 0 && port >= 1 &&
           port <= 65535;
}

bool check_is_origin(const char *text)
{
    return is_origin(text, "http://");
}

bool check_is_web_origin(const char *text)
{
    return is_origin(text, "http://") || is_origin(text, "https://");
}

bool check_is_output_format(const char *text)
{
    static const char *const words[] = {"jpeg", "png", "webp", "gif", "tiff", "avif"};

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (strcmp(words[i], text) == 0)
            return true;
    }
    return false;
}

bool check_is_input_format(const char *text)
{
    return strcmp(text, "heic") == 0 || check_is_output_format(text);
}

/* (uid_t)-1 means "leave it as it is" to the kernel. */
static bool parse_user(const char *text, size_t length, int64_t *user)
{
    return parse_int64(text, length, user) == 0 && *user >= 1 && *user < UINT32_MAX;
}

bool check_parse_users(const char *text, uint32_t *first, uint32_t *count)
{
    size_t length = strcspn(text, "-");
    int64_t from, to;

    if (!parse_user(text, length, &from))
        return false;
    to = from;
    if (text[length] == '-' && !parse_user(text + length + 1, strlen(text + length + 1), &to))
        return false;
    if (to < from)
        return false;
    *first = (uint32_t)from;
    *count = (uint32_t)(to - from + 1);
    return true;
}

bool check_is_users(const char *text)
{
    uint32_t first, count;

    return check_parse_users(text, &first, &count);
}
