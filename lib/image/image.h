/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of a picture in, bytes of a picture and a status out. Knows no process, no queue and no
 * HTTP. One picture at a time: the functions keep state for the process and are called from one
 * thread.
 *
 *     image_process -> probe (format, header, limits)
 *                   -> gif: all of a GIF
 *                   -> jpeg, png ...: the short ways through ordinary pictures; each may decline
 *                   -> vips: libvips, which takes what is left
 */

/* Brings up libvips and the codecs, once per process, before the cage closes: everything that is
 * loaded lazily is loaded here. 0 or -errno. */
int image_start(void);

/* Gives back what is too much to sit on while no picture comes. */
void image_rest(void);

/* 0 and *output; or STATUS_UNSUPPORTED_FORMAT, STATUS_IMAGE_CORRUPT, STATUS_IMAGE_TOO_LARGE with
 * output->detail; or -errno. */
int image_process(const struct image_request *request, const uint8_t *input, size_t input_size,
                  struct image_output *output);
