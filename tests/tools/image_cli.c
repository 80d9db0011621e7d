/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/status.h"
#include "image/image.h"
#include "image/plan/cost.h"
#include "service/parameters.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * The image code without a server, for tests and benchmarks:
 *
 *     image_cli gray|scale|both FACTOR QUALITY IN OUT [TIMES]    FACTOR means nothing to gray
 *     image_cli do QUERY IN OUT [TIMES]    QUERY as clients write it, "width=200&fit=cover"
 *     image_cli -     the same from standard input, a line a job: starting takes longer than most
 * jobs
 *
 * QUALITY 0 is "not asked" (80 where one is needed). With TIMES it runs that often and reports the
 * CPU milliseconds of one run, the address space that all took, and what both were estimated at.
 * Exit code: 0, or the status that image_process returned.
 */
enum { OUTPUT_CAPACITY = 256 << 20 };

static void cleanup_stream(FILE **stream)
{
    if (*stream != NULL)
        fclose(*stream);
}

static uint8_t *read_file(const char *path, size_t *size)
{
    _cleanup_(cleanup_stream) FILE *file = fopen(path, "rb");
    uint8_t *data;
    long length;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0)
        return NULL;
    rewind(file);
    *size = (size_t)length;
    data = malloc(*size + 1); /* +1: an empty file is not an error */
    if (data == NULL || fread(data, 1, *size, file) != *size)
        return NULL;
    return data;
}

static int write_file(const char *path, const uint8_t *data, size_t size)
{
    _cleanup_(cleanup_stream) FILE *file = fopen(path, "wb");

    return file == NULL || fwrite(data, 1, size, file) != size ? -1 : 0;
}

static double cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* A line of /proc/self/status, in KiB; 0 where there is none. */
static long read_status(const char *name)
{
    _cleanup_(cleanup_stream) FILE *file = fopen("/proc/self/status", "re");
    char line[128];
    long value = 0;

    while (file != NULL && value == 0 && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            value = atol(line + strlen(name));
    }
    return value;
}

static void print_estimate(const struct image_request *request, const uint8_t *input, size_t size)
{
    struct image_header header;
    struct image_plan plan;
    struct image_cost cost;
    char detail[IMAGE_DETAIL_BYTES];

    if (image_read_header(input, size, &header) != 0)
        return;
    if (image_plan(&plan, request, &header, detail) != 0)
        return;
    image_estimate(&plan, size, &cost);
    printf("estimated %.2f ms, %llu KiB\n", (double)cost.time_us / 1e3,
           (unsigned long long)cost.memory_bytes / 1024);
}

static unsigned long limit(const char *variable, unsigned long otherwise)
{
    const char *value = getenv(variable);

    return value == NULL ? otherwise : strtoul(value, NULL, 10);
}

/* The limits stay. */
static void ask(struct image_request *request, const struct image_variant *variant)
{
    const struct image_request asked = image_request_of(variant);

    memcpy(request->outputs, asked.outputs, sizeof(asked.outputs));
    memcpy(request->stages, asked.stages, sizeof(asked.stages));
}

static bool read_query(const char *query, struct image_request *request, char message[static 256])
{
    struct http_parameter_values values = {0};
    struct image_variant variant;

    static_assert(HTTP_DETAIL_BYTES <= 256, "a message holds a detail");
    if (http_query_parse(query, strlen(query), &image_parameters, &values, message) != 0 ||
        parameters_variant(&values, IMAGE_GRAY_NONE, &variant, message) != 0)
        return false;
    ask(request, &variant);
    return true;
}

static bool read_words(char *const argv[3], struct image_request *request)
{
    struct image_variant variant = {
        .stage.background = 0xffffffff,
        .encoding.quality = (uint32_t)strtoul(argv[2], NULL, 10),
    };

    if (strcmp(argv[0], "scale") != 0)
        variant.stage.gray = IMAGE_GRAY_LUMA;
    if (strcmp(argv[0], "gray") != 0 &&
        parse_exact_decimal(argv[1], strlen(argv[1]), &variant.stage.scale) != 0)
        return false;
    ask(request, &variant);
    return true;
}

/* Runs a job and reports what became of it. 0; the status that image_process returned; 125: -errno;
 * 126: no such file, or no memory. */
static int run(struct image_request *request, struct image_output *output, char *const argv[5],
               int times, char message[static 256])
{
    const bool query = strcmp(argv[0], "do") == 0;
    char *const *files = query ? argv + 2 : argv + 3;
    _cleanup_free_ uint8_t *input = NULL;
    size_t size = 0;
    int status = 0;
    double start;
    long space_kib;

    if (!(query ? read_query(argv[1], request, message) : read_words(argv, request)) ||
        image_request_check(request) != 0)
        return 127;
    input = read_file(files[0], &size);
    if (input == NULL)
        return 126;
    space_kib = read_status("VmSize:");
    start = cpu_ms();
    for (int i = 0; i < (times > 0 ? times : 1) && status == 0; i++)
        status = image_process(request, (struct bytes){input, size}, output);
    if (times > 0) {
        printf("%.2f ms CPU, %zu bytes, %ld KiB of address space, path %s\n",
               (cpu_ms() - start) / times, output->size, read_status("VmPeak:") - space_kib,
               image_path_name(output->path));
        print_estimate(request, input, size);
    }
    if (status != 0) {
        snprintf(message, 256, "%s: %s", status < 0 ? strerror(-status) : status_name(status),
                 output->detail);
        return status < 0 ? 125 : status;
    }
    return write_file(files[1], output->data, output->size) != 0 ? 126 : 0;
}

/* How many words a job has, by its first one. */
static size_t word_count(char *const words[], size_t read)
{
    return read > 0 && strcmp(words[0], "do") == 0 ? 4 : 5;
}

/* Job after job, as a worker does: words in lines on standard input, "STATUS CPU-SECONDS MESSAGE"
 * back. */
static int serve(struct image_request *request, struct image_output *output)
{
    char line[4096];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        char *words[5], *rest = line, message[256] = "";
        double start = cpu_ms();
        size_t count = 0;
        int status;

        while (count < word_count(words, count) &&
               (words[count] = strtok_r(rest, " \n", &rest)) != NULL)
            count++;
        if (count < word_count(words, count))
            return 127;
        status = run(request, output, words, 0, message);
        printf("%d %.6f %s\n", status, (cpu_ms() - start) / 1e3, message);
        fflush(stdout);
    }
    return 0;
}

int main(int argc, char **argv)
{
    _cleanup_free_ uint8_t *memory = NULL;
    struct image_output output = {.capacity = limit("MAX_OUTPUT_BYTES", OUTPUT_CAPACITY)};
    struct image_request request = {.default_quality = 80,
                                    .max_pixels = limit("MAX_PIXELS", 100000000),
                                    .max_scans = (uint32_t)limit("MAX_SCANS", 100),
                                    .max_side = 65535,
                                    .default_avif_quality = 60,
                                    .count = 1,
                                    .outputs[0].stages = 1};
    char message[256] = "";
    const int least = 1 + (argc > 1 ? (int)word_count(argv + 1, 1) : 0);
    int status;

    if (argc < 2 || (argc < least && !(argc == 2 && strcmp(argv[1], "-") == 0))) {
        fprintf(stderr, "usage: image_cli gray|scale|both FACTOR QUALITY IN OUT [TIMES]\n"
                        "       image_cli do QUERY IN OUT [TIMES]\n");
        return 127;
    }
    memory = output.data = malloc(output.capacity);
    if (memory == NULL || image_start() != 0)
        return 126;
    if (getenv("FILL") != NULL) /* as if an earlier job had left something there */
        memset(memory, (int)limit("FILL", 0), output.capacity);
    if (argc == 2)
        return serve(&request, &output);
    status = run(&request, &output, argv + 1, argc > least ? atoi(argv[least]) : 0, message);
    if (message[0] != '\0')
        fprintf(stderr, "%s\n", message);
    return status;
}
