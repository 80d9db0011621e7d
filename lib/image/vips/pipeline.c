/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/pipeline.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/vips/gray.h"
#include "image/vips/image.h"
#include "image/vips/load.h"
#include "image/vips/operations.h"
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
    VipsImage *source;
    int divisor; /* factor by which the decoder made it smaller */
    int frames;
    VipsImage **pieces; /* frames of them, or NULL */
    struct image_box
        smart_boxes[IMAGE_OPERATIONS_MAX]; /* found in the first frame; of no width: not yet */
};

static void cleanup_work(struct work *work)
{
    for (int i = 0; work->pieces != NULL && i < work->frames; i++)
        VIPS_UNREF(work->pieces[i]);
    free(work->pieces);
    VIPS_UNREF(work->source);
}

/* --- operations ---------------------------------------------------------------------------------
 */

static int crop_frame(struct work *work, const struct image_operation *operation, VipsImage **frame)
{
    (void)work;
    return crop_step(frame, &operation->box);
}

/* Of what the decoder made smaller the file's own size decides: what it cut off does not count. */
static int resize_frame(struct work *work, const struct image_operation *operation,
                        VipsImage **frame)
{
    const struct image_header *header = &work->plan->source;
    struct resizer_size size = {
        .width = (uint32_t)(*frame)->Xsize,
        .height = (uint32_t)(*frame)->Ysize,
        .to_width = operation->size.width,
        .to_height = operation->size.height,
    };

    if (work->divisor > 1 && operation == work->planned->operations) {
        size.step_x = (double)header->width / work->divisor / size.to_width;
        size.step_y = (double)header->height / work->divisor / size.to_height;
    }
    return resize_image(frame, &size, operation->linear);
}

/* Every frame is cropped where the first one is. */
static int smart_crop_frame(struct work *work, const struct image_operation *operation,
                            VipsImage **frame)
{
    struct image_box *found = &work->smart_boxes[operation - work->planned->operations];

    if (found->width > 0)
        return crop_step(frame, found);
    return smart_crop_step(frame, operation->size, found);
}

static int pad_frame(struct work *work, const struct image_operation *operation, VipsImage **frame)
{
    return pad_step(frame, operation, work->planned->format != IMAGE_JPEG);
}

static int repeat_frame(struct work *work, const struct image_operation *operation,
                        VipsImage **frame)
{
    (void)work;
    return repeat_step(frame, operation->repeat);
}

static int turn_frame(struct work *work, const struct image_operation *operation, VipsImage **frame)
{
    (void)work;
    return turn_step(frame, operation->turn);
}

static int blur_frame(struct work *work, const struct image_operation *operation, VipsImage **frame)
{
    (void)work;
    return blur_step(frame, operation->sigma);
}

static int sharpen_frame(struct work *work, const struct image_operation *operation,
                         VipsImage **frame)
{
    (void)work;
    return sharpen_step(frame, operation->sigma);
}

static int flatten_frame(struct work *work, const struct image_operation *operation,
                         VipsImage **frame)
{
    (void)work;
    return flatten_step(frame, operation->colour);
}

static int gray_frame(struct work *work, const struct image_operation *operation, VipsImage **frame)
{
    (void)work;
    return operation->gray == IMAGE_GRAY_LUMINANCE ? luminance_step(frame) : gray_step(frame);
}

static const struct {
    enum image_step step;
    int (*run)(struct work *work, const struct image_operation *operation, VipsImage **frame);
} runners[] = {
    {IMAGE_STEP_CROP, crop_frame},
    {IMAGE_STEP_RESIZE, resize_frame},
    {IMAGE_STEP_SMART_CROP, smart_crop_frame},
    {IMAGE_STEP_PAD, pad_frame},
    {IMAGE_STEP_REPEAT, repeat_frame},
    {IMAGE_STEP_TURN, turn_frame},
    {IMAGE_STEP_BLUR, blur_frame},
    {IMAGE_STEP_SHARPEN, sharpen_frame},
    {IMAGE_STEP_FLATTEN, flatten_frame},
    {IMAGE_STEP_GRAY, gray_frame},
};

static int run_operation(struct work *work, const struct image_operation *operation,
                         VipsImage **frame)
{
    for (size_t i = 0; i < ARRAY_LENGTH(runners); i++) {
        if (runners[i].step == operation->step)
            return runners[i].run(work, operation, frame);
    }
    return -EINVAL;
}

/* Crops and resizes in the file's own colours: there are fewer pixels to convert then. */
static bool needs_colours(const struct image_operation *operation)
{
    return (operation->step & (IMAGE_STEP_CROP | IMAGE_STEP_RESIZE | IMAGE_STEP_TURN)) == 0;
}

/* Whether the result is sRGB: because it was asked for, its format is so, or gray is made of it. */
static bool becomes_srgb(const struct image_output_plan *planned, const VipsImage *frame)
{
    if ((planned->steps & IMAGE_STEP_SRGB) != 0 || planned->format == IMAGE_GIF)
        return true;
    return gray_keeps_profile(frame) ? planned->format == IMAGE_WEBP
                                     : (planned->steps & IMAGE_STEP_GRAY) != 0;
}

/* Colours are converted before the first operation that looks at them: the profile does not
 * describe a background. */
static int process_frame(struct work *work, VipsImage **frame)
{
    const struct image_output_plan *planned = work->planned;
    bool to_convert = becomes_srgb(planned, *frame);
    int status = 0;

    for (unsigned i = 0; status == 0 && i < planned->operation_count; i++) {
        const struct image_operation *operation = &planned->operations[i];

        if (to_convert && needs_colours(operation)) {
            status = srgb_step(frame);
            to_convert = false;
        }
        if (status == 0)
            status = run_operation(work, operation, frame);
    }
    if (status == 0 && to_convert)
        status = srgb_step(frame);
    return status != 0 ? status : save_prepare(frame, planned, &work->plan->source);
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

/* Operations for which a frame has edges. */
enum {
    FRAME_STEPS = IMAGE_STEP_CROP | IMAGE_STEP_RESIZE | IMAGE_STEP_SMART_CROP | IMAGE_STEP_PAD |
                  IMAGE_STEP_REPEAT | IMAGE_STEP_TURN | IMAGE_STEP_BLUR | IMAGE_STEP_SHARPEN
};

/* Keeps what the result's pixels mean (profile) and when they are shown; EXIF, XMP, GPS, comments,
 * thumbnails and whatever else came along stays behind. */
static bool is_kept(const char *field)
{
    static const char *const kept[] = {VIPS_META_ICC_NAME, "delay",      "loop",
                                       "n-pages",          "background", "jpeg-chroma-subsample"};

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
        if (!is_kept(*field))
            vips_image_remove(out, *field);
    }
    g_strfreev(fields);
    vips_image_remove(out, VIPS_META_PAGE_HEIGHT);
    vips_image_set_int(out, VIPS_META_N_PAGES, work->frames);
    if (work->frames > 1)
        vips_image_set_int(out, VIPS_META_PAGE_HEIGHT, out->Ysize / work->frames);
    return 0;
}

/* Frames need not be apart for what looks at single pixels. */
static int process_image(struct work *work, VipsImage **result)
{
    int status;

    if (work->frames == 1 || (work->planned->steps & FRAME_STEPS) == 0) {
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

    const unsigned kept = IMAGE_STEP_CROP | IMAGE_STEP_TURN | IMAGE_STEP_GRAY | IMAGE_STEP_FLATTEN;

    for (unsigned i = 0; i < work->planned->operation_count; i++) {
        if ((work->planned->operations[i].step & kept) == 0)
            return 0;
    }
    if ((work->planned->steps & IMAGE_STEP_GRAY) == 0 || work->source->Bands != 1 || bits >= 8)
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
    work->frames = vips_image_get_n_pages(work->source);
    if (work->frames < 1 ||
        vips_image_get_page_height(work->source) * work->frames != work->source->Ysize)
        work->frames = 1;
    return 0;
}

static int process_and_save(struct work *work, struct bytes input, struct image_output *output)
{
    _cleanup_image_ VipsImage *result = NULL;
    struct save_options options = {
        .header = &work->plan->source,
        .planned = work->planned,
        .quality = choose_quality(work->plan, work->planned),
        .source_bytes = input.size,
        .reduced = (work->planned->steps & IMAGE_STEP_RESIZE) != 0,
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
    int status = load_start();

    return status != 0 ? status : operations_start();
}

int pipeline_run(const struct image_plan *plan, const struct image_output_plan *planned,
                 struct bytes input, struct image_output *output)
{
    _cleanup_(cleanup_work) struct work work = {
        .plan = plan,
        .planned = planned,
        .divisor = load_divisor(plan, planned),
    };
    int status = process_and_save(&work, input, output);

    if (status == -1) /* libvips' words stay here: they carry paths and addresses */
        status = is_short_of_memory(vips_error_buffer()) ? -ENOMEM : STATUS_IMAGE_CORRUPT;
    vips_error_clear();
    return status;
}
