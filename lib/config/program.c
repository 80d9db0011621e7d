/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/program.h"

#include "base/cgroup.h"
#include "base/parse.h"
#include "build_config.h"
#include "config/file.h"
#include "config/flags.h"
#include "config/help.h"
#include "config/print.h"
#include "config/program_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * From a command line to settings, or to an exit code: the order in which the parts of this library
 * run, and what goes to which stream.
 */
enum { EXIT_FAILED = 1, EXIT_WRONG = 2 };

/* The file, then the flags, then what must hold between values. 0 or -ENOMEM. */
static int read_all(struct reading *reading, const struct flags *flags)
{
    int status = 0;

    if (flags->file != NULL)
        status = file_read(reading, flags->file);
    if (status == 0)
        status = flags_store(reading);
    if (status == 0)
        reading_compare(reading);
    return status;
}

/* The default of max_memory_bytes is what fits into the memory of the control group. */
static void fit_memory(struct reading *reading)
{
    const struct entry *entry =
        reading_find_offset(reading, offsetof(struct settings, pool.max_memory_bytes));

    if (entry != NULL && entry->origin == FROM_DEFAULT)
        settings_fit_memory(reading->settings, cgroup_memory_bytes(""));
}

/* A server can do without a port that nobody chose. A file may well say the default: config/ does.
 */
static void note_metrics_port(struct reading *reading)
{
    const struct entry *entry =
        reading_find_offset(reading, offsetof(struct settings, metrics.port));
    int64_t usual = 0;

    if (entry != NULL)
        parse_int64(entry->row->fallback, strlen(entry->row->fallback), &usual);
    reading->settings->metrics.chosen_port = reading->settings->metrics.port != usual;
}

/* The exit code after writing to `out`: a full disk is a failure too. */
static int finish_output(struct reading *reading, int status, FILE *out)
{
    if (status == 0 && fflush(out) == 0 && !ferror(out))
        return 0;
    reading_complain(reading, status != 0 ? "out of memory" : "cannot write to standard output");
    return EXIT_FAILED;
}

/* --check-config, --health and --print-config. SETTINGS_GO_ON: neither was given. */
static int act(const struct program *program, struct reading *reading, const struct flags *flags,
               FILE *out)
{
    int status = 0;

    if (flags->given[ACTION_CHECK])
        fputs("configuration ok\n", out);
    else if (flags->given[ACTION_HEALTH] && program->health != NULL)
        return program->health(program->options->program, reading->settings);
    else if (flags->given[ACTION_PRINT])
        status = print_configuration(reading, program->compute, out);
    else
        return SETTINGS_GO_ON;
    return finish_output(reading, status, out);
}

/* --help and --version, which no configuration can break. SETTINGS_GO_ON: neither was given. */
static int print_and_exit(struct reading *reading, const struct flags *flags, FILE *out)
{
    if (flags->given[ACTION_HELP])
        print_help(reading, out);
    else if (flags->given[ACTION_VERSION])
        fprintf(out, "%s %s\nbuilt with:\n%s", reading->options->program, GRISAILLE_VERSION,
                GRISAILLE_BUILT_WITH);
    else
        return SETTINGS_GO_ON;
    return finish_output(reading, 0, out);
}

static int load(const struct program *program, int argc, char **argv, struct reading *reading,
                FILE *out)
{
    struct flags flags;
    int code;

    if (flags_read(reading, argc, argv, &flags) != 0)
        return EXIT_WRONG;
    code = print_and_exit(reading, &flags, out);
    if (code != SETTINGS_GO_ON)
        return code;
    if (read_all(reading, &flags) != 0) {
        reading_complain(reading, "out of memory");
        return EXIT_FAILED;
    }
    if (reading->error_count > 0)
        return EXIT_WRONG;
    fit_memory(reading);
    note_metrics_port(reading);
    return act(program, reading, &flags, out);
}

int settings_load_to(const struct program *program, int argc, char **argv,
                     struct settings *settings, FILE *out, FILE *errors)
{
    struct reading reading;
    int code = EXIT_FAILED, status;

    *settings = (struct settings){0};
    status = reading_start(&reading, program->options, settings, errors);
    if (status != 0)
        reading_complain(&reading,
                         status == -ENOMEM ? "out of memory" : "the table of options is invalid");
    else
        code = load(program, argc, argv, &reading, out);
    if (code != SETTINGS_GO_ON)
        settings_clear(settings);
    return code;
}

int settings_load(const struct program *program, int argc, char **argv, struct settings *settings)
{
    return settings_load_to(program, argc, argv, settings, stdout, stderr);
}
