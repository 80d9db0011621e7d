/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/pipeline.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/vips/gray.h"
#include "image/vips/image.h"
#include "image/vips/load.h"
#include "image/vips/resize.h"
#include "image/vips/save.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * The middle of the pipeline: splits frames, does the steps of the plan on each, and joins them.
 * Frames never see one another's pixels. libvips holds an animation as one tall strip of frames.
 */
struct work {
    const struct image_plan *plan;
    const struct image_output_plan *planned;
    unsigned steps; /* of the plan, and IMAGE_STEP_TURN if the file is turned */
    VipsImage *source;
    int divisor; /* factor by which the decoder made it smaller */
    int frames, orientation;
    bool was_gray;      /* the profile says the same of what gray makes of it */
    VipsImage **pieces; /* frames of them, or NULL */
};

static void cleanup_work(struct work *work)
{
    for (int i = 0; work->pieces != NULL && i < work->frames; i++)
        VIPS_UNREF(work->pieces[i]);
    free(work->pieces);
    VIPS_UNREF(work->source);
}

/* For what needs the pixels in another order than they come in. */
static int hold_in_memory(VipsImage **image)
{
    VipsImage *out = vips_image_copy_memory(*image);

    return out == NULL ? -1 : image_replace(image, out);
}

/* --- steps --------------------------------------------------------------------------------------
 */

/* The file's own size decides: what was cut off when the decoder made the image smaller does not
 * count. */
static int resize_frame(const struct work *work, VipsImage **frame)
{
    const struct image_header *header = &work->plan->source;
    const struct resizer_size size = {
        .width = (uint32_t)(*frame)->Xsize,
        .height = (uint32_t)(*frame)->Ysize,
        .to_width = work->planned->width,
        .to_height = work->planned->height,
        .step_x = (double)header->width / work->divisor / work->planned->width,
        .step_y = (double)header->height / work->divisor / work->planned->height,
    };

    return resize_image(frame, &size);
}

static int gray_frame(const struct work *work, VipsImage **frame)
{
    (void)work;
    return gray_step(frame);
}

/* Turns the result as the source's orientation (EXIF 1..8) asks. */
static int turn_frame(const struct work *work, VipsImage **image)
{
    VipsImage *out;

    if (hold_in_memory(image))
        return -1;
    if (vips_copy(*image, &out, NULL))
        return -1;
    image_replace(image, out);
    vips_image_set_int(*image, VIPS_META_ORIENTATION, work->orientation);
    if (vips_autorot(*image, &out, NULL))
        return -1;
    return image_replace(image, out);
}

static const struct {
    enum image_step step;
    int (*run)(const struct work *work, VipsImage **frame);
} steps[] = {
    {IMAGE_STEP_RESIZE, resize_frame},
    {IMAGE_STEP_GRAY, gray_frame},
    {IMAGE_STEP_TURN, turn_frame}, /* last: it holds the whole frame in memory */
};

static int process_frame(const struct work *work, VipsImage **frame)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < ARRAY_LENGTH(steps); i++) {
        if ((work->steps & steps[i].step) != 0)
            status = steps[i].run(work, frame);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------
 */

/* Each frame on its own, then one below the other. They are held in memory: of frames that are
 * computed as they are read, libvips' vips_arrayjoin (8.14) frees the rows that it has just pointed
 * to. */
static int process_frames(struct work *work, VipsImage **result)
{
    int width = work->source->Xsize, height = work->source->Ysize / work->frames;

    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
    work->pieces = calloc((size_t)work->frames, sizeof(*work->pieces));
    if (work->pieces == NULL)
        return -ENOMEM;
    for (int i = 0; i < work->frames; i++) {
        int status =
            vips_extract_area(work->source, &work->pieces[i], 0, i * height, width, height, NULL);

        if (status == 0)
            status = process_frame(work, &work->pieces[i]);
        if (status == 0)
            status = hold_in_memory(&work->pieces[i]);
        if (status != 0)
            return status;
    }
    return vips_arrayjoin(work->pieces, result, work->frames, "across", 1, NULL);
}

/* Keeps what the result's pixels mean (profile) and when they are shown; EXIF, XMP, GPS, comments,
 * thumbnails and whatever else came along stays behind. */
static bool is_kept(const char *field, const struct work *work)
{
    static const char *const kept[] = {"delay", "loop", "n-pages", "background",
                                       "jpeg-chroma-subsample"};

    if (strcmp(field, VIPS_META_ICC_NAME) == 0)
        return work->was_gray || (work->steps & IMAGE_STEP_GRAY) == 0;
    for (size_t i = 0; i < ARRAY_LENGTH(kept); i++) {
        if (strcmp(field, kept[i]) == 0)
            return true;
    }
    return false;
}

static int strip(VipsImage **image, const struct work *work)
{
    VipsImage *out;
    char **fields;

    if (vips_copy(*image, &out, NULL))
        return -1;
    image_replace(image, out);
    fields = vips_image_get_fields(out);
    for (char **field = fields; *field != NULL; field++) {
        if (!is_kept(*field, work))
            vips_image_remove(out, *field);
    }
    g_strfreev(fields);
    if (work->frames > 1)
        vips_image_set_int(out, VIPS_META_PAGE_HEIGHT, out->Ysize / work->frames);
    return 0;
}

/* Frames that keep their size need not be apart unless they are turned. */
static int process_image(struct work *work, VipsImage **result)
{
    int status;

    if (work->frames == 1 || (work->steps & (IMAGE_STEP_RESIZE | IMAGE_STEP_TURN)) == 0) {
        *result = TAKE_PTR(work->source);
        status = process_frame(work, result);
    } else {
        status = process_frames(work, result);
    }
    return status != 0 ? status : strip(result, work);
}

/* A gray source of few bits goes back with as few: its values are still of that kind. */
static int bits_to_keep(const struct work *work)
{
    const int bits = work->plan->source.bits;

    if ((work->steps & IMAGE_STEP_GRAY) == 0 || (work->steps & IMAGE_STEP_RESIZE) != 0 ||
        work->source->Bands != 1 || bits >= 8)
        return 0;
    return bits;
}

/* Gray that could not be copied keeps what it can: half of the loss that its luma had, so that a
 * second one is not seen. */
static int choose_quality(const struct image_plan *plan, const struct image_output_plan *planned)
{
    const int source = plan->source.quality, finer = source > 0 ? (100 + source) / 2 : 0;

    if (planned->quality > 0)
        return planned->quality;
    return finer > plan->default_quality ? finer : plan->default_quality;
}

static int open_source(struct work *work, struct bytes input, char *detail)
{
    int status = load_image(work->plan, work->planned, input, &work->source, detail);

    if (status != 0)
        return status;
    if (profile_step(&work->source))
        return -1;
    work->was_gray = gray_keeps_profile(work->source);
    work->frames = vips_image_get_n_pages(work->source);
    if (work->frames < 1 ||
        vips_image_get_page_height(work->source) * work->frames != work->source->Ysize)
        work->frames = 1;
    work->orientation = vips_image_get_orientation(work->source);
    if (work->orientation != 1)
        work->steps |= IMAGE_STEP_TURN;
    return 0;
}

static int process_and_save(struct work *work, struct bytes input, struct image_output *output)
{
    _cleanup_image_ VipsImage *result = NULL;
    struct save_options options = {
        .header = &work->plan->source,
        .quality = choose_quality(work->plan, work->planned),
        .source_bytes = input.size,
        .reduced = (work->steps & IMAGE_STEP_RESIZE) != 0,
    };
    int status = open_source(work, input, output->detail);

    if (status != 0)
        return status;
    options.bits = bits_to_keep(work);
    status = process_image(work, &result);
    return status != 0 ? status : save_image(result, &options, output);
}

/* As libvips itself, libjpeg, libpng and libtiff put it. */
static bool is_short_of_memory(const char *words)
{
    static const char *const all[] = {"out of memory", "insufficient memory", "no space for"};

    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        if (strcasestr(words, all[i]) != NULL)
            return true;
    }
    return false;
}

int pipeline_start(void)
{
    return load_start();
}

int pipeline_run(const struct image_plan *plan, const struct image_output_plan *planned,
                 struct bytes input, struct image_output *output)
{
    _cleanup_(cleanup_work) struct work work = {
        .plan = plan,
        .planned = planned,
        .steps = planned->steps,
        .divisor = load_divisor(plan, planned),
    };
    int status = process_and_save(&work, input, output);

    if (status == -1) /* libvips' words stay here: they carry paths and addresses */
        status = is_short_of_memory(vips_error_buffer()) ? -ENOMEM : STATUS_IMAGE_CORRUPT;
    vips_error_clear();
    return status;
}
