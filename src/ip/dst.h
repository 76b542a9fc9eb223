/* SPDX-License-Identifier: MIT */
/**
 * DOC: dst - the way to a destination, as a connection keeps it
 *
 * A connection looks its route up once and again when the tables changed. The neighbour is held by
 * handle: if the entry was evicted the next look finds or asks for it anew.
 */
#ifndef WF_IP_DST_H
#define WF_IP_DST_H

#include "net/net.h"

/** struct wf_dst - A cached way; zero is a valid start */
struct wf_dst {
    uint64_t neigh; /* Handle of the neighbour's entry, 0 = look it up. */
    uint32_t gen;   /* Of routes and addresses when it was made. */
    uint32_t next_hop4;
    uint16_t ifindex; /* 0 = no route. */
};

/** enum dst_state - Whether packets can be sent now */
enum dst_state {
    DST_READY,
    DST_WAIT,     /* The neighbour was asked; the sender is parked and woken by the answer. */
    DST_NO_ROUTE, /* No route, or its interface is down. */
    DST_FAILED,   /* The neighbour does not answer. */
    DST_NO_ROOM,  /* The neighbour table is full. */
};

/** wf_dst_route() - Have the route to @dst4 in @d; false if there is none */
bool wf_dst_route(struct net *net, struct wf_dst *d, uint32_t dst4);

/** wf_dst_prepare() - Have route and neighbour; with DST_WAIT @s moves to the neighbour's list */
enum dst_state wf_dst_prepare(struct net *net, struct wf_dst *d, uint32_t dst4,
                              struct wf_sender *s);

/** wf_dst_push_link() - Put the link header in front of a packet; only when DST_READY */
void wf_dst_push_link(struct net *net, const struct wf_dst *d, struct pkt *p);

/** wf_dst_confirm() - The destination answered: its next hop is alive */
void wf_dst_confirm(struct net *net, const struct wf_dst *d);

/** wf_dst_doubt() - Nothing that was sent to @dst4 is answered: negative advice (RFC 1122 3.3.1.4)
 */
void wf_dst_doubt(struct net *net, uint32_t dst4);

#endif /* WF_IP_DST_H */
