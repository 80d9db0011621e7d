/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"

/*
 * The parameters in a query or a form. A table says what a route takes: each row reads the text of
 * one parameter into a member of a struct, writes it back, and describes itself to clients and
 * readers of the documentation. Allocates nothing and knows no HTTP library, so that it can be
 * fuzzed.
 */
enum {
    HTTP_PARAMETERS_MAX = 64,
    HTTP_MEMBERS_BYTES = 512, /* of the struct with a member for each row */
    HTTP_VALUE_BYTES = 256,   /* of a value as text, and of what a row expects */
    HTTP_DETAIL_BYTES = 256,  /* of a sentence for the client */
};

struct http_parameter;

/* What kinds of values there are. A program may add its own. */
struct http_parameter_type {
    size_t size; /* of the member */
    /* Reads `text` into the member, which is left alone on errors. 0, STATUS_BAD_PARAMETER or
     * -ENOMEM. */
    int (*read)(const struct http_parameter *parameter, const char *text, void *member);
    /* Writes what `read` reads as the same value, in characters that stand for themselves in a
     * query: no '+', no '%'. */
    void (*write)(const struct http_parameter *parameter, const void *member,
                  char text[static HTTP_VALUE_BYTES]);
    /* Completes "must be ...": "an integer, at least 1 and at most 100". */
    void (*describe)(const struct http_parameter *parameter, char text[static HTTP_VALUE_BYTES]);
    /* The same for machines. */
    const char *json;            /* the type in JSON Schema: "integer", "number" or "string" */
    const char *pattern;         /* of a string, as a regular expression of ECMAScript; NULL: any */
    const char *const *examples; /* values that it takes, NULL-terminated; NULL: none */
};

extern const struct http_parameter_type
    http_type_decimal; /* a struct decimal, exactly as written */
extern const struct http_parameter_type http_type_integer; /* a uint32_t */
extern const struct http_parameter_type http_type_choice;  /* a uint32_t */

/* A word and what it means. Several words may mean the same: the first one is written. */
struct http_choice {
    const char *word; /* NULL: the end */
    uint32_t value;
};

struct http_parameter {
    const char *name;
    const struct http_parameter_type *type;
    size_t offset;                     /* of its member */
    struct decimal smallest, largest;  /* DECIMAL, INTEGER; inclusive ... */
    bool above_smallest;               /* ... unless the value must be greater than `smallest` */
    const struct http_choice *choices; /* CHOICE */
    uint32_t by_accept;                /* CHOICE: the value that depends on Accept; 0: none */
    const char *initial;  /* the value that holds if it is not given; NULL: none, or it depends */
    const char *fallback; /* for readers: what it depends on; NULL: `initial` says it all */
    const char *help;     /* one line, no full stop; code in backquotes */
};

struct http_parameter_table {
    const struct http_parameter *rows;
    size_t count;               /* up to HTTP_PARAMETERS_MAX */
    const char *const *ignored; /* names that a query may have with any value, NULL-terminated; or
                                 * NULL. Not a form. */
    bool ignored_once;          /* not more than one of a name that has a value */
};

/* What a query gave. A member that was not given keeps what it held: 0, or a route's preset. */
struct http_parameter_values {
    uint64_t given; /* bit N: row N */
    _Alignas(struct decimal) uint8_t members[HTTP_MEMBERS_BYTES];
};

/* Whether every row and its member fit into the values. Any thread. */
bool http_parameters_fit(const struct http_parameter_table *table);

/* Reads a query; an empty one gives nothing. 0; -ENOMEM; or STATUS_BAD_PARAMETER with a sentence in
 * `detail` that names the first parameter that is unknown, repeated, empty, malformed or out of
 * range. Any thread. */
int http_query_parse(const char *query, size_t length, const struct http_parameter_table *table,
                     struct http_parameter_values *values, char detail[static HTTP_DETAIL_BYTES]);

/* Whether a choice was given that depends on Accept. Any thread. */
bool http_parameters_vary(const struct http_parameter_table *table,
                          const struct http_parameter_values *values);

/* The value of the first parameter of that name that is not empty, decoded. False: there is none,
 * or it is malformed or longer than `size` allows. Any thread. */
bool http_query_find(const char *query, size_t length, const char *name, char *value, size_t size);

/* Copies a query without the parameters of that name, however it is encoded; what is left stays as
 * it was written. malloc'd and terminated; NULL: no memory. Any thread. */
char *http_query_without(const char *query, size_t length, const char *name);

/* Reads one field of a form, as it is, beside what was given before; an empty one gives nothing,
 * whatever its name, since browsers send every field. Returns as http_query_parse(). Any thread. */
int http_field_read(const char *name, size_t name_length, const char *value, size_t value_length,
                    const struct http_parameter_table *table, struct http_parameter_values *values,
                    char detail[static HTTP_DETAIL_BYTES]);

/* Writes the given values as a query with its question mark, "?scale=0.5&quality=80", or "" for
 * none; http_query_parse() reads it as the same values. 0, or -ENOSPC: more than `size` bytes. Any
 * thread. */
int http_query_write(const struct http_parameter_table *table,
                     const struct http_parameter_values *values, char *query, size_t size);
