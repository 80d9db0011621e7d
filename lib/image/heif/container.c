/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/heif/container.h"

#include "base/status.h"
#include "image/probe/heif_boxes.h"

enum { IMAGE_ITEM = 1, ALPHA_ITEM = 2, ESSENTIAL = 0x80 };

struct box_writer {
    struct image_output *output;
    bool overflow;
};

static void put_raw(struct box_writer *writer, const void *bytes, size_t size)
{
    struct image_output *output = writer->output;

    if (size > output->capacity - output->size) {
        writer->overflow = true;
        return;
    }
    memcpy(output->data + output->size, bytes, size);
    output->size += size;
}

/* `size` bytes of a number, the most significant first. */
static void put_number(struct box_writer *writer, uint64_t value, unsigned size)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * (size - 1 - i));
    put_raw(writer, bytes, size);
}

/* Returns where the box begins, for end_box. */
static size_t begin_box(struct box_writer *writer, uint32_t type)
{
    const size_t at = writer->output->size;

    put_number(writer, 0, 4);
    put_number(writer, type, 4);
    return at;
}

static size_t begin_full_box(struct box_writer *writer, uint32_t type, unsigned version,
                             uint32_t flags)
{
    const size_t at = begin_box(writer, type);

    put_number(writer, (uint64_t)version << 24 | flags, 4);
    return at;
}

static void set_number(struct box_writer *writer, size_t at, uint32_t value)
{
    uint8_t *to = writer->output->data + at;

    if (writer->overflow)
        return;
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * (3 - i));
}

static void end_box(struct box_writer *writer, size_t at)
{
    set_number(writer, at, (uint32_t)(writer->output->size - at));
}

/* --- boxes --------------------------------------------------------------------------------------
 */

static void put_file_type(struct box_writer *writer)
{
    const size_t box = begin_box(writer, HEIF_TYPE('f', 't', 'y', 'p'));

    put_raw(writer, "avif\0\0\0\0avifmif1miaf", 20);
    end_box(writer, box);
}

static void put_handler(struct box_writer *writer)
{
    static const char zeros[13];
    const size_t box = begin_full_box(writer, HEIF_TYPE('h', 'd', 'l', 'r'), 0, 0);

    put_raw(writer, "\0\0\0\0pict", 8);
    put_raw(writer, zeros, sizeof(zeros)); /* reserved, and a name that is empty */
    end_box(writer, box);
}

static void put_primary(struct box_writer *writer)
{
    const size_t box = begin_full_box(writer, HEIF_TYPE('p', 'i', 't', 'm'), 0, 0);

    put_number(writer, IMAGE_ITEM, 2);
    end_box(writer, box);
}

/* Where in the file each item's offset is to be written once it is known. */
static void put_locations(struct box_writer *writer, const struct avif_file *file,
                          size_t offsets[2])
{
    const size_t box = begin_full_box(writer, HEIF_TYPE('i', 'l', 'o', 'c'), 0, 0);
    const unsigned count = file->has_alpha ? 2 : 1;

    put_number(writer, 0x44, 1); /* bytes of an offset and of a length */
    put_number(writer, 0, 1);
    put_number(writer, count, 2);
    for (unsigned i = 0; i < count; i++) {
        put_number(writer, IMAGE_ITEM + i, 2);
        put_number(writer, 0, 2); /* this file */
        put_number(writer, 1, 2); /* extent */
        offsets[i] = writer->output->size;
        put_number(writer, 0, 4);
        put_number(writer, (i == 0 ? &file->image : &file->alpha)->data.size, 4);
    }
    end_box(writer, box);
}

static void put_entries(struct box_writer *writer, const struct avif_file *file)
{
    const size_t box = begin_full_box(writer, HEIF_TYPE('i', 'i', 'n', 'f'), 0, 0);
    const unsigned count = file->has_alpha ? 2 : 1;

    put_number(writer, count, 2);
    for (unsigned i = 0; i < count; i++) {
        const size_t entry = begin_full_box(writer, HEIF_TYPE('i', 'n', 'f', 'e'), 2, 0);

        put_number(writer, IMAGE_ITEM + i, 2);
        put_raw(writer, "\0\0av01\0", 7); /* not protected, without a name */
        end_box(writer, entry);
    }
    end_box(writer, box);
}

static void put_references(struct box_writer *writer)
{
    const size_t box = begin_full_box(writer, HEIF_TYPE('i', 'r', 'e', 'f'), 0, 0);
    const size_t reference = begin_box(writer, HEIF_TYPE('a', 'u', 'x', 'l'));

    put_number(writer, ALPHA_ITEM, 2);
    put_number(writer, 1, 2);
    put_number(writer, IMAGE_ITEM, 2);
    end_box(writer, reference);
    end_box(writer, box);
}

/* --- properties ---------------------------------------------------------------------------------
 */

static void put_size(struct box_writer *writer, const struct avif_file *file)
{
    const size_t box = begin_full_box(writer, HEIF_TYPE('i', 's', 'p', 'e'), 0, 0);

    put_number(writer, file->width, 4);
    put_number(writer, file->height, 4);
    end_box(writer, box);
}

static void put_sample_bits(struct box_writer *writer, const struct avif_part *part)
{
    const size_t box = begin_full_box(writer, HEIF_TYPE('p', 'i', 'x', 'i'), 0, 0);
    const unsigned channels = part->monochrome ? 1 : 3;

    put_number(writer, channels, 1);
    for (unsigned i = 0; i < channels; i++)
        put_number(writer, part->bits, 1);
    end_box(writer, box);
}

/* AV1 Codec ISO Media File Format Binding, 2.3. */
static void put_configuration(struct box_writer *writer, const struct avif_part *part)
{
    const size_t box = begin_box(writer, HEIF_TYPE('a', 'v', '1', 'C'));

    put_number(writer, 0x81, 1); /* marker and version */
    put_number(writer, (uint64_t)part->profile << 5 | part->level, 1);
    put_number(writer,
               (uint64_t)part->tier << 7 | (part->bits > 8 ? 0x40 : 0) |
                   (part->bits == 12 ? 0x20 : 0) | (part->monochrome ? 0x10 : 0) |
                   part->x_shift << 3 | part->y_shift << 2,
               1);
    put_number(writer, 0, 1);
    end_box(writer, box);
}

static void put_colour(struct box_writer *writer, const struct heif_colour *colour)
{
    const size_t box = begin_box(writer, HEIF_TYPE('c', 'o', 'l', 'r'));

    put_raw(writer, "nclx", 4);
    put_number(writer, colour->primaries, 2);
    put_number(writer, colour->transfer, 2);
    put_number(writer, colour->matrix, 2);
    put_number(writer, colour->full_range ? 0x80 : 0, 1);
    end_box(writer, box);
}

static void put_profile(struct box_writer *writer, const struct avif_file *file)
{
    const size_t box = begin_box(writer, HEIF_TYPE('c', 'o', 'l', 'r'));

    put_raw(writer, "prof", 4);
    put_raw(writer, file->profile, file->profile_size);
    end_box(writer, box);
}

static void put_auxiliary(struct box_writer *writer)
{
    static const char alpha[] = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
    const size_t box = begin_full_box(writer, HEIF_TYPE('a', 'u', 'x', 'C'), 0, 0);

    put_raw(writer, alpha, sizeof(alpha));
    end_box(writer, box);
}

/* The numbers of an item's properties, from 1, in the order of put_properties. */
static void associate(struct box_writer *writer, unsigned item, const uint8_t *numbers,
                      unsigned count)
{
    put_number(writer, item, 2);
    put_number(writer, count, 1);
    put_raw(writer, numbers, count);
}

static void put_associations(struct box_writer *writer, const struct avif_file *file)
{
    const size_t box = begin_full_box(writer, HEIF_TYPE('i', 'p', 'm', 'a'), 0, 0);
    const unsigned behind = file->profile != NULL ? 5 : 4;
    const uint8_t image[] = {1, 2, 3 | ESSENTIAL, 4, 5};
    const uint8_t alpha[] = {1, (uint8_t)(behind + 1), (uint8_t)(behind + 2) | ESSENTIAL,
                             (uint8_t)(behind + 3)};

    put_number(writer, file->has_alpha ? 2 : 1, 4);
    associate(writer, IMAGE_ITEM, image, behind);
    if (file->has_alpha)
        associate(writer, ALPHA_ITEM, alpha, sizeof(alpha));
    end_box(writer, box);
}

static void put_properties(struct box_writer *writer, const struct avif_file *file)
{
    const size_t box = begin_box(writer, HEIF_TYPE('i', 'p', 'r', 'p'));
    const size_t container = begin_box(writer, HEIF_TYPE('i', 'p', 'c', 'o'));

    put_size(writer, file);
    put_sample_bits(writer, &file->image);
    put_configuration(writer, &file->image);
    put_colour(writer, &file->colour);
    if (file->profile != NULL)
        put_profile(writer, file);
    if (file->has_alpha) {
        put_sample_bits(writer, &file->alpha);
        put_configuration(writer, &file->alpha);
        put_auxiliary(writer);
    }
    end_box(writer, container);
    put_associations(writer, file);
    end_box(writer, box);
}

/* ------------------------------------------------------------------------------------------------
 */

int avif_write(const struct avif_file *file, struct image_output *output)
{
    struct box_writer writer = {.output = output};
    size_t box, offsets[2] = {0};

    output->size = 0;
    put_file_type(&writer);
    box = begin_full_box(&writer, HEIF_TYPE('m', 'e', 't', 'a'), 0, 0);
    put_handler(&writer);
    put_primary(&writer);
    put_locations(&writer, file, offsets);
    put_entries(&writer, file);
    if (file->has_alpha)
        put_references(&writer);
    put_properties(&writer, file);
    end_box(&writer, box);
    box = begin_box(&writer, HEIF_TYPE('m', 'd', 'a', 't'));
    set_number(&writer, offsets[0], (uint32_t)output->size);
    put_raw(&writer, file->image.data.data, file->image.data.size);
    if (file->has_alpha) {
        set_number(&writer, offsets[1], (uint32_t)output->size);
        put_raw(&writer, file->alpha.data.data, file->alpha.data.size);
    }
    end_box(&writer, box);
    return writer.overflow ? STATUS_IMAGE_TOO_LARGE : 0;
}
