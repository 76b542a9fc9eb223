/* SPDX-License-Identifier: MIT */
#include "net/route.h"

#include <string.h>

#include "net/net.h"

/* Order of the table: longer prefix, then network, then metric. */
static bool is_before(const struct wf_route4 *a, const struct wf_route4 *b)
{
    if (a->prefix_len != b->prefix_len)
        return a->prefix_len > b->prefix_len;
    if (a->dst != b->dst)
        return a->dst < b->dst;
    return a->metric < b->metric;
}

static bool is_up(const struct net *net, const struct wf_route4 *r)
{
    const struct netif *nif = wf_netif_get(net, r->ifindex);
    return nif != NULL && nif->is_up;
}

const struct wf_route4 *wf_routes_lookup4(const struct net *net, uint32_t dst4)
{
    const struct wf_routes *t = &net->routes;
    for (uint32_t i = 0; i <= 32; i++) {
        uint32_t lo = t->first[i], hi = t->first[i + 1];
        if (lo == hi)
            continue;
        uint32_t want = dst4 & wf_ip4_mask((uint8_t)(32 - i)), end = hi;
        while (lo < hi) {
            uint32_t mid = lo + (hi - lo) / 2;
            if (t->tab[mid].dst < want)
                lo = mid + 1;
            else
                hi = mid;
        }
        for (; lo < end && t->tab[lo].dst == want; lo++)
            if (is_up(net, &t->tab[lo]))
                return &t->tab[lo];
    }
    return NULL;
}

static void index_prefixes(struct wf_routes *t)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i <= 32; i++) {
        t->first[i] = k;
        while (k < t->n && t->tab[k].prefix_len == 32 - i)
            k++;
    }
    t->first[33] = t->n;
    t->gen++;
}

static struct wf_route4 to4(const struct weft_route *r)
{
    return (struct wf_route4){.dst = wf_addr_to4(&r->dst),
                              .gateway = wf_addr_is_any(&r->gateway) ? 0 : wf_addr_to4(&r->gateway),
                              .src = wf_addr_is_any(&r->src) ? 0 : wf_addr_to4(&r->src),
                              .metric = r->metric,
                              .ifindex = r->ifindex,
                              .prefix_len = r->prefix_len,
                              .is_connected = r->is_connected};
}

/* A gateway must be a neighbour (RFC 1122 3.3.1.1): in a network of ours, up or not. */
static int settle_gateway(const struct net *net, struct wf_route4 *r)
{
    if (r->gateway == 0)
        return wf_netif_get(net, r->ifindex) != NULL ? 0 : -WEFT_EINVAL;
    if (!wf_ip4_can_be_host(r->gateway))
        return -WEFT_EINVAL;
    for (uint32_t i = 0; i < net->addrs.n; i++) {
        const struct wf_ifaddr *a = &net->addrs.tab[i];
        bool is_on_link = ((a->ip4 ^ r->gateway) & wf_ip4_mask(a->prefix_len)) == 0;
        if (is_on_link && a->ip4 != r->gateway && (r->ifindex == 0 || r->ifindex == a->ifindex)) {
            r->ifindex = a->ifindex;
            return 0;
        }
    }
    return -WEFT_ENETUNREACH;
}

int wf_routes_add(struct net *net, const struct weft_route *pub)
{
    struct wf_routes *t = &net->routes;
    struct wf_route4 r = to4(pub);
    bool is_default = pub->prefix_len == 0 && wf_addr_is_any(&pub->dst);
    if ((!wf_addr_is4(&pub->dst) && !is_default) || r.prefix_len > 32 ||
        (r.dst & ~wf_ip4_mask(r.prefix_len)) != 0)
        return -WEFT_EINVAL;
    int err = settle_gateway(net, &r);
    if (err != 0)
        return err;

    uint32_t at = 0;
    while (at < t->n && is_before(&t->tab[at], &r))
        at++;
    for (uint32_t i = at; i < t->n && !is_before(&r, &t->tab[i]); i++)
        if (t->tab[i].ifindex == r.ifindex)
            return -WEFT_EEXIST;
    if (t->n == t->max)
        return -WEFT_ENOMEM;
    memmove(t->tab + at + 1, t->tab + at, (t->n - at) * sizeof(r));
    t->tab[at] = r;
    t->n++;
    index_prefixes(t);
    return 0;
}

int wf_routes_del(struct net *net, const struct weft_route *pub)
{
    struct wf_routes *t = &net->routes;
    struct wf_route4 want = to4(pub);
    for (uint32_t i = 0; i < t->n; i++) {
        const struct wf_route4 *r = &t->tab[i];
        if (r->prefix_len != want.prefix_len || r->dst != want.dst || r->metric != want.metric ||
            (want.ifindex != 0 && r->ifindex != want.ifindex))
            continue;
        memmove(t->tab + i, t->tab + i + 1, (t->n - i - 1) * sizeof(*r));
        t->n--;
        index_prefixes(t);
        return 0;
    }
    return -WEFT_ENOENT;
}

struct weft_route wf_routes_show(const struct wf_route4 *r)
{
    struct weft_route out = {.dst = wf_addr_from4(r->dst),
                             .metric = r->metric,
                             .ifindex = r->ifindex,
                             .prefix_len = r->prefix_len,
                             .is_connected = r->is_connected};
    if (r->gateway != 0)
        out.gateway = wf_addr_from4(r->gateway);
    if (r->src != 0)
        out.src = wf_addr_from4(r->src);
    return out;
}
