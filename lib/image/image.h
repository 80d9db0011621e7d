/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/probe/format.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of a picture in, bytes of a picture and a status out. Knows no process, no queue and no
 * HTTP. One picture at a time: the functions keep state for the process and are called from one
 * thread.
 *
 *     image_process -> format (sniff, limits)
 *                   -> gif: all of a GIF
 *                   -> jpeg, png ...: the short ways through ordinary pictures; each may decline
 *                   -> picture: libvips, which takes what is left
 */
enum image_operation { IMAGE_GRAY, IMAGE_SCALE };

enum { IMAGE_DETAIL_BYTES = 128 };

struct image_request {
    enum image_operation operation;
    double factor;             /* IMAGE_SCALE: 0 < factor <= 1 */
    int quality;               /* 1..100 as asked; 0: not asked (gray JPEG is then lossless) */
    int default_quality;       /* 1..100 for lossy results where none was asked */
    uint64_t max_pixels;       /* width x height x frames */
    unsigned max_scans;        /* of a progressive JPEG */
};

struct image_output {
    uint8_t *data;             /* the caller's memory */
    size_t capacity;
    size_t size;               /* of the result */
    enum image_format format;
    char detail[IMAGE_DETAIL_BYTES]; /* why not, one sentence for the client */
};

/* Brings up libvips and the codecs, once per process, before the cage closes: everything that is
 * loaded lazily is loaded here. 0 or -errno. */
int image_start(void);

/* Gives back what is too much to sit on while no picture comes. */
void image_rest(void);

/* 0 and *output; or STATUS_UNSUPPORTED_FORMAT, STATUS_IMAGE_CORRUPT, STATUS_IMAGE_TOO_LARGE with
 * output->detail; or -errno. */
int image_process(const struct image_request *request, const uint8_t *input, size_t input_size,
                  struct image_output *output);

/* round-half-up(length * factor), at least 1: the size of a reduced picture. */
uint32_t image_scaled_length(uint32_t length, double factor);
