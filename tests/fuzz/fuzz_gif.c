/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * The short way through a GIF. What comes out is whole, and copied as it is; and where libvips decodes the
 * input, it finds the luma of that in the result, pixel by pixel and frame by frame. It loses its way,
 * and so frames, in extensions and bytes between blocks that mean nothing, which are left out of the result.
 */
#include "image/format.h"
#include "image/gif.h"
#include "image/image.h"
#include "image/luma.h"
#include "tests/fuzz/decoded.h"
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
    fuzz_require(gif_copy(first->data, first->size, false, &again) == 0);
    fuzz_require(again.size == first->size && memcmp(again.data, first->data, again.size) == 0);
    free(again.data);
}

static void compare_pixels(const struct decoded *before, const struct decoded *after)
{
    const int bands = before->bands;
    const uint8_t *from = before->samples, *to = after->samples;

    for (size_t i = 0; i < before->size; i += (size_t)bands, from += bands, to += bands) {
        unsigned y = luma(from[0], from[1], from[2]);

        fuzz_require(to[0] == y && to[1] == y && to[2] == y);
        fuzz_require(bands == 3 || to[3] == from[3]);
    }
}

static void compare_with(const struct decoded *before, const struct image_output *output)
{
    struct decoded after;

    fuzz_require(decoded_read(&after, output->data, output->size));
    fuzz_require(after.width == before->width && after.height == before->height);
    fuzz_require(after.bands == before->bands && after.frames == before->frames);
    fuzz_require(before->bands >= 3 && after.size == before->size);
    compare_pixels(before, &after);
    decoded_clear(&after);
}

static void compare(const struct picture_input *input, const struct image_header *header)
{
    struct decoded before;

    if (!decoded_read(&before, input->data, input->size))
        return;
    if (before.frames == (int)header->frames)
        compare_with(&before, &input->output);
    decoded_clear(&before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    char detail[IMAGE_DETAIL_BYTES] = "";
    struct picture_input input;
    struct image_header header;
    int status;

    if (!started)
        fuzz_require(image_start() == 0);
    started = true;
    if (!picture_input_read(&input, data, size))
        return 0;
    input.request.operation = IMAGE_GRAY;
    if (image_read_header(input.data, input.size, &header) == 0 && header.format == IMAGE_GIF) {
        gif_check(input.data, input.size, detail);
        status = gif_copy(input.data, input.size, true, &input.output);
        if (status != -ENOTSUP)
            picture_check(&input, &header, status);
        if (status == 0) {
            check_again(&input);
            compare(&input, &header);
        }
    }
    picture_input_clear(&input);
    return 0;
}
