/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/print.h"

#include "config/flags.h"

#include <string.h>

/* --help, made from the tables: a flag or key that works is here, and the other way round. */
enum { FLAG_COLUMN = 24, KEY_COLUMN = 32 };

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

static void print_flag(FILE *out, int short_flag, const char *long_flag, const char *argument,
                       const char *help, const char *fallback)
{
    char shown[TEXT_BYTES], letter[] = {'-', (char)short_flag, ',', ' ', '\0'};

    snprintf(shown, sizeof(shown), "%s--%s%s%s", short_flag != 0 ? letter : "    ", long_flag,
             argument != NULL ? " " : "", argument != NULL ? argument : "");
    fprintf(out, "  %-*s %s%s%s%s\n", FLAG_COLUMN, shown, help, fallback ? " (default " : "",
            fallback ? fallback : "", fallback ? ")" : "");
}

static void print_key(FILE *out, const struct entry *entry)
{
    const struct option_row *row = entry->row;
    char range[TEXT_BYTES], fallback[TEXT_BYTES];

    row_range(row, range);
    row_default(row, fallback);
    fprintf(out, "  %-*s %s%s%s%sdefault %s\n", KEY_COLUMN, entry->key, range,
            row->unit != NULL ? " " : "", row->unit != NULL ? row->unit : "",
            range[0] != '\0' ? "; " : "", fallback);
    fprintf(out, "  %-*s   %s\n", KEY_COLUMN, "", row->help);
}

void print_help(const struct reading *reading, FILE *out)
{
    fprintf(out, "Usage: %s [FLAG]...\n%s\n\nFlags:\n", reading->options->program,
            reading->options->purpose);
    for (size_t i = 0; i < reading->count; i++) {
        const struct option_row *row = reading->entries[i].row;

        if (row->long_flag != NULL)
            print_flag(out, row->short_flag, row->long_flag, row->argument, row->help,
                       row->fallback);
    }
    for (int i = 0; i < ACTION_COUNT; i++)
        print_flag(out, action_rows[i].short_flag, action_rows[i].long_flag,
                   action_rows[i].argument, action_rows[i].help, NULL);
    fprintf(out,
            "\nConfiguration keys (a JSON file, read with --config; a flag beats the file):\n");
    for (size_t i = 0; i < reading->count; i++) {
        if (reading->entries[i].row->name != NULL)
            print_key(out, &reading->entries[i]);
    }
    fprintf(out, "\nExit codes: 0 done, 1 failed at run time, 2 wrong flag or configuration.\n");
}
