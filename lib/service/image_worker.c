/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "service/image_worker.h"

/* Where a job becomes a call of the image library, and its answer becomes a reply. */
#include "base/status.h"
#include "image/image.h"
#include "ipc/worker.h"
#include "service/image_request.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(((struct image_output *)0)->detail) == JOB_DETAIL_BYTES,
              "a sentence fits the reply");

static enum job_kind own_kind;

static int handle(const struct job_message *job, const uint8_t *input, struct worker_output *output)
{
    const struct image_request request = image_request_of(job->kind, &job->parameters);
    struct image_output image = {.data = output->data, .capacity = output->capacity};
    int status;

    if (job->kind != own_kind)
        return STATUS_INTERNAL;
    status = image_process(&request, (struct bytes){input, job->input_bytes}, &image);
    memcpy(output->detail, image.detail, sizeof(output->detail));
    output->size = image.size;
    output->format = image.format;
    return status;
}

int image_worker_main(const char *name, enum job_kind kind, int argc, char **argv)
{
    const struct worker_handler handler = {
        .name = name, .start = image_start, .handle = handle, .rest = image_rest};

    own_kind = kind;
    return worker_main(&handler, argc, argv);
}
