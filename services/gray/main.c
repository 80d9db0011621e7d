/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */

/*
 * grisaille-gray: the grayscale child of the gateway. It is handed one picture after the other
 * through shared memory, behind a sandbox, and knows neither HTTP nor configuration.
 */
#include "service/image_worker.h"

int main(int argc, char **argv)
{
    return image_worker_main("grisaille-gray", argc, argv);
}
