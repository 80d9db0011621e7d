/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/load.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/status.h"
#include "image/jpeg/jpeg.h"
#include "image/jpeg/profile.h"
#include "image/jpeg/rewrite.h"
#include "image/vips/image.h"
#include "image/vips/load_gif.h"
#include "image/vips/load_heif.h"
#include "image/vips/load_png.h"
#include "image/vips/load_tiff.h"
#include "image/vips/load_webp.h"
#include "image/vips/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * The only entry into libvips' loaders. They are called by name, never chosen by libvips; all
 * others are blocked, and an image that is cut off or broken is an error rather than half an image.
 */
static void discard_message(const gchar *domain, GLogLevelFlags level, const gchar *message,
                            gpointer client)
{
    (void)domain;
    (void)level;
    (void)message;
    (void)client;
}

/* libvips reads these once, when it starts; the last one is libtiff's. */
static void set_environment(void)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe): there are no threads yet */
    setenv("VIPS_NOVECTOR", "1", 1);           /* no code generated at run time */
    setenv("VIPS_DISC_THRESHOLD", "1000g", 1); /* no temporary files; "t" is no unit of it */
    setenv("VIPSHOME", "/nonexistent", 1);     /* no modules: loaders of formats we do not take */
    setenv("LIBTIFF_JPEG_MAX_ALLOWED_SCAN_NUMBER", "1000000", 1); /* limits.max_scans decides */
    /* NOLINTEND(concurrency-mt-unsafe) */
}

int load_start(void)
{
    static const char *const loaders[] = {
        "VipsForeignLoadJpeg",
        "VipsForeignLoadPng",
        "VipsForeignLoadWebp",
    };

    set_environment();
    if (vips_init("grisaille"))
        return -EIO;
    g_log_set_handler("VIPS", G_LOG_LEVEL_MASK, discard_message, NULL);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(loaders); i++)
        vips_operation_block_set(loaders[i], FALSE);
    return 0;
}

/* The loaded image is half as large again as the result, so that the filter still finds all it
 * needs, and complete: libvips leaves out a last column or row that stands for fewer pixels than
 * the others. */
int load_divisor(const struct image_plan *plan, const struct image_output_plan *planned)
{
    const uint32_t width = plan->source.width, height = plan->source.height;
    const struct image_operation *first = &planned->operations[0];
    uint32_t divisor = 8;

    if (plan->source.format != IMAGE_JPEG || planned->operation_count == 0 ||
        first->step != IMAGE_STEP_RESIZE || first->linear) /* libjpeg's mean is of encoded values */
        return 1;
    while (divisor > 1 && (3ULL * divisor * first->size.width > 2ULL * width ||
                           3ULL * divisor * first->size.height > 2ULL * height ||
                           width % divisor != 0 || height % divisor != 0))
        divisor /= 2;
    return (int)divisor;
}

/* libvips would put a profile together from what it finds, whether or not it is all of it. */
static int set_profile(const struct jpeg_profile *pieces, VipsImage **image)
{
    size_t size;
    const uint8_t *profile = jpeg_profile_bytes(pieces, &size);

    return profile == NULL && size > 0 ? -ENOMEM : image_set_profile(image, profile, size);
}

/* The JPEG that is open. What we judge ourselves, libjpeg does not judge anew: its warnings are of
 * filling behind the pixels, too. */
static int open_jpeg(int divisor, VipsImage **image, char *detail)
{
    const struct jpeg_layout *layout = jpeg_opened();
    _cleanup_(buffer_clear) struct buffer file = {0};
    VipsSource *source;
    int status = jpeg_judge(detail);

    if (status != 0)
        return status;
    if (jpeg_rewrite(layout, &file) != 0 || (source = memory_source_new(&file)) == NULL)
        return -ENOMEM;
    status = vips_jpegload_source(
        source, image, "access", VIPS_ACCESS_SEQUENTIAL, "shrink", divisor, "fail_on",
        layout->arithmetic ? VIPS_FAIL_ON_WARNING : VIPS_FAIL_ON_ERROR, NULL);
    VIPS_UNREF(source);
    if (status != 0)
        return status;
    vips_image_set_int(*image, VIPS_META_ORIENTATION, layout->application.orientation);
    return set_profile(&layout->profile, image);
}

static int open_image(const struct image_plan *plan, const struct image_output_plan *planned,
                      struct bytes input, VipsImage **image, char *detail)
{
    void *data = (void *)(uintptr_t)input.data; /* libvips does not write to it */

    switch (plan->source.format) {
    case IMAGE_JPEG:
        return open_jpeg(load_divisor(plan, planned), image, detail);
    case IMAGE_PNG:
        return png_load(data, input.size, image);
    case IMAGE_WEBP:
        return webp_load(&plan->source, planned->frames, data, input.size, image);
    case IMAGE_GIF:
        return gif_load(plan, planned->frames, data, input.size, image);
    case IMAGE_TIFF:
        return tiff_load(&plan->source, planned->frames, data, input.size, plan->max_scans, image);
    case IMAGE_AVIF:
    case IMAGE_HEIC:
        return heif_load(data, input.size, image);
    default:
        return -1;
    }
}

/* What we have arithmetic for: 8 and 16 bit, and Lab. */
static bool is_supported(const VipsImage *image)
{
    if (image->Type == VIPS_INTERPRETATION_LABS)
        return true;
    return image->Coding == VIPS_CODING_NONE &&
           (image->BandFmt == VIPS_FORMAT_UCHAR || image->BandFmt == VIPS_FORMAT_USHORT);
}

/* The header was read without libvips; the image that libvips opens must keep the limit as well. */
static int check_loaded(const VipsImage *image, uint64_t max_pixels, char *detail)
{
    uint64_t pixels = (uint64_t)image->Xsize * (uint64_t)image->Ysize;

    if (pixels > max_pixels) {
        snprintf(detail, IMAGE_DETAIL_BYTES, "The picture has %llu pixels; %llu are allowed.",
                 (unsigned long long)pixels, (unsigned long long)max_pixels);
        return STATUS_IMAGE_TOO_LARGE;
    }
    return is_supported(image) ? 0 : STATUS_UNSUPPORTED_FORMAT;
}

int load_image(const struct image_plan *plan, const struct image_output_plan *planned,
               struct bytes input, VipsImage **image, char *detail)
{
    int status = open_image(plan, planned, input, image, detail);

    if (status == STATUS_IMAGE_TOO_LARGE && plan->source.format == IMAGE_TIFF)
        snprintf(detail, IMAGE_DETAIL_BYTES, "The picture has more than %u scans.",
                 plan->max_scans);
    if (status == 0) {
        status = check_loaded(*image, plan->max_pixels, detail);
        if (status == STATUS_UNSUPPORTED_FORMAT)
            snprintf(detail, IMAGE_DETAIL_BYTES,
                     "Only pictures with samples of 1 to 8 and 16 bits are supported.");
    }
    return status;
}
