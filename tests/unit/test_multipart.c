/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "http/multipart.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Reading forms in place, whole and in pieces of every size. */

#define TYPE "multipart/form-data; boundary=b"
#define FIELD(name, value)                                                                         \
    "--b\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_PART(name, value)                                                                     \
    "--b\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"f.jpg\"\r\n"             \
    "Content-Type: image/jpeg\r\n\r\n" value "\r\n"
#define END "--b--\r\n"

enum { PARTS = 8 };

static struct multipart form;
static struct multipart_part parts[PARTS];
static size_t count;
static struct buffer body;

/* Reads all parts of what has come; false: it wants more, or is done or broken: *last says. */
static void read_on(bool *open, enum multipart_step *last)
{
    do {
        *last = *open ? multipart_finish(&form, &body, &parts[count])
                      : multipart_next(&form, &body, &parts[count]);
        if (*last != MULTIPART_PART)
            return;
        count += *open;
        *open = !*open;
    } while (count < PARTS);
}

/* Reads `size` bytes that come `step` at a time, in memory that ends where they do. */
static enum multipart_step read_form(const char *type, const char *text, size_t size, size_t step)
{
    enum multipart_step last = MULTIPART_MORE;
    bool open = false;

    count = 0;
    if (!multipart_begin(&form, type))
        return MULTIPART_BROKEN;
    for (size_t there = 0; there < size && last == MULTIPART_MORE;) {
        there = there + step < size ? there + step : size;
        free(body.data);
        body = (struct buffer){.data = malloc(there), .size = there};
        assert_non_null(body.data);
        memcpy(body.data, text, there);
        form.complete = there == size;
        read_on(&open, &last);
    }
    return last;
}

static void assert_part(size_t index, const char *name, bool is_file, const char *content)
{
    const struct multipart_part *part = &parts[index];

    assert_true(index < count);
    assert_int_equal(part->name_length, strlen(name));
    assert_memory_equal(body.data + part->name, name, part->name_length);
    assert_int_equal(part->is_file, is_file);
    assert_int_equal(part->size, strlen(content));
    assert_memory_equal(body.data + part->content, content, part->size);
}

static int free_body(void **state)
{
    (void)state;
    buffer_clear(&body);
    return 0;
}

/* Goal: fields and files come out as they went in, however the bytes are cut. */
static void test_parts(void **state)
{
    static const char text[] = FIELD("width", "512") FILE_PART("image", "a\r\n--\r\n--a\r\n\r\n")
        FIELD("empty", "") FIELD("name", "\r") END;

    (void)state;
    for (size_t step = 1; step <= sizeof(text) - 1; step++) {
        assert_int_equal(read_form(TYPE, text, sizeof(text) - 1, step), MULTIPART_END);
        assert_int_equal(count, 4);
        assert_part(0, "width", false, "512");
        assert_part(1, "image", true, "a\r\n--\r\n--a\r\n\r\n");
        assert_part(2, "empty", false, "");
        assert_part(3, "name", false, "\r");
    }
}

/* Goal: what RFC 2046 lets stand around parts is ignored: a preamble, white space behind a
 * boundary, an epilogue, no CRLF at the end; and an empty part may lack one of its two CRLF. */
static void test_surroundings(void **state)
{
    static const char *const texts[] = {
        FIELD("a", "1") "--b--",
        FIELD("a", "1") "--b-- \t",
        FIELD("a", "1") "--b--\r\nepilogue\r\n--b\r\n",
        "\r\n" FIELD("a", "1") END,
        "a preamble\r\n--bc\r\n" FIELD("a", "1") END,
        "--b \t\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n--b--",
        "--b\r\nX-Other: \"\xff\"\r\nContent-Disposition: FORM-DATA; Name=\"a\" ; x=y\r\n"
        "Content-Transfer-Encoding: 8Bit\r\n\r\n1\r\n--b--",
    };
    static const char empty[] = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--";

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        for (size_t step = 1; step <= strlen(texts[i]); step += step < 40 ? 1 : 1000) {
            assert_int_equal(read_form(TYPE, texts[i], strlen(texts[i]), step), MULTIPART_END);
            assert_int_equal(count, 1);
            assert_part(0, "a", false, "1");
        }
    }
    assert_int_equal(read_form(TYPE, empty, sizeof(empty) - 1, 1), MULTIPART_END);
    assert_part(0, "a", false, "");
}

/* Goal: what a boundary may be, and how a Content-Type gives it. */
static void test_boundaries(void **state)
{
    static const char *const good[] = {
        "multipart/form-data; boundary=b",
        "Multipart/Form-Data;charset=utf-8;BOUNDARY=\"b\"  ",
        " multipart/form-data ; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
        "multipart/form-data; boundary=\"a b'()+_,-./:=?\"",
        "multipart/form-data; boundary====1234==",
        "multipart/form-data; boundary="
        "0123456789012345678901234567890123456789012345678901234567890123456789",
    };
    static const char *const bad[] = {
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"b",
        "multipart/form-data; boundary=\"b \"",
        "multipart/form-data; boundary=b; boundary=b",
        "multipart/form-data; boundary=b*",
        "multipart/form-data; boundary=\"b\xc3\xa9\"",
        "multipart/form-data; boundary=b c",
        "multipart/form-data boundary=b",
        "multipart/form-data; boundary=\"b\\c\"",
        "multipart/form-data; boundary="
        "01234567890123456789012345678901234567890123456789012345678901234567890",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
        assert_true(multipart_is_form(good[i]));
        assert_true(multipart_begin(&form, good[i]));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        assert_true(multipart_is_form(bad[i]));
        assert_false(multipart_begin(&form, bad[i]));
        assert_non_null(form.reason);
    }
    assert_false(multipart_is_form(""));
    assert_false(multipart_is_form("multipart/form-data2; boundary=b"));
    assert_false(multipart_is_form("multipart/mixed; boundary=b"));
}

/* Goal: names as browsers, curl and others write them; each file name makes a file, an empty one
 * too. */
static void test_names(void **state)
{
    static const struct {
        const char *disposition, *name;
        bool is_file;
    } cases[] = {
        {"form-data; name=\"a\"", "a", false},
        {"form-data; name=\"a\\\"b; name=c\"", "a\\\"b; name=c", false},
        {"form-data; name=\"a%22b\"; filename=\"\"", "a%22b", true},
        {"form-data; filename=\"b.jpg\"; name=\"\"", "", true},
        {"form-data; name=a; filename*=UTF-8''%c3%a9.jpg", "a", true},
        {"form-data; name=a; filename=\"e.jpg\"; filename*=UTF-8''%c3%a9.jpg", "a", true},
        {"form-data; name=\"\xc3\xa9\"; filename=\"\xe9\"", "\xc3\xa9", true},
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        snprintf(text, sizeof(text), "--b\r\nContent-Disposition: %s\r\n\r\n1\r\n--b--",
                 cases[i].disposition);
        assert_int_equal(read_form(TYPE, text, strlen(text), 1000), MULTIPART_END);
        assert_part(0, cases[i].name, cases[i].is_file, "1");
    }
}

/* Goal: everything else is refused with a sentence, the same in pieces. */
static void test_broken(void **state)
{
    static const char *const texts[] = {
        "", /* nothing was read */
        "no form",
        "--b",
        "--b-",
        "--b\n" FIELD("a", "1"),
        "--bc\r\n",
        "--b\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\n\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\nX:\rY\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\nX : Y\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=a"
        "\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a; name=a\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\\\"\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\"x\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a; filename=a b\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a; filename=b; filename=c\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n"
        "\r\nMQ==\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n--b--\r\n\r\n1\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b-",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b-- x",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1--b--",
        FIELD("a", "1"),
        FIELD("a", "1") "--b",
        FIELD("a", "1") "--b\r\nContent-Dis",
    };
    static const char colon[] = "--b:c\r\n--b:c: x\r\nContent-Disposition: form-data; name=a\r\n"
                                "\r\n1\r\n--b:c--";

    (void)state;
    for (size_t i = 1; i < ARRAY_LENGTH(texts); i++) {
        for (size_t step = 1; step <= strlen(texts[i]); step += step < 5 ? 1 : 1000) {
            form.reason = NULL;
            assert_int_equal(read_form(TYPE, texts[i], strlen(texts[i]), step), MULTIPART_BROKEN);
            assert_non_null(form.reason);
        }
    }
    assert_int_equal(
        read_form("multipart/form-data; boundary=\"b:c\"", colon, sizeof(colon) - 1, 1000),
        MULTIPART_BROKEN);
}

/* Text of `head`, `count` times 'x', and `tail`. */
static enum multipart_step read_long(const char *head, size_t xs, const char *tail)
{
    size_t before = strlen(head), after = strlen(tail);
    _cleanup_free_ char *text = malloc(before + xs + after);

    assert_non_null(text);
    memcpy(text, head, before);
    memset(text + before, 'x', xs);
    memcpy(text + before + xs, tail, after);
    return read_form(TYPE, text, before + xs + after, 997);
}

/* Goal: a client decides how much it sends of nothing but files. */
static void test_bounds(void **state)
{
    static const char field[] = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n";
    static const char file[] = "--b\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n";
    static const char names[] = "--b\r\nContent-Disposition: form-data; name=";
    static const char end[] = "\r\n--b--";

    (void)state;
    assert_int_equal(read_long(field, MULTIPART_VALUE_BYTES, end), MULTIPART_END);
    assert_int_equal(read_long(field, MULTIPART_VALUE_BYTES + 1, end), MULTIPART_BROKEN);
    assert_int_equal(read_long(file, 1000000, end), MULTIPART_END);
    assert_int_equal(parts[0].size, 1000000);
    assert_int_equal(read_long("", MULTIPART_PREAMBLE_BYTES - 1, "\r\n--b--"), MULTIPART_END);
    assert_int_equal(read_long("", MULTIPART_PREAMBLE_BYTES, "\r\n--b--"), MULTIPART_BROKEN);
    assert_int_equal(read_long(names, MULTIPART_NAME_BYTES, "\r\n\r\n1\r\n--b--"), MULTIPART_END);
    assert_int_equal(read_long(names, MULTIPART_NAME_BYTES + 1, "\r\n\r\n1\r\n--b--"),
                     MULTIPART_BROKEN);
    assert_int_equal(read_long("--b\r\nX: ", MULTIPART_HEADER_BYTES,
                               "\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--"),
                     MULTIPART_BROKEN);
}

/* Goal: so many parts, and no more. */
static void test_number_of_parts(void **state)
{
    static const char field[] = FIELD("a", "");
    enum { FIELD_BYTES = sizeof(field) - 1 };
    static char text[(MULTIPART_PARTS + 1) * FIELD_BYTES + 5];
    struct multipart_part part;

    (void)state;
    for (unsigned extra = 0; extra < 2; extra++) {
        size_t size = (MULTIPART_PARTS + extra) * FIELD_BYTES;
        enum multipart_step step;

        for (size_t at = 0; at < size; at += FIELD_BYTES)
            memcpy(text + at, field, FIELD_BYTES);
        memcpy(text + size, "--b--", 5);
        free(body.data);
        body = (struct buffer){.data = malloc(size + 5), .size = size + 5};
        memcpy(body.data, text, size + 5);
        assert_true(multipart_begin(&form, TYPE));
        form.complete = true;
        while ((step = multipart_next(&form, &body, &part)) == MULTIPART_PART)
            assert_int_equal(multipart_finish(&form, &body, &part), MULTIPART_PART);
        assert_int_equal(step, extra == 0 ? MULTIPART_END : MULTIPART_BROKEN);
    }
}

/* Goal: whether a file is empty is known with the first bytes that no delimiter begins with. */
static void test_empty_file(void **state)
{
    static const char head[] = "--b\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\n";
    static const struct {
        const char *rest;
        bool may_be_empty;
    } cases[] = {{"", true},      {"\r", true}, {"\r\n--b", true}, {"\r\n--b--", true}, {"-", true},
                 {"--b--", true}, {"x", false}, {"\r\n-x", false}, {"--a", false}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        size_t size = sizeof(head) - 1 + strlen(cases[i].rest);

        free(body.data);
        body = (struct buffer){.data = malloc(size), .size = size};
        memcpy(body.data, head, sizeof(head) - 1);
        memcpy(body.data + sizeof(head) - 1, cases[i].rest, strlen(cases[i].rest));
        assert_true(multipart_begin(&form, TYPE));
        assert_int_equal(multipart_next(&form, &body, &parts[0]), MULTIPART_PART);
        assert_int_equal(multipart_may_be_empty(&form, &body, &parts[0]), cases[i].may_be_empty);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),           cmocka_unit_test(test_surroundings),
        cmocka_unit_test(test_boundaries),      cmocka_unit_test(test_names),
        cmocka_unit_test(test_broken),          cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_number_of_parts), cmocka_unit_test(test_empty_file),
    };

    return cmocka_run_group_tests(tests, NULL, free_body);
}
