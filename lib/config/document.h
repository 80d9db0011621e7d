/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdio.h>

/* The whole of docs/configuration.md, for both programs. 0 or -ENOMEM. */
int print_document(FILE *out);
