/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * grisaille-scale-worker: the scale server's child, which reduces one picture after the other
 * behind a sandbox.
 */
#include "service/image_worker.h"

int main(int argc, char **argv)
{
    return image_worker_main("grisaille-scale-worker", argc, argv);
}
