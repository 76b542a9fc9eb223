/* SPDX-License-Identifier: MIT */
/**
 * DOC: live - a stack, its peer on the wire and a program of small operations
 *
 * The input is a program: bytes that live_byte() hands out; beyond the end they are 0. live.c has
 * the operations and the invariants after each, live_api.c and live_user.c the calls of an
 * application, live_peer.c the other side of the wire: it learns sequence numbers, timestamps and
 * ports from the frames that the stack emits and judges them. live_tcp.c places segments relative
 * to the connection's real state; live_talk.c is a receiver behind a link that behaves for a while.
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
#define LIVE_PEER4    0x0a000002u
#define LIVE_PEER4_L3 0x0a010002u
#define LIVE_TALK_MAX 64u /* Segments on the way in live_talk.c. */

/** struct live_flow - A TCP connection as the peer sees it */
struct live_flow {
    uint16_t ifindex, port, peer_port; /* @port is the stack's. */
    uint32_t addr, peer_addr;
    uint32_t isn;     /* The peer's own. */
    uint32_t una;     /* First octet of the stack's last segment. */
    uint32_t snd_nxt; /* Behind the last octet of the stack: what an ACK acknowledges. */
    uint32_t rcv_nxt; /* What the stack acknowledged last. */
    uint32_t ts_val;  /* The stack's last timestamp. */
    uint32_t sent;    /* Behind the last octet that came without a SYN. */
    uint32_t mss_max; /* The largest MSS that the peer may have been understood to have. */
    uint32_t ce_pkts; /* What an AccECN receiver counts (RFC 9768): packets, ... */
    uint32_t acc[3];  /* ... and bytes with ECT(0), CE, ECT(1). */
    uint8_t fo[TCP_FO_MAX], fo_n; /* The last Fast Open cookie of the stack. */
    bool is_used, has_ts, has_seen, has_ack, has_sent;
};

/** struct live_packet - A segment of the stack on its way through the link of live_talk.c */
struct live_packet {
    uint64_t at_ns; /* When it arrives. */
    uint32_t seq, end, ts_val;
    uint16_t flags;
    uint8_t ecn;
};

/** struct live_talk - What the link and the receiver of live_talk.c do, and the packets under way
 */
struct live_talk {
    struct live_flow *flow;
    struct live_packet packet[LIVE_TALK_MAX]; /* In order of arrival. */
    uint32_t n, seen;
    uint8_t path, receiver, faults;
    uint64_t free_ns; /* When the link has sent what it has. */
    uint64_t bytes;   /* That the stack sent. */
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
    bool has_urgent;        /* Urgent data was sent. */
    uint32_t talk_left;     /* Events of live_talk.c before it falls silent. */
    uint32_t lines;         /* Frames that could be printed. */
    struct live_talk *talk; /* Who listens to a flow now. */
};

/** struct live_dgram - An IP datagram being built */
struct live_dgram {
    uint8_t b[LIVE_FRAME];
    uint32_t l4, len; /* Where the transport header is, and the end, from the frame's start. */
    struct ip4_hdr h;
    uint8_t opts[IP4_OPTS_MAX_BYTES];
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
/** live_check_line() - A frame makes one line; in a transfer, where all look alike, one in 16 does
 */
void live_check_line(struct live *l, const void *frame, uint32_t len, bool is_ether);
/** live_inject() - Hand gathered frames to the stack */
void live_inject(struct live *l, uint16_t ifindex, struct live_frames *fs);

/* ---- live_peer.c ---- */

/** live_learn() - The peer sees a frame of the stack, and checks it */
void live_learn(struct live *l, uint16_t ifindex, const struct weft_frame *f);
/** live_near() - A place in the sequence space near @base: one byte off, or many windows */
uint32_t live_near(struct live *l, uint32_t base);
/** live_put_bytes() - Payload */
void live_put_bytes(uint8_t *to, uint32_t n, uint8_t from);
/** live_start() - Begin a datagram; the transport header and payload follow at d->l4 */
void live_start(struct live *l, struct live_dgram *d, uint16_t ifindex, uint32_t src, uint32_t dst,
                uint8_t proto);
/** live_finish() - Headers in front of what was written from d->l4 on */
void live_finish(struct live_dgram *d, uint16_t ifindex);
/** live_mend_sum() - The right checksum at @at of the transport header */
void live_mend_sum(struct live_dgram *d, uint32_t at, bool is_pseudo);
/** live_distort_ip() - What may be wrong or odd about the IP header */
void live_distort_ip(struct live *l, struct live_dgram *d);
/** live_send_dgram() - Finish a datagram and hand it to the stack in @cuts + 1 runs */
void live_send_dgram(struct live *l, struct live_dgram *d, uint16_t ifindex, uint32_t cuts);
/** live_pick_flow() - A flow by number, or a new one with bit 7 */
struct live_flow *live_pick_flow(struct live *l, uint8_t b);
/** live_op_raw() - Bytes of the program as a frame */
void live_op_raw(struct live *l);
/** live_op_datagram() - UDP, ICMP echo and friends, other protocols, also to somebody else */
void live_op_datagram(struct live *l);
/** live_op_fragment() - One fragment of a datagram */
void live_op_fragment(struct live *l);
/** live_op_icmp_error() - An ICMP error that quotes a flow or a datagram */
void live_op_icmp_error(struct live *l);
/** live_op_arp() - An ARP message */
void live_op_arp(struct live *l);

/* ---- live_tcp.c ---- */

/** live_flow_hdr() - Header of the peer's next segment of a flow, right in every field */
struct tcp_hdr live_flow_hdr(const struct live *l, const struct live_flow *f, uint16_t flags);
/** live_build_segment() - A datagram of a header and as much payload */
void live_build_segment(struct live *l, struct live_dgram *d, struct live_flow *f,
                        const struct tcp_hdr *h, uint32_t payload);
/** live_op_segment() - A TCP segment relative to a flow's state, or the SYN of a new flow */
void live_op_segment(struct live *l);
/** live_op_segment_more() - One with ECN, AccECN, Fast Open, user timeout or urgent pointer */
void live_op_segment_more(struct live *l);
/** live_op_stream() - A burst of data segments in order */
void live_op_stream(struct live *l);
/** live_op_super() - A super-frame of a driver, to the stack or through it */
void live_op_super(struct live *l);

/* ---- live_talk.c ---- */

/** live_op_talk() - The application sends, a link carries and a receiver acknowledges, for a while
 */
void live_op_talk(struct live *l);
/** live_talk_take() - A segment of the flow that somebody listens to left the stack */
void live_talk_take(struct live *l, struct live_talk *t, const struct live_packet *p);

/* ---- live_api.c ---- */

/** live_peer_endpoint() - Somebody to connect to */
struct weft_endpoint live_peer_endpoint(uint8_t b);
/** live_size_of() - Small numbers as they are, with bit 7 in units of 70 bytes */
size_t live_size_of(uint8_t b);
/** live_send_bytes() - As much of live_size_of(@b) bytes as the stack takes */
void live_send_bytes(struct live *l, uint64_t sock, uint8_t b);

/** live_op_api() - A call on a socket */
void live_op_api(struct live *l);
/** live_op_net() - A call about interfaces, addresses, routes, neighbours */
void live_op_net(struct live *l);
/** live_op_look() - Calls that only look */
void live_op_look(struct live *l);

/* ---- live_user.c ---- */

/** live_op_user() - Calls that few programs make */
void live_op_user(struct live *l);
/** live_check_sock() - What a connection says of itself holds together */
void live_check_sock(const struct live *l, uint64_t sock);

#endif /* WEFT_FUZZ_LIVE_H */
