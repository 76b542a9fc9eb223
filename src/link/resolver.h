/* SPDX-License-Identifier: MIT */
/**
 * DOC: resolver - the ways to resolve an address, behind one interface
 *
 * The cache calls ask() when it has to know an address, and again for each try. Messages (ARP,
 * later neighbour solicitations) answer by wf_neigh_learn(); a computation answers at once; a table
 * of permanent entries has nothing to add. An interface has one, chosen by its options.
 */
#ifndef WF_LINK_RESOLVER_H
#define WF_LINK_RESOLVER_H

#include "link/neigh.h"

/** enum resolve - What asking came to */
enum resolve {
    RESOLVE_ASKED, /* A message went out; the answer comes by wf_neigh_learn(). */
    RESOLVE_KNOWN, /* The address was written. */
    RESOLVE_NEVER, /* It cannot be found. */
};

/** struct resolver - One way */
struct resolver {
    enum resolve (*ask)(struct net *net, struct netif *nif, const struct neigh *n, uint8_t out[6]);
};

/** struct link_if - What the link layer keeps for an interface */
struct link_if {
    struct weft_neigh_options neigh;
    struct weft_arp_options arp;
    uint64_t bucket_ns; /* Replies to strangers: a token bucket, as the time it is empty since. */
    uint32_t ll_draws, ll_conflicts; /* Link-local addresses drawn; conflicts since one was kept. */
    uint32_t ll_ip4;                 /* The one that is tried or used; 0 = none. */
};

/** wf_link_if() - Of an interface */
static inline struct link_if *wf_link_if(const struct net *net, const struct netif *nif)
{
    return &net->link->ifs[nif->index - 1];
}

/** wf_resolver_of() - The resolver of an interface */
const struct resolver *wf_resolver_of(const struct net *net, const struct netif *nif);

#endif /* WF_LINK_RESOLVER_H */
