/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/multipart.h"

/*
 * Two layers: delimiters cut the body into parts, and of each part's header section
 * Content-Disposition is of interest, and that Content-Transfer-Encoding changes nothing.
 *
 * Delimiters are found by their CR: of compressed images one byte in 256 is one, so this runs at
 * nearly the speed of memchr(), and no body makes it slower than linear, since no boundary contains
 * a CR.
 */
#include <string.h>
#include <strings.h>

#define TOKEN "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/* RFC 2046, 5.1.1; a space may not end it. */
#define BOUNDARY_MARKS "'()+_,-./:=? "

/* A piece of text, which no NUL ends. */
struct slice {
    const char *text;
    size_t length;
};

static enum multipart_step broken(struct multipart *form, const char *reason)
{
    form->reason = reason;
    return MULTIPART_BROKEN;
}

/* --- fields with parameters: type; name=value; name="value" --------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_field_byte(char c)
{
    return c != '\0' && strchr(TOKEN, c) != NULL;
}

static void drop(struct slice *rest, size_t length)
{
    rest->text += length;
    rest->length -= length;
}

static void skip_blanks(struct slice *rest)
{
    while (rest->length > 0 && is_blank(*rest->text))
        drop(rest, 1);
}

static struct slice take_token(struct slice *rest)
{
    struct slice token = {rest->text, 0};

    while (token.length < rest->length && is_field_byte(token.text[token.length]))
        token.length++;
    drop(rest, token.length);
    return token;
}

static bool is_word(struct slice slice, const char *word)
{
    return slice.length == strlen(word) && strncasecmp(slice.text, word, slice.length) == 0;
}

/* What stands between quotes, escapes and all. False: the quotes do not close. */
static bool take_quoted(struct slice *rest, struct slice *value)
{
    size_t i = 1;

    while (i < rest->length && rest->text[i] != '"')
        i += rest->text[i] == '\\' ? 2 : 1;
    if (i >= rest->length)
        return false;
    *value = (struct slice){rest->text + 1, i - 1};
    drop(rest, i + 1);
    return true;
}

/* Boundaries stand there without quotes although they need them. */
static struct slice take_plain(struct slice *rest)
{
    struct slice value = {rest->text, 0};

    while (value.length < rest->length && value.text[value.length] != ';' &&
           value.text[value.length] != '"' && !is_blank(value.text[value.length]))
        value.length++;
    drop(rest, value.length);
    return value;
}

enum parameter_step { PARAMETER_BROKEN, PARAMETER_FOUND, PARAMETER_END };

/* The next parameter; empty ones ("; ;") are skipped (RFC 9110, 5.6.6). */
static enum parameter_step next_parameter(struct slice *rest, struct slice *name,
                                          struct slice *value)
{
    do {
        skip_blanks(rest);
        if (rest->length == 0)
            return PARAMETER_END;
        if (*rest->text != ';')
            return PARAMETER_BROKEN;
        drop(rest, 1);
        skip_blanks(rest);
    } while (rest->length == 0 || *rest->text == ';');
    *name = take_token(rest);
    if (name->length == 0 || rest->length < 2 || *rest->text != '=')
        return PARAMETER_BROKEN;
    drop(rest, 1);
    if (*rest->text == '"')
        return take_quoted(rest, value) ? PARAMETER_FOUND : PARAMETER_BROKEN;
    *value = take_plain(rest);
    return value->length > 0 ? PARAMETER_FOUND : PARAMETER_BROKEN;
}

/* --- the boundary --------------------------------------------------------------------------- */

/* Skips "multipart/form-data". */
static bool skip_type(struct slice *rest)
{
    static const char type[] = "multipart/form-data";
    const size_t length = sizeof(type) - 1;

    skip_blanks(rest);
    if (rest->length < length || strncasecmp(rest->text, type, length) != 0)
        return false;
    drop(rest, length);
    return rest->length == 0 || *rest->text == ';' || is_blank(*rest->text);
}

bool multipart_is_form(const char *content_type)
{
    struct slice rest = {content_type, strlen(content_type)};

    return skip_type(&rest);
}

static bool is_boundary(struct slice text)
{
    if (text.length == 0 || text.length > MULTIPART_BOUNDARY_BYTES ||
        text.text[text.length - 1] == ' ')
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.text[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!plain && (c == '\0' || strchr(BOUNDARY_MARKS, c) == NULL))
            return false;
    }
    return true;
}

bool multipart_begin(struct multipart *form, const char *content_type)
{
    struct slice rest = {content_type, strlen(content_type)}, name, value, boundary = {0};
    enum parameter_step step = PARAMETER_BROKEN;
    unsigned boundaries = 0;

    *form = (struct multipart){0};
    if (skip_type(&rest)) {
        while ((step = next_parameter(&rest, &name, &value)) == PARAMETER_FOUND) {
            if (!is_word(name, "boundary"))
                continue;
            boundary = value;
            boundaries++;
        }
    }
    if (step != PARAMETER_END || boundaries != 1 || !is_boundary(boundary)) {
        form->reason = "the Content-Type of the form lacks a valid boundary";
        return false;
    }
    memcpy(form->delimiter, "\r\n--", 4);
    memcpy(form->delimiter + 4, boundary.text, boundary.length);
    form->delimiter_length = 4 + boundary.length;
    return true;
}

/* --- delimiters ----------------------------------------------------------------------------- */

/* What there is of the delimiter's bytes from `skip` on at `at`. */
static bool begins(const struct multipart *form, const struct buffer *body, size_t at, size_t skip)
{
    size_t length = form->delimiter_length - skip;

    if (length > body->size - at)
        length = body->size - at;
    return memcmp(body->data + at, form->delimiter + skip, length) == 0;
}

/* Behind "--boundary" at `at`: two dashes if it is the closing one, white space, and the end of the
 * line, or of the body behind the closing one. PART or END: a delimiter, and *next is behind its
 * line. BROKEN: content that looks like one. */
static enum multipart_step end_delimiter(const struct multipart *form, const struct buffer *body,
                                         size_t at, size_t *next)
{
    const size_t size = body->size;
    bool closing = false;
    size_t limit;

    if (at < size && body->data[at] == '-') {
        if (at + 1 == size)
            return form->complete ? MULTIPART_BROKEN : MULTIPART_MORE;
        closing = body->data[at + 1] == '-';
        if (!closing)
            return MULTIPART_BROKEN;
        at += 2;
    }
    limit = at + MULTIPART_PADDING_BYTES;
    while (at < size && at < limit && is_blank((char)body->data[at]))
        at++;
    if (at < size && body->data[at] != '\r')
        return MULTIPART_BROKEN;
    if (at + 1 < size && body->data[at + 1] != '\n')
        return MULTIPART_BROKEN;
    *next = at + 2;
    if (at + 1 < size)
        return closing ? MULTIPART_END : MULTIPART_PART;
    if (!form->complete)
        return MULTIPART_MORE;
    return closing && at == size ? MULTIPART_END : MULTIPART_BROKEN;
}

/* A delimiter at `at`, without its first `skip` bytes. BROKEN: there is none. */
static enum multipart_step read_delimiter(const struct multipart *form, const struct buffer *body,
                                          size_t at, size_t skip, size_t *next)
{
    const size_t length = form->delimiter_length - skip;

    if (!begins(form, body, at, skip))
        return MULTIPART_BROKEN;
    if (body->size - at < length)
        return form->complete ? MULTIPART_BROKEN : MULTIPART_MORE;
    return end_delimiter(form, body, at + length, next);
}

/* The first delimiter from form->searched on, before `limit`. *place is where it begins; BROKEN:
 * there is none, and there cannot be one any more. */
static enum multipart_step find_delimiter(struct multipart *form, const struct buffer *body,
                                          size_t limit, size_t *place, size_t *next)
{
    const size_t last = body->size < limit ? body->size : limit;

    while (form->searched < last) {
        const uint8_t *from = body->data + form->searched;
        const uint8_t *found = memchr(from, '\r', last - form->searched);
        enum multipart_step step;

        if (found == NULL) {
            form->searched = last;
            break;
        }
        form->searched = *place = (size_t)(found - body->data);
        step = read_delimiter(form, body, *place, 0, next);
        if (step != MULTIPART_BROKEN)
            return step;
        form->searched++;
    }
    return form->complete || form->searched >= limit ? MULTIPART_BROKEN : MULTIPART_MORE;
}

/* Moves behind a delimiter's line. */
static void pass(struct multipart *form, enum multipart_step step, size_t next)
{
    form->begun = true;
    form->ended = step == MULTIPART_END;
    form->at = form->searched = next;
}

/* The first delimiter needs no line before it. */
static enum multipart_step find_first(struct multipart *form, const struct buffer *body)
{
    enum multipart_step step = MULTIPART_BROKEN;
    size_t place, next = 0;

    if (form->searched == 0)
        step = read_delimiter(form, body, 0, 2, &next);
    if (step == MULTIPART_BROKEN)
        step = find_delimiter(form, body, MULTIPART_PREAMBLE_BYTES, &place, &next);
    if (step == MULTIPART_BROKEN)
        return broken(form, "the body is no form: it does not begin with the boundary that its "
                            "Content-Type gives");
    if (step != MULTIPART_MORE)
        pass(form, step, next);
    return step;
}

/* --- header sections ------------------------------------------------------------------------ */

/* The end of the header section that begins at form->at, before its last CRLF; it is empty if that
 * comes at once. */
static enum multipart_step find_header_end(struct multipart *form, const struct buffer *body,
                                           size_t *end)
{
    const size_t limit = form->at + MULTIPART_HEADER_BYTES;
    const size_t last = body->size < limit ? body->size : limit;
    const uint8_t *found = NULL;

    if (last > form->searched)
        found = memmem(body->data + form->searched, last - form->searched, "\r\n\r\n", 4);
    if (found != NULL) {
        *end = (size_t)(found - body->data) + 2;
        return MULTIPART_PART;
    }
    if (last == limit)
        return broken(form, "the header section of a part of the form is too long");
    if (form->complete)
        return broken(form, "the form is cut short");
    if (last > form->at + 3)
        form->searched = last - 3;
    return MULTIPART_MORE;
}

/* name="a"; filename="b". Other parameters mean nothing here. */
static bool read_disposition(struct slice rest, const struct buffer *body,
                             struct multipart_part *part)
{
    struct slice name, value, own = {0};
    unsigned names = 0, files = 0, wide_files = 0;
    enum parameter_step step;

    skip_blanks(&rest);
    if (!is_word(take_token(&rest), "form-data"))
        return false;
    while ((step = next_parameter(&rest, &name, &value)) == PARAMETER_FOUND) {
        if (is_word(name, "name")) {
            own = value;
            names++;
        }
        files += is_word(name, "filename");
        wide_files += is_word(name, "filename*"); /* forbidden by RFC 7578, 4.2, and found */
    }
    part->name = names > 0 ? (size_t)((const uint8_t *)own.text - body->data) : 0;
    part->name_length = own.length;
    part->is_file = files + wide_files > 0;
    return step == PARAMETER_END && names == 1 && files <= 1 && wide_files <= 1;
}

/* Only encodings that are none; RFC 7578, 4.7, forbids the others. */
static bool is_plain_encoding(struct slice value)
{
    struct slice word;

    skip_blanks(&value);
    word = take_token(&value);
    skip_blanks(&value);
    return value.length == 0 &&
           (is_word(word, "binary") || is_word(word, "8bit") || is_word(word, "7bit"));
}

static bool is_clean(struct slice line)
{
    for (size_t i = 0; i < line.length; i++) {
        unsigned char c = (unsigned char)line.text[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* One line of the header section. NULL, or what is wrong. */
static const char *read_field(const struct multipart *form, const struct buffer *body,
                              struct slice line, unsigned *dispositions,
                              struct multipart_part *part)
{
    const size_t delimiter = form->delimiter_length - 2;
    struct slice name, rest = line;

    /* A boundary with a colon would pass as a field. */
    if (line.length >= delimiter && memcmp(line.text, form->delimiter + 2, delimiter) == 0)
        return "a part of the form ends within its header section";
    name = take_token(&rest);
    if (!is_clean(line) || name.length == 0 || rest.length == 0 || *rest.text != ':')
        return "a header field of a part of the form is malformed";
    drop(&rest, 1);
    if (is_word(name, "Content-Disposition") &&
        (++*dispositions > 1 || !read_disposition(rest, body, part)))
        return "a part's Content-Disposition is not form-data with one name";
    if (is_word(name, "Content-Transfer-Encoding") && !is_plain_encoding(rest))
        return "a part of the form has a Content-Transfer-Encoding; send its bytes as they are";
    return NULL;
}

/* Reads the header section between form->at and `end`, whose lines all end with CRLF. */
static enum multipart_step read_part_header(struct multipart *form, const struct buffer *body,
                                            size_t end, struct multipart_part *part)
{
    unsigned dispositions = 0;

    for (size_t at = form->at; at < end;) {
        const char *text = (const char *)body->data + at;
        const char *line_end = memmem(text, end - at, "\r\n", 2);
        struct slice line = {text, (size_t)(line_end - text)};
        const char *reason = read_field(form, body, line, &dispositions, part);

        if (reason != NULL)
            return broken(form, reason);
        at += line.length + 2;
    }
    if (dispositions == 0)
        return broken(form, "a part of the form has no Content-Disposition");
    if (part->name_length > MULTIPART_NAME_BYTES)
        return broken(form, "the name of a part of the form is too long");
    if (part->name_length == 0 && !part->is_file)
        return broken(form, "a field of the form has no name");
    return MULTIPART_PART;
}

/* --- parts ---------------------------------------------------------------------------------- */

enum multipart_step multipart_next(struct multipart *form, const struct buffer *body,
                                   struct multipart_part *part)
{
    enum multipart_step step = MULTIPART_PART;
    size_t end;

    *part = (struct multipart_part){0};
    if (!form->begun)
        step = find_first(form, body);
    if (form->ended)
        return MULTIPART_END;
    if (step == MULTIPART_PART)
        step = find_header_end(form, body, &end);
    if (step == MULTIPART_PART)
        step = read_part_header(form, body, end, part);
    if (step != MULTIPART_PART)
        return step;
    if (++form->parts > MULTIPART_PARTS)
        return broken(form, "the form has too many parts");
    part->content = end + 2;
    form->searched = end; /* the CRLF before an empty content may be the delimiter's */
    return MULTIPART_PART;
}

bool multipart_may_be_empty(const struct multipart *form, const struct buffer *body,
                            const struct multipart_part *part)
{
    return begins(form, body, part->content - 2, 0) || begins(form, body, part->content, 0);
}

enum multipart_step multipart_finish(struct multipart *form, const struct buffer *body,
                                     struct multipart_part *part)
{
    const size_t limit = part->is_file ? SIZE_MAX : part->content + MULTIPART_VALUE_BYTES + 1;
    size_t place = 0, next = 0;
    enum multipart_step step = find_delimiter(form, body, limit, &place, &next);

    if (step == MULTIPART_BROKEN)
        return broken(form, form->searched >= limit ? "a field of the form is too long"
                                                    : "the form is cut short");
    if (step == MULTIPART_MORE)
        return step;
    part->size = place > part->content ? place - part->content : 0;
    pass(form, step, next);
    return MULTIPART_PART;
}
