/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * The fast paths of a JPEG. Gray without a quality asked for is lossless: what comes out is
 * gray already, and holds the luma that libjpeg finds in the input, where it has nothing to say
 * against it. And all of them agree on whether it is damaged.
 */
#include "base/status.h"
#include "image/jpeg/jpeg.h"
#include "image/probe/format.h"
#include "tests/fuzz/image_input.h"
#include "tests/fuzz/strict_jpeg.h"
#include "tests/support/jpeg_paths.h"
#include "tests/support/requests.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Gray of what was gray already. */
static struct image_output gray_again(const struct image_input *input,
                                      const struct image_output *gray)
{
    /* The writer asks for more room than it needs in the end. */
    struct image_output again = {.capacity = gray->size * 3 + 8192};

    again.data = malloc(again.capacity);
    fuzz_require(again.data != NULL);
    fuzz_require(run_jpeg_paths(&input->request, (struct bytes){gray->data, gray->size}, &again) ==
                 0);
    return again;
}

/* What libjpeg has turned is written in another way the first time. */
static void check_again(const struct image_input *input)
{
    struct image_output again = gray_again(input, &input->output);
    struct image_output third = gray_again(input, &again);

    fuzz_require(third.size == again.size && memcmp(third.data, again.data, third.size) == 0);
    free(again.data);
    free(third.data);
}

/* The luma of a whole JPEG. */
struct luma {
    uint32_t width, height;
    uint8_t samples[INPUT_MAX_PIXELS];
};

/*
 * libjpeg guesses the coefficients that no scan of a progressive JPEG holds, from neighbours that
 * depend on the sampling of all components. Only what the scans hold is compared.
 */
static bool decode_luma(struct jpeg_decompress_struct *codec, void *argument)
{
    struct luma *luma = argument;

    codec->out_color_space = JCS_GRAYSCALE;
    codec->do_block_smoothing = FALSE;
    luma->width = codec->image_width;
    luma->height = codec->image_height;
    if ((codec->jpeg_color_space != JCS_YCbCr && codec->jpeg_color_space != JCS_GRAYSCALE) ||
        (size_t)luma->width * luma->height > INPUT_MAX_PIXELS || !jpeg_start_decompress(codec))
        return false;
    for (uint8_t *row = luma->samples; codec->output_scanline < codec->output_height;
         row += luma->width)
        jpeg_read_scanlines(codec, &row, 1);
    return jpeg_finish_decompress(codec);
}

static void compare_luma(const struct image_input *input)
{
    static struct luma before, after;
    const struct image_output *output = &input->output;

    if (!strict_jpeg_read(input->data, input->size, decode_luma, &before))
        return;
    fuzz_require(strict_jpeg_read(output->data, output->size, decode_luma, &after));
    fuzz_require(after.width == before.width && after.height == before.height);
    fuzz_require(memcmp(before.samples, after.samples, (size_t)before.width * before.height) == 0);
}

/* Whether it is damaged, whatever is asked of it. */
static void compare_judgements(const struct image_input *input, bool corrupt)
{
    static uint8_t memory[1 << 16];
    static const double factors[] = {1, 0.5, 0.25, 0.125, 0.3};
    struct image_request request = input->request;

    for (size_t i = 0; i <= sizeof(factors) / sizeof(*factors); i++) {
        struct image_output output = {.data = memory, .capacity = sizeof(memory)};
        int status;

        request.stages[0] = (i == 0 ? gray_request() : scale_request(factors[i - 1])).stages[0];
        request.outputs[0].encoding.quality = input->request.outputs[0].encoding.quality;
        status = run_jpeg_paths(&request, (struct bytes){input->data, input->size}, &output);
        fuzz_require(status == STATUS_IMAGE_TOO_LARGE ||
                     (status == STATUS_IMAGE_CORRUPT) == corrupt);
    }
}

static void run(struct image_input *input, const struct image_header *header)
{
    int status =
        run_jpeg_paths(&input->request, (struct bytes){input->data, input->size}, &input->output);

    if (status != STATUS_IMAGE_TOO_LARGE)
        compare_judgements(input, status == STATUS_IMAGE_CORRUPT);
    if (status > 0)
        snprintf(input->output.detail, IMAGE_DETAIL_BYTES, "As image.c has it.");
    if (status != -ENOTSUP)
        image_input_check(input, header, status);
    if (status != 0 || input->scale || input->request.outputs[0].encoding.quality != 0)
        return;
    check_again(input);
    if (memmem(input->data, input->size, "Exif", 4) == NULL) /* else it may have been turned */
        compare_luma(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct image_input input;
    struct image_header header;

    if (!started)
        fuzz_require(jpeg_start() == 0);
    started = true;
    if (!image_input_read(&input, data, size))
        return 0;
    if (image_read_header(input.data, input.size, &header) == 0 && header.format == IMAGE_JPEG &&
        image_pixels(&header) <= INPUT_MAX_PIXELS) /* as in image_process() */
        run(&input, &header);
    image_input_clear(&input);
    return 0;
}
