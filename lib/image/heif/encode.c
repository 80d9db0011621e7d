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

enum { EFFORT = 1 }; /* by itself: two megapixels of a photograph take half a second */

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

static float scaled_sample(const struct avif_format *format, const void *samples, size_t index)
{
    const float most = (float)((1u << format->coded_bits) - 1);

    return format->bits == 8 ? (float)((const uint8_t *)samples)[index] * (most / 255)
                             : (float)((const uint16_t *)samples)[index] * (most / 65535);
}

static void put_sample(const struct avif_format *format, const aom_image_t *planes, unsigned plane,
                       uint32_t x, uint32_t y, float value)
{
    uint8_t *row = planes->planes[plane] + (size_t)y * (size_t)planes->stride[plane];
    const float most = (float)((1u << format->coded_bits) - 1);
    float rounded = value + 0.5f;

    rounded = rounded < 0 ? 0 : rounded > most ? most : rounded;
    if (format->coded_bits > 8)
        ((uint16_t *)(void *)row)[x] = (uint16_t)rounded;
    else
        row[x] = (uint8_t)rounded;
}

/* One band as it is: gray, alpha, or a colour of RGB. */
static void copy_band(const struct avif_format *format, const void *samples, unsigned band,
                      const aom_image_t *planes, unsigned plane)
{
    for (uint32_t y = 0; y < format->height; y++) {
        const size_t row = (size_t)y * format->width * format->bands + band;

        for (uint32_t x = 0; x < format->width; x++)
            put_sample(format, planes, plane, x, y,
                       scaled_sample(format, samples, row + (size_t)x * format->bands));
    }
}

static void store_luma(const struct avif_format *format, const void *samples,
                       const aom_image_t *planes)
{
    for (uint32_t y = 0; y < format->height; y++) {
        for (uint32_t x = 0; x < format->width; x++) {
            const size_t at = ((size_t)y * format->width + x) * format->bands;

            put_sample(format, planes, 0, x, y,
                       0.299f * scaled_sample(format, samples, at) +
                           0.587f * scaled_sample(format, samples, at + 1) +
                           0.114f * scaled_sample(format, samples, at + 2));
        }
    }
}

/* Of the mean of up to `step` by `step` pixels. */
static void store_chroma_sample(const struct avif_format *format, const void *samples,
                                const aom_image_t *planes, uint32_t x, uint32_t y, uint32_t step)
{
    const float middle = (float)(1u << (format->coded_bits - 1));
    float red = 0, green = 0, blue = 0, count = 0;

    for (uint32_t row = y * step; row < (y + 1) * step && row < format->height; row++) {
        for (uint32_t column = x * step; column < (x + 1) * step && column < format->width;
             column++) {
            const size_t at = ((size_t)row * format->width + column) * format->bands;

            red += scaled_sample(format, samples, at);
            green += scaled_sample(format, samples, at + 1);
            blue += scaled_sample(format, samples, at + 2);
            count++;
        }
    }
    put_sample(format, planes, 1, x, y,
               middle + (-0.168736f * red - 0.331264f * green + 0.5f * blue) / count);
    put_sample(format, planes, 2, x, y,
               middle + (0.5f * red - 0.418688f * green - 0.081312f * blue) / count);
}

static void store_chroma(const struct avif_format *format, const void *samples,
                         const aom_image_t *planes)
{
    const uint32_t step = planes->x_chroma_shift != 0 ? 2 : 1;

    for (uint32_t y = 0; y < (format->height + step - 1) / step; y++) {
        for (uint32_t x = 0; x < (format->width + step - 1) / step; x++)
            store_chroma_sample(format, samples, planes, x, y, step);
    }
}

static void fill_av1_planes(const struct avif_format *format, const void *samples, bool alpha,
                            const aom_image_t *planes)
{
    if (alpha || is_gray(format)) {
        copy_band(format, samples, alpha ? format->bands - 1 : 0, planes, 0);
    } else if (format->lossless) { /* green, blue, red */
        copy_band(format, samples, 1, planes, 0);
        copy_band(format, samples, 2, planes, 1);
        copy_band(format, samples, 0, planes, 2);
    } else {
        store_luma(format, samples, planes);
        store_chroma(format, samples, planes);
    }
}

static aom_image_t *make_planes(const struct avif_format *format, const void *samples, bool alpha)
{
    const bool full = format->lossless || format->full_chroma;
    unsigned kind = full && !alpha && !is_gray(format) ? AOM_IMG_FMT_I444 : AOM_IMG_FMT_I420;
    aom_image_t *planes;

    if (format->coded_bits > 8)
        kind |= AOM_IMG_FMT_HIGHBITDEPTH;
    planes = aom_img_alloc(NULL, (aom_img_fmt_t)kind, format->width, format->height, 32);
    if (planes == NULL)
        return NULL;
    planes->monochrome = alpha || is_gray(format);
    planes->range = AOM_CR_FULL_RANGE;
    fill_av1_planes(format, samples, alpha, planes);
    return planes;
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

/* libaom's speeds of a still image are 0 to 9. */
static int set_controls(const struct avif_format *format, const struct heif_colour *colour,
                        aom_codec_ctx_t *codec)
{
    const int level = ((100 - format->quality) * 63 + 50) / 100;
    const int effort = format->effort >= 0 ? format->effort : EFFORT;

    if (aom_codec_control(codec, AOME_SET_CPUUSED, 9 - effort) != AOM_CODEC_OK ||
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
