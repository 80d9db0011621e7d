/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* Which messages from the other side of the wire are accepted. */
#include "base/status.h"
#include "ipc/job.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { CAPACITY = 8192 };

static struct reply_message honest_reply(void)
{
    return (struct reply_message){
        .version = JOB_WIRE_VERSION, .generation = 7, .output_offset = 0, .output_bytes = CAPACITY};
}

static int check(struct reply_message reply)
{
    return job_check_reply(&reply, reply_message_size(&reply), 7, CAPACITY);
}

static void test_honest_reply_is_taken(void **state)
{
    struct reply_message reply = honest_reply();

    (void)state;
    assert_int_equal(check(reply), 0);
    reply.output_offset = CAPACITY;
    reply.output_bytes = 0;
    assert_int_equal(check(reply), 0);
}

static void test_output_outside_the_region_is_refused(void **state)
{
    static const uint64_t pairs[][2] = {
        {0, CAPACITY + 1}, {1, CAPACITY}, {CAPACITY + 1, 0}, {UINT64_MAX, 2}, {8, UINT64_MAX - 4}};

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct reply_message reply = honest_reply();

        reply.output_offset = pairs[i][0];
        reply.output_bytes = pairs[i][1];
        assert_int_equal(check(reply), -EPROTO);
    }
}

static void test_other_generations_are_recognised(void **state)
{
    struct reply_message reply = honest_reply();

    (void)state;
    reply.generation = 6;
    assert_int_equal(check(reply), -ESTALE);
    reply.generation = 8;
    assert_int_equal(check(reply), -EPROTO);
}

static void test_only_a_workers_statuses_are_taken(void **state)
{
    (void)state;
    for (int status = -3; status < STATUS_COUNT + 3; status++) {
        struct reply_message reply = honest_reply();
        bool workers = status == STATUS_OK || status == STATUS_BAD_PARAMETER ||
                       status == STATUS_UNSUPPORTED_FORMAT || status == STATUS_IMAGE_CORRUPT ||
                       status == STATUS_IMAGE_TOO_LARGE || status == STATUS_RESULT_TOO_LARGE ||
                       status == STATUS_OVERLOADED || status == STATUS_INTERNAL;

        reply.status = status;
        assert_int_equal(check(reply), workers ? 0 : -EPROTO);
    }
}

static void test_size_and_version_must_match(void **state)
{
    struct reply_message reply = honest_reply();

    (void)state;
    assert_int_equal(job_check_reply(&reply, reply_message_size(&reply) - 1, 7, CAPACITY), -EPROTO);
    assert_int_equal(job_check_reply(&reply, 0, 7, CAPACITY), -EPROTO);
    reply.version++;
    assert_int_equal(check(reply), -EPROTO);
}

static void test_a_result_is_as_long_as_what_was_received(void **state)
{
    struct reply_message reply = honest_reply();
    size_t header = reply_message_size(&reply);

    (void)state;
    for (uint32_t bytes = 0; bytes <= JOB_RESULT_BYTES; bytes++) {
        reply.result_bytes = bytes;
        assert_int_equal(job_check_reply(&reply, header + bytes, 7, CAPACITY), 0);
        assert_int_equal(job_check_reply(&reply, header + bytes + 1, 7, CAPACITY), -EPROTO);
        assert_int_equal(job_check_reply(&reply, header + bytes - 1, 7, CAPACITY), -EPROTO);
    }
    reply.result_bytes = JOB_RESULT_BYTES + 1;
    assert_int_equal(job_check_reply(&reply, header + JOB_RESULT_BYTES + 1, 7, CAPACITY), -EPROTO);
    reply.result_bytes = UINT32_MAX;
    assert_int_equal(job_check_reply(&reply, header - 1, 7, CAPACITY), -EPROTO);
    assert_int_equal(job_check_reply(&reply, sizeof(reply), 7, CAPACITY), -EPROTO);
}

static void test_detail_is_made_harmless(void **state)
{
    struct reply_message reply = honest_reply();

    (void)state;
    memset(reply.detail, 'x', sizeof(reply.detail));
    reply.detail[0] = '\n';
    reply.detail[1] = (char)0x9b;
    assert_int_equal(job_check_reply(&reply, reply_message_size(&reply), 7, CAPACITY), 0);
    assert_int_equal(strlen(reply.detail), JOB_DETAIL_BYTES - 1);
    assert_memory_equal(reply.detail, "??x", 3);
}

static void test_ready_messages_are_checked(void **state)
{
    struct ready_message ready = {.version = JOB_WIRE_VERSION};

    (void)state;
    memset(ready.detail, '\n', sizeof(ready.detail));
    assert_int_equal(job_check_ready(&ready, sizeof(ready)), 0);
    assert_int_equal(strlen(ready.detail), JOB_DETAIL_BYTES - 1);
    assert_int_equal(ready.detail[0], '?');
    assert_int_equal(job_check_ready(&ready, sizeof(ready) - 1), -EPROTO);
    ready.status = STATUS_INTERNAL;
    assert_int_equal(job_check_ready(&ready, sizeof(ready)), 0);
    ready.status = STATUS_CLIENT_GONE;
    assert_int_equal(job_check_ready(&ready, sizeof(ready)), -EPROTO);
    ready.status = 0;
    ready.version++;
    assert_int_equal(job_check_ready(&ready, sizeof(ready)), -EPROTO);
}

static struct job_message honest_job(void)
{
    return (struct job_message){
        .version = JOB_WIRE_VERSION, .kind = JOB_WORK, .input_bytes = 10, .body_bytes = 32};
}

static int check_job(struct job_message job)
{
    return job_check_job(&job, sizeof(job), CAPACITY);
}

static void test_jobs_are_checked_too(void **state)
{
    struct job_message job = honest_job();

    (void)state;
    assert_int_equal(check_job(job), 0);
    assert_int_equal(job_check_job(&job, sizeof(job) - 1, CAPACITY), -EPROTO);
    assert_int_equal(job_check_job(&job, sizeof(job) + 1, CAPACITY), -EPROTO);
    job.body_bytes = JOB_BODY_BYTES;
    assert_int_equal(check_job(job), 0);
    job.body_bytes++;
    assert_int_equal(check_job(job), -EPROTO);
    job = honest_job();
    job.input_bytes = CAPACITY + 1;
    assert_int_equal(check_job(job), -EPROTO);
    job = honest_job();
    job.kind = 0;
    assert_int_equal(check_job(job), -EPROTO);
    job.kind = JOB_WORK + 1;
    assert_int_equal(check_job(job), -EPROTO);
}

static void test_a_ping_carries_nothing(void **state)
{
    struct job_message ping = {.version = JOB_WIRE_VERSION, .kind = JOB_PING};

    (void)state;
    assert_int_equal(check_job(ping), 0);
    ping.body_bytes = 1;
    assert_int_equal(check_job(ping), -EPROTO);
    ping.body_bytes = 0;
    ping.input_bytes = 1;
    assert_int_equal(check_job(ping), -EPROTO);
}

static void test_setups_are_checked(void **state)
{
    struct setup_message setup = {
        .version = JOB_WIRE_VERSION, .input_capacity = 4096, .output_capacity = 8192};

    (void)state;
    assert_int_equal(job_check_setup(&setup, sizeof(setup)), 0);
    setup.input_capacity = 4095;
    assert_int_equal(job_check_setup(&setup, sizeof(setup)), -EPROTO);
    setup.input_capacity = UINT64_MAX - 4095;
    assert_int_equal(job_check_setup(&setup, sizeof(setup)), -EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest_reply_is_taken),
        cmocka_unit_test(test_output_outside_the_region_is_refused),
        cmocka_unit_test(test_other_generations_are_recognised),
        cmocka_unit_test(test_only_a_workers_statuses_are_taken),
        cmocka_unit_test(test_size_and_version_must_match),
        cmocka_unit_test(test_detail_is_made_harmless),
        cmocka_unit_test(test_a_result_is_as_long_as_what_was_received),
        cmocka_unit_test(test_ready_messages_are_checked),
        cmocka_unit_test(test_jobs_are_checked_too),
        cmocka_unit_test(test_a_ping_carries_nothing),
        cmocka_unit_test(test_setups_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
