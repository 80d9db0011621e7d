/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/options.h"
#include "config/settings.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * Inside lib/config: one reading of the configuration. The sections of an option table are
 * flattened into entries with whole keys, and all values, from the file, flags and defaults, are
 * checked and stored here.
 */
enum { ENTRIES_MAX = 128, KEY_BYTES = 64, TEXT_BYTES = 256 };

enum origin { FROM_DEFAULT, FROM_FILE, FROM_FLAG };

struct entry {
    const struct option_row *row;
    const char *section; /* NULL: none */
    char key[KEY_BYTES]; /* "listen.port"; "": the option is only a flag */
    const char *flag;    /* the flag's argument, from argv; NULL: not given */
    enum origin origin;  /* of the effective value */
    bool wrong;          /* a value was refused */
};

struct reading {
    const struct option_table *options;
    struct settings *settings;
    const char *file; /* as named on the command line; NULL: none */
    FILE *errors;     /* a line for each error */
    unsigned error_count;
    size_t count;
    struct entry entries[ENTRIES_MAX];
};

/* Flattens the table and stores the defaults. 0; -ENOMEM; -E2BIG: the table has more than
 * ENTRIES_MAX rows; or -EINVAL: a default is out of its range. */
int reading_start(struct reading *reading, const struct option_table *options,
                  struct settings *settings, FILE *errors);

/* The entry of `section` (NULL: top level) and `name`; NULL: none. */
struct entry *reading_find(struct reading *reading, const char *section, const char *name);

/* The entry whose value is at `offset` in struct settings; NULL: none. */
const struct entry *reading_find_offset(const struct reading *reading, size_t offset);

/* One error line, its control characters blanked: "PROGRAM: ...". */
void reading_complain(struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Checks and stores a value. 0; -EINVAL: the row does not take it; -ENOMEM. A number goes to
 * INTEGER and NUMBER rows, a text to STRING and CHOICE rows, a list (taken over on 0) to
 * LIST rows, a word of the command line ("true", "false" for BOOLEAN) to all. */
int reading_store_number(struct reading *reading, struct entry *entry, double number);
int reading_store_boolean(struct reading *reading, struct entry *entry, bool value);
int reading_store_text(struct reading *reading, struct entry *entry, const char *text);
int reading_store_list(struct reading *reading, struct entry *entry, char **list);
int reading_store_word(struct reading *reading, struct entry *entry, const char *word);

/* The effective value of an INTEGER or NUMBER row. */
double reading_number(const struct reading *reading, const struct option_row *row);

/* "an integer from 0 to 65535": what a row takes, for errors. */
void row_expects(const struct option_row *row, char text[static TEXT_BYTES]);

/* "string", "integer" ...: its type in the file. */
const char *row_type(const struct option_row *row);

/* "0 to 65535", "above 0, up to 1", "a, b or c"; "" if the row's type has no range. */
void row_range(const struct option_row *row, char text[static TEXT_BYTES]);

/* The default as it stands in the file. */
void row_default(const struct option_row *row, char text[static TEXT_BYTES]);

/* The index of the first item that a LIST row does not take; the length: it takes all. */
size_t row_wrong_item(const struct option_row *row, char *const *list);

/* Checks the numbers that may not exceed others and then, if there was no error so far, the table's
 * rules; writes an error line for each that does not hold. */
void reading_compare(struct reading *reading);
