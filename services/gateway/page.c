/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "services/gateway/page.h"

#include "base/cleanup.h"
#include "service/html.h"
#include "service/images.h"
#include "services/gateway/page_parts.h" /* made by the build of page/ */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENTS_MAX = 4 };

/* Nothing foreign, and of our own only what was built: the hashes are those of the style and the
 * script in the page. */
static const char policy[] =
    "default-src 'none'; script-src '" PAGE_JS_SHA256 "'; style-src '" PAGE_CSS_SHA256 "'; "
    "img-src blob: data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";

/* Where each parameter stands. A group without a title is what everybody sees. */
static const struct {
    const char *title;
    unsigned count, rows[PARAMETERS];
} groups[] = {
    {NULL,
     9,
     {PARAMETER_WIDTH, PARAMETER_HEIGHT, PARAMETER_FIT, PARAMETER_CROP, PARAMETER_FORMAT,
      PARAMETER_QUALITY, PARAMETER_GRAY, PARAMETER_ROTATE, PARAMETER_FLIP}},
    {"Size",
     5,
     {PARAMETER_SCALE, PARAMETER_GRAVITY, PARAMETER_BACKGROUND, PARAMETER_ENLARGE,
      PARAMETER_LINEAR}},
    {"Look", 2, {PARAMETER_BLUR, PARAMETER_SHARPEN}},
    {"File",
     7,
     {PARAMETER_LOSSLESS, PARAMETER_SUBSAMPLING, PARAMETER_METADATA, PARAMETER_PROFILE,
      PARAMETER_ANIMATED, PARAMETER_EFFORT, PARAMETER_PROGRESSIVE}},
};

/* --- controls ------------------------------------------------------------------------------------
 */

/* Whether a word is one to choose: not what holds anyway, and not another word for an earlier one.
 */
static bool is_choice(const struct http_parameter *row, const struct http_choice *choice)
{
    if (row->initial != NULL && strcmp(choice->word, row->initial) == 0)
        return false;
    for (const struct http_choice *earlier = row->choices; earlier < choice; earlier++) {
        if (earlier->value == choice->value)
            return false;
    }
    return true;
}

static unsigned count_choices(const struct http_parameter *row)
{
    unsigned count = 0;

    for (const struct http_choice *choice = row->choices; choice->word != NULL; choice++)
        count += is_choice(row, choice);
    return count;
}

/* What a control shows that gives nothing. */
static const char *initial(const struct http_parameter *row)
{
    return row->initial != NULL ? row->initial : "\xe2\x80\x93"; /* a dash */
}

static void write_segment(FILE *out, const char *name, unsigned index, const char *value,
                          const char *label)
{
    fprintf(out,
            "<input type=\"radio\" id=\"p-%s-%u\" name=\"%s\" value=\"%s\"%s>"
            "<label for=\"p-%s-%u\">%s</label>",
            name, index, name, value, index == 0 ? " checked" : "", name, index, label);
}

static void write_segments(FILE *out, const struct http_parameter *row)
{
    unsigned index = 0;

    fprintf(out, "<legend>%s</legend><div class=\"segments\">", row->name);
    write_segment(out, row->name, index++, "", initial(row));
    for (const struct http_choice *choice = row->choices; choice->word != NULL; choice++) {
        if (is_choice(row, choice))
            write_segment(out, row->name, index++, choice->word, choice->word);
    }
    fputs("</div>", out);
}

static void write_select(FILE *out, const struct http_parameter *row)
{
    fprintf(out, "<select id=\"p-%s\" name=\"%s\" aria-describedby=\"h-%s\"><option value=\"\">%s",
            row->name, row->name, row->name, initial(row));
    for (const struct http_choice *choice = row->choices; choice->word != NULL; choice++) {
        if (is_choice(row, choice))
            fprintf(out, "<option>%s", choice->word);
    }
    fputs("</select>", out);
}

static void write_number_input(FILE *out, const struct http_parameter *row)
{
    const bool whole = strcmp(row->type->json, "integer") == 0;
    char smallest[DECIMAL_TEXT_BYTES], largest[DECIMAL_TEXT_BYTES];

    decimal_print(row->smallest, smallest);
    decimal_print(row->largest, largest);
    fprintf(out,
            "<input type=\"number\" id=\"p-%s\" name=\"%s\" min=\"%s\" max=\"%s\" step=\"%s\" "
            "inputmode=\"%s\" aria-describedby=\"h-%s\" placeholder=\"%s \xe2\x80\x93 %s\">",
            row->name, row->name, smallest, largest, whole ? "1" : "any",
            whole ? "numeric" : "decimal", row->name, smallest, largest);
}

static void write_text(FILE *out, const struct http_parameter *row)
{
    fprintf(out,
            "<input type=\"text\" id=\"p-%s\" name=\"%s\" list=\"l-%s\" spellcheck=\"false\" "
            "aria-describedby=\"h-%s\" placeholder=\"%s%s\" pattern=\"",
            row->name, row->name, row->name, row->name, row->initial != NULL ? "" : "e.g. ",
            row->initial != NULL ? row->initial : row->type->examples[0]);
    html_write(out, row->type->pattern);
    fprintf(out, "\"><datalist id=\"l-%s\">", row->name);
    for (const char *const *example = row->type->examples; *example != NULL; example++)
        fprintf(out, "<option>%s", *example);
    fputs("</datalist>", out);
}

enum control_kind { CONTROL_CHECK, CONTROL_SEGMENTS, CONTROL_SELECT, CONTROL_NUMBER, CONTROL_TEXT };

static enum control_kind control_of(const struct http_parameter *row)
{
    if (row->choices == NULL)
        return row->largest.digits > 0 ? CONTROL_NUMBER : CONTROL_TEXT;
    if (row->initial != NULL && strcmp(row->initial, "false") == 0)
        return CONTROL_CHECK;
    return count_choices(row) < SEGMENTS_MAX ? CONTROL_SEGMENTS : CONTROL_SELECT;
}

static void write_control(FILE *out, const struct http_parameter *row)
{
    const enum control_kind control = control_of(row);
    const char *element = control == CONTROL_SEGMENTS ? "fieldset" : "div";

    fprintf(out, "<%s class=\"control%s\" data-name=\"%s\">", element,
            control == CONTROL_CHECK      ? " check"
            : control == CONTROL_SEGMENTS ? " wide"
                                          : "",
            row->name);
    if (control == CONTROL_CHECK)
        fprintf(out,
                "<input type=\"checkbox\" id=\"p-%s\" name=\"%s\" value=\"true\" "
                "aria-describedby=\"h-%s\">",
                row->name, row->name, row->name);
    if (control != CONTROL_SEGMENTS)
        fprintf(out, "<label for=\"p-%s\">%s</label>", row->name, row->name);
    if (control == CONTROL_SEGMENTS)
        write_segments(out, row);
    else if (control == CONTROL_SELECT)
        write_select(out, row);
    else if (control == CONTROL_NUMBER)
        write_number_input(out, row);
    else if (control == CONTROL_TEXT)
        write_text(out, row);
    fprintf(out, "<p class=\"help\" id=\"h-%s\">", row->name);
    html_write_prose(out, row->help);
    fprintf(out, "</p></%s>\n", element);
}

static void write_controls(FILE *out, const struct http_parameter *rows, bool common)
{
    for (size_t group = 0; group < ARRAY_LENGTH(groups); group++) {
        const char *title = groups[group].title;

        if ((title == NULL) != common)
            continue;
        fprintf(out, "<div class=\"group%s\">\n", common ? " common" : "");
        if (title != NULL)
            fprintf(out, "<h3>%s</h3>\n", title);
        for (unsigned i = 0; i < groups[group].count; i++)
            write_control(out, &rows[groups[group].rows[i]]);
        fputs("</div>\n", out);
    }
}

/* --- the page ------------------------------------------------------------------------------------
 */

void page_list_formats(const struct settings *settings, char text[static PAGE_FORMATS_BYTES])
{
    unsigned taken[IMAGE_FORMAT_COUNT], count = 0;
    size_t used = 0;

    for (unsigned format = IMAGE_JPEG; format < IMAGE_FORMAT_COUNT; format++) {
        if (images_takes(settings, format))
            taken[count++] = format;
    }
    text[0] = '\0';
    for (unsigned i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, PAGE_FORMATS_BYTES - used, "%s%s",
                                 i == 0           ? ""
                                 : i + 1 == count ? " and "
                                                  : ", ",
                                 image_format_name(taken[i]));
}

/* Stands in the page for the name that the client uses for us. */
static const char origin_mark[] = "{{origin}}";

static const char form_attributes[] =
    " action=\"/image\" method=\"post\" enctype=\"multipart/form-data\"";
static const char submit_button[] =
    "<button type=\"submit\" class=\"button primary plain\">Send</button>";

static void write_formats(FILE *out, const struct live_settings *live)
{
    char text[PAGE_FORMATS_BYTES];

    page_list_formats(&live->settings, text);
    fputs(text, out);
}

/* What stands in the template as {{name}}; `name` is not terminated. */
static void write_part(FILE *out, const struct live_settings *live, const char *name, size_t length)
{
    const bool needs_token = live->tokens != NULL;

    if (strncmp(name, "style", length) == 0)
        fputs(page_css, out);
    else if (strncmp(name, "script", length) == 0)
        fputs(page_js, out);
    else if (strncmp(name, "formats", length) == 0)
        write_formats(out, live);
    else if (strncmp(name, "post", length) == 0)
        fputs(needs_token ? " class=\"scripted\"" : form_attributes, out);
    else if (strncmp(name, "send", length) == 0)
        fputs(needs_token ? "" : submit_button, out);
    else if (strncmp(name, "instead", length) == 0)
        fputs(needs_token ? token_html : "", out);
    else
        write_controls(out, live->rows, strncmp(name, "common", length) == 0);
}

static void write_template(FILE *out, const struct live_settings *live)
{
    const char *text = page_html, *begin, *end;

    while ((begin = strstr(text, "{{")) != NULL && (end = strstr(begin, "}}")) != NULL) {
        fwrite(text, 1, (size_t)(begin - text), out);
        write_part(out, live, begin + 2, (size_t)(end - begin - 2));
        text = end + 2;
    }
    fputs(text, out);
}

int page_make(struct live_settings *live)
{
    size_t size;
    FILE *out = open_memstream(&live->page, &size);

    if (out == NULL)
        return -ENOMEM;
    write_template(out, live);
    if (fclose(out) == 0)
        return 0;
    free(TAKE_PTR(live->page));
    return -ENOMEM;
}

int page_answer(const char *page, const char *origin, struct http_answer *answer)
{
    static const char type[] = "text/html; charset=utf-8";
    const char *mark = strstr(page, origin_mark);

    answer->policy = policy;
    if (mark == NULL)
        return http_answer_text(answer, type, "%s", page);
    return http_answer_text(answer, type, "%.*s%s%s", (int)(mark - page), page, origin,
                            mark + strlen(origin_mark));
}
