/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/metadata/xmp.h"

#include "base/cleanup.h"

#include <stdio.h>

enum { PREFIX_MAX = 32, DECLARATIONS_MAX = 4, NAME_MAX_BYTES = 64 };

static const struct {
    const char *space, *name;
} stale[] = {
    {"http://ns.adobe.com/tiff/1.0/", "Orientation"},
    {"http://ns.adobe.com/tiff/1.0/", "ImageWidth"},
    {"http://ns.adobe.com/tiff/1.0/", "ImageLength"},
    {"http://ns.adobe.com/exif/1.0/", "PixelXDimension"},
    {"http://ns.adobe.com/exif/1.0/", "PixelYDimension"},
    {"http://ns.adobe.com/xap/1.0/", "Thumbnails"},
    {"http://ns.adobe.com/xmp/note/", "HasExtendedXMP"},
    {"http://ns.adobe.com/hdr-gain-map/1.0/", "Version"},
    {"http://ns.google.com/photos/1.0/container/", "Directory"},
    {"http://ns.google.com/photos/1.0/camera/", "MotionPhoto"},
    {"http://ns.google.com/photos/1.0/camera/", "MicroVideo"},
};

static uint8_t *find(uint8_t *from, const uint8_t *end, const char *text)
{
    return memmem(from, (size_t)(end - from), text, strlen(text));
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static uint8_t *skip_space(uint8_t *at, const uint8_t *end)
{
    while (at < end && is_space(*at))
        at++;
    return at;
}

/* --- a property -------------------------------------------------------------------------------
 */

/* The end of the attribute whose name ends at `at`; NULL: it is none. */
static uint8_t *find_attribute_end(uint8_t *at, const uint8_t *end)
{
    uint8_t *quote;

    at = skip_space(at, end);
    if (at == end || *at != '=')
        return NULL;
    at = skip_space(at + 1, end);
    if (at == end || (*at != '"' && *at != '\''))
        return NULL;
    quote = memchr(at + 1, *at, (size_t)(end - at - 1));
    return quote == NULL ? NULL : quote + 1;
}

/* The same of an element that is called `name`. */
static uint8_t *find_element_end(uint8_t *at, const uint8_t *end, const char *name)
{
    char closing[NAME_MAX_BYTES + 4];
    uint8_t *tag_end = memchr(at, '>', (size_t)(end - at)), *found;

    if (tag_end == NULL)
        return NULL;
    if (tag_end[-1] == '/')
        return tag_end + 1;
    snprintf(closing, sizeof(closing), "</%s>", name);
    found = find(tag_end, end, closing);
    return found == NULL ? NULL : found + strlen(closing);
}

/* Overwrites every property of that name, prefix included. One without an end ends the search: the
 * next one's end would be searched for in vain, too. */
static void blank_properties(uint8_t *packet, const uint8_t *end, const char *name)
{
    const size_t length = strlen(name);
    uint8_t *at = packet;

    while ((at = find(at, end, name)) != NULL) {
        uint8_t *begin = at, *behind = at + length;

        at = behind;
        if (begin == packet || behind == end)
            continue;
        if (is_space(begin[-1])) {
            behind = find_attribute_end(behind, end);
        } else if (begin[-1] == '<' && (is_space(*behind) || *behind == '>' || *behind == '/')) {
            behind = find_element_end(behind, end, name);
            begin--;
            if (behind == NULL)
                return;
        } else {
            continue;
        }
        if (behind != NULL) {
            memset(begin, ' ', (size_t)(behind - begin));
            at = behind;
        }
    }
}

/* --- namespaces -------------------------------------------------------------------------------
 */

/* The prefix in front of `="`, where a namespace is declared with xmlns. */
static bool read_prefix(const uint8_t *packet, const uint8_t *space, char prefix[PREFIX_MAX])
{
    const uint8_t *end, *begin;

    if (space - packet < 9)
        return false;
    begin = end = space - 2;
    if (end[0] != '=' || (end[1] != '"' && end[1] != '\''))
        return false;
    while (begin > packet + 6 && end - begin < PREFIX_MAX - 1 && begin[-1] != ':')
        begin--;
    if (begin == end || memcmp(begin - 6, "xmlns:", 6) != 0)
        return false;
    memcpy(prefix, begin, (size_t)(end - begin));
    prefix[end - begin] = '\0';
    return true;
}

void xmp_remove_stale(uint8_t *packet, size_t size)
{
    const uint8_t *end = packet + size;

    for (size_t i = 0; i < ARRAY_LENGTH(stale); i++) {
        char prefix[PREFIX_MAX], name[NAME_MAX_BYTES];
        uint8_t *space = packet;

        for (int n = 0; n < DECLARATIONS_MAX; n++) {
            if ((space = find(space, end, stale[i].space)) == NULL)
                break;
            if (read_prefix(packet, space, prefix)) {
                snprintf(name, sizeof(name), "%s:%s", prefix, stale[i].name);
                blank_properties(packet, end, name);
            }
            space++;
        }
    }
}
