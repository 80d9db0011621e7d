/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/completion.h"

#include "config/check.h"
#include "config/flags.h"
#include "config/table.h"

#include <string.h>

/*
 * Completion in bash, from the tables that --help is made of. The script calls functions of
 * bash-completion (2.11 in Debian 12), which loads it by the name of the program.
 */
static const char begins[] = "{\n"
                             "    local cur prev words cword split\n"
                             "    _init_completion -s -n : || return\n"
                             "\n"
                             "    case $prev in\n";

static const char completes_address[] =
    "            if [[ $cur == unix:* ]]; then\n"
    "                mapfile -t COMPREPLY < <(compgen -f -P unix: -- \"${cur#unix:}\")\n"
    "            else\n"
    "                mapfile -t COMPREPLY < <(compgen -W ':: ::1 0.0.0.0 127.0.0.1 unix:/' -- "
    "\"$cur\")\n"
    "            fi\n"
    "            [[ ${COMPREPLY-} == */ ]] && compopt -o nospace 2>/dev/null\n"
    "            __ltrim_colon_completions \"$cur\"\n";

static const char flags_begin[] = "    esac\n"
                                  "    $split && return\n"
                                  "    mapfile -t COMPREPLY < <(compgen -W '";

/* "--port | -p" */
static void print_pattern(int short_flag, const char *long_flag, FILE *out)
{
    fprintf(out, "        --%s", long_flag);
    if (short_flag != 0)
        fprintf(out, " | -%c", short_flag);
    fputs(")\n", out);
}

static void print_words(const char *const *words, FILE *out)
{
    fputs("            mapfile -t COMPREPLY < <(compgen -W '", out);
    for (size_t i = 0; words[i] != NULL; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", words[i]);
    fputs("' -- \"$cur\")\n", out);
}

/* What an option's flag takes; a number is left to who types it. */
static void print_argument(const struct option_row *row, FILE *out)
{
    static const char *const truths[] = {"true", "false", NULL};

    if (row->type == OPTION_CHOICE)
        print_words(row->choices, out);
    else if (row->type == OPTION_BOOLEAN)
        print_words(truths, out);
    else if (row->valid == check_is_listen_address)
        fputs(completes_address, out);
    else if (strcmp(row->argument, "FILE") == 0)
        fputs("            _filedir\n", out);
}

static void print_cases(const struct reading *reading, FILE *out)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct option_row *row = reading->entries[i].row;

        if (row->long_flag == NULL)
            continue;
        print_pattern(row->short_flag, row->long_flag, out);
        print_argument(row, out);
        fputs("            return\n            ;;\n", out);
    }
    for (int i = 0; i < ACTION_COUNT; i++) {
        if (action_rows[i].argument == NULL)
            continue;
        print_pattern(action_rows[i].short_flag, action_rows[i].long_flag, out);
        fputs("            _filedir\n            return\n            ;;\n", out);
    }
}

static void print_flag_names(const struct reading *reading, FILE *out)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (reading->entries[i].row->long_flag != NULL)
            fprintf(out, "--%s ", reading->entries[i].row->long_flag);
    }
    for (int i = 0; i < ACTION_COUNT; i++)
        fprintf(out, "--%s%s", action_rows[i].long_flag, i + 1 < ACTION_COUNT ? " " : "");
}

static void print_script(const struct reading *reading, FILE *out)
{
    const char *program = reading->options->program;
    char name[KEY_BYTES];

    snprintf(name, sizeof(name), "_%s", program);
    for (char *dash = strchr(name, '-'); dash != NULL; dash = strchr(dash, '-'))
        *dash = '_';
    fprintf(out, "# Completion for %s, generated from lib/config/options.c\n\n%s()\n", program,
            name);
    fputs(begins, out);
    print_cases(reading, out);
    fputs(flags_begin, out);
    print_flag_names(reading, out);
    fprintf(out, "' -- \"$cur\")\n} &&\n    complete -F %s %s\n", name, program);
}

int print_completion(const struct option_table *options, FILE *out)
{
    struct settings settings = {0};
    struct reading reading;
    int status = reading_start(&reading, options, &settings, stderr);

    if (status == 0)
        print_script(&reading, out);
    settings_clear(&settings);
    return status;
}
