/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void assert_documented(const char *path, void (*print)(FILE *out))
{
    static char kept[256 * 1024];
    char name[512], *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    print(stream);
    fclose(stream);
    snprintf(name, sizeof(name), "%s/%s", getenv("SOURCE_ROOT"), path);
    stream = fopen(name, "r");
    assert_non_null(stream);
    kept[fread(kept, 1, sizeof(kept) - 1, stream)] = '\0';
    fclose(stream);
    if (strstr(kept, text) == NULL)
        fail_msg("%s has another table; ninja -C build update-docs", path);
    free(text);
}
