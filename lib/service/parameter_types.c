/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/parameter_types.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/status.h"
#include "image/plan/request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COORDINATES = 4, POINT = 2, PERCENT = 100, PERCENT_PLACES = 15 };

/* What parse_exact_decimal() reads, as a regular expression of ECMAScript: a sign, and a number. In
 * a class a '-' is escaped, as the `v` flag needs it with which browsers read the attribute
 * `pattern`. Which numbers are in range is not said. */
#define NUMBER "([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+\\-]?[0-9]+)?"
#define SIGNED "[+\\-]?" NUMBER

/* Cuts "a,b,c" into exactly `count` pieces, none of which is empty. */
static bool split(const char *text, unsigned count, const char *pieces[], size_t lengths[])
{
    for (unsigned i = 0; i < count; i++) {
        pieces[i] = text;
        lengths[i] = strcspn(text, ",");
        text += lengths[i];
        if (lengths[i] == 0 || (*text == ',') != (i + 1 < count))
            return false;
        text += *text == ',';
    }
    return true;
}

/* --- fit ------------------------------------------------------------------------------------- */

static int read_fit(const struct http_parameter *parameter, const char *text, void *member)
{
    return http_type_choice.read(parameter, text, member);
}

static void write_fit(const struct http_parameter *parameter, const void *member,
                      char text[static HTTP_VALUE_BYTES])
{
    http_type_choice.write(parameter, member, text);
}

static void describe_fit(const struct http_parameter *parameter, char text[static HTTP_VALUE_BYTES])
{
    size_t used;

    http_type_choice.describe(parameter, text);
    used = strlen(text);
    snprintf(text + used, HTTP_VALUE_BYTES - used,
             " (what other tools call contain is inside, or pad)");
}

const struct http_parameter_type parameter_type_fit = {
    .size = sizeof(uint32_t),
    .read = read_fit,
    .write = write_fit,
    .describe = describe_fit,
    .json = "string",
};

/* --- gravity --------------------------------------------------------------------------------- */

#define NONE                                                                                       \
    {                                                                                              \
        .digits = 0                                                                                \
    }
#define HALF                                                                                       \
    {                                                                                              \
        .digits = 5, .places = 1                                                                   \
    }
#define ALL                                                                                        \
    {                                                                                              \
        .digits = 1                                                                                \
    }

static const struct direction {
    const char *word;
    struct image_gravity point;
} directions[] = {
    {"north", {HALF, NONE}},   {"northeast", {ALL, NONE}},  {"east", {ALL, HALF}},
    {"southeast", {ALL, ALL}}, {"south", {HALF, ALL}},      {"southwest", {NONE, ALL}},
    {"west", {NONE, HALF}},    {"northwest", {NONE, NONE}},
};

static bool read_share(const char *text, size_t length, struct decimal *share)
{
    static const struct decimal one = ALL;

    return parse_exact_decimal(text, length, share) == 0 && decimal_compare(*share, one) <= 0;
}

static bool read_point(const char *text, struct image_gravity *point)
{
    const char *pieces[POINT];
    size_t lengths[POINT];

    return split(text, POINT, pieces, lengths) && read_share(pieces[0], lengths[0], &point->x) &&
           read_share(pieces[1], lengths[1], &point->y);
}

static int read_gravity(const struct http_parameter *parameter, const char *text, void *member)
{
    struct image_asked_gravity gravity = {.kind = IMAGE_GRAVITY_POINT};

    (void)parameter;
    if (strcmp(text, "center") == 0) {
        gravity.kind = IMAGE_GRAVITY_CENTER;
    } else if (strcmp(text, "smart") == 0) {
        gravity.kind = IMAGE_GRAVITY_SMART;
    } else if (!read_point(text, &gravity.point)) {
        size_t i = 0;

        while (i < ARRAY_LENGTH(directions) && strcmp(directions[i].word, text) != 0)
            i++;
        if (i == ARRAY_LENGTH(directions))
            return STATUS_BAD_PARAMETER;
        gravity.point = directions[i].point;
    }
    *(struct image_asked_gravity *)member = gravity;
    return 0;
}

static void write_gravity(const struct http_parameter *parameter, const void *member,
                          char text[static HTTP_VALUE_BYTES])
{
    const struct image_asked_gravity *gravity = member;
    char x[DECIMAL_TEXT_BYTES], y[DECIMAL_TEXT_BYTES];

    (void)parameter;
    decimal_print(gravity->point.x, x);
    decimal_print(gravity->point.y, y);
    if (gravity->kind == IMAGE_GRAVITY_POINT)
        snprintf(text, HTTP_VALUE_BYTES, "%s,%s", x, y);
    else
        snprintf(text, HTTP_VALUE_BYTES, "%s",
                 gravity->kind == IMAGE_GRAVITY_SMART ? "smart" : "center");
}

static void describe_gravity(const struct http_parameter *parameter,
                             char text[static HTTP_VALUE_BYTES])
{
    size_t used = (size_t)snprintf(text, HTTP_VALUE_BYTES, "one of center, smart");

    (void)parameter;
    for (size_t i = 0; i < ARRAY_LENGTH(directions); i++)
        used += (size_t)snprintf(text + used, HTTP_VALUE_BYTES - used, ", %s", directions[i].word);
    snprintf(text + used, HTTP_VALUE_BYTES - used, ", or x,y from 0 to 1");
}

static const char *const gravity_examples[] = {"center", "northwest", "smart", "0.25,1", NULL};

const struct http_parameter_type parameter_type_gravity = {
    .size = sizeof(struct image_asked_gravity),
    .read = read_gravity,
    .write = write_gravity,
    .describe = describe_gravity,
    .json = "string",
    .pattern = "^(center|smart|(north|south)(east|west)?|east|west|" SIGNED "," SIGNED ")$",
    .examples = gravity_examples,
};

/* --- crop ------------------------------------------------------------------------------------ */

/* A start and a length, of which only what lies in the image is kept: it begins at 0, and no image
 * ends beyond INT32_MAX. */
static bool read_extent(const char *const pieces[], const size_t lengths[], uint32_t *start,
                        uint32_t *length)
{
    int64_t from, count;

    if (parse_int64(pieces[0], lengths[0], &from) != 0 ||
        parse_int64(pieces[2], lengths[2], &count) != 0 || count < 1)
        return false;
    if (count > INT32_MAX)
        count = INT32_MAX;
    if (from < 0) {
        count = from < -count ? 0 : count + from;
        from = 0;
    }
    *start = from > INT32_MAX ? INT32_MAX : (uint32_t)from;
    *length = (uint32_t)count;
    return count > 0;
}

static bool read_box(const char *text, struct image_box *box)
{
    const char *pieces[COORDINATES];
    size_t lengths[COORDINATES];

    return split(text, COORDINATES, pieces, lengths) &&
           read_extent(pieces, lengths, &box->left, &box->width) &&
           read_extent(pieces + 1, lengths + 1, &box->top, &box->height);
}

/* a - b, at most 100, of PERCENT_PLACES at most. False: nothing is left. */
static bool subtract_percent(struct decimal a, struct decimal b, struct decimal *difference)
{
    const uint32_t places = a.places > b.places ? a.places : b.places;
    __int128 left = a.digits, right = b.digits, all = PERCENT;

    for (uint32_t i = 0; i < places; i++) {
        left *= i >= a.places ? 10 : 1;
        right *= i >= b.places ? 10 : 1;
        all *= 10;
    }
    left = left - right < all ? left - right : all;
    *difference = (struct decimal){.digits = (uint64_t)left, .places = places};
    return left > 0;
}

/* As read_extent(), in percent: what lies in front of the image is cut off, and what exceeds it. */
static bool read_percent_extent(const char *const pieces[], const size_t lengths[],
                                struct decimal *start, struct decimal *length)
{
    static const struct decimal all = {.digits = PERCENT}, nothing = {.digits = 0};
    const bool before = pieces[0][0] == '-';
    struct decimal from, count;

    if (before && (pieces[0][1] == '-' || pieces[0][1] == '+')) /* one sign is enough */
        return false;
    if (parse_exact_decimal(pieces[0] + before, lengths[0] - before, &from) != 0 ||
        parse_exact_decimal(pieces[2], lengths[2], &count) != 0 || from.places > PERCENT_PLACES ||
        count.places > PERCENT_PLACES || (!before && decimal_compare(from, all) >= 0))
        return false;
    *start = before ? nothing : from;
    return subtract_percent(count, before ? from : nothing, length);
}

static bool read_percentages(const char *text, struct decimal percent[COORDINATES])
{
    const char *pieces[COORDINATES];
    size_t lengths[COORDINATES];

    return split(text, COORDINATES, pieces, lengths) &&
           read_percent_extent(pieces, lengths, &percent[0], &percent[2]) &&
           read_percent_extent(pieces + 1, lengths + 1, &percent[1], &percent[3]);
}

static int read_crop(const struct http_parameter *parameter, const char *text, void *member)
{
    static const char prefix[] = "pct:";
    struct image_crop crop = {.kind = IMAGE_CROP_BOX};
    bool read = true;

    (void)parameter;
    if (strcmp(text, "square") == 0) {
        crop.kind = IMAGE_CROP_SQUARE;
    } else if (strncmp(text, prefix, strlen(prefix)) == 0) {
        crop.kind = IMAGE_CROP_PERCENT;
        read = read_percentages(text + strlen(prefix), crop.percent);
    } else {
        read = read_box(text, &crop.box);
    }
    if (!read)
        return STATUS_BAD_PARAMETER;
    *(struct image_crop *)member = crop;
    return 0;
}

static void write_crop(const struct http_parameter *parameter, const void *member,
                       char text[static HTTP_VALUE_BYTES])
{
    const struct image_crop *crop = member;
    char numbers[COORDINATES][DECIMAL_TEXT_BYTES];

    (void)parameter;
    for (unsigned i = 0; i < COORDINATES; i++)
        decimal_print(crop->percent[i], numbers[i]);
    if (crop->kind == IMAGE_CROP_SQUARE)
        snprintf(text, HTTP_VALUE_BYTES, "square");
    else if (crop->kind == IMAGE_CROP_PERCENT)
        snprintf(text, HTTP_VALUE_BYTES, "pct:%s,%s,%s,%s", numbers[0], numbers[1], numbers[2],
                 numbers[3]);
    else
        snprintf(text, HTTP_VALUE_BYTES, "%u,%u,%u,%u", crop->box.left, crop->box.top,
                 crop->box.width, crop->box.height);
}

static void describe_crop(const struct http_parameter *parameter,
                          char text[static HTTP_VALUE_BYTES])
{
    (void)parameter;
    snprintf(text, HTTP_VALUE_BYTES,
             "x,y,w,h in pixels or pct:x,y,w,h in percent, partly within the image, or square");
}

static const char *const crop_examples[] = {"square", "0,0,48,32", "pct:25,25,50,50", NULL};

const struct http_parameter_type parameter_type_crop = {
    .size = sizeof(struct image_crop),
    .read = read_crop,
    .write = write_crop,
    .describe = describe_crop,
    .json = "string",
    .pattern = "^(square|(-?[0-9]+,){2}[0-9]+,[0-9]+|"
               "pct:(" SIGNED ",){2}\\+?" NUMBER ",\\+?" NUMBER ")$",
    .examples = crop_examples,
};

/* --- background ------------------------------------------------------------------------------ */

static int read_background(const struct http_parameter *parameter, const char *text, void *member)
{
    enum { OPAQUE = 6, WITH_ALPHA = 8 };
    const size_t length = strlen(text);
    uint32_t colour;

    (void)parameter;
    if (length != OPAQUE && length != WITH_ALPHA)
        return STATUS_BAD_PARAMETER;
    for (size_t i = 0; i < length; i++) {
        if (!isxdigit((unsigned char)text[i]))
            return STATUS_BAD_PARAMETER;
    }
    colour = (uint32_t)strtoul(text, NULL, 16);
    *(uint32_t *)member = length == OPAQUE ? colour << 8 | 0xff : colour;
    return 0;
}

static void write_background(const struct http_parameter *parameter, const void *member,
                             char text[static HTTP_VALUE_BYTES])
{
    (void)parameter;
    snprintf(text, HTTP_VALUE_BYTES, "%08x", *(const uint32_t *)member);
}

static void describe_background(const struct http_parameter *parameter,
                                char text[static HTTP_VALUE_BYTES])
{
    (void)parameter;
    snprintf(text, HTTP_VALUE_BYTES, "RRGGBB or RRGGBBAA in hexadecimal digits");
}

static const char *const colour_examples[] = {"ffffff", "00000080", NULL};

const struct http_parameter_type parameter_type_colour = {
    .size = sizeof(uint32_t),
    .read = read_background,
    .write = write_background,
    .describe = describe_background,
    .json = "string",
    .pattern = "^([0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$",
    .examples = colour_examples,
};

/* --- effort ---------------------------------------------------------------------------------- */

static int read_effort(const struct http_parameter *parameter, const char *text, void *member)
{
    uint32_t effort;
    int status = http_type_integer.read(parameter, text, &effort);

    if (status == 0)
        *(uint32_t *)member = effort + 1; /* 0 is that none was asked for */
    return status;
}

static void write_effort(const struct http_parameter *parameter, const void *member,
                         char text[static HTTP_VALUE_BYTES])
{
    const uint32_t effort = *(const uint32_t *)member - 1;

    http_type_integer.write(parameter, &effort, text);
}

static void describe_effort(const struct http_parameter *parameter,
                            char text[static HTTP_VALUE_BYTES])
{
    http_type_integer.describe(parameter, text);
}

const struct http_parameter_type parameter_type_effort = {
    .size = sizeof(uint32_t),
    .read = read_effort,
    .write = write_effort,
    .describe = describe_effort,
    .json = "integer",
};
