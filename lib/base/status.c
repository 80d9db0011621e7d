/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/status.h"

static const char *const status_names[STATUS_COUNT] = {
    [STATUS_OK] = "ok",
    [STATUS_BAD_PARAMETER] = "bad-parameter",
    [STATUS_BAD_REQUEST] = "bad-request",
    [STATUS_EMPTY_BODY] = "empty-body",
    [STATUS_NOT_FOUND] = "not-found",
    [STATUS_METHOD_NOT_ALLOWED] = "method-not-allowed",
    [STATUS_BODY_TIMEOUT] = "body-timeout",
    [STATUS_BODY_TOO_LARGE] = "body-too-large",
    [STATUS_UNSUPPORTED_FORMAT] = "unsupported-format",
    [STATUS_IMAGE_CORRUPT] = "image-corrupt",
    [STATUS_IMAGE_TOO_LARGE] = "image-too-large",
    [STATUS_IMAGE_CRASHED_DECODER] = "image-crashed-decoder",
    [STATUS_NOT_IMPLEMENTED] = "not-implemented",
    [STATUS_INTERNAL] = "internal",
    [STATUS_SCALE_UNAVAILABLE] = "scale-unavailable",
    [STATUS_OVERLOADED] = "overloaded",
    [STATUS_DEADLINE_EXCEEDED] = "deadline-exceeded",
    [STATUS_CLIENT_GONE] = "client-gone",
    [STATUS_RESULT_TOO_LARGE] = "result-too-large",
    [STATUS_UNAUTHORIZED] = "unauthorized",
    [STATUS_FORBIDDEN] = "forbidden",
};

const char *status_name(int status)
{
    if (status < 0 || status >= STATUS_COUNT)
        return status_names[STATUS_INTERNAL];
    return status_names[status];
}
