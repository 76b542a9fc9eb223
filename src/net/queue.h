/* SPDX-License-Identifier: MIT */
/**
 * DOC: queue - the transmit queue of an interface: drop-tail, RED or CoDel; one class or eight
 *
 * RED decides when a packet comes, by an average of the length (weight 1/512); drops are spread
 * evenly by counting the packets since the last one (Floyd and Jacobson 1993). CoDel decides when a
 * packet goes, by how long it stayed (RFC 8289); its state is the queue's, not a class's. An early
 * drop of a packet that is ECN-capable becomes a mark where that is switched on (RFC 3168 5): only
 * then, never on Not-ECT, and a mark is never taken off. What is no IPv4 packet (ARP) counts as
 * internetwork control and is neither dropped early nor marked.
 *
 * Limit: the interface's txq_max, all classes together.
 */
#ifndef WF_NET_QUEUE_H
#define WF_NET_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/queue.h"

struct net;
struct netif;
struct pkt;

#define WF_QUEUE_CLASSES 8

/** struct wf_queue_class - Packets of one precedence, oldest first */
struct wf_queue_class {
    struct pkt *head, *tail;
};

/** struct wf_queue - The queue; written by queue.c, and by netif.h where there is nothing to choose
 */
struct wf_queue {
    struct weft_queue_options o; /* Defaults filled in. */
    struct wf_queue_class classes[WF_QUEUE_CLASSES];
    uint32_t used; /* A bit for each class that has packets. */
    /* RED */
    uint32_t avg;     /* Average length, times 512. */
    uint32_t since;   /* Packets since the last early drop. */
    uint64_t idle_ns; /* When it was last found empty. */
    /* CoDel, as RFC 8289 names them. */
    bool is_dropping;
    uint32_t count, last_count;
    uint64_t first_above_ns, drop_next_ns;
};

/** wf_queue_init() - Drop-tail, empty */
void wf_queue_init(struct netif *nif);

/** wf_queue_is_plain() - Whether packets go in and out in order, only room decides */
static inline bool wf_queue_is_plain(const struct wf_queue *q)
{
    return q->o.kind == WEFT_QUEUE_DROP_TAIL && !q->o.is_by_precedence;
}

/** wf_queue_enqueue() - Put a packet in, or drop it or another one; takes it */
void wf_queue_enqueue(struct net *net, struct netif *nif, struct pkt *p);

/** wf_queue_dequeue() - The next packet to send, or NULL */
struct pkt *wf_queue_dequeue(struct net *net, struct netif *nif);

/** wf_queue_pass() - The first @n packets were taken one after the other; @rest is behind them */
void wf_queue_pass(struct net *net, struct netif *nif, struct pkt *rest, uint32_t n);

/** wf_queue_take() - The next packet whatever its age, or NULL */
struct pkt *wf_queue_take(struct netif *nif);

#endif /* WF_NET_QUEUE_H */
