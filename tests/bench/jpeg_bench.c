/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "base/cleanup.h"
#include "base/status.h"
#include "image/jpeg/jpeg.h"
#include "tests/support/jpeg_paths.h"
#include "tests/support/requests.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/*
 * What the fast paths of a JPEG cost, without any server: the CPU time of jpeg_process on files,
 * the best of some runs.
 *
 *     jpeg_bench gray photo.jpg ...
 *     jpeg_bench -n 20 0.5 photo.jpg ...
 *     jpeg_bench -o out.jpg -q 85 0.5 photo.jpg
 */

enum { OUTPUT_BYTES = 128 << 20 };

static double cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static uint8_t *read_file(const char *path, size_t *size)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    _cleanup_free_ uint8_t *data = NULL;
    struct stat info;

    if (fd < 0 || fstat(fd, &info) < 0 || (data = malloc((size_t)info.st_size + 1)) == NULL)
        return NULL;
    *size = (size_t)info.st_size;
    return read(fd, data, *size) == (ssize_t)*size ? TAKE_PTR(data) : NULL;
}

static int write_file(const char *path, const struct image_output *output)
{
    FILE *file = fopen(path, "wb");
    bool written;

    if (file == NULL)
        return -errno;
    written = fwrite(output->data, 1, output->size, file) == output->size;
    return fclose(file) == 0 && written ? 0 : -EIO;
}

/* One line: file, milliseconds, bytes in and out. */
static int run(const char *path, const struct image_request *request, unsigned runs,
               struct image_output *output)
{
    size_t size = 0;
    _cleanup_free_ uint8_t *data = read_file(path, &size);
    double best = 0;
    int r = data == NULL ? -errno : 0;

    for (unsigned i = 0; r == 0 && i < runs; i++) {
        double start = cpu_ms(), spent;

        r = run_jpeg_paths(request, (struct bytes){data, size}, output);
        spent = cpu_ms() - start;
        if (i == 0 || spent < best)
            best = spent;
    }
    if (r != 0) {
        printf("%s: %s\n", path, r < 0 ? strerror(-r) : status_name(r));
        return r;
    }
    printf("%s\t%.3f\t%zu\t%zu\n", path, best, size, output->size);
    return 0;
}

int main(int argc, char **argv)
{
    struct image_request request;
    struct image_output output = {.capacity = OUTPUT_BYTES};
    const char *to = NULL;
    unsigned runs = 10;
    uint32_t quality = 0;
    int option, failed = 0;

    while ((option = getopt(argc, argv, "n:o:q:")) != -1) {
        if (option == 'n')
            runs = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'o')
            to = optarg;
        else if (option == 'q')
            quality = (uint32_t)strtoul(optarg, NULL, 10);
        else
            return 2;
    }
    if (argc - optind < 2) {
        fputs("usage: jpeg_bench [-n RUNS] [-q QUALITY] [-o FILE] gray|FACTOR FILE...\n", stderr);
        return 2;
    }
    request = strcmp(argv[optind], "gray") == 0 ? gray_request()
                                                : scale_request(strtod(argv[optind], NULL));
    request.outputs[0].encoding.quality = quality;
    output.data = malloc(OUTPUT_BYTES);
    if (output.data == NULL || jpeg_start() != 0)
        return 1;
    for (int i = optind + 1; i < argc; i++)
        failed |= run(argv[i], &request, runs, &output) != 0;
    if (to != NULL && !failed)
        failed = write_file(to, &output) != 0;
    jpeg_stop();
    free(output.data);
    return failed;
}
