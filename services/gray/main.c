/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * grisaille-gray: the gateway's worker, which grays one image after the other in a sandbox. It gets
 * them through shared memory, and knows neither HTTP nor configuration.
 */
#include "service/image_worker.h"

int main(int argc, char **argv)
{
    return image_worker_main("grisaille-gray", argc, argv);
}
