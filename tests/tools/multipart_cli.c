/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * Reads forms from standard input, each as four 32-bit numbers (bytes of the Content-Type, of the
 * body, of the pieces that it comes in, 0) and the two; and writes a line for each: "broken", or
 * "form" and of each part its name and content in hexadecimal, with "file" or "field" before.
 */
#include "http/multipart.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct found {
    struct multipart_part parts[MULTIPART_PARTS + 1];
    size_t count;
};

static void print_hex(const uint8_t *bytes, size_t size)
{
    putchar(' ');
    for (size_t i = 0; i < size; i++)
        printf("%02x", bytes[i]);
    if (size == 0)
        putchar('-');
}

static void print_form(const struct found *found, const uint8_t *body)
{
    printf("form");
    for (size_t i = 0; i < found->count; i++) {
        const struct multipart_part *part = &found->parts[i];

        printf(" %s", part->is_file ? "file" : "field");
        print_hex(body + part->name, part->name_length);
        print_hex(body + part->content, part->size);
    }
}

/* Whether the form is whole and sound. */
static bool read_pieces(const char *type, struct buffer all, size_t piece, struct found *found)
{
    struct multipart form;
    struct buffer body = {.data = all.data};
    enum multipart_step last = MULTIPART_MORE;
    bool open = false;

    found->count = 0;
    if (!multipart_begin(&form, type))
        return false;
    while (last == MULTIPART_MORE && body.size < all.size) {
        body.size = body.size + piece < all.size ? body.size + piece : all.size;
        form.complete = body.size == all.size;
        do {
            struct multipart_part *part = &found->parts[found->count];

            last = open ? multipart_finish(&form, &body, part) : multipart_next(&form, &body, part);
            if (last == MULTIPART_PART) {
                found->count += open;
                open = !open;
            }
        } while (last == MULTIPART_PART);
    }
    return last == MULTIPART_END;
}

int main(void)
{
    static struct found found;
    uint32_t numbers[4];

    while (fread(numbers, sizeof(numbers), 1, stdin) == 1) {
        char *type = calloc(1, (size_t)numbers[0] + 1);
        struct buffer body = {.data = malloc((size_t)numbers[1] + 1), .size = numbers[1]};

        if (type == NULL || body.data == NULL || numbers[2] == 0 ||
            fread(type, 1, numbers[0], stdin) != numbers[0] ||
            fread(body.data, 1, numbers[1], stdin) != numbers[1])
            return 1;
        if (read_pieces(type, body, numbers[2], &found))
            print_form(&found, body.data);
        else
            printf("broken");
        putchar('\n');
        free(type);
        free(body.data);
    }
    return 0;
}
