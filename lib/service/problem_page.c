/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/problem_page.h"

#include "base/status.h"
#include "http/problem.h"
#include "http/request.h"
#include "service/html.h"
#include "service/negotiate.h"
#include "service/problem_style.h" /* made by the build of problem.css */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char policy[] =
    "default-src 'none'; style-src '" PROBLEM_CSS_SHA256 "'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static void write_page(FILE *out, const char *name, const struct http_problem *problem)
{
    fprintf(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>%s</title>\n"
        "<link rel=\"icon\" href=\"data:,\">\n<style>%s</style>\n<main>\n<p class=\"type\">%u %s\n",
        name, problem_css, problem->codes[0], name);
    fputs("<h1>", out);
    html_write(out, problem->title);
    fputs("</h1>\n<h2>When</h2>\n<p>", out);
    html_write_prose(out, problem->meaning);
    fputs("\n<h2>What to do</h2>\n<p>", out);
    html_write_prose(out, problem->remedy);
    fputs("\n</main>\n</html>\n", out);
}

static int answer_page(const char *name, const struct http_problem *problem,
                       struct http_answer *answer)
{
    char *page = NULL;
    FILE *out = open_memstream(&page, &answer->body_size);

    if (out == NULL)
        return -ENOMEM;
    write_page(out, name, problem);
    if (fclose(out) != 0) {
        free(page);
        return -ENOMEM;
    }
    answer->body = (uint8_t *)page;
    answer->content_type = "text/html; charset=utf-8";
    answer->policy = policy;
    return 0;
}

int problem_page(struct http_request *request, void *context, struct http_answer *answer)
{
    const int problem_status = http_problem_find(http_request_path_below(request));
    const struct http_problem *problem = http_problem(problem_status);
    bool html;
    int status = negotiate_html(request, answer, &html);

    (void)context;
    if (status != 0)
        return status;
    if (problem == NULL)
        return http_answer_detail(answer, STATUS_NOT_FOUND, "no problem has this name");
    if (html)
        return answer_page(status_name(problem_status), problem, answer);
    return http_answer_text(answer, "text/plain; charset=utf-8",
                            "%u %s: %s\n\nWhen: %s.\n\nWhat to do: %s\n", problem->codes[0],
                            status_name(problem_status), problem->title, problem->meaning,
                            problem->remedy);
}
