/* SPDX-License-Identifier: MIT */
/** DOC: lladdr - link-local addresses of IPv4 (RFC 3927): which one, and when one is wanted */
#include "link/acd.h"

#include <string.h>

#include "link/link.h"

#define LL_FIRST      0xa9fe0100u /* 169.254.1.0 */
#define LL_COUNT      65024u      /* ... to 169.254.254.255 */
#define LL_PREFIX     16
#define LL_METRIC     1000000u /* Any other default route goes before. */
#define MAX_CONFLICTS 10
#define RATE_LIMIT_NS (60 * 1000000000ull)

/* The next address of the row: from the hardware address alone (RFC 3927 2.1). */
static uint32_t draw(struct link_if *lif, const uint8_t mac[6])
{
    static const struct wf_hash_key key = {0x3927, 0x169254};
    uint64_t w = (uint64_t)wf_ld16be(mac) << 32 | wf_ld32be(mac + 2);
    w ^= (uint64_t)lif->ll_draws++ << 48;
    return LL_FIRST + (uint32_t)(wf_hash_words24(&key, &w, 1) % LL_COUNT);
}

static bool is_wanted(const struct net *net, const struct netif *nif)
{
    if (!wf_link_if(net, nif)->arp.is_link_local)
        return false;
    for (uint32_t i = 0; i < net->addrs.n; i++)
        if (net->addrs.tab[i].ifindex == nif->index && !wf_ip4_is_link_local(net->addrs.tab[i].ip4))
            return false;
    return true;
}

static void begin(struct net *net, struct netif *nif)
{
    struct link_if *lif = wf_link_if(net, nif);
    const struct weft_addr *last = &lif->arp.link_local;
    uint32_t first = wf_addr_is4(last) ? wf_addr_to4(last) : 0;
    bool has_first = lif->ll_draws == 0 && first - LL_FIRST < LL_COUNT;
    lif->ll_ip4 = has_first ? first : draw(lif, nif->mac);
    lif->ll_draws += has_first;
    (void)wf_acd_begin(net, nif, lif->ll_ip4, LL_PREFIX);
}

/* Without another way every destination is a neighbour. */
static struct weft_route all(const struct netif *nif, uint32_t ip4)
{
    return (struct weft_route){.dst = wf_addr_from4(0),
                               .src = wf_addr_from4(ip4),
                               .metric = LL_METRIC,
                               .ifindex = nif->index};
}

void wf_lladdr_ready(struct net *net, struct netif *nif)
{
    struct link_if *lif = wf_link_if(net, nif);
    struct weft_route r = all(nif, lif->ll_ip4);
    lif->ll_conflicts = 0;
    (void)wf_routes_add(net, &r); /* A full table leaves the link's own network. */
}

void wf_lladdr_gone(struct net *net, struct netif *nif, uint32_t ip4, bool is_lost)
{
    struct link_if *lif = wf_link_if(net, nif);
    if (ip4 != lif->ll_ip4)
        return;
    struct weft_route r = all(nif, ip4);
    (void)wf_routes_del(net, &r);
    if (is_lost)
        lif->ll_ip4 = 0;
}

void wf_lladdr_judge(struct net *net, struct netif *nif)
{
    struct link_if *lif = wf_link_if(net, nif);
    bool is_there = lif->ll_ip4 != 0;
    if (nif->kind != WEFT_IF_ETHER || !nif->is_up || is_wanted(net, nif) == is_there)
        return;
    if (!is_there) {
        begin(net, nif);
        return;
    }
    uint32_t ip4 = lif->ll_ip4;
    wf_lladdr_gone(net, nif, ip4, true);
    lif->ll_draws = 0; /* The same one next time. */
    if (!wf_acd_del(net, nif->index, ip4) && wf_addrs_find(net, ip4, nif->index) != NULL)
        (void)wf_addrs_del(net, nif->index, ip4);
}

void wf_lladdr_again(struct net *net, struct netif *nif, struct acd *a)
{
    struct link_if *lif = wf_link_if(net, nif);
    lif->ll_conflicts++;
    a->ip4 = lif->ll_ip4 = draw(lif, nif->mac);
    a->step = WEFT_ACD_WAITING;
    uint64_t wait = lif->ll_conflicts > MAX_CONFLICTS ? RATE_LIMIT_NS : 0;
    wf_wheel_arm(&net->wheel, &a->timer, net->now_ns + wait);
}
