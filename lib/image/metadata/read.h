/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "image/metadata/items.h"
#include "image/probe/format.h"

/* Adds the metadata in a file of that format, borrowed from it where it lies in one piece. What is
 * broken is not added. 0 or -ENOMEM. Linear in the file's size. Any thread. */
int metadata_read(enum image_format format, struct bytes file, struct metadata *metadata);
