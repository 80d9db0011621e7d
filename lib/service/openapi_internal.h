/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "service/openapi.h"

#include <cjson/cJSON.h>

/*
 * Inside openapi.c and openapi_components.c: the document while it is made. A missing piece marks
 * it as failed, and what would stand in that piece goes nowhere, so that only the end has to be
 * looked at.
 */
struct openapi {
    const struct openapi_service *service;
    bool failed; /* no memory */
};

/* Adds a member, or to an array (`name` is NULL) an item; returns it. */
cJSON *openapi_object(struct openapi *openapi, cJSON *to, const char *name);
cJSON *openapi_array(struct openapi *openapi, cJSON *to, const char *name);
void openapi_text(struct openapi *openapi, cJSON *to, const char *name, const char *text);
void openapi_number(struct openapi *openapi, cJSON *to, const char *name, double number);
void openapi_true(struct openapi *openapi, cJSON *to, const char *name);

/* Adds {"$ref": "#/components/KIND/NAME"}. */
void openapi_reference(struct openapi *openapi, cJSON *to, const char *name, const char *kind,
                       const char *component);

/* Whether images need a token, and the names of the places where one may stand; NULL-terminated. */
bool openapi_has_tokens(const struct openapi *openapi);
extern const char *const openapi_token_places[];

/* Whether this server ever answers with that problem. */
bool openapi_has_problem(const struct openapi *openapi, int status);

/* Adds "components": schemas, parameters, headers, bodies, responses and where tokens stand. */
void openapi_add_components(struct openapi *openapi, cJSON *root);
