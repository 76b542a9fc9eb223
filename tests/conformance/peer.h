/* SPDX-License-Identifier: MIT */
/**
 * DOC: peer - a stack in virtual time, and the other end of its only link: segments by hand
 *
 * Everything goes through include/weft: the stack is opened, read and listed by its calls, and what
 * it sends is taken from the external end of a simulated link.
 */
#ifndef WEFT_TESTS_CONFORMANCE_PEER_H
#define WEFT_TESTS_CONFORMANCE_PEER_H

#include "oracle.h"
#include "weft/sim.h"

#define PEER_MS        UINT64_C(1000000)
#define PEER_MSL_MS    5000u
#define PEER_SEEN_MAX  8
#define PEER_FRAME_MAX 2128
#define PEER_TEXT_SEED 7u
#define PEER_ISN       0xfffffc00u /* The window spans the wrap. */

/** struct peer_wire - What carries frames to the stack and back, and moves its clock */
struct peer_wire {
    void *user;
    bool (*push)(void *user, const uint8_t *frame, size_t n);
    size_t (*pull)(void *user, uint8_t *frame, size_t cap); /* 0 = none. */
    bool (*run)(void *user, uint64_t ns);                   /* False: something broke. */
    uint64_t (*now)(void *user);
};

/** struct peer - The world of one case */
struct peer {
    struct weft_world *world;
    struct weft_node *node;
    struct weft_stack *st;
    struct weft_link *link;
    struct peer_wire wire;
    uint64_t listener, sock; /* 0 = none. */
    uint16_t local_port, remote_port;
    struct o_tcb t;        /* What this end knows. */
    uint32_t stream;       /* Sequence number of the first octet of the peer's text. */
    uint32_t unread;       /* Octets left in the receive buffer. */
    uint64_t time_wait_ns; /* When TIME-WAIT began. */
    struct o_seg seen[PEER_SEEN_MAX];
    uint32_t seen_wnd; /* Window of the last one. */
    int seen_n;        /* More than fit are counted. */
    int line;          /* Of peer.c, where the way into the state broke off. */
    bool is_broken;    /* What was sent was malformed, or a call failed. */
    uint64_t strays;   /* Frames that belong to no connection of this port. */
};

/** enum peer_way - How a state is reached, where there are several ways */
enum peer_way {
    PEER_PLAIN,
    PEER_ACTIVE, /* SYN-RECEIVED by simultaneous open. */
    PEER_FULL,   /* The receive buffer is full: RCV.WND is 0. */
};

/** peer_open() - A world in which the connection is in @state */
bool peer_open(struct peer *p, enum o_state state, enum peer_way way);

/** peer_open_on() - The same on a stack and a wire of the caller's; 192.0.2.2 is the stack's */
bool peer_open_on(struct peer *p, const struct peer_wire *wire, struct weft_stack *st,
                  enum o_state state, enum peer_way way);

/** peer_drop() - Close what peer_open_on() opened; the peer stays silent */
void peer_drop(struct peer *p);

/** peer_close() - Free the world */
void peer_close(struct peer *p);

/** peer_send() - Send a segment to the stack, and forget what was seen before */
void peer_send(struct peer *p, const struct o_seg *s);

/** struct peer_extra - What a segment has besides; all zero = nothing */
struct peer_extra {
    const uint8_t *opts;
    uint32_t opt_bytes; /* A multiple of 4, at most 40. */
    uint16_t flags;     /* AE, CWR, ECE, URG and the reserved bits. */
    uint16_t urg;
    uint32_t wnd; /* 0 = the default; 65536 = zero. */
};

/** peer_frame() - Write a segment to @f, which holds PEER_FRAME_MAX bytes; its length */
size_t peer_frame(const struct peer *p, const struct o_seg *s, const struct peer_extra *x,
                  uint8_t *f);

/** peer_sums() - Write both checksums of a frame of @n bytes anew */
void peer_sums(uint8_t *f, size_t n);

/** peer_push() - Send a frame, and forget what was seen before */
void peer_push(struct peer *p, const uint8_t *f, size_t n);

/** peer_wait() - Let time pass, and collect what the stack sends in p->seen */
void peer_wait(struct peer *p, uint64_t ns);

/** peer_state() - The state of the connection as the stack lists it */
enum o_state peer_state(struct peer *p);

#endif /* WEFT_TESTS_CONFORMANCE_PEER_H */
