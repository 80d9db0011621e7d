/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/heif/hevc.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/heif/hevc_size.h"

#include <errno.h>
#include <libde265/de265.h>
#include <stdlib.h>

/*
 * By libde265. It decodes what it can of a damaged image, and says so by warnings; here each of
 * them means that pixels were lost. Memory for what a parameter set claims is the decoder's to
 * take, so each is read first.
 */
enum {
    NAL_SEQUENCE_PARAMETERS = 33,
    NAL_CODED_MAX = 31, /* slices have the types up to here */
    CONFIG_HEADER_BYTES = 23,
    PADDING_MAX = 64, /* coded blocks are at most so large; what is too much is cut off */
};

/* The units that go to the decoder: those up to the end of the first image. */
struct hevc_units {
    de265_decoder_context *decoder;
    const struct heif_item *item;
    unsigned images;
};

static int check_size(const struct heif_item *item, struct bytes unit)
{
    uint64_t width, height;

    if (!hevc_read_size(unit, &width, &height) || width > (uint64_t)item->width + PADDING_MAX ||
        height > (uint64_t)item->height + PADDING_MAX)
        return STATUS_IMAGE_CORRUPT;
    return 0;
}

static int push_unit(struct hevc_units *units, struct bytes unit)
{
    unsigned type, layer;

    if (!bytes_have(unit, 0, 3))
        return 0;
    type = unit.data[0] >> 1 & 63;
    layer = (unsigned)(unit.data[0] & 1) << 5 | unit.data[1] >> 3;
    if (layer != 0)
        return 0;
    if (type == NAL_SEQUENCE_PARAMETERS && check_size(units->item, unit) != 0)
        return STATUS_IMAGE_CORRUPT;
    if (type <= NAL_CODED_MAX && (unit.data[2] & 0x80) != 0) /* the first slice of an image */
        units->images++;
    if (units->images > 1)
        return 0;
    return de265_push_NAL(units->decoder, unit.data, (int)unit.size, 0, NULL) ==
                   DE265_ERROR_OUT_OF_MEMORY
               ? -ENOMEM
               : 0;
}

/* The parameter sets in hvcC (ISO/IEC 14496-15, 8.3.3.1). */
static int push_configuration(struct hevc_units *units, struct bytes config)
{
    size_t at = CONFIG_HEADER_BYTES;
    unsigned arrays = config.data[CONFIG_HEADER_BYTES - 1];

    for (; arrays > 0; arrays--) {
        unsigned count;

        if (!bytes_have(config, at, 3))
            return STATUS_IMAGE_CORRUPT;
        count = get_be16(config.data + at + 1);
        at += 3;
        for (; count > 0; count--) {
            size_t size;
            int status;

            if (!bytes_have(config, at, 2))
                return STATUS_IMAGE_CORRUPT;
            size = get_be16(config.data + at);
            at += 2;
            if (!bytes_have(config, at, size))
                return STATUS_IMAGE_CORRUPT;
            status = push_unit(units, (struct bytes){config.data + at, size});
            if (status != 0)
                return status;
            at += size;
        }
    }
    return 0;
}

/* Units in the item, each behind its size. */
static int push_units(struct hevc_units *units, struct bytes data)
{
    const unsigned size_bytes = (units->item->config.data[21] & 3u) + 1;

    while (data.size > 0 && units->images <= 1) {
        uint64_t size = 0;
        int status;

        if (!bytes_have(data, 0, size_bytes))
            return STATUS_IMAGE_CORRUPT;
        for (unsigned i = 0; i < size_bytes; i++)
            size = size << 8 | data.data[i];
        if (!bytes_have(data, size_bytes, size) || size > INT32_MAX)
            return STATUS_IMAGE_CORRUPT;
        status = push_unit(units, (struct bytes){data.data + size_bytes, (size_t)size});
        if (status != 0)
            return status;
        data.data += size_bytes + size;
        data.size -= size_bytes + (size_t)size;
    }
    return 0;
}

static int push_parts(struct hevc_units *units, const struct heif_data *data)
{
    _cleanup_free_ uint8_t *joined = NULL;
    size_t size = 0;

    if (data->count == 1)
        return push_units(units, data->parts[0]);
    if ((joined = malloc(data->size)) == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < data->count; i++) {
        memcpy(joined + size, data->parts[i].data, data->parts[i].size);
        size += data->parts[i].size;
    }
    return push_units(units, (struct bytes){joined, size});
}

/* --- the image ----------------------------------------------------------------------------------
 */

static int status_of_decoder(de265_error error)
{
    switch (error) {
    case DE265_OK:
        return 0;
    case DE265_ERROR_OUT_OF_MEMORY:
        return -ENOMEM;
    default:
        return STATUS_IMAGE_CORRUPT;
    }
}

/* Until there is an image: while it has not been taken, the decoder always says that there is more
 * to do. */
static int run_decoder(de265_decoder_context *decoder)
{
    de265_error error;
    int more;

    de265_flush_data(decoder);
    do {
        more = 0;
        error = de265_decode(decoder, &more);
    } while (error == DE265_OK && more != 0 && de265_peek_next_picture(decoder) == NULL);
    if (error != DE265_OK)
        return status_of_decoder(error);
    return status_of_decoder(de265_get_warning(decoder));
}

static int describe_image(const struct de265_image *image, struct heif_frame *frame)
{
    const enum de265_chroma chroma = de265_get_chroma_format(image);

    frame->width = (uint32_t)de265_get_image_width(image, 0);
    frame->height = (uint32_t)de265_get_image_height(image, 0);
    frame->bits = (unsigned)de265_get_bits_per_pixel(image, 0);
    frame->planes = chroma == de265_chroma_mono ? 1 : 3;
    frame->x_shift = chroma == de265_chroma_420 || chroma == de265_chroma_422;
    frame->y_shift = chroma == de265_chroma_420;
    for (unsigned i = 0; i < frame->planes; i++) {
        int stride;

        frame->samples[i] = de265_get_image_plane(image, (int)i, &stride);
        frame->strides[i] = (size_t)stride;
        if (de265_get_bits_per_pixel(image, (int)i) != (int)frame->bits || frame->bits > 12)
            return STATUS_UNSUPPORTED_FORMAT;
        if (de265_get_image_width(image, (int)i) < (int)heif_plane_width(frame, i) ||
            de265_get_image_height(image, (int)i) < (int)heif_plane_height(frame, i))
            return STATUS_UNSUPPORTED_FORMAT;
    }
    frame->colour = (struct heif_colour){
        .primaries = (uint16_t)de265_get_image_colour_primaries(image),
        .transfer = (uint16_t)de265_get_image_transfer_characteristics(image),
        .matrix = (uint16_t)de265_get_image_matrix_coefficients(image),
        .full_range = de265_get_image_full_range_flag(image) != 0,
    };
    return 0;
}

static void free_decoder(void *decoder)
{
    de265_free_decoder(decoder);
}

int hevc_start(void)
{
    return de265_init() == DE265_OK ? 0 : -ENOMEM;
}

int hevc_decode(const struct heif_item *item, const struct heif_data *data,
                struct heif_frame *frame)
{
    struct hevc_units units = {.decoder = de265_new_decoder(), .item = item};
    const struct de265_image *image = NULL;
    int status;

    *frame = (struct heif_frame){.owner = units.decoder, .release = free_decoder};
    if (units.decoder == NULL)
        return -ENOMEM;
    de265_set_parameter_bool(units.decoder, DE265_DECODER_PARAM_SUPPRESS_FAULTY_PICTURES, 1);
    de265_set_parameter_bool(units.decoder, DE265_DECODER_PARAM_BOOL_SEI_CHECK_HASH, 1);
    status = push_configuration(&units, item->config);
    if (status == 0)
        status = push_parts(&units, data);
    if (status == 0)
        status = run_decoder(units.decoder);
    if (status == 0 && (image = de265_peek_next_picture(units.decoder)) == NULL)
        status = STATUS_IMAGE_CORRUPT;
    if (status == 0)
        status = describe_image(image, frame);
    if (status != 0)
        heif_frame_clear(frame);
    return status;
}
