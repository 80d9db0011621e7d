/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/document.h"
#include "config/print.h"
#include "http/problem.h"
#include "service/metrics_table.h"
#include "service/parameters.h"

#include <stdlib.h>
#include <string.h>

/*
 * Prints what the tables of options, parameters, problems and metrics say, for the files in the
 * repository that are made of it: docs/configuration.md, each program's defaults in config/, and
 * parts of docs/http.md and docs/operations.md. Unit tests compare them.
 */
static int print_defaults(const struct option_table *options)
{
    struct settings settings = {0};
    struct reading reading;
    int status = reading_start(&reading, options, &settings, stderr);

    if (status == 0)
        status = print_settings(&reading, stdout);
    settings_clear(&settings);
    return status;
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";

    if (strcmp(what, "document") == 0)
        return print_document(stdout) != 0;
    if (strcmp(what, "parameters") == 0) {
        parameters_document(stdout);
        return 0;
    }
    if (strcmp(what, "metrics") == 0) {
        metrics_document(stdout);
        return 0;
    }
    if (strcmp(what, "problems") == 0) {
        http_problem_document(stdout);
        return 0;
    }
    if (strcmp(what, "gateway") == 0)
        return print_defaults(&gateway_options) != 0;
    if (strcmp(what, "scale") == 0)
        return print_defaults(&scale_options) != 0;
    fprintf(stderr, "Usage: print_tables document|gateway|metrics|parameters|problems|scale\n");
    return 2;
}
