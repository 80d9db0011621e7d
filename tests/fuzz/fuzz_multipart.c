/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * A form of any bytes, behind a line with its Content-Type: read whole, and once more in pieces,
 * which must make no difference. Parts lie in the body, one behind the other, and no delimiter in
 * the content of any.
 */
#include "http/multipart.h"

#include <string.h>

enum { TYPE_BYTES = 200, MOST = MULTIPART_PARTS + 1 };

struct form_reading {
    struct multipart form;
    struct multipart_part parts[MOST];
    size_t count;
    enum multipart_step last;
};

/* Until the bytes end, or the form does. */
static void read_on(struct form_reading *reading, const struct buffer *body, bool *open)
{
    do {
        struct multipart_part *part = &reading->parts[reading->count];

        fuzz_require(reading->count < MOST);
        reading->last = *open ? multipart_finish(&reading->form, body, part)
                              : multipart_next(&reading->form, body, part);
        if (reading->last == MULTIPART_PART) {
            reading->count += *open;
            *open = !*open;
        }
    } while (reading->last == MULTIPART_PART);
}

/* Each piece lies in memory of its own size, so that no byte behind it is read unnoticed. */
static void read_in_pieces(struct form_reading *reading, const char *type, const uint8_t *data,
                           size_t size, size_t piece)
{
    struct buffer body = {0};
    bool open = false;

    *reading = (struct form_reading){.last = MULTIPART_MORE};
    fuzz_require(multipart_begin(&reading->form, type));
    while (reading->last == MULTIPART_MORE && body.size < size) {
        size_t there = body.size + piece < size ? body.size + piece : size;

        free(body.data);
        body = (struct buffer){.data = malloc(there), .size = there};
        fuzz_require(body.data != NULL);
        memcpy(body.data, data, there);
        reading->form.complete = there == size;
        read_on(reading, &body, &open);
    }
    free(body.data);
    fuzz_require(reading->last != MULTIPART_MORE || size == 0);
    fuzz_require(reading->last != MULTIPART_BROKEN || reading->form.reason != NULL);
}

static void check_part(const struct multipart *form, const struct multipart_part *part,
                       const uint8_t *data, size_t size)
{
    const size_t delimiter = form->delimiter_length;

    fuzz_require(part->content <= size && part->size <= size - part->content);
    fuzz_require(part->name + part->name_length <= part->content);
    fuzz_require(part->name_length <= MULTIPART_NAME_BYTES);
    fuzz_require(part->is_file || part->size <= MULTIPART_VALUE_BYTES);
    fuzz_require(part->is_file || part->name_length > 0);
    /* A delimiter follows, and none that ends a line comes before. */
    fuzz_require(memmem(data + part->content - 2, size - part->content + 2, form->delimiter,
                        delimiter) != NULL);
    for (size_t at = 0; at + delimiter + 2 <= part->size; at++) {
        const uint8_t *here = data + part->content + at;

        fuzz_require(memcmp(here, form->delimiter, delimiter) != 0 ||
                     memcmp(here + delimiter, "\r\n", 2) != 0);
    }
}

static bool is_same(const struct multipart_part *a, const struct multipart_part *b)
{
    return a->name == b->name && a->name_length == b->name_length && a->is_file == b->is_file &&
           a->content == b->content && a->size == b->size;
}

static void check_form(const char *type, const uint8_t *data, size_t size)
{
    static struct form_reading whole, pieces;
    size_t end = 0;

    read_in_pieces(&whole, type, data, size, size);
    for (size_t i = 0; i < whole.count; i++) {
        check_part(&whole.form, &whole.parts[i], data, size);
        fuzz_require(whole.parts[i].content > end);
        end = whole.parts[i].content + whole.parts[i].size;
    }
    for (size_t piece = 1; piece < 200; piece = piece * 3 + 1) {
        if (size / piece > 2000)
            continue;
        read_in_pieces(&pieces, type, data, size, piece);
        fuzz_require(pieces.last == whole.last && pieces.count == whole.count);
        for (size_t i = 0; i < whole.count; i++)
            fuzz_require(is_same(&pieces.parts[i], &whole.parts[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line_end = memchr(data, '\n', size);
    size_t length = line_end != NULL ? (size_t)(line_end - data) : size;
    char type[TYPE_BYTES];
    struct multipart form;

    if (line_end == NULL || length >= sizeof(type))
        return 0;
    memcpy(type, data, length);
    type[length] = '\0';
    if (!multipart_begin(&form, type)) {
        fuzz_require(form.reason != NULL);
        return 0;
    }
    fuzz_require(multipart_is_form(type));
    fuzz_require(form.delimiter_length > 4 &&
                 form.delimiter_length <= 4 + MULTIPART_BOUNDARY_BYTES);
    check_form(type, line_end + 1, size - length - 1);
    return 0;
}
