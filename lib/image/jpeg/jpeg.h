/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/plan/request.h"

/*
 * The short ways through an ordinary JPEG: gray by dropping the chroma from the entropy-coded
 * stream, reducing by a DCT of fewer points, both without ever making RGB. Whatever is unusual is
 * declined, and libvips does it.
 *
 *     jpeg_markers    where everything lies in the file
 *     jpeg_entropy    Huffman tables and bits
 *     jpeg_luma       gray: the luma's own bits, copied        (baseline, progressive)
 *     jpeg_decode     the low frequencies, as scaled planes     (baseline, progressive)
 *     plane           turning, resampling
 *     jpeg_encode     planes to a JPEG
 *
 * Buffers live as long as the process; called from one thread.
 */

/* Makes the buffers and codec handles that live as long as the worker. 0 or -ENOMEM. */
int jpeg_start(void);

/* Gives back what is too much to sit on while no picture comes. */
void jpeg_rest(void);

/* Gives all of it back. jpeg_start may be called again. */
void jpeg_stop(void);

/*
 * 0 and *output; STATUS_IMAGE_CORRUPT, STATUS_IMAGE_TOO_LARGE or STATUS_UNSUPPORTED_FORMAT with
 * output->detail; -ENOTSUP: a sound JPEG within the limits, but not an ordinary one, take the long
 * way; or another -errno. `input` is only read. Whether it is sound does not depend on the request,
 * but for a result that is too large.
 *
 * Gray without request->quality is lossless: decoding the result gives exactly the luma (Y, Rec.
 * 601, 8 bits) of decoding the input. All metadata but the pixel density is dropped; the EXIF
 * orientation is applied.
 */
int jpeg_process(const struct image_request *request, const uint8_t *input, size_t size,
                 struct image_output *output);
