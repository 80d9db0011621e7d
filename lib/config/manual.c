/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/manual.h"

#include "base/cleanup.h"
#include "build_config.h"
#include "config/document.h"
#include "config/flags.h"
#include "config/table.h"

#include <ctype.h>
#include <string.h>

/*
 * Manual pages, from the same tables as --help and docs/configuration.md. What is written here as a
 * string is roff; what comes from a table is text, and passes through put_roff_text().
 */
struct manual {
    const struct option_table *options;
    const char *summary;     /* behind the name; no full stop */
    const char *description; /* continues "PROGRAM" */
    const char *examples;
    const char *worker; /* its program */
    const char *file;   /* its configuration, where the unit looks for it */
    const char *file_example;
    const char *other; /* server */
};

static const struct manual manuals[] = {
    {
        .options = &gateway_options,
        .summary = "HTTP server that makes images gray, smaller or of another format",
        .description =
            "answers a POST of an image with that image: gray, resized, cropped, turned or of "
            "another format, as "
            "the request's path and parameters say.\n"
            "Its own workers make images gray;\n"
            "other requests go to\n"
            ".BR grisaille\\-scale (1).\n"
            "A worker decodes one image at a time in a sandbox, and is replaced if it fails or "
            "takes too long.\n"
            ".PP\n"
            "GET / is a page to try it in a browser, and a short text for other clients;\n"
            "GET /openapi.json describes every request.\n"
            "Metrics for Prometheus are at /metrics on a port of their own.\n",
        .examples =
            "Serve on the default port, then make a photograph gray and a thumbnail of it:\n"
            ".RS 4\n"
            ".EX\n"
            "grisaille\\-scale & grisaille\\-gateway &\n"
            "curl \\-\\-data\\-binary @photo.jpg http://localhost:8080 \\-o gray.jpg\n"
            "curl \\-F image=@photo.jpg \\-F width=128 http://localhost:8080/image \\-o small.jpg\n"
            ".EE\n"
            ".RE\n",
        .worker = "grisaille-gray",
        .file = "gateway.json",
        .file_example = "A server behind a proxy on the same host, with a log for programs:\n"
                        ".RS 4\n"
                        ".EX\n"
                        "{\n"
                        "    \"listen\": {\"ip\": \"127.0.0.1\"},\n"
                        "    \"trusted_proxies\": [\"127.0.0.1\"],\n"
                        "    \"log\": {\"format\": \"json\"}\n"
                        "}\n"
                        ".EE\n"
                        ".RE\n",
        .other = "grisaille-scale",
    },
    {
        .options = &scale_options,
        .summary = "HTTP server that resizes, crops, turns and converts images",
        .description = "answers a POST of an image with that image: resized, cropped, turned, gray "
                       "or of another format, as "
                       "the request's path and parameters say.\n"
                       "It works alone, and for\n"
                       ".BR grisaille\\-gateway (1).\n"
                       "A worker decodes one image at a time in a sandbox, and is replaced if it "
                       "fails or takes too long.\n"
                       ".PP\n"
                       "GET /openapi.json describes every request.\n"
                       "Metrics for Prometheus are at /metrics on a port of their own.\n",
        .examples = "Serve on the default port, then make a photograph half as large:\n"
                    ".RS 4\n"
                    ".EX\n"
                    "grisaille\\-scale &\n"
                    "curl \\-\\-data\\-binary @photo.jpg "
                    "\\(aqhttp://localhost:8000/scale?scale=0.5\\(aq \\-o "
                    "small.jpg\n"
                    ".EE\n"
                    ".RE\n",
        .worker = "grisaille-scale-worker",
        .file = "scale.json",
        .file_example = "A server for gateways in one network:\n"
                        ".RS 4\n"
                        ".EX\n"
                        "{\n"
                        "    \"listen\": {\"ip\": \"10.1.0.7\", \"port\": 8000},\n"
                        "    \"trusted_proxies\": [\"10.1.0.0/16\"]\n"
                        "}\n"
                        ".EE\n"
                        ".RE\n",
        .other = "grisaille-gateway",
    },
};

static const char signals[] =
    ".SH SIGNALS\n"
    ".TP\n"
    ".BR SIGTERM \", \" SIGINT\n"
    "/readyz answers 503, for\n"
    ".B shutdown.delay_ms\n"
    "before anything else changes.\n"
    "Then requests in progress are answered, for at most\n"
    ".BR shutdown.drain_ms ,\n"
    "and the server ends.\n"
    ".TP\n"
    ".B SIGHUP\n"
    "Reads the configuration file and the files of tokens again.\n"
    "Keys that need a restart keep their values and are named in the log.\n"
    "A file with an error changes nothing.\n"
    ".SH \"EXIT STATUS\"\n"
    ".TP\n"
    ".B 0\n"
    "Done.\n"
    ".TP\n"
    ".B 1\n"
    "Failed at run time.\n"
    ".TP\n"
    ".B 2\n"
    "Wrong flag or configuration; a line on standard error says which.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n"
    ".BR LISTEN_FDS \", \" LISTEN_PID\n"
    "Sockets that systemd passes are used in the place of\n"
    ".B listen.ip\n"
    "and\n"
    ".BR listen.port .\n"
    ".TP\n"
    ".B NOTIFY_SOCKET\n"
    "systemd is notified when the server is ready, reloads and stops.\n";

static const char file_rules[] = "Each key may be left out and then has its default.\n"
                                 "Keys are nested by the part before the dot:\n"
                                 ".B listen.port\n"
                                 "is\n"
                                 "{\"listen\": {\"port\": 8080}}.\n"
                                 "There are no comments.\n"
                                 ".PP\n"
                                 "An unknown key, a wrong type, a value out of range, a duplicate "
                                 "key or broken JSON stops the server before it "
                                 "starts, with a line on standard error for each error;\n"
                                 ".B \\-\\-check\\-config\n"
                                 "does only that.\n"
                                 "On SIGHUP the file is read again:\n"
                                 "keys marked\n"
                                 ".I reload\n"
                                 "get their new values, others need a restart.\n";

static const char computed_begins[] = ".SH \"PRINTED CONFIGURATION\"\n"
                                      ".B \\-\\-print\\-config\n"
                                      "prints every key with the value in force, and an object\n"
                                      ".BR computed ,\n"
                                      "which a reader of the file ignores:\n";

/* Text of a table: what stands in backquotes is bold, and nothing of it is a request to roff. */
static void put_roff_text(const char *text, FILE *out)
{
    bool bold = false;

    for (const char *byte = text; *byte != '\0'; byte++) {
        if (*byte == '`') {
            bold = !bold;
            fputs(bold ? "\\fB" : "\\fR", out);
        } else if (*byte == '\\') {
            fputs("\\e", out);
        } else if (*byte == '-') {
            fputs("\\-", out);
        } else if (byte == text && (*byte == '.' || *byte == '\'')) {
            fprintf(out, "\\&%c", *byte);
        } else {
            putc(*byte, out);
        }
    }
}

/* The same as a sentence on a line of its own; a word of letters alone begins with a capital. */
static void put_sentence(const char *text, FILE *out)
{
    size_t letters = strspn(text, "abcdefghijklmnopqrstuvwxyz");

    if (letters > 0 && (text[letters] == ' ' || text[letters] == ',')) {
        putc(toupper((unsigned char)*text), out);
        text++;
    }
    put_roff_text(text, out);
    fputs(".\n", out);
}

static void put_title(const char *name, int section, const char *title, FILE *out)
{
    fputs(".\\\" Generated from lib/config/options.c\n.TH ", out);
    put_roff_text(name, out);
    fprintf(out, " %d \"\" \"grisaille %s\" \"%s\"\n.nh\n.ad l\n", section, GRISAILLE_VERSION,
            title);
}

static void put_flag(int short_flag, const char *long_flag, const char *argument, FILE *out)
{
    fputs(".TP\n", out);
    if (short_flag != 0)
        fprintf(out, "\\fB\\-%c\\fR, ", short_flag);
    fputs("\\fB\\-\\-", out);
    put_roff_text(long_flag, out);
    fputs("\\fR", out);
    if (argument != NULL)
        fprintf(out, " \\fI%s\\fR", argument);
    putc('\n', out);
}

static void put_default(const struct option_row *row, FILE *out)
{
    char fallback[TEXT_BYTES];

    row_default(row, fallback);
    fputs("Default: \\fB", out);
    put_roff_text(fallback, out);
    fputs("\\fR.\n", out);
}

static void put_flags(const struct reading *reading, FILE *out)
{
    fputs(".SH OPTIONS\n", out);
    for (size_t i = 0; i < reading->count; i++) {
        const struct option_row *row = reading->entries[i].row;

        if (row->long_flag == NULL)
            continue;
        put_flag(row->short_flag, row->long_flag, row->argument, out);
        put_sentence(row->help, out);
        put_default(row, out);
        if (row->name != NULL)
            fprintf(out, "Overrides the key \\fB%s\\fR.\n", reading->entries[i].key);
    }
    for (int i = 0; i < ACTION_COUNT; i++) {
        put_flag(action_rows[i].short_flag, action_rows[i].long_flag, action_rows[i].argument, out);
        put_sentence(action_rows[i].help, out);
    }
}

/* What stands before the values that a row takes. */
static const char *const values_begin[] = {
    [OPTION_STRING] = "Value",  [OPTION_INTEGER] = "Range", [OPTION_NUMBER] = "Range",
    [OPTION_CHOICE] = "One of", [OPTION_LIST] = "Each",     [OPTION_BOOLEAN] = "Value",
};

static void put_key(const struct entry *entry, FILE *out)
{
    const struct option_row *row = entry->row;
    char range[TEXT_BYTES];

    row_range(row, range);
    fprintf(out, ".TP\n\\fB%s\\fR (%s%s%s%s)\n", entry->key, row_type(row),
            row->unit != NULL ? ", " : "", row->unit != NULL ? row->unit : "",
            row->live ? "; \\fIreload\\fR" : "");
    put_sentence(row->help, out);
    if (row->expects != NULL || range[0] != '\0') {
        fprintf(out, "%s: ", values_begin[row->type]);
        put_roff_text(row->expects != NULL ? row->expects : range, out);
        fputs(".\n", out);
    }
    put_default(row, out);
}

static void put_limit(const char *sentence, FILE *out)
{
    fputs(".IP \\(bu 2\n", out);
    put_sentence(sentence, out);
}

static void put_computed(FILE *out)
{
    fputs(computed_begins, out);
    for (size_t i = 0; i < ARRAY_LENGTH(computed_rows); i++) {
        fprintf(out, ".TP\n.B computed.%s\n", computed_rows[i].name);
        put_sentence(computed_rows[i].meaning, out);
    }
}

static void put_reference(const char *name, const char *section, FILE *out)
{
    fputs(".BR ", out);
    put_roff_text(name, out);
    fprintf(out, " %s\n", section);
}

static void put_program(const struct reading *reading, const struct manual *manual, FILE *out)
{
    const char *program = reading->options->program;

    put_title(program, 1, "User Commands", out);
    fputs(".SH NAME\n", out);
    put_roff_text(program, out);
    fprintf(out, " \\- %s\n.SH SYNOPSIS\n.B ", manual->summary);
    put_roff_text(program, out);
    fputs("\n.RI [ FLAG ]...\n.SH DESCRIPTION\n.B ", out);
    put_roff_text(program, out);
    putc('\n', out);
    fputs(manual->description, out);
    put_flags(reading, out);
    fputs(signals, out);
    fprintf(out, ".SH FILES\n.TP\n.I /etc/grisaille/%s\n", manual->file);
    fputs("The configuration that the systemd unit passes with\n.BR \\-\\-config .\n.TP\n.I ", out);
    put_roff_text(GRISAILLE_LIBEXECDIR "/", out);
    put_roff_text(manual->worker, out);
    fputs("\nThe worker program, which is never started by hand.\n.SH EXAMPLES\n", out);
    fputs(manual->examples, out);
    fputs(".SH \"SEE ALSO\"\n", out);
    put_reference(manual->other, "(1),", out);
    fputs(".BR ", out);
    put_roff_text(program, out);
    fputs(".json (5)\n", out);
}

static void put_file(const struct reading *reading, const struct manual *manual, FILE *out)
{
    const char *program = reading->options->program;
    char name[KEY_BYTES];

    snprintf(name, sizeof(name), "%s.json", program);
    put_title(name, 5, "File Formats Manual", out);
    fputs(".SH NAME\n", out);
    put_roff_text(name, out);
    fputs(" \\- configuration of ", out);
    put_roff_text(program, out);
    fputs("\n.SH DESCRIPTION\nThe file that\n", out);
    put_reference(program, "(1)", out);
    fputs("reads with\n.B \\-\\-config\nis a JSON object (RFC 8259) in UTF\\-8.\n", out);
    fputs(file_rules, out);
    fputs(".SH KEYS\n", out);
    for (size_t i = 0; i < reading->count; i++) {
        if (reading->entries[i].row->name != NULL)
            put_key(&reading->entries[i], out);
    }
    fputs(".SH \"RULES BETWEEN KEYS\"\n", out);
    document_limits(reading, put_limit, out);
    put_computed(out);
    fprintf(out, ".SH FILES\n.I /etc/grisaille/%s\n.SH EXAMPLES\n%s.SH \"SEE ALSO\"\n",
            manual->file, manual->file_example);
    put_reference(program, "(1)", out);
}

/* Prints one of the two pages of the server whose options these are. */
static int print_page(const struct option_table *options, FILE *out,
                      void (*put)(const struct reading *, const struct manual *, FILE *))
{
    struct settings settings = {0};
    struct reading reading;
    int status = reading_start(&reading, options, &settings, stderr);

    for (size_t i = 0; i < ARRAY_LENGTH(manuals) && status == 0; i++) {
        if (manuals[i].options == options)
            put(&reading, &manuals[i], out);
    }
    settings_clear(&settings);
    return status;
}

int print_program_manual(const struct option_table *options, FILE *out)
{
    return print_page(options, out, put_program);
}

int print_file_manual(const struct option_table *options, FILE *out)
{
    return print_page(options, out, put_file);
}
