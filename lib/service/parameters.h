/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/query.h"
#include "image/plan/request.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * The one table of what clients may ask of an image: it is walked to read a query, to write the
 * scale server's, for docs/http.md, OpenAPI and the gateway's page.
 */
enum {
    PARAMETER_SCALE,
    PARAMETER_WIDTH,
    PARAMETER_HEIGHT,
    PARAMETER_FIT,
    PARAMETER_ENLARGE,
    PARAMETER_LINEAR,
    PARAMETER_GRAVITY,
    PARAMETER_CROP,
    PARAMETER_FLIP,
    PARAMETER_ROTATE,
    PARAMETER_BLUR,
    PARAMETER_SHARPEN,
    PARAMETER_BACKGROUND,
    PARAMETER_GRAY,
    PARAMETER_FORMAT,
    PARAMETER_QUALITY,
    PARAMETER_LOSSLESS,
    PARAMETER_EFFORT,
    PARAMETER_PROGRESSIVE,
    PARAMETER_SUBSAMPLING,
    PARAMETER_METADATA,
    PARAMETER_PROFILE,
    PARAMETER_ANIMATED,
    PARAMETERS
};

/* With the limits of this interface alone. */
extern const struct http_parameter_table image_parameters;

/* What a query may hold besides: `key`, a token, which lib/http reads. NULL-terminated. */
extern const char *const parameters_ignored[];

/* The same rows with a server's own limits. Before it serves. */
void parameters_limit(const struct settings *settings,
                      struct http_parameter rows[static PARAMETERS]);

/* What a request asks for, over the preset of gray of its path. 0; or STATUS_BAD_PARAMETER with a
 * sentence in `detail` that names two parameters that contradict each other. */
int parameters_variant(const struct http_parameter_values *values, enum image_gray gray,
                       struct image_variant *variant, char detail[static HTTP_DETAIL_BYTES]);

/* Whether a size is asked for, by whichever parameter. */
bool parameters_ask_size(const struct http_parameter_values *values);

/* Whether gray, in the source's format, is all that is asked for: what the gateway's children do.
 */
bool parameters_ask_gray_alone(const struct http_parameter_values *values, enum image_gray gray);

/* What holds if it is not given, in words, code in backquotes; "": nothing. */
void parameters_default(const struct http_parameter *row, char text[static HTTP_VALUE_BYTES]);

/* The table in docs/http.md. */
void parameters_document(FILE *out);
