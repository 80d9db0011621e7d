/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/print.h"

#include "base/cleanup.h"
#include "config/list.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * --print-config: settings back into the JSON they could have come from, so that what is printed
 * can be read again. What follows from the settings on this machine is beside it, under "computed".
 */
struct facts {
    cJSON *object;
    bool failed; /* no memory: told once, at the end */
};

static void cleanup_json(cJSON **json)
{
    cJSON_Delete(*json);
}

/* The object `name` in `root`, made where there is none; root itself without a name; NULL: no
 * memory. */
static cJSON *object_in(cJSON *root, const char *name)
{
    cJSON *object;

    if (name == NULL)
        return root;
    object = cJSON_GetObjectItemCaseSensitive(root, name);
    return object != NULL ? object : cJSON_AddObjectToObject(root, name);
}

/* Puts `item` (owned from here on; NULL: its maker had no memory) into a section of `root`. */
static int add_item(cJSON *root, const char *section, const char *name, cJSON *item)
{
    cJSON *object = object_in(root, section);

    if (object != NULL && item != NULL && cJSON_AddItemToObject(object, name, item))
        return 0;
    cJSON_Delete(item);
    return -ENOMEM;
}

static cJSON *make_list(char *const *list)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; array != NULL && i < list_length(list); i++) {
        cJSON *item = cJSON_CreateString(list[i]);

        if (item == NULL || !cJSON_AddItemToArray(array, item)) {
            cJSON_Delete(item);
            cJSON_Delete(array);
            return NULL;
        }
    }
    return array;
}

static cJSON *make_value(const struct reading *reading, const struct option_row *row)
{
    const void *member = (const char *)reading->settings + row->offset;

    switch (row->type) {
    case OPTION_STRING:
        return cJSON_CreateString(*(char *const *)member);
    case OPTION_CHOICE:
        return cJSON_CreateString(row->choices[*(const int64_t *)member]);
    case OPTION_LIST:
        return make_list(*(char **const *)member);
    default:
        return cJSON_CreateNumber(reading_number(reading, row));
    }
}

static void add_fact(struct facts *facts, const char *name, cJSON *item)
{
    const char *dot = strchr(name, '.');
    char section[KEY_BYTES];

    snprintf(section, sizeof(section), "%.*s", dot != NULL ? (int)(dot - name) : 0, name);
    if (add_item(facts->object, dot != NULL ? section : NULL, dot != NULL ? dot + 1 : name, item) !=
        0)
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

static int add_computed(const struct program *program, const struct settings *settings, cJSON *root)
{
    struct facts facts = {.object = cJSON_AddObjectToObject(root, "computed")};

    if (facts.object == NULL)
        return -ENOMEM;
    facts_add_integer(&facts, "workers", settings_workers(settings));
    facts_add_integer(&facts, "memory_bound_bytes", (int64_t)settings_memory_bound(settings));
    if (program->compute != NULL)
        program->compute(settings, &facts);
    return facts.failed ? -ENOMEM : 0;
}

/* cJSON indents with tabs and puts one behind each colon; a tab in a string is escaped, so that
 * every tab here is one of these. */
static void write_spaced(const char *text, FILE *out)
{
    for (bool margin = true; *text != '\0'; text++) {
        if (*text != '\t')
            fputc(*text, out);
        else
            fputs(margin ? "    " : " ", out);
        margin = *text == '\n' || (margin && *text == '\t');
    }
    fputc('\n', out);
}

int print_configuration(const struct reading *reading, const struct program *program, FILE *out)
{
    _cleanup_(cleanup_json) cJSON *root = cJSON_CreateObject();
    _cleanup_free_ char *text = NULL;
    int error = root != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; i < reading->count && error == 0; i++) {
        const struct entry *entry = &reading->entries[i];

        if (entry->row->name != NULL)
            error =
                add_item(root, entry->section, entry->row->name, make_value(reading, entry->row));
    }
    if (error == 0 && program != NULL)
        error = add_computed(program, reading->settings, root);
    if (error != 0)
        return error;
    text = cJSON_Print(root);
    if (text == NULL)
        return -ENOMEM;
    write_spaced(text, out);
    return 0;
}
