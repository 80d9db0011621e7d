/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 the grisaille authors */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Bytes from an untrusted client, and reads that check where they end. The get functions trust
 * their pointer: ask bytes_have first.
 */
struct bytes {
    const uint8_t *data;
    size_t size;
};

/* Whether `length` bytes lie at `offset`; never overflows. */
static inline bool bytes_have(struct bytes bytes, uint64_t offset, uint64_t length)
{
    return offset <= bytes.size && length <= bytes.size - offset;
}

/* Whether `magic` lies at `offset`. */
static inline bool bytes_match(struct bytes bytes, size_t offset, const void *magic, size_t length)
{
    return bytes_have(bytes, offset, length) && memcmp(bytes.data + offset, magic, length) == 0;
}

static inline uint16_t get_be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get_be32(const uint8_t *at)
{
    return (uint32_t)get_be16(at) << 16 | get_be16(at + 2);
}

static inline uint64_t get_be64(const uint8_t *at)
{
    return (uint64_t)get_be32(at) << 32 | get_be32(at + 4);
}

static inline void put_be16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put_be32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline uint16_t get_le16(const uint8_t *at)
{
    return (uint16_t)(at[1] << 8 | at[0]);
}

static inline uint32_t get_le24(const uint8_t *at)
{
    return (uint32_t)at[2] << 16 | get_le16(at);
}

static inline uint32_t get_le32(const uint8_t *at)
{
    return (uint32_t)get_le16(at + 2) << 16 | get_le16(at);
}

static inline uint64_t get_le64(const uint8_t *at)
{
    return (uint64_t)get_le32(at + 4) << 32 | get_le32(at);
}
