/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * Metadata of any file, inserted into a result of any format. The input is a file, followed by two
 * bytes: what is kept (bit 0), the result's format (bits 1 to 3), the orientation (bits 4 to 6);
 * and the room for it, in steps of 64 bytes, or plenty from 0x80 on.
 *
 * What was inserted can be read again, and inserted once more it is the same.
 */
#include "base/status.h"
#include "image/core/exif.h"
#include "image/metadata/items.h"
#include "image/metadata/metadata.h"
#include "image/metadata/read.h"
#include "tests/support/empty_images.h"

#include <errno.h>

enum { TAIL_BYTES = 2, CAPACITY = 2 << 20, ROOM_STEP = 64, PLENTY = 0x80, RESULT_FORMATS = 6 };

static uint8_t first[CAPACITY],
    second[CAPACITY]; /* the two results where there is plenty of room */

static int insert(enum image_format from, struct bytes file,
                  const struct image_output_plan *planned, size_t capacity,
                  struct image_output *output)
{
    struct image_plan plan = {.source.format = from};
    int status;

    fuzz_require(output->data != NULL && empty_image(planned->format, output));
    output->capacity = capacity;
    status = metadata_insert(&plan, planned, file, output);
    fuzz_require(output->size <= capacity);
    fuzz_require(status == 0 || status == STATUS_IMAGE_TOO_LARGE);
    fuzz_require(status == 0 || capacity < CAPACITY);
    return status;
}

static void check_orientation(const struct image_output_plan *planned, struct metadata *found)
{
    const struct metadata_item *exif = metadata_find(found, METADATA_EXIF);
    const unsigned written = planned->format == IMAGE_GIF ? 1 : planned->orientation;
    const unsigned read =
        exif == NULL ? 0 : exif_find_orientation(exif->bytes.data, exif->bytes.size);

    fuzz_require(read == (written == 1 ? 0 : written));
}

static void check_again(const struct image_output_plan *planned, struct metadata *found,
                        const struct image_output *output)
{
    struct image_output again = {.data = second};
    struct metadata others = {0};

    fuzz_require(insert(output->format, (struct bytes){output->data, output->size}, planned,
                        CAPACITY, &again) == 0);
    fuzz_require(metadata_read(again.format, (struct bytes){again.data, again.size}, &others) == 0);
    for (unsigned kind = 0; kind < METADATA_TEXT; kind++) {
        const struct metadata_item *one = metadata_find(found, kind),
                                   *other = metadata_find(&others, kind);

        fuzz_require((one == NULL) == (other == NULL));
        if (one != NULL && (kind != METADATA_EXIF || output->format != IMAGE_TIFF))
            fuzz_require(one->bytes.size == other->bytes.size &&
                         memcmp(one->bytes.data, other->bytes.data, one->bytes.size) == 0);
    }
    metadata_clear(&others);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum image_format formats[RESULT_FORMATS] = {IMAGE_JPEG, IMAGE_PNG,  IMAGE_WEBP,
                                                              IMAGE_GIF,  IMAGE_TIFF, IMAGE_AVIF};
    struct image_output_plan *planned = calloc(1, sizeof(*planned));
    struct metadata found = {0};
    struct image_output output;
    struct bytes file = {data, size - TAIL_BYTES};
    size_t capacity;

    if (size >= TAIL_BYTES && image_sniff(data, file.size) != IMAGE_NONE) {
        const uint8_t *tail = data + file.size;

        planned->metadata = (tail[0] & 1) != 0 ? IMAGE_METADATA_KEEP : IMAGE_METADATA_COPYRIGHT;
        planned->format = formats[(tail[0] >> 1 & 7) % RESULT_FORMATS];
        planned->orientation = (tail[0] >> 4 & 7) + 1U;
        planned->size = (struct image_size){5, 7};
        capacity = tail[1] >= PLENTY ? CAPACITY : EMPTY_IMAGE_MAX + tail[1] * ROOM_STEP;
        output.data = capacity == CAPACITY ? first : malloc(capacity);
        if (insert(image_sniff(data, file.size), file, planned, capacity, &output) == 0) {
            fuzz_require(metadata_read(output.format, (struct bytes){output.data, output.size},
                                       &found) == 0);
            check_orientation(planned, &found);
            check_again(planned, &found, &output);
        }
        metadata_clear(&found);
        if (output.data != first)
            free(output.data);
    }
    free(planned);
    return 0;
}
