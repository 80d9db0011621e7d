/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "tests/fuzz/strict_jpeg.h"

#include <setjmp.h>

_Noreturn static void give_up(j_common_ptr codec)
{
    longjmp(*(jmp_buf *)codec->client_data, 1);
}

static void heed_warning(j_common_ptr codec, int level)
{
    if (level < 0)
        give_up(codec);
}

bool strict_jpeg_read(const uint8_t *data, size_t size,
                      bool (*work)(struct jpeg_decompress_struct *codec, void *argument),
                      void *argument)
{
    struct jpeg_error_mgr errors;
    jmp_buf out;
    struct jpeg_decompress_struct codec = {.client_data = &out};
    volatile bool good = false;

    codec.err = jpeg_std_error(&errors);
    errors.error_exit = give_up;
    errors.emit_message = heed_warning;
    if (setjmp(out) == 0) {
        jpeg_create_decompress(&codec);
        jpeg_mem_src(&codec, data, size);
        jpeg_read_header(&codec, TRUE);
        good = work(&codec, argument);
    } else {
        good = false;
    }
    jpeg_destroy_decompress(&codec);
    return good;
}
