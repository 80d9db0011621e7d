/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include "ipc/job.h"

/* A worker program around the image library: the main() of grisaille-gray and
 * grisaille-scale-worker, which differ in the one kind of job they take. Returns the exit code. */
int image_worker_main(const char *name, enum job_kind kind, int argc, char **argv);
