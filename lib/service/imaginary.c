/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/imaginary.h"

/*
 * The rules of imaginary's operations, as its answers show them. Within one operation, whatever the
 * order of its parameters: EXIF's orientation, rotate, flip, flop, zoom, size, area, blur, colours.
 */
#include "base/cleanup.h"
#include "base/status.h"
#include "service/imaginary_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    FACTOR_MAX = 65534,
    ANGLE_MAX = 270,
    COMPRESSION_MAX = 9,
    SPEED_MAX = 8,
    SLOWEST_EFFORT = 3, /* beyond, an AVIF takes longer than a preview may */
};

#define WHITE UINT32_C(0xffffffff)
#define BLACK UINT32_C(0x000000ff)

/* A request while operations are added to it. */
struct translation {
    struct image_request *request;
    const struct image_header *header;
    const char *accept;
    struct image_size size; /* of the image so far, as turned so far */
    bool began;             /* an operation was added */
    bool restores;          /* stage 0 undoes EXIF's turn, so that operations see what is stored */
    bool oriented;          /* EXIF's turn is done, or there is none */
    const struct imaginary_query *asked;
    bool strips;                 /* the orientation's tag, too */
    uint32_t compression, speed; /* the last ones given; 0: none */
    char *detail;
};

static int refuse_operation(char *detail, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse_operation(char *detail, int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(detail, HTTP_DETAIL_BYTES, format, arguments);
    va_end(arguments);
    return status;
}

/* --- types --------------------------------------------------------------------------------------
 */

/* The first of the three types that Accept names of which imaginary knows; else the image's own. */
static enum image_format accepted_type(const char *accept)
{
    static const enum image_format known[] = {IMAGE_WEBP, IMAGE_PNG, IMAGE_JPEG};

    while (accept != NULL && *accept != '\0') {
        accept += strspn(accept, " \t,");
        for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
            const char *name = image_media_type(known[i]);

            if (strcspn(accept, " \t;,") == strlen(name) &&
                strncasecmp(accept, name, strlen(name)) == 0)
                return known[i];
        }
        accept += strcspn(accept, ",");
    }
    return IMAGE_NONE;
}

static void set_type(struct translation *translation, const struct imaginary_word *type)
{
    struct image_encoding *encoding = &translation->request->outputs[0].encoding;

    if (imaginary_is_auto(type))
        encoding->format = accepted_type(translation->accept);
    else if (imaginary_find_type(type) != IMAGE_NONE)
        encoding->format = imaginary_find_type(type);
}

/* --- stages and turns ---------------------------------------------------------------------------
 */

static const unsigned flip_turns[] = {1, 2, 4, 3}, rotate_turns[] = {1, 6, 3, 8};

static struct image_stage *add_stage(struct translation *translation)
{
    struct image_request *request = translation->request;
    struct image_stage *stage = &request->stages[request->outputs[0].stages++];

    *stage = (struct image_stage){.background = WHITE};
    return stage;
}

static unsigned turn_of_stage(const struct image_stage *stage)
{
    return geometry_combine(flip_turns[stage->flip], rotate_turns[stage->rotate / 90]);
}

/* Every turn is a flip or none, and then a rotation. */
static void set_turn(struct image_stage *stage, unsigned turn)
{
    stage->flip = 0;
    stage->rotate = 0;
    while (turn_of_stage(stage) != turn) {
        stage->rotate = (stage->rotate + 90) % 360;
        if (stage->rotate == 0)
            stage->flip = IMAGE_FLIP_HORIZONTAL;
    }
}

/* Turns the image as it is so far: the last thing that the last stage does, since blur and colours
 * do not mind. */
static void turn_image(struct translation *translation, unsigned turn)
{
    struct image_request *request = translation->request;
    const uint32_t stages = request->outputs[0].stages;
    struct image_stage *last =
        stages > (translation->restores ? 1 : 0) ? &request->stages[stages - 1] : NULL;

    if (turn == 1)
        return;
    if (last == NULL)
        last = add_stage(translation);
    set_turn(last, geometry_combine(turn_of_stage(last), turn));
    translation->size = geometry_turn_size(translation->size, turn);
}

/* EXIF's orientation is applied before the first operation that does not decline. What is applied
 * from the start is the request's own; later it is one more turn, of an image that a first stage
 * has put back as it is stored. */
static void orient(struct translation *translation, bool declined)
{
    const unsigned orientation = translation->header->orientation;

    if (translation->oriented) {
        translation->began = true;
        return;
    }
    if (!translation->began && declined) {
        set_turn(add_stage(translation), geometry_inverse(orientation));
        translation->restores = true;
    } else if (!translation->began) {
        translation->size = geometry_turn_size(translation->size, orientation);
    }
    if (translation->began && !declined)
        turn_image(translation, orientation);
    translation->oriented = !declined;
    translation->began = true;
}

static enum image_format format_so_far(const struct translation *translation)
{
    const uint32_t format = translation->request->outputs[0].encoding.format;

    return format != IMAGE_NONE ? (enum image_format)format : translation->header->format;
}

/* imaginary has a WebP, and a JPEG that keeps its orientation, decoded anew once it knows that the
 * result is much smaller, and the flips are lost with the first one. Its answers are what its
 * clients know, so theirs are lost here as well. The limits are those of its bicubic interpolation.
 */
static bool forgets_flips(const struct translation *translation,
                          const struct imaginary_operation *operation)
{
    const struct imaginary_parameters *asked = &operation->parameters;
    const enum image_format format = format_so_far(translation);
    const struct image_size size = translation->size;
    const bool crops =
        operation->type->sizing == IMAGINARY_CROP || operation->type->sizing == IMAGINARY_ENLARGE;
    const bool narrow = asked->width > 0 && UINT64_C(3) * size.width / asked->width >= 8;
    const bool low = asked->height > 0 && UINT64_C(3) * size.height / asked->height >= 8;
    const bool anew =
        format == IMAGE_WEBP || (format == IMAGE_JPEG && asked->norotation == IMAGE_TRUE);

    return anew && (crops ? narrow && low : narrow || low);
}

static void turn_as_asked(struct translation *translation,
                          const struct imaginary_operation *operation)
{
    const struct imaginary_parameters *asked = &operation->parameters;
    uint32_t angle = asked->rotate - asked->rotate % 90, flip = operation->type->flip;

    if (angle > ANGLE_MAX)
        angle = ANGLE_MAX;
    if (asked->flip == IMAGE_TRUE)
        flip |= IMAGE_FLIP_HORIZONTAL;
    if (asked->flop == IMAGE_TRUE)
        flip |= IMAGE_FLIP_VERTICAL;
    if (forgets_flips(translation, operation))
        flip = 0;
    turn_image(translation, geometry_combine(rotate_turns[angle / 90], flip_turns[flip]));
}

/* --- sizes --------------------------------------------------------------------------------------
 */

static int check_step_size(const struct translation *translation, uint64_t width, uint64_t height)
{
    const struct image_request *request = translation->request;
    const struct image_header *header = translation->header;
    const uint64_t longest = header->width > header->height ? header->width : header->height;
    const uint64_t side = width > height ? width : height;

    if (side > request->max_side && side > longest)
        return refuse_operation(
            translation->detail, STATUS_RESULT_TOO_LARGE,
            "limits.max_side is %u, and an operation would make %llu x %llu pixels",
            request->max_side, (unsigned long long)width, (unsigned long long)height);
    if (height > 0 && width > request->max_pixels / height)
        return refuse_operation(
            translation->detail, STATUS_RESULT_TOO_LARGE,
            "limits.max_pixels is %llu, and an operation would make %llu x %llu",
            (unsigned long long)request->max_pixels, (unsigned long long)width,
            (unsigned long long)height);
    return 0;
}

static int zoom(struct translation *translation, const struct imaginary_operation *operation,
                struct image_stage *stage)
{
    const uint32_t factor = operation->parameters.factor;
    struct image_size *size = &translation->size;
    uint64_t times;
    int status;

    if (operation->type->need != IMAGINARY_NEEDS_FACTOR)
        return 0;
    times = (factor < FACTOR_MAX ? factor : FACTOR_MAX) + 1;
    status = check_step_size(translation, size->width * times, size->height * times);
    if (status != 0)
        return status;
    stage->repeat = (uint32_t)times;
    size->width *= (uint32_t)times;
    size->height *= (uint32_t)times;
    return 0;
}

/* The other side by the ratio, in whole numbers: 320 of 3:2 is 212. */
static uint32_t by_ratio(uint32_t side, uint32_t divisor, uint32_t factor)
{
    const uint64_t other = (uint64_t)(side / divisor) * factor;

    return other < INT32_MAX ? (uint32_t)other : INT32_MAX;
}

static int find_box(const struct translation *translation, const struct imaginary_parameters *asked,
                    struct image_box *box)
{
    const struct imaginary_ratio *ratio = &asked->aspectratio;

    *box = (struct image_box){.width = asked->width, .height = asked->height};
    if (ratio->given == 0 || (box->width > 0) == (box->height > 0))
        return 0;
    if (ratio->width == 0)
        return refuse_operation(
            translation->detail, STATUS_BAD_PARAMETER,
            "Error while processing parameters: \"aspectratio\" must be a ratio, "
            "\"16:9\"");
    if (box->width > 0)
        box->height = by_ratio(box->width, ratio->width, ratio->height);
    else
        box->width = by_ratio(box->height, ratio->height, ratio->width);
    return 0;
}

/* Its words, and those of `extend`, may be in any case. */
static struct image_asked_gravity find_gravity(const struct imaginary_operation *operation)
{
    static const struct decimal start = {.digits = 0}, middle = {.digits = 5, .places = 1},
                                end = {.digits = 1};
    const struct {
        const char *name;
        struct image_gravity gravity;
    } gravities[] = {
        {"north", {middle, start}},
        {"south", {middle, end}},
        {"west", {start, middle}},
        {"east", {end, middle}},
    };
    const char *asked = operation->parameters.gravity.text;

    if (operation->type->smart || strcasecmp(asked, "smart") == 0)
        return (struct image_asked_gravity){.kind = IMAGE_GRAVITY_SMART};
    for (size_t i = 0; i < ARRAY_LENGTH(gravities); i++) {
        if (strcasecmp(gravities[i].name, asked) == 0)
            return (struct image_asked_gravity){.kind = IMAGE_GRAVITY_POINT,
                                                .point = gravities[i].gravity};
    }
    return (struct image_asked_gravity){.kind = IMAGE_GRAVITY_CENTER};
}

static void set_fit(struct image_stage *stage, const struct image_box *box, enum image_fit fit,
                    bool enlarge)
{
    stage->width = box->width;
    stage->height = box->height;
    stage->fit = fit;
    stage->enlarge = enlarge ? 1 : 0;
}

/* What pad adds. Any other word is as "mirror", and so is none, but on /resize as "copy". */
static void set_extend(struct image_stage *stage, const struct imaginary_operation *operation)
{
    const uint32_t background = operation->parameters.background;
    const struct {
        const char *name;
        enum image_extend extend;
        uint32_t colour;
    } extends[] = {
        {"copy", IMAGE_EXTEND_COPY, WHITE},
        {"black", IMAGE_EXTEND_BACKGROUND, BLACK},
        {"white", IMAGE_EXTEND_BACKGROUND, WHITE},
        {"background", IMAGE_EXTEND_BACKGROUND, background != 0 ? background : BLACK},
        {"lastpixel", IMAGE_EXTEND_BACKGROUND, background != 0 ? background : BLACK},
    };
    const char *asked = operation->parameters.extend.text;

    if (asked[0] == '\0' && operation->type->sizing == IMAGINARY_RESIZE)
        asked = "copy";
    stage->extend = IMAGE_EXTEND_MIRROR;
    for (size_t i = 0; i < ARRAY_LENGTH(extends); i++) {
        if (strcasecmp(extends[i].name, asked) == 0) {
            stage->extend = extends[i].extend;
            stage->background = extends[i].colour;
        }
    }
}

static bool is_smaller_in_both(struct image_size size, const struct image_box *box)
{
    return size.width < box->width && size.height < box->height;
}

/* Inside the box, and padded to it. */
static void pad(const struct translation *translation, const struct image_box *box,
                const struct imaginary_operation *operation, struct image_stage *stage)
{
    if (is_smaller_in_both(translation->size, box))
        return;
    set_fit(stage, box, IMAGE_FIT_PAD, false);
    set_extend(stage, operation);
}

static void crop(const struct translation *translation, const struct image_box *box,
                 const struct imaginary_operation *operation, struct image_stage *stage)
{
    const struct image_size size = translation->size;
    struct image_box part = *box;

    stage->gravity = find_gravity(operation);
    if (box->width == 0 || box->height == 0) {
        part.width = box->width == 0 || box->width > size.width ? size.width : box->width;
        part.height = box->height == 0 || box->height > size.height ? size.height : box->height;
        set_fit(stage, &part, IMAGE_FIT_COVER, false);
    } else if (!is_smaller_in_both(size, box)) {
        set_fit(stage, box, IMAGE_FIT_COVER, true);
    }
}

static void size_one_side(const struct translation *translation, const struct image_box *box,
                          const struct imaginary_operation *operation, struct image_stage *stage)
{
    const struct imaginary_parameters *asked = &operation->parameters;
    const bool force = asked->force == IMAGE_TRUE;

    if (operation->type->sizing == IMAGINARY_CROP ||
        (operation->type->sizing == IMAGINARY_RESIZE && asked->nocrop == IMAGE_FALSE))
        crop(translation, box, operation, stage);
    else
        set_fit(stage, box, IMAGE_FIT_INSIDE, force || operation->type->sizing != IMAGINARY_RESIZE);
}

static void size_both_sides(const struct translation *translation, const struct image_box *box,
                            const struct imaginary_operation *operation, struct image_stage *stage)
{
    const struct imaginary_parameters *asked = &operation->parameters;

    if (asked->force == IMAGE_TRUE) {
        set_fit(stage, box, IMAGE_FIT_FILL, true);
        return;
    }
    switch (operation->type->sizing) {
    case IMAGINARY_FIT:
        set_fit(stage, box, IMAGE_FIT_INSIDE, false);
        break;
    case IMAGINARY_CROP:
        crop(translation, box, operation, stage);
        break;
    case IMAGINARY_ENLARGE:
        set_fit(stage, box, asked->nocrop == IMAGE_TRUE ? IMAGE_FIT_INSIDE : IMAGE_FIT_COVER, true);
        stage->gravity = find_gravity(operation);
        break;
    case IMAGINARY_RESIZE:
        if (asked->nocrop == IMAGE_FALSE)
            crop(translation, box, operation, stage);
        else
            pad(translation, box, operation, stage);
        break;
    default:
        if (asked->embed == IMAGE_TRUE)
            pad(translation, box, operation, stage);
        else
            set_fit(stage, box, IMAGE_FIT_FILL, true);
    }
}

static int set_size(struct translation *translation, const struct imaginary_operation *operation,
                    struct image_stage *stage)
{
    struct image_size resized, result;
    struct image_box box;
    int status;

    if (operation->type->sizing == IMAGINARY_NO_SIZE)
        return 0;
    status = find_box(translation, &operation->parameters, &box);
    if (status != 0 || (box.width == 0 && box.height == 0))
        return status;
    if (box.width == 0 || box.height == 0)
        size_one_side(translation, &box, operation, stage);
    else
        size_both_sides(translation, &box, operation, stage);
    if (stage->width == 0 && stage->height == 0)
        return 0;
    geometry_fit(translation->size, (struct image_size){stage->width, stage->height}, stage->fit,
                 stage->enlarge != 0, &resized, &result);
    translation->size = result;
    return check_step_size(translation, result.width, result.height);
}

static int set_area(struct translation *translation, const struct imaginary_operation *operation,
                    struct image_stage *stage)
{
    const struct imaginary_parameters *asked = &operation->parameters;
    struct image_size *size = &translation->size;

    if (!operation->type->area || asked->areawidth == 0)
        return 0;
    if ((uint64_t)asked->left + asked->areawidth > size->width ||
        (uint64_t)asked->top + asked->areaheight > size->height)
        return refuse_operation(translation->detail, STATUS_BAD_PARAMETER,
                                "Error while processing the image: extract_area: bad extract area");
    stage->area = (struct image_box){asked->left, asked->top, asked->areawidth, asked->areaheight};
    *size = (struct image_size){asked->areawidth, asked->areaheight};
    return 0;
}

/* --- operations ---------------------------------------------------------------------------------
 */

static void set_stage_colours(struct translation *translation,
                              const struct imaginary_parameters *asked, struct image_stage *stage)
{
    struct image_encoding *encoding = &translation->request->outputs[0].encoding;

    /* Between operations a JPEG has no transparency either. */
    if (asked->background != 0)
        stage->under = asked->background;
    else if (encoding->format == IMAGE_JPEG &&
             (translation->asked->pipeline || stage->background != WHITE))
        stage->under = WHITE;
    if (strcmp(asked->colorspace.text, "bw") == 0)
        stage->gray = IMAGE_GRAY_LUMINANCE;
    else if (asked->colorspace.text[0] != '\0')
        encoding->profile = IMAGE_PROFILE_SRGB;
}

static void set_encoding(struct translation *translation, const struct imaginary_parameters *asked)
{
    struct image_encoding *encoding = &translation->request->outputs[0].encoding;

    if (asked->quality > 0)
        encoding->quality = asked->quality <= 100 ? asked->quality : 0;
    if (asked->compression > 0)
        translation->compression = asked->compression;
    if (asked->speed > 0)
        translation->speed = asked->speed;
    if (asked->interlace != IMAGE_UNSET)
        encoding->progressive = asked->interlace == IMAGE_TRUE ? 1 : 0;
    if (asked->stripmeta == IMAGE_TRUE || asked->noprofile == IMAGE_TRUE)
        encoding->profile = IMAGE_PROFILE_SRGB;
    translation->strips = translation->strips || asked->stripmeta == IMAGE_TRUE;
    set_type(translation, &asked->type);
}

/* Whether an operation does more than turn the image. */
static bool needs_stage(const struct imaginary_operation *operation)
{
    const struct imaginary_parameters *asked = &operation->parameters;

    return !operation->type->upright &&
           (asked->width > 0 || asked->height > 0 || operation->type->area ||
            asked->sigma.digits > 0 || asked->background != 0 ||
            asked->colorspace.text[0] != '\0' || imaginary_find_type(&asked->type) == IMAGE_JPEG);
}

static int add_operation(struct translation *translation,
                         const struct imaginary_operation *operation)
{
    const struct imaginary_parameters *asked = &operation->parameters;
    struct image_stage *stage;
    int status = imaginary_check_operation(translation->asked, operation, translation->detail);

    if (status != 0)
        return status;
    orient(translation, asked->norotation == IMAGE_TRUE && !operation->type->upright);
    set_encoding(translation, asked);
    if (operation->type->upright)
        return 0;
    turn_as_asked(translation, operation);
    if (!needs_stage(operation))
        return 0;
    stage = add_stage(translation);
    status = zoom(translation, operation, stage);
    if (status == 0)
        status = set_size(translation, operation, stage);
    if (status == 0)
        status = set_area(translation, operation, stage);
    stage->blur = asked->sigma;
    set_stage_colours(translation, asked, stage);
    return status;
}

/* `compression` is of PNGs, and `speed` of AVIFs. Both are in the other's place without effect. */
static void set_effort(struct translation *translation)
{
    struct image_encoding *encoding = &translation->request->outputs[0].encoding;
    const enum image_format format = image_result_format(format_so_far(translation));
    const uint32_t compression = translation->compression, speed = translation->speed;
    uint32_t effort;

    if (format == IMAGE_PNG && compression > 0 && compression <= COMPRESSION_MAX)
        encoding->effort = compression + 1;
    if (format != IMAGE_AVIF || speed == 0 || speed > SPEED_MAX)
        return;
    effort = SPEED_MAX + 1 - speed;
    encoding->effort = (effort < SLOWEST_EFFORT ? effort : SLOWEST_EFFORT) + 1;
}

/* An image that was never turned keeps EXIF's tag, unless nothing is to be kept. */
static void finish(struct translation *translation)
{
    struct image_request *request = translation->request;

    if (translation->restores && !translation->oriented && !translation->strips) {
        set_turn(&request->stages[0], 1);
        request->as_stored = 1;
    }
    if (request->outputs[0].stages == 0)
        add_stage(translation);
    set_effort(translation);
}

int imaginary_translate(const struct imaginary_query *asked, const char *accept,
                        const struct image_header *header, struct image_request *request,
                        char detail[static HTTP_DETAIL_BYTES])
{
    struct translation translation = {
        .request = request,
        .header = header,
        .accept = accept,
        .size = {header->width, header->height},
        .oriented = header->orientation <= 1,
        .asked = asked,
        .detail = detail,
    };

    request->count = 1;
    request->outputs[0] = (struct image_output_request){
        .encoding = {.lossless = IMAGE_FALSE, .still = 1},
    };
    for (unsigned i = 0; i < asked->count; i++) {
        const struct image_request before = *request;
        const struct translation state = translation;
        int status = add_operation(&translation, &asked->operations[i]);

        if (status != 0 && !asked->operations[i].optional)
            return status;
        if (status != 0) {
            *request = before;
            translation = state;
        }
    }
    finish(&translation);
    return 0;
}
