/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/result.h"

/*
 * Bytes of an image in, bytes of other images and a status out. Knows no process, no queue and no
 * HTTP. One image at a time: the functions keep state for the process and are called from one
 * thread.
 *
 *     image_process -> probe: format and header
 *                   -> plan: what is asked, held against the header
 *                   -> for each output the first path whose steps cover its plan, and that takes
 * this file; the last one, through libvips, covers everything
 */

/* Starts libvips and the codecs, once per process, before the sandbox closes: everything that is
 * loaded lazily is loaded here. 0 or -errno. */
int image_start(void);

/* Gives back memory that is too much to keep while no image comes. */
void image_rest(void);

/*
 * Makes request->count outputs of `input`. outputs[0].data and .capacity are memory for all of
 * them: each begins where the one before it ends. 0 and every output; or STATUS_UNSUPPORTED_FORMAT,
 * STATUS_IMAGE_CORRUPT, STATUS_IMAGE_TOO_LARGE with outputs[0].detail; or -errno.
 */
int image_process(const struct image_request *request, struct bytes input,
                  struct image_output outputs[]);
