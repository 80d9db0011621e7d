/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/job.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The child's side: what a worker program's main() hands its work to. It inherits a job queue, a
 * reply queue, a memory region and standard error, cages itself, and then answers one job after the
 * other until its parent ends it.
 */
struct worker_output {
    uint8_t *data; /* inside the region; write the result here */
    size_t capacity;
    size_t size;                   /* set by the handler */
    uint32_t format;               /* enum image_format, set by the handler */
    char detail[JOB_DETAIL_BYTES]; /* a sentence for the client where the status is not 0 */
};

struct worker_handler {
    const char *name; /* of the program, for logs and errors */
    /* Brings up the image library, before the cage closes. 0 or -errno. */
    int (*start)(void);
    /* One job: 0 and *output, or a status with output->detail; -ENOMEM is told as overloaded, any
     * other negative error as internal. `input` may change under a reader only if the server
     * misbehaves. */
    int (*handle)(const struct job_message *job, const uint8_t *input,
                  struct worker_output *output);
    /* No job has come for a while: gives back memory. NULL: nothing to give. */
    void (*rest)(void);
};

/* Runs until the parent ends it; returns the process's exit code (2 when started by hand). Called
 * once, from main(), before any other thread. */
int worker_main(const struct worker_handler *handler, int argc, char **argv);
