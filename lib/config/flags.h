/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "config/table.h"

/* A flag that is not an option's: what it asks for. */
enum action {
    ACTION_CONFIG,
    ACTION_CHECK,
    ACTION_PRINT,
    ACTION_HEALTH,
    ACTION_HELP,
    ACTION_VERSION,
    ACTION_COUNT
};

struct action_row {
    int short_flag; /* 0: none */
    const char *long_flag;
    const char *argument; /* NULL: takes none */
    const char *help;
};

extern const struct action_row action_rows[ACTION_COUNT];

/* What the command line asks for, by action. */
struct flags {
    bool given[ACTION_COUNT];
    const char *file; /* --config; NULL: not given */
};

/* Reads the command line: actions into *flags, options' arguments into their entries, to be stored
 * later. Stops at --help and --version. 0; or -EINVAL and one error line. Not thread-safe. */
int flags_read(struct reading *reading, int argc, char **argv, struct flags *flags);

/* Stores the arguments that flags_read left in the entries. 0 or -ENOMEM. */
int flags_store(struct reading *reading);
