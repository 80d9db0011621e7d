/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/info.h"

/* What a header says, for clients, and behind it the members that imaginary has for the same.
 * Members are always the same; one that does not apply is null. */
#include "http/problem.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 6 * IMAGE_PROFILE_NAME_BYTES + 3, BITS_UNLESS_SAID = 8 };

static const char *const colour_names[] = {
    [IMAGE_COLOURS_RGB] = "srgb",
    [IMAGE_COLOURS_GRAY] = "gray",
    [IMAGE_COLOURS_CMYK] = "cmyk",
    [IMAGE_COLOURS_LAB] = "lab",
};

/* Alpha and extra samples counted; a palette's entries are pixels. */
static unsigned count_channels(const struct image_header *header)
{
    static const unsigned channels[] = {
        [IMAGE_COLOURS_RGB] = 3,
        [IMAGE_COLOURS_GRAY] = 1,
        [IMAGE_COLOURS_CMYK] = 4,
        [IMAGE_COLOURS_LAB] = 3,
    };

    if (header->format == IMAGE_TIFF && header->photometric != IMAGE_TIFF_PALETTE)
        return header->samples;
    return channels[header->colours] + (header->alpha ? 1 : 0);
}

/* A JSON string. */
static void quote(const char *from, char text[static TEXT_BYTES])
{
    char *end = text;

    *end++ = '"';
    end = http_json_escape(end, from);
    *end++ = '"';
    *end = '\0';
}

static const char *boolean(bool value)
{
    return value ? "true" : "false";
}

/* The names that libvips has for them, as imaginary reports. */
static const char *libvips_space(const struct image_header *header)
{
    const bool deep = header->bits > 8;

    switch (header->colours) {
    case IMAGE_COLOURS_GRAY:
        return deep ? "grey16" : "b-w";
    case IMAGE_COLOURS_CMYK:
        return "cmyk";
    case IMAGE_COLOURS_LAB:
        return "lab";
    default:
        return deep ? "rgb16" : "srgb";
    }
}

/* What imaginary calls a format: libvips' name. */
static const char *libvips_type(const struct image_header *header)
{
    return header->format == IMAGE_HEIC ? "heif"
                                        : image_media_type(header->format) + strlen("image/");
}

int info_answer(const struct image_header *header, size_t bytes, struct http_answer *answer)
{
    const bool turned = header->orientation >= 5;
    const char *media_type = image_media_type(header->format);
    char profile[TEXT_BYTES] = "null", subsampling[TEXT_BYTES] = "null", loop[16] = "null";

    if (header->has_profile)
        quote(header->profile_name[0] != '\0' ? header->profile_name : "unnamed", profile);
    if (header->subsampling[0] != '\0')
        quote(header->subsampling, subsampling);
    if (header->loop != IMAGE_LOOP_NONE)
        snprintf(loop, sizeof(loop), "%d", (int)header->loop);
    return http_answer_text(
        answer, "application/json",
        "{\"format\":\"%s\",\"media_type\":\"%s\",\"width\":%u,\"height\":%u,\"orientation\":%u,"
        "\"frames\":%u,\"loop\":%s,\"bits\":%u,\"channels\":%u,\"alpha\":%s,"
        "\"colourspace\":\"%s\",\"profile\":%s,\"progressive\":%s,\"subsampling\":%s,"
        "\"bytes\":%zu,"
        "\"type\":\"%s\",\"space\":\"%s\",\"hasAlpha\":%s,\"hasProfile\":%s}\n",
        media_type + strlen("image/"), media_type, turned ? header->height : header->width,
        turned ? header->width : header->height, header->has_orientation ? header->orientation : 0,
        header->frames, loop, header->bits != 0 ? header->bits : BITS_UNLESS_SAID,
        count_channels(header), boolean(header->alpha), colour_names[header->colours], profile,
        boolean(header->progressive), subsampling, bytes, libvips_type(header),
        libvips_space(header), boolean(header->alpha), boolean(header->has_profile));
}
