/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/framing.h"

/*
 * Two programs that disagree where a request ends can be made to smuggle one past the other. RFC
 * 9112 says what a server has to refuse; libmicrohttpd 0.9.75 lets most of it through, so it is
 * looked for here, on the handler's first call, before a byte of the body is read.
 *
 * What the library hides is seen by where things lie. It parses in place: in the header section it
 * overwrites CR, LF, the colons and two spaces with NUL and hands out pointers into it. So
 *
 *     GET SP /x SP HTTP/1.1 CR LF Host : SP a CR LF CR LF
 *         ^0    ^0          ^0 ^0      ^0     ^0 ^0 ^0 ^0        ^0: now a NUL
 *
 * each part must begin exactly where the one before it ended. A NUL that the client sent ends a
 * part early, a bare LF ends a line one byte early, a folded line is stored elsewhere, more than
 * one space moves the next part: each shows as a gap, and is refused. (What cannot be told from CR
 * LF is NUL LF or NUL CR; and from the last CR LF CR LF, any four of NUL, CR, LF and the colon that
 * the library takes for the end of a line and an empty one.)
 *
 * Later versions of the library store lines in another way and look for all this themselves, so the
 * layout is looked at in 0.9.75 only.
 */
#include "base/status.h"
#include "http/target.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

struct walk {
    struct framing *framing;
    const char *next; /* where the next line must begin; NULL: the layout is not known */
    unsigned hosts, lengths, codings;
    const char *wrong;
    bool bad_coding;
};

static bool is_token_byte(unsigned char byte)
{
    if (byte <= ' ' || byte >= 0x7f)
        return false;
    return strchr("\"(),/:;<=>?@[\\]{}", byte) == NULL;
}

bool framing_is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_token_byte((unsigned char)text[i]))
            return false;
    }
    return length > 0;
}

/* A tab is the one control character that a field value may hold. */
static bool is_field_value(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];

        if ((byte < ' ' && byte != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

/* Past the two NULs at `end` that were CR LF; NULL where they were not. */
static const char *skip_line_end(const char *end)
{
    return end[0] == '\0' && end[1] == '\0' ? end + 2 : NULL;
}

static void read_content_length(struct walk *walk, const char *value, size_t length)
{
    int64_t bytes = 0;

    if (walk->lengths++ > 0)
        walk->wrong = "Content-Length is given twice";
    for (size_t i = 0; i < length; i++) {
        if (value[i] < '0' || value[i] > '9') {
            walk->wrong = "Content-Length is not a number";
            return;
        }
        if (__builtin_mul_overflow(bytes, 10, &bytes) ||
            __builtin_add_overflow(bytes, value[i] - '0', &bytes))
            bytes = INT64_MAX / 10; /* and stays beyond every limit whatever follows */
    }
    if (length == 0)
        walk->wrong = "Content-Length is empty";
    walk->framing->content_length = bytes;
}

/* White space may follow it: the library leaves that. */
static bool is_host_field(const char *value, size_t length)
{
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    return http_host_is_valid(value, length);
}

static bool equals(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

static void read_field(struct walk *walk, const char *name, size_t name_length, const char *value,
                       size_t length)
{
    if (equals(name, name_length, "Host")) {
        if (walk->hosts++ > 0)
            walk->wrong = "Host is given twice";
        else if (!is_host_field(value, length))
            walk->wrong = "Host is not a host";
    } else if (equals(name, name_length, "Content-Length")) {
        read_content_length(walk, value, length);
    } else if (equals(name, name_length, "Transfer-Encoding")) {
        walk->codings++;
        walk->framing->chunked = equals(value, length, "chunked");
        walk->bad_coding = walk->bad_coding || !walk->framing->chunked;
    } else if (equals(name, name_length, "Expect")) {
        walk->framing->expects_continue = equals(value, length, "100-continue");
    }
}

static enum MHD_Result check_field(void *argument, enum MHD_ValueKind kind, const char *name,
                                   size_t name_length, const char *value, size_t length)
{
    struct walk *walk = argument;

    (void)kind;
    value = value != NULL ? value : "";
    if (walk->next != NULL) {
        walk->next = name == walk->next ? skip_line_end(value + length) : NULL;
        if (walk->next == NULL)
            walk->wrong = "a header line does not end in CR LF, is folded, or holds a NUL";
    }
    if (!framing_is_token(name, name_length))
        walk->wrong = "a field name is not a token";
    else if (!is_field_value(value, length))
        walk->wrong = "a field value holds a control character";
    else if (walk->wrong == NULL)
        read_field(walk, name, name_length, value, length);
    return walk->wrong == NULL ? MHD_YES : MHD_NO;
}

/* Where the first header line must begin; NULL where the request line has gaps. */
static const char *check_request_line(const struct request_line *line)
{
    const char *target = line->method + strlen(line->method) + 1;
    const char *version = line->target + line->target_length + 1;

    if (line->target != target || line->version != version)
        return NULL;
    return skip_line_end(version + strlen(version));
}

bool framing_layout_is_known(void)
{
    return strncmp(MHD_get_version(), "0.9.75", 6) == 0;
}

/* Whether the empty line that ends the section follows the last header line, and nothing else. */
static bool ends_well(struct MHD_Connection *connection, const struct request_line *line,
                      const struct walk *walk)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    if (info == NULL || skip_line_end(walk->next) == NULL)
        return false;
    return walk->next + 2 == line->method + info->header_size;
}

static void check_section(struct MHD_Connection *connection, const struct request_line *line,
                          struct walk *walk)
{
    bool known = framing_layout_is_known();

    if (known) {
        walk->next = check_request_line(line);
        if (walk->next == NULL) {
            walk->wrong = "the request line is not three parts with one space between them";
            return;
        }
    }
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, check_field, walk);
    if (walk->wrong == NULL && known && !ends_well(connection, line, walk))
        walk->wrong = "the header section does not end in an empty line";
}

static int check_rules(const struct request_line *line, struct walk *walk)
{
    bool old = strcmp(line->version, "HTTP/1.0") == 0;

    if (old)
        walk->framing->expects_continue = false;
    if (walk->wrong == NULL && walk->codings > 0 && walk->lengths > 0)
        walk->wrong = "Content-Length and Transfer-Encoding exclude each other";
    else if (walk->wrong == NULL && walk->codings > 0 && old)
        walk->wrong = "HTTP/1.0 has no Transfer-Encoding";
    else if (walk->wrong == NULL && walk->hosts == 0 && !old)
        walk->wrong = "Host is missing";
    if (walk->wrong != NULL) {
        walk->framing->detail = walk->wrong;
        return STATUS_BAD_REQUEST;
    }
    if (walk->bad_coding || walk->codings > 1) {
        walk->framing->detail = "the one transfer coding taken here is chunked";
        return STATUS_NOT_IMPLEMENTED;
    }
    return 0;
}

int framing_check(struct MHD_Connection *connection, const struct request_line *line,
                  struct framing *framing)
{
    struct walk walk = {.framing = framing};

    *framing = (struct framing){.content_length = -1};
    check_section(connection, line, &walk);
    return check_rules(line, &walk);
}
