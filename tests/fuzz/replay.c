/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/fuzz.h"

/*
 * Runs a target over files instead of what a fuzzer makes up: seeds and the inputs of past
 * findings, in every build and with every compiler.
 *
 *     replay FOLDER...        every file in the folders; those that do not exist hold none
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* A copy of just its size, so that a sanitizer sees each byte read beyond it. */
static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    uint8_t *data;

    fuzz_require(file != NULL && fstat(fileno(file), &status) == 0);
    data = malloc((size_t)status.st_size + (status.st_size == 0));
    fuzz_require(data != NULL);
    fuzz_require(fread(data, 1, (size_t)status.st_size, file) == (size_t)status.st_size);
    fclose(file);
    fprintf(stderr, "%s\n", path); /* the last line names the one that was too much */
    LLVMFuzzerTestOneInput(data, (size_t)status.st_size);
    free(data);
}

static unsigned run_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    char path[PATH_MAX];
    unsigned count = 0;

    fuzz_require(directory != NULL || errno == ENOENT);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        run_file(path);
        count++;
    }
    if (directory != NULL)
        closedir(directory);
    return count;
}

int main(int argc, char **argv)
{
    unsigned count = 0;

    for (int i = 1; i < argc; i++)
        count += run_folder(argv[i]);
    printf("%u inputs\n", count);
    return count > 0 ? 0 : 1; /* nothing was tried */
}
