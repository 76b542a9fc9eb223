/* SPDX-License-Identifier: MIT */
#include "link/resolver.h"

#include <string.h>

#include "link/link.h"

/* By messages: broadcast at first, unicast to check who is known, servers in turn where there are.
 */
static enum resolve
ask_exchange(struct net *net, struct netif *nif, const struct neigh *n,
             uint8_t out[6]) /* NOLINT(readability-non-const-parameter): as the table has it */
{
    const struct weft_arp_options *o = &wf_link_if(net, nif)->arp;
    const uint8_t *to = n->state == WEFT_NEIGH_PROBE ? n->mac : NULL;
    (void)out;
    if (o->servers_n > 0)
        to = o->servers[(n->tries + o->servers_n - 1u) % o->servers_n];
    wf_arp_request(net, nif, n->ip4, to);
    return RESOLVE_ASKED;
}

/* Permanent entries are found before anybody is asked. */
static enum resolve
ask_table(struct net *net, struct netif *nif, const struct neigh *n,
          uint8_t out[6]) /* NOLINT(readability-non-const-parameter): as the table has it */
{
    (void)net, (void)nif, (void)n, (void)out;
    return RESOLVE_NEVER;
}

/* hardware address = IP address AND 0xff, on a link whose stations are numbered so. */
static enum resolve ask_computed(struct net *net, struct netif *nif, const struct neigh *n,
                                 uint8_t out[6])
{
    memcpy(out, wf_link_if(net, nif)->arp.computed, 5);
    out[5] = (uint8_t)(n->ip4 & 0xff);
    return RESOLVE_KNOWN;
}

static const struct resolver resolvers[WEFT_RESOLVER_COUNT] = {
    [WEFT_RESOLVER_EXCHANGE] = {ask_exchange},
    [WEFT_RESOLVER_TABLE] = {ask_table},
    [WEFT_RESOLVER_COMPUTED] = {ask_computed},
};

const struct resolver *wf_resolver_of(const struct net *net, const struct netif *nif)
{
    return &resolvers[wf_link_if(net, nif)->neigh.resolver];
}
