/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Settings of a server that runs: a reload takes from a new reading what may change, and nothing
 * else. The table of options says which is which. */
#include "config/list.h"
#include "config/program.h"
#include "config/program_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *place_of(const struct option_row *row, struct settings *settings)
{
    return (char *)settings + row->offset;
}

static const void *stored_value(const struct option_row *row, const struct settings *settings)
{
    return (const char *)settings + row->offset;
}

static bool same_list(char *const *one, char *const *other)
{
    const size_t length = list_length(one);

    if (length != list_length(other))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (strcmp(one[i], other[i]) != 0)
            return false;
    }
    return true;
}

static bool same_value(const struct option_row *row, const struct settings *one,
                       const struct settings *other)
{
    const void *a = stored_value(row, one), *b = stored_value(row, other);

    if (row->type == OPTION_STRING)
        return strcmp(*(char *const *)a, *(char *const *)b) == 0;
    if (row->type == OPTION_LIST)
        return same_list(*(char **const *)a, *(char **const *)b);
    if (row->type == OPTION_NUMBER)
        return *(const double *)a == *(const double *)b;
    return *(const int64_t *)a == *(const int64_t *)b;
}

static int copy_list(char *const *from, char ***to)
{
    int status = 0;

    *to = NULL;
    for (size_t i = 0; i < list_length(from) && status == 0; i++)
        status = list_append(to, from[i], strlen(from[i]));
    return status;
}

/* Over whatever is there, which is not freed. */
static int copy_value(const struct option_row *row, const struct settings *from,
                      struct settings *to)
{
    void *place = place_of(row, to);

    if (row->type == OPTION_LIST)
        return copy_list(*(char **const *)stored_value(row, from), place);
    if (row->type == OPTION_STRING) {
        *(char **)place = strdup(*(char *const *)stored_value(row, from));
        return *(char **)place != NULL ? 0 : -ENOMEM;
    }
    memcpy(place, stored_value(row, from), sizeof(int64_t));
    return 0;
}

static void free_value(const struct option_row *row, struct settings *settings)
{
    if (row->type == OPTION_STRING)
        free(*(char **)place_of(row, settings));
    else if (row->type == OPTION_LIST)
        list_free(*(char ***)place_of(row, settings));
}

/* Calls `visit` for each row until it returns something else than 0, and returns that. */
static int each_row(const struct option_table *options,
                    int (*visit)(const struct option_section *section, const struct option_row *row,
                                 void *argument),
                    void *argument)
{
    int status = 0;

    for (size_t s = 0; s < options->count && status == 0; s++) {
        const struct option_section *section = &options->sections[s];

        for (size_t i = 0; i < section->count && status == 0; i++)
            status = visit(section, &section->rows[i], argument);
    }
    return status;
}

struct copying {
    const struct settings *from;
    struct settings *to;
    char *text; /* keys that were put back */
    size_t used;
};

static int copy_option(const struct option_section *section, const struct option_row *row,
                       void *argument)
{
    const struct copying *copying = argument;

    (void)section;
    return copy_value(row, copying->from, copying->to);
}

int settings_copy(const struct option_table *options, const struct settings *from,
                  struct settings *to)
{
    struct copying copying = {.from = from, .to = to};
    int status;

    *to = (struct settings){0};
    status = each_row(options, copy_option, &copying);
    if (status != 0)
        settings_clear(to);
    return status;
}

/* Puts back what only a restart applies, and notes its key. */
static int put_back(const struct option_section *section, const struct option_row *row,
                    void *argument)
{
    struct copying *copying = argument;

    if (row->live || same_value(row, copying->from, copying->to))
        return 0;
    if (row->name != NULL && copying->used < RELOAD_TEXT_BYTES)
        copying->used += (size_t)snprintf(
            copying->text + copying->used, RELOAD_TEXT_BYTES - copying->used, "%s%s%s%s",
            copying->used > 0 ? ", " : "", section->name != NULL ? section->name : "",
            section->name != NULL ? "." : "", row->name);
    free_value(row, copying->to);
    return copy_value(row, copying->from, copying->to);
}

/* The values that were put back must fit the new ones as well. */
static int check_mixture(const struct option_table *options, const struct settings *settings,
                         char text[static RELOAD_TEXT_BYTES])
{
    char why[256];

    for (size_t i = 0; i < options->rule_count; i++) {
        if (!options->rules[i].holds(settings, why)) {
            snprintf(text, RELOAD_TEXT_BYTES, "without a restart %s", why);
            return -EINVAL;
        }
    }
    return 0;
}

/* The first error line, without the program's name. */
static void take_first_line(const char *errors, const char *program,
                            char text[static RELOAD_TEXT_BYTES])
{
    const size_t length = strlen(program);

    if (strncmp(errors, program, length) == 0 && strncmp(errors + length, ": ", 2) == 0)
        errors += length + 2;
    snprintf(text, RELOAD_TEXT_BYTES, "%.*s", (int)strcspn(errors, "\n"), errors);
}

/* As settings_load(). 0 or -EINVAL. */
static int read_again(const struct program *program, int argc, char **argv, struct settings *next,
                      char text[static RELOAD_TEXT_BYTES])
{
    char *errors = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&errors, &size);
    int code;

    snprintf(text, RELOAD_TEXT_BYTES, "out of memory");
    if (stream == NULL)
        return -ENOMEM;
    code = settings_load_to(program, argc, argv, next, stream, stream);
    fclose(stream);
    if (code != SETTINGS_GO_ON && errors != NULL)
        take_first_line(errors, program->options->program, text);
    free(errors);
    return code == SETTINGS_GO_ON ? 0 : -EINVAL;
}

int settings_reload(const struct program *program, int argc, char **argv,
                    const struct settings *now, struct settings *next,
                    char text[static RELOAD_TEXT_BYTES])
{
    struct copying copying = {.from = now, .to = next, .text = text};
    int status = read_again(program, argc, argv, next, text);

    if (status != 0)
        return status;
    text[0] = '\0';
    status = each_row(program->options, put_back, &copying);
    if (status == 0 && copying.used > 0) {
        char mixture[RELOAD_TEXT_BYTES];

        status = check_mixture(program->options, next, mixture);
        if (status != 0)
            memcpy(text, mixture, sizeof(mixture));
    } else if (status != 0) {
        snprintf(text, RELOAD_TEXT_BYTES, "out of memory");
    }
    if (status != 0)
        settings_clear(next);
    return status;
}
