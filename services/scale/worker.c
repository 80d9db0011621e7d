/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * grisaille-scale-worker: the scale server's worker, which resizes one image after the other in a
 * sandbox.
 */
#include "service/image_worker.h"

int main(int argc, char **argv)
{
    return image_worker_main("grisaille-scale-worker", argc, argv);
}
