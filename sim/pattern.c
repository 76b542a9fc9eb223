/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim pattern - bytes that say where they belong
 *
 * Byte n of a stream is part of a scattered 64-bit number of the stream's seed and n / 8, so a byte
 * that is lost, doubled, moved or taken from another stream shows at its offset.
 */
#include <string.h>

#include "world.h"

static uint64_t word_at(uint64_t pattern, uint64_t index)
{
    return sim_mix(pattern * UINT64_C(0xd1342543de82ef95) + index);
}

static uint8_t byte_at(uint64_t pattern, uint64_t offset)
{
    return (uint8_t)(word_at(pattern, offset / 8) >> offset % 8 * 8);
}

static void store_word(uint8_t *p, uint64_t v)
{
    for (unsigned i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

void weft_pattern(uint64_t pattern, uint64_t offset, void *buf, size_t len)
{
    uint8_t *p = buf;
    for (; len > 0 && offset % 8 != 0; len--)
        *p++ = byte_at(pattern, offset++);
    for (; len >= 8; len -= 8, p += 8, offset += 8)
        store_word(p, word_at(pattern, offset / 8));
    for (; len > 0; len--)
        *p++ = byte_at(pattern, offset++);
}

size_t weft_pattern_check(uint64_t pattern, uint64_t offset, const void *buf, size_t len)
{
    const uint8_t *p = buf;
    size_t at = 0;
    while (at < len) {
        uint8_t want[8];
        if ((offset + at) % 8 == 0 && len - at >= 8) {
            store_word(want, word_at(pattern, (offset + at) / 8));
            if (memcmp(p + at, want, 8) == 0) {
                at += 8;
                continue;
            }
        }
        if (p[at] != byte_at(pattern, offset + at))
            return at;
        at++;
    }
    return len;
}
