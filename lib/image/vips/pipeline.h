/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/core/bytes.h"
#include "image/plan/plan.h"
#include "image/plan/result.h"

/*
 * The general path, through libvips, which takes every image but GIFs:
 *
 *     load -> for each frame: the plan's steps (a table in pipeline.c) -> join -> save
 *
 * Pixels flow through in strips; only an image that has to be turned is held as a whole, and then
 * it is already gray or resized. All pages of a TIFF are kept if they are alike, else the first
 * one.
 */

/* Once per process, before the first pipeline_run. 0 or -EIO. */
int pipeline_start(void);

/* As every path (image.c), but it never returns -ENOTSUP. */
int pipeline_run(const struct image_plan *plan, const struct image_output_plan *planned,
                 struct bytes input, struct image_output *output);
