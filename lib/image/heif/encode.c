/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/heif/encode.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/colour/cicp.h"
#include "image/heif/container.h"

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <errno.h>
#include <stdlib.h>

static bool is_gray(const struct avif_format *format)
{
    return format->bands <= 2;
}

static void cleanup_planes(aom_image_t **planes)
{
    aom_img_free(*planes);
}

/* --- pixels to planes ---------------------------------------------------------------------------
 */

/* Rows of one image on the way, in steps of coded_bits; one allocation. */
enum { CHROMA_ROWS = 2, COLOURS = 3 };

struct rows {
    float *colours[CHROMA_ROWS][COLOURS]; /* the pixels under one row of chroma: red, green, blue */
    float *made, *made_too;               /* for a row of a plane, or for Cb's and Cr's */
};

static void free_row_buffers(struct rows *rows)
{
    free(rows->made);
}

static bool make_row_buffers(struct rows *rows, uint32_t width)
{
    float *at = malloc((size_t)width * (2 + CHROMA_ROWS * COLOURS) * sizeof(*at));

    if (at == NULL)
        return false;
    rows->made = at;
    rows->made_too = at + width;
    for (unsigned i = 0; i < CHROMA_ROWS * COLOURS; i++)
        rows->colours[i / COLOURS][i % COLOURS] = at + (size_t)width * (2 + i);
    return true;
}

static float greatest(const struct avif_format *format)
{
    return (float)((1u << format->coded_bits) - 1);
}

static void load_row(const struct avif_format *format, const void *samples, uint32_t y,
                     unsigned band, float *row)
{
    const size_t first = (size_t)y * format->width * format->bands + band;

    if (format->bits == 8) {
        const uint8_t *from = (const uint8_t *)samples + first;
        const float factor = greatest(format) / 255;

        for (uint32_t x = 0; x < format->width; x++)
            row[x] = (float)from[(size_t)x * format->bands] * factor;
    } else {
        const uint16_t *from = (const uint16_t *)samples + first;
        const float factor = greatest(format) / 65535;

        for (uint32_t x = 0; x < format->width; x++)
            row[x] = (float)from[(size_t)x * format->bands] * factor;
    }
}

static float round_sample(float value, float most)
{
    const float rounded = value + 0.5f;

    return rounded < 0 ? 0 : rounded > most ? most : rounded;
}

static void store_plane_row(const struct avif_format *format, const float *row, uint32_t width,
                            const aom_image_t *planes, unsigned plane, uint32_t y)
{
    uint8_t *bytes = planes->planes[plane] + (size_t)y * (size_t)planes->stride[plane];
    uint16_t *words = (uint16_t *)(void *)bytes;
    const float most = greatest(format);

    if (format->coded_bits > 8) {
        for (uint32_t x = 0; x < width; x++)
            words[x] = (uint16_t)round_sample(row[x], most);
    } else {
        for (uint32_t x = 0; x < width; x++)
            bytes[x] = (uint8_t)round_sample(row[x], most);
    }
}

/* One band as it is: gray, alpha, or a colour of RGB. */
static void copy_band(const struct avif_format *format, const void *samples, unsigned band,
                      const struct rows *rows, const aom_image_t *planes, unsigned plane)
{
    for (uint32_t y = 0; y < format->height; y++) {
        load_row(format, samples, y, band, rows->made);
        store_plane_row(format, rows->made, format->width, planes, plane, y);
    }
}

static void store_luma(const struct avif_format *format, float *const colours[COLOURS], float *luma,
                       const aom_image_t *planes, uint32_t y)
{
    const float *red = colours[0], *green = colours[1], *blue = colours[2];

    for (uint32_t x = 0; x < format->width; x++)
        luma[x] = 0.299f * red[x] + 0.587f * green[x] + 0.114f * blue[x];
    store_plane_row(format, luma, format->width, planes, 0, y);
}

/* Of the means of up to `step` by `count` pixels. */
static void store_chroma(const struct avif_format *format, const struct rows *rows, uint32_t count,
                         uint32_t step, const aom_image_t *planes, uint32_t y)
{
    const uint32_t width = (format->width + step - 1) / step;
    const float middle = (float)(1u << (format->coded_bits - 1));

    for (uint32_t x = 0; x < width; x++) {
        const uint32_t end = (x + 1) * step < format->width ? (x + 1) * step : format->width;
        const float pixels = (float)(count * (end - x * step));
        float red = 0, green = 0, blue = 0;

        for (uint32_t row = 0; row < count; row++) {
            for (uint32_t column = x * step; column < end; column++) {
                red += rows->colours[row][0][column];
                green += rows->colours[row][1][column];
                blue += rows->colours[row][2][column];
            }
        }
        rows->made[x] = middle + (-0.168736f * red - 0.331264f * green + 0.5f * blue) / pixels;
        rows->made_too[x] = middle + (0.5f * red - 0.418688f * green - 0.081312f * blue) / pixels;
    }
    store_plane_row(format, rows->made, width, planes, 1, y);
    store_plane_row(format, rows->made_too, width, planes, 2, y);
}

static void store_colours(const struct avif_format *format, const void *samples,
                          const struct rows *rows, const aom_image_t *planes)
{
    const uint32_t step = planes->x_chroma_shift != 0 ? 2 : 1;

    for (uint32_t y = 0; y < format->height; y += step) {
        const uint32_t left = format->height - y, count = left < step ? left : step;

        for (uint32_t row = 0; row < count; row++) {
            for (unsigned band = 0; band < COLOURS; band++)
                load_row(format, samples, y + row, band, rows->colours[row][band]);
            store_luma(format, rows->colours[row], rows->made, planes, y + row);
        }
        store_chroma(format, rows, count, step, planes, y / step);
    }
}

/* false: short of memory. */
static bool fill_av1_planes(const struct avif_format *format, const void *samples, bool alpha,
                            const aom_image_t *planes)
{
    _cleanup_(free_row_buffers) struct rows rows = {0};

    if (!make_row_buffers(&rows, format->width))
        return false;
    if (alpha || is_gray(format)) {
        copy_band(format, samples, alpha ? format->bands - 1 : 0, &rows, planes, 0);
    } else if (format->lossless) { /* green, blue, red */
        copy_band(format, samples, 1, &rows, planes, 0);
        copy_band(format, samples, 2, &rows, planes, 1);
        copy_band(format, samples, 0, &rows, planes, 2);
    } else {
        store_colours(format, samples, &rows, planes);
    }
    return true;
}

static aom_image_t *make_planes(const struct avif_format *format, const void *samples, bool alpha)
{
    const bool full = format->lossless || format->full_chroma;
    unsigned kind = full && !alpha && !is_gray(format) ? AOM_IMG_FMT_I444 : AOM_IMG_FMT_I420;
    _cleanup_(cleanup_planes) aom_image_t *planes = NULL;

    if (format->coded_bits > 8)
        kind |= AOM_IMG_FMT_HIGHBITDEPTH;
    planes = aom_img_alloc(NULL, (aom_img_fmt_t)kind, format->width, format->height, 32);
    if (planes == NULL)
        return NULL;
    planes->monochrome = alpha || is_gray(format);
    planes->range = AOM_CR_FULL_RANGE;
    return fill_av1_planes(format, samples, alpha, planes) ? TAKE_PTR(planes) : NULL;
}

/* Planes of 8 bits as they are; the struct alone has to be freed. */
static aom_image_t *wrap_raster(const struct raster *raster)
{
    const aom_img_fmt_t kind =
        raster->colour && raster->h == 1 ? AOM_IMG_FMT_I444 : AOM_IMG_FMT_I420;
    aom_image_t *planes =
        aom_img_wrap(NULL, kind, raster->width, raster->height, 1, raster->planes[0].data);

    if (planes == NULL)
        return NULL;
    planes->monochrome = !raster->colour;
    planes->range = AOM_CR_FULL_RANGE;
    for (unsigned i = RASTER_LUMA; i <= RASTER_CR; i++) { /* gray: not looked at, but not NULL */
        const struct plane *plane = &raster->planes[raster->colour ? i : RASTER_LUMA];

        planes->planes[i] = plane->data;
        planes->stride[i] = (int)plane->pitch;
    }
    return planes;
}

/* --- planes to AV1 ------------------------------------------------------------------------------
 */

/* The profile that has such samples (AV1 specification, 6.4.1). */
static unsigned choose_av1_profile(const struct avif_format *format, const aom_image_t *planes)
{
    if (format->coded_bits == 12)
        return 2;
    return planes->monochrome || planes->x_chroma_shift != 0 ? 0 : 1;
}

static int begin_encoder(const struct avif_format *format, const aom_image_t *planes,
                         aom_codec_ctx_t *codec)
{
    aom_codec_iface_t *interface = aom_codec_av1_cx();
    aom_codec_enc_cfg_t settings;

    if (aom_codec_enc_config_default(interface, &settings, AOM_USAGE_ALL_INTRA) != AOM_CODEC_OK)
        return -EIO;
    settings.g_w = format->width;
    settings.g_h = format->height;
    settings.g_limit = 1; /* a still image */
    settings.g_lag_in_frames = 0;
    settings.g_threads = 1;
    settings.g_profile = choose_av1_profile(format, planes);
    settings.g_bit_depth = (aom_bit_depth_t)format->coded_bits;
    settings.g_input_bit_depth = format->coded_bits;
    settings.monochrome = (unsigned)planes->monochrome;
    settings.rc_end_usage = AOM_Q;
    settings.rc_min_quantizer = 0;
    settings.rc_max_quantizer = format->lossless ? 0 : 63;
    switch (aom_codec_enc_init(codec, interface, &settings,
                               format->coded_bits > 8 ? AOM_CODEC_USE_HIGHBITDEPTH : 0)) {
    case AOM_CODEC_OK:
        return 0;
    case AOM_CODEC_MEM_ERROR:
        return -ENOMEM;
    default:
        return -EIO;
    }
}

/* libaom's speed for each effort. Its slowest three, 0 to 2, take up to five times as long as 3,
 * and files of photographs become less than 1 % smaller. */
static const int speeds[10] = {9, 8, 7, 6, 5, 5, 4, 4, 3, 3};

static int set_controls(const struct avif_format *format, const struct heif_colour *colour,
                        aom_codec_ctx_t *codec)
{
    const int level = ((100 - format->quality) * 63 + 50) / 100;

    if (aom_codec_control(codec, AOME_SET_CPUUSED, speeds[format->effort]) != AOM_CODEC_OK ||
        aom_codec_control(codec, AOME_SET_CQ_LEVEL, format->lossless ? 0 : level) != AOM_CODEC_OK ||
        aom_codec_control(codec, AV1E_SET_COLOR_RANGE, 1) != AOM_CODEC_OK ||
        aom_codec_control(codec, AV1E_SET_COLOR_PRIMARIES, colour->primaries) != AOM_CODEC_OK ||
        aom_codec_control(codec, AV1E_SET_TRANSFER_CHARACTERISTICS, colour->transfer) !=
            AOM_CODEC_OK ||
        aom_codec_control(codec, AV1E_SET_MATRIX_COEFFICIENTS, colour->matrix) != AOM_CODEC_OK ||
        aom_codec_control(codec, AOME_SET_TUNING, AOM_TUNE_SSIM) != AOM_CODEC_OK ||
        aom_codec_control(codec, AV1E_SET_ENABLE_INTRABC, 0) != AOM_CODEC_OK ||
        aom_codec_control(codec, AV1E_SET_SKIP_POSTPROC_FILTERING, 1) != AOM_CODEC_OK)
        return -EIO;
    if (format->lossless && aom_codec_control(codec, AV1E_SET_LOSSLESS, 1) != AOM_CODEC_OK)
        return -EIO;
    return 0;
}

/* One part of a file while it is made; the encoder owns its bytes. */
struct encoding {
    aom_codec_ctx_t codec;
    bool begun;
    struct avif_part part;
};

static void encoding_clear(struct encoding *encoding)
{
    if (encoding->begun)
        aom_codec_destroy(&encoding->codec);
}

/* A unit's header and size, in bytes (AV1 specification, 5.3). 0: it is not one of ours. */
static size_t measure_unit_head(struct bytes units, uint64_t *payload)
{
    size_t at = 1;

    *payload = 0;
    if (units.size < 2 || (units.data[0] & 0x06) != 0x02) /* no extension, a size */
        return 0;
    do {
        if (at >= units.size || at > 4)
            return 0;
        *payload |= (uint64_t)(units.data[at] & 127) << 7 * (at - 1);
    } while ((units.data[at++] & 128) != 0);
    return at;
}

/* An item has no temporal delimiter, and begins with the sequence header: a reduced one, whose
 * first bits are the profile, two flags, and the level. */
static int read_units(struct bytes units, struct avif_part *part)
{
    enum { SEQUENCE_HEADER = 1, TEMPORAL_DELIMITER = 2 };
    uint64_t payload;
    size_t head = measure_unit_head(units, &payload);

    if (head != 0 && units.data[0] >> 3 == TEMPORAL_DELIMITER) {
        units.data += head + payload;
        units.size -= head + (size_t)payload;
        head = measure_unit_head(units, &payload);
    }
    if (head == 0 || units.data[0] >> 3 != SEQUENCE_HEADER || !bytes_have(units, head, 2))
        return -EIO;
    part->data = units;
    part->profile = units.data[head] >> 5;
    part->level = (uint8_t)((get_be16(units.data + head) >> 6) & 31);
    return 0;
}

static int run_encoder(struct encoding *encoding, const aom_image_t *planes)
{
    aom_codec_iter_t at = NULL;
    const aom_codec_cx_pkt_t *packet;

    if (aom_codec_encode(&encoding->codec, planes, 0, 1, 0) != AOM_CODEC_OK)
        return encoding->codec.err == AOM_CODEC_MEM_ERROR ? -ENOMEM : -EIO;
    while ((packet = aom_codec_get_cx_data(&encoding->codec, &at)) != NULL) {
        if (packet->kind == AOM_CODEC_CX_FRAME_PKT)
            return read_units((struct bytes){packet->data.frame.buf, packet->data.frame.sz},
                              &encoding->part);
    }
    return -EIO;
}

static int encode_item(const struct avif_format *format, const struct heif_colour *colour,
                       const aom_image_t *planes, struct encoding *encoding)
{
    int status;

    if (planes == NULL)
        return -ENOMEM;
    encoding->part = (struct avif_part){
        .bits = format->coded_bits,
        .monochrome = planes->monochrome,
        .x_shift = planes->x_chroma_shift,
        .y_shift = planes->y_chroma_shift,
    };
    status = begin_encoder(format, planes, &encoding->codec);
    if (status != 0)
        return status;
    encoding->begun = true;
    status = set_controls(format, colour, &encoding->codec);
    return status != 0 ? status : run_encoder(encoding, planes);
}

static int encode_samples(const struct avif_format *format, const struct heif_colour *colour,
                          const void *samples, bool alpha, struct encoding *encoding)
{
    _cleanup_(cleanup_planes) aom_image_t *planes = make_planes(format, samples, alpha);

    return encode_item(format, colour, planes, encoding);
}

/* ------------------------------------------------------------------------------------------------
 */

static struct heif_colour choose_cicp(const struct avif_format *format)
{
    const bool srgb = format->profile == NULL;

    return (struct heif_colour){
        .primaries = srgb ? CICP_PRIMARIES_BT709 : CICP_UNSPECIFIED,
        .transfer = srgb ? CICP_TRANSFER_SRGB : CICP_UNSPECIFIED,
        .matrix = format->lossless && !is_gray(format) ? CICP_MATRIX_IDENTITY : CICP_MATRIX_BT601,
        .full_range = true,
    };
}

static struct avif_file describe_file(const struct avif_format *format)
{
    return (struct avif_file){
        .width = format->width,
        .height = format->height,
        .has_alpha = format->bands == 2 || format->bands == 4,
        .colour = choose_cicp(format),
        .profile = format->profile,
        .profile_size = format->profile_size,
    };
}

int avif_encode(const struct avif_format *format, const void *samples, struct image_output *output)
{
    _cleanup_(encoding_clear) struct encoding image = {0}, alpha = {0};
    const struct heif_colour of_alpha = {CICP_UNSPECIFIED, CICP_UNSPECIFIED, CICP_UNSPECIFIED,
                                         true};
    struct avif_file file = describe_file(format);
    int status = encode_samples(format, &file.colour, samples, false, &image);

    if (status == 0 && file.has_alpha)
        status = encode_samples(format, &of_alpha, samples, true, &alpha);
    if (status != 0)
        return status;
    file.image = image.part;
    file.alpha = alpha.part;
    return avif_write(&file, output);
}

int avif_encode_raster(const struct avif_format *asked, const struct raster *raster,
                       struct image_output *output)
{
    _cleanup_(encoding_clear) struct encoding image = {0};
    _cleanup_(cleanup_planes) aom_image_t *planes = wrap_raster(raster);
    struct avif_format format = *asked;
    struct avif_file file;
    int status;

    format.width = raster->width;
    format.height = raster->height;
    format.bands = raster->colour ? 3 : 1;
    format.bits = format.coded_bits = 8;
    format.lossless = false;
    file = describe_file(&format);
    status = encode_item(&format, &file.colour, planes, &image);
    if (status != 0)
        return status;
    file.image = image.part;
    return avif_write(&file, output);
}
