/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * The limit: the image functions called in a loop on every core, with no server around them. What a
 * server reaches of its throughput is what it costs.
 *
 *     limit SECONDS PROCESSES gray|FACTOR FILE...
 *
 * prints "images/s CPU-milliseconds", of all processes together and of one image. Starting the
 * codecs and touching memory for the first time are not counted: a worker does these once.
 */
#include "base/cleanup.h"
#include "base/deadline.h"
#include "image/image.h"
#include "tests/support/requests.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

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

/* What one process has done. */
struct tally {
    long images;
    double wall_s, cpu_s;
};

static double cpu_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* All files once, so that each process has done the same mixture. */
static bool pass(const struct image_request *request, const struct file *files, size_t count,
                 struct image_output *output)
{
    for (size_t i = 0; i < count; i++) {
        if (image_process(request, (struct bytes){files[i].data, files[i].size}, output) != 0)
            return false;
    }
    return true;
}

/* One process: as many passes as begin within the time; its tally goes into the pipe. */
static int work(const struct image_request *request, const struct file *files, size_t count,
                double duration, int pipe_fd)
{
    struct image_output output = {.data = malloc(OUTPUT_BYTES), .capacity = OUTPUT_BYTES};
    struct tally tally = {0};
    int64_t began_us;
    double cpu_began_s;

    if (output.data == NULL || image_start() != 0 || !pass(request, files, count, &output))
        return 1;
    began_us = clock_us();
    cpu_began_s = cpu_s();
    do {
        if (!pass(request, files, count, &output))
            return 1;
        tally.images += (long)count;
        tally.wall_s = (double)(clock_us() - began_us) / 1e6;
    } while (tally.wall_s < duration);
    tally.cpu_s = cpu_s() - cpu_began_s;
    return write(pipe_fd, &tally, sizeof(tally)) == sizeof(tally) ? 0 : 1;
}

/* Waits for all of them and adds up: images and CPU, and the rates of all together. */
static bool gather(int pipe_fd, int processes, struct tally *sum, double *per_second)
{
    bool good = true;

    for (int i = 0; i < processes; i++) {
        int status;

        wait(&status);
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    for (int i = 0; i < processes && good; i++) {
        struct tally tally;

        good = read(pipe_fd, &tally, sizeof(tally)) == sizeof(tally);
        if (!good)
            break;
        sum->images += tally.images;
        sum->cpu_s += tally.cpu_s;
        *per_second += (double)tally.images / tally.wall_s;
    }
    return good;
}

static int run(const struct image_request *request, const struct file *files, size_t count,
               double duration, int processes)
{
    struct tally sum = {0};
    double per_second = 0;
    int ends[2];

    if (pipe(ends) != 0)
        return 1;
    for (int i = 0; i < processes; i++) {
        if (fork() == 0)
            _exit(work(request, files, count, duration, ends[1]));
    }
    if (!gather(ends[0], processes, &sum, &per_second))
        return 1;
    printf("%.3f %.4f\n", per_second, sum.cpu_s * 1e3 / (double)sum.images);
    return 0;
}

int main(int argc, char **argv)
{
    struct image_request request;
    struct file files[256];
    size_t count = 0;

    if (argc < 5) {
        fprintf(stderr, "usage: limit SECONDS PROCESSES gray|FACTOR FILE...\n");
        return 2;
    }
    request = strcmp(argv[3], "gray") == 0 ? gray_request() : scale_request(atof(argv[3]));
    for (int i = 4; i < argc && count < ARRAY_LENGTH(files); i++) {
        if (!load(argv[i], &files[count++])) {
            fprintf(stderr, "limit: cannot read %s\n", argv[i]);
            return 1;
        }
    }
    return run(&request, files, count, atof(argv[1]), atoi(argv[2]));
}
