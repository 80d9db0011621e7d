/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/file.h"
#include "config/print.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * A configuration file of any bytes. It is refused with error lines, each a single one; or what is
 * printed of it is read again without one and prints the same.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads `text`, and where it is right prints it into *printed (the caller's to free). */
static void read_and_print(const struct option_table *options, const char *text, size_t length,
                           char **printed)
{
    struct settings settings = {0};
    struct reading reading;
    char *errors = NULL;
    size_t errors_size, printed_size;
    FILE *stream = open_memstream(&errors, &errors_size), *out;
    unsigned lines = 0;

    if (reading_start(&reading, options, &settings, stream) != 0 ||
        file_read_text(&reading, "x", text, length) != 0)
        abort();
    reading_compare(&reading);
    fclose(stream);
    for (size_t i = 0; i < errors_size; i++)
        lines += errors[i] == '\n';
    if (lines != reading.error_count)
        abort();
    if (lines == 0) {
        out = open_memstream(printed, &printed_size);
        if (print_settings(&reading, out) != 0)
            abort();
        fclose(out);
    }
    settings_clear(&settings);
    free(errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct option_table *options = &gateway_options;
    char *text, *first = NULL, *second = NULL;

    if (size > 0 && data[0] == 's') { /* then the scale server's */
        options = &scale_options;
        data++;
        size--;
    }
    text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    read_and_print(options, text, size, &first);
    if (first != NULL) {
        read_and_print(options, first, strlen(first), &second);
        if (second == NULL || strcmp(first, second) != 0)
            abort();
    }
    free(text);
    free(first);
    free(second);
    return 0;
}
