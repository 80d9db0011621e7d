/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/image.h"

#include "base/status.h"
#include "image/gif/gif.h"
#include "image/jpeg/jpeg.h"
#include "image/png/png.h"
#include "image/vips/picture.h"
#include "image/webp/webp.h"

#include <errno.h>
#include <stdio.h>

/* The order of the ways through a picture: cheap refusals, the short ways, the long one. */

int image_start(void)
{
    int r = picture_start();

    return r != 0 ? r : jpeg_start();
}

void image_rest(void)
{
    jpeg_rest();
}

static int damaged(const struct image_header *header, char *detail)
{
    snprintf(detail, IMAGE_DETAIL_BYTES, "The %s is damaged or incomplete.",
             image_format_name(header->format));
    return STATUS_IMAGE_CORRUPT;
}

static int unsupported(const struct image_header *header, char *detail)
{
    if (header->format == IMAGE_NONE)
        snprintf(detail, IMAGE_DETAIL_BYTES, "Send a JPEG, PNG, WebP, GIF or TIFF.");
    else
        snprintf(detail, IMAGE_DETAIL_BYTES, "This is %s, which is not supported.",
                 header->unsupported);
    return STATUS_UNSUPPORTED_FORMAT;
}

static int check(const struct image_request *request, const uint8_t *input, size_t size,
                 struct image_header *header, char *detail)
{
    int status = image_read_header(input, size, header);

    if (status == STATUS_UNSUPPORTED_FORMAT)
        return unsupported(header, detail);
    if (status != 0)
        return damaged(header, detail);
    if (image_pixels(header) > request->max_pixels) {
        snprintf(detail, IMAGE_DETAIL_BYTES, "The picture has %llu pixels; %llu are allowed.",
                 (unsigned long long)image_pixels(header), (unsigned long long)request->max_pixels);
        return STATUS_IMAGE_TOO_LARGE;
    }
    return image_has_room(header, size) ? 0 : damaged(header, detail);
}

static bool keeps_size(const struct image_request *request, const struct image_header *header)
{
    return request->operation == IMAGE_GRAY ||
           (image_scaled_length(header->width, request->factor) == header->width &&
            image_scaled_length(header->height, request->factor) == header->height);
}

static int process_gif(const struct image_request *request, const struct image_header *header,
                       struct bytes input, struct image_output *output)
{
    int status = keeps_size(request, header) ? gif_copy(request, header, input, output)
                                             : gif_scale(request, header, input, output);

    if (status == STATUS_IMAGE_TOO_LARGE && output->detail[0] == '\0')
        snprintf(output->detail, sizeof(output->detail), "The result is larger than allowed.");
    return status == STATUS_IMAGE_CORRUPT ? damaged(header, output->detail) : status;
}

/* The way that is shortest for this picture; -ENOTSUP where it has none. */
static int process_shortly(const struct image_request *request, const struct image_header *header,
                           const uint8_t *input, size_t size, struct image_output *output)
{
    if (header->format == IMAGE_JPEG)
        return jpeg_process(request, input, size, output);
    if (header->format == IMAGE_GIF)
        return process_gif(request, header, (struct bytes){input, size}, output);
    if (header->format == IMAGE_PNG)
        return png_process(request, input, size, output);
    if (header->format == IMAGE_WEBP)
        return webp_process(request, header, input, size, output);
    return -ENOTSUP;
}

int image_process(const struct image_request *request, const uint8_t *input, size_t input_size,
                  struct image_output *output)
{
    struct image_header header;
    int status;

    output->size = 0;
    output->format = IMAGE_NONE;
    output->detail[0] = '\0';
    status = check(request, input, input_size, &header, output->detail);
    if (status != 0)
        return status;
    status = process_shortly(request, &header, input, input_size, output);
    if (status != -ENOTSUP)
        return status;
    output->detail[0] = '\0';
    image_rest(); /* libvips may need the room */
    return picture_process(request, &header, input, input_size, output);
}
