/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/check.h"

#include "base/parse.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

/*
 * A wrong address is best told when it is read, beside its key, and not when the first request
 * needs it. Plain C on purpose: the library that connects later is not linked here.
 */
enum { HOST_MAX_BYTES = 253 };

bool check_is_address(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_host_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_';
}

/* The length of the host name at the front of `text`; 0: there is none. */
static size_t name_length(const char *text)
{
    size_t length = 0;

    while (is_host_byte(text[length]))
        length++;
    return text[0] == '.' || text[0] == '-' || length > HOST_MAX_BYTES ? 0 : length;
}

/* The length of "[IPv6]" at the front of `text`; 0: it is not one. */
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

bool check_is_origin(const char *text)
{
    static const char scheme[] = "http://";
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

/* How many bytes the UTF-8 sequence that begins with `lead` has, and the least and greatest value
 * of its second byte (RFC 3629, section 4); 0: no sequence begins so. */
static size_t sequence_length(uint8_t lead, uint8_t *least, uint8_t *greatest)
{
    *least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *greatest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

size_t check_utf8(const char *bytes, size_t length)
{
    size_t at = 0, size;
    uint8_t least, greatest;

    while (at < length) {
        size = sequence_length((uint8_t)bytes[at], &least, &greatest);
        if (size == 0 || size > length - at)
            return at;
        for (size_t i = 1; i < size; i++) {
            uint8_t byte = (uint8_t)bytes[at + i];

            if (byte < (i == 1 ? least : 0x80) || byte > (i == 1 ? greatest : 0xbf))
                return at;
        }
        at += size;
    }
    return length;
}
