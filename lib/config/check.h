/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What strings in the option tables must look like. Any thread. */

/* An IPv4 or IPv6 address in numbers, without brackets, zone or port. */
bool check_is_address(const char *text);

/* The same, or unix:/path, the whole path of a Unix socket. */
bool check_is_listen_address(const char *text);

/* An IPv4 or IPv6 address, or network such as 10.0.0.0/8. */
bool check_is_network(const char *text);

/* http://host[:port] and nothing more; the host is a name, an IPv4 or a bracketed IPv6 address. */
bool check_is_origin(const char *text);

/* The same, or https://. */
bool check_is_web_origin(const char *text);

/* Words for formats: of images that are taken, and of results. */
bool check_is_input_format(const char *text);
bool check_is_output_format(const char *text);

/* User ids, "FIRST-LAST" or a single "N"; not root's. */
bool check_is_users(const char *text);

/* The same, parsed; *first and *count are set if it is true. */
bool check_parse_users(const char *text, uint32_t *first, uint32_t *count);
