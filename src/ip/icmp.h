/* SPDX-License-Identifier: MIT */
/**
 * DOC: icmp - ICMP for IPv4 (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3)
 *
 * Echo is answered. Errors are sent under the rules of silence: never about an ICMP error, a
 * fragment other than the first, a group or broadcast destination (in either layer), or a source
 * that is no single host. Errors are limited per destination (a burst of 6, then one a second,
 * as in the common kernels) before a ceiling for the whole stack whose size is random per second,
 * so that nobody outside can read it (7.5 of the plan). Errors that arrive are handed to the
 * protocol whose packet they quote; redirects are in redirect.c, the other queries in icmp_query.c.
 * What the stack has no use for itself (replies, router messages, unknown types) goes to the
 * sockets that asked for it. Source quench is dropped unless the old behaviour is switched on
 * (RFC 6633).
 */
#ifndef WF_IP_ICMP_H
#define WF_IP_ICMP_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"
#include "weft/icmp.h"
#include "weft/icmpext.h"
#include "wire/wire.h"

#define ICMP_LIMIT_SLOTS 256
#define ICMP_IFS_MAX     66 /* Loopback and 64 more, from 1 on. */
#define REDIRECT_SLOTS   64

/** struct wf_redirect - A first hop that a redirect changed; direct-mapped by destination */
struct wf_redirect {
    uint32_t dst4; /* 0 = free. */
    uint32_t gateway4;
    uint64_t expires_ns;
    uint16_t ifindex;
};

/** struct wf_icmp - State of ICMP; part of struct wf_ip */
struct wf_icmp {
    struct weft_icmp_config cfg;
    uint64_t full_ns[ICMP_LIMIT_SLOTS]; /* Errors to a destination: when its bucket is full. */
    uint64_t second_ns;                 /* Start of the running second of the ceiling, ... */
    uint32_t left;                      /* ... and errors left in it. */
    uint64_t echo_full_ns;              /* The bucket of echo replies. */
    uint8_t if_flags[ICMP_IFS_MAX];     /* WEFT_ICMP_..., by interface index. */
    struct wf_redirect redirects[REDIRECT_SLOTS];
    uint32_t redirects_n;
    struct wf_timer redirect_timer;
};

/** struct icmp_quote - An ICMP error about a packet of ours, for the protocol concerned */
struct icmp_quote {
    struct weft_addr src, dst; /* Of the quoted packet: src is ours. */
    struct weft_addr offender;
    uint8_t proto, type, code;
    bool is_mtu;           /* Fragmentation needed: ... */
    uint32_t told_mtu;     /* ... what the router named, 0 = nothing, ... */
    uint32_t packet_bytes; /* ... and the size of the packet that did not fit. */
    const uint8_t *l4;     /* First octets of the quoted transport header ... */
    uint32_t l4_bytes;     /* ... at least 8. */
    bool is_hard;          /* Codes 2, 3, 4 of unreachable (RFC 1122 4.2.3.9). */
    uint32_t gateway4;     /* Redirect. */
    uint8_t pointer;       /* Parameter problem. */
    int err;               /* enum weft_err */
    uint8_t ext_bytes;     /* Objects behind the quote, ... */
    uint8_t ext[WEFT_ICMP_EXT_MAX];
};

/** enum icmp_result - What wf_icmp_input() found */
enum icmp_result {
    ICMP_CONSUMED, /* @p was taken. */
    ICMP_ERROR,    /* A quote for UDP or TCP: @p is still the caller's, and the quote lies in it. */
    ICMP_REPLY,    /* A reply to a query, for a socket: @p is still the caller's. */
    ICMP_REDIRECT, /* As ICMP_ERROR, and wf_redirect_learn() is next if the packet was ours. */
    ICMP_OTHER,    /* Nothing the stack knows: for sockets that want all. Still the caller's. */
};

/** wf_icmp_input() - An ICMP message that is for us */
enum icmp_result wf_icmp_input(struct net *net, struct pkt *p, const struct rx_meta *m,
                               struct icmp_quote *q);

/**
 * wf_icmp_error() - Send an error about a packet that arrived, unless silence is the rule
 * @p: the packet, data at its IP header again; borrowed
 * @info: next-hop MTU, pointer of a parameter problem, or gateway of a redirect
 */
void wf_icmp_error(struct net *net, struct pkt *p, const struct rx_meta *m, uint8_t type,
                   uint8_t code, uint32_t info);

/** wf_icmp_init() - Defaults */
void wf_icmp_init(struct net *net);

/** wf_icmp_quench() - A packet for somebody else finds no room: say so, where that is asked for */
void wf_icmp_quench(struct net *net, struct pkt *p, const struct rx_meta *m);

/** wf_icmp_may_lack_source() - Whether a message of @type is what who has no address yet may ask
 * for: a router, or the mask where an agent is (RFC 950, RFC 1256) */
bool wf_icmp_may_lack_source(const struct net *net, uint8_t type, const struct rx_meta *m);

/** wf_icmp_query() - A timestamp, information or mask request; takes @p */
enum icmp_result wf_icmp_query(struct net *net, struct pkt *p, const struct rx_meta *m,
                               const struct icmp4_hdr *h);

/** wf_icmp_note_mask() - Compare a mask reply that came by with our own mask (RFC 1812 4.3.3.9) */
void wf_icmp_note_mask(struct net *net, struct pkt *p, const struct rx_meta *m);

/** wf_icmp_announce_mask() - Broadcast the mask of an interface, if it has one only */
void wf_icmp_announce_mask(struct net *net, uint16_t ifindex);

/** wf_icmp_is_limited() - Whether one answer more would be too many of them; if not it counts */
bool wf_icmp_is_limited(struct net *net);

/** wf_icmp_reply() - Send the answer @e to the query @p, from the address that was asked, with the
 * options that come back; takes @e */
void wf_icmp_reply(struct net *net, struct pkt *e, const struct pkt *p, const struct rx_meta *m);

/** wf_icmp_ext_bytes() - Room to keep for what is appended to an error of a type, 0 = nothing is */
uint32_t wf_icmp_ext_bytes(const struct net *net, uint8_t type);

/**
 * wf_icmp_ext_append() - Pad the quote of a message, append the interface, set its length field
 * @msg: the message; behind the quote of @quote octets there is room for all
 * @ifindex: where the datagram came in
 * @dst4: whom the error goes to
 *
 * Return: octets behind the message's header.
 */
uint32_t wf_icmp_ext_append(const struct net *net, uint8_t *msg, uint32_t quote, uint16_t ifindex,
                            uint32_t dst4);

/** wf_icmp_ext_read() - Objects of an error that arrived (data at its header); octets at @out */
uint32_t wf_icmp_ext_read(const struct net *net, const struct pkt *p,
                          uint8_t out[WEFT_ICMP_EXT_MAX]);

/** wf_icmp_err() - The error of the API that an ICMP type and code stand for */
int wf_icmp_err(uint8_t type, uint8_t code);

#endif /* WF_IP_ICMP_H */
