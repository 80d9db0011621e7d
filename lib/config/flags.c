/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/flags.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

/*
 * The command line, read by getopt_long, whose two lists of flags are made from the tables here. A
 * flag's argument waits in its entry until the file has been read, because a flag overrides the
 * file wherever it stands on the line.
 */
const struct action_row action_rows[ACTION_COUNT] = {
    [ACTION_CONFIG] = {'c', "config", "FILE", "read configuration keys from a JSON file"},
    [ACTION_CHECK] = {'C', "check-config", NULL, "read everything, say what is wrong, and exit"},
    [ACTION_PRINT] = {0, "print-config", NULL, "print the configuration in force, and exit"},
    [ACTION_HEALTH] = {0, "health", NULL,
                       "request /healthz from the server that this describes, and exit: 0 or 1"},
    [ACTION_HELP] = {'h', "help", NULL, "print this, and exit"},
    [ACTION_VERSION] = {'V', "version", NULL,
                        "print the version, and those of libraries and codecs, and exit"},
};

/* What getopt_long returns for a flag: its index in a list of ours, beyond any character. */
enum { FIRST_ENTRY = 0x100, FIRST_ACTION = FIRST_ENTRY + ENTRIES_MAX };
enum { LONG_MAX_FLAGS = ENTRIES_MAX + ACTION_COUNT + 1, SHORT_BYTES = 3 * LONG_MAX_FLAGS + 3 };

struct getopt_lists {
    struct option longs[LONG_MAX_FLAGS];
    size_t count;
    char shorts[SHORT_BYTES];
};

static void add_flag(struct getopt_lists *lists, int short_flag, const char *long_flag,
                     const char *argument, int value)
{
    size_t used = strlen(lists->shorts);

    lists->longs[lists->count++] = (struct option){
        .name = long_flag,
        .has_arg = argument != NULL ? required_argument : no_argument,
        .val = value,
    };
    if (short_flag != 0)
        snprintf(lists->shorts + used, sizeof(lists->shorts) - used, "%c%s", short_flag,
                 argument != NULL ? ":" : "");
}

static void make_lists(const struct reading *reading, struct getopt_lists *lists)
{
    /* A leading ':' distinguishes a missing argument from an unknown flag; '+' stops at an operand.
     */
    *lists = (struct getopt_lists){.shorts = "+:"};
    for (size_t i = 0; i < reading->count; i++) {
        const struct option_row *row = reading->entries[i].row;

        if (row->long_flag != NULL)
            add_flag(lists, row->short_flag, row->long_flag, row->argument, FIRST_ENTRY + (int)i);
    }
    for (int i = 0; i < ACTION_COUNT; i++)
        add_flag(lists, action_rows[i].short_flag, action_rows[i].long_flag,
                 action_rows[i].argument, FIRST_ACTION + i);
}

/* The value of a short flag's long form. */
static int long_value(const struct reading *reading, int flag)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (reading->entries[i].row->short_flag == flag)
            return FIRST_ENTRY + (int)i;
    }
    for (int i = 0; i < ACTION_COUNT; i++) {
        if (action_rows[i].short_flag == flag)
            return FIRST_ACTION + i;
    }
    return flag;
}

/* Reports what getopt_long refused; `word` is where it was on the line. */
static int refuse_flag(struct reading *reading, int problem, const char *word)
{
    char flag[] = {'-', (char)optopt, '\0'};
    bool is_long = strncmp(word, "--", 2) == 0;
    const char *name = is_long ? word : flag;

    if (problem == ':')
        reading_complain(reading, "%s: expected an argument, see --help", name);
    else if (is_long && optopt != 0)
        reading_complain(reading, "%s: expected no argument, see --help", name);
    else
        reading_complain(reading, "%s: unknown flag, see --help", name);
    return -EINVAL;
}

static void take_flag(struct reading *reading, struct flags *flags, int value)
{
    if (value < FIRST_ACTION) {
        reading->entries[value - FIRST_ENTRY].flag = optarg;
        return;
    }
    flags->given[value - FIRST_ACTION] = true;
    if (value == FIRST_ACTION + ACTION_CONFIG)
        flags->file = optarg;
}

int flags_read(struct reading *reading, int argc, char **argv, struct flags *flags)
{
    struct getopt_lists lists;
    const char *word;
    int value;

    *flags = (struct flags){0};
    make_lists(reading, &lists);
    opterr = 0;
    optind = 0; /* glibc: start over, after any earlier use */
    while (!flags->given[ACTION_HELP] && !flags->given[ACTION_VERSION]) {
        word = argv[optind > 0 ? optind : 1];
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): there are no threads yet */
        value = getopt_long(argc, argv, lists.shorts, lists.longs, NULL);
        if (value == -1)
            break;
        if (value == '?' || value == ':')
            return refuse_flag(reading, value, word);
        take_flag(reading, flags, value < FIRST_ENTRY ? long_value(reading, value) : value);
    }
    if (optind < argc && !flags->given[ACTION_HELP] && !flags->given[ACTION_VERSION]) {
        reading_complain(reading, "%s: expected flags only, see --help",
                         *argv[optind] != '\0' ? argv[optind] : "\"\"");
        return -EINVAL;
    }
    return 0;
}

static void complain(struct reading *reading, struct entry *entry)
{
    char expects[TEXT_BYTES];

    row_expects(entry->row, expects);
    reading_complain(reading, "--%s: expected %s, got \"%.80s\"", entry->row->long_flag, expects,
                     entry->flag);
    entry->wrong = true;
}

int flags_store(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        struct entry *entry = &reading->entries[i];
        int status;

        if (entry->flag == NULL)
            continue;
        status = reading_store_word(reading, entry, entry->flag);
        if (status == -ENOMEM)
            return status;
        entry->origin = FROM_FLAG;
        if (status != 0)
            complain(reading, entry);
    }
    return 0;
}
