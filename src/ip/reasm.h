/* SPDX-License-Identifier: MIT */
/**
 * DOC: reasm - reassembly of IPv4 datagrams (RFC 791 3.2, RFC 815, RFC 1122 3.3.2, RFC 5722's rule)
 *
 * A datagram in reassembly holds chunks, and a bit for each 8 octets that arrived, so a fragment
 * costs the same whatever came before it. A fragment that overlaps another with different bytes,
 * contradicts the known end or reaches beyond 65,535 kills the whole datagram; an exact duplicate
 * is dropped alone. Limits: reasm_max datagrams, a quarter of them for one source, a quarter of all
 * chunks; what is over drops the oldest. Time: reasm_time_ms from the first fragment, whatever
 * follows; then ICMP time exceeded if the first fragment was there (RFC 792).
 */
#ifndef WF_IP_REASM_H
#define WF_IP_REASM_H

#include "net/net.h"
#include "wire/wire.h"

#define REASM_CHUNKS_MAX 16 /* 64 KiB in chunks of 4 KiB, the smallest. */

/** struct reasm - One datagram; owner: ip/reasm.c */
struct reasm {
    struct wf_slab_node node;
    struct wf_timer timer;
    struct wf_list order;
    struct reasm *hash_next;
    uint32_t src4, dst4;
    uint16_t id;
    uint8_t proto, tos;
    uint16_t ifindex;
    bool has_first, has_last, has_ce, has_not_ect;
    bool is_link_group;
    uint8_t hdr_bytes;
    uint8_t hdr[IP4_HDR_MAX_BYTES]; /* Of the first fragment. */
    uint32_t data_bytes;            /* Known once the last fragment is there. */
    uint32_t got_units;             /* Bits set. */
    uint32_t frags_n;
    struct wf_chunk *chunks[REASM_CHUNKS_MAX];
    uint64_t got[1024 / 8]; /* A bit for each 8 octets. */
};

/**
 * wf_reasm_input() - A fragment; takes @p
 *
 * Return: the whole datagram, data at its IP header, when this was the last one missing.
 */
struct pkt *wf_reasm_input(struct net *net, struct pkt *p, const struct ip4_hdr *h);

/** wf_reasm_expire() - The time of a datagram is over */
void wf_reasm_expire(struct net *net, struct reasm *r);

#endif /* WF_IP_REASM_H */
