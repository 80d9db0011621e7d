/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/colour/tone.h"

#include "image/colour/cicp.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { STEPS = 4096, ENCODE_STEPS = 1 << 16 };

static const double white = 203, peak = 1000, pq_peak = 10000; /* cd/m2 */

struct tone_map {
    bool is_hlg;
    float weights[3];       /* of luminance: HLG's system gamma depends on it */
    float light[STEPS + 1]; /* by encoded value: PQ's cd/m2, HLG's scene light, 0 to 1 */
    float ratio[STEPS + 1]; /* by PQ's encoded value: what light is multiplied by, over white */
    float gamma[STEPS + 1]; /* HLG, by the fourth root of scene luminance */
    float encode[ENCODE_STEPS + 1]; /* sRGB, by linear light */
};

/* --- BT.2100 ------------------------------------------------------------------------------------
 */

static const double m1 = 2610.0 / 16384, m2 = 2523.0 / 4096 * 128, c1 = 3424.0 / 4096,
                    c2 = 2413.0 / 4096 * 32, c3 = 2392.0 / 4096 * 32;

static double pq_decode(double encoded)
{
    double power = pow(encoded, 1 / m2);

    return pq_peak * pow(fmax(power - c1, 0) / (c2 - c3 * power), 1 / m1);
}

static double pq_encode(double light)
{
    double power = pow(light / pq_peak, m1);

    return pow((c1 + c2 * power) / (1 + c3 * power), m2);
}

/* The inverse OETF: light of the scene, 0 to 1. */
static double hlg_decode(double encoded)
{
    const double a = 0.17883277, b = 0.28466892, c = 0.55991073;

    return encoded <= 0.5 ? encoded * encoded / 3 : (exp((encoded - c) / a) + b) / 12;
}

/* --- BT.2390 ------------------------------------------------------------------------------------
 */

/* Compresses PQ's encoded values, of light up to `peak`, to those up to `white`. */
static double compress(double encoded)
{
    const double scale = pq_encode(peak), most = pq_encode(white) / scale;
    const double knee = 1.5 * most - 0.5, value = fmin(encoded / scale, 1);
    double t, t2, t3;

    if (value < knee)
        return encoded;
    t = (value - knee) / (1 - knee);
    t2 = t * t;
    t3 = t2 * t;
    return scale * ((2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) +
                    (-2 * t3 + 3 * t2) * most);
}

/* ------------------------------------------------------------------------------------------------
 */

bool tone_map_needed(unsigned transfer)
{
    return transfer == CICP_TRANSFER_PQ || transfer == CICP_TRANSFER_HLG;
}

struct tone_map *tone_map_new(unsigned transfer, double red_weight, double blue_weight)
{
    struct tone_map *map = tone_map_needed(transfer) ? malloc(sizeof(*map)) : NULL;

    if (map == NULL)
        return NULL;
    map->is_hlg = transfer == CICP_TRANSFER_HLG;
    map->weights[0] = (float)red_weight;
    map->weights[1] = (float)(1 - red_weight - blue_weight);
    map->weights[2] = (float)blue_weight;
    for (int i = 0; i <= STEPS; i++) {
        const double value = (double)i / STEPS, light = pq_decode(value);
        const double to = pq_decode(compress(value)) / white;

        map->light[i] = (float)(map->is_hlg ? hlg_decode(value) : light);
        map->ratio[i] = (float)(light > 0 ? to / light : 1 / white);
        map->gamma[i] = (float)(peak * pow(value, 4 * 0.2)); /* system gamma 1.2, less 1 */
    }
    for (int i = 0; i <= ENCODE_STEPS; i++)
        map->encode[i] = (float)srgb_encode((double)i / ENCODE_STEPS);
    return map;
}

void tone_map_free(struct tone_map *map)
{
    free(map);
}

/* Between two points of a curve of STEPS. */
static float look_up(const float *curve, float value)
{
    const float place = fminf(fmaxf(value, 0), 1) * STEPS;
    const int i = place < STEPS ? (int)place : STEPS - 1;

    return curve[i] + (curve[i + 1] - curve[i]) * (place - (float)i);
}

static float encode(const struct tone_map *map, float light)
{
    return map->encode[(int)(fminf(light, 1) * ENCODE_STEPS + 0.5f)];
}

/* Light of the scene to that of a display (BT.2100, table 5). */
static void show_scene(const struct tone_map *map, float light[3])
{
    const float luminance =
        map->weights[0] * light[0] + map->weights[1] * light[1] + map->weights[2] * light[2];
    const float gain = look_up(map->gamma, sqrtf(sqrtf(luminance)));

    for (int i = 0; i < 3; i++)
        light[i] *= gain;
}

void tone_map_row(const struct tone_map *map, float *red, float *green, float *blue, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float light[3] = {look_up(map->light, red[i]), look_up(map->light, green[i]),
                          look_up(map->light, blue[i])};
        float most = fmaxf(fmaxf(red[i], green[i]), blue[i]), ratio;

        if (map->is_hlg) {
            show_scene(map, light);
            most = (float)pq_encode(fmaxf(fmaxf(light[0], light[1]), light[2]));
        }
        ratio = look_up(map->ratio, most);
        red[i] = encode(map, light[0] * ratio);
        green[i] = encode(map, light[1] * ratio);
        blue[i] = encode(map, light[2] * ratio);
    }
}
