/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

#include "base/status.h"

/* Which saver writes which format, and how its failures are told apart. */
typedef int saver(VipsImage *image, const struct save_options *options,
                  struct memory_target *memory);

static saver *const savers[IMAGE_FORMAT_COUNT] = {
    [IMAGE_JPEG] = save_jpeg,
    [IMAGE_PNG] = save_png,
    [IMAGE_WEBP] = save_webp,
    [IMAGE_TIFF] = save_tiff,
};

int save_image(VipsImage *image, const struct save_options *options, struct image_output *output)
{
    struct memory_target memory = {.output = output};
    int status;

    output->format = options->header->format;
    status = savers[output->format](image, options, &memory);
    if (status == 0 && !memory.overflow) /* libtiff writes on where a seek has failed */
        return 0;
    output->size = 0;
    return memory.overflow ? STATUS_IMAGE_TOO_LARGE : status;
}
