/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The signals of a VipsTargetCustom over a plain piece of memory. */

static gint64 on_write(VipsTargetCustom *target, const void *bytes, gint64 length, void *client)
{
    struct memory_target *memory = client;
    struct image_output *output = memory->output;
    size_t size = (size_t)length;

    (void)target;
    if (memory->position > output->capacity || size > output->capacity - memory->position) {
        memory->overflow = true;
        return -1;
    }
    if (memory->position > output->size) /* a gap: what an earlier job left there stays there */
        memset(output->data + output->size, 0, memory->position - output->size);
    memcpy(output->data + memory->position, bytes, size);
    memory->position += size;
    if (memory->position > output->size)
        output->size = memory->position;
    return length;
}

static gint64 on_read(VipsTargetCustom *target, void *bytes, gint64 length, void *client)
{
    struct memory_target *memory = client;
    size_t size = (size_t)length, left;

    (void)target;
    if (memory->position >= memory->output->size)
        return 0;
    left = memory->output->size - memory->position;
    size = size < left ? size : left;
    memcpy(bytes, memory->output->data + memory->position, size);
    memory->position += size;
    return (gint64)size;
}

static gint64 on_seek(VipsTargetCustom *target, gint64 offset, int whence, void *client)
{
    struct memory_target *memory = client;
    gint64 base = 0;

    (void)target;
    if (whence == SEEK_CUR)
        base = (gint64)memory->position;
    else if (whence == SEEK_END)
        base = (gint64)memory->output->size;
    if (offset < -base)
        return -1;
    if (offset > (gint64)memory->output->capacity - base) {
        memory->overflow = true;
        return -1;
    }
    memory->position = (size_t)(base + offset);
    return base + offset;
}

VipsTarget *memory_target_new(struct memory_target *memory)
{
    VipsTargetCustom *target = vips_target_custom_new();

    if (target == NULL)
        return NULL;
    memory->output->size = 0;
    g_signal_connect(target, "write", G_CALLBACK(on_write), memory);
    g_signal_connect(target, "read", G_CALLBACK(on_read), memory);
    g_signal_connect(target, "seek", G_CALLBACK(on_seek), memory);
    return VIPS_TARGET(target);
}

static int free_bytes(void *bytes, void *area)
{
    (void)area;
    free(bytes);
    return 0;
}

VipsSource *memory_source_new(struct buffer *file)
{
    VipsBlob *blob = vips_blob_new(free_bytes, file->data, file->size);
    VipsSource *source = vips_source_new_from_blob(blob);

    *file = (struct buffer){0};
    vips_area_unref(VIPS_AREA(blob));
    return source;
}

static void free_samples(VipsImage *image, void *samples)
{
    (void)image;
    free(samples);
}

/* Copies all else that libvips knows of the image: its profile, delays ... */
static void copy_fields(VipsImage *from, VipsImage *to)
{
    char **fields = vips_image_get_fields(from);

    for (char **field = fields; *field != NULL; field++) {
        GValue value = {0};

        if (vips_image_get_typeof(to, *field) != 0 || vips_image_get(from, *field, &value))
            continue;
        vips_image_set(to, *field, &value);
        g_value_unset(&value);
    }
    g_strfreev(fields);
}

VipsImage *memory_image_new(void *samples, uint32_t width, uint32_t height, VipsImage *like)
{
    const size_t size = VIPS_IMAGE_SIZEOF_PEL(like) * width * height;
    VipsImage *image = vips_image_new_from_memory(samples, size, (int)width, (int)height,
                                                  like->Bands, like->BandFmt);

    if (image == NULL) {
        free(samples);
        return NULL;
    }
    g_signal_connect(image, "postclose", G_CALLBACK(free_samples), samples);
    image->Type = like->Type;
    image->Xres = like->Xres;
    image->Yres = like->Yres;
    copy_fields(like, image);
    return image;
}
