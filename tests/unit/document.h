/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdio.h>

/* Fails the test unless the file of that path in the checkout holds what print() writes;
 * `ninja -C build update-docs` puts it there. */
void assert_documented(const char *path, void (*print)(FILE *out));
