/* SPDX-License-Identifier: MIT */
/**
 * DOC: net - what every protocol shares: time, pools, interfaces, addresses, routes, named drops
 *
 * A protocol's *_input consumes its header and answers with a verdict: which layer is next, or
 * that the packet is gone. It never calls the layer above. The one place that turns verdicts into
 * calls is stack/rx.c, so the whole receive path is read in that file. In the same way expired
 * timers are switched on by kind in stack/run.c, and senders are served by stack/tx.c.
 */
#ifndef WF_NET_NET_H
#define WF_NET_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "net/addr.h"
#include "net/netif.h"
#include "net/route.h"
#include "pkt/pkt.h"
#include "weft/stack.h"
#include "weft/trace.h"

/** enum verdict - What becomes of a packet after one layer's input */
enum verdict {
    RX_DONE,     /* The layer took the packet. */
    RX_ARP,      /* data points to an ARP message. */
    RX_RARP,     /* data points to a RARP message. */
    RX_IP4,      /* data points to an IPv4 header. */
    RX_ICMP4,    /* data points to an ICMP message; the rx record says who sent it. */
    RX_UDP,      /* data points to a UDP header. */
    RX_TCP,      /* data points to a TCP header. */
    RX_IGMP,     /* data points to an IGMP message, the IP header in front of it. */
    RX_FORWARD,  /* data points to an IPv4 header that is for somebody else. */
    RX_NO_PROTO, /* For us, but nobody speaks this protocol. */
};

/** enum timer_kind - Whose timer expired; switched on in stack/run.c */
enum timer_kind {
    TIMER_NEIGH = 1,
    TIMER_ACD,
    TIMER_REASM,
    TIMER_TCP_CONN,
    TIMER_TCP_SYNRCVD,
    TIMER_TCP_TIMEWAIT,
    TIMER_IGMP_ANSWER,
    TIMER_IGMP_CHANGE,
    TIMER_IGMP_GENERAL,
    TIMER_IGMP_QUERY,
    TIMER_IGMP_RGROUP,
    TIMER_REDIRECT,
    TIMER_RARP,
};

/** struct rx_meta - What the IP layer found out about a packet, for the layers above */
struct rx_meta {
    struct weft_addr src, dst;
    uint32_t src4, dst4;   /* The same as numbers, when IPv4. */
    uint16_t ifindex;      /* Interface it came in by. */
    uint16_t ip_hdr_bytes; /* The IP header lies this many bytes in front of data. */
    uint8_t proto, ttl, tos;
    bool is_group; /* Destination is a broadcast or multicast address. */
};

/** struct wf_ready - Readiness of a socket: on the list means something may have changed */
struct wf_ready {
    struct wf_list link;
};

/** struct wf_trace_ring - Ring of records, oldest overwritten */
struct wf_trace_ring {
    struct weft_trace_rec *recs;
    uint32_t mask; /* Entries - 1; recs is NULL if there are none. */
    uint64_t head, tail, lost;
};

/** struct net - Services passed to every protocol function; owner: the stack instance */
struct net {
    uint64_t now_ns; /* Time of the call being served; written only by stack/. */
    const struct weft_config *cfg;
    struct pkt_pool pool;
    struct wf_wheel wheel;
    struct wf_hash_key hash_key; /* Tables that peers can fill. */
    struct wf_rng rng;           /* Ports, identifications, jitter. */
    struct wf_netifs ifs;
    struct wf_addrs addrs;
    struct wf_routes routes;
    struct wf_list ready; /* struct wf_ready of sockets to be named by weft_events(). */
    uint64_t drops[WEFT_DROP_COUNT];
    uint64_t counters[WEFT_COUNT_COUNT];
    struct wf_trace_ring trace;
    bool is_forwarding;
    bool has_jumped; /* Time leapt further than 32-bit ticks can compare: all timers are due. */
    /* State of the layers above, each known to its own files only. */
    struct wf_link *link;
    struct wf_ip *ip;
    struct wf_udp *udp;
    struct wf_tcp *tcp;
    struct wf_socks *socks;
};

/* The stack begins with its services: public calls are implemented in the room they belong to. */
static inline struct net *wf_net_of(struct weft_stack *st)
{
    return (struct net *)(void *)st;
}

static inline const struct net *wf_net_of_const(const struct weft_stack *st)
{
    return (const struct net *)(const void *)st;
}

/** wf_net_drop() - End of a packet that goes nowhere; returns RX_DONE */
enum verdict wf_net_drop(struct net *net, struct pkt *p, enum weft_drop why);

/** wf_net_note_drop() - Count a drop of bytes that are in no packet of their own */
void wf_net_note_drop(struct net *net, enum weft_drop why);

/** wf_net_refuse() - Count a frame that an interface refused before it became a packet */
void wf_net_refuse(struct net *net, struct netif *nif, enum weft_drop why);

/** wf_net_done() - End of a packet whose message was consumed; returns RX_DONE */
enum verdict wf_net_done(struct net *net, struct pkt *p);

/** wf_trace() - Put a record into the trace ring, if there is one; time is filled in */
void wf_trace(struct net *net, const struct weft_trace_rec *rec);

/** wf_ready_mark() - Have the socket named by the next weft_events() */
static inline void wf_ready_mark(struct net *net, struct wf_ready *r)
{
    if (!wf_list_is_linked(&r->link))
        wf_list_push_back(&net->ready, &r->link);
}

static inline void wf_count(struct net *net, enum weft_counter id)
{
    net->counters[id]++;
}

static inline void wf_count_n(struct net *net, enum weft_counter id, uint64_t n)
{
    net->counters[id] += n;
}

static inline bool wf_trace_is_on(const struct net *net)
{
    return net->trace.recs != NULL;
}

#endif /* WF_NET_NET_H */
