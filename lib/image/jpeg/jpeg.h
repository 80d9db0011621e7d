/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/pixels/raster.h"
#include "image/plan/plan.h"
#include "image/plan/result.h"

struct jpeg_layout;

/*
 * The fast paths of an ordinary JPEG: copies, gray by dropping the chroma from the entropy-coded
 * stream, resizing by a DCT of fewer points, all without ever making RGB. They decline whatever is
 * unusual, and libvips does it.
 *
 *     markers     where everything lies in the file (layout)
 *     entropy     Huffman tables and bits
 *     luma        gray: the luma's own bits, copied           (baseline, progressive)
 *     transcode   blocks that change places, without loss
 *     decode      the low frequencies, as planes (target)     (baseline, progressive)
 *     grid        where the result's samples lie among the decoded ones
 *     scale       these planes filtered to size and turned
 *     encode      planes to a JPEG
 *
 * Buffers live as long as the process; called from one thread.
 */

/* Makes the buffers and codec handles that live as long as the worker. 0 or -ENOMEM. */
int jpeg_start(void);

/* Gives back what is too much to sit on while no image comes. */
void jpeg_rest(void);

/* Gives all of it back. jpeg_start may be called again. */
void jpeg_stop(void);

/*
 * Reads the markers of the JPEG that the next calls are about; `input` is borrowed until
 * jpeg_close. 0; STATUS_IMAGE_CORRUPT, STATUS_UNSUPPORTED_FORMAT or STATUS_IMAGE_TOO_LARGE, the
 * last with `detail` (IMAGE_DETAIL_BYTES). Whether its scans hold what they should is seen when
 * they are read.
 */
int jpeg_open(const struct image_plan *plan, struct bytes input, char *detail);

/* What it found, for the general path. */
const struct jpeg_layout *jpeg_opened(void);

/* Whether the open file is a sound one, and libjpeg can read it: what the general path takes is
 * judged by the same reader as everything else, but for arithmetic coding. 0, STATUS_IMAGE_CORRUPT
 * or STATUS_UNSUPPORTED_FORMAT with `detail`. */
int jpeg_judge(char *detail);

void jpeg_close(void);

/*
 * Three paths (image.c): 0 and *output; a status or -errno; -ENOTSUP: not for this file. The source
 * is the one that is open. Whether it is sound does not depend on the path.
 *
 * The first copies the luma's own codes: decoding the result gives exactly the luma (Y, Rec. 601, 8
 * bits) of decoding the source. The second copies the coefficients of all components; a progressive
 * file stays progressive. The third decodes planes of the result's size or a little larger, of the
 * part that is wanted, and encodes them. All metadata but the pixel density and the profile is
 * dropped; the EXIF orientation is applied.
 */
int jpeg_copy_luma(const struct image_plan *plan, const struct image_output_plan *planned,
                   struct bytes input, struct image_output *output);
int jpeg_copy(const struct image_plan *plan, const struct image_output_plan *planned,
              struct bytes input, struct image_output *output);
int jpeg_planes(const struct image_plan *plan, const struct image_output_plan *planned,
                struct bytes input, struct image_output *output);

/* The planes that jpeg_planes() would encode, for another format's encoder, and the RGB profile
 * that they are of, if any. They live, and may be written, until jpeg_close(). The same results. */
int jpeg_raster(const struct image_plan *plan, const struct image_output_plan *planned,
                struct raster *raster, struct bytes *profile);
