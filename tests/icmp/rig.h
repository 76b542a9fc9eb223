/* SPDX-License-Identifier: MIT */
/**
 * DOC: rig - one stack, up to three Ethernets, and this test at the other end of each
 *
 * Interface k (0, 1, 2) has index k + 2, address 10.0.k.1/24 and MAC 02:00:00:00:00:0k. Whoever the
 * stack asks for by ARP is there, at 02:01 and its address, unless the test says who is not.
 * Frames lie in heap blocks of exactly their size, at odd addresses. Time is the test's.
 */
#ifndef WEFT_TESTS_ICMP_RIG_H
#define WEFT_TESTS_ICMP_RIG_H

#include <string.h>

#include "../fault/two.h" /* For its units of time. */
#include "frame.h"
#include "t.h"
#include "weft/weft.h"

#define RIG_FRAME_MAX 2048
#define RIG_SEEN_MAX  256

#define IP(a, b, c, d)                                                                             \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/** struct rig_ip - An IPv4 packet: header fields, and everything behind the header */
struct rig_ip {
    uint32_t src, dst;
    uint8_t proto, ttl, tos;
    uint16_t id, frag; /* frag: flags and offset as on the wire. */
    uint8_t opts[40];
    uint32_t opts_n;
    uint32_t n; /* Payload bytes. */
    uint8_t b[RIG_FRAME_MAX];
    bool
        is_link_group; /* In: send to the link's broadcast address. Out: went to a group address. */
    uint8_t mac[6];    /* Out: whereto. */
};

/** struct rig - The rig */
struct rig {
    struct weft_stack *st;
    void *mem, *area;
    uint64_t now_ns;
    uint32_t absent; /* An address that answers no ARP; 0 = all answer. */
    unsigned ifs;
    bool keeps_igmp;                     /* Reports of groups are seen, too. */
    struct rig_ip seen[3][RIG_SEEN_MAX]; /* Ring of what came out. */
    unsigned head[3], tail[3];
    uint64_t pushed;
};

/** rig_new() - A host or a router on so many links */
struct rig *rig_new(unsigned ifs, bool is_forwarding);

/** rig_end() - Nothing is left in its pools; frees it */
void rig_end(struct rig *r);

/** rig_run() - Let time pass; ARP is answered */
void rig_run(struct rig *r, uint64_t ns);

/** rig_push() - A packet arrives on link @k; what that leads to is done at once */
void rig_push(struct rig *r, unsigned k, const struct rig_ip *p);

/** rig_push_raw() - The bytes behind an Ethernet header arrive as they are */
void rig_push_raw(struct rig *r, unsigned k, const uint8_t *ip, size_t n, bool is_link_group);

/** rig_write() - A packet as bytes; its length */
size_t rig_write(const struct rig_ip *p, uint8_t *out);

/** rig_pull() - The oldest packet that came out on link @k, or NULL */
const struct rig_ip *rig_pull(struct rig *r, unsigned k);

/** rig_clear() - Forget what came out */
void rig_clear(struct rig *r);

/** rig_is_silent() - Whether nothing came out anywhere */
bool rig_is_silent(const struct rig *r);

/** rig_udp() - A datagram with @n octets of a pattern */
struct rig_ip rig_udp(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport, uint32_t n);

/** rig_icmp() - A message with this second word and body */
struct rig_ip rig_icmp(uint32_t src, uint32_t dst, unsigned type, unsigned code, uint32_t word);

/** rig_icmp_body() - Append to a message, and sum it anew */
void rig_icmp_body(struct rig_ip *p, const void *body, uint32_t n);

/** rig_sum() - Write the checksum of an ICMP message anew */
void rig_sum(struct rig_ip *p);

/** rig_quote() - An error from @src to @dst that quotes @n octets of a packet's payload */
struct rig_ip rig_quote(uint32_t src, uint32_t dst, unsigned type, unsigned code, uint32_t word,
                        const struct rig_ip *about, uint32_t n);

/** rig_drops() - Drops for a reason; WEFT_DROP_COUNT: for all */
uint64_t rig_drops(const struct rig *r, unsigned why);

#endif /* WEFT_TESTS_ICMP_RIG_H */
