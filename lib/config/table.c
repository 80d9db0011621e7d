/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/table.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "config/list.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/*
 * The one place that connects rows with members of struct settings. Values from the file, flags and
 * defaults all pass here, so that one range check serves them all.
 */
static void *member(const struct reading *reading, const struct option_row *row)
{
    return (char *)reading->settings + row->offset;
}

static int add_entry(struct reading *reading, const char *section, const struct option_row *row)
{
    struct entry *entry = &reading->entries[reading->count];

    if (reading->count == ENTRIES_MAX)
        return -E2BIG;
    reading->count++;
    *entry = (struct entry){.row = row, .section = section};
    if (row->name != NULL)
        snprintf(entry->key, sizeof(entry->key), "%s%s%s", section != NULL ? section : "",
                 section != NULL ? "." : "", row->name);
    return 0;
}

static int add_entries(struct reading *reading, const struct option_section *section)
{
    int status = 0;

    for (size_t i = 0; i < section->count && status == 0; i++)
        status = add_entry(reading, section->name, &section->rows[i]);
    return status;
}

int reading_start(struct reading *reading, const struct option_table *options,
                  struct settings *settings, FILE *errors)
{
    int status = 0;

    *reading = (struct reading){.options = options, .settings = settings, .errors = errors};
    for (size_t s = 0; s < options->count && status == 0; s++)
        status = add_entries(reading, &options->sections[s]);
    for (size_t i = 0; i < reading->count && status == 0; i++) {
        struct entry *entry = &reading->entries[i];

        status = reading_store_word(reading, entry, entry->row->fallback);
    }
    return status;
}

static bool same_section(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

struct entry *reading_find(struct reading *reading, const char *section, const char *name)
{
    for (size_t i = 0; i < reading->count; i++) {
        struct entry *entry = &reading->entries[i];

        if (entry->row->name != NULL && strcmp(entry->row->name, name) == 0 &&
            same_section(entry->section, section))
            return entry;
    }
    return NULL;
}

const struct entry *reading_find_offset(const struct reading *reading, size_t offset)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (reading->entries[i].row->offset == offset)
            return &reading->entries[i];
    }
    return NULL;
}

void reading_complain(struct reading *reading, const char *format, ...)
{
    char line[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    for (unsigned char *byte = (unsigned char *)line; *byte != '\0'; byte++) {
        if (*byte < 0x20 || *byte == 0x7f)
            *byte = '?';
    }
    fprintf(reading->errors, "%s: %s\n", reading->options->program, line);
    reading->error_count++;
}

int reading_store_number(struct reading *reading, struct entry *entry, double number)
{
    const struct option_row *row = entry->row;

    if (!(number >= row->smallest && number <= row->largest))
        return -EINVAL;
    if (row->exclusive && number <= row->smallest)
        return -EINVAL;
    if (row->type == OPTION_NUMBER)
        *(double *)member(reading, row) = number;
    else if (row->type == OPTION_INTEGER && floor(number) == number)
        *(int64_t *)member(reading, row) = (int64_t)number;
    else
        return -EINVAL;
    return 0;
}

int reading_store_boolean(struct reading *reading, struct entry *entry, bool value)
{
    if (entry->row->type != OPTION_BOOLEAN)
        return -EINVAL;
    *(int64_t *)member(reading, entry->row) = value;
    return 0;
}

static int store_string(char **string, const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL)
        return -ENOMEM;
    free(*string);
    *string = copy;
    return 0;
}

int reading_store_text(struct reading *reading, struct entry *entry, const char *text)
{
    const struct option_row *row = entry->row;

    if (row->type == OPTION_STRING) {
        if (row->valid != NULL && !row->valid(text))
            return -EINVAL;
        return store_string(member(reading, row), text);
    }
    for (int i = 0; row->type == OPTION_CHOICE && row->choices[i] != NULL; i++) {
        if (strcmp(row->choices[i], text) == 0) {
            *(int64_t *)member(reading, row) = i;
            return 0;
        }
    }
    return -EINVAL;
}

size_t row_wrong_item(const struct option_row *row, char *const *list)
{
    size_t i = 0;

    while (i < list_length(list) && (row->valid == NULL || row->valid(list[i])))
        i++;
    return i;
}

int reading_store_list(struct reading *reading, struct entry *entry, char **list)
{
    char ***stored = member(reading, entry->row);

    if (entry->row->type != OPTION_LIST || row_wrong_item(entry->row, list) < list_length(list))
        return -EINVAL;
    list_free(*stored);
    *stored = list;
    return 0;
}

/* "a,b"; "" is an empty list. */
static int store_list_word(struct reading *reading, struct entry *entry, const char *word)
{
    char **list = NULL;
    int status = 0;

    while (*word != '\0' && status == 0) {
        size_t length = strcspn(word, ",");

        status = list_append(&list, word, length);
        word += length + (word[length] == ',');
    }
    if (status == 0)
        status = reading_store_list(reading, entry, list);
    if (status != 0)
        list_free(list);
    return status;
}

int reading_store_word(struct reading *reading, struct entry *entry, const char *word)
{
    size_t length = strlen(word);
    int64_t integer;
    double number;

    switch (entry->row->type) {
    case OPTION_INTEGER:
        if (parse_int64(word, length, &integer) != 0)
            return -EINVAL;
        return reading_store_number(reading, entry, (double)integer);
    case OPTION_NUMBER:
        if (parse_decimal(word, length, &number) != 0)
            return -EINVAL;
        return reading_store_number(reading, entry, number);
    case OPTION_LIST:
        return store_list_word(reading, entry, word);
    case OPTION_BOOLEAN:
        if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0)
            return -EINVAL;
        return reading_store_boolean(reading, entry, word[0] == 't');
    default:
        return reading_store_text(reading, entry, word);
    }
}

double reading_number(const struct reading *reading, const struct option_row *row)
{
    if (row->type == OPTION_NUMBER)
        return *(const double *)member(reading, row);
    return (double)*(const int64_t *)member(reading, row);
}

/* "error", "warning", "info" or "debug" */
static void list_choices(const char *const *choices, char text[static TEXT_BYTES])
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; choices[i] != NULL && used < TEXT_BYTES; i++) {
        const char *between = i == 0 ? "" : choices[i + 1] != NULL ? ", " : " or ";

        used += (size_t)snprintf(text + used, TEXT_BYTES - used, "%s\"%s\"", between, choices[i]);
    }
}

void row_expects(const struct option_row *row, char text[static TEXT_BYTES])
{
    const char *kind = row->type == OPTION_INTEGER ? "an integer" : "a number";

    if (row->type == OPTION_CHOICE)
        list_choices(row->choices, text);
    else if (row->type == OPTION_BOOLEAN)
        snprintf(text, TEXT_BYTES, "true or false");
    else if (row->type == OPTION_STRING)
        snprintf(text, TEXT_BYTES, "%s", row->expects);
    else if (row->type == OPTION_LIST)
        snprintf(text, TEXT_BYTES, "an array of strings, each %s", row->expects);
    else if (row->exclusive)
        snprintf(text, TEXT_BYTES, "%s above %.15g and up to %.15g", kind, row->smallest,
                 row->largest);
    else
        snprintf(text, TEXT_BYTES, "%s from %.15g to %.15g", kind, row->smallest, row->largest);
}

const char *row_type(const struct option_row *row)
{
    static const char *const names[] = {
        [OPTION_STRING] = "string", [OPTION_INTEGER] = "integer", [OPTION_NUMBER] = "number",
        [OPTION_CHOICE] = "choice", [OPTION_LIST] = "list",       [OPTION_BOOLEAN] = "boolean",
    };

    return names[row->type];
}

void row_range(const struct option_row *row, char text[static TEXT_BYTES])
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; row->type == OPTION_CHOICE && row->choices[i] != NULL && used < TEXT_BYTES; i++)
        used += (size_t)snprintf(text + used, TEXT_BYTES - used, "%s%s", i > 0 ? ", " : "",
                                 row->choices[i]);
    if (row->type == OPTION_INTEGER || row->type == OPTION_NUMBER)
        snprintf(text, TEXT_BYTES, row->exclusive ? "above %.15g, up to %.15g" : "%.15g to %.15g",
                 row->smallest, row->largest);
}

/* "a,b" as ["a","b"]. */
static void default_list(const char *word, char text[static TEXT_BYTES])
{
    size_t used = (size_t)snprintf(text, TEXT_BYTES, "[");

    while (*word != '\0' && used < TEXT_BYTES) {
        size_t length = strcspn(word, ",");

        used += (size_t)snprintf(text + used, TEXT_BYTES - used, "\"%.*s\"%s", (int)length, word,
                                 word[length] == ',' ? ", " : "");
        word += length + (word[length] == ',');
    }
    if (used < TEXT_BYTES)
        snprintf(text + used, TEXT_BYTES - used, "]");
}

void row_default(const struct option_row *row, char text[static TEXT_BYTES])
{
    const char *quote = row->type == OPTION_STRING || row->type == OPTION_CHOICE ? "\"" : "";

    if (row->type == OPTION_LIST)
        default_list(row->fallback, text);
    else
        snprintf(text, TEXT_BYTES, "%s%s%s", quote, row->fallback, quote);
}

static void compare(struct reading *reading, struct entry *entry, const struct entry *most)
{
    double value = reading_number(reading, entry->row);
    double limit = reading_number(reading, most->row);
    bool flag = entry->origin == FROM_FLAG;

    if (value <= limit || entry->wrong || most->wrong)
        return;
    if (entry->origin == FROM_DEFAULT) { /* not given: it adapts */
        reading_store_number(reading, entry, limit);
        return;
    }
    reading_complain(reading, "%s%s%s%s: expected at most %s, which is %.15g, got %.15g",
                     !flag && reading->file ? reading->file : "",
                     !flag && reading->file ? ": " : "", flag ? "--" : "",
                     flag ? entry->row->long_flag : entry->key, most->key, limit, value);
}

static void check_option_rules(struct reading *reading)
{
    const struct option_table *options = reading->options;
    char why[TEXT_BYTES];

    for (size_t i = 0; i < options->rule_count; i++) {
        if (!options->rules[i].holds(reading->settings, why))
            reading_complain(reading, "%s%s%s", reading->file != NULL ? reading->file : "",
                             reading->file != NULL ? ": " : "", why);
    }
}

void reading_compare(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        struct entry *entry = &reading->entries[i];

        for (size_t m = 0; m < ARRAY_LENGTH(entry->row->at_most); m++) {
            const struct entry *most = reading_find_offset(reading, entry->row->at_most[m]);

            if (entry->row->at_most[m] != 0 && most != NULL)
                compare(reading, entry, most);
        }
    }
    if (reading->error_count == 0)
        check_option_rules(reading);
}
