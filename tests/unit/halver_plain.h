/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

/* The halver's arithmetic as machines without vectors have it. */
#include "image/jpeg_halver.h"

void plain_filter_down(const struct halver *halver, const uint8_t *const rows[HALVER_PAIRS],
                       const struct halver_down *weights);
void plain_filter_across(const struct halver *halver, uint8_t *to);
