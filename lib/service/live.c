/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/live.h"

#include "base/tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int read_tokens(struct tokens **tokens, const char *key, const char *path,
                       char why[static 256])
{
    char reason[TOKENS_WHY_BYTES];
    int status;

    if (path == NULL || *path == '\0')
        return 0;
    status = tokens_read(tokens, path, reason);
    if (status != 0)
        snprintf(why, 256, "%s: %s", key, reason);
    return status;
}

int live_new(struct live_settings **live, const struct settings *settings, bool owned,
             char why[static 256])
{
    struct live_settings *created = calloc(1, sizeof(*created));
    struct settings taken = *settings;
    int status;

    if (created == NULL) {
        if (owned)
            settings_clear(&taken);
        snprintf(why, 256, "out of memory");
        return -ENOMEM;
    }
    created->settings = taken;
    created->owned = owned;
    status = read_tokens(&created->tokens, "auth.tokens_file", settings->tokens_file, why);
    if (status == 0)
        status =
            read_tokens(&created->scale_token, "scale.token_file", settings->scale.token_file, why);
    if (status != 0)
        live_free(created);
    else
        *live = created;
    return status;
}

void live_free(void *argument)
{
    struct live_settings *live = argument;

    if (live == NULL)
        return;
    tokens_free(live->tokens);
    tokens_free(live->scale_token);
    if (live->owned)
        settings_clear(&live->settings);
    free(live);
}

const struct settings *request_settings(const struct http_request *request)
{
    const struct live_settings *live = http_request_live(request);

    return &live->settings;
}

const char *request_scale_token(const struct http_request *request)
{
    const struct live_settings *live = http_request_live(request);

    return live->scale_token != NULL ? tokens_first(live->scale_token) : NULL;
}
