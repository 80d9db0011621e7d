/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/* The table of metrics, its numbers, and its text in both formats. */
#include "service/metrics.h"

#include "base/cleanup.h"
#include "base/status.h"
#include "http/problem.h"
#include "service/metrics_sources.h"
#include "document.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <cmocka.h> /* last */

static const char *const routes[] = {"/gray", "/a\"b\\c\nd"};

static struct metrics *metrics;

static int setup(void **state)
{
    (void)state;
    return metrics_new(&metrics, routes, ARRAY_LENGTH(routes));
}

static int teardown(void **state)
{
    (void)state;
    metrics = metrics_free(metrics);
    return 0;
}

static char *write_text(bool openmetrics)
{
    char *text;
    size_t size;

    assert_int_equal(metrics_write(metrics, openmetrics, &text, &size), 0);
    assert_int_equal(strlen(text), size);
    return text;
}

/* Whether `text` has that line. */
static bool has_line(const char *text, const char *line)
{
    const size_t length = strlen(line);

    for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
        if ((at == text || at[-1] == '\n') && (at[length] == '\n' || at[length] == '\0'))
            return true;
    return false;
}

static void assert_line(bool openmetrics, const char *line)
{
    char *text = write_text(openmetrics);

    if (!has_line(text, line))
        fail_msg("no line \"%s\" in:\n%s", line, text);
    free(text);
}

static void assert_no_line_begins(const char *beginning)
{
    char *text = write_text(false);
    char line[128];

    snprintf(line, sizeof(line), "\n%s", beginning);
    assert_null(strstr(text, line));
    free(text);
}

/* Goal: a row says all that is needed: a help, labels whose sets have values, a unit that its name
 * ends with, and a name that no other row has. */
static void test_rows(void **state)
{
    (void)state;
    for (unsigned id = 0; id < METRICS; id++) {
        const struct metric *metric = &metric_table[id];
        const size_t length = strlen(metric->name);
        const size_t unit = metric->unit != NULL ? strlen(metric->unit) : 0;

        assert_non_null(metric->help);
        assert_int_not_equal(metric->help[strlen(metric->help) - 1], '.');
        if (unit > 0)
            assert_string_equal(metric->name + length - unit, metric->unit);
        for (unsigned i = 0; i < METRIC_LABELS_MAX && metric->labels[i].name != NULL; i++)
            assert_true(metric->labels[i].set == METRIC_SET_ROUTE ||
                        metric_set_count(metric->labels[i].set) > 0);
        for (unsigned other = 0; other < id; other++)
            assert_string_not_equal(metric_table[other].name, metric->name);
    }
    for (unsigned i = 1; i < METRIC_BUCKETS; i++)
        assert_true(metric_buckets[i - 1].us < metric_buckets[i].us);
    for (unsigned i = 0; i < METRIC_BUCKETS; i++)
        assert_int_equal((long)(strtod(metric_buckets[i].le, NULL) * 1e6 + 0.5),
                         metric_buckets[i].us);
}

/* Goal: every status that a server sends has a label of its own, and nothing else has one. */
static void test_closed_sets(void **state)
{
    (void)state;
    for (int status = 0; status < STATUS_COUNT; status++) {
        char text[16];

        snprintf(text, sizeof(text), "%u", http_problem_code(status));
        assert_string_equal(
            metric_set_value(METRIC_SET_CODE, metric_find_code(http_problem_code(status))), text);
    }
    assert_string_equal(metric_set_value(METRIC_SET_CODE, metric_find_code(299)), "other");
    assert_string_equal(metric_set_value(METRIC_SET_CODE, metric_find_code(0)), "other");
    assert_string_equal(metric_set_value(METRIC_SET_METHOD, metric_find_method("PUT")), "PUT");
    assert_string_equal(metric_set_value(METRIC_SET_METHOD, metric_find_method("put")), "_OTHER");
    assert_string_equal(metric_set_value(METRIC_SET_METHOD, metric_find_method("")), "_OTHER");
    assert_null(metric_set_value(METRIC_SET_PROBLEM, STATUS_CLIENT_GONE));
    assert_null(metric_set_value(METRIC_SET_FORMAT, IMAGE_NONE));
    for (enum metric_set set = 0; set < METRIC_SETS; set++)
        assert_null(metric_set_value(set, metric_set_count(set)));
}

/* Goal: counters, gauges, infos and histograms are written as each format has them. */
static void test_text(void **state)
{
    (void)state;
    metrics_add(metrics, METRIC_RETRIES, NULL, 3);
    metrics_set(metrics, METRIC_CPU_SECONDS, NULL, 1000002);
    metrics_set(metrics, METRIC_BUILD, (const unsigned[]){0}, 1);
    metrics_observe(metrics, METRIC_JOB_PHASE,
                    (const unsigned[]){METRIC_POOL_GRAY, METRIC_PHASE_WORK}, 1000);
    metrics_observe(metrics, METRIC_JOB_PHASE,
                    (const unsigned[]){METRIC_POOL_GRAY, METRIC_PHASE_WORK}, 1000001);
    metrics_observe(metrics, METRIC_JOB_PHASE,
                    (const unsigned[]){METRIC_POOL_GRAY, METRIC_PHASE_WORK}, 999999999);
    assert_line(false, "# TYPE grisaille_retries_total counter");
    assert_line(true, "# TYPE grisaille_retries counter");
    for (int openmetrics = 0; openmetrics < 2; openmetrics++) {
#define WORK "{pool=\"gray\",phase=\"work\""
        assert_line(openmetrics, "grisaille_retries_total 3");
        assert_line(openmetrics, "process_cpu_seconds_total 1.000002");
        assert_line(openmetrics, "grisaille_connections 0");
        assert_line(openmetrics, "grisaille_problems_total{type=\"not-found\"} 0");
        assert_line(openmetrics, "grisaille_job_phase_seconds_bucket" WORK ",le=\"0.0005\"} 0");
        assert_line(openmetrics, "grisaille_job_phase_seconds_bucket" WORK ",le=\"0.001\"} 1");
        assert_line(openmetrics, "grisaille_job_phase_seconds_bucket" WORK ",le=\"+Inf\"} 3");
        assert_line(openmetrics, "grisaille_job_phase_seconds_sum" WORK "} 1001.001000");
        assert_line(openmetrics, "grisaille_job_phase_seconds_count" WORK "} 3");
    }
    assert_line(false, "grisaille_job_phase_seconds_bucket" WORK ",le=\"1\"} 1");
    assert_line(true, "grisaille_job_phase_seconds_bucket" WORK ",le=\"1.0\"} 1");
    assert_line(true, "grisaille_job_phase_seconds_bucket" WORK ",le=\"2.5\"} 2");
    assert_line(false, "# TYPE grisaille_build_info gauge");
    assert_line(true, "# TYPE grisaille_build info");
    assert_line(true, "# UNIT grisaille_source_bytes bytes");
    assert_line(true, "# EOF");
    assert_no_line_begins("# UNIT");
    assert_no_line_begins("# EOF");
    assert_no_line_begins("grisaille_problems_total{type=\"ok\"}");
}

/* Goal: what would end a label's value, or its line, is escaped. */
static void test_escaping(void **state)
{
    (void)state;
    metrics_observe(metrics, METRIC_REQUEST_DURATION,
                    (const unsigned[]){metric_find_method("GET"), 1, metric_find_code(200)}, 7);
    assert_line(false, "http_server_request_duration_seconds_sum{method=\"GET\","
                       "route=\"/a\\\"b\\\\c\\nd\",status=\"200\"} 0.000007");
}

/* Goal: requests land where their labels say, unknown ones in _OTHER and other, and a problem is
 * counted by its type; what is out of a set counts nowhere. */
static void test_requests(void **state)
{
    const struct http_observation known = {"POST", 0, 200, 0, 2000};
    const struct http_observation wild = {"SMUGGLE", -1, 999, -EIO, -5};
    const struct http_observation gone = {"POST", 0, 499, STATUS_CLIENT_GONE, 1};
    const struct http_observation full = {"POST", 0, 503, -ENOMEM, 1};

    (void)state;
    metrics_count_request(&known, metrics);
    metrics_count_request(&wild, metrics);
    metrics_count_request(&gone, metrics);
    metrics_count_request(&full, metrics);
#define COUNT "http_server_request_duration_seconds_count"
    assert_line(false, COUNT "{method=\"POST\",route=\"/gray\",status=\"200\"} 1");
    assert_line(false, COUNT "{method=\"_OTHER\",route=\"other\",status=\"other\"} 1");
    assert_line(false, COUNT "{method=\"POST\",route=\"/gray\",status=\"499\"} 1");
    assert_line(false, "grisaille_problems_total{type=\"internal\"} 1");
    assert_line(false, "grisaille_problems_total{type=\"overloaded\"} 1");
    assert_no_line_begins("grisaille_problems_total{type=\"client-gone\"}");
    metrics_add(metrics, METRIC_PROBLEMS, (const unsigned[]){STATUS_COUNT}, 1);
    metrics_count_request(&known, NULL);
    metrics_add(NULL, METRIC_RETRIES, NULL, 1);
}

/* Goal: an image is counted with its sizes, and its operation is the first that is asked for. */
static void test_images(void **state)
{
    const struct metrics_image image = {
        METRIC_OPERATION_RESIZE, IMAGE_JPEG, IMAGE_WEBP, IMAGE_PATH_GENERAL, 100, 200, 10, 20};
    struct image_variant variant = {.stage.rotate = 90, .stage.gray = IMAGE_GRAY_LUMA};
    struct image_request request = image_request_of(&variant);

    (void)state;
    metrics_count_image(metrics, &image);
    metrics_count_image(metrics, &image);
    assert_line(false, "grisaille_images_total{operation=\"resize\",format_in=\"jpeg\","
                       "format_out=\"webp\",path=\"general\"} 2");
    assert_line(false, "grisaille_source_bytes_total 200");
    assert_line(false, "grisaille_source_pixels_total 400");
    assert_line(false, "grisaille_result_bytes_total 20");
    assert_line(false, "grisaille_result_pixels_total 40");
    assert_int_equal(metrics_operation(&request, IMAGE_JPEG), METRIC_OPERATION_ROTATE);
    variant = (struct image_variant){.encoding.format = IMAGE_JPEG};
    request = image_request_of(&variant);
    assert_int_equal(metrics_operation(&request, IMAGE_JPEG), METRIC_OPERATION_COPY);
    assert_int_equal(metrics_operation(&request, IMAGE_PNG), METRIC_OPERATION_CONVERT);
    variant.stage = (struct image_stage){.height = 7, .crop.kind = IMAGE_CROP_SQUARE};
    request = image_request_of(&variant);
    assert_int_equal(metrics_operation(&request, IMAGE_PNG), METRIC_OPERATION_RESIZE);
}

/* Goal: an info whose labels change has one series. */
static void test_info_that_changes(void **state)
{
    unsigned labels[METRIC_LABELS_MAX] = {1};
    char *text;

    (void)state;
    metrics_set(metrics, METRIC_SANDBOX, labels, 1);
    metrics_clear(metrics, METRIC_SANDBOX);
    labels[1] = 1;
    metrics_set(metrics, METRIC_SANDBOX, labels, 1);
    text = write_text(false);
    assert_null(strstr(text, "grisaille_sandbox_info{mode=\"required\",seccomp=\"false\""));
    assert_non_null(strstr(text, "grisaille_sandbox_info{mode=\"required\",seccomp=\"true\""));
    free(text);
}

enum { THREADS = 4, ROUNDS = 20000 };

static atomic_bool done;

static void *count_much(void *argument)
{
    const struct http_observation observation = {"GET", 0, 200, STATUS_NOT_FOUND, 700};

    (void)argument;
    for (int i = 0; i < ROUNDS; i++)
        metrics_count_request(&observation, metrics);
    return NULL;
}

static unsigned long long read_count(const char *name)
{
    char *text = write_text(false), *at = strstr(text, name);
    unsigned long long value = at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;

    free(text);
    return value;
}

static void *read_much(void *argument)
{
    bool *went_back = argument;
    unsigned long long before = 0;

    while (!atomic_load(&done)) {
        unsigned long long now = read_count("{type=\"not-found\"} ");

        *went_back = *went_back || now < before;
        before = now;
    }
    return NULL;
}

/* Goal: threads that count at the same time lose nothing, and who reads meanwhile never sees a
 * number go back. */
static void test_threads(void **state)
{
    pthread_t threads[THREADS], reader;
    bool went_back = false;

    (void)state;
    atomic_store(&done, false);
    assert_int_equal(pthread_create(&reader, NULL, read_much, &went_back), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_much, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&done, true);
    pthread_join(reader, NULL);
    assert_false(went_back);
    assert_int_equal(read_count("{type=\"not-found\"} "), THREADS * ROUNDS);
    assert_int_equal(read_count(COUNT "{method=\"GET\",route=\"/gray\",status=\"200\"} "),
                     THREADS * ROUNDS);
}

/* Goal: OpenMetrics goes to those that name it and do not prefer the other. */
static void test_accept(void **state)
{
#define OPEN "application/openmetrics-text"
    static const struct {
        const char *accept;
        bool openmetrics;
    } cases[] = {
        {NULL, false},
        {"", false},
        {"*/*", false},
        {"application/*", false},
        {"text/plain", false},
        {OPEN, true},
        {"Application/OpenMetrics-Text ; version=1.0.0", true},
        {OPEN ";q=0", false},
        {OPEN "; q=0.000, text/plain", false},
        {OPEN "x", false},
        {OPEN ";q=0.4,text/plain;q=0.5", false},
        {OPEN ";q=0.5,text/plain;q=0.5", true},
        {"text/plain;q=0.3, */*," OPEN ";version=1.0.0;q=0.75", true},
        {OPEN ";version=1.0.0," OPEN ";version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;"
              "q=0.1",
         true},
        {",;q=1,,", false},
        {OPEN ";", true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        if (metrics_prefers_openmetrics(cases[i].accept) != cases[i].openmetrics)
            fail_msg("%s", cases[i].accept);
}

/* Goal: docs/operations.md holds the table as it is; `ninja -C build update-docs` writes it. */
static void test_document(void **state)
{
    (void)state;
    assert_documented("docs/operations.md", metrics_document);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_rows),
        TEST(test_closed_sets),
        TEST(test_text),
        TEST(test_escaping),
        TEST(test_requests),
        TEST(test_images),
        TEST(test_info_that_changes),
        TEST(test_threads),
        TEST(test_accept),
        TEST(test_document),
    };

    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
