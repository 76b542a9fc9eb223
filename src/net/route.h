/* SPDX-License-Identifier: MIT */
/**
 * DOC: route - the routing table: one interface for both families, one structure behind it each
 *
 * IPv4: an array ordered by prefix length (longest first), network and metric. A look-up is one
 * binary search for each prefix length in use. Limit: routes_max.
 */
#ifndef WF_NET_ROUTE_H
#define WF_NET_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "weft/netif.h"

struct net;

/** struct wf_route4 - An IPv4 route */
struct wf_route4 {
    uint32_t dst, gateway, src; /* 0 = on link; 0 = chosen by destination. */
    uint32_t metric;
    uint16_t ifindex;
    uint8_t prefix_len;
    bool is_connected;
};

/** struct wf_routes - The table */
struct wf_routes {
    struct wf_route4 *tab;
    uint32_t n, max;
    uint32_t first[34]; /* first[i]: index of the first route with a prefix of 32 - i bits. */
    uint32_t gen;       /* Changes with every change, for caches. */
};

/** wf_routes_lookup4() - Longest match over interfaces that are up, or NULL */
const struct wf_route4 *wf_routes_lookup4(const struct net *net, uint32_t dst4);

/** wf_routes_add() - Add a route; 0 or -WEFT_E... */
int wf_routes_add(struct net *net, const struct weft_route *pub);

/** wf_routes_del() - Remove a route; 0 or -WEFT_ENOENT */
int wf_routes_del(struct net *net, const struct weft_route *pub);

/** wf_routes_show() - The public form of a route */
struct weft_route wf_routes_show(const struct wf_route4 *r);

#endif /* WF_NET_ROUTE_H */
