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
#define PEER_TEXT_SEED 7u
#define PEER_ISN       0xfffffc00u /* The window spans the wrap. */

/** struct peer - The world of one case */
struct peer {
    struct weft_world *world;
    struct weft_node *node;
    struct weft_stack *st;
    struct weft_link *link;
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
};

/** enum peer_way - How a state is reached, where there are several ways */
enum peer_way {
    PEER_PLAIN,
    PEER_ACTIVE, /* SYN-RECEIVED by simultaneous open. */
    PEER_FULL,   /* The receive buffer is full: RCV.WND is 0. */
};

/** peer_open() - A world in which the connection is in @state */
bool peer_open(struct peer *p, enum o_state state, enum peer_way way);

/** peer_close() - Free the world */
void peer_close(struct peer *p);

/** peer_send() - Send a segment to the stack, and forget what was seen before */
void peer_send(struct peer *p, const struct o_seg *s);

/** peer_wait() - Let time pass, and collect what the stack sends in p->seen */
void peer_wait(struct peer *p, uint64_t ns);

/** peer_state() - The state of the connection as the stack lists it */
enum o_state peer_state(struct peer *p);

#endif /* WEFT_TESTS_CONFORMANCE_PEER_H */
