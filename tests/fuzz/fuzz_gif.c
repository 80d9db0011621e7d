/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * Gray and resized GIFs agree on whether a file is damaged; the result of either is complete, and
 * can be copied as it is. Where libnsgif decodes an input that has nothing odd, the gray result has
 * its luma, pixel by pixel and frame by frame.
 */
#include "base/status.h"
#include "image/colour/luma.h"
#include "image/gif/gif.h"
#include "image/gif/transparency.h"
#include "image/image.h"
#include "image/probe/format.h"
#include "tests/fuzz/decoded.h"
#include "tests/fuzz/image_input.h"
#include "tests/support/requests.h"

#include <stdio.h>
#include <string.h>

/* A result is a GIF of as many frames, which is copied to the bit. */
static void check_again(const struct image_input *input, const struct image_header *header)
{
    struct image_request request = scale_request(1);
    const struct image_output *first = &input->output;
    struct image_output again = {.capacity = first->size, .data = malloc(first->size)};
    const struct bytes bytes = {first->data, first->size};
    struct image_header found;
    struct image_plan plan;

    fuzz_require(again.data != NULL);
    fuzz_require(image_read_header(first->data, first->size, &found) == 0);
    fuzz_require(found.frames == header->frames);
    request.max_pixels = UINT64_MAX;
    fuzz_require(image_plan(&plan, &request, &found, again.detail) == 0);
    fuzz_require(gif_copy(&plan, &plan.outputs[0], bytes, &again) == 0);
    fuzz_require(again.size == first->size && memcmp(again.data, first->data, again.size) == 0);
    free(again.data);
}

/* How all readers see it: no frame without pixels, nothing transparent that no index says, and
 * nothing that the copy has left out or put right. */
static bool is_plain(const struct image_input *input)
{
    struct gif_blocks blocks;
    struct gif_frame frame;

    if (input->size != input->output.size ||
        !gif_begin(&blocks, (struct bytes){input->data, input->size}))
        return false;
    while (gif_next(&blocks, &frame) == GIF_FRAME) {
        if (frame.width == 0 || frame.height == 0 || gif_leaves_transparency(&blocks, &frame))
            return false;
    }
    return true;
}

static void compare_pixels(const struct decoded *before, const struct decoded *after)
{
    const uint8_t *from = before->samples, *to = after->samples, *end = from + before->size;

    for (; from < end; from += before->bands, to += after->bands) {
        unsigned y = luma(from[0], from[1], from[2]);

        fuzz_require(before->bands == 3 || to[3] == from[3]);
        fuzz_require(to[0] == y && to[1] == y && to[2] == y);
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

static void compare(const struct image_input *input, const struct image_header *header)
{
    struct decoded before;

    if (!is_plain(input) || !decoded_read(&before, input->data, input->size))
        return;
    if (before.frames == (int)header->frames)
        compare_with(&before, &input->output);
    decoded_clear(&before);
}

/* The status of a path, whose result, if there is one, is as it should be. */
static int try(struct image_input *input, const struct image_header *header, bool scale)
{
    const struct bytes bytes = {input->data, input->size};
    const uint64_t max_pixels = input->request.max_pixels;
    struct image_plan plan;
    int status;

    input->factor = scale ? (input->last + 1) / 256.0 : 1;
    input->request = scale ? scale_request(input->factor) : gray_request();
    if (scale && input->gray)
        input->request.stages[0].gray = IMAGE_GRAY_LUMA;
    input->request.max_pixels = max_pixels;
    fuzz_require(image_plan(&plan, &input->request, header, input->output.detail) == 0);
    input->output.size = 0;
    input->output.format = IMAGE_GIF;
    status = scale ? gif_resize(&plan, &plan.outputs[0], bytes, &input->output)
                   : gif_copy(&plan, &plan.outputs[0], bytes, &input->output);
    if (status == STATUS_IMAGE_TOO_LARGE || status == STATUS_IMAGE_CORRUPT)
        snprintf(input->output.detail, IMAGE_DETAIL_BYTES, "As image.c has it.");
    image_input_check(input, header, status);
    if (status == 0)
        check_again(input, header);
    if (status == 0 && !scale)
        compare(input, header);
    return status;
}

/* A canvas grows to its first frame, and so beyond what its own 16 bits say: as a GIF, such a
 * result is refused before any work. */
static bool fits_format(const struct image_header *header)
{
    return header->width <= UINT16_MAX && header->height <= UINT16_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct image_input input;
    struct image_header header;
    int gray, scale;

    if (!started)
        fuzz_require(image_start() == 0);
    started = true;
    if (!image_input_read(&input, data, size))
        return 0;
    if (image_read_header(input.data, input.size, &header) == 0 && header.format == IMAGE_GIF &&
        image_pixels(&header) <= INPUT_MAX_PIXELS && fits_format(&header)) {
        gray = try(&input, &header, false);
        scale = try(&input, &header, true);
        fuzz_require((gray == STATUS_IMAGE_CORRUPT) == (scale == STATUS_IMAGE_CORRUPT));
    }
    image_input_clear(&input);
    return 0;
}
