/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/framing.h"

/*
 * If two programs disagree where a request ends, a client can smuggle one request past the other.
 * RFC 9112 says what a server has to refuse; libmicrohttpd 0.9.75 accepts most of it, so it is
 * checked here, on the handler's first call, before any of the body is read.
 *
 * What the library hides shows in where things lie. It parses in place: in the header section it
 * overwrites CR, LF, the colons and two spaces with NUL and hands out pointers into it. So
 *
 *     GET SP /x SP HTTP/1.1 CR LF Host : SP a CR LF CR LF
 *         ^0    ^0          ^0 ^0      ^0     ^0 ^0 ^0 ^0        ^0: now a NUL
 *
 * each part must begin exactly where the one before it ended. A NUL that the client sent ends a
 * part early, a bare LF ends a line one byte early, a folded line is stored elsewhere, more than
 * one space moves the next part: each shows as a gap, and is refused. (NUL LF and NUL CR
 * look like CR LF; and any four of NUL, CR, LF and the colon that the library takes for the end of
 * a line and an empty line look like the last CR LF CR LF.)
 *
 * Later versions of the library store lines differently and refuse all this themselves, so the
 * layout is checked with 0.9.75 only.
 */
#include "base/status.h"
#include "http/target.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

/* A header section while it is read. */
struct section {
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

/* Skips the two NULs at `end` that were CR LF; NULL: they were not. */
static const char *skip_line_end(const char *end)
{
    return end[0] == '\0' && end[1] == '\0' ? end + 2 : NULL;
}

static void read_content_length(struct section *section, const char *value, size_t length)
{
    int64_t bytes = 0;

    if (section->lengths++ > 0)
        section->wrong = "Content-Length is given twice";
    for (size_t i = 0; i < length; i++) {
        if (value[i] < '0' || value[i] > '9') {
            section->wrong = "Content-Length is not a number";
            return;
        }
        if (__builtin_mul_overflow(bytes, 10, &bytes) ||
            __builtin_add_overflow(bytes, value[i] - '0', &bytes))
            bytes = INT64_MAX / 10; /* and stays beyond every limit */
    }
    if (length == 0)
        section->wrong = "Content-Length is empty";
    section->framing->content_length = bytes;
}

/* The library leaves white space at the end of a value. */
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

static void read_header_field(struct section *section, const char *name, size_t name_length,
                              const char *value, size_t length)
{
    if (equals(name, name_length, "Host")) {
        if (section->hosts++ > 0)
            section->wrong = "Host is given twice";
        else if (!is_host_field(value, length))
            section->wrong = "Host is not a host";
    } else if (equals(name, name_length, "Content-Length")) {
        read_content_length(section, value, length);
    } else if (equals(name, name_length, "Transfer-Encoding")) {
        section->codings++;
        section->framing->chunked = equals(value, length, "chunked");
        section->bad_coding = section->bad_coding || !section->framing->chunked;
    } else if (equals(name, name_length, "Expect")) {
        section->framing->expects_continue = equals(value, length, "100-continue");
    }
}

static enum MHD_Result check_field(void *argument, enum MHD_ValueKind kind, const char *name,
                                   size_t name_length, const char *value, size_t length)
{
    struct section *section = argument;

    (void)kind;
    value = value != NULL ? value : "";
    if (section->next != NULL) {
        section->next = name == section->next ? skip_line_end(value + length) : NULL;
        if (section->next == NULL)
            section->wrong = "a header line does not end in CR LF, is folded, or holds a NUL";
    }
    if (!framing_is_token(name, name_length))
        section->wrong = "a field name is not a token";
    else if (!is_field_value(value, length))
        section->wrong = "a field value holds a control character";
    else if (section->wrong == NULL)
        read_header_field(section, name, name_length, value, length);
    return section->wrong == NULL ? MHD_YES : MHD_NO;
}

/* Where the first header line must begin; NULL: the request line has gaps. */
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
                      const struct section *section)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    if (info == NULL || skip_line_end(section->next) == NULL)
        return false;
    return section->next + 2 == line->method + info->header_size;
}

static void check_section(struct MHD_Connection *connection, const struct request_line *line,
                          struct section *section)
{
    bool known = framing_layout_is_known();

    if (known) {
        section->next = check_request_line(line);
        if (section->next == NULL) {
            section->wrong = "the request line is not three parts with one space between them";
            return;
        }
    }
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, check_field, section);
    if (section->wrong == NULL && known && !ends_well(connection, line, section))
        section->wrong = "the header section does not end in an empty line";
}

static int check_framing_rules(const struct request_line *line, struct section *section)
{
    bool old = strcmp(line->version, "HTTP/1.0") == 0;

    if (old)
        section->framing->expects_continue = false;
    if (section->wrong == NULL && section->codings > 0 && section->lengths > 0)
        section->wrong = "Content-Length and Transfer-Encoding exclude each other";
    else if (section->wrong == NULL && section->codings > 0 && old)
        section->wrong = "HTTP/1.0 has no Transfer-Encoding";
    else if (section->wrong == NULL && section->hosts == 0 && !old)
        section->wrong = "Host is missing";
    if (section->wrong != NULL) {
        section->framing->detail = section->wrong;
        return STATUS_BAD_REQUEST;
    }
    if (section->bad_coding || section->codings > 1) {
        section->framing->detail = "the one transfer coding taken here is chunked";
        return STATUS_NOT_IMPLEMENTED;
    }
    return 0;
}

int framing_check(struct MHD_Connection *connection, const struct request_line *line,
                  struct framing *framing)
{
    struct section section = {.framing = framing};

    *framing = (struct framing){.content_length = -1};
    check_section(connection, line, &section);
    return check_framing_rules(line, &section);
}
