/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/load.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/status.h"
#include "image/jpeg/profile.h"
#include "image/jpeg/rewrite.h"
#include "image/vips/image.h"
#include "image/vips/load_png.h"
#include "image/vips/load_tiff.h"
#include "image/vips/load_webp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * The door to libvips. Loaders are called by name, never chosen by libvips, all others are blocked,
 * and a picture that is cut off or broken is an error rather than half a picture.
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
    setenv("VIPS_NOVECTOR", "1", 1);           /* no code generated at run time */
    setenv("VIPS_DISC_THRESHOLD", "1000g", 1); /* no temporary files; "t" is no unit of it */
    setenv("VIPSHOME", "/nonexistent", 1);     /* no modules: loaders of formats we do not take */
    setenv("LIBTIFF_JPEG_MAX_ALLOWED_SCAN_NUMBER", "1000000", 1); /* limits.max_scans decides */
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

/* What comes out is half as large again as the result, so that the filter still finds all it needs,
 * and whole: libvips leaves out a last column or row that stands for fewer pixels than the others.
 */
int load_shrink(const struct image_request *request, const struct image_header *header)
{
    unsigned shrink = 8;

    if (request->operation != IMAGE_SCALE || header->format != IMAGE_JPEG)
        return 1;
    while (shrink > 1 && (shrink * request->factor * 1.5 > 1 || header->width % shrink != 0 ||
                          header->height % shrink != 0))
        shrink /= 2;
    return (int)shrink;
}

static int free_file(void *file, void *area)
{
    (void)area;
    free(file);
    return 0;
}

/* A source of the file's bytes, which it takes over; NULL: there is no memory. */
static VipsSource *source_of(struct buffer *file)
{
    VipsBlob *blob = vips_blob_new(free_file, file->data, file->size);
    VipsSource *source = vips_source_new_from_blob(blob);

    *file = (struct buffer){0};
    vips_area_unref(VIPS_AREA(blob));
    return source;
}

/* libvips would put a profile together from what it finds, whether or not it is all of it. */
static int set_profile(const struct jpeg_profile *pieces, VipsImage **image)
{
    size_t size;
    const uint8_t *profile = jpeg_profile_bytes(pieces, &size);

    return profile == NULL && size > 0 ? -ENOMEM : image_set_profile(image, profile, size);
}

/* As jpeg_process understood it. What that judged itself, libjpeg does not judge anew: its warnings
 * are of filling behind the pixels, too. */
static int open_jpeg(const struct image_request *request, const struct image_header *header,
                     const uint8_t *input, size_t size, VipsImage **image)
{
    static struct jpeg_layout layout; /* too large for the stack */
    _cleanup_(buffer_clear) struct buffer file = {0};
    VipsSource *source;
    int result = -1;

    if (jpeg_read_markers(&layout, input, size, request->max_scans) != 0)
        return -1;
    if (jpeg_rewrite(&layout, &file) != 0 || (source = source_of(&file)) == NULL)
        return -ENOMEM;
    result = vips_jpegload_source(
        source, image, "access", VIPS_ACCESS_SEQUENTIAL, "shrink", load_shrink(request, header),
        "fail_on", layout.arithmetic ? VIPS_FAIL_ON_WARNING : VIPS_FAIL_ON_ERROR, NULL);
    VIPS_UNREF(source);
    if (result != 0)
        return result;
    vips_image_set_int(*image, VIPS_META_ORIENTATION, layout.orientation);
    return set_profile(&layout.profile, image);
}

static int open_image(const struct image_request *request, const struct image_header *header,
                      void *input, size_t size, VipsImage **image)
{
    switch (header->format) {
    case IMAGE_JPEG:
        return open_jpeg(request, header, input, size, image);
    case IMAGE_PNG:
        return png_load(input, size, image);
    case IMAGE_WEBP:
        return webp_load(header, input, size, image);
    case IMAGE_TIFF:
        return tiff_load(header, input, size, request->max_scans, image);
    default:
        return -1;
    }
}

/* What we have arithmetic for: 8 and 16 bit, and Lab in any of its forms. */
static bool is_supported(const VipsImage *image)
{
    if (image->Type == VIPS_INTERPRETATION_LAB || image->Type == VIPS_INTERPRETATION_LABQ ||
        image->Type == VIPS_INTERPRETATION_LABS)
        return true;
    return image->Coding == VIPS_CODING_NONE &&
           (image->BandFmt == VIPS_FORMAT_UCHAR || image->BandFmt == VIPS_FORMAT_USHORT);
}

/* The header was read without libvips; what libvips makes of it has to keep the limit as well. */
static int check(const VipsImage *image, const struct image_request *request, char *detail)
{
    uint64_t pixels = (uint64_t)image->Xsize * (uint64_t)image->Ysize;

    if (pixels > request->max_pixels) {
        snprintf(detail, IMAGE_DETAIL_BYTES, "The picture has %llu pixels; %llu are allowed.",
                 (unsigned long long)pixels, (unsigned long long)request->max_pixels);
        return STATUS_IMAGE_TOO_LARGE;
    }
    return is_supported(image) ? 0 : STATUS_UNSUPPORTED_FORMAT;
}

int load_image(const struct image_request *request, const struct image_header *header,
               const uint8_t *input, size_t input_size, VipsImage **image, char *detail)
{
    /* libvips takes a pointer that is not const and does not write to it. */
    int status = open_image(request, header, (void *)(uintptr_t)input, input_size, image);

    if (status == STATUS_IMAGE_TOO_LARGE && header->format == IMAGE_TIFF)
        snprintf(detail, IMAGE_DETAIL_BYTES, "The picture has more than %u scans.",
                 request->max_scans);
    if (status == 0)
        status = check(*image, request, detail);
    if (status == STATUS_UNSUPPORTED_FORMAT)
        snprintf(detail, IMAGE_DETAIL_BYTES,
                 "Only pictures with samples of 1 to 8 and 16 bits are supported.");
    return status;
}
