/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/form.h"

/*
 * A form is read while it arrives, up to its file: the parameters before it and its first bytes are
 * enough to refuse most of what has to be refused. What is behind the file is read at the end.
 *
 * The Content-Type, which must give a boundary, only announces a form. Clients send bare images
 * under any type, so a body that begins as the route's images do is one.
 */
#include "base/status.h"
#include "http/state.h"

#include <string.h>

static int refuse(struct http_request *request, const char *detail)
{
    return http_answer_detail(&request->answer, STATUS_BAD_REQUEST, "%s", detail);
}

int form_expect(struct http_request *request)
{
    const char *type = MHD_lookup_connection_value(request->library, MHD_HEADER_KIND,
                                                   MHD_HTTP_HEADER_CONTENT_TYPE);

    if (type == NULL || request->route->method != HTTP_POST || !multipart_is_form(type))
        return 0;
    request->form = FORM_ANNOUNCED;
    return multipart_begin(&request->parts, type) ? 0 : refuse(request, request->parts.reason);
}

/* Whether the body is a bare image after all. */
static bool is_bare(struct http_request *request)
{
    const struct http_route *route = request->route;
    const struct buffer *body = &request->body;
    const size_t size = body->size < HTTP_PEEK_BYTES ? body->size : HTTP_PEEK_BYTES;
    bool bare =
        route->peek != NULL &&
        route->peek(request, body->data, size, request->options->context, &request->answer) == 0;

    request->answer.detail[0] = '\0'; /* peek's */
    return bare;
}

static void decide(struct http_request *request)
{
    request->form = is_bare(request) ? FORM_NONE : FORM_FIELDS;
}

static int read_form_field(struct http_request *request)
{
    const char *body = (const char *)request->body.data;
    const struct multipart_part *part = &request->part;

    if (request->route->read_query != NULL)
        return 0;
    return http_field_read(body + part->name, part->name_length, body + part->content, part->size,
                           &request->table, &request->parameters, request->answer.detail);
}

/* Whether the open part has the name that chooses among several files. */
static bool is_named(const struct http_request *request)
{
    const char *name = request->file_name != NULL ? request->file_name : "file";
    const struct multipart_part *part = &request->part;

    return strlen(name) == part->name_length &&
           memcmp(request->body.data + part->name, name, part->name_length) == 0;
}

/* Whether the request may name one of several files. */
static bool chooses_file(const struct http_request *request)
{
    return request->route->read_query != NULL || request->file_name != NULL;
}

/* Another file: the first one of the chosen name counts, whatever else there is. */
static int choose_file(struct http_request *request)
{
    const bool named = is_named(request);

    if (request->form == FORM_FILE_READ && !chooses_file(request))
        return refuse(request, "the form has several files; send one");
    request->several_files = request->form == FORM_FILE_READ;
    if (request->form == FORM_FILE_READ && (request->file_named || !named))
        return 0;
    request->form = FORM_FILE_READ;
    request->file_named = named;
    request->content_at = request->part.content;
    request->content_size = request->part.size;
    return 0;
}

/* A whole part: a parameter, or the file, or a file field that was left empty. */
static int take_part(struct http_request *request)
{
    const struct multipart_part *part = &request->part;

    request->part_open = false;
    if (!part->is_file)
        return read_form_field(request);
    if (part->size == 0)
        return 0;
    return choose_file(request);
}

/* The next step through the form: a part's beginning, or its end. */
static enum multipart_step step(struct http_request *request)
{
    enum multipart_step result;

    if (request->part_open)
        return multipart_finish(&request->parts, &request->body, &request->part);
    result = multipart_next(&request->parts, &request->body, &request->part);
    request->part_open = result == MULTIPART_PART;
    return result;
}

/* Whether the file begins here: there is no need to look for its end before the body's. */
static bool is_at_file(const struct http_request *request)
{
    return request->part_open && request->part.is_file && !request->parts.complete &&
           (!chooses_file(request) || is_named(request)) &&
           !multipart_may_be_empty(&request->parts, &request->body, &request->part);
}

/* As far as the bytes reach. */
static int read_parts(struct http_request *request)
{
    enum multipart_step result;
    int status = 0;
    bool was_open;

    while (status == 0 && !is_at_file(request)) {
        was_open = request->part_open;
        result = step(request);
        if (result == MULTIPART_BROKEN)
            return refuse(request, request->parts.reason);
        if (result != MULTIPART_PART)
            return 0;
        if (was_open)
            status = take_part(request);
    }
    return status;
}

int form_follow(struct http_request *request)
{
    const struct buffer *body = &request->body;
    int status = 0;

    if (request->form == FORM_ANNOUNCED && body->size >= HTTP_PEEK_BYTES)
        decide(request);
    if (request->form == FORM_FIELDS)
        status = read_parts(request);
    if (status == 0 && request->form == FORM_FIELDS && is_at_file(request)) {
        request->form = FORM_FILE_BEGUN;
        request->content_at = request->part.content;
    }
    if (request->form == FORM_NONE || request->form == FORM_FILE_BEGUN)
        request->content_size = body->size - request->content_at;
    return status;
}

int form_finish(struct http_request *request)
{
    int status;

    if (request->form == FORM_ANNOUNCED)
        decide(request);
    if (request->form == FORM_NONE) {
        request->content_size = request->body.size;
        return 0;
    }
    request->parts.complete = true;
    status = read_parts(request);
    if (status == 0 && request->form != FORM_FILE_READ)
        status = refuse(request, "the form has no file; send the picture as one, as curl -F "
                                 "image=@FILE does");
    if (status == 0 && request->several_files && !request->file_named)
        status = refuse(request, "the form has several files; name one with \"field\"");
    return status;
}
