/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/* The short way through a GIF. What comes out is whole, and gray already. */
#include "image/format.h"
#include "image/gif.h"
#include "tests/fuzz/picture_input.h"

#include <errno.h>
#include <string.h>

static void check_again(const struct picture_input *input)
{
    const struct image_output *first = &input->output;
    struct image_output again = {.capacity = first->size, .data = malloc(first->size)};
    char detail[IMAGE_DETAIL_BYTES] = "";

    fuzz_require(again.data != NULL);
    fuzz_require(gif_check(first->data, first->size, detail) == 0);
    fuzz_require(gif_gray(first->data, first->size, &again) == 0);
    fuzz_require(again.size == first->size && memcmp(again.data, first->data, again.size) == 0);
    free(again.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char detail[IMAGE_DETAIL_BYTES] = "";
    struct picture_input input;
    struct image_header header;
    int status;

    if (!picture_input_read(&input, data, size))
        return 0;
    input.request.operation = IMAGE_GRAY;
    if (image_read_header(input.data, input.size, &header) == 0 && header.format == IMAGE_GIF) {
        gif_check(input.data, input.size, detail);
        status = gif_gray(input.data, input.size, &input.output);
        if (status != -ENOTSUP)
            picture_check(&input, &header, status);
        if (status == 0)
            check_again(&input);
    }
    picture_input_clear(&input);
    return 0;
}
