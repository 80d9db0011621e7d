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
#include <string.h>
#include <turbojpeg.h>

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

/* The luma of a whole JPEG; NULL where libjpeg warns. */
static uint8_t *decode_luma(const uint8_t *data, size_t size, int *width, int *height)
{
    tjhandle handle = tjInitDecompress();
    uint8_t *luma = malloc(PICTURE_MAX_PIXELS);
    int subsampling, space;
    bool good;

    fuzz_require(handle != NULL && luma != NULL);
    good = tjDecompressHeader3(handle, data, size, width, height, &subsampling, &space) == 0 &&
           (space == TJCS_YCbCr || space == TJCS_GRAY) &&
           (size_t)*width * (size_t)*height <= PICTURE_MAX_PIXELS &&
           tjDecompress2(handle, data, size, luma, *width, 0, *height, TJPF_GRAY,
                         TJFLAG_STOPONWARNING | TJFLAG_ACCURATEDCT) == 0;
    tjDestroy(handle);
    if (good)
        return luma;
    free(luma);
    return NULL;
}

static void compare_luma(const struct picture_input *input)
{
    const struct image_output *output = &input->output;
    int width, height, result_width, result_height;
    uint8_t *before = decode_luma(input->data, input->size, &width, &height), *after = NULL;

    if (before != NULL) {
        after = decode_luma(output->data, output->size, &result_width, &result_height);
        fuzz_require(after != NULL && result_width == width && result_height == height);
        fuzz_require(memcmp(before, after, (size_t)width * (size_t)height) == 0);
    }
    free(before);
    free(after);
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
