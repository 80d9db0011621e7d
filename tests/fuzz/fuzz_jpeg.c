/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * The short ways through a JPEG. Gray without a quality asked for is lossless: what comes out is gray
 * already, and holds the luma that libjpeg finds in the input, where it has nothing to say against it.
 */
#include "image/format.h"
#include "image/jpeg.h"
#include "tests/fuzz/picture_input.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h> /* before jpeglib.h, which wants it */
#include <string.h>

#include <jpeglib.h>

static void check_again(const struct picture_input *input)
{
    const struct image_output *first = &input->output;
    /* The writer asks for more room than it needs in the end. */
    struct image_output again = {.capacity = first->size * 3 + 8192};

    again.data = malloc(again.capacity);
    fuzz_require(again.data != NULL);
    fuzz_require(jpeg_process(&input->request, first->data, first->size, &again) == 0);
    fuzz_require(again.size == first->size && memcmp(again.data, first->data, again.size) == 0);
    free(again.data);
}

/* libjpeg's way out of an error or, here, a warning. */
_Noreturn static void give_up(j_common_ptr codec)
{
    longjmp(*(jmp_buf *)codec->client_data, 1);
}

static void heed_warning(j_common_ptr codec, int level)
{
    if (level < 0)
        give_up(codec);
}

/*
 * libjpeg makes up what the scans of a progressive JPEG leave untold, from neighbours that depend on
 * the sampling of all components. What is told is compared, so without that.
 */
static bool begin(struct jpeg_decompress_struct *codec)
{
    jpeg_read_header(codec, TRUE);
    codec->out_color_space = JCS_GRAYSCALE;
    codec->do_block_smoothing = FALSE;
    return (codec->jpeg_color_space == JCS_YCbCr || codec->jpeg_color_space == JCS_GRAYSCALE) &&
           (size_t)codec->image_width * codec->image_height <= PICTURE_MAX_PIXELS &&
           jpeg_start_decompress(codec);
}

/* The luma of a whole JPEG, into `luma`, of PICTURE_MAX_PIXELS. False where libjpeg warns. */
static bool decode_luma(const uint8_t *data, size_t size, uint8_t *luma, int *width, int *height)
{
    struct jpeg_error_mgr errors;
    jmp_buf out;
    struct jpeg_decompress_struct codec = {.client_data = &out};
    volatile bool good = false;

    codec.err = jpeg_std_error(&errors);
    errors.error_exit = give_up;
    errors.emit_message = heed_warning;
    if (setjmp(out) == 0) {
        jpeg_create_decompress(&codec);
        jpeg_mem_src(&codec, data, size);
        good = begin(&codec);
        *width = (int)codec.image_width;
        *height = (int)codec.image_height;
        for (uint8_t *row = luma; good && codec.output_scanline < codec.output_height;
             row += codec.image_width)
            jpeg_read_scanlines(&codec, &row, 1);
        if (good)
            jpeg_finish_decompress(&codec);
    } else {
        good = false;
    }
    jpeg_destroy_decompress(&codec);
    return good;
}

static void compare_luma(const struct picture_input *input)
{
    static uint8_t before[PICTURE_MAX_PIXELS], after[PICTURE_MAX_PIXELS];
    const struct image_output *output = &input->output;
    int width, height, result_width, result_height;

    if (!decode_luma(input->data, input->size, before, &width, &height))
        return;
    fuzz_require(
        decode_luma(output->data, output->size, after, &result_width, &result_height));
    fuzz_require(result_width == width && result_height == height);
    fuzz_require(memcmp(before, after, (size_t)width * (size_t)height) == 0);
}

static void run(struct picture_input *input, const struct image_header *header)
{
    int status = jpeg_process(&input->request, input->data, input->size, &input->output);

    if (status != -ENOTSUP)
        picture_check(input, header, status);
    if (status != 0 || input->request.operation != IMAGE_GRAY || input->request.quality != 0)
        return;
    check_again(input);
    if (memmem(input->data, input->size, "Exif", 4) == NULL) /* else it may have been turned */
        compare_luma(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    struct picture_input input;
    struct image_header header;

    if (!started)
        fuzz_require(jpeg_start() == 0);
    started = true;
    if (!picture_input_read(&input, data, size))
        return 0;
    if (image_read_header(input.data, input.size, &header) == 0 && header.format == IMAGE_JPEG &&
        image_pixels(&header) <= PICTURE_MAX_PIXELS) /* image_process lets no other one get so far */
        run(&input, &header);
    picture_input_clear(&input);
    return 0;
}
