/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/strict_head.h"

#include <string.h>
#include <strings.h>

struct line {
    const char *text;
    size_t length;
};

struct head_reader {
    const char *at, *end;
    unsigned hosts, lengths, codings;
    bool old; /* HTTP/1.0 */
};

static bool is_overwritten(char c)
{
    return c == '\0' || c == '\r' || c == '\n' || c == ':';
}

/* The empty line that ends the section, together with the end of the line before it. */
static bool is_section_end(const char *at, const char *end)
{
    return end - at >= 4 && at[0] != ':' && is_overwritten(at[1]) && is_overwritten(at[2]) &&
           is_overwritten(at[3]);
}

/* The next line, without its end; `last`: the section ends behind it. */
static bool next_line(struct head_reader *reader, struct line *line, bool *last)
{
    const char *at = reader->at, *end = reader->end;

    while (at < end && *at != '\0' && *at != '\r' && *at != '\n')
        at++;
    *line = (struct line){reader->at, (size_t)(at - reader->at)};
    *last = is_section_end(at, end);
    reader->at = at + 2;
    return *last || (end - at >= 2 && *at != '\n' && (at[1] == '\n' || at[1] == '\r'));
}

static size_t token_length(const char *text, size_t length)
{
    static const char others[] = "!#$%&'*+-.^_`|~0123456789";
    size_t i = 0;

    while (i < length && text[i] != '\0' &&
           (strchr(others, text[i]) != NULL || (text[i] >= 'a' && text[i] <= 'z') ||
            (text[i] >= 'A' && text[i] <= 'Z')))
        i++;
    return i;
}

/* method SP target SP version */
static bool read_request_line(struct head_reader *reader, struct line line)
{
    const char *end = line.text + line.length, *target, *space;
    size_t method = token_length(line.text, line.length);

    if (method == 0 || method == line.length || line.text[method] != ' ')
        return false;
    target = line.text + method + 1;
    space = memchr(target, ' ', (size_t)(end - target));
    if (space == NULL || space == target || end - space != 9)
        return false;
    for (const char *byte = target; byte < space; byte++) {
        if (*byte == '\0' || *byte == '\t' || *byte == '\r')
            return false;
    }
    reader->old = memcmp(space, " HTTP/1.0", 9) == 0;
    return reader->old || memcmp(space, " HTTP/1.", 8) == 0;
}

static bool is_word(struct line value, const char *word)
{
    return value.length == strlen(word) && strncasecmp(value.text, word, value.length) == 0;
}

static bool read_length(struct strict_head *head, struct line value)
{
    head->has_length = true;
    for (size_t i = 0; i < value.length; i++) {
        if (value.text[i] < '0' || value.text[i] > '9')
            return false;
        if (__builtin_mul_overflow(head->length, 10, &head->length) ||
            __builtin_add_overflow(head->length, (unsigned)(value.text[i] - '0'), &head->length))
            head->length_is_huge = true;
    }
    head->length_is_huge = head->length_is_huge || head->length > INT64_MAX / 10;
    return value.length > 0;
}

static struct line trim(struct line value)
{
    while (value.length > 0 && (*value.text == ' ' || *value.text == '\t')) {
        value.text++;
        value.length--;
    }
    while (value.length > 0 &&
           (value.text[value.length - 1] == ' ' || value.text[value.length - 1] == '\t'))
        value.length--;
    return value;
}

/* name ":" OWS value OWS */
static bool read_field(struct head_reader *reader, struct strict_head *head, struct line line)
{
    size_t length = token_length(line.text, line.length);
    struct line name = {line.text, length}, value;

    if (length == 0 || length == line.length || line.text[length] != ':')
        return false;
    value = trim((struct line){line.text + length + 1, line.length - length - 1});
    for (size_t i = 0; i < value.length; i++) {
        unsigned char byte = (unsigned char)value.text[i];

        if ((byte < ' ' && byte != '\t') || byte == 0x7f)
            return false;
    }
    if (is_word(name, "Host"))
        reader->hosts++;
    if (is_word(name, "Content-Length"))
        return reader->lengths++ == 0 && read_length(head, value);
    if (is_word(name, "Transfer-Encoding")) {
        head->chunked = is_word(value, "chunked");
        return reader->codings++ == 0 && head->chunked;
    }
    return true;
}

bool strict_head_read(struct strict_head *head, const uint8_t *data, size_t size)
{
    struct head_reader reader = {.at = (const char *)data, .end = (const char *)data + size};
    struct line line;
    bool last;

    *head = (struct strict_head){0};
    if (!next_line(&reader, &line, &last) || !read_request_line(&reader, line))
        return false;
    while (!last) {
        if (!next_line(&reader, &line, &last) || !read_field(&reader, head, line))
            return false;
    }
    if (reader.hosts > 1 || (reader.hosts == 0 && !reader.old))
        return false;
    return reader.codings == 0 || (reader.lengths == 0 && !reader.old);
}
