/* SPDX-License-Identifier: MIT */
#include "net/addr.h"

#include <string.h>

#include "net/net.h"

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct weft_addr wf_addr_from4(uint32_t ip4)
{
    struct weft_addr a = {.zone = 0};
    memcpy(a.b, mapped, sizeof(mapped));
    wf_st32be(a.b + 12, ip4);
    return a;
}

bool wf_addr_is4(const struct weft_addr *a)
{
    return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

uint32_t wf_addr_to4(const struct weft_addr *a)
{
    return wf_ld32be(a->b + 12);
}

bool wf_addr_is_any(const struct weft_addr *a)
{
    static const uint8_t zero[16];
    return memcmp(a->b, zero, 16) == 0 || (wf_addr_is4(a) && wf_addr_to4(a) == 0);
}

bool wf_addr_eq(const struct weft_addr *a, const struct weft_addr *b)
{
    return memcmp(a->b, b->b, 16) == 0 && a->zone == b->zone;
}

/* Whether @ip4 is the broadcast address of @a's network (RFC 3021: /31 and /32 have none). */
static bool is_directed_broadcast(const struct wf_ifaddr *a, uint32_t ip4)
{
    uint32_t mask = wf_ip4_mask(a->prefix_len);
    return a->prefix_len < 31 && (a->ip4 & mask) == (ip4 & mask) &&
           ((ip4 & ~mask) == ~mask || (ip4 & ~mask) == 0);
}

uint8_t wf_ip4_class_len(uint32_t ip4)
{
    if (ip4 >> 31 == 0)
        return 8;
    if (ip4 >> 30 == 2)
        return 16;
    return ip4 >> 29 == 6 ? 24 : 0;
}

/* To all subnets of the network by class that @a's is a subnet of. */
static bool is_all_subnets(const struct wf_ifaddr *a, uint32_t ip4)
{
    uint8_t len = wf_ip4_class_len(ip4);
    uint32_t mask = wf_ip4_mask(len);
    return len != 0 && a->prefix_len > len && (a->ip4 & mask) == (ip4 & mask) &&
           (ip4 & ~mask) == ~mask;
}

static bool is_broadcast_for(const struct wf_addrs *t, const struct wf_ifaddr *a, uint32_t ip4)
{
    return is_directed_broadcast(a, ip4) || (t->is_all_subnets && is_all_subnets(a, ip4));
}

const struct wf_ifaddr *wf_addrs_directed(const struct net *net, uint32_t ip4, uint16_t ifindex)
{
    const struct wf_addrs *t = &net->addrs;
    const struct wf_ifaddr *found = NULL;
    for (uint32_t i = 0; i < t->n; i++) {
        if (!is_broadcast_for(t, &t->tab[i], ip4))
            continue;
        if (t->tab[i].ifindex == ifindex)
            return &t->tab[i];
        found = found != NULL ? found : &t->tab[i];
    }
    return found;
}

/* RFC 1122 3.2.1.3 (g): of 127/8 nothing is ever on a wire. */
static enum ip4_kind loopback_kind(const struct net *net, uint16_t ifindex)
{
    const struct netif *nif = wf_netif_get(net, ifindex);
    bool is_inside = ifindex == 0 || (nif != NULL && nif->kind == WEFT_IF_LOOPBACK);
    return is_inside ? IP4_LOCAL : IP4_INVALID;
}

static void set_filter(struct wf_addrs *t, uint32_t ip4)
{
    t->filter[wf_addrs_bin(ip4) / 32] |= 1u << wf_addrs_bin(ip4) % 32;
}

/* Made anew with every change: bits cannot be taken out one by one. */
static void fill_filter(struct wf_addrs *t)
{
    memset(t->filter, 0, sizeof(t->filter));
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t mask = wf_ip4_mask(t->tab[i].prefix_len);
        set_filter(t, t->tab[i].ip4);
        set_filter(t, t->tab[i].ip4 & mask);
        set_filter(t, t->tab[i].ip4 | ~mask);
        set_filter(t, t->tab[i].ip4 | ~wf_ip4_mask(wf_ip4_class_len(t->tab[i].ip4)));
    }
}

enum ip4_kind wf_addrs_kind(const struct net *net, uint32_t ip4, uint16_t ifindex)
{
    const struct wf_addrs *t = &net->addrs;
    if (wf_addrs_is_foreign(t, ip4))
        return IP4_OTHER;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->tab[i].ip4 == ip4)
            return WF_LIKELY(ip4 >> 24 != 127) ? IP4_LOCAL : loopback_kind(net, ifindex);
    if (ip4 == UINT32_MAX)
        return IP4_BROADCAST;
    if (wf_ip4_is_multicast(ip4))
        return IP4_MULTICAST;
    if (ip4 >> 24 == 127)
        return loopback_kind(net, ifindex);
    if (!wf_ip4_can_be_host(ip4))
        return IP4_INVALID;
    for (uint32_t i = 0; i < t->n; i++)
        if (is_broadcast_for(t, &t->tab[i], ip4))
            return IP4_BROADCAST;
    return IP4_OTHER;
}

struct wf_ifaddr *wf_addrs_find(const struct net *net, uint32_t ip4, uint16_t ifindex)
{
    const struct wf_addrs *t = &net->addrs;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->tab[i].ip4 == ip4 && (ifindex == 0 || t->tab[i].ifindex == ifindex))
            return &t->tab[i];
    return NULL;
}

uint32_t wf_addrs_source(const struct net *net, uint16_t ifindex, uint32_t dst4)
{
    const struct wf_addrs *t = &net->addrs;
    uint32_t first = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->tab[i].ifindex != ifindex)
            continue;
        if (((t->tab[i].ip4 ^ dst4) & wf_ip4_mask(t->tab[i].prefix_len)) == 0)
            return t->tab[i].ip4;
        if (first == 0)
            first = t->tab[i].ip4;
    }
    return first;
}

static struct weft_route connected_route(const struct wf_ifaddr *a)
{
    return (struct weft_route){.dst = wf_addr_from4(a->ip4 & wf_ip4_mask(a->prefix_len)),
                               .src = wf_addr_from4(a->ip4),
                               .ifindex = a->ifindex,
                               .prefix_len = a->prefix_len,
                               .is_connected = true};
}

int wf_addrs_add(struct net *net, uint16_t ifindex, uint32_t ip4, uint8_t prefix_len)
{
    struct wf_addrs *t = &net->addrs;
    const struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    bool is_loop = nif->kind == WEFT_IF_LOOPBACK && ip4 >> 24 == 127;
    if (prefix_len > 32 || (!wf_ip4_can_be_host(ip4) && !is_loop))
        return -WEFT_EINVAL;
    if (wf_addrs_find(net, ip4, ifindex) != NULL)
        return -WEFT_EEXIST;
    if (t->n == t->max)
        return -WEFT_ENOMEM;

    struct wf_ifaddr a = {.ip4 = ip4, .ifindex = ifindex, .prefix_len = prefix_len};
    struct weft_route r = connected_route(&a);
    int err = wf_routes_add(net, &r);
    if (err != 0 && err != -WEFT_EEXIST) /* A second address in a network shares its route. */
        return err;
    t->tab[t->n++] = a;
    t->gen++;
    fill_filter(t);
    return 0;
}

int wf_addrs_del(struct net *net, uint16_t ifindex, uint32_t ip4)
{
    struct wf_addrs *t = &net->addrs;
    struct wf_ifaddr *a = wf_addrs_find(net, ip4, ifindex);
    if (a == NULL)
        return -WEFT_ENOENT;

    struct wf_ifaddr gone = *a;
    memmove(a, a + 1, (size_t)(t->tab + t->n - (a + 1)) * sizeof(*a));
    t->n--;
    t->gen++;
    fill_filter(t);
    struct weft_route r = connected_route(&gone);
    (void)wf_routes_del(net, &r);
    for (uint32_t i = 0; i < t->n; i++) { /* Another address may need the route still. */
        struct weft_route other = connected_route(&t->tab[i]);
        if (t->tab[i].ifindex == ifindex && other.prefix_len == r.prefix_len &&
            wf_addr_eq(&other.dst, &r.dst)) {
            (void)wf_routes_add(net, &other);
            break;
        }
    }
    return 0;
}
