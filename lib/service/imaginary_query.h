/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "base/decimal.h"
#include "http/query.h"
#include "image/plan/request.h"

#include <stdbool.h>

/*
 * What a request on a path of h2non/imaginary's API asks for: its query, whose one parameter
 * `operations` may be JSON with further parameters, as values. Reads as imaginary does, which is
 * lenient in its own ways: a fraction is rounded in a query and cut off in JSON, a sign is dropped,
 * unknown names are ignored, and of a repeated name the first counts. Knows no image, and allocates
 * only while it reads.
 */
enum {
    IMAGINARY_OPERATIONS_MAX = 10,
    IMAGINARY_JSON_MAX_BYTES = 16 * 1024,
    IMAGINARY_WORD_BYTES = 32,
    IMAGINARY_SIGMA_MAX = 100,
};

/* A word of up to 31 bytes, as written; a longer one is none that anybody knows, and becomes "?".
 */
struct imaginary_word {
    char text[IMAGINARY_WORD_BYTES];
};

struct imaginary_ratio {
    uint32_t width, height; /* 0: malformed, if it is given */
    uint32_t given;         /* 0 or 1 */
};

/* The parameters of one operation. A member of 0, or an empty word, was not given. */
struct imaginary_parameters {
    uint32_t width, height, quality, compression, speed, rotate, factor;
    uint32_t top, left, areawidth, areaheight;
    struct decimal sigma, minampl;
    uint32_t flip, flop, nocrop, noprofile, norotation, force, embed, stripmeta,
        interlace;       /* enum image_choice */
    uint32_t background; /* 0xRRGGBBff */
    struct imaginary_ratio aspectratio;
    struct imaginary_word type, gravity, extend, colorspace, file, url, field;
};

/* How an operation makes an image meet the sides that it is given. */
enum imaginary_sizing {
    IMAGINARY_STRETCH, /* one side: in proportion; both: exactly */
    IMAGINARY_FIT,
    IMAGINARY_RESIZE, /* inside the box, and padded to it */
    IMAGINARY_CROP,
    IMAGINARY_ENLARGE,
    IMAGINARY_NO_SIZE,
};

enum imaginary_need {
    IMAGINARY_NEEDS_NOTHING,
    IMAGINARY_NEEDS_SIDE,
    IMAGINARY_NEEDS_BOTH_SIDES,
    IMAGINARY_NEEDS_AREA,
    IMAGINARY_NEEDS_ROTATE,
    IMAGINARY_NEEDS_FACTOR,
    IMAGINARY_NEEDS_TYPE,
    IMAGINARY_NEEDS_BLUR,
    IMAGINARY_NEEDS_WATERMARKS, /* which we do not have */
};

/* A row of the table of operations. */
struct imaginary_operation_type {
    const char *name; /* as its path after the slash */
    enum imaginary_need need;
    enum imaginary_sizing sizing;
    uint32_t flip; /* IMAGE_FLIP_ bits */
    bool smart;    /* crops where attention is drawn */
    bool area;     /* takes top, left, areawidth and areaheight */
    bool upright;  /* takes no parameter that concerns the pixels: EXIF's orientation is applied */
};

struct imaginary_operation {
    const struct imaginary_operation_type *type;
    bool optional; /* left out if it fails: ignore_failure */
    struct imaginary_parameters parameters;
};

struct imaginary_query {
    bool pipeline;
    bool asks_url; /* for an image that is not in the body: `url` or `file` */
    struct imaginary_word field;
    unsigned count;
    struct imaginary_operation operations[IMAGINARY_OPERATIONS_MAX];
};

/* Reads the query (NULL if `length` is 0) of a request on `path`, "/pipeline" or that of an
 * operation. 0; STATUS_BAD_PARAMETER with a sentence in `detail`; STATUS_NOT_FOUND: no such path;
 * or -ENOMEM. Any thread. */
int imaginary_read(struct imaginary_query *asked, const char *path, const char *query,
                   size_t length, char detail[static HTTP_DETAIL_BYTES]);

/* Walks the table of operations, of which a pipeline consists: NULL behind the last. */
const char *imaginary_operation_name(size_t index);

/* That of a path without its slash, or of a pipeline; NULL: none. */
const struct imaginary_operation_type *imaginary_find_operation(const char *name);

/* A row of the table of parameters, for the documentation. */
struct imaginary_description {
    const char *name, *help;
    const char *json, *pattern; /* as of struct http_parameter_type */
    double largest;             /* 0: no bound */
};

/* The parameters that have an effect. False: behind the last. */
bool imaginary_describe(size_t index, struct imaginary_description *described);

/* The names of all parameters, NULL-terminated, for /info, which accepts and ignores them. */
extern const char *const imaginary_names[];
