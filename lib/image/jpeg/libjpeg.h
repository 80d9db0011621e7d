/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <jpeglib.h>

/*
 * What the users of libjpeg share. It reports errors by calling error_exit, which must not return:
 * it jumps back to `failed`, with `status` set. What lies between, libjpeg's own frames, owns
 * nothing that jpeg_abort or jpeg_destroy does not give back.
 */
struct libjpeg_errors {
    struct jpeg_error_mgr manager;
    jmp_buf failed;
    int status; /* STATUS_IMAGE_TOO_LARGE: the destination is full; -ENOMEM; -ENOTSUP: the rest */
};

/* For the member `err` of a codec. Nothing is written to standard error; warnings are counted. */
struct jpeg_error_mgr *libjpeg_errors_begin(struct libjpeg_errors *errors);

/* A destination of so many bytes, at least one, that does not grow. */
struct jpeg_destination_mgr libjpeg_destination(uint8_t *output, size_t capacity);
