/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/imaginary_query.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/status.h"
#include "http/target.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_BYTES = 32, NUMBER_BYTES = 40 };

static const struct imaginary_operation_type operation_types[] = {
    {"resize", IMAGINARY_NEEDS_SIDE, IMAGINARY_RESIZE, 0, false, false, false},
    {"crop", IMAGINARY_NEEDS_SIDE, IMAGINARY_CROP, 0, false, false, false},
    {"smartcrop", IMAGINARY_NEEDS_SIDE, IMAGINARY_CROP, 0, true, false, false},
    {"fit", IMAGINARY_NEEDS_BOTH_SIDES, IMAGINARY_FIT, 0, false, false, false},
    {"enlarge", IMAGINARY_NEEDS_BOTH_SIDES, IMAGINARY_ENLARGE, 0, false, false, false},
    {"thumbnail", IMAGINARY_NEEDS_SIDE, IMAGINARY_STRETCH, 0, false, false, false},
    {"extract", IMAGINARY_NEEDS_AREA, IMAGINARY_STRETCH, 0, false, true, false},
    {"zoom", IMAGINARY_NEEDS_FACTOR, IMAGINARY_STRETCH, 0, false, true, false},
    {"rotate", IMAGINARY_NEEDS_ROTATE, IMAGINARY_STRETCH, 0, false, false, false},
    {"autorotate", IMAGINARY_NEEDS_NOTHING, IMAGINARY_NO_SIZE, 0, false, false, true},
    {"flip", IMAGINARY_NEEDS_NOTHING, IMAGINARY_STRETCH, IMAGE_FLIP_HORIZONTAL, false, false,
     false},
    {"flop", IMAGINARY_NEEDS_NOTHING, IMAGINARY_STRETCH, IMAGE_FLIP_VERTICAL, false, false, false},
    {"convert", IMAGINARY_NEEDS_TYPE, IMAGINARY_STRETCH, 0, false, false, false},
    {"blur", IMAGINARY_NEEDS_BLUR, IMAGINARY_STRETCH, 0, false, false, false},
    {"watermark", IMAGINARY_NEEDS_WATERMARKS, IMAGINARY_NO_SIZE, 0, false, false, false},
    {"watermarkimage", IMAGINARY_NEEDS_WATERMARKS, IMAGINARY_NO_SIZE, 0, false, false, false},
};

const struct imaginary_operation_type *imaginary_find_operation(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(operation_types); i++) {
        if (strcmp(operation_types[i].name, name) == 0)
            return &operation_types[i];
    }
    /* The one name that a pipeline spells in another way than its path. */
    return strcmp(name, "watermarkImage") == 0 ? imaginary_find_operation("watermarkimage") : NULL;
}

/* --- values -------------------------------------------------------------------------------------
 */

enum kind { INTEGER, DECIMAL, BOOLEAN, WORD, TRIMMED_WORD, COLOUR, RATIO, IGNORED_TEXT };

static uint32_t saturate_side(double value)
{
    return value < INT32_MAX ? (uint32_t)value : INT32_MAX;
}

/* Rounded, and without its sign. Every reader returns whether `text` is a value of its kind;
 * it is not empty but for a boolean, which is false then, since of `nocrop` it counts that it is
 * given. */
static bool read_whole_number(const char *text, uint32_t *value)
{
    double number;

    if (parse_decimal(text, strlen(text), &number) != 0)
        return false;
    *value = saturate_side(floor(fabs(number) + 0.5));
    return true;
}

static bool read_magnitude(const char *text, struct decimal *value)
{
    if (*text == '-' || *text == '+')
        text++;
    return parse_exact_decimal(text, strlen(text), value) == 0;
}

static bool read_boolean(const char *text, uint32_t *value)
{
    static const char *const words[][7] = {
        {"1", "t", "T", "true", "TRUE", "True", "1"},
        {"0", "f", "F", "false", "FALSE", "False", ""},
    };

    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 7; j++) {
            if (strcmp(text, words[i][j]) == 0) {
                *value = i == 0 ? IMAGE_TRUE : IMAGE_FALSE;
                return true;
            }
        }
    }
    return false;
}

static bool read_word(const char *text, size_t length, struct imaginary_word *value)
{
    strcpy(value->text, "?");
    if (length < sizeof(value->text)) {
        memcpy(value->text, text, length);
        value->text[length] = '\0';
    }
    return true;
}

static bool read_trimmed_word(const char *text, struct imaginary_word *value)
{
    static const char white_space[] = " \t\n\v\f\r";
    size_t length;

    text += strspn(text, white_space);
    length = strlen(text);
    while (length > 0 && strchr(white_space, text[length - 1]) != NULL)
        length--;
    return read_word(text, length, value);
}

/* "R,G,B", values cut to 255; more than three do not count. Black is as if it was not given. */
static bool read_rgb(const char *text, uint32_t *value)
{
    uint32_t colour = 0;

    for (int i = 0; i < 3; i++) {
        const char *end = text + strcspn(text, ",");
        int64_t number;

        while (*text == ' ')
            text++;
        while (end > text && end[-1] == ' ')
            end--;
        if (end <= text || !is_ascii_digit(*text) ||
            parse_int64(text, (size_t)(end - text), &number) != 0)
            return false;
        colour = colour << 8 | (uint32_t)(number < 255 ? number : 255);
        text = end + strcspn(end, ",");
        if (i < 2 && *text++ != ',')
            return false;
    }
    *value = colour != 0 ? colour << 8 | 0xff : 0;
    return *text == '\0' || *text == ',';
}

/* "16:9". A malformed one counts only where it is needed. */
static bool read_ratio(const char *text, struct imaginary_ratio *value)
{
    const char *colon = strchr(text, ':');
    int64_t width, height;

    *value = (struct imaginary_ratio){.given = 1};
    if (colon != NULL && parse_int64(text, (size_t)(colon - text), &width) == 0 &&
        parse_int64(colon + 1, strlen(colon + 1), &height) == 0 && width > 0 && height > 0 &&
        width <= INT32_MAX && height <= INT32_MAX) {
        value->width = (uint32_t)width;
        value->height = (uint32_t)height;
    }
    return true;
}

static bool read_text(enum kind kind, const char *text, void *member)
{
    if (text[0] == '\0' && kind != BOOLEAN)
        return true;
    switch (kind) {
    case INTEGER:
        return read_whole_number(text, member);
    case DECIMAL:
        return read_magnitude(text, member);
    case BOOLEAN:
        return read_boolean(text, member);
    case WORD:
        return read_word(text, strlen(text), member);
    case TRIMMED_WORD:
        return read_trimmed_word(text, member);
    case COLOUR:
        return read_rgb(text, member);
    case RATIO:
        return read_ratio(text, member);
    default:
        return true;
    }
}

/* A string of JSON reads as in a query; a number and a boolean are only what they are. */
static bool read_json(enum kind kind, const cJSON *item, void *member)
{
    char text[NUMBER_BYTES];

    if (cJSON_IsString(item))
        return read_text(kind, item->valuestring, member);
    if (cJSON_IsNumber(item) && !isfinite(item->valuedouble))
        return false;
    if (kind == INTEGER && cJSON_IsNumber(item)) {
        *(uint32_t *)member = saturate_side(fabs(item->valuedouble));
        return true;
    }
    if (kind == DECIMAL && cJSON_IsNumber(item)) {
        snprintf(text, sizeof(text), "%.15g", item->valuedouble);
        return read_magnitude(text, member);
    }
    if (kind == BOOLEAN && cJSON_IsBool(item)) {
        *(uint32_t *)member = cJSON_IsTrue(item) ? IMAGE_TRUE : IMAGE_FALSE;
        return true;
    }
    return false;
}

/* --- the table of parameters --------------------------------------------------------------------
 */

/* clang-format off */
#define PARAMETERS(ROW)                                                                            \
    ROW(width, INTEGER, "of the result")                                                           \
    ROW(height, INTEGER, "of the result")                                                          \
    ROW(quality, INTEGER, "of lossy results")                                                      \
    ROW(compression, INTEGER, "of PNG, 0 to 9")                                                    \
    ROW(speed, INTEGER, "of AVIF, 0 to 9: the higher, the faster")                                 \
    ROW(rotate, INTEGER, "degrees clockwise, cut to a multiple of 90")                             \
    ROW(factor, INTEGER, "zoom: how many times larger beyond the first")                           \
    ROW(top, INTEGER, "of the area")                                                               \
    ROW(left, INTEGER, "of the area")                                                              \
    ROW(areawidth, INTEGER, "of the area")                                                         \
    ROW(areaheight, INTEGER, "of the area")                                                        \
    ROW(sigma, DECIMAL, "of a Gaussian blur")                                                      \
    ROW(minampl, DECIMAL, "of the blur, at least 0.01; has no effect")                             \
    ROW(flip, BOOLEAN, "left and right change places")                                             \
    ROW(flop, BOOLEAN, "top and bottom change places")                                             \
    ROW(nocrop, BOOLEAN, "fits rather than cuts")                                                  \
    ROW(noprofile, BOOLEAN, "the colours become sRGB, without a profile")                          \
    ROW(norotation, BOOLEAN, "keeps EXIF's orientation unapplied")                                 \
    ROW(force, BOOLEAN, "stretches to both sides")                                                 \
    ROW(embed, BOOLEAN, "pads rather than cuts")                                                   \
    ROW(stripmeta, BOOLEAN, "as noprofile, and no metadata")                                       \
    ROW(interlace, BOOLEAN, "progressive JPEG, interlaced PNG")                                    \
    ROW(background, COLOUR, "of what is padded, and under transparency: R,G,B")                    \
    ROW(aspectratio, RATIO, "16:9; with one side")                                                 \
    ROW(type, WORD, "the format of the result: jpeg, png, webp, tiff, gif, avif or auto")          \
    ROW(gravity, TRIMMED_WORD, "where to cut: centre, north, east, south, west or smart")          \
    ROW(extend, TRIMMED_WORD,                                                                      \
        "what is padded: black, white, mirror, copy, lastpixel or background")                     \
    ROW(colorspace, WORD, "srgb or bw")                                                            \
    ROW(field, WORD, "the name of the file, of several in a form")                                 \
    ROW(file, WORD, NULL)                                                                          \
    ROW(url, WORD, NULL)

/* Checked, and of no effect: those of watermarks, and `palette`, since our PNGs keep every colour. */
#define UNUSED(ROW)                                                                                \
    ROW(margin, INTEGER, NULL)                                                                     \
    ROW(dpi, INTEGER, NULL)                                                                        \
    ROW(textwidth, INTEGER, NULL)                                                                  \
    ROW(opacity, DECIMAL, NULL)                                                                    \
    ROW(noreplicate, BOOLEAN, NULL)                                                                \
    ROW(palette, BOOLEAN, NULL)                                                                    \
    ROW(text, IGNORED_TEXT, NULL)                                                                  \
    ROW(image, IGNORED_TEXT, NULL)                                                                 \
    ROW(font, IGNORED_TEXT, NULL)                                                                  \
    ROW(color, IGNORED_TEXT, NULL)                                                                 \
    ROW(key, IGNORED_TEXT, NULL)
/* clang-format on */

#define NAME(name_, kind_, help_) #name_,
#define USED_ROW(name_, kind_, help_)                                                              \
    {#name_, kind_, offsetof(struct imaginary_parameters, name_), help_},
#define UNUSED_ROW(name_, kind_, help_) {#name_, kind_, SIZE_MAX, help_},

static const struct parameter {
    const char *name;
    enum kind kind;
    size_t offset;    /* of its member; SIZE_MAX: none */
    const char *help; /* for the documentation; NULL: of no effect */
} parameters[] = {PARAMETERS(USED_ROW) UNUSED(UNUSED_ROW)};

const char *const imaginary_names[] = {PARAMETERS(NAME) UNUSED(NAME) "operations", NULL};

static_assert(ARRAY_LENGTH(parameters) <= 64, "a bit for each");

static const struct parameter *find_parameter(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(parameters); i++) {
        if (strcmp(parameters[i].name, name) == 0)
            return &parameters[i];
    }
    return NULL;
}

const char *imaginary_operation_name(size_t index)
{
    return index < ARRAY_LENGTH(operation_types) ? operation_types[index].name : NULL;
}

bool imaginary_describe(size_t index, struct imaginary_description *described)
{
    static const struct imaginary_description kinds[] = {
        [INTEGER] = {.json = "integer"},
        [DECIMAL] = {.json = "number"},
        [BOOLEAN] = {.json = "boolean"},
        [WORD] = {.json = "string"},
        [TRIMMED_WORD] = {.json = "string"},
        [COLOUR] = {.json = "string", .pattern = "^[0-9]+,[0-9]+,[0-9]+$"},
        [RATIO] = {.json = "string", .pattern = "^[0-9]+:[0-9]+$"},
    };

    if (index >= ARRAY_LENGTH(parameters) || parameters[index].help == NULL)
        return false;
    *described = kinds[parameters[index].kind];
    described->name = parameters[index].name;
    described->help = parameters[index].help;
    if (strcmp(described->name, "sigma") == 0)
        described->largest = IMAGINARY_SIGMA_MAX;
    return true;
}

/* Room for a value that is only checked. */
union unused_value {
    uint32_t number;
    struct decimal decimal;
};

static void *member_of(const struct parameter *parameter, struct imaginary_parameters *values,
                       union unused_value *unused)
{
    return parameter->offset != SIZE_MAX ? (char *)values + parameter->offset : (char *)unused;
}

static int refuse_query(char detail[static HTTP_DETAIL_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int refuse_query(char detail[static HTTP_DETAIL_BYTES], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(detail, HTTP_DETAIL_BYTES, format, arguments);
    va_end(arguments);
    return STATUS_BAD_PARAMETER;
}

static int refuse_kind(const struct parameter *parameter, char *detail)
{
    static const char *const kinds[] = {
        [INTEGER] = "a number",        [DECIMAL] = "a number",
        [BOOLEAN] = "true or false",   [WORD] = "a text",
        [TRIMMED_WORD] = "a text",     [COLOUR] = "a colour, \"R,G,B\"",
        [RATIO] = "a ratio, \"16:9\"", [IGNORED_TEXT] = "a text",
    };

    return refuse_query(detail, "Error while processing parameters: \"%s\" must be %s",
                        parameter->name, kinds[parameter->kind]);
}

/* --- a pipeline's JSON --------------------------------------------------------------------------
 */

static int read_json_parameters(const cJSON *object, struct imaginary_parameters *values,
                                char *detail)
{
    const cJSON *item;

    if (object == NULL || cJSON_IsNull(object))
        return 0;
    if (!cJSON_IsObject(object))
        return refuse_query(detail,
                            "Error while processing parameters: \"params\" must be an object");
    cJSON_ArrayForEach(item, object)
    {
        const struct parameter *parameter = find_parameter(item->string);
        union unused_value unused;

        if (parameter != NULL &&
            !read_json(parameter->kind, item, member_of(parameter, values, &unused)))
            return refuse_kind(parameter, detail);
    }
    return 0;
}

/* The members of an operation, in any case, of which the last of a name counts; no other may be
 * there. Go's decoder reads them so. */
struct json_operation {
    const cJSON *operation, *ignore_failure, *params;
};

static bool find_members(const cJSON *object, struct json_operation *members)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, object)
    {
        if (strcasecmp(item->string, "operation") == 0)
            members->operation = item;
        else if (strcasecmp(item->string, "ignore_failure") == 0)
            members->ignore_failure = item;
        else if (strcasecmp(item->string, "params") == 0)
            members->params = item;
        else
            return false;
    }
    return true;
}

static bool is_null_or(const cJSON *item, cJSON_bool (*is_of_type)(const cJSON *item))
{
    return item == NULL || cJSON_IsNull(item) || is_of_type(item);
}

static int read_json_operation(const cJSON *item, struct imaginary_operation *operation,
                               char *detail)
{
    struct json_operation members = {0};
    const char *name;

    if (!cJSON_IsNull(item) && (!cJSON_IsObject(item) || !find_members(item, &members) ||
                                !is_null_or(members.operation, cJSON_IsString) ||
                                !is_null_or(members.ignore_failure, cJSON_IsBool)))
        return refuse_query(detail,
                            "Error while processing parameters: \"operations\" must be an array "
                            "of objects with the members operation, params and ignore_failure");
    name = members.operation != NULL ? cJSON_GetStringValue(members.operation) : NULL;
    operation->type = name != NULL ? imaginary_find_operation(name) : NULL;
    if (operation->type == NULL)
        return refuse_query(detail,
                            "Error while processing the image: Unsupported operation name: %.64s",
                            name != NULL ? name : "");
    operation->optional = cJSON_IsTrue(members.ignore_failure) != 0;
    return read_json_parameters(members.params, &operation->parameters, detail);
}

static void delete_json(cJSON **json)
{
    cJSON_Delete(*json);
}

static int read_operations(struct imaginary_query *asked, const char *text, char *detail)
{
    __attribute__((cleanup(delete_json))) cJSON *json = NULL;
    const cJSON *item;
    int status = 0;

    if (strlen(text) > IMAGINARY_JSON_MAX_BYTES)
        return refuse_query(detail, "\"operations\" has at most %d bytes",
                            IMAGINARY_JSON_MAX_BYTES);
    json = cJSON_Parse(text);
    if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) == 0)
        return refuse_query(detail, "Error while processing the image: Missing or invalid pipeline "
                                    "operations JSON");
    if (cJSON_GetArraySize(json) > IMAGINARY_OPERATIONS_MAX)
        return refuse_query(detail,
                            "Error while processing the image: Maximum allowed pipeline "
                            "operations is %d",
                            IMAGINARY_OPERATIONS_MAX);
    cJSON_ArrayForEach(item, json)
    {
        if (status == 0)
            status = read_json_operation(item, &asked->operations[asked->count++], detail);
    }
    return status;
}

/* --- a query ------------------------------------------------------------------------------------
 */

/* A query while it is read. */
struct query_reading {
    struct imaginary_query *asked;
    struct imaginary_parameters parameters;
    uint64_t seen; /* bit N: row N of the table */
    bool seen_operations;
    char *value; /* room for the longest */
    size_t value_size;
    char *detail;
};

static int read_query_pair(struct query_reading *reading, const char *pair, size_t length)
{
    const char *equals = memchr(pair, '=', length);
    const size_t name_length = equals != NULL ? (size_t)(equals - pair) : length;
    const struct parameter *parameter = NULL;
    union unused_value unused;
    char name[NAME_BYTES];
    bool operations = false;
    uint64_t bit;
    int status = http_query_decode(pair, name_length, name, sizeof(name));

    if (status == 0) {
        operations = reading->asked->pipeline && strcmp(name, "operations") == 0;
        parameter = find_parameter(name);
    }
    if (status == -EFBIG || (status == 0 && !operations && parameter == NULL))
        return 0; /* no name of imaginary's, whatever its value is */
    if (status != 0 || http_query_decode(pair + name_length + (equals != NULL ? 1 : 0),
                                         length - name_length - (equals != NULL ? 1 : 0),
                                         reading->value, reading->value_size) != 0)
        return refuse_query(reading->detail, "the query is not percent-encoded UTF-8");
    if (operations) {
        status = reading->seen_operations
                     ? 0
                     : read_operations(reading->asked, reading->value, reading->detail);
        reading->seen_operations = true;
        return status;
    }
    bit = UINT64_C(1) << (parameter - parameters);
    if ((reading->seen & bit) != 0)
        return 0;
    reading->seen |= bit;
    if (!read_text(parameter->kind, reading->value,
                   member_of(parameter, &reading->parameters, &unused)))
        return refuse_kind(parameter, reading->detail);
    return 0;
}

static int read_pairs(struct query_reading *reading, const char *query, size_t length)
{
    const char *end = query + length, *ampersand;
    int status = 0;

    for (const char *pair = query; status == 0 && pair < end; pair = ampersand + 1) {
        ampersand = memchr(pair, '&', (size_t)(end - pair));
        if (ampersand == NULL)
            ampersand = end;
        status = read_query_pair(reading, pair, (size_t)(ampersand - pair));
    }
    return status;
}

int imaginary_read(struct imaginary_query *asked, const char *path, const char *query,
                   size_t length, char detail[static HTTP_DETAIL_BYTES])
{
    _cleanup_free_ char *value = malloc(length + 1);
    struct query_reading reading = {
        .asked = asked, .value = value, .value_size = length + 1, .detail = detail};
    int status = 0;

    if (value == NULL)
        return -ENOMEM;
    *asked = (struct imaginary_query){.pipeline = strcmp(path, "/pipeline") == 0};
    asked->operations[0].type = asked->pipeline ? NULL : imaginary_find_operation(path + 1);
    if (!asked->pipeline && asked->operations[0].type == NULL)
        return STATUS_NOT_FOUND;
    if (length > 0)
        status = read_pairs(&reading, query, length);
    if (status != 0)
        return status;
    asked->field = reading.parameters.field;
    asked->asks_url =
        reading.parameters.url.text[0] != '\0' || reading.parameters.file.text[0] != '\0';
    if (!asked->pipeline) {
        asked->count = 1;
        asked->operations[0].parameters = reading.parameters;
    } else if (asked->count == 0) {
        return refuse_query(detail, "Error while processing the image: Missing or invalid pipeline "
                                    "operations JSON");
    }
    return 0;
}
