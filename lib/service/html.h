/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdio.h>

/* Writes text as the content of an element or of a quoted attribute. Any thread. */
void html_write(FILE *out, const char *text);

/* The same as the content of an element, where what stands in backquotes is code. */
void html_write_prose(FILE *out, const char *text);
