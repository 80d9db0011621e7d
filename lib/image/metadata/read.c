/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/metadata/read.h"

#include "base/cleanup.h"
#include "image/core/tiff_directory.h"
#include "image/probe/gif_blocks.h"
#include "image/probe/heif_boxes.h"
#include "image/probe/heif_file.h"
#include "image/probe/jpeg_segments.h"
#include "image/probe/png_chunks.h"
#include "image/probe/webp_chunks.h"

#include <errno.h>
#include <libdeflate.h>

/* Where each format has its metadata. The walks over a file are those of probe/. */

static struct bytes behind(struct bytes bytes, size_t offset)
{
    return (struct bytes){bytes.data + offset, bytes.size - offset};
}

/* `bytes` without a prefix. False: it begins otherwise. */
static bool has_prefix(struct bytes *bytes, const char *prefix, size_t length)
{
    if (!bytes_match(*bytes, 0, prefix, length))
        return false;
    *bytes = behind(*bytes, length);
    return true;
}

/* With or without the prefix that JPEG wants: other containers have it by mistake. */
static void add_exif(struct metadata *metadata, struct bytes block)
{
    has_prefix(&block, "Exif\0\0", 6);
    metadata_add(metadata, METADATA_EXIF, block);
}

/* UTF-8, as all containers but TIFF's demand: other encodings have NULs. */
static void add_xmp(struct metadata *metadata, struct bytes packet)
{
    while (packet.size > 0 && packet.data[packet.size - 1] == 0)
        packet.size--;
    if (packet.size > 0 && memchr(packet.data, 0, packet.size) == NULL)
        metadata_add(metadata, METADATA_XMP, packet);
}

/* --- JPEG ---------------------------------------------------------------------------------------
 */

/* Photoshop's resources: "8BIM", a number, a name, a size, bytes; names and bytes are padded to an
 * even size (Adobe Photoshop file formats). */
static void read_resources(struct metadata *metadata, struct bytes rest)
{
    enum { RESOURCE_IPTC = 0x0404 };

    while (bytes_have(rest, 0, 7) && bytes_match(rest, 0, "8BIM", 4)) {
        const unsigned number = get_be16(rest.data + 4);
        const size_t head = 6 + (((size_t)rest.data[6] + 2) & ~(size_t)1);
        uint64_t size;

        if (!bytes_have(rest, head, 4))
            return;
        size = get_be32(rest.data + head);
        rest = behind(rest, head + 4);
        if (!bytes_have(rest, 0, size))
            return;
        if (number == RESOURCE_IPTC)
            metadata_add(metadata, METADATA_IPTC, (struct bytes){rest.data, (size_t)size});
        size += size & 1;
        if (!bytes_have(rest, 0, size))
            return;
        rest = behind(rest, (size_t)size);
    }
}

static int read_jpeg(struct bytes file, struct metadata *metadata)
{
    static const char xmp[] = "http://ns.adobe.com/xap/1.0/", photoshop[] = "Photoshop 3.0";
    struct jpeg_segments segments = jpeg_segments_begin(file.data + 2, file.size - 2);
    struct jpeg_segment segment;

    while (jpeg_segments_next(&segments, &segment) && segment.whole && segment.marker != JPEG_SOS) {
        struct bytes payload = segment.payload;

        if (segment.marker == JPEG_APP1 && bytes_match(payload, 0, "Exif\0", 6))
            add_exif(metadata, payload);
        else if (segment.marker == JPEG_APP1 && has_prefix(&payload, xmp, sizeof(xmp)))
            add_xmp(metadata, payload);
        else if (segment.marker == JPEG_APP13 && has_prefix(&payload, photoshop, sizeof(photoshop)))
            read_resources(metadata, payload);
        else if (segment.marker == JPEG_COM)
            metadata_add(metadata, METADATA_COMMENT, payload);
    }
    return 0;
}

/* --- PNG ----------------------------------------------------------------------------------------
 */

/* Text that does not repeat EXIF, XMP or a profile in a form of ImageMagick's. */
static bool is_text(const struct png_chunk *chunk)
{
    static const char *const others[] = {"XML:com.adobe.xmp", "exif:", "Raw profile type "};

    if (bytes_match(chunk->data, 0, "Raw profile type iptc", 22))
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        if (bytes_match(chunk->data, 0, others[i], strlen(others[i])))
            return false;
    }
    return png_chunk_is(chunk, "tEXt") || png_chunk_is(chunk, "zTXt") ||
           png_chunk_is(chunk, "iTXt");
}

/* International text: keyword, two bytes about compression, a language, the translated keyword, and
 * the text (PNG, 11.3.3.4). False: it is not XMP, or compressed. */
static bool find_packet(const struct png_chunk *chunk, struct bytes *packet)
{
    static const char head[] = "XML:com.adobe.xmp\0\0"; /* and the compression method */

    *packet = chunk->data;
    if (!png_chunk_is(chunk, "iTXt") || !has_prefix(packet, head, sizeof(head)))
        return false;
    for (int i = 0; i < 2; i++) {
        const uint8_t *end = memchr(packet->data, 0, packet->size);

        if (end == NULL)
            return false;
        *packet = behind(*packet, (size_t)(end + 1 - packet->data));
    }
    return true;
}

static bool is_checked(const struct png_chunk *chunk)
{
    return libdeflate_crc32(0, chunk->name, chunk->data.size + 4) ==
           get_be32(chunk->data.data + chunk->data.size);
}

static int read_png(struct bytes file, struct metadata *metadata)
{
    size_t at = PNG_SIGNATURE_BYTES;
    struct png_chunk chunk;
    struct bytes packet;

    while (png_next_chunk(file, &at, &chunk) && chunk.whole && !png_chunk_is(&chunk, "IEND")) {
        if (png_chunk_is(&chunk, "IDAT") || chunk.data.size == 0)
            continue;
        if (png_chunk_is(&chunk, "eXIf") && is_checked(&chunk))
            add_exif(metadata, chunk.data);
        else if (find_packet(&chunk, &packet) && is_checked(&chunk))
            add_xmp(metadata, packet);
        else if (is_text(&chunk) && is_checked(&chunk))
            metadata_add(metadata, METADATA_TEXT, (struct bytes){chunk.name, chunk.data.size + 4});
    }
    return 0;
}

/* --- WebP ---------------------------------------------------------------------------------------
 */

/* What VP8X announces. */
static int read_webp(struct bytes file, struct metadata *metadata)
{
    enum { FLAG_XMP = 0x04, FLAG_EXIF = 0x08 };
    struct webp_chunks chunks;
    struct webp_chunk chunk;
    unsigned flags = 0;

    if (!webp_chunks_begin(&chunks, file))
        return 0;
    while (webp_next_chunk(&chunks, &chunk)) {
        if (webp_is(&chunk, "VP8X") && chunk.data.size > 0)
            flags = chunk.data.data[0];
        else if (webp_is(&chunk, "EXIF") && (flags & FLAG_EXIF) != 0)
            add_exif(metadata, chunk.data);
        else if (webp_is(&chunk, "XMP ") && (flags & FLAG_XMP) != 0)
            add_xmp(metadata, chunk.data);
    }
    return 0;
}

/* --- GIF ----------------------------------------------------------------------------------------
 */

/* The sub-blocks' bytes, joined. */
static int read_comment(struct bytes blocks, struct metadata *metadata)
{
    uint8_t *text = malloc(blocks.size);
    size_t size = 0;

    if (text == NULL)
        return -ENOMEM;
    for (size_t at = 0; at < blocks.size && blocks.data[at] > 0;
         at += 1 + (size_t)blocks.data[at]) {
        memcpy(text + size, blocks.data + at + 1, blocks.data[at]);
        size += blocks.data[at];
    }
    return metadata_add_owned(metadata, METADATA_COMMENT, (struct bytes){text, size}, text);
}

/* The bytes of the sub-blocks at `at`, the last, empty one included; 0: they break off. */
static size_t measure_sub_blocks(struct bytes file, size_t at)
{
    const size_t begin = at;

    while (at < file.size) {
        const size_t length = file.data[at];

        at += 1 + length;
        if (length == 0)
            return at - begin;
    }
    return 0;
}

/* XMP stands in its extension as it is, with a trailer that makes sub-blocks of it (XMP
 * specification, part 3, 1.1.2). */
static void read_packet(struct bytes blocks, struct metadata *metadata)
{
    static const char head[] = "\x0bXMP DataXMP", trailer[] = "\x01\xff\xfe\xfd\xfc";
    const uint8_t *end;

    if (!has_prefix(&blocks, head, sizeof(head) - 1))
        return;
    end = memmem(blocks.data, blocks.size, trailer, sizeof(trailer) - 1);
    if (end != NULL)
        add_xmp(metadata, (struct bytes){blocks.data, (size_t)(end - blocks.data)});
}

/* The extensions from `at` on, up to another block. */
static int read_extensions(struct bytes file, size_t at, struct metadata *metadata)
{
    enum { EXTENSION = 0x21, COMMENT = 0xfe, APPLICATION = 0xff };
    int status = 0;

    while (status == 0 && bytes_have(file, at, 2) &&
           (file.data[at] == EXTENSION || file.data[at] == 0)) {
        const size_t begin = at + 2;
        size_t size;

        if (file.data[at] == 0) {
            at++;
            continue;
        }
        if ((size = measure_sub_blocks(file, begin)) == 0)
            return 0;
        if (file.data[at + 1] == COMMENT)
            status = read_comment((struct bytes){file.data + begin, size}, metadata);
        else if (file.data[at + 1] == APPLICATION)
            read_packet((struct bytes){file.data + begin, size}, metadata);
        at = begin + size;
    }
    return status;
}

static int read_gif(struct bytes file, struct metadata *metadata)
{
    struct gif_blocks blocks;
    struct gif_frame frame;
    enum gif_next next = GIF_FRAME;
    int status = 0;

    if (!gif_begin(&blocks, file))
        return 0;
    while (status == 0 && next == GIF_FRAME) {
        status = read_extensions(file, (size_t)blocks.at, metadata);
        next = gif_next(&blocks, &frame);
    }
    return status;
}

/* --- TIFF ---------------------------------------------------------------------------------------
 */

/* The first field of each tag counts, as each takes time in proportion to its size. */
static int read_tiff(struct bytes file, struct metadata *metadata)
{
    enum { TAG_XMP = 700, TAG_IPTC = 33723 };
    bool has_xmp = false, has_iptc = false;
    struct tiff_bytes tiff;
    struct tiff_directory directory;
    struct tiff_entry entry;
    uint64_t first, size;

    if (!tiff_begin(&tiff, file, &first) || !tiff_directory_begin(&tiff, first, &directory))
        return 0;
    metadata_add(metadata, METADATA_EXIF, file);
    while (tiff_next_entry(&tiff, &directory, &entry)) {
        const bool xmp = entry.tag == TAG_XMP && !has_xmp;
        const bool iptc = entry.tag == TAG_IPTC && !has_iptc;

        if ((!xmp && !iptc) ||
            __builtin_mul_overflow(entry.count, tiff_type_bytes(entry.type), &size) ||
            !bytes_have(file, entry.at, size))
            continue;
        has_xmp = has_xmp || xmp;
        has_iptc = has_iptc || iptc;
        if (xmp)
            add_xmp(metadata, (struct bytes){file.data + entry.at, (size_t)size});
        else
            metadata_add(metadata, METADATA_IPTC,
                         (struct bytes){file.data + entry.at, (size_t)size});
    }
    return 0;
}

/* --- AVIF, HEIC ---------------------------------------------------------------------------------
 */

/* An item's bytes in one piece. NULL, with *status: they are too many, broken, or none; or no
 * memory. */
static uint8_t *join_item(const struct heif_file *heif, uint32_t id, size_t *size, int *status)
{
    struct heif_data data;
    uint8_t *joined;

    *size = 0;
    if (heif_find_data(heif, id, &data) != 0 || data.size == 0 || data.size > METADATA_ITEM_MAX)
        return NULL;
    if ((joined = malloc(data.size)) == NULL) {
        *status = -ENOMEM;
        return NULL;
    }
    for (unsigned i = 0; i < data.count; i++) {
        memcpy(joined + *size, data.parts[i].data, data.parts[i].size);
        *size += data.parts[i].size;
    }
    return joined;
}

/* EXIF has the offset of its TIFF in front (ISO/IEC 23008-12, A.2.1); of the items of a media type
 * the one that looks like XMP counts. */
static int read_item(const struct heif_file *heif, uint32_t id, struct metadata *metadata)
{
    enum { TIFF_OFFSET_BYTES = 4 };
    struct heif_entry entry;
    struct bytes bytes;
    uint8_t *joined;
    int status = 0;

    if (!heif_find_entry(heif, id, &entry) || entry.is_protected ||
        (entry.type != HEIF_TYPE('E', 'x', 'i', 'f') &&
         entry.type != HEIF_TYPE('m', 'i', 'm', 'e')) ||
        (joined = join_item(heif, id, &bytes.size, &status)) == NULL)
        return status;
    bytes.data = joined;
    if (entry.type == HEIF_TYPE('E', 'x', 'i', 'f') && bytes_have(bytes, 0, TIFF_OFFSET_BYTES) &&
        bytes_have(bytes, TIFF_OFFSET_BYTES, get_be32(joined)))
        return metadata_add_owned(metadata, METADATA_EXIF,
                                  behind(bytes, TIFF_OFFSET_BYTES + (size_t)get_be32(joined)),
                                  joined);
    if (entry.type == HEIF_TYPE('m', 'i', 'm', 'e') &&
        memmem(joined, bytes.size, "rdf:RDF", 7) != NULL && memchr(joined, 0, bytes.size) == NULL)
        return metadata_add_owned(metadata, METADATA_XMP, bytes, joined);
    free(joined);
    return 0;
}

/* The items that describe the one that is shown. */
static int read_heif(struct bytes file, struct metadata *metadata)
{
    enum { DESCRIBING_MAX = 16 };
    struct heif_file heif;
    unsigned at = 0;
    uint32_t item;
    int status = 0;

    if (heif_file_open(&heif, file) != 0)
        return 0;
    for (int i = 0; status == 0 && i < DESCRIBING_MAX; i++) {
        if (!heif_find_referrer(&heif, HEIF_TYPE('c', 'd', 's', 'c'), heif.primary, &at, &item))
            return 0;
        status = read_item(&heif, item, metadata);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------
 */

int metadata_read(enum image_format format, struct bytes file, struct metadata *metadata)
{
    static int (*const readers[IMAGE_FORMAT_COUNT])(struct bytes file,
                                                    struct metadata * metadata) = {
        [IMAGE_JPEG] = read_jpeg, [IMAGE_PNG] = read_png,   [IMAGE_WEBP] = read_webp,
        [IMAGE_GIF] = read_gif,   [IMAGE_TIFF] = read_tiff, [IMAGE_AVIF] = read_heif,
        [IMAGE_HEIC] = read_heif,
    };

    return readers[format](file, metadata);
}
