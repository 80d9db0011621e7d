/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is known of an image from its bytes without decoding any: its format and its size. Plain C
 * without image libraries: servers use it too, to refuse cheaply, and it is fuzzed.
 */
enum image_format {
    IMAGE_NONE,
    IMAGE_JPEG,
    IMAGE_PNG,
    IMAGE_WEBP,
    IMAGE_GIF,
    IMAGE_TIFF,
    IMAGE_AVIF,
    IMAGE_HEIC, /* and every other HEIF (ISO/IEC 23008-12) that is no AVIF */
    IMAGE_FORMAT_COUNT
};

/* TIFF's own numbers for compressions ... */
enum {
    IMAGE_TIFF_PLAIN = 1,
    IMAGE_TIFF_FAX3 = 3,
    IMAGE_TIFF_FAX4 = 4,
    IMAGE_TIFF_LZW = 5,
    IMAGE_TIFF_JPEG = 7,
    IMAGE_TIFF_DEFLATE = 8,
    IMAGE_TIFF_PACKBITS = 32773,
    IMAGE_TIFF_OLD_DEFLATE = 32946,
    IMAGE_TIFF_LZMA = 34925,
    IMAGE_TIFF_ZSTD = 50000,
};

/* ... and for what samples mean. */
enum {
    IMAGE_TIFF_WHITE_IS_ZERO = 0,
    IMAGE_TIFF_BLACK_IS_ZERO = 1,
    IMAGE_TIFF_RGB = 2,
    IMAGE_TIFF_PALETTE = 3,
    IMAGE_TIFF_INKS = 5,
    IMAGE_TIFF_YCBCR = 6,
    IMAGE_TIFF_LAB = 8,
};

/* What samples mean, apart from alpha. A profile says it more exactly. */
enum image_colours {
    IMAGE_COLOURS_RGB,
    IMAGE_COLOURS_GRAY,
    IMAGE_COLOURS_CMYK,
    IMAGE_COLOURS_LAB,
};

enum { IMAGE_UNSUPPORTED_BYTES = 80, IMAGE_PROFILE_NAME_BYTES = 64, IMAGE_LOOP_NONE = -1 };

struct image_header {
    enum image_format format;
    uint32_t width, height; /* pixels as stored, before EXIF's orientation, which AVIF and HEIC
                             * ignore; 0: not known cheaply */
    uint32_t frames;        /* at least 1; of GIF, WebP and TIFF (pages, if all have one size) */
    bool lossless;          /* WebP: whether the (first) frame is VP8L; AVIF: likely */
    bool progressive;       /* JPEG, PNG */
    uint8_t orientation;    /* EXIF's, or TIFF's tag: 1..8; 1 if there is none */
    bool has_orientation;   /* there is one, be it 1 */
    bool alpha;             /* GIF: a frame has a transparent index */
    enum image_colours colours;
    int32_t loop;     /* as an animation says it, 0: for ever; IMAGE_LOOP_NONE: it says nothing */
    bool has_profile; /* an ICC profile, sound or not */
    char profile_name[IMAGE_PROFILE_NAME_BYTES]; /* UTF-8; "": not known */
    uint8_t mcu_width, mcu_height;               /* JPEG: pixels of an MCU as if interleaved */
    char subsampling[4];  /* JPEG, AVIF, HEIC: "420", "422", "444" ...; "": none with such a name */
    bool arithmetic, rgb; /* JPEG: coded so; its colours are not Y, Cb, Cr */
    uint16_t bits;        /* per sample; PNG, TIFF, AVIF and HEIC */
    uint16_t samples;     /* of a pixel, alpha and extra ones counted; not of GIF and WebP */
    uint16_t compression, photometric; /* TIFF's own numbers */
    uint64_t stored_bytes;             /* TIFF: bytes that strips or tiles of the frames claim */
    uint64_t decoded_pixels;           /* AVIF, HEIC: in all tiles, shown or not */
    bool premultiplied;                /* TIFF, AVIF and HEIC: colours are multiplied by alpha */
    uint8_t quality; /* JPEG: about what its luma was encoded at, 1..100; 0: not known */
    char unsupported[IMAGE_UNSUPPORTED_BYTES]; /* what it is, if its kind is not supported */
};

/* The format from the magic bytes; IMAGE_NONE for anything else. Any thread. */
enum image_format image_sniff(const uint8_t *data, size_t size);

/* Reads the header. 0; STATUS_UNSUPPORTED_FORMAT: none of the formats, or an unsupported kind of
 * one, and then header->unsupported says which; or STATUS_IMAGE_CORRUPT if the bytes end or break
 * before a size is found. At worst linear in `size`, allocates nothing. Any thread. */
int image_read_header(const uint8_t *data, size_t size, struct image_header *header);

/* Whether a file of `size` bytes has room for what its header claims: parts that overlap, or occur
 * twice, would let a small file decode to anything. Any thread. */
bool image_has_room(const struct image_header *header, size_t size);

/* width x height x frames, or what must be decoded for them if that is more; saturating. */
uint64_t image_pixels(const struct image_header *header);

/* The format of what is made of such a source: the same, but JPEG for HEIC, which is not written.
 */
enum image_format image_result_format(enum image_format source);

/* "image/jpeg" ...; "application/octet-stream" for IMAGE_NONE and unknown numbers. */
const char *image_media_type(unsigned format);

/* The format of that media type, in any case of letters, or of its word, "jpeg" ...; IMAGE_NONE: of
 * none. */
enum image_format image_format_of_media_type(const char *type, size_t length);
enum image_format image_format_of_word(const char *word);

/* "JPEG" ..., for sentences. */
const char *image_format_name(unsigned format);
