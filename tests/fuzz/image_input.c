/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/image_input.h"

#include "base/status.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/requests.h"

#include <errno.h>
#include <string.h>

bool image_input_read(struct image_input *input, const uint8_t *data, size_t size)
{
    static uint8_t *large; /* as a worker's: one for its whole life */
    const uint8_t *tail = data + size - INPUT_TAIL_BYTES;
    bool small;

    if (size < INPUT_TAIL_BYTES)
        return false;
    if (large == NULL)
        large = malloc(INPUT_CAPACITY);
    *input = (struct image_input){.data = data, .size = size - INPUT_TAIL_BYTES, .last = tail[3]};
    input->scale = tail[0] & 1;
    input->gray = !input->scale || tail[0] & 2;
    input->factor = input->scale ? (tail[2] + 1) / 256.0 : 1;
    input->request = input->scale ? scale_request(input->factor) : gray_request();
    input->request.stages[0].gray = input->gray ? IMAGE_GRAY_LUMA : IMAGE_GRAY_NONE;
    input->request.outputs[0].encoding.quality = tail[1] % 101;
    input->request.max_pixels = INPUT_MAX_PIXELS;
    input->request.max_scans = 20;
    small = tail[3] >= 0x80; /* then of an exact size, which a sanitizer guards */
    input->output.capacity = small ? (tail[3] - 0x7fU) * 16 : INPUT_CAPACITY;
    input->output.data = small ? malloc(input->output.capacity) : large;
    fuzz_require(input->output.data != NULL);
    return true;
}

void image_input_clear(struct image_input *input)
{
    if (input->output.capacity != INPUT_CAPACITY)
        free(input->output.data);
}

static bool is_size(const struct image_input *input, uint32_t from, uint32_t to)
{
    return decimal_scale(from, decimal_from_fraction(input->factor)) == to;
}

/*
 * libnsgif, libvips' reader of GIFs, takes these screens for mistakes of old programs, and uses the
 * first frame's size instead (docs/security.md).
 */
static bool is_ignored_screen(const struct image_header *header)
{
    static const uint32_t sizes[][2] = {{640, 480},  {640, 512},   {800, 600},
                                        {1024, 768}, {1280, 1024}, {1600, 1200}};

    if (header->format != IMAGE_GIF)
        return false;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        if (header->width == sizes[i][0] && header->height == sizes[i][1])
            return true;
    }
    return header->width > 2048 || header->height > 2048;
}

static void check_output(const struct image_input *input, const struct image_header *header)
{
    const struct image_output *output = &input->output;
    const enum image_format format = image_result_format(header->format);
    struct image_header result;

    fuzz_require(output->size > 0 && output->size <= output->capacity);
    fuzz_require(image_read_header(output->data, output->size, &result) == 0);
    fuzz_require(result.format == format && output->format == format);
    if (header->width == 0 || header->height == 0 || result.width == 0 || result.height == 0)
        return; /* which size is right is not cheap to find out */
    if (is_ignored_screen(header))
        return;
    fuzz_require((is_size(input, header->width, result.width) &&
                  is_size(input, header->height, result.height)) ||
                 (is_size(input, header->width, result.height) && /* turned by its orientation */
                  is_size(input, header->height, result.width)));
}

void image_input_check(const struct image_input *input, const struct image_header *header,
                       int status)
{
    const char *detail = input->output.detail;

    fuzz_require(memchr(detail, '\0', IMAGE_DETAIL_BYTES) != NULL);
    if (status == 0) {
        check_output(input, header);
        return;
    }
    /* Any other status would be answered as an error of the server. */
    fuzz_require(status == STATUS_UNSUPPORTED_FORMAT || status == STATUS_IMAGE_CORRUPT ||
                 status == STATUS_IMAGE_TOO_LARGE || status == STATUS_RESULT_TOO_LARGE ||
                 status == -ENOMEM);
    fuzz_require(status < 0 || detail[0] != '\0');
}
