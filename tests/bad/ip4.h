/* SPDX-License-Identifier: MIT */
/**
 * DOC: ip4 - bad IPv4 by hand, over an Ethernet of its own beside the rig of bad.h
 *
 * The attacked stack is 10.9.0.1/24 here; its peer 10.9.0.2 and the attacker 10.9.0.66 are known to
 * it. The honest flow of the rig goes on meanwhile on another interface. What the stack sends here
 * is looked at at once: a reply to a group, to nobody or to itself is a failure.
 */
#ifndef WEFT_TESTS_BAD_IP4_H
#define WEFT_TESTS_BAD_IP4_H

#include "bad.h"
#include "weft/ip.h"

#define IP4_IF  4 /* After loopback, the honest wire and the rig's layer-3 wire. */
#define IP_V    0x0a090001u
#define IP_P    0x0a090002u
#define IP_X    0x0a090042u
#define IP_B    0x0a0900ffu
#define IP_MAX  65600u
#define IP_HELD BAD_NO_DROP /* In ip4_one(): not dropped. */

/** struct ip4 - The rig */
struct ip4 {
    struct bad *b;
    bool (*more)(struct two *t, void *user); /* The rig's own. */
    void *more_user;
    unsigned sent;        /* Frames the stack sent here. */
    uint8_t last[IP_MAX]; /* The last of them. */
    size_t last_n;
    uint16_t ids[70000]; /* Identifications of those without Don't Fragment. */
    unsigned ids_n;
};

/** struct ip4_pkt - A packet to be made; what is zero is left as it should be */
struct ip4_pkt {
    uint32_t src, dst; /* 0 = from the attacker, to the stack. */
    uint16_t id, frag; /* frag: flags and offset as in the header. */
    uint8_t proto, tos, ttl;
    bool is_any_src, is_any_dst; /* Zero is meant. */
    bool is_broadcast;           /* In a frame to all. */
    int vihl, total;             /* If not 0; -1 = total 0. */
    const uint8_t *opts;
    uint32_t opts_n; /* A multiple of 4. */
    const uint8_t *data;
    uint32_t data_n;
};

/** ip4_new() - The rig with the usual limits; the honest flow has begun */
struct ip4 *ip4_new(void);

/** ip4_on() - The same on a rig that was made already */
struct ip4 *ip4_on(struct bad *b);

/** ip4_end() - What bad_end() looks at; nothing is in reassembly after its time */
void ip4_end(struct ip4 *r);

/** ip4_make() - The frame of a packet in @f; its length */
size_t ip4_make(const struct ip4_pkt *p, uint8_t *f);

/** ip4_push() - A frame arrives: in a block of its size, at an odd address */
void ip4_push(struct ip4 *r, const uint8_t *f, size_t n);

/** ip4_send() - Make a packet and have it arrive; nothing runs yet */
void ip4_send(struct ip4 *r, const struct ip4_pkt *p);

/** ip4_one() - A packet is dropped once, for @drop (IP_HELD: not at all), and draws @replies */
void ip4_one(struct ip4 *r, const struct ip4_pkt *p, unsigned drop, unsigned replies);

/** ip4_fragment() - As ip4_one() for a fragment from the attacker: offset, more, octets @fill */
void ip4_fragment(struct ip4 *r, uint16_t id, uint8_t proto, uint32_t off_mf, uint32_t n, int fill);

/** ip4_udp() - A UDP header and @n octets in @out; its length */
uint32_t ip4_udp(uint8_t *out, uint16_t dport, uint32_t n);

/** ip4_syn() - A SYN of the attacker to port 9 of @dst, with its sum, in @out; its length */
uint32_t ip4_syn(uint8_t out[20], uint32_t dst);

#define IP_MF 1u

#endif /* WEFT_TESTS_BAD_IP4_H */
