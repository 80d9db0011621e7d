/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/* A command line of any words, separated by NUL. It is refused with error lines, each a single one,
 * or every value is within its row's range. */
#include "config/flags.h"
#include "config/program.h"
#include "config/table.h"

#include <string.h>

enum { WORDS_MAX = 32 };

/* Cuts `text` at its NULs, as a program's argv. */
static int split_words(char *text, size_t size, char *words[WORDS_MAX + 2])
{
    static char program[] = "x";
    int count = 0;

    words[count++] = program;
    for (char *word = text; word < text + size && count <= WORDS_MAX; word += strlen(word) + 1)
        words[count++] = word;
    words[count] = NULL;
    return count;
}

static void check_values(const struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct option_row *row = reading->entries[i].row;
        double value;

        if (row->type != OPTION_INTEGER && row->type != OPTION_NUMBER)
            continue;
        value = reading_number(reading, row);
        fuzz_require(value >= row->smallest && value <= row->largest);
        fuzz_require(!row->exclusive || value > row->smallest);
    }
}

static void check_errors(const struct reading *reading, const char *errors, size_t size, int result)
{
    unsigned lines = 0;

    for (size_t i = 0; i < size; i++)
        lines += errors[i] == '\n';
    fuzz_require(lines == reading->error_count);
    fuzz_require(result == 0 || lines > 0);
}

static void read_words(const struct option_table *options, int count, char **words)
{
    struct settings settings = {0};
    struct reading reading;
    struct flags flags;
    char *errors = NULL;
    size_t size;
    FILE *stream = open_memstream(&errors, &size);
    int result;

    fuzz_require(reading_start(&reading, options, &settings, stream) == 0);
    result = flags_read(&reading, count, words, &flags);
    if (result == 0)
        fuzz_require(flags_store(&reading) == 0);
    reading_compare(&reading);
    fclose(stream);
    check_errors(&reading, errors, size, result);
    check_values(&reading);
    settings_clear(&settings);
    free(errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *words[WORDS_MAX + 2];

    fuzz_require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    /* getopt_long moves operands, in the list and not in the text. */
    read_words(&gateway_options, split_words(text, size, words), words);
    read_words(&scale_options, split_words(text, size, words), words);
    free(text);
    return 0;
}
