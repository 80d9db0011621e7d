/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether a profile's primaries and curves are sRGB's, by the numbers in it: most are, and this
 * costs a hundredth of what Little CMS takes to make a transform. False where only a transform can
 * tell. Any thread.
 */
bool profile_is_plain_srgb(const uint8_t *profile, size_t size);
