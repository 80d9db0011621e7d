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

/* The value of the parameter "q" of `text`, which begins behind the type; NULL: there is none. */
static const char *find_q(const char *text, size_t length)
{
    const char *end = text + length;

    while (text < end && (text = memchr(text, ';', (size_t)(end - text))) != NULL) {
        text++;
        text += strspn(text, blanks);
        if (end - text >= 2 && tolower((unsigned char)text[0]) == 'q' && text[1] == '=')
            return text + 2;
    }
    return NULL;
}

/* A media range of a list. */
struct range {
    const char *type;
    size_t length; /* of the type */
    const char *q; /* its weight, up to the end of a word; NULL: 1 */
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
    range->q = find_q(range->type + range->length, length - range->length);
    *list = range->type + length;
    return range->type[0] != '\0';
}

static bool is_refused(const struct range *range)
{
    return range->q != NULL && is_zero(range->q, strcspn(range->q, "; \t,"));
}

static bool names_type(const struct range *range, const char *media_type)
{
    return range->length == strlen(media_type) &&
           strncasecmp(range->type, media_type, range->length) == 0;
}

/* RFC 9110, 12.4.2. */
static unsigned thousandths(const char *q)
{
    unsigned weight = 0, place = 1000;

    for (; *q == '.' || (*q >= '0' && *q <= '9'); q++) {
        if (*q == '.')
            continue;
        weight += (unsigned)(*q - '0') * place;
        place /= 10;
    }
    return weight;
}

unsigned negotiate_weight(const char *accept, const char *media_type)
{
    unsigned largest = 0;
    struct range range;

    while (next_range(&accept, &range)) {
        const unsigned weight = range.q != NULL ? thousandths(range.q) : 1000;

        if (names_type(&range, media_type) && weight > largest)
            largest = weight;
    }
    return largest;
}

unsigned negotiate_accepted(const char *accept)
{
    unsigned accepted = 0;
    struct range range;

    while (next_range(&accept, &range)) {
        const enum image_format format = image_format_of_media_type(range.type, range.length);

        if (format != IMAGE_NONE && !is_refused(&range))
            accepted |= 1U << format;
    }
    return accepted;
}

/* Whether it names this media type with a weight above 0. */
static bool names(const char *accept, const char *media_type)
{
    struct range range;

    while (next_range(&accept, &range)) {
        if (names_type(&range, media_type) && !is_refused(&range))
            return true;
    }
    return false;
}

int negotiate_html(const struct http_request *request, struct http_answer *answer, bool *html)
{
    _cleanup_free_ char *accept = NULL;
    int status = http_request_list(request, "Accept", &accept);

    answer->varies = true;
    *html = names(accept, "text/html");
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
