/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/cleanup.h"
#include "config/completion.h"
#include "config/document.h"
#include "config/manual.h"
#include "config/options.h"
#include "config/print.h"
#include "http/problem.h"
#include "service/metrics_table.h"
#include "service/parameters.h"

#include <stdlib.h>
#include <string.h>

/*
 * Prints what the tables of options, parameters, problems and metrics say. Files in the repository
 * are made of it by `ninja update-docs`: docs/configuration.md, each program's defaults in config/,
 * and parts of docs/http.md and docs/operations.md; unit tests compare them. Manual pages and
 * completions are made by the build.
 */
static int print_defaults(const struct option_table *options, FILE *out)
{
    struct settings settings = {0};
    struct reading reading;
    int status = reading_start(&reading, options, &settings, stderr);

    if (status == 0)
        status = print_settings(&reading, out);
    settings_clear(&settings);
    return status;
}

/* What is made for each server. */
static const struct {
    const char *name;
    int (*print)(const struct option_table *options, FILE *out);
    const struct option_table *options;
} of_servers[] = {
    {"gateway", print_defaults, &gateway_options},
    {"grisaille-gateway.1", print_program_manual, &gateway_options},
    {"grisaille-gateway.json.5", print_file_manual, &gateway_options},
    {"grisaille-gateway.bash", print_completion, &gateway_options},
    {"scale", print_defaults, &scale_options},
    {"grisaille-scale.1", print_program_manual, &scale_options},
    {"grisaille-scale.json.5", print_file_manual, &scale_options},
    {"grisaille-scale.bash", print_completion, &scale_options},
};

static const struct {
    const char *name;
    void (*print)(FILE *out);
} of_service[] = {
    {"metrics", metrics_document},
    {"parameters", parameters_document},
    {"problems", http_problem_document},
};

/* Whether there is such a table; *status is what became of it. */
static bool print_table(const char *name, int *status)
{
    *status = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(of_servers); i++) {
        if (strcmp(name, of_servers[i].name) == 0) {
            *status = of_servers[i].print(of_servers[i].options, stdout);
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_LENGTH(of_service); i++) {
        if (strcmp(name, of_service[i].name) == 0) {
            of_service[i].print(stdout);
            return true;
        }
    }
    if (strcmp(name, "document") != 0)
        return false;
    *status = print_document(stdout);
    return true;
}

int main(int argc, char **argv)
{
    int status;

    if (argc != 2 || !print_table(argv[1], &status)) {
        fprintf(stderr, "Usage: print_tables NAME\nNAME: document");
        for (size_t i = 0; i < ARRAY_LENGTH(of_servers); i++)
            fprintf(stderr, ", %s", of_servers[i].name);
        for (size_t i = 0; i < ARRAY_LENGTH(of_service); i++)
            fprintf(stderr, ", %s", of_service[i].name);
        putc('\n', stderr);
        return 2;
    }
    return status != 0 || fflush(stdout) != 0;
}
