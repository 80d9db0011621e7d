/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/heif/av1.h"

#include "base/cleanup.h"
#include "base/status.h"

#include <dav1d/dav1d.h>
#include <errno.h>
#include <stdlib.h>

/* By dav1d, the quickest of the decoders in Debian 12. */

static void cleanup_context(Dav1dContext **context)
{
    dav1d_close(context);
}

static void cleanup_data(Dav1dData *data)
{
    dav1d_data_unref(data);
}

static int status_of(int code)
{
    return code == DAV1D_ERR(ENOMEM) ? -ENOMEM : STATUS_IMAGE_CORRUPT;
}

static int open_decoder(const struct heif_item *item, Dav1dContext **context)
{
    Dav1dSettings settings;
    uint64_t pixels = (uint64_t)item->width * item->height;

    dav1d_default_settings(&settings);
    settings.n_threads = 1; /* none besides this one */
    settings.max_frame_delay = 1;
    settings.all_layers = 0;
    settings.operating_point = (int)item->operating_point;
    settings.frame_size_limit = pixels < UINT32_MAX ? (unsigned)pixels : UINT32_MAX;
    settings.logger = (Dav1dLogger){0}; /* which is silent */
    if (item->operating_point > 31)
        return STATUS_IMAGE_CORRUPT;
    return dav1d_open(context, &settings) < 0 ? -ENOMEM : 0;
}

static int join_data(const struct heif_data *parts, Dav1dData *data)
{
    uint8_t *to = dav1d_data_create(data, parts->size);

    if (to == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < parts->count; i++) {
        memcpy(to, parts->parts[i].data, parts->parts[i].size);
        to += parts->parts[i].size;
    }
    return 0;
}

/* The first image that comes; what follows it is another one. */
static int get_frame(Dav1dContext *context, Dav1dData *data, Dav1dPicture *decoded)
{
    bool drained = false;

    for (;;) {
        int code = data->sz > 0 ? dav1d_send_data(context, data) : 0;

        if (code < 0 && code != DAV1D_ERR(EAGAIN))
            return status_of(code);
        code = dav1d_get_picture(context, decoded);
        if (code == 0)
            return 0;
        if (code != DAV1D_ERR(EAGAIN))
            return status_of(code);
        if (data->sz == 0 && drained)
            return STATUS_IMAGE_CORRUPT;
        drained = data->sz == 0;
    }
}

static void free_frame(void *owner)
{
    Dav1dPicture *decoded = owner;

    dav1d_picture_unref(decoded);
    free(decoded);
}

static void describe_frame(const Dav1dPicture *decoded, struct heif_frame *frame)
{
    const enum Dav1dPixelLayout layout = decoded->p.layout;

    frame->width = (uint32_t)decoded->p.w;
    frame->height = (uint32_t)decoded->p.h;
    frame->bits = (unsigned)decoded->p.bpc;
    frame->planes = layout == DAV1D_PIXEL_LAYOUT_I400 ? 1 : 3;
    frame->x_shift = layout == DAV1D_PIXEL_LAYOUT_I420 || layout == DAV1D_PIXEL_LAYOUT_I422;
    frame->y_shift = layout == DAV1D_PIXEL_LAYOUT_I420;
    for (unsigned i = 0; i < frame->planes; i++) {
        frame->samples[i] = decoded->data[i];
        frame->strides[i] = (size_t)decoded->stride[i > 0];
    }
    frame->colour = (struct heif_colour){
        .primaries = (uint16_t)decoded->seq_hdr->pri,
        .transfer = (uint16_t)decoded->seq_hdr->trc,
        .matrix = (uint16_t)decoded->seq_hdr->mtrx,
        .full_range = decoded->seq_hdr->color_range != 0,
    };
}

int av1_decode(const struct heif_item *item, const struct heif_data *data, struct heif_frame *frame)
{
    _cleanup_(cleanup_context) Dav1dContext *context = NULL;
    _cleanup_(cleanup_data) Dav1dData joined = {0};
    Dav1dPicture *decoded = calloc(1, sizeof(*decoded));
    int status;

    *frame = (struct heif_frame){.owner = decoded, .release = free_frame};
    if (decoded == NULL)
        return -ENOMEM;
    status = open_decoder(item, &context);
    if (status == 0)
        status = join_data(data, &joined);
    if (status == 0)
        status = get_frame(context, &joined, decoded);
    if (status == 0)
        describe_frame(decoded, frame);
    else
        heif_frame_clear(frame);
    return status;
}
