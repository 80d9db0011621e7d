/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "ipc/job.h"

#include "base/status.h"

#include <errno.h>
#include <stdbool.h>

static void blank_detail(char detail[static JOB_DETAIL_BYTES])
{
    detail[JOB_DETAIL_BYTES - 1] = '\0';
    for (unsigned char *byte = (unsigned char *)detail; *byte != '\0'; byte++) {
        if (*byte < 0x20 || *byte > 0x7e)
            *byte = '?';
    }
}

/* What a worker may report of an image or of its memory; all other statuses are the server's. */
static bool is_worker_status(int32_t status)
{
    return status == STATUS_OK || status == STATUS_BAD_PARAMETER ||
           status == STATUS_UNSUPPORTED_FORMAT || status == STATUS_IMAGE_CORRUPT ||
           status == STATUS_IMAGE_TOO_LARGE || status == STATUS_RESULT_TOO_LARGE ||
           status == STATUS_OVERLOADED || status == STATUS_INTERNAL;
}

int job_check_reply(struct reply_message *reply, size_t size, uint64_t generation,
                    uint64_t output_capacity)
{
    if (size < offsetof(struct reply_message, result) || reply->version != JOB_WIRE_VERSION)
        return -EPROTO;
    if (reply->result_bytes > JOB_RESULT_BYTES || size != reply_message_size(reply))
        return -EPROTO;
    if (reply->generation < generation)
        return -ESTALE;
    if (reply->generation != generation)
        return -EPROTO;
    if (!is_worker_status(reply->status))
        return -EPROTO;
    if (reply->output_offset > output_capacity ||
        reply->output_bytes > output_capacity - reply->output_offset)
        return -EPROTO;
    blank_detail(reply->detail);
    return 0;
}

int job_check_ready(struct ready_message *ready, size_t size)
{
    if (size != sizeof(*ready) || ready->version != JOB_WIRE_VERSION)
        return -EPROTO;
    if (ready->status != STATUS_OK && ready->status != STATUS_INTERNAL)
        return -EPROTO;
    blank_detail(ready->detail);
    return 0;
}

int job_check_job(const struct job_message *job, size_t size, uint64_t input_capacity)
{
    if (size != sizeof(*job) || job->version != JOB_WIRE_VERSION)
        return -EPROTO;
    if (job->body_bytes > JOB_BODY_BYTES)
        return -EPROTO;
    if (job->kind != JOB_PING && job->kind != JOB_WORK)
        return -EPROTO;
    if (job->kind == JOB_PING && (job->body_bytes != 0 || job->input_bytes != 0))
        return -EPROTO;
    return job->input_bytes <= input_capacity ? 0 : -EPROTO;
}

int job_check_setup(const struct setup_message *setup, size_t size)
{
    const uint64_t page_mask = 4095;

    if (size != sizeof(*setup) || setup->version != JOB_WIRE_VERSION)
        return -EPROTO;
    if (setup->input_capacity == 0 || setup->output_capacity == 0 ||
        ((setup->input_capacity | setup->output_capacity) & page_mask) != 0)
        return -EPROTO;
    if (setup->input_capacity > INT64_MAX / 2 || setup->output_capacity > INT64_MAX / 2)
        return -EPROTO;
    return 0;
}
