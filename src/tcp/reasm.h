/* SPDX-License-Identifier: MIT */
/**
 * DOC: reasm - received bytes that are out of order, by ranges
 *
 * Ranges are disjoint, not adjacent and ordered by sequence; each holds its bytes as blocks of a
 * receive queue, so a range that becomes the next in order moves over as a whole. What arrived
 * first wins where segments overlap. Memory: one object per connection while there is a gap, at
 * most REASM_RANGES ranges; a segment that would need one more is refused.
 */
#ifndef WF_TCP_REASM_H
#define WF_TCP_REASM_H

#include <stdbool.h>
#include <stdint.h>

#include "pkt/pkt.h"

#define REASM_RANGES 64

/** struct reasm_range - Contiguous bytes above a gap */
struct reasm_range {
    struct tcp_seq from, to;
    uint32_t touched; /* Order of the last change, for RFC 2018's most recent first. */
    struct wf_recvq q;
};

/** struct tcp_reasm - Everything out of order of a connection */
struct tcp_reasm {
    struct wf_slab_node node;
    uint32_t n;
    uint32_t clock; /* Source of touched. */
    uint32_t bytes;
    struct reasm_range r[REASM_RANGES];
};

/** enum reasm_result - What became of a segment */
enum reasm_result { REASM_TAKEN, REASM_NOTHING_NEW, REASM_NO_ROOM };

/** wf_reasm_put() - Keep bytes [@off, @off + @len) of a packet, which begin at @seq */
enum reasm_result wf_reasm_put(struct pkt_pool *pool, struct tcp_reasm *o, const struct pkt *p,
                               uint32_t off, struct tcp_seq seq, uint32_t len);

/**
 * wf_reasm_pull() - Move what has become the next in order to the end of a receive queue
 *
 * Return: bytes moved.
 */
uint32_t wf_reasm_pull(struct pkt_pool *pool, struct tcp_reasm *o, struct tcp_seq nxt,
                       struct wf_recvq *q);

/** wf_reasm_sacks() - The ranges to report, most recently changed first; returns their number */
uint8_t wf_reasm_sacks(const struct tcp_reasm *o, struct reasm_range out[], uint8_t max);

/** wf_reasm_clear() - Drop everything */
void wf_reasm_clear(struct pkt_pool *pool, struct tcp_reasm *o);

#endif /* WF_TCP_REASM_H */
