/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * A worker that does what other servers on libvips do: load, colourspace b-w, save; or thumbnail,
 * save. The same pool, the same sandbox and the same HTTP in front of it, so that what differs is
 * the way through the image.
 */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/plan/path.h"
#include "image/probe/format.h"
#include "ipc/worker.h"
#include "service/image_request.h"

#include <errno.h>
#include <string.h>
#include <vips/vips.h>

static void release(VipsImage **image)
{
    g_clear_object(image);
}

static int start(void)
{
    if (VIPS_INIT("usual-worker") != 0)
        return -EIO;
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    return 0;
}

/* The whole image, or one of another size. */
static int load_image(const uint8_t *input, size_t size, const struct decimal *factor,
                      VipsImage **out)
{
    struct image_header header;

    if (factor == NULL) {
        *out = vips_image_new_from_buffer(input, size, "", "access", VIPS_ACCESS_SEQUENTIAL, NULL);
        return *out != NULL ? 0 : -1;
    }
    if (image_read_header(input, size, &header) != 0)
        return -1;
    return vips_thumbnail_buffer(
        (void *)(uintptr_t)input, size, out, (int)decimal_scale(header.width, *factor), "height",
        (int)decimal_scale(header.height, *factor), "size", VIPS_SIZE_FORCE, NULL);
}

static const char *suffix_of(enum image_format format)
{
    static const char *const suffixes[] = {
        [IMAGE_JPEG] = ".jpg[Q=80]", [IMAGE_PNG] = ".png",  [IMAGE_WEBP] = ".webp[Q=80]",
        [IMAGE_GIF] = ".gif",        [IMAGE_TIFF] = ".tif",
    };

    return suffixes[format];
}

static int handle(const void *body, size_t body_size, const uint8_t *input, size_t input_size,
                  struct worker_output *output)
{
    enum image_format format = image_sniff(input, input_size);
    struct image_result result = {.count = 1,
                                  .outputs[0] = {.format = format, .path = IMAGE_PATH_GENERAL}};
    struct image_request request;
    _cleanup_(release) VipsImage *loaded = NULL, *made = NULL;
    _cleanup_free_ void *data = NULL;
    const struct image_stage *stage = &request.stages[0];
    size_t size = 0;
    int error;

    if (image_request_read(&request, body, body_size) != 0)
        return STATUS_INTERNAL;
    error = load_image(input, input_size, stage->scale.digits != 0 ? &stage->scale : NULL, &loaded);
    if (error == 0 && stage->gray != IMAGE_GRAY_NONE)
        error = vips_colourspace(loaded, &made, VIPS_INTERPRETATION_B_W, NULL);
    else
        made = TAKE_PTR(loaded);
    if (error == 0)
        error = vips_image_write_to_buffer(made, suffix_of(format), &data, &size, NULL);
    if (error != 0 || size > output->capacity)
        return STATUS_IMAGE_CORRUPT;
    memcpy(output->data, data, size);
    output->size = size;
    result.outputs[0].bytes = size;
    memcpy(output->result, &result, sizeof(result));
    output->result_size = sizeof(result);
    return 0;
}

int main(int argc, char **argv)
{
    const struct worker_handler handler = {
        .name = "usual-worker", .start = start, .handle = handle};

    return worker_main(&handler, argc, argv);
}
