/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/imaginary_check.h"

/* What imaginary refuses whatever the image is, with its own words where clients may know them. */
#include "base/cleanup.h"
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int refuse_need(char *detail, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse_need(char *detail, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(detail, HTTP_DETAIL_BYTES, format, arguments);
    va_end(arguments);
    return status;
}

static int lacks(char *detail, const char *what)
{
    return refuse_need(detail, STATUS_BAD_PARAMETER,
                       "Error while processing the image: Missing required param: %s", what);
}

static int check_blur(const struct imaginary_parameters *asked, char *detail)
{
    const double sigma = decimal_value(asked->sigma), least = decimal_value(asked->minampl);

    if (sigma > IMAGINARY_SIGMA_MAX)
        return refuse_need(detail, STATUS_BAD_PARAMETER, "\"sigma\" must be at most %d",
                           IMAGINARY_SIGMA_MAX);
    if (least > 0 && least < 0.01)
        return refuse_need(detail, STATUS_BAD_PARAMETER, "\"minampl\" must be at least 0.01");
    return 0;
}

static int check_area(const struct imaginary_operation *operation, char *detail)
{
    const struct imaginary_parameters *asked = &operation->parameters;
    const bool needed = operation->type->need == IMAGINARY_NEEDS_AREA || asked->top > 0 ||
                        asked->left > 0 || asked->areawidth > 0 || asked->areaheight > 0;

    if (operation->type->area && needed && (asked->areawidth == 0 || asked->areaheight == 0))
        return lacks(detail, "areawidth or areaheight");
    return 0;
}

static int check_need(const struct imaginary_operation *operation, char *detail)
{
    const struct imaginary_parameters *asked = &operation->parameters;

    switch (operation->type->need) {
    case IMAGINARY_NEEDS_SIDE:
        return asked->width > 0 || asked->height > 0 ? 0 : lacks(detail, "height or width");
    case IMAGINARY_NEEDS_BOTH_SIDES:
        return asked->width > 0 && asked->height > 0 ? 0 : lacks(detail, "height, width");
    case IMAGINARY_NEEDS_ROTATE:
        return asked->rotate > 0 ? 0 : lacks(detail, "rotate");
    case IMAGINARY_NEEDS_FACTOR:
        return asked->factor > 0 ? 0 : lacks(detail, "factor");
    case IMAGINARY_NEEDS_TYPE:
        return asked->type.text[0] != '\0' ? 0 : lacks(detail, "type");
    case IMAGINARY_NEEDS_BLUR:
        return asked->sigma.digits > 0 || asked->minampl.digits > 0
                   ? 0
                   : lacks(detail, "sigma or minampl");
    case IMAGINARY_NEEDS_WATERMARKS:
        return refuse_need(detail, STATUS_NOT_IMPLEMENTED, "watermarks are not supported");
    default:
        return 0;
    }
}

/* --- types --------------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    enum image_format format;
} types[] = {
    {"jpeg", IMAGE_JPEG}, {"jpg", IMAGE_JPEG}, {"png", IMAGE_PNG},   {"webp", IMAGE_WEBP},
    {"tiff", IMAGE_TIFF}, {"gif", IMAGE_GIF},  {"avif", IMAGE_AVIF},
};

bool imaginary_is_auto(const struct imaginary_word *type)
{
    return strcasecmp(type->text, "auto") == 0;
}

enum image_format imaginary_find_type(const struct imaginary_word *type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (strcasecmp(types[i].name, type->text) == 0)
            return types[i].format;
    }
    return IMAGE_NONE;
}

/* Whether a type that nobody knows is refused: in a pipeline only /convert minds. */
static bool minds_type(const struct imaginary_query *asked,
                       const struct imaginary_operation *operation)
{
    return !asked->pipeline || operation->type->need == IMAGINARY_NEEDS_TYPE;
}

static int check_type(const struct imaginary_query *asked,
                      const struct imaginary_operation *operation, char *detail)
{
    const struct imaginary_word *type = &operation->parameters.type;

    if (type->text[0] == '\0' || imaginary_is_auto(type) ||
        imaginary_find_type(type) != IMAGE_NONE || !minds_type(asked, operation))
        return 0;
    return refuse_need(detail, STATUS_BAD_PARAMETER, "Unsupported output image format");
}

/* ------------------------------------------------------------------------------------------------
 */

int imaginary_check_operation(const struct imaginary_query *asked,
                              const struct imaginary_operation *operation,
                              char detail[static HTTP_DETAIL_BYTES])
{
    int status = check_need(operation, detail);

    if (status == 0)
        status = check_area(operation, detail);
    if (status == 0)
        status = check_blur(&operation->parameters, detail);
    return status == 0 ? check_type(asked, operation, detail) : status;
}

int imaginary_check(const struct imaginary_query *asked, char detail[static HTTP_DETAIL_BYTES])
{
    int status = 0;

    if (asked->asks_url)
        return refuse_need(detail, STATUS_NOT_IMPLEMENTED,
                           "\"url\" and \"file\" are not supported: send the picture in the body");
    for (unsigned i = 0; status == 0 && i < asked->count; i++) {
        if (!asked->operations[i].optional)
            status = imaginary_check_operation(asked, &asked->operations[i], detail);
    }
    return status;
}

bool imaginary_asks_accept(const struct imaginary_query *asked)
{
    for (unsigned i = 0; i < asked->count; i++) {
        if (imaginary_is_auto(&asked->operations[i].parameters.type))
            return true;
    }
    return false;
}
