/* SPDX-License-Identifier: MIT */
/**
 * DOC: icmp - ICMP for IPv4 (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3)
 *
 * Echo is answered. Errors are sent under the rules of silence: never about an ICMP error, a
 * fragment other than the first, a group or broadcast destination (in either layer), or a source
 * that is no single host. Errors are limited per destination (a burst of 6, then one a second,
 * as in the common kernels) before a ceiling for the whole stack whose size is random per second,
 * so that nobody outside can read it (7.5 of the plan). Errors that arrive are handed to the
 * protocol whose packet they quote. Left out on purpose: redirects (ignored), source quench
 * (RFC 6633), timestamp, mask, information and router messages (ignored).
 */
#ifndef WF_IP_ICMP_H
#define WF_IP_ICMP_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"

#define ICMP_LIMIT_SLOTS 256

/** struct wf_icmp_limit - Token buckets for errors */
struct wf_icmp_limit {
    struct {
        uint64_t full_ns; /* When the bucket would be full again. */
    } slots[ICMP_LIMIT_SLOTS];
    uint64_t second_ns; /* Start of the running second of the ceiling. */
    uint32_t left;
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
    int err;               /* enum weft_err */
};

/** enum icmp_result - What wf_icmp_input() found */
enum icmp_result {
    ICMP_CONSUMED, /* @p was taken. */
    ICMP_ERROR,    /* A quote for UDP or TCP: @p is still the caller's, and the quote lies in it. */
    ICMP_REPLY,    /* An echo reply for a socket: @p is still the caller's. */
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

/** wf_icmp_err() - The error of the API that an ICMP type and code stand for */
int wf_icmp_err(uint8_t type, uint8_t code);

#endif /* WF_IP_ICMP_H */
