/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

/* Bytes of a sentence for the client that says what is wrong with an image or a request, its NUL
 * counted. */
enum { IMAGE_DETAIL_BYTES = 128 };
