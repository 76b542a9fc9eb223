/* SPDX-License-Identifier: MIT */
/**
 * DOC: bytes - network byte order, at any alignment
 *
 * Written byte by byte, so that neither alignment nor the machine's order matters; gcc and clang
 * turn each of them into one load or store with a byte swap.
 */
#ifndef WF_BASE_BYTES_H
#define WF_BASE_BYTES_H

#include <stdint.h>

/** wf_ld16be() - Read two bytes, the most significant one first */
static inline uint16_t wf_ld16be(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

/** wf_ld32be() - Read four bytes, the most significant one first */
static inline uint32_t wf_ld32be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

/** wf_st16be() - Write two bytes, the most significant one first */
static inline void wf_st16be(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/** wf_st32be() - Write four bytes, the most significant one first */
static inline void wf_st32be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

#endif /* WF_BASE_BYTES_H */
