/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/save.h"

/* GIF: the source's palette is used again where it has one for all frames. */
int save_gif(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    VipsTarget *target = memory_target_new(memory);
    int result;

    (void)options;
    if (target == NULL)
        return -1;
    result = vips_gifsave_target(image, target, "reuse", TRUE, NULL);
    g_object_unref(target);
    return result ? -1 : 0;
}
