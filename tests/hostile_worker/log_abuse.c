/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/hostile_worker/commands.h"

/* What a worker that was taken over tries to do to the log through its standard error. */
#include "base/cleanup.h"
#include "base/deadline.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FAR_GIB = 8 << 10, FLOOD_LINE_BYTES = 80 };

/* tests/faults tests what a call returns, and whether it kills. */
static void put(const char *text, size_t size)
{
    ssize_t written = write(STDERR_FILENO, text, size);

    (void)written;
}

static void erase_from_the_start(void)
{
    lseek(STDERR_FILENO, 0, SEEK_SET);
    for (int i = 0; i < 64; i++)
        put("                                                                ", 64);
}

static void truncate_log(void)
{
    int status = ftruncate(STDERR_FILENO, 0);

    (void)status;
}

static void write_far_away(void)
{
    lseek(STDERR_FILENO, (off_t)FAR_GIB << 30, SEEK_SET);
    put("far\n", 4);
}

static void write_at_place(void)
{
    ssize_t written = pwrite(STDERR_FILENO, "far\n", 4, (off_t)FAR_GIB << 30);

    (void)written;
}

static void reserve_disk(void)
{
    int status = fallocate(STDERR_FILENO, 0, 0, 64 << 20);

    (void)status;
}

static void map_log(void)
{
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, STDERR_FILENO, 0);

    if (page != MAP_FAILED)
        memset(page, ' ', 4096);
}

static void forge_lines(void)
{
    static const char forged[] =
        "\n2026-01-01T00:00:00.000Z error grisaille-gateway[1]: forged by newline\n"
        "\r2026-01-01T00:00:00.000Z error grisaille-gateway[1]: forged by return\n"
        "\x1b[2K\x1b[1A\x9b"
        "2K\xc2\x9b"
        "2Kforged by escape\x07\n"
        "forged \xff\xc0\xaf\xed\xa0\x80 by encoding\n"
        "forged \0 by zero\n"
        "{\"level\":\"warning\",\"program\":\"grisaille-gateway\"}\n";

    put(forged, sizeof(forged) - 1);
}

/* Dies in the middle of a line. */
static void die_in_a_line(void)
{
    put("last words without", 18);
    raise(SIGSEGV);
}

static void say_long_line(void)
{
    for (int i = 0; i < 50; i++)
        put("0123456789abcdefghijklmnopqrstuvwxyz", 36);
    put("end\n", 4);
}

/* Only a sanitizer notices and reports this. */
static void write_beyond_the_end(void)
{
    static volatile size_t size = 40;
    volatile char *block = malloc(size);

    if (block != NULL)
        block[size] = 1;
    free((void *)(uintptr_t)block);
}

static void close_log(void)
{
    close(STDERR_FILENO);
}

static const struct {
    const char *name;
    void (*act)(void);
} acts[] = {
    {"erase", erase_from_the_start},
    {"truncate", truncate_log},
    {"sparse", write_far_away},
    {"pwrite", write_at_place},
    {"fallocate", reserve_disk},
    {"map", map_log},
    {"forge", forge_lines},
    {"torn", die_in_a_line},
    {"long", say_long_line},
    {"overflow", write_beyond_the_end},
    {"close", close_log},
};

int command_log(const char *argument, struct worker_output *output)
{
    (void)output;
    for (size_t i = 0; i < ARRAY_LENGTH(acts); i++)
        if (strcmp(acts[i].name, argument) == 0)
            acts[i].act();
    return 0;
}

/* Writes as much as it can for so many milliseconds. */
int command_flood(const char *argument, struct worker_output *output)
{
    int64_t until_us = deadline_after_ms(atoi(argument));
    char line[FLOOD_LINE_BYTES];

    (void)output;
    memset(line, 'f', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    while (clock_us() < until_us)
        put(line, sizeof(line));
    return 0;
}
