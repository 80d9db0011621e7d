/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/image.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "image/gif/gif.h"
#include "image/heif/heif.h"
#include "image/jpeg/jpeg.h"
#include "image/metadata/metadata.h"
#include "image/plan/plan.h"
#include "image/png/png.h"
#include "image/planes/jpeg.h"
#include "image/vips/pipeline.h"
#include "image/webp/lossless.h"
#include "image/webp/webp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Which path an image takes. */
enum {
    GRAY = IMAGE_STEP_GRAY,
    RESIZE = IMAGE_STEP_RESIZE,
    TURN = IMAGE_STEP_TURN,
    ENCODE = IMAGE_STEP_ENCODE,
    CROP = IMAGE_STEP_CROP,
    SUBSAMPLE = IMAGE_STEP_SUBSAMPLE,
    TUNED = IMAGE_STEP_TUNED,
    SRGB = IMAGE_STEP_SRGB,
};

/* Does what `planned` says with `input`: 0 and *output, a status or -errno; -ENOTSUP: a path that
 * does not take this file after all, and has written nothing that counts. */
typedef int path_function(const struct image_plan *plan, const struct image_output_plan *planned,
                          struct bytes input, struct image_output *output);

/* In the order in which they are tried: what copies before what decodes. */
static const struct path {
    enum image_path name;
    enum image_format from, to;
    unsigned steps; /* that it can do */
    path_function *run;
} paths[] = {
    {IMAGE_PATH_JPEG_LUMA_COPY, IMAGE_JPEG, IMAGE_JPEG, GRAY | TURN | TUNED, jpeg_copy_luma},
    {IMAGE_PATH_JPEG_COPY, IMAGE_JPEG, IMAGE_JPEG, TURN | TUNED, jpeg_copy},
    {IMAGE_PATH_JPEG_PLANES, IMAGE_JPEG, IMAGE_JPEG,
     GRAY | TURN | CROP | RESIZE | ENCODE | SUBSAMPLE | TUNED | SRGB, jpeg_planes},
    {IMAGE_PATH_JPEG_PLANES, IMAGE_JPEG, IMAGE_WEBP,
     GRAY | TURN | CROP | RESIZE | ENCODE | SUBSAMPLE | TUNED | SRGB, jpeg_to_webp},
    {IMAGE_PATH_JPEG_PLANES, IMAGE_JPEG, IMAGE_AVIF,
     GRAY | TURN | CROP | RESIZE | ENCODE | SUBSAMPLE | TUNED | SRGB, jpeg_to_avif},
    {IMAGE_PATH_PNG_ROWS, IMAGE_PNG, IMAGE_PNG, GRAY | RESIZE | ENCODE, png_rows},
    {IMAGE_PATH_WEBP_PLANES, IMAGE_WEBP, IMAGE_WEBP, GRAY | RESIZE | ENCODE, webp_planes},
    {IMAGE_PATH_WEBP_LOSSLESS, IMAGE_WEBP, IMAGE_WEBP, GRAY | ENCODE, webp_gray_lossless},
    {IMAGE_PATH_GIF_COPY, IMAGE_GIF, IMAGE_GIF, GRAY | ENCODE, gif_copy},
    {IMAGE_PATH_GIF_FRAMES, IMAGE_GIF, IMAGE_GIF, GRAY | RESIZE | ENCODE, gif_resize},
};

int image_start(void)
{
    int status = pipeline_start();

    if (status == 0)
        status = heif_start();
    return status != 0 ? status : jpeg_start();
}

void image_rest(void)
{
    jpeg_rest();
}

/* --- what is wrong, for the client --------------------------------------------------------------
 */

static void explain_unsupported(const struct image_header *header, char *detail)
{
    if (header->format == IMAGE_NONE)
        snprintf(detail, IMAGE_DETAIL_BYTES, "Send a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC.");
    else if (header->unsupported[0] != '\0')
        snprintf(detail, IMAGE_DETAIL_BYTES, "This is %s, which is not supported.",
                 header->unsupported);
    else
        snprintf(detail, IMAGE_DETAIL_BYTES, "This is %s %s of a kind that is not supported.",
                 header->format == IMAGE_AVIF ? "an" : "a", image_format_name(header->format));
}

/* For a status that came without a sentence of its own. */
static void explain(int status, const struct image_header *header, char *detail)
{
    if (detail[0] != '\0')
        return;
    if (status == STATUS_UNSUPPORTED_FORMAT)
        explain_unsupported(header, detail);
    else if (status == STATUS_IMAGE_CORRUPT)
        snprintf(detail, IMAGE_DETAIL_BYTES, "The %s is damaged or incomplete.",
                 image_format_name(header->format));
    else if (status == STATUS_RESULT_TOO_LARGE)
        snprintf(detail, IMAGE_DETAIL_BYTES, "The result is larger than allowed.");
}

/* ------------------------------------------------------------------------------------------------
 */

static int prepare(const struct image_request *request, struct bytes input,
                   struct image_header *header, struct image_plan *plan, char *detail)
{
    int status = image_read_header(input.data, input.size, header);

    if (status == 0)
        status = image_plan(plan, request, header, detail);
    if (status == 0 && !image_has_room(header, input.size))
        status = STATUS_IMAGE_CORRUPT;
    return status;
}

/* Metadata are inserted into what a path has made. */
static bool covers(const struct path *path, const struct image_plan *plan,
                   const struct image_output_plan *planned)
{
    return path->from == plan->source.format && path->to == planned->format &&
           (planned->steps & ~(path->steps | IMAGE_STEP_METADATA)) == 0;
}

static int run_path(enum image_path name, path_function *run, const struct image_plan *plan,
                    const struct image_output_plan *planned, struct bytes input,
                    struct image_output *output)
{
    output->size = 0;
    output->format = planned->format;
    output->path = name;
    output->detail[0] = '\0';
    return run(plan, planned, input, output);
}

/* Encoding a JPEG anew is a loss. */
static bool is_lossless_jpeg(const struct image_plan *plan, const struct image_output_plan *planned)
{
    return planned->lossless && plan->source.format == IMAGE_JPEG && planned->format == IMAGE_JPEG;
}

static int refuse_lossless_jpeg(struct image_output *output)
{
    snprintf(output->detail, IMAGE_DETAIL_BYTES,
             "\"lossless\": the coefficients of this JPEG cannot be copied");
    return STATUS_BAD_PARAMETER;
}

static int make_output(const struct image_plan *plan, const struct image_output_plan *planned,
                       struct bytes input, struct image_output *output)
{
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
        int status = -ENOTSUP;

        if (covers(&paths[i], plan, planned))
            status = run_path(paths[i].name, paths[i].run, plan, planned, input, output);
        if (status != -ENOTSUP)
            return status;
    }
    if (is_lossless_jpeg(plan, planned))
        return refuse_lossless_jpeg(output);
    image_rest(); /* libvips may need the room */
    return run_path(IMAGE_PATH_GENERAL, pipeline_run, plan, planned, input, output);
}

static int make_outputs(const struct image_plan *plan, struct bytes input,
                        struct image_output outputs[])
{
    int status = 0;

    for (unsigned i = 0; status == 0 && i < plan->count; i++) {
        struct image_output *output = &outputs[i];

        if (i > 0) {
            output->data = output[-1].data + output[-1].size;
            output->capacity = output[-1].capacity - output[-1].size;
        }
        status = make_output(plan, &plan->outputs[i], input, output);
        if (status == 0 && (plan->outputs[i].steps & IMAGE_STEP_METADATA) != 0)
            status = metadata_insert(plan, &plan->outputs[i], input, output);
        if (status != 0 && i > 0)
            memcpy(outputs[0].detail, output->detail, IMAGE_DETAIL_BYTES);
    }
    return status;
}

int image_process(const struct image_request *request, struct bytes input,
                  struct image_output outputs[])
{
    struct image_header header;
    struct image_plan plan;
    int status;

    outputs[0].size = 0;
    outputs[0].format = IMAGE_NONE;
    outputs[0].path = IMAGE_PATH_NONE;
    outputs[0].detail[0] = '\0';
    status = prepare(request, input, &header, &plan, outputs[0].detail);
    if (status == 0) {
        if (header.format == IMAGE_JPEG)
            status = jpeg_open(&plan, input, outputs[0].detail);
        if (status == 0)
            status = make_outputs(&plan, input, outputs);
        if (header.format == IMAGE_JPEG)
            jpeg_close();
    }
    /* An image that is too large is so in words; else there was no room for the result. */
    if (status == STATUS_IMAGE_TOO_LARGE && outputs[0].detail[0] == '\0')
        status = STATUS_RESULT_TOO_LARGE;
    explain(status, &header, outputs[0].detail);
    return status;
}
