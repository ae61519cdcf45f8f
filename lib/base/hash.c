/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

/* Odd constants without a pattern: fractional digits of pi, as is customary. */
#define K0 UINT64_C(0x243f6a8885a308d3)
#define K1 UINT64_C(0x13198a2e03707345)
#define K2 UINT64_C(0xa4093822299f31d1)
#define K3 UINT64_C(0x082efa98ec4e6c89)

/* Both halves of the 128-bit product, folded: every input bit reaches every output bit. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word(const char *data, size_t len)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++)
        value |= (uint64_t)(unsigned char)data[i] << (8 * i);
    return value;
}

struct td_hash td_hash_bytes(struct td_bytes bytes)
{
    uint64_t low = K0 ^ bytes.len, high = K1 + bytes.len;
    const char *data = bytes.data;
    size_t left = bytes.len;
    while (left >= 16) {
        uint64_t a = word(data, 8), b = word(data + 8, 8);
        low = mix(low ^ a, K2 ^ b);
        high = mix(high ^ b, K3 ^ a) + low;
        data += 16;
        left -= 16;
    }
    uint64_t a = word(data, left < 8 ? left : 8);
    uint64_t b = left > 8 ? word(data + 8, left - 8) : 0;
    low = mix(low ^ a, K2 ^ b ^ left);
    high = mix(high ^ b, K3 ^ a) + low;
    return (struct td_hash){mix(low ^ K1, high ^ K3), mix(high ^ K0, low ^ K2)};
}

struct td_hash td_hash_join(struct td_hash a, struct td_hash b)
{
    return (struct td_hash){mix(a.low ^ K0, b.low ^ K2) + b.high,
                            mix(a.high ^ K1, b.high ^ K3) + a.low};
}

uint64_t td_hash_more(uint64_t hash, uint64_t next)
{
    return mix(hash ^ K0, next ^ K2) + K1;
}

static uint64_t eight(const char *data)
{
    uint64_t value;
    memcpy(&value, data, sizeof value);
    return value;
}

uint64_t td_hash_short(struct td_bytes bytes)
{
    uint64_t hash = K0 ^ bytes.len;
    const char *data = bytes.data;
    size_t left = bytes.len;
    for (; left > 16; data += 16, left -= 16)
        hash = mix(hash ^ eight(data), K2 ^ eight(data + 8));
    /* The last sixteen or fewer, those in the middle of nine to fifteen twice. */
    if (left >= 8)
        hash = mix(hash ^ eight(data), K2 ^ eight(data + left - 8));
    else
        hash = mix(hash ^ word(data, left), K2);
    return mix(hash ^ K1, K3);
}
