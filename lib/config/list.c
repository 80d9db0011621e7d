/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int list_append(char ***list, const char *text, size_t length)
{
    size_t count = list_length(*list);
    char **longer = reallocarray(*list, count + 2, sizeof(*longer));

    if (longer == NULL)
        return -ENOMEM;
    *list = longer;
    longer[count] = strndup(text, length);
    longer[count + 1] = NULL;
    return longer[count] != NULL ? 0 : -ENOMEM;
}

size_t list_length(char *const *list)
{
    size_t length = 0;

    while (list != NULL && list[length] != NULL)
        length++;
    return length;
}

char **list_free(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free(list[i]);
    free(list);
    return NULL;
}
