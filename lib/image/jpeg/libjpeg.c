/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/libjpeg.h"

#include "base/status.h"

#include <errno.h>
#include <jerror.h>

static void fail(j_common_ptr codec)
{
    struct libjpeg_errors *errors = (struct libjpeg_errors *)(void *)codec->err;

    switch (codec->err->msg_code) {
    case JERR_BUFFER_SIZE:
        errors->status = STATUS_IMAGE_TOO_LARGE;
        break;
    case JERR_OUT_OF_MEMORY:
        errors->status = -ENOMEM;
        break;
    default:
        errors->status = -ENOTSUP;
    }
    longjmp(errors->failed, 1);
}

static void ignore_message(j_common_ptr codec)
{
    (void)codec;
}

static void count_warning(j_common_ptr codec, int level)
{
    codec->err->num_warnings += level < 0;
}

struct jpeg_error_mgr *libjpeg_errors_begin(struct libjpeg_errors *errors)
{
    jpeg_std_error(&errors->manager);
    errors->manager.error_exit = fail;
    errors->manager.output_message = ignore_message;
    errors->manager.emit_message = count_warning;
    return &errors->manager;
}

static void ignore_event(j_compress_ptr codec)
{
    (void)codec;
}

static boolean destination_is_full(j_compress_ptr codec)
{
    ERREXIT(codec, JERR_BUFFER_SIZE);
    return FALSE;
}

struct jpeg_destination_mgr libjpeg_destination(uint8_t *output, size_t capacity)
{
    return (struct jpeg_destination_mgr){
        .next_output_byte = output,
        .free_in_buffer = capacity,
        .init_destination = ignore_event,
        .empty_output_buffer = destination_is_full,
        .term_destination = ignore_event,
    };
}
