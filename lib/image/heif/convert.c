/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/heif/convert.h"

#include "base/status.h"
#include "image/colour/cicp.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { CURVE_STEPS = 4096 };

/* Rows of the buffer: the colours, and two of chroma before it is interpolated horizontally, with
 * one sample more at each end. */
enum { FIRST, SECOND, THIRD, ALPHA, CHROMA, BUFFER_ROWS = CHROMA + 2 };
enum { MARGIN = 4 };

static float *buffer_row(const struct heif_converter *converter, unsigned row)
{
    return converter->buffer + (size_t)row * (converter->room + MARGIN);
}

/* --- beginning ----------------------------------------------------------------------------------
 */

/* Y, R, G, B and alpha are 16 to 235 in the limited range of 8 bits, Cb and Cr 16 to 240. */
static void choose_range(unsigned bits, bool full_range, float *scale, float *offset)
{
    const float unit = (float)(1u << (bits - 8));

    *scale = full_range ? 1 / (float)((1u << bits) - 1) : 1 / (219 * unit);
    *offset = full_range ? 0 : -16 * unit * *scale;
}

static bool choose_matrix(struct heif_converter *converter, const struct heif_colour *colour)
{
    float(*matrix)[2] = converter->matrix;
    double red, blue, green;

    converter->is_identity = colour->matrix == CICP_MATRIX_IDENTITY;
    if (converter->is_identity || converter->frame->planes == 1)
        return true;
    if (colour->matrix == CICP_MATRIX_YCGCO) {
        static const float of_ycgco[3][2] = {{-1, 1}, {1, 0}, {-1, -1}};

        memcpy(matrix, of_ycgco, sizeof(of_ycgco));
        return true;
    }
    if (!cicp_luma_weights(colour->matrix, colour->primaries, &red, &blue))
        return false;
    green = 1 - red - blue;
    matrix[0][1] = (float)(2 * (1 - red));
    matrix[1][0] = (float)(-2 * (1 - blue) * blue / green);
    matrix[1][1] = (float)(-2 * (1 - red) * red / green);
    matrix[2][0] = (float)(2 * (1 - blue));
    return true;
}

static int choose_curve(struct heif_converter *converter, const struct heif_colour *colour)
{
    double red = 0.2126, blue = 0.0722;

    if (tone_map_needed(colour->transfer)) {
        cicp_luma_weights(CICP_MATRIX_FROM_PRIMARIES, colour->primaries, &red, &blue);
        converter->tone = tone_map_new(colour->transfer, red, blue);
        return converter->tone == NULL ? -ENOMEM : 0;
    }
    converter->curve = malloc((CURVE_STEPS + 1) * sizeof(*converter->curve));
    if (converter->curve == NULL)
        return -ENOMEM;
    if (!cicp_to_srgb_curve(colour->transfer, converter->curve, CURVE_STEPS + 1)) {
        free(converter->curve);
        converter->curve = NULL;
    }
    return 0;
}

int heif_converter_begin(struct heif_converter *converter, const struct heif_frame *frame,
                         const struct heif_frame *alpha, const struct heif_colour *colour,
                         bool premultiplied, uint32_t room)
{
    const float unit = (float)(1u << (frame->bits - 8));

    *converter = (struct heif_converter){
        .frame = frame,
        .alpha = alpha,
        .premultiplied = premultiplied,
        .bands = frame->planes + (alpha != NULL ? 1 : 0),
        .bits = frame->bits > 8 ? 16 : 8,
        .room = room,
    };
    choose_range(frame->bits, colour->full_range, &converter->luma_scale, &converter->luma_offset);
    converter->chroma_scale = colour->full_range ? converter->luma_scale : 1 / (224 * unit);
    if (alpha != NULL)
        choose_range(alpha->bits, alpha->colour.full_range, &converter->alpha_scale,
                     &converter->alpha_offset);
    if (!choose_matrix(converter, colour))
        return STATUS_UNSUPPORTED_FORMAT;
    converter->buffer = malloc(BUFFER_ROWS * ((size_t)room + MARGIN) * sizeof(float));
    return converter->buffer == NULL ? -ENOMEM : choose_curve(converter, colour);
}

void heif_converter_clear(struct heif_converter *converter)
{
    tone_map_free(converter->tone);
    free(converter->curve);
    free(converter->buffer);
    *converter = (struct heif_converter){0};
}

/* --- samples to numbers -------------------------------------------------------------------------
 */

/* A row's samples from column x, each times `scale` and plus `offset`. */
static void read_samples(const struct heif_frame *frame, unsigned plane, uint32_t x, uint32_t y,
                         uint32_t count, float scale, float offset, float *restrict to)
{
    const uint8_t *row = frame->samples[plane] + y * frame->strides[plane];
    const uint16_t *wide = (const uint16_t *)(const void *)row + x;

    if (frame->bits == 8) {
        for (uint32_t i = 0; i < count; i++)
            to[i] = (float)row[x + i] * scale + offset;
    } else {
        for (uint32_t i = 0; i < count; i++)
            to[i] = (float)wide[i] * scale + offset;
    }
}

static uint32_t neighbour(uint32_t at, bool after, uint32_t count)
{
    if (after)
        return at + 1 < count ? at + 1 : at;
    return at > 0 ? at - 1 : 0;
}

/* A row of chroma at the luma's height: three quarters of the nearer row and a quarter of the
 * other, as if samples lay between the luma's, where the encoders of still images put them. */
static void read_chroma_row(const struct heif_converter *converter, unsigned plane, uint32_t x,
                            uint32_t y, uint32_t count, float *restrict to, float *restrict other)
{
    const struct heif_frame *frame = converter->frame;
    const float scale = converter->chroma_scale, half = (float)(1u << (frame->bits - 1));
    const uint32_t near = y >> frame->y_shift;

    read_samples(frame, plane, x, near, count, scale, -half * scale, to);
    if (frame->y_shift == 0)
        return;
    read_samples(frame, plane, x, neighbour(near, (y & 1) != 0, heif_plane_height(frame, plane)),
                 count, scale, -half * scale, other);
    for (uint32_t i = 0; i < count; i++)
        to[i] = 0.75f * to[i] + 0.25f * other[i];
}

/* Chroma of every pixel. Those of a pair are a quarter of a sample's width to its left and right.
 */
static void read_chroma(const struct heif_converter *converter, unsigned plane, uint32_t x,
                        uint32_t y, uint32_t count, float *restrict to)
{
    const struct heif_frame *frame = converter->frame;
    const uint32_t first = x >> 1, last = (x + count - 1) >> 1, samples = last - first + 1;
    const uint32_t width = heif_plane_width(frame, plane);
    float *row = buffer_row(converter, CHROMA) + 1, *other = buffer_row(converter, CHROMA + 1) + 1;

    if (frame->x_shift == 0) {
        read_chroma_row(converter, plane, x, y, count, to, other);
        return;
    }
    read_chroma_row(converter, plane, first, y, samples, row, other);
    read_chroma_row(converter, plane, neighbour(first, false, width), y, 1, row - 1, other);
    read_chroma_row(converter, plane, neighbour(last, true, width), y, 1, row + samples, other);
    for (uint32_t i = 0; i < count; i++) {
        const float *at = row + ((x + i) >> 1) - first;

        to[i] = 0.75f * at[0] + 0.25f * (((x + i) & 1) != 0 ? at[1] : at[-1]);
    }
}

/* --- colours ------------------------------------------------------------------------------------
 */

static void undo_matrix(const struct heif_converter *converter, uint32_t count,
                        float *restrict first, float *restrict second, float *restrict third)
{
    const float(*m)[2] = converter->matrix;
    const float r1 = m[0][0], r2 = m[0][1], g1 = m[1][0], g2 = m[1][1], b1 = m[2][0], b2 = m[2][1];

    for (uint32_t i = 0; i < count; i++) {
        const float luma = first[i], u = second[i], v = third[i];

        first[i] = luma + r1 * u + r2 * v;
        second[i] = luma + g1 * u + g2 * v;
        third[i] = luma + b1 * u + b2 * v;
    }
}

/* Red, green and blue into the first three rows of the buffer. */
static void read_colour_description(const struct heif_converter *converter, uint32_t x, uint32_t y,
                                    uint32_t count)
{
    float *first = buffer_row(converter, FIRST), *second = buffer_row(converter, SECOND),
          *third = buffer_row(converter, THIRD);
    const float scale = converter->luma_scale, offset = converter->luma_offset;

    if (converter->is_identity) {
        read_samples(converter->frame, 0, x, y, count, scale, offset, second);
        read_samples(converter->frame, 1, x, y, count, scale, offset, third);
        read_samples(converter->frame, 2, x, y, count, scale, offset, first);
        return;
    }
    read_samples(converter->frame, 0, x, y, count, scale, offset, first);
    read_chroma(converter, 1, x, y, count, second);
    read_chroma(converter, 2, x, y, count, third);
    undo_matrix(converter, count, first, second, third);
}

static void apply_curve(const float *curve, float *row, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const float place = fminf(fmaxf(row[i], 0), 1) * CURVE_STEPS;
        const int at = place < CURVE_STEPS ? (int)place : CURVE_STEPS - 1;

        row[i] = curve[at] + (curve[at + 1] - curve[at]) * (place - (float)at);
    }
}

/* A gray image's row stands for all three. */
static void apply_transfer(const struct heif_converter *converter, uint32_t count)
{
    const unsigned planes = converter->frame->planes;

    if (converter->tone != NULL && planes == 1) {
        memcpy(buffer_row(converter, SECOND), buffer_row(converter, FIRST), count * sizeof(float));
        memcpy(buffer_row(converter, THIRD), buffer_row(converter, FIRST), count * sizeof(float));
    }
    if (converter->tone != NULL)
        tone_map_row(converter->tone, buffer_row(converter, FIRST), buffer_row(converter, SECOND),
                     buffer_row(converter, THIRD), count);
    for (unsigned i = 0; converter->curve != NULL && i < planes; i++)
        apply_curve(converter->curve, buffer_row(converter, i), count);
}

static void divide_by_alpha(const struct heif_converter *converter, uint32_t count)
{
    const float *alpha = buffer_row(converter, ALPHA);

    for (unsigned i = 0; i < converter->frame->planes; i++) {
        float *row = buffer_row(converter, i);

        for (uint32_t x = 0; x < count; x++)
            row[x] = alpha[x] > 0 ? row[x] / alpha[x] : 0;
    }
}

/* --- pixels -------------------------------------------------------------------------------------
 */

static void write_8(const float *restrict from, uint8_t *restrict to, unsigned bands,
                    uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        float value = from[i] * 255 + 0.5f;

        value = value < 0 ? 0 : value;
        to[(size_t)i * bands] = (uint8_t)(int)(value > 255 ? 255 : value);
    }
}

static void write_16(const float *restrict from, uint16_t *restrict to, unsigned bands,
                     uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        float value = from[i] * 65535 + 0.5f;

        value = value < 0 ? 0 : value;
        to[(size_t)i * bands] = (uint16_t)(int)(value > 65535 ? 65535 : value);
    }
}

static void write_band(const struct heif_converter *converter, unsigned row, unsigned band,
                       uint32_t count, void *to)
{
    const float *from = buffer_row(converter, row);

    if (converter->bits == 8)
        write_8(from, (uint8_t *)to + band, converter->bands, count);
    else
        write_16(from, (uint16_t *)to + band, converter->bands, count);
}

void heif_convert(const struct heif_converter *converter, uint32_t x, uint32_t y, uint32_t count,
                  void *to)
{
    const unsigned colours = converter->frame->planes;

    if (colours == 1)
        read_samples(converter->frame, 0, x, y, count, converter->luma_scale,
                     converter->luma_offset, buffer_row(converter, FIRST));
    else
        read_colour_description(converter, x, y, count);
    if (converter->alpha != NULL)
        read_samples(converter->alpha, 0, x, y, count, converter->alpha_scale,
                     converter->alpha_offset, buffer_row(converter, ALPHA));
    if (converter->premultiplied && converter->alpha != NULL)
        divide_by_alpha(converter, count);
    apply_transfer(converter, count);
    for (unsigned i = 0; i < colours; i++)
        write_band(converter, i, i, count, to);
    if (converter->alpha != NULL)
        write_band(converter, ALPHA, colours, count, to);
}
