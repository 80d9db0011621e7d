/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/settings.h"
#include "http/query.h"
#include "image/plan/request.h"

#include <stdio.h>

/*
 * The one table of what clients may ask of an image: it is walked to read a query, to write the
 * scale server's, and to document.
 */
enum { PARAMETER_SCALE, PARAMETER_GRAY, PARAMETER_QUALITY, PARAMETERS };

/* With the limits of this interface alone. */
extern const struct http_parameter_table image_parameters;

/* The same rows with the scale server's own limits. Before it serves. */
void parameters_limit(const struct settings *settings,
                      struct http_parameter rows[static PARAMETERS]);

/* What a request asks for, over the preset of gray of its path. */
struct image_variant parameters_variant(const struct http_parameter_values *values,
                                        enum image_gray gray);

/* The table in docs/http.md. */
void parameters_document(FILE *out);
