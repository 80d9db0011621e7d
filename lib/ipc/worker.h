/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/job.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The worker's side: worker_main() is the main() of a worker program. It inherits a job queue, a
 * reply queue, a memory region and standard error, enters its sandbox, and then answers one job
 * after the other until its parent ends it.
 */
struct worker_output {
    uint8_t *data; /* inside the region; the handler writes the output here */
    size_t capacity;
    size_t size;     /* of the output, set by the handler */
    uint8_t *result; /* JOB_RESULT_BYTES of zeros; what the handler reports beside the output */
    size_t result_size;
    char detail[JOB_DETAIL_BYTES]; /* a sentence for the client where the status is not 0 */
};

struct worker_handler {
    const char *name; /* of the program, for logs and errors */
    /* Starts the image library, before the sandbox is entered. 0 or -errno. */
    int (*start)(void);
    /* Runs one job; `body` is what the server's pool_job.body was, aligned to 8 bytes. 0 and
     * *output, or a status and output->detail; the server hears -ENOMEM as STATUS_OVERLOADED, and
     * any other negative status as STATUS_INTERNAL. `input` changes during the job only if the
     * server misbehaves. */
    int (*handle)(const void *body, size_t body_size, const uint8_t *input, size_t input_size,
                  struct worker_output *output);
    /* Gives back memory after a while without a job. NULL: there is nothing to give back. */
    void (*rest)(void);
};

/* Runs until the parent ends it; returns the process's exit code (2 when started by hand). Called
 * once, from main(), before any other thread starts. */
int worker_main(const struct worker_handler *handler, int argc, char **argv);
