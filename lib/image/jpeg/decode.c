/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#include "image/jpeg/decode.h"

#include "image/jpeg/decode_baseline.h"
#include "image/jpeg/decode_progressive.h"

int jpeg_decode(const struct jpeg_layout *layout, struct jpeg_decoding *decoding)
{
    return layout->progressive ? jpeg_decode_progressive(layout, decoding)
                               : jpeg_decode_baseline(layout, decoding);
}

int jpeg_check(const struct jpeg_layout *layout)
{
    struct jpeg_decoding nothing = {0};

    return jpeg_decode(layout, &nothing);
}
