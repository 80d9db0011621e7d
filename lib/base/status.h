/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

/*
 * The one error rule of the whole tree.
 *
 * A function that can fail returns an int:
 *
 *     0          success;
 *     negative   -errno: the machine failed (no memory, no descriptor, a broken pipe ...);
 *     positive   an enum status: a problem with this request, to report to its client.
 *
 * A variable that holds such a value is called `status`. Libraries never log an error that they
 * return; the programs (services/) log it once, where they decide what happens next. Only
 * lib/http/problem.c turns a status into HTTP, by one table.
 *
 * The numbers cross a process boundary (lib/ipc/job.h): never renumber, only append.
 */
enum status {
    STATUS_OK = 0,
    STATUS_BAD_PARAMETER = 1, /* a query parameter */
    STATUS_BAD_REQUEST = 2,   /* framing, a header field, the method */
    STATUS_EMPTY_BODY = 3,
    STATUS_NOT_FOUND = 4,
    STATUS_METHOD_NOT_ALLOWED = 5,
    STATUS_BODY_TIMEOUT = 6,
    STATUS_BODY_TOO_LARGE = 7,
    STATUS_UNSUPPORTED_FORMAT = 8,
    STATUS_IMAGE_CORRUPT = 9,
    STATUS_IMAGE_TOO_LARGE = 10, /* pixels, scans, or work to decode it */
    STATUS_IMAGE_CRASHED_DECODER = 11,
    STATUS_NOT_IMPLEMENTED = 12,
    STATUS_INTERNAL = 13,
    STATUS_SCALE_UNAVAILABLE = 14,
    STATUS_OVERLOADED = 15,
    STATUS_DEADLINE_EXCEEDED = 16,
    STATUS_CLIENT_GONE = 17,      /* nobody is left to answer */
    STATUS_RESULT_TOO_LARGE = 18, /* than the limits or its format allow */
    STATUS_UNAUTHORIZED = 19,     /* no token, or not a valid one */
    STATUS_FORBIDDEN = 20,        /* a browser sent it for a foreign page */
    STATUS_COUNT
};

/* The status's name as problem types and logs spell it, such as "image-corrupt". Never NULL: an
 * unknown number is "internal". Any thread. */
const char *status_name(int status);
