/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft stack - one instance: limits, time, frames, events
 *
 * A stack is a passive object: it never calls the OS, never blocks and never calls the embedder
 * (except weft_panic() when it is broken). It belongs to one thread at a time; different stacks
 * share nothing. Time enters with weft_rx(), weft_advance() and weft_tx(); other calls use the time
 * seen last.
 *
 * The poll contract: after any call, if work can be done now, weft_deadline() is now.
 */
#ifndef WEFT_STACK_H
#define WEFT_STACK_H

#include "weft/netif.h"
#include "weft/types.h"

struct weft_event;
struct weft_cc_ops;

/** struct weft_vec - Routines for bulk bytes; a sum is that of big-endian 16-bit words, folded */
struct weft_vec {
    void (*copy)(void *dst, const void *src, size_t n);
    uint16_t (*sum)(const void *p, size_t n);
    uint16_t (*copy_sum)(void *dst, const void *src, size_t n);
};

/** struct weft_config - Limits and identity of a stack; read once by weft_stack_init() */
struct weft_config {
    uint64_t seed[4]; /* Every random choice and secret; equal seeds give equal runs. */

    uint32_t ifs_max;         /* Interfaces, 1..64. */
    uint32_t addrs_max;       /* Addresses of all interfaces. */
    uint32_t routes_max;      /* Routes, connected ones included. */
    uint32_t neighs_max;      /* Neighbour entries. */
    uint32_t neigh_wait_max;  /* Packets that wait for one neighbour. */
    uint32_t arp_proxies_max; /* Prefixes that are answered for (proxy ARP), 0..65536. */
    uint32_t reasm_max;       /* Datagrams in reassembly. */
    uint32_t reasm_frags_max; /* Fragments of one datagram. */
    uint32_t reasm_time_ms;   /* Life of an incomplete datagram. */
    uint32_t pmtu_min;        /* Least path MTU believed, 68..1280: lower claims serve attackers. */

    uint32_t pkts_max;    /* Packet descriptors (with room for headers), 64..2^20. */
    uint32_t lent_max;    /* Received frames whose memory is held at a time, 16..2^20. */
    uint32_t chunks_max;  /* Descriptors for chunks of data areas, 16..2^24. */
    uint32_t chunk_bytes; /* Size of a chunk, a power of two, 4096..65536. */
    uint32_t blocks_max;  /* Pieces in receive and reassembly queues, 64..2^24. */

    uint32_t socks_max;      /* Sockets. */
    uint32_t udp_max;        /* Of these, UDP and PING sockets. */
    uint32_t mc_members_max; /* Groups joined by sockets, each counted on its own. */
    uint32_t
        mc_groups_max; /* Groups joined on interfaces, and as many wanted on a router's links. */
    uint32_t mc_sources_max;   /* Sources in all lists. */
    uint32_t mroutes_max;      /* Static multicast trees. */
    uint32_t sock_errs_max;    /* Queued ICMP errors (WEFT_IP_RECVERR) of all sockets. */
    uint32_t tcp_conns_max;    /* Connections; at least as many as are to be open at once. */
    uint32_t tcp_listens_max;  /* Listening sockets. */
    uint32_t tcp_synrcvd_max;  /* Half-open connections of all listeners. */
    uint32_t tcp_timewait_max; /* TIME-WAIT records; the oldest goes when they are used up. */
    uint32_t tcp_busy_max;     /* Connections that recover or reassemble at a time. */
    uint32_t tcp_records_max;  /* Transmission records (super-frames in flight). */
    uint32_t tcp_fastopen_max; /* Servers whose Fast Open cookie is kept, 0..4096. */
    uint32_t tcp_cc_max;       /* Connections whose congestion control needs much state (BBR). */
    uint32_t tcp_uto_min_s; /* Limits of a user timeout that a peer asks for (RFC 5482): not below
                               100 s ... */
    uint32_t tcp_uto_max_s; /* ... and not above 22 days. */

    uint32_t tcp_mtu_base;         /* Size that a search for the path MTU begins at, 68..65535. */
    uint32_t tcp_mtu_min;          /* Black holes bring it down to this, 68..1280. */
    uint32_t tcp_mtu_raise_s;      /* A search that is over begins again then, 300..21600. */
    uint32_t tcp_challenges_max;   /* Challenge ACKs of a connection (RFC 5961) in ... */
    uint32_t tcp_challenges_in_ms; /* ... this time, 1..600000; at most 255. */

    uint64_t tcp_quiet_until_ns; /* TCP sends nothing before this time, so that what an earlier run
                                    sent is gone (RFC 9293 3.4.3); 0 = no quiet time. */
    uint32_t sndbuf_bytes, rcvbuf_bytes; /* Defaults of WEFT_SO_SNDBUF and _RCVBUF. */
    uint32_t trace_max;                  /* Records of the trace ring, a power of two; 0 = off. */
    bool is_forwarding;                  /* Router: packets for others are forwarded. */
    bool is_echo_silent;                 /* Do not answer ICMP echo. */

    const struct weft_vec *vec;   /* Vector routines; NULL = portable ones. */
    const struct weft_cc_ops *cc; /* Default congestion control; NULL = CUBIC. */
    uint8_t tcp_ecn;              /* WEFT_TCP_ECN of new sockets. */
    uint8_t tcp_mtu_probing;      /* WEFT_TCP_MTU_PROBING of new sockets. */
};

/**
 * weft_config_default() - Limits for a host with some hundred connections
 * @cfg: filled; the seed is zero and must be set
 */
void weft_config_default(struct weft_config *cfg);

/**
 * weft_stack_footprint() - Bytes of memory a stack with these limits needs
 * @cfg: limits
 *
 * Return: bytes, or 0 if a field of @cfg is out of range.
 */
size_t weft_stack_footprint(const struct weft_config *cfg);

/**
 * weft_stack_init() - Build a stack inside memory that the caller owns
 * @out: set to the stack on success, untouched otherwise
 * @cfg: limits; copied
 * @mem: memory, aligned to 64; used until the caller stops using the stack. Untouched pages stay
 * untouched until they are needed.
 * @bytes: size of @mem, at least weft_stack_footprint(@cfg)
 *
 * Return: 0, -WEFT_EINVAL (bad @cfg or alignment) or -WEFT_ENOMEM (@bytes too small).
 */
int weft_stack_init(struct weft_stack **out, const struct weft_config *cfg, void *mem, size_t bytes)
    __attribute__((warn_unused_result));

/**
 * weft_area_add() - Give the stack memory for payload bytes
 * @st: stack
 * @base: memory; the stack uses it until it is torn down
 * @bytes: size; cut into chunks of chunk_bytes
 *
 * Return: chunks gained, -WEFT_EINVAL (not even one) or -WEFT_ENOMEM (chunks_max reached; nothing
 * was taken).
 */
int weft_area_add(struct weft_stack *st, void *base, size_t bytes)
    __attribute__((warn_unused_result));

/**
 * weft_rx() - Hand a burst of received frames to the stack
 * @st: stack
 * @ifindex: interface they came in by
 * @frames: frames; their memory is lent until weft_rx_done() names the cookie, the array is not
 * @n: frames
 * @now_ns: monotonic time; an earlier time than seen before counts as standing still
 *
 * Return: frames taken, from the first on (all of them unless lent_max is reached).
 */
uint32_t weft_rx(struct weft_stack *st, uint16_t ifindex, const struct weft_frame *frames,
                 uint32_t n, uint64_t now_ns);

/**
 * weft_rx_done() - Frames that the stack has finished with
 * @st: stack
 * @cookies: filled
 * @n: entries at @cookies
 *
 * Return: entries filled.
 */
uint32_t weft_rx_done(struct weft_stack *st, uint64_t *cookies, uint32_t n);

/**
 * weft_tx() - Borrow frames to transmit
 * @st: stack
 * @ifindex: interface
 * @frames: filled; their memory is lent until weft_tx_done() is called with the cookie
 * @n: frames the driver has room for
 * @now_ns: monotonic time
 *
 * Return: frames filled; fewer than @n means nothing more waits.
 */
uint32_t weft_tx(struct weft_stack *st, uint16_t ifindex, struct weft_frame *frames, uint32_t n,
                 uint64_t now_ns);

/**
 * weft_tx_done() - Give transmitted frames back
 * @st: stack
 * @cookies: cookies of frames from weft_tx(), each exactly once
 * @n: entries
 */
void weft_tx_done(struct weft_stack *st, const uint64_t *cookies, uint32_t n);

/**
 * weft_tx_ready() - Whether weft_tx() would give a frame
 * @st: stack
 * @ifindex: interface
 *
 * Return: true if something waits (it may still be held back by a limit found when it is planned).
 */
bool weft_tx_ready(const struct weft_stack *st, uint16_t ifindex);

/**
 * weft_tx_block() - Say that a driver has no room, or has again
 * @st: stack
 * @ifindex: interface
 * @is_blocked: true: output of this interface no longer makes the deadline now
 */
void weft_tx_block(struct weft_stack *st, uint16_t ifindex, bool is_blocked);

/**
 * weft_advance() - Move time forward: expire timers, deliver loopback
 * @st: stack
 * @now_ns: monotonic time
 */
void weft_advance(struct weft_stack *st, uint64_t now_ns);

/**
 * weft_deadline() - When to call weft_advance() or weft_tx() next
 * @st: stack
 *
 * Return: absolute ns, the time seen last if work can be done now, WEFT_NEVER if nothing is
 * pending.
 */
uint64_t weft_deadline(const struct weft_stack *st);

/**
 * weft_events() - Sockets whose readiness changed since they were last named here
 * @st: stack
 * @ev: filled
 * @n: entries at @ev
 *
 * Return: entries filled; fewer than @n means there are no more.
 */
uint32_t weft_events(struct weft_stack *st, struct weft_event *ev, uint32_t n);

/**
 * weft_set_forwarding() - Switch the router role on or off
 * @st: stack
 * @is_forwarding: true: packets for others are forwarded
 */
void weft_set_forwarding(struct weft_stack *st, bool is_forwarding);

/** struct weft_usage - Objects in use; all zero (chunks_total apart) when a stack is idle and empty
 */
struct weft_usage {
    uint32_t pkts, lent, chunks, chunks_total, blocks;
    uint32_t socks, conns, synrcvd, timewait, busy, records, neighs, reasm;
    uint32_t groups; /* Memberships, groups and sources. */
};

/**
 * weft_stack_usage() - What is in use
 * @st: stack
 * @out: filled
 */
void weft_stack_usage(const struct weft_stack *st, struct weft_usage *out);

/**
 * weft_stack_check() - Check every invariant of the stack; calls weft_panic() if one is broken
 * @st: stack
 *
 * For tests: takes time in proportion to everything in use.
 */
void weft_stack_check(const struct weft_stack *st);

#endif /* WEFT_STACK_H */
