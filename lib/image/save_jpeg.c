/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/save.h"

#include "base/cleanup.h"

#include <string.h>

/*
 * JPEGs that the short way (jpeg.c) declined. libvips writes an EXIF block of its own unless told to
 * strip everything, so it strips everything, and the JFIF header and the profile are put in here.
 */
enum {
    SOI_BYTES = 2,
    JFIF_BYTES = 18,
    ICC_PREFIX_BYTES = 2 + 2 + 12 + 2, /* marker, length, "ICC_PROFILE", number and count */
    ICC_PART_BYTES = 65533 - 16,
};

static const uint8_t jfif[JFIF_BYTES] = {0xff, 0xe0, 0,    16, 'J', 'F', 'I', 'F', 0,
                                         1,    1,    0,    0,  1,   0,   1,   0,   0};

static VipsForeignSubsample subsampling(VipsImage *image)
{
    const char *name;

    if (vips_image_get_typeof(image, "jpeg-chroma-subsample") != 0 &&
        vips_image_get_string(image, "jpeg-chroma-subsample", &name) == 0 &&
        strcmp(name, "4:4:4") == 0)
        return VIPS_FOREIGN_SUBSAMPLE_OFF;
    return VIPS_FOREIGN_SUBSAMPLE_ON;
}

/* The profile in APP2 segments (ICC.1 annex B.4) at `at`. */
static void put_profile(uint8_t *at, const uint8_t *profile, size_t size, size_t parts)
{
    for (size_t part = 1; part <= parts; part++) {
        size_t bytes = size < ICC_PART_BYTES ? size : ICC_PART_BYTES;
        size_t length = bytes + ICC_PREFIX_BYTES - 2;

        at[0] = 0xff;
        at[1] = 0xe2;
        at[2] = (uint8_t)(length >> 8);
        at[3] = (uint8_t)length;
        memcpy(at + 4, "ICC_PROFILE", 12);
        at[16] = (uint8_t)part;
        at[17] = (uint8_t)parts;
        memcpy(at + ICC_PREFIX_BYTES, profile, bytes);
        at += ICC_PREFIX_BYTES + bytes;
        profile += bytes;
        size -= bytes;
    }
}

/* Makes room behind SOI and fills it. */
static int insert_segments(VipsImage *image, struct memory_target *memory)
{
    struct image_output *output = memory->output;
    size_t jfif_bytes = image->Bands <= 3 ? JFIF_BYTES : 0; /* JFIF knows no CMYK */
    size_t size = 0, parts = 0, room;
    const void *profile = NULL;

    if (vips_image_get_typeof(image, VIPS_META_ICC_NAME) != 0 &&
        vips_image_get_blob(image, VIPS_META_ICC_NAME, &profile, &size))
        return -1;
    parts = (size + ICC_PART_BYTES - 1) / ICC_PART_BYTES;
    if (parts > 255)
        size = parts = 0; /* more than a JPEG can hold */

    room = jfif_bytes + size + parts * ICC_PREFIX_BYTES;
    if (room > output->capacity - output->size) {
        memory->overflow = true;
        return -1;
    }
    memmove(output->data + SOI_BYTES + room, output->data + SOI_BYTES, output->size - SOI_BYTES);
    memcpy(output->data + SOI_BYTES, jfif, jfif_bytes);
    put_profile(output->data + SOI_BYTES + jfif_bytes, profile, size, parts);
    output->size += room;
    return 0;
}

int save_jpeg(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    VipsTarget *target = memory_target_new(memory);
    int result;

    if (target == NULL)
        return -1;
    result = vips_jpegsave_target(image, target, "Q", options->quality, "strip", TRUE,
                                  "subsample_mode", subsampling(image), NULL);
    g_object_unref(target);
    return result ? -1 : insert_segments(image, memory);
}
