/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/parameters.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "service/parameter_types.h"

#include <assert.h>
#include <string.h>

static const struct http_choice gray_choices[] = {
    {"none", IMAGE_GRAY_NONE},
    {"luma", IMAGE_GRAY_LUMA},
    {"luminance", IMAGE_GRAY_LUMINANCE},
    {NULL, 0},
};
static const struct http_choice fit_choices[] = {
    {"inside", IMAGE_FIT_INSIDE}, {"cover", IMAGE_FIT_COVER},     {"fill", IMAGE_FIT_FILL},
    {"pad", IMAGE_FIT_PAD},       {"outside", IMAGE_FIT_OUTSIDE}, {NULL, 0},
};
static const struct http_choice flip_choices[] = {
    {"h", IMAGE_FLIP_HORIZONTAL},
    {"v", IMAGE_FLIP_VERTICAL},
    {"hv", IMAGE_FLIP_HORIZONTAL | IMAGE_FLIP_VERTICAL},
    {NULL, 0},
};
static const struct http_choice rotate_choices[] = {
    {"90", 90}, {"180", 180}, {"270", 270}, {NULL, 0}};
static const struct http_choice format_choices[] = {
    {"source", IMAGE_NONE}, {"jpeg", IMAGE_JPEG},        {"jpg", IMAGE_JPEG}, {"png", IMAGE_PNG},
    {"webp", IMAGE_WEBP},   {"avif", IMAGE_AVIF},        {"gif", IMAGE_GIF},  {"tiff", IMAGE_TIFF},
    {"tif", IMAGE_TIFF},    {"auto", IMAGE_FORMAT_AUTO}, {NULL, 0},
};
static const struct http_choice subsampling_choices[] = {
    {"auto", IMAGE_SUBSAMPLING_AUTO},
    {"420", IMAGE_SUBSAMPLING_420},
    {"444", IMAGE_SUBSAMPLING_444},
    {NULL, 0},
};
static const struct http_choice metadata_choices[] = {
    {"none", IMAGE_METADATA_NONE},
    {"copyright", IMAGE_METADATA_COPYRIGHT},
    {"keep", IMAGE_METADATA_KEEP},
    {NULL, 0},
};
static const struct http_choice profile_choices[] = {
    {"keep", IMAGE_PROFILE_KEEP}, {"srgb", IMAGE_PROFILE_SRGB}, {NULL, 0}};
static const struct http_choice boolean_choices[] = {{"true", 1}, {"false", 0}, {NULL, 0}};
static const struct http_choice lossless_choices[] = {
    {"true", IMAGE_TRUE}, {"false", IMAGE_FALSE}, {NULL, 0}};
static const struct http_choice animated_choices[] = {{"true", 0}, {"false", 1}, {NULL, 0}};

#define AT(member) offsetof(struct image_variant, member)
#define INTEGER(n)                                                                                 \
    {                                                                                              \
        .digits = (n)                                                                              \
    }
#define TENTHS(n)                                                                                  \
    {                                                                                              \
        .digits = (n), .places = 1                                                                 \
    }

/* A row reads by its lines: what and where, range, documentation. */
/* clang-format off */
static const struct http_parameter rows[PARAMETERS] = {
    [PARAMETER_SCALE] = {
        .name = "scale", .type = &http_type_decimal, .offset = AT(stage.scale),
        .above_smallest = true, .largest = INTEGER(1),
        .fallback = "`scale.default` on `/scale` without a size",
        .help = "factor for both sides; `scale.max` of the scale server may allow less than 1; "
                "excludes `width` and `height`",
    },
    [PARAMETER_WIDTH] = {
        .name = "width", .type = &http_type_integer, .offset = AT(stage.width),
        .smallest = INTEGER(1), .largest = INTEGER(65535),
        .help = "of the result, at most `limits.max_side`; without `height` the aspect ratio is kept",
    },
    [PARAMETER_HEIGHT] = {
        .name = "height", .type = &http_type_integer, .offset = AT(stage.height),
        .smallest = INTEGER(1), .largest = INTEGER(65535),
        .help = "of the result, at most `limits.max_side`; without `width` the aspect ratio is kept",
    },
    [PARAMETER_FIT] = {
        .name = "fit", .type = &parameter_type_fit, .offset = AT(stage.fit),
        .choices = fit_choices,
        .initial = "inside",
        .help = "how an image meets a box of both sides",
    },
    [PARAMETER_ENLARGE] = {
        .name = "enlarge", .type = &http_type_choice, .offset = AT(stage.enlarge),
        .choices = boolean_choices,
        .initial = "false",
        .help = "whether `width` and `height` may make an image larger",
    },
    [PARAMETER_LINEAR] = {
        .name = "linear", .type = &http_type_choice, .offset = AT(stage.linear),
        .choices = boolean_choices,
        .initial = "false",
        .help = "resize in linear light: fine bright detail keeps its weight; slower",
    },
    [PARAMETER_GRAVITY] = {
        .name = "gravity", .type = &parameter_type_gravity, .offset = AT(stage.gravity),
        .initial = "center",
        .help = "where `fit=cover` and `crop=square` cut, and where `fit=pad` places the image; "
                "`smart` excludes `fit=pad`",
    },
    [PARAMETER_CROP] = {
        .name = "crop", .type = &parameter_type_crop, .offset = AT(stage.crop),
        .help = "a part of the upright image, before it is resized; clipped at the edges",
    },
    [PARAMETER_FLIP] = {
        .name = "flip", .type = &http_type_choice, .offset = AT(stage.flip),
        .choices = flip_choices,
        .help = "h: left and right change places; v: top and bottom",
    },
    [PARAMETER_ROTATE] = {
        .name = "rotate", .type = &http_type_choice, .offset = AT(stage.rotate),
        .choices = rotate_choices,
        .help = "degrees clockwise, after `flip`",
    },
    [PARAMETER_BLUR] = {
        .name = "blur", .type = &http_type_decimal, .offset = AT(stage.blur),
        .smallest = TENTHS(3), .largest = INTEGER(100),
        .help = "sigma of a Gaussian blur, in pixels of the result",
    },
    [PARAMETER_SHARPEN] = {
        .name = "sharpen", .type = &http_type_decimal, .offset = AT(stage.sharpen),
        .smallest = TENTHS(3), .largest = INTEGER(10),
        .help = "sigma of an unsharp mask, in pixels of the result",
    },
    [PARAMETER_BACKGROUND] = {
        .name = "background", .type = &parameter_type_colour, .offset = AT(stage.background),
        .initial = "ffffff",
        .help = "the colour that `fit=pad` adds, and under transparency where the format has none",
    },
    [PARAMETER_GRAY] = {
        .name = "gray", .type = &http_type_choice, .offset = AT(stage.gray),
        .choices = gray_choices,
        .initial = "none", .fallback = "`luma` on `/` and `/gray`",
        .help = "luma: Rec. 601 luma of the encoded values; luminance: CIE's, in linear light",
    },
    [PARAMETER_FORMAT] = {
        .name = "format", .type = &http_type_choice, .offset = AT(encoding.format),
        .choices = format_choices, .by_accept = IMAGE_FORMAT_AUTO,
        .initial = "source",
        .help = "of the result; source: JPEG for HEIC; auto: the first of `output.auto` that "
                "`Accept` names",
    },
    [PARAMETER_QUALITY] = {
        .name = "quality", .type = &http_type_integer, .offset = AT(encoding.quality),
        .smallest = INTEGER(1), .largest = INTEGER(100),
        .fallback = "`output.quality`, `output.avif_quality`",
        .help = "of lossy results; no effect on others",
    },
    [PARAMETER_LOSSLESS] = {
        .name = "lossless", .type = &http_type_choice, .offset = AT(encoding.lossless),
        .choices = lossless_choices,
        .fallback = "WebP, AVIF: `true` if a lossless source keeps its format",
        .help = "WebP, AVIF; JPEG: possible where gray and turns of whole blocks are all that is "
                "asked; `true` excludes `quality`",
    },
    [PARAMETER_EFFORT] = {
        .name = "effort", .type = &parameter_type_effort, .offset = AT(encoding.effort),
        .smallest = INTEGER(0), .largest = INTEGER(IMAGE_EFFORT_MAX),
        .fallback = "per format; AVIF: 3 up to 1 megapixel, 2 up to 2.1, else 1, as of sources above 25",
        .help = "CPU time against size, of WebP, AVIF, PNG and GIF",
    },
    [PARAMETER_PROGRESSIVE] = {
        .name = "progressive", .type = &http_type_choice, .offset = AT(encoding.progressive),
        .choices = boolean_choices,
        .initial = "false",
        .help = "JPEG, PNG",
    },
    [PARAMETER_SUBSAMPLING] = {
        .name = "subsampling", .type = &http_type_choice, .offset = AT(encoding.subsampling),
        .choices = subsampling_choices,
        .initial = "auto",
        .help = "of lossy JPEG and AVIF; auto: 420 below quality 90, else as in the source",
    },
    [PARAMETER_METADATA] = {
        .name = "metadata", .type = &http_type_choice, .offset = AT(encoding.metadata),
        .choices = metadata_choices,
        .initial = "none",
        .help = "copyright: EXIF Artist and Copyright; keep: all, GPS included",
    },
    [PARAMETER_PROFILE] = {
        .name = "profile", .type = &http_type_choice, .offset = AT(encoding.profile),
        .choices = profile_choices,
        .initial = "keep",
        .help = "srgb: the colours are converted, and no profile is needed",
    },
    [PARAMETER_ANIMATED] = {
        .name = "animated", .type = &http_type_choice, .offset = AT(encoding.still),
        .choices = animated_choices,
        .initial = "true",
        .help = "false: the first frame alone",
    },
};
/* clang-format on */

const char *const parameters_ignored[] = {"key", NULL};

const struct http_parameter_table image_parameters = {.rows = rows, .count = ARRAY_LENGTH(rows)};

static_assert(sizeof(struct image_variant) <= HTTP_MEMBERS_BYTES, "there is room for its values");

void parameters_limit(const struct settings *settings,
                      struct http_parameter limited[static PARAMETERS])
{
    const struct decimal side = {.digits = (uint64_t)settings->limits.max_side};

    memcpy(limited, rows, sizeof(rows));
    limited[PARAMETER_WIDTH].largest = limited[PARAMETER_HEIGHT].largest = side;
    if (settings->scale.max > 0)
        limited[PARAMETER_SCALE].largest = decimal_from_fraction(settings->scale.max);
}

static bool is_given(const struct http_parameter_values *values, unsigned row)
{
    return (values->given & UINT64_C(1) << row) != 0;
}

static int contradict(char *detail, const char *one, const char *other)
{
    snprintf(detail, HTTP_DETAIL_BYTES, "parameters '%s' and '%s' contradict each other", one,
             other);
    return STATUS_BAD_PARAMETER;
}

static int check_contradictions(const struct http_parameter_values *values,
                                const struct image_variant *variant, char *detail)
{
    const struct image_stage *stage = &variant->stage;

    if (is_given(values, PARAMETER_SCALE) && is_given(values, PARAMETER_WIDTH))
        return contradict(detail, "scale", "width");
    if (is_given(values, PARAMETER_SCALE) && is_given(values, PARAMETER_HEIGHT))
        return contradict(detail, "scale", "height");
    if (variant->encoding.lossless == IMAGE_TRUE && is_given(values, PARAMETER_QUALITY))
        return contradict(detail, "lossless", "quality");
    if (stage->gravity.kind == IMAGE_GRAVITY_SMART && stage->fit == IMAGE_FIT_PAD)
        return contradict(detail, "gravity=smart", "fit=pad");
    return 0;
}

int parameters_variant(const struct http_parameter_values *values, enum image_gray gray,
                       struct image_variant *variant, char detail[static HTTP_DETAIL_BYTES])
{
    static const uint32_t white = 0xffffffff;

    memcpy(variant, values->members, sizeof(*variant));
    if (!is_given(values, PARAMETER_GRAY))
        variant->stage.gray = gray;
    if (!is_given(values, PARAMETER_BACKGROUND))
        variant->stage.background = white;
    return check_contradictions(values, variant, detail);
}

bool parameters_ask_size(const struct http_parameter_values *values)
{
    return is_given(values, PARAMETER_SCALE) || is_given(values, PARAMETER_WIDTH) ||
           is_given(values, PARAMETER_HEIGHT);
}

bool parameters_ask_gray_alone(const struct http_parameter_values *values, enum image_gray gray)
{
    static const uint64_t others =
        UINT64_C(1) << PARAMETER_GRAY | UINT64_C(1) << PARAMETER_QUALITY |
        UINT64_C(1) << PARAMETER_LOSSLESS | UINT64_C(1) << PARAMETER_EFFORT |
        UINT64_C(1) << PARAMETER_PROGRESSIVE | UINT64_C(1) << PARAMETER_SUBSAMPLING |
        UINT64_C(1) << PARAMETER_METADATA | UINT64_C(1) << PARAMETER_PROFILE |
        UINT64_C(1) << PARAMETER_FORMAT;
    const struct image_variant *asked = (const struct image_variant *)values->members;
    const uint32_t asked_gray = is_given(values, PARAMETER_GRAY) ? asked->stage.gray : gray;

    return asked_gray != IMAGE_GRAY_NONE && (values->given & ~others) == 0 &&
           asked->encoding.profile == IMAGE_PROFILE_KEEP && asked->encoding.format == IMAGE_NONE;
}

void parameters_default(const struct http_parameter *row, char text[static HTTP_VALUE_BYTES])
{
    const char *quote = row->initial != NULL ? "`" : "";
    const char *fallback = row->fallback != NULL ? row->fallback : "";

    snprintf(text, HTTP_VALUE_BYTES, "%s%s%s%s%s", quote, row->initial != NULL ? row->initial : "",
             quote, row->initial != NULL && fallback[0] != '\0' ? "; " : "", fallback);
}

void parameters_document(FILE *out)
{
    char values[HTTP_VALUE_BYTES], initial[HTTP_VALUE_BYTES];

    fputs("| name | value | default | meaning |\n| --- | --- | --- | --- |\n", out);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        rows[i].type->describe(&rows[i], values);
        parameters_default(&rows[i], initial);
        fprintf(out, "| `%s` | %s | %s | %s |\n", rows[i].name, values, initial, rows[i].help);
    }
}
