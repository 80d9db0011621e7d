/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/permission.h"

/*
 * Tokens guard images, and nothing else: health checks and documents are for everyone.
 *
 * A page of any site can make a browser send us requests, from inside of a network that we trust.
 * It cannot read the answer, but the work is done. Browsers say so (Sec-Fetch-Site, W3C Fetch
 * Metadata), which is enough to refuse it. Pages of `cors_origins` may also read our answers
 * (Fetch, "CORS protocol").
 */
#include "base/status.h"
#include "base/tokens.h"
#include "http/answer.h"
#include "http/query.h"
#include "http/request_internal.h"
#include "http/target.h"

#include <string.h>
#include <strings.h>

enum { QUERY_TOKEN_BYTES = TOKEN_MAX_BYTES + 2 /* one that is too long stays too long */ };

static bool is_value(const char *field, const char *expected)
{
    const size_t length = request_value_length(field);

    return length == strlen(expected) && strncasecmp(field, expected, length) == 0;
}

void permission_find_origin(struct http_request *request)
{
    char *const *origins = request->options->cors_origins;

    for (size_t i = 0; request->fields.origin != NULL && origins != NULL && origins[i] != NULL;
         i++) {
        if (is_value(request->fields.origin, origins[i]))
            request->cors_origin = origins[i];
    }
    request->preflight = request->cors_origin != NULL && request->fields.asks_method &&
                         strcmp(request->method, "OPTIONS") == 0;
}

/* The token of "Bearer TOKEN" (RFC 6750, 2.1), and its length. NULL: another scheme's. */
static const char *bearer_token(const char *credentials, size_t *length)
{
    static const char scheme[] = "Bearer ";

    if (strncasecmp(credentials, scheme, strlen(scheme)) != 0)
        return NULL;
    credentials += strlen(scheme);
    credentials += strspn(credentials, " ");
    *length = request_value_length(credentials);
    return credentials;
}

/* A header field wins over the query, whatever either holds. */
static bool has_token(const struct http_request *request, const struct http_target *target,
                      bool *valid)
{
    const struct tokens *tokens = request->options->tokens;
    const char *token = NULL;
    char word[QUERY_TOKEN_BYTES];
    size_t length = 0;

    if (request->fields.authorization != NULL)
        token = bearer_token(request->fields.authorization, &length);
    if (token == NULL && request->fields.api_key != NULL) {
        length = request_value_length(request->fields.api_key);
        token = length > 0 ? request->fields.api_key : NULL;
    }
    if (token == NULL &&
        http_query_find(target->query, target->query_length, "key", word, sizeof(word))) {
        token = word;
        length = strlen(word);
    }
    *valid = token != NULL && tokens_match(tokens, token, length);
    return token != NULL;
}

static int check_token(struct http_request *request, const struct http_target *target)
{
    bool valid, given = has_token(request, target, &valid);

    if (valid)
        return 0;
    request->bad_token = given;
    return http_answer_detail(
        &request->answer, STATUS_UNAUTHORIZED, "%s",
        given ? "the token is not valid"
              : "images need a token: Authorization: Bearer TOKEN, API-Key: TOKEN, or key=TOKEN in "
                "the query");
}

int permission_check(struct http_request *request, const struct http_target *target)
{
    const char *site = request->fields.fetch_site;

    if (!request->takes_images)
        return 0;
    if (site != NULL && is_value(site, "cross-site") && request->cors_origin == NULL)
        return http_answer_detail(&request->answer, STATUS_FORBIDDEN,
                                  "a page of another site sent this request, and its origin is not "
                                  "in cors.origins");
    if (request->options->tokens == NULL || request->no_content)
        return 0;
    return check_token(request, target);
}
