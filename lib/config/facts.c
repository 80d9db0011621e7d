/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/facts.h"

#include "config/facts_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SECTION_BYTES = 64 };

/* The object `name` in `root`, made if missing; `root` itself without a name; NULL: no memory. */
static cJSON *object_in(cJSON *root, const char *name)
{
    cJSON *object;

    if (name == NULL)
        return root;
    object = cJSON_GetObjectItemCaseSensitive(root, name);
    return object != NULL ? object : cJSON_AddObjectToObject(root, name);
}

int facts_add_item(cJSON *root, const char *section, const char *name, cJSON *item)
{
    cJSON *object = object_in(root, section);

    if (object != NULL && item != NULL && cJSON_AddItemToObject(object, name, item))
        return 0;
    cJSON_Delete(item);
    return -ENOMEM;
}

static void add_fact(struct facts *facts, const char *name, cJSON *item)
{
    const char *dot = strchr(name, '.');
    char section[SECTION_BYTES];

    snprintf(section, sizeof(section), "%.*s", dot != NULL ? (int)(dot - name) : 0, name);
    if (facts_add_item(facts->object, dot != NULL ? section : NULL, dot != NULL ? dot + 1 : name,
                       item) != 0)
        facts->failed = true;
}

void facts_add_integer(struct facts *facts, const char *name, int64_t value)
{
    add_fact(facts, name, cJSON_CreateNumber((double)value));
}

void facts_add_bool(struct facts *facts, const char *name, bool value)
{
    add_fact(facts, name, cJSON_CreateBool(value));
}

void facts_add_text(struct facts *facts, const char *name, const char *value)
{
    add_fact(facts, name, cJSON_CreateString(value));
}
