/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * The image code without a server, for tests and benchmarks:
 *
 *     image_cli gray|scale FACTOR QUALITY IN OUT [TIMES]
 *
 * QUALITY 0 is "not asked" (80 where one is needed). With TIMES it runs that often and tells the
 * CPU milliseconds of one run. Exit code: 0, or the status that image_process returned.
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

static unsigned long limit(const char *variable, unsigned long otherwise)
{
    const char *value = getenv(variable);

    return value == NULL ? otherwise : strtoul(value, NULL, 10);
}

int main(int argc, char **argv)
{
    _cleanup_free_ uint8_t *input = NULL, *memory = NULL;
    struct image_output output = {.capacity = limit("MAX_OUTPUT_BYTES", OUTPUT_CAPACITY)};
    struct image_request request = {.default_quality = 80,
                                    .max_pixels = limit("MAX_PIXELS", 100000000),
                                    .max_scans = (unsigned)limit("MAX_SCANS", 100)};
    size_t size = 0;
    int status = 0, times = argc > 6 ? atoi(argv[6]) : 1;
    double start;

    if (argc < 6) {
        fprintf(stderr, "usage: image_cli gray|scale FACTOR QUALITY IN OUT [TIMES]\n");
        return 127;
    }
    request.operation = strcmp(argv[1], "gray") == 0 ? IMAGE_GRAY : IMAGE_SCALE;
    request.factor = strtod(argv[2], NULL);
    request.quality = atoi(argv[3]);
    input = read_file(argv[4], &size);
    memory = output.data = malloc(output.capacity);
    if (input == NULL || memory == NULL || image_start() != 0)
        return 126;
    if (getenv("FILL") != NULL) /* as if an earlier job had left something there */
        memset(memory, (int)limit("FILL", 0), output.capacity);

    start = cpu_ms();
    for (int i = 0; i < times && status == 0; i++)
        status = image_process(&request, input, size, &output);
    if (argc > 6)
        printf("%.2f ms CPU, %zu bytes\n", (cpu_ms() - start) / times, output.size);
    if (status != 0) {
        fprintf(stderr, "%s: %s\n", status < 0 ? strerror(-status) : status_name(status),
                output.detail);
        return status < 0 ? 125 : status;
    }
    return write_file(argv[5], output.data, output.size) != 0 ? 126 : 0;
}
