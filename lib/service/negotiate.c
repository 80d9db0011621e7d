/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/negotiate.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Optional white space (RFC 9110, 5.6.3). */
static const char blanks[] = " \t";

/* "0", "0.", "0.000": a weight that refuses. */
static bool is_zero(const char *text, size_t length)
{
    return length > 0 && text[0] == '0' && strspn(text, "0.") >= length;
}

/* Whether a parameter in `text`, which begins behind the type, is a weight of 0. */
static bool is_refused(const char *text, size_t length)
{
    const char *end = text + length;

    while (text < end && (text = memchr(text, ';', (size_t)(end - text))) != NULL) {
        size_t value;

        text++;
        text += strspn(text, blanks);
        if (end - text < 2 || tolower((unsigned char)text[0]) != 'q' || text[1] != '=')
            continue;
        value = strcspn(text + 2, "; \t,");
        return is_zero(text + 2, value);
    }
    return false;
}

/* A media range of a list. */
struct range {
    const char *type;
    size_t length; /* of the type */
    bool refused;  /* by a weight of 0 */
};

/* The next one, behind which *list stands then. False: there is none. */
static bool next_range(const char **list, struct range *range)
{
    size_t length;

    if (*list == NULL)
        return false;
    range->type = *list + strspn(*list, " \t,");
    length = strcspn(range->type, ",");
    range->length = strcspn(range->type, "; \t,");
    range->refused = is_refused(range->type + range->length, length - range->length);
    *list = range->type + length;
    return range->type[0] != '\0';
}

unsigned negotiate_accepted(const char *accept)
{
    unsigned accepted = 0;
    struct range range;

    while (next_range(&accept, &range)) {
        const enum image_format format = image_format_of_media_type(range.type, range.length);

        if (format != IMAGE_NONE && !range.refused)
            accepted |= 1U << format;
    }
    return accepted;
}

bool negotiate_names(const char *accept, const char *media_type)
{
    struct range range;

    while (next_range(&accept, &range)) {
        if (!range.refused && range.length == strlen(media_type) &&
            strncasecmp(range.type, media_type, range.length) == 0)
            return true;
    }
    return false;
}

int negotiate_html(const struct http_request *request, struct http_answer *answer, bool *html)
{
    _cleanup_free_ char *accept = NULL;
    int status = http_request_list(request, "Accept", &accept);

    answer->varies = true;
    *html = negotiate_names(accept, "text/html");
    return status;
}

int negotiate_read(const struct http_request *request, unsigned *accepted)
{
    _cleanup_free_ char *accept = NULL;
    int status = http_request_list(request, "Accept", &accept);

    *accepted = negotiate_accepted(accept);
    return status;
}

void negotiate_choices(char *const *words, unsigned accepted,
                       uint8_t formats[static IMAGE_AUTO_MAX])
{
    unsigned count = 0;

    for (size_t i = 0; words != NULL && words[i] != NULL && count < IMAGE_AUTO_MAX; i++) {
        const enum image_format format = image_format_of_word(words[i]);

        if ((accepted & 1U << format) != 0)
            formats[count++] = (uint8_t)format;
    }
}

void negotiate_write(unsigned accepted, char text[static NEGOTIATE_TEXT_BYTES])
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned format = IMAGE_JPEG; format < IMAGE_FORMAT_COUNT; format++) {
        if ((accepted & 1U << format) != 0)
            used += (size_t)snprintf(text + used, NEGOTIATE_TEXT_BYTES - used, "%s%s",
                                     used > 0 ? ", " : "", image_media_type(format));
    }
}
