/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/document.h"

#include "base/cleanup.h"
#include "config/flags.h"
#include "config/table.h"

/*
 * docs/configuration.md, from the same tables as everything else, because documentation written by
 * hand drifts from the defaults in the code. A unit test compares the file with this.
 */
static const char introduction[] =
    "# Configuration\n"
    "\n"
    "<!-- Generated from lib/config/options.c by `ninja -C build update-docs`: do not edit. -->\n"
    "\n"
    "Both servers run without any configuration. `--config FILE` reads a JSON file, and a flag\n"
    "overrides the file wherever it stands on the command line. Keys are nested by the part "
    "before\n"
    "the dot: `listen.port` is `{\"listen\": {\"port\": 8080}}`. "
    "[gateway.json](../config/gateway.json)\n"
    "and [scale.json](../config/scale.json) hold every key with its default.\n"
    "\n"
    "An unknown key, a wrong type, a value out of range, a duplicate key or broken JSON stops the\n"
    "program before it starts, with exit code 2 and one line for each error. `--check-config` "
    "does\n"
    "only that, and prints `configuration ok` if nothing is wrong.\n"
    "\n"
    "SIGHUP makes a server read the file again: keys marked in the column *reload* get their new\n"
    "values, others are named in the log and keep theirs until a restart. The files of tokens are\n"
    "read again in any case. A file with an error changes nothing.\n"
    "\n"
    "`--print-config` prints the effective configuration in the shape of the file, so that it can "
    "be\n"
    "read again. It adds an object `computed`, which a reader of the file ignores:\n";

const struct computed_row computed_rows[COMPUTED_ROWS] = {
    {"workers", "the number of workers; what 0 means on this host"},
    {"memory_bound_bytes",
     "the memory that the server and its workers together stay below: workers x (max_memory_bytes "
     "+ "
     "limits.max_body_bytes + limits.max_output_bytes) + limits.max_inflight_bytes (bodies and "
     "results, each counted before it is allocated) + (listen.max_connections x 1.25 + 32) x 672 "
     "KiB "
     "+ 32 MiB, and 28 MiB for metrics unless metrics.port is 0; the kernel's socket buffers are "
     "not "
     "included"},
    {"memory_limit_bytes", "the limit of the control group, if there is one"},
    {"sandbox", "the layers of the workers' sandbox on this host"},
};

static void print_flag_row(FILE *out, int short_flag, const char *long_flag, const char *argument,
                           const char *help)
{
    char letter[] = {'-', (char)short_flag, ',', ' ', '\0'};

    fprintf(out, "| `%s--%s%s%s` | %s |\n", short_flag != 0 ? letter : "", long_flag,
            argument != NULL ? " " : "", argument != NULL ? argument : "", help);
}

static void print_flags(const struct reading *reading, FILE *out)
{
    fprintf(out, "\n| flag | meaning |\n| --- | --- |\n");
    for (size_t i = 0; i < reading->count; i++) {
        const struct option_row *row = reading->entries[i].row;

        if (row->long_flag != NULL)
            print_flag_row(out, row->short_flag, row->long_flag, row->argument, row->help);
    }
    for (int i = 0; i < ACTION_COUNT; i++)
        print_flag_row(out, action_rows[i].short_flag, action_rows[i].long_flag,
                       action_rows[i].argument, action_rows[i].help);
}

static void print_keys(const struct reading *reading, FILE *out)
{
    char range[TEXT_BYTES], fallback[TEXT_BYTES];

    fprintf(out, "\n| key | type | unit | range | default | reload | meaning |\n"
                 "| --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < reading->count; i++) {
        const struct entry *entry = &reading->entries[i];
        const struct option_row *row = entry->row;

        if (row->name == NULL)
            continue;
        row_range(row, range);
        row_default(row, fallback);
        fprintf(out, "| `%s` | %s | %s | %s | `%s` | %s | %s |\n", entry->key, row_type(row),
                row->unit != NULL ? row->unit : "", row->expects != NULL ? row->expects : range,
                fallback, row->live ? "yes" : "", row->help);
    }
}

void document_limits(const struct reading *reading, void (*print)(const char *sentence, FILE *out),
                     FILE *out)
{
    char sentence[TEXT_BYTES];

    for (size_t i = 0; i < reading->count; i++) {
        const struct entry *entry = &reading->entries[i];

        for (size_t m = 0; m < ARRAY_LENGTH(entry->row->at_most); m++) {
            const struct entry *most = reading_find_offset(reading, entry->row->at_most[m]);

            if (entry->row->at_most[m] == 0 || most == NULL)
                continue;
            snprintf(sentence, sizeof(sentence),
                     "`%s` is at most `%s`; if only the latter is given, the default of the former "
                     "adapts",
                     entry->key, most->key);
            print(sentence, out);
        }
    }
    for (size_t i = 0; i < reading->options->rule_count; i++)
        print(reading->options->rules[i].says, out);
}

static void print_limit(const char *sentence, FILE *out)
{
    fprintf(out, "- %s.\n", sentence);
}

static void print_computed(FILE *out)
{
    fprintf(out, "\n| in `computed` | meaning |\n| --- | --- |\n");
    for (size_t i = 0; i < ARRAY_LENGTH(computed_rows); i++)
        fprintf(out, "| `%s` | %s |\n", computed_rows[i].name, computed_rows[i].meaning);
}

static int print_program(const struct option_table *options, FILE *out)
{
    struct settings settings = {0};
    struct reading reading;
    int status = reading_start(&reading, options, &settings, stderr);

    if (status == 0) {
        fprintf(out, "\n## %s\n\n%s\n", options->program, options->purpose);
        print_flags(&reading, out);
        print_keys(&reading, out);
        putc('\n', out);
        document_limits(&reading, print_limit, out);
    }
    settings_clear(&settings);
    return status;
}

int print_document(FILE *out)
{
    int status;

    fputs(introduction, out);
    print_computed(out);
    status = print_program(&gateway_options, out);
    return status != 0 ? status : print_program(&scale_options, out);
}
