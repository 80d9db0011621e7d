/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a handler says besides its status. All zero to begin with. The library turns it into the
 * one answer that the request gets: a problem if the status is not 0, otherwise `body` under
 * `http_status`.
 */
struct http_answer {
    char detail[HTTP_DETAIL_BYTES]; /* a sentence for the client if the status is not 0 */
    unsigned http_status; /* if the status is 0; 0 means 200. Also of a problem of another server */
    uint8_t *body;        /* malloc'd; taken over, and sent without a copy */
    size_t body_size;
    const char *content_type;  /* of body; a string that lives for ever */
    int64_t queue_us, work_us; /* for Server-Timing and the log */
    const char
        *path; /* how the work was done, for the same: one word that lives for ever, or NULL */
    uint32_t image_width, image_height; /* Image-Width, Image-Height: of a frame; 0: no image */
    int problem; /* the enum status that `body` is the problem of, if `status` is 0 all the same:
                  * of another server; 0: none */
    /* For the log: names that live for ever, or NULL; pixels of all frames, 0: not known; */
    const char *format_in, *format_out;
    uint64_t pixels_in, pixels_out;
    int64_t upstream_us;    /* how long the call to another server took; 0: none */
    unsigned attempts;      /* workers or calls that this took, one after the other; 0: none */
    bool varies;            /* Vary: Accept */
    const char *policy;     /* Content-Security-Policy; lives for ever; NULL: none */
    unsigned retry_after_s; /* Retry-After if not 0; a 503 always has one */
};

/* Makes the body a formatted text. 0 or -ENOMEM. */
int http_answer_text(struct http_answer *answer, const char *content_type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets the detail, cut if it is too long; returns `status`, so that a handler can end with
 * `return http_answer_detail(answer, STATUS_..., "...")`. */
int http_answer_detail(struct http_answer *answer, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
