/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/print.h"

#include "base/cgroup.h"
#include "base/cleanup.h"
#include "config/facts_internal.h"
#include "config/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * --print-config: the settings as the JSON they could have come from, so that the output can be
 * read again. What follows from them on this host stands beside them, under "computed".
 */
static void cleanup_json(cJSON **json)
{
    cJSON_Delete(*json);
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
    case OPTION_BOOLEAN:
        return cJSON_CreateBool(*(const int64_t *)member != 0);
    case OPTION_LIST:
        return make_list(*(char **const *)member);
    default:
        return cJSON_CreateNumber(reading_number(reading, row));
    }
}

static int add_computed(facts_compute *compute, const struct settings *settings, cJSON *root)
{
    struct facts facts = {.object = cJSON_AddObjectToObject(root, "computed")};
    const uint64_t memory_bytes = cgroup_memory_bytes("");

    if (facts.object == NULL)
        return -ENOMEM;
    facts_add_integer(&facts, "workers", settings_workers(settings));
    facts_add_integer(&facts, "memory_bound_bytes", (int64_t)settings_memory_bound(settings));
    if (memory_bytes != UINT64_MAX)
        facts_add_integer(&facts, "memory_limit_bytes", (int64_t)memory_bytes);
    if (compute != NULL)
        compute(settings, &facts);
    return facts.failed ? -ENOMEM : 0;
}

static int add_settings(const struct reading *reading, cJSON *root)
{
    int status = 0;

    for (size_t i = 0; i < reading->count && status == 0; i++) {
        const struct entry *entry = &reading->entries[i];

        if (entry->row->name != NULL)
            status = facts_add_item(root, entry->section, entry->row->name,
                                    make_value(reading, entry->row));
    }
    return status;
}

/* cJSON indents with tabs and puts one behind each colon. A tab in a string is escaped, so every
 * tab in `text` is one of these. */
static int write_spaced(const cJSON *root, FILE *out)
{
    _cleanup_free_ char *text = cJSON_Print(root);
    bool margin = true;

    if (text == NULL)
        return -ENOMEM;
    for (const char *byte = text; *byte != '\0'; byte++) {
        if (*byte != '\t')
            fputc(*byte, out);
        else
            fputs(margin ? "    " : " ", out);
        margin = *byte == '\n' || (margin && *byte == '\t');
    }
    fputc('\n', out);
    return 0;
}

int print_settings(const struct reading *reading, FILE *out)
{
    _cleanup_(cleanup_json) cJSON *root = cJSON_CreateObject();
    int status = root != NULL ? add_settings(reading, root) : -ENOMEM;

    return status != 0 ? status : write_spaced(root, out);
}

int print_configuration(const struct reading *reading, facts_compute *compute, FILE *out)
{
    _cleanup_(cleanup_json) cJSON *root = cJSON_CreateObject();
    int status = root != NULL ? add_settings(reading, root) : -ENOMEM;

    if (status == 0)
        status = add_computed(compute, reading->settings, root);
    return status != 0 ? status : write_spaced(root, out);
}
