/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * A whole job of a worker, as a function. One target a format (FUZZ_FORMAT), so that a slow decoder
 * takes no time from a quick one. The codecs are the system's and are not instrumented: what the
 * fuzzer sees of them is what our code does after each, and what a sanitizer sees is their use of
 * the heap through malloc and memcpy. Whatever is answered with 200 can be decoded to its end, and is
 * gray where that was asked for.
 */
#include "image/image.h"
#include "tests/fuzz/decoded.h"
#include "tests/fuzz/picture_input.h"

#include <vips/vips.h>

static bool source_is_whole(const struct picture_input *input)
{
    struct decoded source;
    bool whole = decoded_read(&source, input->data, input->size);

    decoded_clear(&source);
    return whole;
}

/* A JPEG's scans are copied, with bytes behind their last blocks, of which libjpeg warns. */
static void check_result(const struct picture_input *input)
{
    const struct image_output *output = &input->output;
    struct decoded result;

    if (!decoded_read(&result, output->data, output->size)) {
        fuzz_require(output->format == IMAGE_JPEG && !source_is_whole(input));
        return;
    }
    /* 128 is no colour to WebP, and not quite to its decoder's integers. */
    if (input->request.operation == IMAGE_GRAY)
        fuzz_require(decoded_is_gray(&result, output->format == IMAGE_WEBP ? 1 : 0));
    decoded_clear(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct picture_input input;
    struct image_header header;

    if (!started)
        fuzz_require(image_start() == 0);
    started = true;
    if (!picture_input_read(&input, data, size))
        return 0;
    if (image_sniff(input.data, input.size) == FUZZ_FORMAT) {
        int status = image_process(&input.request, input.data, input.size, &input.output);

        if (status == 0)
            fuzz_require(image_read_header(input.data, input.size, &header) == 0);
        picture_check(&input, &header, status);
        if (status == 0)
            check_result(&input);
        fuzz_require(*vips_error_buffer() == '\0'); /* none is left for the next job */
    }
    picture_input_clear(&input);
    return 0;
}
