/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/vips/picture.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/vips/gray.h"
#include "image/vips/image.h"
#include "image/vips/load.h"
#include "image/vips/resample.h"
#include "image/vips/save.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * The middle of the pipeline: frames apart, each one processed, turned upright, together again.
 * Frames never see one another's pixels. libvips holds an animation as one tall strip of frames.
 */
struct work {
    const struct image_request *request;
    const struct image_header *header;
    VipsImage *source;
    int shrink; /* by how much it came smaller than the file has it */
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

/* Turns the result the way that the source's orientation (EXIF 1..8) asks. */
static int make_upright(VipsImage **image, int orientation)
{
    VipsImage *out;

    if (orientation == 1)
        return 0;
    if (hold_in_memory(image))
        return -1;
    if (vips_copy(*image, &out, NULL))
        return -1;
    image_replace(image, out);
    vips_image_set_int(*image, VIPS_META_ORIENTATION, orientation);
    if (vips_autorot(*image, &out, NULL))
        return -1;
    return image_replace(image, out);
}

/* The file's own size decides; what was cut off when a picture came smaller is no part of a step.
 */
static int scale_frame(const struct work *work, VipsImage **frame)
{
    struct shrink_size size = {.width = (uint32_t)(*frame)->Xsize,
                               .height = (uint32_t)(*frame)->Ysize};
    uint32_t width = work->shrink > 1 ? work->header->width : size.width;
    uint32_t height = work->shrink > 1 ? work->header->height : size.height;

    size.to_width = image_scaled_length(width, work->request->factor);
    size.to_height = image_scaled_length(height, work->request->factor);
    size.step_x = (double)width / work->shrink / size.to_width;
    size.step_y = (double)height / work->shrink / size.to_height;
    return resample(frame, &size);
}

static int process_frame(const struct work *work, VipsImage **frame)
{
    int error =
        work->request->operation == IMAGE_GRAY ? gray_step(frame) : scale_frame(work, frame);

    return error != 0 ? error : make_upright(frame, work->orientation);
}

/* Each frame on its own, then one below the other. They are held in memory: of frames that are
 * computed as they are read, libvips' vips_arrayjoin (8.14) frees the rows that it has just pointed
 * to. */
static int process_frames(struct work *work, VipsImage **result)
{
    int width = work->source->Xsize, height = work->source->Ysize / work->frames;

    work->pieces = calloc((size_t)work->frames, sizeof(*work->pieces));
    if (work->pieces == NULL)
        return -ENOMEM;
    for (int i = 0; i < work->frames; i++) {
        int error =
            vips_extract_area(work->source, &work->pieces[i], 0, i * height, width, height, NULL);

        if (error == 0)
            error = process_frame(work, &work->pieces[i]);
        if (error == 0)
            error = hold_in_memory(&work->pieces[i]);
        if (error != 0)
            return error;
    }
    return vips_arrayjoin(work->pieces, result, work->frames, "across", 1, NULL);
}

/* Keeps what the result's pixels mean (profile) and when they are shown; EXIF, XMP, GPS, comments,
 * thumbnails and whatever else came along stays behind. */
static bool is_kept(const char *field, const struct work *work)
{
    const bool scaled = work->request->operation == IMAGE_SCALE;
    static const char *const kept[] = {"delay", "loop", "n-pages", "background",
                                       "jpeg-chroma-subsample"};

    if (strcmp(field, VIPS_META_ICC_NAME) == 0)
        return scaled || work->was_gray;
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
static int build(struct work *work, VipsImage **result)
{
    const bool keeps_size = work->request->operation == IMAGE_GRAY || work->request->factor == 1;
    int error;

    if (work->frames == 1 || (keeps_size && work->orientation == 1)) {
        *result = TAKE_PTR(work->source);
        error = process_frame(work, result);
    } else {
        error = process_frames(work, result);
    }
    return error != 0 ? error : strip(result, work);
}

/* A gray source of few bits goes back with as few: its values are still of that kind. */
static int bits_to_keep(const struct work *work, const struct image_header *header)
{
    if (work->request->operation != IMAGE_GRAY || work->source->Bands != 1 || header->bits >= 8)
        return 0;
    return header->bits;
}

/* Where none was asked for. The gray of a JPEG keeps what it can: half of the loss that its luma
 * had, so that a second one is not seen. */
static int choose_quality(const struct image_request *request, const struct image_header *header)
{
    int finer = (100 + header->quality) / 2;

    if (request->quality > 0)
        return request->quality;
    if (request->operation == IMAGE_SCALE || header->quality == 0 ||
        finer < request->default_quality)
        return request->default_quality;
    return finer;
}

static int run(const struct image_request *request, const struct image_header *header,
               const uint8_t *input, size_t input_size, struct image_output *output)
{
    _cleanup_(cleanup_work) struct work work = {
        .request = request,
        .header = header,
        .shrink = load_shrink(request, header),
    };
    _cleanup_image_ VipsImage *result = NULL;
    struct save_options options = {
        .header = header,
        .quality = choose_quality(request, header),
        .source_bytes = input_size,
        .reduced = request->operation == IMAGE_SCALE && request->factor < 1,
    };
    int status;

    status = load_image(request, header, input, input_size, &work.source, output->detail);
    if (status != 0)
        return status;
    if (profile_step(&work.source))
        return -1;
    work.was_gray = gray_keeps_profile(work.source);
    work.frames = vips_image_get_n_pages(work.source);
    if (work.frames < 1 ||
        vips_image_get_page_height(work.source) * work.frames != work.source->Ysize)
        work.frames = 1;
    work.orientation = vips_image_get_orientation(work.source);
    options.bits = bits_to_keep(&work, header);

    status = build(&work, &result);
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

/* libvips' words stay here: they carry paths and addresses. */
static int explain(int error, const struct image_header *header, struct image_output *output)
{
    if (error == STATUS_IMAGE_TOO_LARGE && output->detail[0] == '\0')
        snprintf(output->detail, sizeof(output->detail), "The result is larger than allowed.");
    if (error != -1 && (error != STATUS_IMAGE_CORRUPT || output->detail[0] != '\0'))
        return error;
    if (error == -1 && is_short_of_memory(vips_error_buffer()))
        return -ENOMEM;
    snprintf(output->detail, sizeof(output->detail), "The %s is damaged or incomplete.",
             image_format_name(header->format));
    return STATUS_IMAGE_CORRUPT;
}

int picture_start(void)
{
    return load_start();
}

int picture_process(const struct image_request *request, const struct image_header *header,
                    const uint8_t *input, size_t input_size, struct image_output *output)
{
    int error = run(request, header, input, input_size, output);

    error = explain(error, header, output);
    vips_error_clear();
    return error;
}
