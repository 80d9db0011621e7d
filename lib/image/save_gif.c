/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/save.h"

/*
 * GIF: the source's palette is used again where it has one for all frames, for to find a new one takes
 * five times as long. But colours between a few are none of them.
 */
enum { FEW_COLOURS = 32 };

static bool is_among(int colour, const int *colours, int count)
{
    for (int i = 0; i < count; i++) {
        if (colours[i] == colour)
            return true;
    }
    return false;
}

/* Tables are often filled up with one colour. */
static bool has_few_colours(VipsImage *image)
{
    int found[FEW_COLOURS], count = 0, entries = 0, *palette = NULL;

    if (vips_image_get_typeof(image, "gif-palette") == 0 ||
        vips_image_get_array_int(image, "gif-palette", &palette, &entries))
        return false;
    for (int i = 0; i < entries; i++) {
        if (is_among(palette[i], found, count))
            continue;
        if (count == FEW_COLOURS)
            return false;
        found[count++] = palette[i];
    }
    return true;
}

int save_gif(VipsImage *image, const struct save_options *options, struct memory_target *memory)
{
    VipsTarget *target = memory_target_new(memory);
    bool reuse = !options->reduced || !has_few_colours(image);
    int result;

    if (target == NULL)
        return -1;
    result = vips_gifsave_target(image, target, "reuse", reuse, NULL);
    g_object_unref(target);
    return result ? -1 : 0;
}
