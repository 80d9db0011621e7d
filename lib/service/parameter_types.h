/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "http/query.h"

/* Types of parameters that only images have. Their members are those of struct image_variant. */
extern const struct http_parameter_type parameter_type_fit;     /* a uint32_t, enum image_fit */
extern const struct http_parameter_type parameter_type_gravity; /* a struct image_asked_gravity */
extern const struct http_parameter_type parameter_type_crop;    /* a struct image_crop */
extern const struct http_parameter_type parameter_type_colour;  /* a uint32_t, 0xRRGGBBAA */
extern const struct http_parameter_type parameter_type_effort; /* a uint32_t, one more than asked */
