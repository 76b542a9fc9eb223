/* SPDX-License-Identifier: MIT */
#include "net/route.h"

#include "net/net.h"

#define TOS_MASK 0xfcu /* Without the ECN bits (RFC 3168). */

/* ---- memory ---- */

static size_t trie_bytes(uint32_t max)
{
    return WF_ALIGN_UP(wf_trie_bytes(max), (size_t)64);
}

size_t wf_routes_bytes(uint32_t max)
{
    return trie_bytes(max) + (size_t)max * sizeof(struct wf_route4);
}

void wf_routes_init(struct wf_routes *t, void *mem, uint32_t max)
{
    *t = (struct wf_routes){.max = max};
    wf_trie_init(&t->trie, mem, max);
    t->tab = (void *)((uint8_t *)mem + trie_bytes(max));
}

static struct wf_route4 *alloc(struct wf_routes *t)
{
    struct wf_route4 *r = NULL;
    if (t->free != 0) {
        r = &t->tab[t->free - 1];
        t->free = r->next; /* NOLINT(clang-analyzer-core.NullDereference): of a table */
    } else if (t->high < t->max) {
        r = &t->tab[t->high++];
    }
    t->n += r != NULL;
    return r;
}

static void release(struct wf_routes *t, struct wf_route4 *r)
{
    r->is_live = false;
    r->next = t->free;
    t->free = (uint32_t)(r - t->tab) + 1;
    t->n--;
}

static struct wf_route4 *at(const struct wf_routes *t, uint32_t number)
{
    return number != 0 ? &t->tab[number - 1] : NULL;
}

/* ---- look-up ---- */

static struct wf_trie_key key4(uint32_t ip4)
{
    return (struct wf_trie_key){.hi = (uint64_t)ip4 << 32};
}

static bool is_up(const struct net *net, const struct wf_route4 *r)
{
    const struct netif *nif = wf_netif_get(net, r->ifindex);
    return nif != NULL ? nif->is_up : r->type != WEFT_ROUTE_UNICAST;
}

/* The first route of a prefix that a packet can use: the list is in order of preference. */
static const struct wf_route4 *usable(const struct net *net, uint32_t first, uint8_t tos)
{
    for (const struct wf_route4 *r = at(&net->routes, first); r != NULL;
         r = at(&net->routes, r->next))
        if ((r->tos == 0 || r->tos == (tos & TOS_MASK)) && is_up(net, r))
            return r;
    return NULL;
}

/* The longest prefix has nothing to use: the longest of those that have. */
static const struct wf_route4 *match_shorter(const struct net *net, uint32_t dst4, uint8_t tos)
{
    const struct wf_route4 *best = NULL;
    struct wf_trie_key key = key4(dst4);
    for (const struct wf_trie_node *n = wf_trie_next(&net->routes.trie, NULL, key); n != NULL;
         n = wf_trie_next(&net->routes.trie, n, key)) {
        const struct wf_route4 *r = usable(net, n->value, tos);
        best = r != NULL ? r : best;
    }
    return best;
}

const struct wf_route4 *wf_routes_match4(const struct net *net, uint32_t dst4, uint8_t tos)
{
    const struct wf_trie_node *n = wf_trie_lookup_hi(&net->routes.trie, key4(dst4).hi);
    if (n == NULL)
        return NULL;
    const struct wf_route4 *r = at(&net->routes, n->value);
    if (WF_UNLIKELY(r->tos != 0 || !is_up(net, r)))
        r = usable(net, n->value, tos);
    return WF_LIKELY(r != NULL) ? r : match_shorter(net, dst4, tos);
}

static bool is_leg(const struct wf_route4 *r, const struct wf_route4 *head)
{
    return r->weight != 0 && r->metric == head->metric && r->tos == head->tos;
}

const struct wf_route4 *wf_routes_leg4(const struct net *net, const struct wf_route4 *head,
                                       uint64_t flow_hash)
{
    uint32_t sum = 0;
    if (WF_LIKELY(head->weight == 0))
        return head;
    for (const struct wf_route4 *r = head; r != NULL && is_leg(r, head);
         r = at(&net->routes, r->next))
        sum += is_up(net, r) ? r->weight : 0;
    /* The head is up, so there is a sum. */
    uint32_t point = (uint32_t)(((flow_hash & UINT32_MAX) * sum) >> 32);
    const struct wf_route4 *r = head;
    for (;; r = at(&net->routes, r->next)) {
        uint32_t weight = is_up(net, r) ? r->weight : 0;
        if (point < weight)
            return r;
        point -= weight;
    }
}

const struct wf_route4 *wf_routes_lookup4(const struct net *net, uint32_t dst4)
{
    const struct wf_route4 *r = wf_routes_match4(net, dst4, 0);
    if (r == NULL || r->type != WEFT_ROUTE_UNICAST)
        return NULL;
    uint64_t w = dst4;
    return r->weight == 0 ? r : wf_routes_leg4(net, r, wf_hash_words(&net->hash_key, &w, 1));
}

bool wf_routes_is_by4(const struct net *net, uint32_t dst4, uint16_t ifindex)
{
    const struct wf_route4 *head = wf_routes_match4(net, dst4, 0);
    if (head == NULL || head->type != WEFT_ROUTE_UNICAST)
        return false;
    if (WF_LIKELY(head->ifindex == ifindex))
        return true;
    for (const struct wf_route4 *r = head; r != NULL && is_leg(r, head);
         r = at(&net->routes, r->next))
        if (r->ifindex == ifindex)
            return true;
    return false;
}

/* ---- changes ---- */

static struct wf_route4 to4(const struct weft_route *r)
{
    bool is_plain = r->type == WEFT_ROUTE_UNICAST && r->tos == 0 && r->weight == 0;
    return (struct wf_route4){.dst = wf_addr_to4(&r->dst),
                              .gateway = wf_addr_is_any(&r->gateway) ? 0 : wf_addr_to4(&r->gateway),
                              .src = wf_addr_is_any(&r->src) ? 0 : wf_addr_to4(&r->src),
                              .metric = r->metric,
                              .ifindex = r->ifindex,
                              .prefix_len = r->prefix_len,
                              .type = (uint8_t)r->type,
                              .tos = r->tos,
                              .weight = r->weight,
                              .protocol = r->protocol,
                              .is_connected = r->is_connected,
                              .is_live = true,
                              .is_plain = is_plain};
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

static int settle(const struct net *net, const struct weft_route *pub, struct wf_route4 *r)
{
    bool is_default = pub->prefix_len == 0 && wf_addr_is_any(&pub->dst);
    if ((!wf_addr_is4(&pub->dst) && !is_default) || r->prefix_len > 32 ||
        (r->dst & ~wf_ip4_mask(r->prefix_len)) != 0 || (r->tos & ~TOS_MASK) != 0 ||
        (unsigned)pub->type >= WEFT_ROUTE_TYPE_COUNT)
        return -WEFT_EINVAL;
    if (r->type == WEFT_ROUTE_UNICAST)
        return settle_gateway(net, r);
    bool is_bare = r->gateway == 0 && r->weight == 0 && r->ifindex == 0;
    return is_bare ? 0 : -WEFT_EINVAL;
}

/* Order of a prefix's list: those with a type of service, then metric. */
static bool is_before(const struct wf_route4 *a, const struct wf_route4 *b)
{
    if (a->tos != b->tos)
        return a->tos > b->tos;
    return a->metric < b->metric;
}

/*
 * Two routes that nothing could choose between. Legs differ by their gateway as well, and have no
 * ordinary route among them.
 */
static bool is_same(const struct wf_route4 *a, const struct wf_route4 *b)
{
    if (a->tos != b->tos || a->metric != b->metric)
        return false;
    if ((a->weight != 0) != (b->weight != 0))
        return true;
    return a->ifindex == b->ifindex && (a->weight == 0 || a->gateway == b->gateway);
}

int wf_routes_add(struct net *net, const struct weft_route *pub)
{
    struct wf_routes *t = &net->routes;
    struct wf_route4 r = to4(pub);
    int err = settle(net, pub, &r);
    if (err != 0)
        return err;
    const struct wf_trie_node *node = wf_trie_find(&t->trie, key4(r.dst), r.prefix_len);
    uint32_t first = node != NULL ? node->value : 0;
    for (const struct wf_route4 *o = at(t, first); o != NULL; o = at(t, o->next))
        if (is_same(o, &r))
            return -WEFT_EEXIST;
    struct wf_route4 *own = alloc(t);
    if (own == NULL)
        return -WEFT_ENOMEM;

    uint32_t *link = &first;
    while (*link != 0 && !is_before(&r, at(t, *link)))
        link = &at(t, *link)->next;
    r.next = *link;
    *own = r;
    *link = (uint32_t)(own - t->tab) + 1;
    wf_trie_put(&t->trie, key4(r.dst), r.prefix_len, first);
    t->gen++;
    return 0;
}

static bool is_meant(const struct wf_route4 *r, const struct wf_route4 *want)
{
    return r->metric == want->metric && r->tos == want->tos && r->type == want->type &&
           (want->ifindex == 0 || r->ifindex == want->ifindex) &&
           (want->gateway == 0 || r->gateway == want->gateway);
}

int wf_routes_del(struct net *net, const struct weft_route *pub)
{
    struct wf_routes *t = &net->routes;
    struct wf_route4 want = to4(pub);
    bool is_default = pub->prefix_len == 0 && wf_addr_is_any(&pub->dst);
    const struct wf_trie_node *node = NULL;
    if ((wf_addr_is4(&pub->dst) || is_default) && want.prefix_len <= 32)
        node = wf_trie_find(&t->trie, key4(want.dst), want.prefix_len);
    uint32_t first = node != NULL ? node->value : 0, *link = &first;
    while (*link != 0 && !is_meant(at(t, *link), &want))
        link = &at(t, *link)->next;
    struct wf_route4 *r = at(t, *link);
    if (r == NULL)
        return -WEFT_ENOENT;
    *link = r->next;
    release(t, r);
    if (first != 0)
        wf_trie_put(&t->trie, key4(want.dst), want.prefix_len, first);
    else
        wf_trie_remove(&t->trie, key4(want.dst), want.prefix_len);
    t->gen++;
    return 0;
}

const struct wf_route4 *wf_routes_next(const struct wf_routes *t, uint32_t *cursor)
{
    while (*cursor < t->high) {
        const struct wf_route4 *r = &t->tab[(*cursor)++];
        if (r->is_live)
            return r;
    }
    return NULL;
}

struct weft_route wf_routes_show(const struct wf_route4 *r)
{
    struct weft_route out = {.dst = wf_addr_from4(r->dst),
                             .metric = r->metric,
                             .ifindex = r->ifindex,
                             .prefix_len = r->prefix_len,
                             .type = (enum weft_route_type)r->type,
                             .tos = r->tos,
                             .weight = r->weight,
                             .protocol = r->protocol,
                             .is_connected = r->is_connected};
    if (r->gateway != 0)
        out.gateway = wf_addr_from4(r->gateway);
    if (r->src != 0)
        out.src = wf_addr_from4(r->src);
    return out;
}
