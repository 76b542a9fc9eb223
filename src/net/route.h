/* SPDX-License-Identifier: MIT */
/**
 * DOC: route - the routing table: which way a destination is reached (RFC 1812 5.2.4)
 *
 * Prefixes are found by a trie (net/trie.h); the routes of one prefix hang on it as a list, first
 * those for a type of service, then by metric. What decides, in this order:
 *
 *   1. the longest prefix that has a route that can be used: its interface is up, and its type of
 *      service is the packet's or none
 *   2. the packet's type of service before none (RFC 1812 5.2.4.3, "weak TOS"); the ECN bits are
 *      no part of it
 *   3. the smallest metric; among equals the one added first
 *   4. among the legs of a multipath route (equal in all of this, with a weight) the flow's hash,
 *      so a connection keeps its path
 *
 * A route of another type than unicast is a decision too: what it covers is refused. An interface
 * that goes down takes its routes out of every look-up at once, and back when it comes up.
 *
 * Limit: routes_max. For IPv6 a second trie with keys of 128 bits stands beside this one.
 */
#ifndef WF_NET_ROUTE_H
#define WF_NET_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/trie.h"
#include "weft/netif.h"

struct net;

/** struct wf_route4 - An IPv4 route */
struct wf_route4 {
    uint32_t dst, gateway, src; /* 0 = on link; 0 = chosen by destination. */
    uint32_t metric;
    uint32_t next; /* Index + 1 of the next route of the prefix, or of the next free; 0 = none. */
    uint16_t ifindex; /* 0 = none: not unicast. */
    uint8_t prefix_len;
    uint8_t type; /* enum weft_route_type */
    uint8_t tos, weight, protocol;
    bool is_connected;
    bool is_live;  /* Not on the list of the free. */
    bool is_plain; /* Unicast, no leg, for every type of service. */
};

/** struct wf_routes - The table */
struct wf_routes {
    struct wf_trie trie; /* Values: index + 1 of the first route of a prefix. */
    struct wf_route4 *tab;
    uint32_t n, max, high; /* Routes; room; entries ever used. */
    uint32_t free;         /* Index + 1 of the first free entry below the mark. */
    uint32_t gen;          /* Changes with every change, for caches. */
};

/** wf_routes_bytes() - Memory for @max routes */
size_t wf_routes_bytes(uint32_t max);

/** wf_routes_init() - Empty; @mem holds wf_routes_bytes() and is aligned to 64 */
void wf_routes_init(struct wf_routes *t, void *mem, uint32_t max);

/**
 * wf_routes_plain4() - The first route of the longest prefix, if it leaves nothing to choose
 *
 * Whether its interface is up is left to the caller. Return: NULL if there is none, or one to be
 * asked for by wf_routes_match4().
 */
static inline const struct wf_route4 *wf_routes_plain4(const struct wf_routes *t, uint32_t dst4)
{
    const struct wf_trie_node *n = wf_trie_lookup_hi(&t->trie, (uint64_t)dst4 << 32);
    const struct wf_route4 *r = n != NULL ? &t->tab[n->value - 1] : NULL;
    return r != NULL && r->is_plain ? r : NULL;
}

/** wf_routes_match4() - The route of a packet, of any type; a leg stands for all; NULL = none */
const struct wf_route4 *wf_routes_match4(const struct net *net, uint32_t dst4, uint8_t tos);

/** wf_routes_leg4() - Of a multipath route that was matched, the leg for a flow */
const struct wf_route4 *wf_routes_leg4(const struct net *net, const struct wf_route4 *head,
                                       uint64_t flow_hash);

/** wf_routes_lookup4() - The way to @dst4 for what is sent here, or NULL: none, or refused */
const struct wf_route4 *wf_routes_lookup4(const struct net *net, uint32_t dst4);

/** wf_routes_is_by4() - Whether some best route to @dst4 leaves by an interface */
bool wf_routes_is_by4(const struct net *net, uint32_t dst4, uint16_t ifindex);

/** wf_routes_add() - Add a route; 0 or -WEFT_E... */
int wf_routes_add(struct net *net, const struct weft_route *pub);

/** wf_routes_del() - Remove a route; 0 or -WEFT_ENOENT */
int wf_routes_del(struct net *net, const struct weft_route *pub);

/** wf_routes_next() - The live route with the smallest index >= *@cursor, or NULL */
const struct wf_route4 *wf_routes_next(const struct wf_routes *t, uint32_t *cursor);

/** wf_routes_show() - The public form of a route */
struct weft_route wf_routes_show(const struct wf_route4 *r);

#endif /* WF_NET_ROUTE_H */
