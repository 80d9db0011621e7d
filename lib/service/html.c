/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/html.h"

/* What our own tables say, as HTML. */
#include <stdbool.h>

static void write_escaped(FILE *out, char byte)
{
    switch (byte) {
    case '&':
        fputs("&amp;", out);
        break;
    case '<':
        fputs("&lt;", out);
        break;
    case '>':
        fputs("&gt;", out);
        break;
    case '"':
        fputs("&quot;", out);
        break;
    default:
        fputc(byte, out);
    }
}

void html_write(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        write_escaped(out, *text);
}

void html_write_prose(FILE *out, const char *text)
{
    bool code = false;

    for (; *text != '\0'; text++) {
        if (*text == '`') {
            code = !code;
            fputs(code ? "<code>" : "</code>", out);
        } else {
            write_escaped(out, *text);
        }
    }
}
