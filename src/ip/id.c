/* SPDX-License-Identifier: MIT */
/**
 * DOC: id - identifications of datagrams that may be cut (RFC 6864, RFC 7739 5)
 *
 * A counter for each slot of paths, shuffled by a secret of the path: 65,536 different values until
 * one comes back, in an order that only who sees them knows. They are used in eight parts; a part
 * is used again when its last use is two minutes, the longest life of a datagram, ago.
 */
#include "ip/ip.h"

#define NS_PER_S   1000000000ull
#define LIFE_S     120u
#define BLOCK_BITS 13
#define ROUNDS     4

_Static_assert(ID_BLOCKS << BLOCK_BITS == 65536, "the parts are all there is");

/* A permutation of 16 bits: a Feistel network whose rounds take 14 bits of the secret each. */
static uint16_t shuffle(uint16_t v, uint64_t secret)
{
    uint32_t left = v >> 8, right = v & 0xffu;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t key = (uint32_t)(secret >> 14 * i) & 0x3fffu;
        uint32_t mixed = ((right << 14 | key) * 0x9e3779b1u) ^ key;
        uint32_t next = left ^ ((mixed * 0x85ebca6bu) >> 24);
        left = right;
        right = next;
    }
    return (uint16_t)(left << 8 | right);
}

bool wf_ip4_next_id(struct net *net, uint32_t src4, uint32_t dst4, uint8_t proto, uint16_t *id)
{
    uint64_t w[2] = {(uint64_t)src4 << 32 | dst4, proto};
    uint64_t h = wf_hash_words(&net->hash_key, w, 2);
    struct wf_ip_ids *ids = &net->ip->ids[h % ID_SLOTS];
    uint32_t now_s = (uint32_t)(net->now_ns / NS_PER_S) + 1;
    uint16_t n = (uint16_t)ids->n;
    uint32_t *left_s = &ids->left_s[n >> BLOCK_BITS];
    bool is_first = (n & ((1u << BLOCK_BITS) - 1)) == 0;
    if (is_first && *left_s != 0 && now_s - *left_s <= LIFE_S)
        return false;
    *left_s = now_s;
    ids->n++;
    *id = net->ip->sw.is_id_counting ? (uint16_t)(n + 1) : shuffle(n, h >> 8);
    return true;
}
