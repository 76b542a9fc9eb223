/* SPDX-License-Identifier: MIT */
/** DOC: ip - the facade: IPv4 in and out, forwarding, fragments, ICMP, path MTU */
#ifndef WF_IP_IP_H
#define WF_IP_IP_H

#include "ip/dst.h"
#include "ip/icmp.h"
#include "ip/igmp.h"
#include "ip/mroute.h"
#include "ip/options.h"
#include "ip/reasm.h"
#include "ip/redirect.h"
#include "net/net.h"
#include "weft/ip.h"
#include "wire/wire.h"

#define IP4_TTL_DEFAULT 64
#define PMTU_SLOTS      256
#define ID_SLOTS        256
#define ID_BLOCKS       8

/** struct wf_pmtu - A path MTU somebody told us of; direct-mapped by destination */
struct wf_pmtu {
    uint32_t dst4;
    uint32_t mtu;
    uint64_t expires_ns;
};

/** struct wf_ip_switches - What an operator chose; weft/ip.h has the values */
struct wf_ip_switches {
    uint8_t source_routes; /* enum weft_ip_source_routes */
    uint8_t ttl;           /* Of what nobody chose one for. */
    bool is_unrecorded;    /* Record route and timestamp pass as they are. */
    bool is_id_counting;
    bool is_ut_known;
    uint32_t ut_offset_ms; /* Of the stack's time, if is_ut_known. */
};

/** struct wf_ip_ids - Identifications of the paths that share a slot */
struct wf_ip_ids {
    uint32_t n;                 /* Given so far; its lower 16 bits become the next one. */
    uint32_t left_s[ID_BLOCKS]; /* When each part of all 65,536 was used last, +1; 0 = never. */
};

/** struct wf_ip - State of the internet layer; owner: the stack instance */
struct wf_ip {
    struct wf_slab reasms;
    struct wf_list reasm_order; /* struct reasm, oldest first. */
    struct reasm **reasm_buckets;
    uint32_t reasm_mask;
    uint32_t reasm_chunks; /* Chunks held by datagrams in reassembly. */
    struct wf_pmtu pmtu[PMTU_SLOTS];
    struct wf_icmp icmp;
    struct wf_igmp igmp;
    struct wf_ip_switches sw;
    struct wf_ip_ids ids[ID_SLOTS]; /* By hash of the path (RFC 7739 5.3). */
};

/** struct ip4_out - What the sender of a datagram chooses */
struct ip4_out {
    uint32_t src4, dst4; /* src4 0 = chosen by route. */
    uint8_t proto, ttl, tos;
    bool is_df;
    bool is_cut;         /* Don't Fragment only where it fits: else it is cut. */
    bool is_stamped;     /* Options of a reply: the times are in them. */
    bool is_path_probe;  /* The path MTU that is known does not hold for it. */
    uint8_t opts_bytes;  /* A multiple of 4. */
    uint16_t ifindex;    /* 0 = by route. */
    const uint8_t *opts; /* As wf_ip4_opts_settle() leaves them. */
};

/** wf_ip_init() - Empty tables; memory for the slabs is set by the stack */
void wf_ip_init(struct net *net);

/**
 * wf_ip4_input() - An IPv4 packet: validate, reassemble, decide whose it is
 * @m: filled when the verdict is not RX_DONE
 *
 * @p_io: the packet; replaced by the whole datagram when a fragment completes one
 */
enum verdict wf_ip4_input(struct net *net, struct pkt **p_io, struct rx_meta *m);

/** wf_ip4_forward() - Send a packet for somebody else on (RFC 1812 5); takes @p */
void wf_ip4_forward(struct net *net, struct pkt *p, const struct rx_meta *m);

/**
 * wf_ip4_output() - Send a datagram; its payload (transport header first) is in @p
 *
 * Takes @p on every path. A transport checksum must be complete or PKT_CSUM_PARTIAL.
 *
 * Return: 0, -WEFT_ENETUNREACH, -WEFT_EMSGSIZE (DF and too large), -WEFT_EAGAIN (queue full) or
 * -WEFT_ENOMEM.
 */
int wf_ip4_output(struct net *net, struct pkt *p, const struct ip4_out *o);

/** wf_ip4_push() - Put an IPv4 header without options in front of a packet */
void wf_ip4_push(struct pkt *p, const struct ip4_out *o, uint16_t id);

/**
 * wf_ip4_next_id() - Identification for a datagram that may be fragmented (RFC 6864)
 *
 * None comes back within two minutes for the same source, destination and protocol, and nobody
 * who does not see them can tell the next one (RFC 7739).
 *
 * Return: false if all were used in that time.
 */
bool wf_ip4_next_id(struct net *net, uint32_t src4, uint32_t dst4, uint8_t proto, uint16_t *id);

/**
 * wf_ip4_fragment_output() - Cut a packet with its IPv4 header to an MTU and send the pieces
 *
 * Takes @p. Return: 0 or -WEFT_ENOMEM (some pieces may have been sent).
 */
int wf_ip4_fragment_output(struct net *net, struct netif *nif, struct pkt *p, uint32_t mtu,
                           uint32_t next_hop4);

/** wf_ip4_source() - Source address and interface for a destination; false if unreachable */
bool wf_ip4_source(const struct net *net, uint32_t dst4, uint32_t *src4, uint16_t *ifindex);

/**
 * wf_ip4_next_hop() - Whom on the link a datagram of ours goes to
 * @r: route of @dst4, or NULL
 * @src4: 0 = any
 */
uint32_t wf_ip4_next_hop(const struct net *net, const struct wf_route4 *r, uint16_t ifindex,
                         uint32_t src4, uint32_t dst4);

/** wf_pmtu_get() - MTU of the path to @dst4, at most @if_mtu */
uint32_t wf_pmtu_get(const struct net *net, uint32_t dst4, uint32_t if_mtu);

/** wf_pmtu_claimed() - What a router says of the path: the MTU it names, or a plateau below the
 * packet that was too long for it */
uint32_t wf_pmtu_claimed(uint32_t told_mtu, uint32_t packet_bytes);

/** wf_pmtu_learn() - A router needs fragments (RFC 1191); true if the path MTU went down */
bool wf_pmtu_learn(struct net *net, uint32_t dst4, uint32_t told_mtu, uint32_t packet_bytes,
                   uint32_t if_mtu);

/** wf_ip4_neigh_failed() - Nobody answered for these packets (list by next): tell their senders */
void wf_ip4_neigh_failed(struct net *net, struct pkt *list);

#endif /* WF_IP_IP_H */
