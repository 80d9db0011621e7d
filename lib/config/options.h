/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct settings;

/*
 * The option tables. A row says everything about one option: its key in the JSON file, its flag on
 * the command line, type, unit, range, default, help, and where in struct settings its value lives.
 * Reading the file, reading flags, --help, --print-config and docs/configuration.md all walk the
 * same rows, so a new option is one new row.
 */
enum option_type {
    OPTION_STRING,  /* a char * in struct settings, owned by it */
    OPTION_INTEGER, /* an int64_t */
    OPTION_NUMBER,  /* a double */
    OPTION_BOOLEAN, /* an int64_t: 1 or 0 */
    OPTION_CHOICE,  /* an int64_t: the index into `choices` */
    OPTION_LIST,    /* a char **, NULL-terminated, owned by it with its strings */
};

struct option_row {
    const char *name; /* key within its section; NULL: only a flag */
    enum option_type type;
    const char *unit;                /* "ms", "bytes" ...; NULL: none */
    double smallest, largest;        /* INTEGER (exact up to 2^53) and NUMBER */
    bool exclusive;                  /* `smallest` itself is out of range */
    bool live;                       /* a reload applies another value; otherwise a restart does */
    const char *const *choices;      /* CHOICE, NULL-terminated */
    bool (*valid)(const char *text); /* STRING, and each of a LIST; NULL: any */
    const char *expects;             /* what `valid` accepts, for errors */
    const char *fallback;            /* the default, as on the command line: a LIST with commas
                                      * between its items, "" if it is empty */
    const char *help;                /* one line, no full stop */
    int short_flag;                  /* 'p'; 0: none */
    const char *long_flag;           /* "port"; NULL: none */
    const char *argument;            /* the flag's argument in --help */
    size_t offset;                   /* of its member in struct settings */
    size_t at_most[2];               /* offsets of numbers that it may not exceed; 0: none */
};

/* Rows under one prefix: "listen" makes "listen.port". Several groups may share a section, and one
 * group of rows may serve two programs under two sections. */
struct option_section {
    const char *name; /* NULL: the rows' names are top-level keys */
    const struct option_row *rows;
    size_t count;
};

/* What must hold between the values of several rows, each of which is valid by itself. */
struct option_rule {
    const char *says; /* for the documentation: a sentence, with the keys in backquotes */
    /* Whether it holds; if not, `why` is the error line, with keys and values. */
    bool (*holds)(const struct settings *settings, char why[static 256]);
};

struct option_table {
    const char *program; /* "grisaille-gateway" */
    const char *purpose; /* one line for --help */
    const struct option_section *sections;
    size_t count;
    const struct option_rule *rules;
    size_t rule_count;
};

extern const struct option_table gateway_options;
extern const struct option_table scale_options;
