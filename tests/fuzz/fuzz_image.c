/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * A whole job of a worker, as a function. One target a format (FUZZ_FORMAT), so that a slow decoder
 * takes no time from a quick one. The codecs are the system's and are not instrumented: what the
 * fuzzer sees of them is what our code does after each, and what a sanitizer sees is their use of
 * the heap through malloc and memcpy. Whatever is answered with 200 can be decoded to its end, and
 * is gray where that was asked for. Where nothing is lost on the way, each pixel is the luma of the
 * source's; or the same, where it was reduced by 1.
 */
#include "image/colour/luma.h"
#include "image/image.h"
#include "tests/fuzz/decoded.h"
#include "tests/fuzz/image_input.h"

#include <vips/vips.h>

static bool is_lossless(const struct image_header *header)
{
    enum { TIFF_JPEG = 7 };

    return header->format == IMAGE_PNG || (header->format == IMAGE_WEBP && header->lossless) ||
           (header->format == IMAGE_TIFF && header->compression != TIFF_JPEG);
}

/* libwebp leaves colours that nobody sees to the encoder. */
static bool is_invisible(const struct decoded *source, size_t pixel)
{
    return FUZZ_FORMAT == IMAGE_WEBP && source->bands == 4 && decoded_sample(source, pixel, 3) == 0;
}

static void compare_gray(const struct decoded *source, const struct decoded *result)
{
    for (size_t i = 0; i < (size_t)source->width * (size_t)source->height; i++) {
        unsigned wanted = decoded_sample(source, i, 0);

        if (source->colours == 3)
            wanted = luma(wanted, decoded_sample(source, i, 1), decoded_sample(source, i, 2));
        fuzz_require(decoded_sample(result, i, 0) == wanted || is_invisible(source, i));
        if (source->bands > source->colours)
            fuzz_require(result->bands > result->colours &&
                         decoded_sample(result, i, result->colours) ==
                             decoded_sample(source, i, source->colours));
    }
}

static void compare_same(const struct decoded *source, const struct decoded *result)
{
    fuzz_require(source->bands == result->bands);
    for (size_t i = 0; i < (size_t)source->width * (size_t)source->height; i++) {
        for (int band = 0; band < source->bands; band++)
            fuzz_require(decoded_sample(source, i, band) == decoded_sample(result, i, band) ||
                         is_invisible(source, i));
    }
}

static void compare(const struct image_input *input, const struct decoded *source,
                    const struct decoded *result)
{
    if (!source->plain || input->factor < 1)
        return;
    fuzz_require(source->width == result->width && source->height == result->height);
    fuzz_require(source->frames == result->frames && source->deep == result->deep);
    if (input->gray)
        compare_gray(source, result);
    else
        compare_same(source, result);
}

/* A JPEG's scans are copied, with bytes behind their last blocks, of which libjpeg warns. */
static void check_result(const struct image_input *input, const struct image_header *header)
{
    const struct image_output *output = &input->output;
    struct decoded source, result;
    const bool whole = decoded_read(&source, input->data, input->size);

    if (!decoded_read(&result, output->data, output->size)) {
        fuzz_require(output->format == IMAGE_JPEG && !whole);
        return;
    }
    /* 128 is no colour to WebP, and not quite to its decoder's integers. */
    if (input->gray)
        fuzz_require(decoded_is_gray(&result, output->format == IMAGE_WEBP ? 1 : 0));
    if (whole && is_lossless(header))
        compare(input, &source, &result);
    decoded_clear(&source);
    decoded_clear(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct image_input input;
    struct image_header header;

    if (!started)
        fuzz_require(image_start() == 0);
    started = true;
    if (!image_input_read(&input, data, size))
        return 0;
    if (image_sniff(input.data, input.size) == FUZZ_FORMAT) {
        int status =
            image_process(&input.request, (struct bytes){input.data, input.size}, &input.output);

        if (status == 0)
            fuzz_require(image_read_header(input.data, input.size, &header) == 0);
        image_input_check(&input, &header, status);
        if (status == 0)
            check_result(&input, &header);
        fuzz_require(*vips_error_buffer() == '\0'); /* none is left for the next job */
    }
    image_input_clear(&input);
    return 0;
}
