/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/* Any bytes as a message through the checks of the wire: no number that one side takes from the
 * other is left unchecked. The bytes behind the message are those of its buffer, as after
 * queue_receive(): a check that reads them finds 0xa5. */
#include "base/status.h"
#include "ipc/job.h"

#include <errno.h>
#include <string.h>

enum { OUTPUT_CAPACITY = 1 << 20, INPUT_CAPACITY = 1 << 20 };

static union any_message receive(const uint8_t *data, size_t size)
{
    union any_message message;

    memset(&message, 0xa5, sizeof(message));
    memcpy(&message, data, size);
    return message;
}

static void require_plain_text(const char detail[static JOB_DETAIL_BYTES])
{
    fuzz_require(memchr(detail, '\0', JOB_DETAIL_BYTES) != NULL);
    for (const char *byte = detail; *byte != '\0'; byte++)
        fuzz_require(*byte >= ' ' && *byte <= '~');
}

static void check_reply(const uint8_t *data, size_t size, uint64_t generation)
{
    union any_message message = receive(data, size);
    struct reply_message *reply = &message.reply;
    int status = job_check_reply(reply, size, generation, OUTPUT_CAPACITY);

    fuzz_require(status == 0 || status == -EPROTO || status == -ESTALE);
    if (status != 0)
        return;
    fuzz_require(reply->generation == generation && reply->version == JOB_WIRE_VERSION);
    fuzz_require(reply->output_offset <= OUTPUT_CAPACITY && reply->output_bytes <= OUTPUT_CAPACITY);
    fuzz_require(reply->output_offset + reply->output_bytes <= OUTPUT_CAPACITY);
    fuzz_require(reply->result_bytes <= JOB_RESULT_BYTES && reply_message_size(reply) == size);
    fuzz_require(reply->status >= 0 && reply->status < STATUS_COUNT);
    require_plain_text(reply->detail);
}

static void check_ready(const uint8_t *data, size_t size)
{
    union any_message message = receive(data, size);

    if (job_check_ready(&message.ready, size) != 0)
        return;
    fuzz_require(message.ready.status == 0 || message.ready.status == STATUS_INTERNAL);
    require_plain_text(message.ready.detail);
}

static void check_job(const uint8_t *data, size_t size)
{
    union any_message message = receive(data, size);
    const struct job_message *job = &message.job;

    if (job_check_job(job, size, INPUT_CAPACITY) != 0)
        return;
    fuzz_require(job->input_bytes <= INPUT_CAPACITY);
    fuzz_require(job->kind == JOB_PING || job->kind == JOB_WORK);
    fuzz_require(job->body_bytes <= JOB_BODY_BYTES && size == sizeof(*job));
}

static void check_setup(const uint8_t *data, size_t size)
{
    union any_message message = receive(data, size);
    const struct setup_message *setup = &message.setup;

    if (job_check_setup(setup, size) != 0)
        return;
    fuzz_require(setup->input_capacity != 0 && setup->input_capacity % 4096 == 0);
    fuzz_require(setup->output_capacity != 0 && setup->output_capacity % 4096 == 0);
    fuzz_require(setup->input_capacity + setup->output_capacity <= INT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > JOB_MESSAGE_BYTES)
        return 0; /* no queue carries such a message */
    check_reply(data, size, 0);
    check_reply(data, size, 7);
    check_ready(data, size);
    check_job(data, size);
    check_setup(data, size);
    return 0;
}
