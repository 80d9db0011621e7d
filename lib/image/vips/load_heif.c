/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/load_heif.h"

#include "image/heif/heif.h"
#include "image/vips/image.h"

static int generate(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    const VipsRect *area = &out->valid;

    (void)sequence;
    (void)b;
    (void)stop;
    if (area->width < out->im->Xsize) /* vips_sequential passes over rows that nobody wants */
        return 0;
    heif_rows(a, (uint32_t)area->top, (uint32_t)area->height, VIPS_REGION_ADDR(out, 0, area->top),
              VIPS_REGION_LSKIP(out));
    return 0;
}

static void free_heif(VipsImage *image, struct heif_image *heif)
{
    (void)image;
    heif_free(heif);
}

static VipsInterpretation interpretation_of(const struct heif_kind *kind)
{
    if (kind->bands >= 3)
        return kind->bits == 16 ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
    return kind->bits == 16 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
}

/* Takes over the decoded image. vips_sequential asks for whole rows, and in order. */
static int make_rows(struct heif_image *heif, VipsImage **image)
{
    _cleanup_image_ VipsImage *rows = vips_image_new();
    struct heif_kind kind;

    heif_describe(heif, &kind);
    vips_image_init_fields(rows, (int)kind.width, (int)kind.height, (int)kind.bands,
                           kind.bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR,
                           VIPS_CODING_NONE, interpretation_of(&kind), 1, 1);
    if (kind.profile != NULL)
        vips_image_set_blob_copy(rows, VIPS_META_ICC_NAME, kind.profile, kind.profile_size);
    g_signal_connect(rows, "postclose", G_CALLBACK(free_heif), heif);
    if (vips_image_pipelinev(rows, VIPS_DEMAND_STYLE_THINSTRIP, NULL) ||
        vips_image_generate(rows, NULL, generate, NULL, heif, NULL))
        return -1;
    return vips_sequential(rows, image, "tile_height", (int)kind.strip, NULL);
}

int heif_load(const uint8_t *input, size_t size, VipsImage **image)
{
    struct heif_image *heif;
    int status = heif_open((struct bytes){input, size}, &heif);

    return status != 0 ? status : make_rows(heif, image);
}
