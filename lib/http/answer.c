/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/answer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int http_answer_text(struct http_answer *answer, const char *content_type, const char *format, ...)
{
    va_list arguments;
    char *text;
    int length;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return -ENOMEM;
    free(answer->body);
    answer->body = (uint8_t *)text;
    answer->body_size = (size_t)length;
    answer->content_type = content_type;
    return 0;
}

int http_answer_detail(struct http_answer *answer, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(answer->detail, sizeof(answer->detail), format, arguments);
    va_end(arguments);
    return status;
}
