/* SPDX-License-Identifier: MIT */
/**
 * DOC: neigh - the neighbour cache, one for ARP and (later) neighbour discovery
 *
 * It knows nothing of messages: what asks for an address is the interface's resolver (resolver.h),
 * and what was heard comes in by wf_neigh_learn(). States are those of RFC 4861 7.3.2, with the
 * rules of RFC 1122 2.3.2 for ARP; the times are options (weft/arp.h), defaults in brackets:
 *
 *   INCOMPLETE  asked by broadcast, 1 s apart, tries [3] times, for incomplete_ms [3 min] at most;
 *               at most neigh_wait_max packets wait, the oldest goes first. Answer: REACHABLE.
 *               None: FAILED.
 *   REACHABLE   for reachable_ms [30 s] after the last confirmation, then STALE.
 *   STALE       used as it is; the first use starts a delay of 5 s, then PROBE unless a transport
 *               confirmed the neighbour meanwhile. A transport in doubt starts PROBE at once.
 *   PROBE       used as it is; asked by unicast, 1 s apart, tries times. None answered: FAILED.
 *               With a rival (strict policy): asked once, 100 ms; none: the rival is believed.
 *   FAILED      held down for 1 s: packets die at once, so senders learn of it; then the next
 *               packet asks anew. Forgotten incomplete_ms after it was first asked for.
 *   PERMANENT   set by hand; nothing from a wire changes it, no policy either.
 *
 * A complete entry is forgotten complete_ms [20 min] after its lifetime was restarted last.
 *
 * Limit: neighs_max. Two lists order what a full table gives up: entries that are of no use yet
 * (unanswered, or made by others' requests and never sent by) go first, oldest first; then entries
 * in use, those whose turn it is by the option victim, gateways of routes last of all. Permanent
 * ones never go. So a flood of strangers replaces strangers. One timer an entry. What has a stream
 * to send does not queue packets here but parks its wf_sender.
 */
#ifndef WF_LINK_NEIGH_H
#define WF_LINK_NEIGH_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"
#include "weft/arp.h"

/** struct neigh - One neighbour */
struct neigh {
    struct wf_slab_node node;
    struct wf_timer timer;
    struct wf_list lru; /* On wf_link.idle or wf_link.used. */
    struct neigh *hash_next;
    uint32_t ip4;
    uint16_t ifindex;
    uint8_t mac[6];
    uint8_t rival[6]; /* With has_rival: who claims the address now. */
    uint8_t state;    /* enum weft_neigh_state */
    uint8_t tries;
    uint8_t changes; /* Of the hardware address, since window_ns. */
    bool is_delay;   /* STALE: used, the delay before the probe runs. */
    bool is_used;    /* A packet was sent by it. */
    bool has_rival;
    bool is_gateway; /* Packets for others were sent by it. */
    uint32_t wait_n;
    struct pkt *wait_head, *wait_tail;
    struct wf_list waiters; /* struct wf_sender */
    uint64_t confirmed_ns;
    uint64_t rebound_ns; /* When its address last changed, or a claim was refused. */
    uint64_t born_ns, heard_ns, used_ns;
    uint64_t asked_ns;   /* When this resolution began. */
    uint64_t sent_ns;    /* When it was asked for last, as the clock stood then. */
    uint64_t failed_ns;  /* FAILED: when it ended. */
    uint64_t window_ns;  /* Changes are counted from then on. */
    uint64_t replied_ns; /* When its last request was answered. */
};

/** struct neigh_news - What a message said about a neighbour */
struct neigh_news {
    uint32_t ip4;
    uint8_t mac[6];
    bool may_create; /* It was meant for us. */
    bool is_answer;  /* To a request of ours, as far as it says. */
    bool is_hearsay; /* It was meant for another host. */
};

/** enum neigh_learned - What became of news */
enum neigh_learned {
    NEIGH_UNKNOWN, /* No entry, and none may be made. */
    NEIGH_CREATED, /* A new entry. */
    NEIGH_LEARNED, /* Believed, or what is known already. */
    NEIGH_REFUSED, /* It contradicts what is believed. */
};

struct link_if;
struct acd;

#define NEIGH_HINTS 64u

/** struct wf_events - What operators hear of: a ring, the oldest is overwritten */
struct wf_events {
    struct weft_link_event ring[32];
    uint32_t head, tail;
    uint64_t lost;
};

/** struct wf_link - State of the link layer; owner: the stack instance */
struct wf_link {
    struct wf_slab neighs;
    struct neigh **buckets;
    uint32_t buckets_mask;
    struct neigh *hints[NEIGH_HINTS]; /* Found lately; they may be gone, or others' by now. */
    struct wf_list idle, used;        /* Victims in order, see above. */
    struct link_if *ifs;              /* By interface index - 1. */
    struct wf_slab acds;              /* Addresses on their way, see acd.h. */
    struct arp_proxy *proxies;
    uint32_t proxies_n;
    struct wf_events events;
    struct wf_slab rarps; /* struct rarp; limit: ifs_max */
};

/** wf_neigh_hint() - Where an entry that was found is remembered */
static inline struct neigh **wf_neigh_hint(const struct net *net, uint16_t ifindex, uint32_t ip4)
{
    return &net->link->hints[(ip4 + ifindex) * 2654435761u >> 26];
}
_Static_assert(NEIGH_HINTS == 1u << 6, "the hash gives 6 bits");

/**
 * wf_neigh_hinted() - The entry for an address on an interface if it was found lately, or NULL
 *
 * A live entry is in the table, and no other has its key: what a hint leads to is it, or not.
 */
static inline struct neigh *wf_neigh_hinted(const struct net *net, uint16_t ifindex, uint32_t ip4)
{
    struct neigh *n = *wf_neigh_hint(net, ifindex, ip4);
    bool is_it = n != NULL && wf_slab_is_live(&n->node) && n->ip4 == ip4 && n->ifindex == ifindex;
    return is_it ? n : NULL;
}

/** wf_neigh_find() - The entry for an address on an interface, or NULL */
struct neigh *wf_neigh_find(const struct net *net, uint16_t ifindex, uint32_t ip4);

/** wf_neigh_is_steady() - Whether sending by a neighbour changes nothing but when it was used last
 * @o: options of its interface
 */
static inline bool wf_neigh_is_steady(const struct neigh *n, const struct weft_neigh_options *o)
{
    return (n->state == WEFT_NEIGH_REACHABLE || n->state == WEFT_NEIGH_PERMANENT) && n->is_used &&
           o->victim != WEFT_NEIGH_VICTIM_LRU;
}

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

/** wf_neigh_learn() - A message said who has an address */
enum neigh_learned wf_neigh_learn(struct net *net, struct netif *nif, const struct neigh_news *m);

/** wf_neigh_confirm() - A transport made progress: the neighbour is alive */
void wf_neigh_confirm(struct net *net, struct neigh *n);

/** wf_neigh_doubt() - A transport gets no answers: unless confirmed lately it is asked whether it
 * is there (RFC 1122 3.3.1.4); used as it is meanwhile */
void wf_neigh_doubt(struct net *net, struct neigh *n);

/** wf_neigh_check() - Ask a known neighbour by unicast whether it is there; used meanwhile */
void wf_neigh_check(struct net *net, struct neigh *n);

/** wf_neigh_wait() - Let a packet wait for the answer; takes @p */
void wf_neigh_wait(struct net *net, struct neigh *n, struct pkt *p);

/**
 * wf_neigh_expire() - The timer of an entry expired
 *
 * Return: list of packets (by next) nobody answered for: the caller reports and frees them.
 */
struct pkt *wf_neigh_expire(struct net *net, struct neigh *n);

/** wf_neigh_expires_ns() - When an entry is forgotten if nothing happens; WEFT_NEVER = never */
uint64_t wf_neigh_expires_ns(const struct net *net, const struct neigh *n);

/** wf_neigh_set() - Make a permanent entry; 0 or -WEFT_ENOMEM */
int wf_neigh_set(struct net *net, struct netif *nif, uint32_t ip4, const uint8_t mac[6]);

/** wf_neigh_forget() - Remove an entry; packets that wait die, senders are woken */
void wf_neigh_forget(struct net *net, struct neigh *n, enum weft_drop why);

/** wf_neigh_judge() - The options of an interface changed: lifetimes are counted anew */
void wf_neigh_judge(struct net *net, const struct netif *nif);

#endif /* WF_LINK_NEIGH_H */
