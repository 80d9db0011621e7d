/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/load_tiff.h"

/* Converts rows of the file to rows of libvips' pixels, as its pipeline asks for them. libvips' own
 * loader ignores damage that libtiff only warns of, and mistakes kinds of samples for others. */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/tiff/file.h"
#include "image/vips/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PALETTE_MAX = 256, LIGHTEST = 32767 /* L* 100 */ };

struct tiff_reader;
typedef void convert_row(const struct tiff_reader *reader, const uint8_t *from, uint8_t *to);

struct tiff_reader {
    struct tiff_file file;
    convert_row *convert;
    uint32_t palette_page;
    uint8_t palette[PALETTE_MAX][3];
};

/* --- rows
 * ----------------------------------------------------------------------------------------- */

static void copy_row(const struct tiff_reader *reader, const uint8_t *from, uint8_t *to)
{
    memcpy(to, from, reader->file.row_bytes);
}

/* 0 is white: inverts the first sample of each pixel; the others are no colours. */
static void invert_row(const struct tiff_reader *reader, const uint8_t *from, uint8_t *to)
{
    size_t bytes = reader->file.header.bits / 8u, pixel = bytes * reader->file.header.samples;

    memcpy(to, from, reader->file.row_bytes);
    for (size_t i = 0; i < reader->file.row_bytes; i += pixel) {
        for (size_t byte = 0; byte < bytes; byte++)
            to[i + byte] ^= 0xff;
    }
}

/* Sample x of a row of `bits` bits each, which are at most 8. */
static inline unsigned sample_at(const uint8_t *row, uint32_t x, unsigned bits)
{
    size_t at = (size_t)x * bits;

    return row[at / 8] >> (8 - bits - at % 8) & ((1u << bits) - 1);
}

static void spread_row(const struct tiff_reader *reader, const uint8_t *from, uint8_t *to)
{
    unsigned bits = reader->file.header.bits, step = 255u / ((1u << bits) - 1);
    unsigned white = reader->file.header.photometric == IMAGE_TIFF_WHITE_IS_ZERO ? 255 : 0;

    for (uint32_t x = 0; x < reader->file.header.width; x++)
        to[x] = (uint8_t)(sample_at(from, x, bits) * step ^ white);
}

static void look_up_row(const struct tiff_reader *reader, const uint8_t *from, uint8_t *to)
{
    for (uint32_t x = 0; x < reader->file.header.width; x++, to += 3)
        memcpy(to, reader->palette[sample_at(from, x, reader->file.header.bits)], 3);
}

/* 8 bits become 16, as libvips' arithmetic has them: its packed form is neither bytes nor alpha. */
static void widen_lab_row(const struct tiff_reader *reader, const uint8_t *from, uint8_t *to)
{
    int16_t *samples = (int16_t *)(void *)to;

    for (uint32_t x = 0; x < reader->file.header.width; x++, from += 3, samples += 3) {
        samples[0] = (int16_t)((from[0] * LIGHTEST + 127) / 255);
        samples[1] = (int16_t)((int8_t)from[1] * 256);
        samples[2] = (int16_t)((int8_t)from[2] * 256);
    }
}

/* 16 bits: L is signed in libvips, too. */
static void halve_lightness_row(const struct tiff_reader *reader, const uint8_t *from, uint8_t *to)
{
    uint16_t *samples = (uint16_t *)(void *)to;

    memcpy(to, from, reader->file.row_bytes);
    for (uint32_t x = 0; x < reader->file.header.width; x++)
        samples[(size_t)x * 3] >>= 1;
}

/* Colours have 16 bits; in files where none needs more than 8, they have 8. */
static int read_colour_map(struct tiff_reader *reader)
{
    const struct tiff_file *file = &reader->file;
    unsigned colours = 1u << file->header.bits, shift = 0;

    if (file->page.tags[TAG_COLOUR_MAP].count != 3 * (uint64_t)colours)
        return STATUS_IMAGE_CORRUPT;
    for (unsigned i = 0; i < 3 * colours; i++)
        shift = tiff_value_at(&file->pages, &file->page, TAG_COLOUR_MAP, i) > 255 ? 8 : shift;
    for (unsigned i = 0; i < 3 * colours; i++)
        reader->palette[i % colours][i / colours] =
            (uint8_t)(tiff_value_at(&file->pages, &file->page, TAG_COLOUR_MAP, i) >> shift);
    reader->palette_page = file->number;
    return 0;
}

static int read_tiff_row(struct tiff_reader *reader, uint32_t row, uint8_t *to)
{
    const uint8_t *samples;
    int status = tiff_file_read(&reader->file, row / reader->file.header.height,
                                row % reader->file.header.height, &samples);

    if (status == 0 && reader->convert == look_up_row &&
        reader->palette_page != reader->file.number)
        status = read_colour_map(reader);
    if (status == 0)
        reader->convert(reader, samples, to);
    return status;
}

static int generate(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
    const VipsRect *area = &out->valid;

    (void)sequence;
    (void)b;
    (void)stop;
    if (area->width < out->im->Xsize) /* vips_sequential passes over rows that nobody wants */
        return 0;
    for (int y = area->top; y < VIPS_RECT_BOTTOM(area); y++) {
        int status = read_tiff_row(a, (uint32_t)y, VIPS_REGION_ADDR(out, 0, y));

        if (status != 0) {
            vips_error("tiff", "%s", status == -ENOMEM ? "out of memory" : "damaged");
            return -1;
        }
    }
    return 0;
}

/* --- the image
 * ------------------------------------------------------------------------------------ */

/* How libvips shall understand the pixels, in 8 and in 16 bits. */
struct pixel_kind {
    VipsInterpretation interpretation[2];
    convert_row *convert[2];
    int bands; /* 0: one for each sample */
};

static const struct pixel_kind kinds[] = {
    [IMAGE_TIFF_WHITE_IS_ZERO] = {{VIPS_INTERPRETATION_B_W, VIPS_INTERPRETATION_GREY16},
                                  {invert_row, invert_row},
                                  0},
    [IMAGE_TIFF_BLACK_IS_ZERO] = {{VIPS_INTERPRETATION_B_W, VIPS_INTERPRETATION_GREY16},
                                  {copy_row, copy_row},
                                  0},
    [IMAGE_TIFF_RGB] = {{VIPS_INTERPRETATION_sRGB, VIPS_INTERPRETATION_RGB16},
                        {copy_row, copy_row},
                        0},
    [IMAGE_TIFF_PALETTE] = {{VIPS_INTERPRETATION_sRGB}, {look_up_row}, 3},
    [IMAGE_TIFF_INKS] = {{VIPS_INTERPRETATION_CMYK, VIPS_INTERPRETATION_CMYK},
                         {copy_row, copy_row},
                         0},
    [IMAGE_TIFF_YCBCR] = {{VIPS_INTERPRETATION_sRGB}, {copy_row}, 0},
    [IMAGE_TIFF_LAB] = {{VIPS_INTERPRETATION_LABS, VIPS_INTERPRETATION_LABS},
                        {widen_lab_row, halve_lightness_row},
                        0},
};

/* Pixels a unit; 0 if the page does not say. */
static float read_resolution(const struct tiff_file *file, enum tiff_tag tag)
{
    const struct tiff_bytes *tiff = &file->pages.tiff;
    const struct tiff_values *values = &file->page.tags[tag];
    uint64_t denominator = values->count > 0 ? tiff_get(tiff, values->at + 4, 4) : 0;

    return denominator == 0 ? 0
                            : (float)((double)tiff_get(tiff, values->at, 4) / (double)denominator);
}

static void set_fields(const struct tiff_file *file, VipsImage *image)
{
    const struct tiff_values *profile = &file->page.tags[TAG_PROFILE];
    uint64_t orientation = tiff_value(&file->pages, &file->page, TAG_ORIENTATION);
    uint64_t unit = tiff_value(&file->pages, &file->page, TAG_RESOLUTION_UNIT);
    float per_mm = unit == RESUNIT_INCH ? 25.4f : unit == RESUNIT_CENTIMETER ? 10 : 1;

    if (orientation >= 1 && orientation <= 8)
        vips_image_set_int(image, VIPS_META_ORIENTATION, (int)orientation);
    if (profile->count > 0)
        vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, file->input.data + profile->at,
                                 profile->count);
    if (tiff_page_has(&file->page, TAG_X_RESOLUTION) &&
        tiff_page_has(&file->page, TAG_Y_RESOLUTION)) {
        image->Xres = read_resolution(file, TAG_X_RESOLUTION) / per_mm;
        image->Yres = read_resolution(file, TAG_Y_RESOLUTION) / per_mm;
    }
}

static void describe_tiff(struct tiff_reader *reader, VipsImage *image)
{
    const struct image_header *header = &reader->file.header;
    const struct pixel_kind *kind = &kinds[header->photometric];
    bool deep = header->bits == 16;
    int bands = kind->bands > 0 ? kind->bands : header->samples;
    VipsBandFormat format = header->photometric == IMAGE_TIFF_LAB ? VIPS_FORMAT_SHORT
                            : deep                                ? VIPS_FORMAT_USHORT
                                                                  : VIPS_FORMAT_UCHAR;

    reader->convert = kind->convert[deep];
    if (header->bits < 8 && header->photometric != IMAGE_TIFF_PALETTE)
        reader->convert = spread_row;
    vips_image_init_fields(image, (int)header->width, (int)(header->height * header->frames), bands,
                           format, VIPS_CODING_NONE, kind->interpretation[deep], 1, 1);
    vips_image_set_int(image, VIPS_META_N_PAGES, (int)header->frames);
    if (header->photometric == IMAGE_TIFF_LAB)
        vips_image_set_int(image, IMAGE_LAB_BITS, header->bits);
    if (header->frames > 1)
        vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, (int)header->height);
    set_fields(&reader->file, image);
}

static void free_tiff_reader(VipsImage *image, struct tiff_reader *reader)
{
    (void)image;
    tiff_file_close(&reader->file);
    free(reader);
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

static int build_image(struct tiff_reader *reader, VipsImage **image)
{
    _cleanup_image_ VipsImage *source = vips_image_new(), *rows = NULL;

    g_signal_connect(source, "postclose", G_CALLBACK(free_tiff_reader), reader);
    describe_tiff(reader, source);
    if (reader->convert == look_up_row && read_colour_map(reader) != 0)
        return STATUS_IMAGE_CORRUPT;
    if (vips_image_pipelinev(source, VIPS_DEMAND_STYLE_THINSTRIP, NULL) ||
        vips_image_generate(source, NULL, generate, NULL, reader, NULL) ||
        vips_sequential(source, &rows, "tile_height", image_strip_rows(reader->file.header.height),
                        NULL))
        return -1;
    if (reader->file.header.premultiplied && undo_premultiplication(&rows))
        return -1;
    *image = TAKE_PTR(rows);
    return 0;
}

int tiff_load(const struct image_header *header, uint32_t frames, const uint8_t *input, size_t size,
              unsigned max_scans, VipsImage **image)
{
    struct tiff_reader *reader = calloc(1, sizeof(*reader));
    int status;

    if (reader == NULL)
        return -ENOMEM;
    status = tiff_file_open(&reader->file, header, (struct bytes){input, size}, max_scans);
    if (status == 0) {
        reader->file.header.frames = frames;
        return build_image(reader, image);
    }
    free_tiff_reader(NULL, reader);
    return status;
}
