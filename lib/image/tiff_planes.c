/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/tiff_planes.h"

/* By libtiff itself, which decodes a strip or a tile of one plane at a time. */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/vips_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

enum { SAMPLES_MAX = 5, BLOCK_BYTES_MAX = 256 << 20 };

struct file {
    const uint8_t *data;
    size_t size;
    uint64_t at;
};

/* What all pages have to have in common. */
struct layout {
    uint32_t width, height;
    uint16_t samples, bits, photometric;
    bool associated;           /* colours come times alpha */
    uint32_t block_width, block_height; /* of a tile, or of a strip */
};

/* --- the file, to libtiff ----------------------------------------------------------------------- */

static tmsize_t read_file(thandle_t handle, void *to, tmsize_t size)
{
    struct file *file = handle;
    uint64_t left = file->at < file->size ? file->size - file->at : 0;
    uint64_t bytes = (uint64_t)size < left ? (uint64_t)size : left;

    memcpy(to, file->data + file->at, bytes);
    file->at += bytes;
    return (tmsize_t)bytes;
}

static tmsize_t write_file(thandle_t handle, void *from, tmsize_t size)
{
    (void)handle;
    (void)from;
    (void)size;
    return 0;
}

static toff_t seek_file(thandle_t handle, toff_t offset, int whence)
{
    struct file *file = handle;

    file->at = offset + (whence == SEEK_CUR ? file->at : whence == SEEK_END ? file->size : 0);
    return file->at;
}

static toff_t tell_size(thandle_t handle)
{
    return ((const struct file *)handle)->size;
}

static int close_file(thandle_t handle)
{
    (void)handle;
    return 0;
}

static void cleanup_tiff(TIFF **tiff)
{
    if (*tiff != NULL)
        TIFFClose(*tiff);
}

/* ------------------------------------------------------------------------------------------------ */

static void read_layout(TIFF *tiff, struct layout *layout)
{
    uint16_t extras = 0, *kinds = NULL;

    memset(layout, 0, sizeof(*layout)); /* layouts are compared as bytes */
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &layout->width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &layout->height);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout->photometric);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout->samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout->bits);
    if (TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extras, &kinds) && extras > 0)
        layout->associated = kinds[0] == EXTRASAMPLE_ASSOCALPHA;
    if (TIFFIsTiled(tiff)) {
        TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &layout->block_width);
        TIFFGetField(tiff, TIFFTAG_TILELENGTH, &layout->block_height);
    } else {
        layout->block_width = layout->width;
        TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &layout->block_height);
        if (layout->block_height > layout->height)
            layout->block_height = layout->height;
    }
}

static size_t page_bytes(const struct layout *layout)
{
    return (size_t)layout->width * layout->height * layout->samples * (layout->bits / 8u);
}

static unsigned count_colours(const struct layout *layout)
{
    switch (layout->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
        return 1;
    case PHOTOMETRIC_RGB:
        return 3;
    case PHOTOMETRIC_SEPARATED:
        return 4;
    default:
        return SAMPLES_MAX + 1;
    }
}

static bool is_supported(TIFF *tiff, const struct layout *layout)
{
    uint16_t kind = SAMPLEFORMAT_UINT, planes = 0;

    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &kind);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planes);
    return (layout->bits == 8 || layout->bits == 16) && kind == SAMPLEFORMAT_UINT &&
           planes == PLANARCONFIG_SEPARATE && layout->samples <= SAMPLES_MAX &&
           layout->samples >= count_colours(layout) && layout->block_width > 0 &&
           layout->block_height > 0;
}

/* A block's samples, `across` of them in `rows` rows, to every samples-th place of the page. */
static void scatter(const struct layout *layout, const uint8_t *block, uint8_t *to, uint32_t across,
                    uint32_t rows)
{
    size_t bytes = layout->bits / 8u, pixel = bytes * layout->samples;

    for (uint32_t y = 0; y < rows; y++) {
        const uint8_t *from = block + (size_t)y * layout->block_width * bytes;
        uint8_t *row = to + (size_t)y * layout->width * pixel;

        for (uint32_t x = 0; x < across; x++, from += bytes, row += pixel)
            memcpy(row, from, bytes);
    }
}

/* The block of a plane that has pixel (x, y); `bytes` of it are needed. */
static bool read_block(TIFF *tiff, uint32_t x, uint32_t y, uint16_t plane, void *block,
                       tmsize_t bytes)
{
    tmsize_t got = TIFFIsTiled(tiff) ? TIFFReadTile(tiff, block, x, y, 0, plane)
                                     : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, y, plane),
                                                            block, bytes);

    if (got >= bytes)
        return true;
    vips_error("tiff", "a strip or tile is too short");
    return false;
}

static int read_plane(TIFF *tiff, const struct layout *layout, uint16_t plane, uint8_t *block,
                      uint8_t *page)
{
    size_t bytes = layout->bits / 8u, pixel = bytes * layout->samples;

    for (uint32_t y = 0; y < layout->height; y += layout->block_height) {
        uint32_t rows = VIPS_MIN(layout->block_height, layout->height - y);

        for (uint32_t x = 0; x < layout->width; x += layout->block_width) {
            uint32_t across = VIPS_MIN(layout->block_width, layout->width - x);

            if (!read_block(tiff, x, y, plane, block,
                            (tmsize_t)((size_t)rows * layout->block_width * bytes)))
                return -1;
            scatter(layout, block,
                    page + ((size_t)y * layout->width + x) * pixel + bytes * plane, across, rows);
        }
    }
    return 0;
}

/* The page that libtiff is at, into `samples`. */
static int read_page(TIFF *tiff, const struct layout *expected, uint8_t *samples)
{
    _cleanup_free_ uint8_t *block = NULL;
    struct layout layout;
    tmsize_t size;

    read_layout(tiff, &layout);
    if (memcmp(&layout, expected, sizeof(layout)) != 0)
        return STATUS_UNSUPPORTED_FORMAT;
    size = TIFFIsTiled(tiff) ? TIFFTileSize(tiff) : TIFFStripSize(tiff);
    if (size <= 0 || size > BLOCK_BYTES_MAX)
        return STATUS_UNSUPPORTED_FORMAT;
    if ((block = malloc((size_t)size)) == NULL)
        return -ENOMEM;
    for (uint16_t plane = 0; plane < layout.samples; plane++) {
        if (read_plane(tiff, &layout, plane, block, samples))
            return -1;
    }
    return 0;
}

/* Pages one below the other. */
static int read_pages(TIFF *tiff, const struct layout *layout, uint32_t pages, uint8_t *samples)
{
    int status = 0;

    for (uint32_t page = 0; page < pages && status == 0; page++) {
        if (page > 0 && !TIFFReadDirectory(tiff))
            return -1;
        status = read_page(tiff, layout, samples + page * page_bytes(layout));
    }
    return status;
}

/* Where 0 is white: the first sample of each pixel. */
static void invert(const struct layout *layout, size_t pixels, uint8_t *samples)
{
    size_t bytes = layout->bits / 8u, pixel = bytes * layout->samples;

    for (size_t i = 0; layout->photometric == PHOTOMETRIC_MINISWHITE && i < pixels; i++) {
        for (size_t byte = 0; byte < bytes; byte++)
            samples[i * pixel + byte] ^= 0xff;
    }
}

static VipsInterpretation interpretation(const struct layout *layout)
{
    if (layout->photometric == PHOTOMETRIC_SEPARATED)
        return VIPS_INTERPRETATION_CMYK;
    if (layout->photometric == PHOTOMETRIC_RGB)
        return layout->bits == 16 ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
    return layout->bits == 16 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
}

static void free_samples(VipsImage *image, void *samples)
{
    (void)image;
    free(samples);
}

static VipsImage *to_image(TIFF *tiff, const struct layout *layout, uint32_t pages, uint8_t *samples)
{
    VipsBandFormat format = layout->bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR;
    VipsImage *image = vips_image_new_from_memory(samples, page_bytes(layout) * pages,
                                                  (int)layout->width, (int)(layout->height * pages),
                                                  layout->samples, format);
    uint16_t orientation = 1;
    uint32_t profile_size = 0;
    void *profile = NULL;

    if (image == NULL) {
        free(samples);
        return NULL;
    }
    g_signal_connect(image, "postclose", G_CALLBACK(free_samples), samples);
    image->Type = interpretation(layout);
    vips_image_set_int(image, VIPS_META_N_PAGES, (int)pages);
    vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, (int)layout->height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    vips_image_set_int(image, VIPS_META_ORIENTATION, orientation);
    if (TIFFGetField(tiff, TIFFTAG_ICCPROFILE, &profile_size, &profile))
        vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, profile, profile_size);
    return image;
}

static int undo_premultiplication(VipsImage **image)
{
    VipsBandFormat format = (*image)->BandFmt;
    VipsImage *out;

    if (vips_unpremultiply(*image, &out, NULL))
        return -1;
    image_replace(image, out);
    if (vips_rint(*image, &out, NULL))
        return -1;
    image_replace(image, out);
    return vips_cast(*image, &out, format, NULL) ? -1 : image_replace(image, out);
}

static int load(TIFF *tiff, const struct image_header *header, VipsImage **image)
{
    size_t pixels = (size_t)header->width * header->height * header->frames;
    _cleanup_free_ uint8_t *samples = NULL;
    struct layout layout;
    int status;

    read_layout(tiff, &layout);
    if (!is_supported(tiff, &layout) || layout.width != header->width ||
        layout.height != header->height)
        return STATUS_UNSUPPORTED_FORMAT;
    if ((samples = malloc(page_bytes(&layout) * header->frames)) == NULL)
        return -ENOMEM;
    if ((status = read_pages(tiff, &layout, header->frames, samples)) != 0)
        return status;
    invert(&layout, pixels, samples);
    *image = to_image(tiff, &layout, header->frames, TAKE_PTR(samples));
    if (*image == NULL)
        return -1;
    return layout.associated ? undo_premultiplication(image) : 0;
}

int tiff_planes_load(const struct image_header *header, const uint8_t *input, size_t size,
                     VipsImage **image)
{
    struct file file = {.data = input, .size = size};
    _cleanup_(cleanup_tiff) TIFF *tiff =
        TIFFClientOpen("picture", "rm", &file, read_file, write_file, seek_file, close_file, tell_size,
                       NULL, NULL);

    return tiff == NULL ? -1 : load(tiff, header, image);
}
