/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

/* The main() of the worker programs around the image library, grisaille-gray and
 * grisaille-scale-worker, which differ in nothing but their name. Returns the exit code. */
int image_worker_main(const char *name, int argc, char **argv);
