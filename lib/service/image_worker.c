/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/image_worker.h"

/* Turns a job's body into a call of the image library, and what that makes into a reply. */
#include "base/status.h"
#include "image/image.h"
#include "ipc/worker.h"
#include "service/image_request.h"

/* The outputs follow each other in the worker's memory. */
static void report_outputs(const struct image_output images[], uint32_t count,
                           struct worker_output *output)
{
    struct image_result result = {.count = count};

    for (uint32_t i = 0; i < count; i++) {
        result.outputs[i].offset = (uint64_t)(images[i].data - output->data);
        result.outputs[i].bytes = images[i].size;
        result.outputs[i].format = images[i].format;
        result.outputs[i].path = images[i].path;
        output->size = result.outputs[i].offset + images[i].size;
    }
    memcpy(output->result, &result, sizeof(result));
    output->result_size = sizeof(result);
}

static int handle_job(const void *body, size_t body_size, const uint8_t *input, size_t input_size,
                      struct worker_output *output)
{
    struct image_output images[IMAGE_OUTPUTS_MAX] = {
        {.data = output->data, .capacity = output->capacity}};
    struct image_request request;
    int status = image_request_read(&request, body, body_size);

    if (status != 0)
        return status;
    status = image_process(&request, (struct bytes){input, input_size}, images);
    memcpy(output->detail, images[0].detail, sizeof(output->detail));
    if (status == 0)
        report_outputs(images, request.count, output);
    return status;
}

int image_worker_main(const char *name, int argc, char **argv)
{
    const struct worker_handler handler = {
        .name = name, .start = image_start, .handle = handle_job, .rest = image_rest};

    return worker_main(&handler, argc, argv);
}
