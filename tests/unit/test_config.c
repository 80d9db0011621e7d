/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "config/list.h"
#include "config/program_internal.h"

#include "base/cleanup.h"
#include "config/document.h"
#include "config/print.h"

#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The command line, what beats what, and what the programs print about their configuration. */

static void compute(const struct settings *settings, struct facts *facts)
{
    facts_add_bool(facts, "sandbox.required", settings->sandbox);
    facts_add_integer(facts, "sandbox.landlock_abi", 3);
    facts_add_text(facts, "note", "a\tb");
}

static const struct program gateway = {.options = &gateway_options, .compute = compute};
static const struct program scale = {.options = &scale_options};

struct outcome {
    struct settings settings;
    char *out, *errors;
    size_t out_size, errors_size;
};

enum { WORDS_MAX = 8 };

/* Runs the command line (NULL-terminated, without the program's name); returns the exit code. */
static int run(struct outcome *run, const struct program *program, const char *const words[])
{
    char *argv[WORDS_MAX + 2] = {strdup("program")};
    FILE *out, *errors;
    int argc = 1, code;

    *run = (struct outcome){0};
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = strdup(words[argc - 1]);
    out = open_memstream(&run->out, &run->out_size);
    errors = open_memstream(&run->errors, &run->errors_size);
    code = settings_load_to(program, argc, argv, &run->settings, out, errors);
    fclose(out);
    fclose(errors);
    while (argc > 0)
        free(argv[--argc]);
    return code;
}

static void clear(struct outcome *run)
{
    settings_clear(&run->settings);
    free(run->out);
    free(run->errors);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A file with this text; the caller unlinks it. */
static void write_file(char path[static 32], const char *text)
{
    FILE *stream;
    int fd;

    snprintf(path, 32, "/tmp/test_config.XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    stream = fdopen(fd, "w");
    assert_non_null(stream);
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
}

static char *read_source(const char *name)
{
    const char *root = getenv("SOURCE_ROOT");
    char path[4096], *text = NULL;
    size_t size = 0;
    FILE *stream;

    assert_non_null(root);
    snprintf(path, sizeof(path), "%s/%s", root, name);
    stream = fopen(path, "r");
    assert_non_null(stream);
    assert_true(getdelim(&text, &size, '\0', stream) > 0);
    fclose(stream);
    return text;
}

/* Ends with `code`, says exactly `errors`, and nothing on standard output. */
static void expect_error(const struct program *program, const char *const words[], int code,
                         const char *errors)
{
    struct outcome result;

    assert_int_equal(run(&result, program, words), code);
    assert_string_equal(result.errors, errors);
    assert_string_equal(result.out, "");
    assert_null(result.settings.listen.ip);
    clear(&result);
}

static void test_defaults(void **state)
{
    struct outcome result;

    (void)state;
    assert_int_equal(run(&result, &gateway, WORDS(NULL)), SETTINGS_GO_ON);
    assert_string_equal(result.errors, "");
    assert_string_equal(result.settings.listen.ip, "::");
    assert_int_equal(result.settings.listen.port, 8080);
    assert_int_equal(result.settings.limits.max_body_bytes, 33554432);
    assert_int_equal(result.settings.limits.max_pixels, 100000000);
    assert_int_equal(result.settings.limits.deadline_ms, 10000);
    assert_int_equal(result.settings.sandbox, 1);
    assert_int_equal(result.settings.ready_fd, -1);
    assert_string_equal(result.settings.scale.upstream, "http://127.0.0.1:8000");
    assert_string_equal(result.settings.pool.program, "");
    assert_true(result.settings.limits.share_per_client == 0.25);
    assert_int_equal(result.settings.limits.client_prefix_v6, 64);
    assert_int_equal(result.settings.listen.min_bytes_per_s, 4096);
    assert_int_equal(list_length(result.settings.trusted_proxies), 0);
    clear(&result);
    assert_int_equal(run(&result, &scale, WORDS(NULL)), SETTINGS_GO_ON);
    assert_int_equal(result.settings.listen.port, 8000);
    assert_true(result.settings.scale.factor == 0.5 && result.settings.scale.max == 1);
    assert_int_equal(list_length(result.settings.trusted_proxies), 2);
    assert_string_equal(result.settings.trusted_proxies[0], "127.0.0.0/8");
    assert_string_equal(result.settings.trusted_proxies[1], "::1");
    clear(&result);
}

static void test_flags(void **state)
{
    struct outcome result;

    (void)state;
    assert_int_equal(run(&result, &scale, WORDS("-i127.0.0.1", "-p", "0", "-s", ".25")),
                     SETTINGS_GO_ON);
    assert_string_equal(result.settings.listen.ip, "127.0.0.1");
    assert_int_equal(result.settings.listen.port, 0);
    assert_true(result.settings.scale.factor == 0.25);
    clear(&result);
    assert_int_equal(
        run(&result, &scale, WORDS("--ip=::1", "--port", "9", "--scale=5e-1", "--ready-fd", "3")),
        SETTINGS_GO_ON);
    assert_string_equal(result.settings.listen.ip, "::1");
    assert_int_equal(result.settings.listen.port, 9);
    assert_int_equal(result.settings.ready_fd, 3);
    clear(&result);
}

/* The flag wins before and after the file, and the last of two flags. */
static void test_precedence(void **state)
{
    struct outcome result;
    char path[32];

    (void)state;
    write_file(path, "{\"listen\": {\"port\": 1, \"idle_timeout_ms\": 77}}");
    assert_int_equal(run(&result, &gateway, WORDS("-p", "2", "-c", path)), SETTINGS_GO_ON);
    assert_int_equal(result.settings.listen.port, 2);
    assert_int_equal(result.settings.listen.idle_timeout_ms, 77);
    assert_int_equal(result.settings.listen.body_timeout_ms, 300000);
    clear(&result);
    assert_int_equal(run(&result, &gateway, WORDS("-c", path, "-p", "2", "-p", "3")),
                     SETTINGS_GO_ON);
    assert_int_equal(result.settings.listen.port, 3);
    clear(&result);
    assert_int_equal(run(&result, &gateway, WORDS("--config", path)), SETTINGS_GO_ON);
    assert_int_equal(result.settings.listen.port, 1);
    clear(&result);
    unlink(path);
}

#define NAME      "grisaille-gateway: "
#define PORT      NAME "--port: expected an integer from 0 to 65535, got "
#define SCALE_ARG "grisaille-scale: --scale: expected a number above 0 and up to 1, got "

static void test_wrong_flags(void **state)
{
    (void)state;
    expect_error(&gateway, WORDS("--nonsense"), 2, NAME "--nonsense: unknown flag, see --help\n");
    expect_error(&gateway, WORDS("-Z"), 2, NAME "-Z: unknown flag, see --help\n");
    expect_error(&gateway, WORDS("-CZ"), 2, NAME "-Z: unknown flag, see --help\n");
    expect_error(&gateway, WORDS("-s", "0.5"), 2, NAME "-s: unknown flag, see --help\n");
    expect_error(&gateway, WORDS("--port"), 2, NAME "--port: expected an argument, see --help\n");
    expect_error(&gateway, WORDS("-p"), 2, NAME "-p: expected an argument, see --help\n");
    expect_error(&gateway, WORDS("--check-config=yes"), 2,
                 NAME "--check-config=yes: expected no argument, see --help\n");
    expect_error(&gateway, WORDS("stray"), 2, NAME "stray: expected flags only, see --help\n");
    expect_error(&gateway, WORDS("-p", "1", "--", "-C"), 2,
                 NAME "-C: expected flags only, see --help\n");
    expect_error(&gateway, WORDS("--port", "65536"), 2, PORT "\"65536\"\n");
    expect_error(&gateway, WORDS("--port", "eighty"), 2, PORT "\"eighty\"\n");
    expect_error(&gateway, WORDS("--port", ""), 2, PORT "\"\"\n");
    expect_error(&gateway, WORDS("-p80 "), 2, PORT "\"80 \"\n");
    expect_error(&gateway, WORDS("-p", "0x50"), 2, PORT "\"0x50\"\n");
    expect_error(&gateway, WORDS("-p", "1\n2"), 2, PORT "\"1?2\"\n");
    expect_error(&gateway, WORDS("-i", "localhost"), 2,
                 NAME "--ip: expected an IPv4 or IPv6 address, or unix:/path, got \"localhost\"\n");
    expect_error(&scale, WORDS("-s", "0"), 2, SCALE_ARG "\"0\"\n");
    expect_error(&scale, WORDS("-s", "nan"), 2, SCALE_ARG "\"nan\"\n");
    expect_error(&scale, WORDS("-s", "1e309"), 2, SCALE_ARG "\"1e309\"\n");
    expect_error(&scale, WORDS("-s", "0,5"), 2, SCALE_ARG "\"0,5\"\n");
    expect_error(&scale, WORDS("-s", "1.01"), 2, SCALE_ARG "\"1.01\"\n");
}

/* File and flags are both judged, and reported with their place. */
static void test_wrong_together(void **state)
{
    char path[32], lines[500];

    (void)state;
    write_file(path, "{\"scale\": {\"max\": 0.4}, \"output\": {\"quality\": 0}}");
    snprintf(lines, sizeof(lines),
             "grisaille-scale: %s: output.quality: expected an integer from 1 to 100, got 0\n"
             "grisaille-scale: --port: expected an integer from 0 to 65535, got \"x\"\n"
             "grisaille-scale: --scale: expected at most scale.max, which is 0.4, got 0.5\n",
             path);
    expect_error(&scale, WORDS("-C", "-s", ".5", "-p", "x", "-c", path), 2, lines);
    unlink(path);
}

static void test_unreadable_files(void **state)
{
    (void)state;
    expect_error(&gateway, WORDS("-c", "/nonexistent/x"), 2,
                 NAME "/nonexistent/x: cannot be read: No such file or directory\n");
    expect_error(&gateway, WORDS("-c", "/"), 2, NAME "/: cannot be read: Is a directory\n");
    expect_error(&gateway, WORDS("-c", "/dev/zero"), 2,
                 NAME "/dev/zero: expected at most 1 MiB, got more\n");
    expect_error(&gateway, WORDS("-c", "/dev/null"), 2,
                 NAME "/dev/null: line 1: broken JSON: ends too early\n");
}

static void test_help_and_version(void **state)
{
    struct outcome result;

    (void)state;
    assert_int_equal(run(&result, &scale, WORDS("-c", "/nonexistent", "-h")), 0);
    assert_string_equal(result.errors, "");
    assert_non_null(strstr(result.out, "\n  -s, --scale F "));
    assert_non_null(strstr(result.out, "\n      --ready-fd N "));
    assert_non_null(strstr(result.out, "\n  limits.deadline_ms "));
    assert_non_null(strstr(result.out, " 1 to 86400000 ms; default 10000\n"));
    assert_non_null(strstr(result.out, " above 0, up to 1; default 0.5\n"));
    clear(&result);
    assert_int_equal(run(&result, &gateway, WORDS("--help")), 0);
    assert_null(strstr(result.out, "--scale"));
    clear(&result);
    assert_int_equal(run(&result, &gateway, WORDS("-V")), 0);
    assert_string_equal(result.errors, "");
    assert_memory_equal(result.out, "grisaille-gateway ", 18);
    assert_non_null(strstr(result.out, "\n  libvips "));
    clear(&result);
}

static void test_check_config(void **state)
{
    struct outcome result;

    (void)state;
    assert_int_equal(run(&result, &gateway, WORDS("--check-config")), 0);
    assert_string_equal(result.out, "configuration ok\n");
    assert_string_equal(result.errors, "");
    clear(&result);
}

/* What cannot be written is a failure, not a success without output. */
static void test_full_disk(void **state)
{
    char *argv[] = {strdup("program"), strdup("-h"), NULL};
    FILE *full = fopen("/dev/full", "w"), *errors = fopen("/dev/null", "w");
    struct settings settings;

    (void)state;
    assert_int_equal(settings_load_to(&gateway, 2, argv, &settings, full, errors), 1);
    fclose(full);
    fclose(errors);
    free(argv[0]);
    free(argv[1]);
}

/* What is printed can be read, and prints the same again; also in a locale with a decimal comma. */
static void round_trip(const struct program *program, const char *const words[])
{
    struct outcome first, second;
    char path[32];

    assert_int_equal(run(&first, program, words), 0);
    assert_string_equal(first.errors, "");
    write_file(path, first.out);
    assert_int_equal(run(&second, program, WORDS("--print-config", "-c", path)), 0);
    assert_string_equal(second.errors, "");
    assert_string_equal(second.out, first.out);
    clear(&first);
    clear(&second);
    unlink(path);
}

static void test_print_config_round_trip(void **state)
{
    (void)state;
    round_trip(&gateway, WORDS("--print-config"));
    round_trip(&gateway, WORDS("--print-config", "-i", "127.0.0.1", "-p", "0"));
    round_trip(&scale, WORDS("--print-config", "-s", "0.1"));
    round_trip(&scale, WORDS("--print-config", "-s", "0.30000000000000004"));
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
        print_message("no de_DE.UTF-8 on this machine\n");
    round_trip(&scale, WORDS("--print-config", "-s", "0.1"));
    setlocale(LC_ALL, "C");
}

/* Whether it is another than the default, which a file may say too. */
static void test_metrics_port_chosen(void **state)
{
    static const struct {
        const char *text;
        bool chosen;
    } cases[] = {
        {"{}", false},
        {"{\"metrics\": {\"port\": 9180}}", false},
        {"{\"metrics\": {\"port\": 9181}}", true},
        {"{\"metrics\": {\"port\": 0}}", true},
    };
    char path[32];
    struct outcome result;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_file(path, cases[i].text);
        assert_int_equal(run(&result, &gateway, WORDS("-c", path)), SETTINGS_GO_ON);
        assert_int_equal(result.settings.metrics.chosen_port, cases[i].chosen);
        clear(&result);
        unlink(path);
    }
}

static void test_print_config_computed(void **state)
{
    char path[32];
    struct outcome result;

    (void)state;
    write_file(path, "{\"gray\": {\"workers\": 3, \"max_memory_bytes\": 1073741824},"
                     "\"limits\": {\"max_inflight_bytes\": 500000000},"
                     "\"listen\": {\"max_connections\": 10}}");
    assert_int_equal(run(&result, &gateway, WORDS("--print-config", "-c", path)), 0);
    assert_string_equal(result.errors, "");
    assert_non_null(strstr(result.out, "\n        \"workers\": 3,\n        "
                                       "\"memory_bound_bytes\": 4116407552,\n"));
    assert_non_null(strstr(result.out, "\"sandbox\": {\n            \"required\": true,\n"
                                       "            \"landlock_abi\": 3\n"));
    assert_non_null(strstr(result.out, "\"note\": \"a\\tb\"\n"));
    clear(&result);
    unlink(path);
}

static void test_workers(void **state)
{
    struct settings settings = {.pool.workers = 7};

    (void)state;
    assert_int_equal(settings_workers(&settings), 7);
    settings.pool.workers = 0;
    assert_in_range(settings_workers(&settings), 1, 4096);
}

/* The tables fit, name things once, and their defaults satisfy their own checks. */
static void check_table(const struct option_table *options)
{
    struct settings settings = {0};
    struct reading reading;

    assert_int_equal(reading_start(&reading, options, &settings, stderr), 0);
    for (size_t i = 0; i < reading.count; i++) {
        const struct entry *a = &reading.entries[i];

        assert_true(a->row->help != NULL && strlen(a->key) < KEY_BYTES - 1);
        assert_true(a->row->type != OPTION_STRING || a->row->expects != NULL);
        for (size_t j = 0; j < i; j++) {
            const struct entry *b = &reading.entries[j];

            assert_true(a->key[0] == '\0' || strcmp(a->key, b->key) != 0);
            assert_int_not_equal(a->row->offset, b->row->offset);
        }
    }
    reading_compare(&reading);
    assert_int_equal(reading.error_count, 0);
    settings_clear(&settings);
}

static void test_tables(void **state)
{
    (void)state;
    check_table(&gateway_options);
    check_table(&scale_options);
}

/* A table of as many rows as fit has its last one; with one more no program starts. */
static void test_size_of_table(void **state)
{
    static struct option_row rows[ENTRIES_MAX + 1];
    struct option_section sections[] = {{NULL, rows, ENTRIES_MAX / 2},
                                        {"more", rows + ENTRIES_MAX / 2, ENTRIES_MAX / 2}};
    const struct option_table options = {
        .program = "program", .purpose = "", .sections = sections, .count = 2};
    const struct program program = {.options = &options};
    struct settings settings = {0};
    struct reading reading;
    struct outcome result;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        rows[i] = (struct option_row){.name = "x",
                                      .type = OPTION_INTEGER,
                                      .largest = 1,
                                      .fallback = "1",
                                      .offset = offsetof(struct settings, ready_fd)};
    rows[ENTRIES_MAX - 1].name = "last";
    assert_int_equal(reading_start(&reading, &options, &settings, stderr), 0);
    assert_non_null(reading_find(&reading, "more", "last"));
    sections[1].count++;
    assert_int_equal(reading_start(&reading, &options, &settings, stderr), -E2BIG);
    assert_int_equal(run(&result, &program, WORDS("--help")), 1);
    assert_string_equal(result.errors, "program: the table of options is invalid\n");
    clear(&result);
}

static void check_defaults(const struct option_table *options, const char *name)
{
    struct settings settings = {0};
    struct reading reading;
    char *shipped = read_source(name), *printed = NULL;
    size_t size;
    FILE *stream = open_memstream(&printed, &size);

    assert_int_equal(reading_start(&reading, options, &settings, stderr), 0);
    assert_int_equal(print_settings(&reading, stream), 0);
    fclose(stream);
    assert_string_equal(shipped, printed);
    settings_clear(&settings);
    free(shipped);
    free(printed);
}

/* The files in the repository say what the tables say; `ninja update-docs` writes them. */
static void test_shipped_files(void **state)
{
    char *shipped = read_source("docs/configuration.md"), *printed = NULL;
    size_t size;
    FILE *stream = open_memstream(&printed, &size);

    (void)state;
    assert_int_equal(print_document(stream), 0);
    fclose(stream);
    assert_string_equal(shipped, printed);
    free(shipped);
    free(printed);
    check_defaults(&gateway_options, "config/gateway.json");
    check_defaults(&scale_options, "config/scale.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_wrong_flags),
        cmocka_unit_test(test_wrong_together),
        cmocka_unit_test(test_unreadable_files),
        cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_check_config),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_print_config_round_trip),
        cmocka_unit_test(test_metrics_port_chosen),
        cmocka_unit_test(test_print_config_computed),
        cmocka_unit_test(test_workers),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_size_of_table),
        cmocka_unit_test(test_shipped_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
