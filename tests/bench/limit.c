/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * The limit: the image functions called in a loop on every core, with no server around them. What a
 * server reaches of its throughput is what it costs.
 *
 *     limit SECONDS PROCESSES gray|FACTOR FILE...
 *
 * prints "pictures CPU-seconds": both of all processes together.
 */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "image/image.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { OUTPUT_BYTES = 64 << 20 };

struct file {
    uint8_t *data;
    size_t size;
};

static bool load(const char *path, struct file *file)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) != 0)
        return false;
    file->size = (size_t)info.st_size;
    file->data = malloc(file->size);
    return file->data != NULL && read(fd, file->data, file->size) == (ssize_t)file->size;
}

/* One process: as many pictures as it can in the time; their number goes into the pipe. */
static int work(const struct image_request *request, const struct file *files, size_t count,
                int64_t until_us, int pipe_fd)
{
    struct image_output output = {.data = malloc(OUTPUT_BYTES), .capacity = OUTPUT_BYTES};
    long pictures = 0;

    if (image_start() != 0 || output.data == NULL)
        return 1;
    for (; clock_us() < until_us; pictures++) {
        const struct file *file = &files[(size_t)pictures % count];

        if (image_process(request, file->data, file->size, &output) != 0)
            return 1;
    }
    return write(pipe_fd, &pictures, sizeof(pictures)) == sizeof(pictures) ? 0 : 1;
}

static bool gather(int pipe_fd, int processes, long *sum)
{
    bool good = true;

    for (int i = 0; i < processes; i++) {
        int status;

        wait(&status);
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    for (int i = 0; i < processes && good; i++) {
        long pictures;

        good = read(pipe_fd, &pictures, sizeof(pictures)) == sizeof(pictures);
        *sum += pictures;
    }
    return good;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int run(const struct image_request *request, const struct file *files, size_t count,
               double duration, int processes)
{
    int64_t until_us = clock_us() + (int64_t)(duration * 1e6);
    struct rusage usage;
    long sum = 0;
    int ends[2];

    if (pipe(ends) != 0)
        return 1;
    for (int i = 0; i < processes; i++) {
        if (fork() == 0)
            _exit(work(request, files, count, until_us, ends[1]));
    }
    if (!gather(ends[0], processes, &sum))
        return 1;
    getrusage(RUSAGE_CHILDREN, &usage);
    printf("%ld %.3f\n", sum, seconds(usage.ru_utime) + seconds(usage.ru_stime));
    return 0;
}

int main(int argc, char **argv)
{
    struct image_request request = {.default_quality = 80, .max_pixels = 1000000000,
                                    .max_scans = 1000};
    struct file files[256];
    size_t count = 0;

    if (argc < 5) {
        fprintf(stderr, "usage: limit SECONDS PROCESSES gray|FACTOR FILE...\n");
        return 2;
    }
    request.operation = strcmp(argv[3], "gray") == 0 ? IMAGE_GRAY : IMAGE_SCALE;
    request.factor = request.operation == IMAGE_SCALE ? atof(argv[3]) : 1;
    for (int i = 4; i < argc && count < ARRAY_LENGTH(files); i++) {
        if (!load(argv[i], &files[count++])) {
            fprintf(stderr, "limit: cannot read %s\n", argv[i]);
            return 1;
        }
    }
    return run(&request, files, count, atof(argv[1]), atoi(argv[2]));
}
