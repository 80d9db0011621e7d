/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/help.h"

#include "config/flags.h"

/* --help, made from the tables: it names the flags and keys that work, and no others. */
enum { FLAG_COLUMN = 24, KEY_COLUMN = 32 };

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
