/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/probe/heif_primary.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/probe/format_internal.h"
#include "image/probe/heif_boxes.h"

#include <ctype.h>

enum {
    AV01 = HEIF_TYPE('a', 'v', '0', '1'),
    HVC1 = HEIF_TYPE('h', 'v', 'c', '1'),
    GRID = HEIF_TYPE('g', 'r', 'i', 'd'),
    DIMG = HEIF_TYPE('d', 'i', 'm', 'g'),
};

/* --- which format -------------------------------------------------------------------------------
 */

static enum image_format format_of_brand(uint32_t brand)
{
    static const struct {
        uint32_t brand;
        enum image_format format;
    } brands[] = {
        {HEIF_TYPE('a', 'v', 'i', 'f'), IMAGE_AVIF}, {HEIF_TYPE('a', 'v', 'i', 's'), IMAGE_AVIF},
        {HEIF_TYPE('h', 'e', 'i', 'c'), IMAGE_HEIC}, {HEIF_TYPE('h', 'e', 'i', 'x'), IMAGE_HEIC},
        {HEIF_TYPE('h', 'e', 'i', 'm'), IMAGE_HEIC}, {HEIF_TYPE('h', 'e', 'i', 's'), IMAGE_HEIC},
        {HEIF_TYPE('h', 'e', 'v', 'c'), IMAGE_HEIC}, {HEIF_TYPE('h', 'e', 'v', 'x'), IMAGE_HEIC},
        {HEIF_TYPE('m', 'i', 'f', '1'), IMAGE_HEIC}, {HEIF_TYPE('m', 'i', 'f', '2'), IMAGE_HEIC},
        {HEIF_TYPE('m', 's', 'f', '1'), IMAGE_HEIC},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(brands); i++) {
        if (brands[i].brand == brand)
            return brands[i].format;
    }
    return IMAGE_NONE;
}

/* The first brand that is one of an image's; the major one comes first. */
static enum image_format read_brands(struct bytes input)
{
    enum { MINOR_VERSION = 1 };
    struct heif_box box;
    enum image_format format = IMAGE_NONE;

    if (!heif_next_box(&input, &box) || box.type != HEIF_TYPE('f', 't', 'y', 'p'))
        return IMAGE_NONE;
    for (size_t i = 0; i < box.data.size / 4 && format == IMAGE_NONE; i++) {
        if (i != MINOR_VERSION)
            format = format_of_brand(get_be32(box.data.data + 4 * i));
    }
    return format;
}

/* How the primary item, or its first tile, is coded; 0: not to be found. */
static uint32_t coding_of_primary(const struct heif_file *file)
{
    struct heif_entry entry;
    struct heif_references tiles;

    if (!heif_find_entry(file, file->primary, &entry))
        return 0;
    if (entry.type == GRID && heif_find_references(file, file->primary, DIMG, &tiles) &&
        tiles.count > 0 && heif_find_entry(file, heif_reference(&tiles, 0), &entry))
        return entry.type;
    return entry.type;
}

enum image_format heif_sniff(struct bytes input)
{
    enum image_format format = read_brands(input);
    struct heif_file file;

    if (format == IMAGE_NONE || heif_file_open(&file, input) != 0)
        return format;
    switch (coding_of_primary(&file)) {
    case AV01:
        return IMAGE_AVIF;
    case HVC1:
        return IMAGE_HEIC;
    default:
        return format;
    }
}

/* --- refusals -----------------------------------------------------------------------------------
 */

/* The name of an item's or a property's type, for a sentence. */
static int refuse_type(struct image_header *header, const char *what, uint32_t type)
{
    char name[5] = {(char)(type >> 24), (char)(type >> 16), (char)(type >> 8), (char)type};

    for (int i = 0; i < 4; i++) {
        if (!isalnum((unsigned char)name[i]))
            name[i] = '?';
    }
    return image_refuse(header, "%s file %s \"%s\"",
                        header->format == IMAGE_AVIF ? "an AVIF" : "a HEIF", what, name);
}

static int refuse_file(struct image_header *header, const char *what)
{
    return image_refuse(header, "%s file %s", header->format == IMAGE_AVIF ? "an AVIF" : "a HEIF",
                        what);
}

/* --- items --------------------------------------------------------------------------------------
 */

static int read_known_item(const struct heif_file *file, uint32_t id, struct heif_item *item,
                           struct image_header *header)
{
    int status = heif_item_read(file, id, item);

    if (status == STATUS_UNSUPPORTED_FORMAT)
        return refuse_file(header, "that is encrypted, or has too many properties");
    if (status == 0 && item->unknown != 0)
        return refuse_type(header, "with the property", item->unknown);
    return status;
}

/* 4:0:0 has no chroma, and so no name. */
static const char *name_subsampling(bool monochrome, bool halved_columns, bool halved_rows)
{
    return monochrome ? "" : !halved_columns ? "444" : halved_rows ? "420" : "422";
}

bool heif_read_samples(const struct heif_item *item, struct heif_samples *samples)
{
    enum { HEVC_420 = 1, HEVC_444 = 3 };
    unsigned chroma;
    struct bytes config = item->config;

    if (item->type == AV01) { /* AV1 in ISOBMFF, 2.3.3 */
        if (!bytes_have(config, 0, 4))
            return false;
        samples->bits = (config.data[2] & 0x40) == 0 ? 8 : (config.data[2] & 0x20) != 0 ? 12 : 10;
        samples->monochrome = (config.data[2] & 0x10) != 0;
        samples->subsampling =
            name_subsampling(samples->monochrome, config.data[2] & 0x08, config.data[2] & 0x04);
        return true;
    }
    if (!bytes_have(config, 0, 23)) /* ISO/IEC 14496-15, 8.3.3.1 */
        return false;
    samples->bits = 8 + (config.data[17] & 7);
    chroma = config.data[16] & 3;
    samples->monochrome = chroma == 0;
    samples->subsampling =
        name_subsampling(samples->monochrome, chroma != HEVC_444, chroma == HEVC_420);
    return true;
}

static int check_coded(const struct heif_item *item, struct image_header *header)
{
    struct heif_samples samples;

    if (item->type != AV01 && item->type != HVC1)
        return refuse_type(header, "with an image of type", item->type);
    if (item->width == 0 || !heif_read_samples(item, &samples))
        return STATUS_IMAGE_CORRUPT;
    if (samples.bits > 12)
        return refuse_file(header, "with samples of more than 12 bits");
    return 0;
}

/* --- grids --------------------------------------------------------------------------------------
 */

static int read_grid_data(const struct heif_file *file, uint32_t id, struct heif_grid *grid)
{
    struct heif_data data;
    struct heif_fields fields = {0};
    unsigned bytes;
    int status = heif_find_data(file, id, &data);

    if (status != 0)
        return status;
    fields.bytes = data.parts[0];
    heif_skip(&fields, 1); /* version */
    bytes = (heif_read(&fields, 1) & 1) != 0 ? 4 : 2;
    grid->rows = (unsigned)heif_read(&fields, 1) + 1;
    grid->columns = (unsigned)heif_read(&fields, 1) + 1;
    grid->width = (uint32_t)heif_read(&fields, bytes);
    grid->height = (uint32_t)heif_read(&fields, bytes);
    return fields.failed ? STATUS_IMAGE_CORRUPT : 0;
}

/* Tiles cover the image, and none lies outside it: otherwise a small image could take any work. */
static bool covers_exactly(uint32_t side, uint32_t tile, unsigned count)
{
    return side > 0 && (uint64_t)tile * count >= side && (uint64_t)tile * (count - 1) < side;
}

static int read_grid(const struct heif_file *file, const struct heif_item *item,
                     struct heif_grid *grid, struct image_header *header)
{
    int status;

    if (item->type != GRID) {
        *grid = (struct heif_grid){1, 1, item->width, item->height, .tile = *item};
        return check_coded(item, header);
    }
    status = read_grid_data(file, item->id, grid);
    if (status == STATUS_UNSUPPORTED_FORMAT)
        return refuse_file(header, "with data that is elsewhere");
    if (status != 0)
        return status;
    if (grid->rows * grid->columns > HEIF_TILES_MAX)
        return refuse_file(header, "of too many tiles");
    if (!heif_find_references(file, item->id, DIMG, &grid->tiles) ||
        grid->tiles.count != grid->rows * grid->columns || grid->width != item->width ||
        grid->height != item->height)
        return STATUS_IMAGE_CORRUPT;
    status = read_known_item(file, heif_reference(&grid->tiles, 0), &grid->tile, header);
    if (status == 0)
        status = check_coded(&grid->tile, header);
    if (status == 0 && (!covers_exactly(grid->width, grid->tile.width, grid->columns) ||
                        !covers_exactly(grid->height, grid->tile.height, grid->rows)))
        status = STATUS_IMAGE_CORRUPT;
    return status;
}

int heif_read_tile(const struct heif_file *file, const struct heif_grid *grid, unsigned index,
                   struct heif_item *tile)
{
    struct heif_samples samples;
    int status;

    if (grid->tiles.count == 0) {
        *tile = grid->tile;
        return 0;
    }
    status = heif_item_read(file, heif_reference(&grid->tiles, index), tile);
    if (status == 0 && (tile->type != grid->tile.type || tile->width != grid->tile.width ||
                        tile->height != grid->tile.height || !heif_read_samples(tile, &samples)))
        status = STATUS_IMAGE_CORRUPT;
    return status == 0 ? 0 : STATUS_IMAGE_CORRUPT;
}

/* --- alpha --------------------------------------------------------------------------------------
 */

static bool is_alpha(const struct heif_item *item)
{
    static const char *const names[] = {
        "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", /* MIAF */
        "urn:mpeg:hevc:2015:auxid:1",                  /* HEVC */
        "urn:mpeg:avc:2015:auxid:1",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (bytes_match(item->auxiliary, 0, names[i], strlen(names[i]) + 1))
            return true;
    }
    return false;
}

/* An image has few auxiliary ones; further ones are not looked at, or a file of nothing else would
 * take long. */
static int find_alpha(struct heif_primary *primary, struct image_header *header)
{
    enum { AUXILIARY_MAX = 16 };
    const uint32_t auxiliary = HEIF_TYPE('a', 'u', 'x', 'l');
    unsigned at = 0;
    uint32_t id;

    for (int i = 0; i < AUXILIARY_MAX; i++) {
        int status;

        if (!heif_find_referrer(&primary->file, auxiliary, primary->item.id, &at, &id))
            return 0;
        status = heif_item_read(&primary->file, id, &primary->alpha);
        if (status != 0 || !is_alpha(&primary->alpha))
            continue;
        primary->has_alpha = true;
        status = read_grid(&primary->file, &primary->alpha, &primary->alpha_grid, header);
        if (status == 0 && (primary->alpha_grid.width != primary->grid.width ||
                            primary->alpha_grid.height != primary->grid.height))
            status = refuse_file(header, "whose alpha has another size");
        return status;
    }
    return 0;
}

static bool is_premultiplied(const struct heif_primary *primary)
{
    struct heif_references by;

    return heif_find_references(&primary->file, primary->item.id, HEIF_TYPE('p', 'r', 'e', 'm'),
                                &by);
}

/* ------------------------------------------------------------------------------------------------
 */

int heif_primary_read(struct bytes input, struct heif_primary *primary, struct image_header *header)
{
    struct heif_file *file = &primary->file;
    int status;

    *primary = (struct heif_primary){0};
    status = heif_file_open(file, input);
    if (status == STATUS_UNSUPPORTED_FORMAT)
        return refuse_file(header, "of too many items");
    if (status == 0)
        status = read_known_item(file, file->primary, &primary->item, header);
    if (status == 0)
        status = read_grid(file, &primary->item, &primary->grid, header);
    if (status == 0)
        status = find_alpha(primary, header);
    if (status == 0 && primary->has_alpha)
        primary->premultiplied = is_premultiplied(primary);
    return status;
}
