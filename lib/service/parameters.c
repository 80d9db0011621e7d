/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/parameters.h"

#include "base/cleanup.h"

#include <assert.h>
#include <string.h>

static const struct http_choice gray_choices[] = {
    {"none", IMAGE_GRAY_NONE},
    {"luma", IMAGE_GRAY_LUMA},
    {NULL, 0},
};

#define AT(member) offsetof(struct image_variant, member)

/* A row reads by its lines: what and where, range, documentation. */
/* clang-format off */
static const struct http_parameter rows[PARAMETERS] = {
    [PARAMETER_SCALE] = {
        .name = "scale", .type = &http_type_decimal, .offset = AT(scale),
        .above_smallest = true, .largest = {.digits = 1},
        .fallback = "`scale.default` on `/scale`",
        .help = "factor for both sides; `scale.max` of the scale server may allow less than 1",
    },
    [PARAMETER_GRAY] = {
        .name = "gray", .type = &http_type_choice, .offset = AT(gray),
        .choices = gray_choices,
        .fallback = "`none`; `luma` on `/` and `/gray`",
        .help = "luma: Rec. 601 luma of the encoded values",
    },
    [PARAMETER_QUALITY] = {
        .name = "quality", .type = &http_type_integer, .offset = AT(quality),
        .smallest = {.digits = 1}, .largest = {.digits = 100},
        .fallback = "`output.quality`",
        .help = "of lossy results, JPEG and lossy WebP; no effect on others",
    },
};
/* clang-format on */

const struct http_parameter_table image_parameters = {rows, ARRAY_LENGTH(rows)};

static_assert(sizeof(struct image_variant) <= HTTP_MEMBERS_BYTES, "there is room for its values");

void parameters_limit(const struct settings *settings,
                      struct http_parameter limited[static PARAMETERS])
{
    memcpy(limited, rows, sizeof(rows));
    limited[PARAMETER_SCALE].largest = decimal_from_fraction(settings->scale.max);
}

struct image_variant parameters_variant(const struct http_parameter_values *values,
                                        enum image_gray gray)
{
    struct image_variant variant = *(const struct image_variant *)values->members;

    if ((values->given & UINT64_C(1) << PARAMETER_GRAY) == 0)
        variant.gray = gray;
    return variant;
}

void parameters_document(FILE *out)
{
    char values[HTTP_VALUE_BYTES];

    fputs("| name | value | default | meaning |\n| --- | --- | --- | --- |\n", out);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        rows[i].type->describe(&rows[i], values);
        fprintf(out, "| `%s` | %s | %s | %s |\n", rows[i].name, values, rows[i].fallback,
                rows[i].help);
    }
}
