/* SPDX-License-Identifier: MIT */
/**
 * DOC: live - a stack, its peer on the wire and a program of small operations
 *
 * The input is a program: bytes that live_byte() hands out; beyond the end they are 0. live.c has
 * the operations and the invariants after each, live_api.c the calls of an application, live_peer.c
 * the other side of the wire: it learns sequence numbers, timestamps and ports from the frames that
 * the stack emits, so that a segment can be placed relative to the connection's real state.
 *
 * Interfaces: 2 is Ethernet (10.0.0.1/24, MTU 1500), 3 is layer 3 where every address is ours
 * (10.1.0.1/24). Received frames lie in heap blocks of exactly their size at odd addresses.
 */
#ifndef WEFT_FUZZ_LIVE_H
#define WEFT_FUZZ_LIVE_H

#include <stdbool.h>

#include "base/base.h"
#include "fuzz.h"
#include "weft/weft.h"
#include "wire/wire.h"

#define LIVE_ETH      2u
#define LIVE_L3       3u
#define LIVE_SOCKS    16u
#define LIVE_FLOWS    8u
#define LIVE_RX_HELD  64u
#define LIVE_TX_HELD  64u
#define LIVE_FRAME    4096u /* The largest frame built here. */
#define LIVE_BURST    16u
#define LIVE_PORT     80u /* Four ports from here are listened on, the peer's begin at 1000. */
#define LIVE_UDP_PORT 53u

/** struct live_flow - A TCP connection as the peer sees it */
struct live_flow {
    uint16_t ifindex, port, peer_port; /* @port is the stack's. */
    uint32_t addr, peer_addr;
    uint32_t isn;     /* The peer's own. */
    uint32_t una;     /* First octet of the stack's last segment. */
    uint32_t snd_nxt; /* Behind the last octet of the stack: what an ACK acknowledges. */
    uint32_t rcv_nxt; /* What the stack acknowledged last. */
    uint32_t ts_val;  /* The stack's last timestamp. */
    bool is_used, has_ts, has_seen, has_ack;
};

/** struct live - One run */
struct live {
    struct weft_stack *st;
    void *mem, *area;
    const uint8_t *in;
    size_t left;
    uint64_t now_ns;
    bool is_pulling;    /* What the stack has to send is taken after every operation. */
    bool has_arp;       /* The peer answers ARP by itself. */
    bool is_trusted[2]; /* Checksums of an interface are the driver's business. */
    uint8_t *rx[LIVE_RX_HELD];
    uint64_t tx[LIVE_TX_HELD];
    uint32_t tx_n;
    uint64_t sock[LIVE_SOCKS];
    struct live_flow flow[LIVE_FLOWS];
    uint32_t flow_next;
    uint16_t ip_id;
};

/** struct live_frames - Frames gathered for one weft_rx() */
struct live_frames {
    struct weft_frame f[LIVE_BURST];
    uint32_t n;
};

/** live_byte() - The next byte of the program, 0 behind its end */
uint8_t live_byte(struct live *l);
/** live_word() - The next two bytes */
uint16_t live_word(struct live *l);
/** live_pull() - Take up to @n frames; their cookies go back at once, or wait for live_tx_done() */
uint32_t live_pull(struct live *l, uint16_t ifindex, uint32_t n, bool is_delayed);
/** live_tx_done() - Give up to @n held cookies back, the newest first if @is_reversed */
void live_tx_done(struct live *l, uint32_t n, bool is_reversed);
/** live_rx_done() - Take up to @n cookies of received frames back, and free them */
uint32_t live_rx_done(struct live *l, uint32_t n);
/** live_add_frame() - Copy bytes into a block of their own, cut into @cuts + 1 runs */
void live_add_frame(struct live *l, struct live_frames *fs, const uint8_t *b, uint32_t len,
                    uint32_t cuts);
/** live_inject() - Hand gathered frames to the stack */
void live_inject(struct live *l, uint16_t ifindex, struct live_frames *fs);

/* ---- live_peer.c ---- */

/** live_learn() - The peer sees a frame of the stack, and checks it */
void live_learn(struct live *l, uint16_t ifindex, const struct weft_frame *f);
/** live_op_raw() - Bytes of the program as a frame */
void live_op_raw(struct live *l);
/** live_op_segment() - A TCP segment relative to a flow's state, or the SYN of a new flow */
void live_op_segment(struct live *l);
/** live_op_stream() - A burst of data segments in order */
void live_op_stream(struct live *l);
/** live_op_datagram() - UDP, ICMP echo and friends, other protocols, also to somebody else */
void live_op_datagram(struct live *l);
/** live_op_fragment() - One fragment of a datagram */
void live_op_fragment(struct live *l);
/** live_op_icmp_error() - An ICMP error that quotes a flow or a datagram */
void live_op_icmp_error(struct live *l);
/** live_op_arp() - An ARP message */
void live_op_arp(struct live *l);

/* ---- live_api.c ---- */

/** live_op_api() - A call on a socket */
void live_op_api(struct live *l);
/** live_op_net() - A call about interfaces, addresses, routes, neighbours */
void live_op_net(struct live *l);
/** live_op_look() - Calls that only look */
void live_op_look(struct live *l);

#endif /* WEFT_FUZZ_LIVE_H */
