/* SPDX-License-Identifier: MIT */
/**
 * DOC: neigh - the neighbour cache, one for ARP and (later) neighbour discovery
 *
 * States are those of RFC 4861 7.3.2, with the rules of RFC 1122 2.3.2 for ARP:
 *
 *   INCOMPLETE  asked by broadcast, 1 s apart, 3 times; at most neigh_wait_max packets wait, the
 *               oldest goes first. Answer: REACHABLE. None: FAILED.
 *   REACHABLE   for 30 s after the last confirmation, then STALE.
 *   STALE       used as it is; the first use starts a delay of 5 s, then PROBE unless a transport
 *               confirmed the neighbour meanwhile. A transport in doubt starts PROBE at once.
 *   PROBE       used as it is; asked by unicast, 1 s apart, 3 times. None answered: FAILED.
 *   FAILED      for 1 s: packets die at once, so senders learn of it. Then forgotten.
 *   PERMANENT   set by hand; nothing from a wire changes it.
 *
 * Limit: neighs_max. A full table evicts the entry confirmed longest ago that nobody waits for,
 * never a permanent one, so a flood of strangers replaces strangers. Two timers: the state's and
 * none else. What has a stream to send does not queue packets here but parks its wf_sender.
 */
#ifndef WF_LINK_NEIGH_H
#define WF_LINK_NEIGH_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"

/** struct neigh - One neighbour */
struct neigh {
    struct wf_slab_node node;
    struct wf_timer timer;
    struct wf_list lru; /* Oldest confirmation first. */
    struct neigh *hash_next;
    uint32_t ip4;
    uint16_t ifindex;
    uint8_t mac[6];
    uint8_t state; /* enum weft_neigh_state */
    uint8_t tries;
    bool is_delay; /* STALE: used, the delay before the probe runs. */
    uint32_t wait_n;
    struct pkt *wait_head, *wait_tail;
    struct wf_list waiters; /* struct wf_sender */
    uint64_t confirmed_ns;
    uint64_t rebound_ns; /* When its address last changed. */
};

/** struct wf_link - State of the link layer; owner: the stack instance */
struct wf_link {
    struct wf_slab neighs;
    struct neigh **buckets;
    uint32_t buckets_mask;
    struct wf_list lru;
    struct wf_slab rarps; /* struct rarp; limit: ifs_max */
};

/** wf_neigh_find() - The entry for an address on an interface, or NULL */
struct neigh *wf_neigh_find(const struct net *net, uint16_t ifindex, uint32_t ip4);

/**
 * wf_neigh_use() - The entry to send by: made and asked for if it is not there
 *
 * Return: NULL if the table is full of entries that cannot go.
 */
struct neigh *wf_neigh_use(struct net *net, struct netif *nif, uint32_t ip4);

/** wf_neigh_is_usable() - Whether frames can be sent with it */
static inline bool wf_neigh_is_usable(const struct neigh *n)
{
    return n->state == WEFT_NEIGH_REACHABLE || n->state == WEFT_NEIGH_STALE ||
           n->state == WEFT_NEIGH_PROBE || n->state == WEFT_NEIGH_PERMANENT;
}

/** wf_neigh_learn() - An ARP message said who has the address; @may_create: it was meant for us */
bool wf_neigh_learn(struct net *net, struct netif *nif, uint32_t ip4, const uint8_t mac[6],
                    bool may_create, bool is_answer);

/** wf_neigh_confirm() - A transport made progress: the neighbour is alive */
void wf_neigh_confirm(struct net *net, struct neigh *n);

/** wf_neigh_doubt() - A transport gets no answers: unless confirmed lately it is asked whether it
 * is there (RFC 1122 3.3.1.4); used as it is meanwhile */
void wf_neigh_doubt(struct net *net, struct neigh *n);

/** wf_neigh_wait() - Let a packet wait for the answer; takes @p */
void wf_neigh_wait(struct net *net, struct neigh *n, struct pkt *p);

/**
 * wf_neigh_expire() - The timer of an entry expired
 *
 * Return: list of packets (by next) nobody answered for: the caller reports and frees them.
 */
struct pkt *wf_neigh_expire(struct net *net, struct neigh *n);

/** wf_neigh_set() - Make a permanent entry; 0 or -WEFT_ENOMEM */
int wf_neigh_set(struct net *net, struct netif *nif, uint32_t ip4, const uint8_t mac[6]);

/** wf_neigh_forget() - Remove an entry; packets that wait die, senders are woken */
void wf_neigh_forget(struct net *net, struct neigh *n, enum weft_drop why);

#endif /* WF_LINK_NEIGH_H */
