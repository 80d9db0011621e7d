/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/* Messages of any bytes through the checks of the wire. What a server takes from a worker, or a
 * worker from a server, leaves no number unchecked. */
#include "base/status.h"
#include "ipc/job.h"

#include <errno.h>
#include <string.h>

enum { OUTPUT_CAPACITY = 1 << 20, INPUT_CAPACITY = 1 << 20 };

static void check_reply(const uint8_t *data, size_t size, uint64_t generation)
{
    struct reply_message reply = {0};
    int error;

    memcpy(&reply, data, size < sizeof(reply) ? size : sizeof(reply));
    error = job_check_reply(&reply, size, generation, OUTPUT_CAPACITY);
    fuzz_require(error == 0 || error == -EPROTO || error == -ESTALE);
    if (error != 0)
        return;
    fuzz_require(reply.generation == generation && reply.version == JOB_WIRE_VERSION);
    fuzz_require(reply.output_offset <= OUTPUT_CAPACITY && reply.output_bytes <= OUTPUT_CAPACITY);
    fuzz_require(reply.output_offset + reply.output_bytes <= OUTPUT_CAPACITY);
    fuzz_require(reply.status >= 0 && reply.status < STATUS_COUNT);
    fuzz_require(memchr(reply.detail, '\0', sizeof(reply.detail)) != NULL);
    for (const char *byte = reply.detail; *byte != '\0'; byte++)
        fuzz_require(*byte >= ' ' && *byte <= '~');
}

static void check_job(const uint8_t *data, size_t size)
{
    const struct job_parameters *parameters;
    struct job_message job = {0};

    memcpy(&job, data, size < sizeof(job) ? size : sizeof(job));
    if (job_check_job(&job, size, INPUT_CAPACITY) != 0)
        return;
    parameters = &job.parameters;
    fuzz_require(job.input_bytes <= INPUT_CAPACITY);
    fuzz_require(job.kind == JOB_PING || job.kind == JOB_GRAY || job.kind == JOB_SCALE);
    fuzz_require(job.kind != JOB_SCALE || (parameters->factor > 0 && parameters->factor <= 1));
    fuzz_require(job.kind == JOB_PING || parameters->quality <= 100);
    fuzz_require(job.kind == JOB_PING ||
                 (parameters->default_quality >= 1 && parameters->default_quality <= 100));
}

static void check_setup(const uint8_t *data, size_t size)
{
    struct setup_message setup = {0};

    memcpy(&setup, data, size < sizeof(setup) ? size : sizeof(setup));
    if (job_check_setup(&setup, size) != 0)
        return;
    fuzz_require(setup.input_capacity != 0 && setup.input_capacity % 4096 == 0);
    fuzz_require(setup.output_capacity != 0 && setup.output_capacity % 4096 == 0);
    fuzz_require(setup.input_capacity + setup.output_capacity <= INT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > JOB_MESSAGE_BYTES)
        return 0; /* the queue takes none */
    check_reply(data, size, 0);
    check_reply(data, size, 7);
    check_job(data, size);
    check_setup(data, size);
    return 0;
}
