/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/save.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/jpeg/profile.h"
#include "image/vips/convert.h"
#include "image/vips/image.h"

#include <string.h>

/*
 * JPEGs that the fast path (jpeg/jpeg.c) declined. libvips writes an EXIF block of its own unless
 * it strips everything, so it strips everything, and the JFIF header and the profile are inserted
 * here.
 */
enum { SOI_BYTES = 2, JFIF_BYTES = 18 };

static const uint8_t jfif[JFIF_BYTES] = {0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0,
                                         1,    1,    0, 0,  1,   0,   1,   0,   0};

static VipsForeignSubsample subsampling(VipsImage *image, enum image_subsampling asked)
{
    const char *name;

    if (asked != IMAGE_SUBSAMPLING_AUTO)
        return asked == IMAGE_SUBSAMPLING_444 ? VIPS_FOREIGN_SUBSAMPLE_OFF
                                              : VIPS_FOREIGN_SUBSAMPLE_ON;
    if (vips_image_get_typeof(image, "jpeg-chroma-subsample") != 0 &&
        vips_image_get_string(image, "jpeg-chroma-subsample", &name) == 0 &&
        strcmp(name, "4:4:4") == 0)
        return VIPS_FOREIGN_SUBSAMPLE_OFF;
    return VIPS_FOREIGN_SUBSAMPLE_ON;
}

/* Makes room behind SOI and fills it. */
static int insert_segments(VipsImage *image, struct image_output *output)
{
    size_t jfif_bytes = image->Bands <= 3 ? JFIF_BYTES : 0; /* JFIF knows no CMYK */
    size_t size;
    const void *profile = image_profile(image, &size);

    if (jfif_bytes > output->capacity - output->size)
        return STATUS_IMAGE_TOO_LARGE;
    memmove(output->data + SOI_BYTES + jfif_bytes, output->data + SOI_BYTES,
            output->size - SOI_BYTES);
    memcpy(output->data + SOI_BYTES, jfif, jfif_bytes);
    output->size += jfif_bytes;
    return profile == NULL ? 0 : jpeg_profile_insert(profile, size, output);
}

int save_jpeg(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    _cleanup_image_ VipsImage *rounded = image;
    VipsTarget *target;
    int status;

    g_object_ref(image);
    if (convert_to_8_bits(&rounded) || (target = memory_target_new(memory)) == NULL)
        return -1;
    status =
        vips_jpegsave_target(rounded, target, "Q", options->quality, "strip", TRUE,
                             "subsample_mode", subsampling(image, options->planned->subsampling),
                             "interlace", (gboolean)options->planned->progressive, NULL);
    g_object_unref(target);
    return status != 0 ? status : insert_segments(image, memory->output);
}
