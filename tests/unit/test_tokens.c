/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/tokens.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/grisaille-tokens-XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    close_fd(fd);
    return fd < 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_bytes(const char *bytes, size_t length, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void write_file(const char *text, mode_t mode)
{
    write_bytes(text, strlen(text), mode);
}

static bool matches(const struct tokens *tokens, const char *text)
{
    return tokens_match(tokens, text, strlen(text));
}

/* Goal: tokens and comments, as people write such files; whole tokens match, and nothing else. */
static void test_lines(void **state)
{
    struct tokens *tokens;
    char why[TOKENS_WHY_BYTES], longest[TOKEN_MAX_BYTES + 2];

    (void)state;
    memset(longest, 'x', sizeof(longest));
    longest[TOKEN_MAX_BYTES] = '\0';
    write_file("# ours\n\nfirst-token\n  second+/= \t# of the phones\r\nwith#hash\n   # end\nlast",
               0640);
    assert_int_equal(tokens_read(&tokens, path, why), 0);
    assert_string_equal(tokens_first(tokens), "first-token");
    assert_true(matches(tokens, "first-token") && matches(tokens, "second+/="));
    assert_true(matches(tokens, "with#hash") && matches(tokens, "last"));
    assert_false(matches(tokens, "") || matches(tokens, "first-toke"));
    assert_false(matches(tokens, "first-token1") || matches(tokens, "First-token"));
    assert_false(matches(tokens, "# ours") || matches(tokens, "#") || matches(tokens, longest));
    tokens_free(tokens);
    write_file(longest, 0600);
    assert_int_equal(tokens_read(&tokens, path, why), 0);
    assert_true(matches(tokens, longest));
    longest[TOKEN_MAX_BYTES] = 'x';
    longest[TOKEN_MAX_BYTES + 1] = '\0';
    assert_false(matches(tokens, longest));
    tokens_free(tokens);
}

/* Goal: what is wrong with a file is said with the line's number and without its text. */
static void test_wrong_files(void **state)
{
    static const struct {
        const char *text, *says;
        mode_t mode;
    } rows[] = {
        {"hush\n", "expected a file that not everyone may read", 0644},
        {"hush\n", "of mode 0604", 0604},
        {"", "at least one token", 0600},
        {"# hush\n\n", "at least one token", 0600},
        {"good\nhush hush\n", "in line 2 of", 0600},
        {"hush\xc3\xa9\n", "in line 1 of", 0600},
        {"hush\x01\n", "in line 1 of", 0600},
    };
    struct tokens *tokens;
    char why[TOKENS_WHY_BYTES], text[TOKEN_MAX_BYTES + 3];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        write_file(rows[i].text, rows[i].mode);
        assert_int_equal(tokens_read(&tokens, path, why), -EINVAL);
        assert_non_null(strstr(why, rows[i].says));
        assert_null(strstr(why, "hush"));
    }
    memset(text, 'x', sizeof(text));
    text[TOKEN_MAX_BYTES + 1] = '\0';
    write_file(text, 0600);
    assert_int_equal(tokens_read(&tokens, path, why), -EINVAL);
    assert_int_equal(tokens_read(&tokens, "/nothing/here", why), -ENOENT);
    assert_int_equal(tokens_read(&tokens, "/dev/null", why), -EINVAL);
    write_file("x\n", 0600);
}

/* Goal: a file in UTF-16 is no token of one letter, and what is behind a NUL is not lost. */
static void test_nul(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *says;
    } rows[] = {
        {"s\0e\0c\0r\0e\0t\0\n", 14, "got a NUL in line 1 of"},
        {"\0", 1, "got a NUL in line 1 of"},
        {"good\nhush\0\n", 11, "got a NUL in line 2 of"},
        {"good\n#\0 \0h\0\n", 13, "got a NUL in line 2 of"},
        {"good \0hush\n", 11, "got a NUL in line 1 of"},
        {"\xff\xfeh\0", 4, "characters in line 1 of"}, /* with a byte order mark */
    };
    struct tokens *tokens;
    char why[TOKENS_WHY_BYTES];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        write_bytes(rows[i].bytes, rows[i].length, 0600);
        assert_true(tokens_read(&tokens, path, why) < 0);
        assert_non_null(strstr(why, rows[i].says));
        assert_null(strstr(why, "hush"));
    }
}

/* Goal: a comment may be as long as it likes; what lies far behind a token counts all the same. */
static void test_long_lines(void **state)
{
    static char text[3 * 4096];
    struct tokens *tokens;
    char why[TOKENS_WHY_BYTES];

    (void)state;
    memset(text, '-', sizeof(text) - 1);
    memcpy(text, "# ", 2);
    memcpy(text + 5000, "\ngood # ", 8);
    memcpy(text + 5000 + 4088, "\nlast\n#", 7);
    write_file(text, 0600);
    assert_int_equal(tokens_read(&tokens, path, why), 0);
    assert_true(matches(tokens, "good") && matches(tokens, "last"));
    tokens_free(tokens);
    memset(text, ' ', sizeof(text) - 1);
    memcpy(text, "good", 4);
    write_file(text, 0600);
    assert_int_equal(tokens_read(&tokens, path, why), 0);
    assert_true(matches(tokens, "good"));
    tokens_free(tokens);
    text[sizeof(text) - 2] = 'x';
    write_file(text, 0600);
    assert_int_equal(tokens_read(&tokens, path, why), -EINVAL);
    assert_non_null(strstr(why, "characters in line 1 of"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_long_lines),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
