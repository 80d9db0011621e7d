/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * multipart/form-data (RFC 7578, on RFC 2046, 5.1), read in place: a part is a pair of offsets into
 * the body, which is collected elsewhere, so a file is never copied. (The HTTP library's own reader
 * hands out pieces of each part, to be collected once more.) Knows no HTTP library and allocates
 * nothing.
 *
 * The body may still be arriving. Alternately
 *
 *     multipart_next     reads the header section of the next part
 *     multipart_finish   finds the end of its content
 *
 * and each returns MULTIPART_MORE until it has what it needs; it is called again once more bytes
 * are there, of which it looks at none twice. The bytes may move between calls, but not change.
 *
 * Strict where readers differ, since what is read here is not read again by anybody else: lines end
 * with CRLF, fields are not folded, one Content-Disposition with one name. A line that only begins
 * with the delimiter is content. Bounded: a client decides how much of anything it sends.
 */
enum {
    MULTIPART_BOUNDARY_BYTES = 70,   /* RFC 2046, 5.1.1 */
    MULTIPART_PREAMBLE_BYTES = 1024, /* before the first delimiter: ignored (RFC 2046, 5.1.1) */
    MULTIPART_PADDING_BYTES = 64,    /* white space behind a delimiter: ignored */
    MULTIPART_PARTS = 128,
    MULTIPART_HEADER_BYTES = 4096, /* of the header section of a part */
    MULTIPART_NAME_BYTES = 256,
    MULTIPART_VALUE_BYTES = 16384, /* of the content of a part that is no file */
};

struct multipart {
    char delimiter[4 + MULTIPART_BOUNDARY_BYTES]; /* CRLF, two dashes, the boundary */
    size_t delimiter_length;
    size_t at;          /* where the next part begins, once `begun` */
    size_t searched;    /* no delimiter, or end of a header section, begins before */
    bool begun, ended;  /* the first delimiter has been passed, the closing one */
    bool complete;      /* set by the caller: no more bytes will come */
    unsigned parts;     /* begun so far */
    const char *reason; /* with MULTIPART_BROKEN: a sentence for the client */
};

/* Offsets into the body. */
struct multipart_part {
    size_t name, name_length; /* as it is written, with any escapes; not empty unless a file's */
    bool is_file;             /* it has a file name, which may be empty */
    size_t content, size;     /* size: 0 before multipart_finish() */
};

enum multipart_step {
    MULTIPART_BROKEN, /* why: form->reason */
    MULTIPART_MORE,   /* the bytes end before that; BROKEN if they are complete */
    MULTIPART_PART,
    MULTIPART_END,
};

/* Whether that Content-Type is multipart/form-data. Any thread, as all of these. */
bool multipart_is_form(const char *content_type);

/* Begins with the boundary that the Content-Type gives. False: none or several, or no boundary
 * that RFC 2046 allows; form->reason says so. */
bool multipart_begin(struct multipart *form, const char *content_type);

/* The next part, up to where its content begins. */
enum multipart_step multipart_next(struct multipart *form, const struct buffer *body,
                                   struct multipart_part *part);

/* Whether the content of that part is empty, as far as the bytes so far show. */
bool multipart_may_be_empty(const struct multipart *form, const struct buffer *body,
                            const struct multipart_part *part);

/* The size of that part's content. Never MULTIPART_END. */
enum multipart_step multipart_finish(struct multipart *form, const struct buffer *body,
                                     struct multipart_part *part);
