/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/document.h"
#include "config/print.h"

#include <stdlib.h>
#include <string.h>

/*
 * Prints what the option tables say, for the files that are kept in the repository:
 * docs/configuration.md, and each program's defaults in config/. A unit test compares them.
 */
static int print_defaults(const struct option_table *options)
{
    struct settings settings = {0};
    struct reading reading;
    int error = reading_start(&reading, options, &settings, stderr);

    if (error == 0)
        error = print_settings(&reading, stdout);
    settings_clear(&settings);
    return error;
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";

    if (strcmp(what, "document") == 0)
        return print_document(stdout) != 0;
    if (strcmp(what, "gateway") == 0)
        return print_defaults(&gateway_options) != 0;
    if (strcmp(what, "scale") == 0)
        return print_defaults(&scale_options) != 0;
    fprintf(stderr, "Usage: print_configuration document|gateway|scale\n");
    return 2;
}
