/* SPDX-License-Identifier: MIT */
#include "link/neigh.h"

#include <string.h>

#include "link/link.h"
#include "wire/wire.h"

#define NS_PER_S     1000000000ull
#define RETRANS_NS   NS_PER_S
#define TRIES_MAX    3
#define REACHABLE_NS (30 * NS_PER_S)
#define DELAY_NS     (5 * NS_PER_S)
#define FAILED_NS    NS_PER_S
#define REBIND_NS    NS_PER_S /* A flapping address changes an entry at most this often. */

static struct neigh **bucket(const struct net *net, uint16_t ifindex, uint32_t ip4)
{
    uint64_t w = (uint64_t)ifindex << 32 | ip4;
    uint64_t h = wf_hash_words(&net->hash_key, &w, 1);
    return &net->link->buckets[h & net->link->buckets_mask];
}

struct neigh *wf_neigh_find(const struct net *net, uint16_t ifindex, uint32_t ip4)
{
    for (struct neigh *n = *bucket(net, ifindex, ip4); n != NULL; n = n->hash_next)
        if (n->ip4 == ip4 && n->ifindex == ifindex)
            return n;
    return NULL;
}

static void wake_waiters(struct net *net, struct neigh *n)
{
    struct netif *nif = wf_netif_get(net, n->ifindex);
    for (struct wf_list *l = wf_list_pop_front(&n->waiters); l != NULL;
         l = wf_list_pop_front(&n->waiters))
        wf_list_push_back(&nif->senders, l);
}

void wf_neigh_forget(struct net *net, struct neigh *n, enum weft_drop why)
{
    while (n->wait_head != NULL) {
        struct pkt *p = n->wait_head;
        n->wait_head = p->next;
        wf_net_drop(net, p, why);
    }
    wake_waiters(net, n);
    struct neigh **at = bucket(net, n->ifindex, n->ip4);
    while (*at != n)
        at = &(*at)->hash_next;
    *at = n->hash_next;
    wf_wheel_disarm(&net->wheel, &n->timer);
    wf_list_remove(&n->lru);
    wf_slab_free(&net->link->neighs, n);
}

static bool may_evict(const struct neigh *n)
{
    return n->state != WEFT_NEIGH_PERMANENT && wf_list_is_empty(&n->waiters) && n->wait_n == 0;
}

static struct neigh *make(struct net *net, uint16_t ifindex, uint32_t ip4)
{
    struct wf_link *link = net->link;
    if (link->neighs.in_use == link->neighs.max) {
        struct neigh *victim = NULL;
        WF_LIST_FOR_EACH (l, &link->lru) {
            struct neigh *n = WF_CONTAINER_OF(l, struct neigh, lru);
            if (may_evict(n)) {
                victim = n;
                break;
            }
        }
        if (victim == NULL)
            return NULL;
        wf_neigh_forget(net, victim, WEFT_DROP_NEIGH_TABLE_FULL);
    }
    struct neigh *n = wf_slab_alloc(&link->neighs);
    n->ip4 = ip4;
    n->ifindex = ifindex;
    n->timer.kind = TIMER_NEIGH;
    wf_list_init(&n->waiters);
    wf_list_push_back(&link->lru, &n->lru);
    struct neigh **at = bucket(net, ifindex, ip4);
    n->hash_next = *at;
    *at = n;
    return n;
}

static void ask(struct net *net, struct neigh *n, const uint8_t *mac)
{
    n->tries++;
    wf_wheel_arm(&net->wheel, &n->timer, net->now_ns + RETRANS_NS);
    wf_arp_request(net, wf_netif_get(net, n->ifindex), n->ip4, mac);
}

static void probe(struct net *net, struct neigh *n)
{
    n->state = WEFT_NEIGH_PROBE;
    n->is_delay = false;
    n->tries = 0;
    ask(net, n, n->mac);
}

static void set_reachable(struct net *net, struct neigh *n)
{
    n->state = WEFT_NEIGH_REACHABLE;
    n->is_delay = false;
    n->confirmed_ns = net->now_ns;
    wf_wheel_arm(&net->wheel, &n->timer, net->now_ns + REACHABLE_NS);
    wf_list_remove(&n->lru);
    wf_list_push_back(&net->link->lru, &n->lru);
}

struct neigh *wf_neigh_use(struct net *net, struct netif *nif, uint32_t ip4)
{
    struct neigh *n = wf_neigh_find(net, nif->index, ip4);
    if (n == NULL) {
        n = make(net, nif->index, ip4);
        if (n == NULL)
            return NULL;
        n->state = WEFT_NEIGH_INCOMPLETE;
        ask(net, n, NULL);
    } else if (n->state == WEFT_NEIGH_STALE && !n->is_delay) {
        n->is_delay = true;
        wf_wheel_arm(&net->wheel, &n->timer, net->now_ns + DELAY_NS);
    }
    return n;
}

static void send_waiting(struct net *net, struct neigh *n)
{
    struct netif *nif = wf_netif_get(net, n->ifindex);
    struct pkt *list = n->wait_head;
    n->wait_head = n->wait_tail = NULL;
    n->wait_n = 0;
    while (list != NULL) {
        struct pkt *p = list;
        list = p->next;
        wf_eth_push(p, nif, n->mac, ETHERTYPE_IP4);
        wf_netif_enqueue(net, nif, p);
    }
    wake_waiters(net, n);
}

bool wf_neigh_learn(struct net *net, struct netif *nif, uint32_t ip4, const uint8_t mac[6],
                    bool may_create, bool is_answer)
{
    struct neigh *n = wf_neigh_find(net, nif->index, ip4);
    if (n == NULL) {
        if (!may_create)
            return false;
        n = make(net, nif->index, ip4);
        if (n == NULL)
            return false;
        n->state = WEFT_NEIGH_STALE;
        n->confirmed_ns = net->now_ns;
        memcpy(n->mac, mac, 6);
    }
    if (n->state == WEFT_NEIGH_PERMANENT)
        return true;
    bool is_known = wf_neigh_is_usable(n);
    bool is_changed = is_known && memcmp(n->mac, mac, 6) != 0;
    if (is_changed) {
        if (n->rebound_ns != 0 && net->now_ns - n->rebound_ns < REBIND_NS)
            return false;
        n->rebound_ns = net->now_ns;
    }
    memcpy(n->mac, mac, 6);
    n->tries = 0;
    if (is_answer || !is_known || n->state == WEFT_NEIGH_REACHABLE || n->state == WEFT_NEIGH_PROBE)
        set_reachable(net, n);
    send_waiting(net, n);
    return true;
}

void wf_neigh_confirm(struct net *net, struct neigh *n)
{
    if (n->state == WEFT_NEIGH_REACHABLE || n->state == WEFT_NEIGH_STALE ||
        n->state == WEFT_NEIGH_PROBE) {
        n->confirmed_ns = net->now_ns;
        wf_list_remove(&n->lru);
        wf_list_push_back(&net->link->lru, &n->lru);
    }
}

void wf_neigh_doubt(struct net *net, struct neigh *n)
{
    if ((n->state != WEFT_NEIGH_REACHABLE && n->state != WEFT_NEIGH_STALE) ||
        net->now_ns - n->confirmed_ns < DELAY_NS)
        return;
    probe(net, n);
}

void wf_neigh_wait(struct net *net, struct neigh *n, struct pkt *p)
{
    if (n->state == WEFT_NEIGH_FAILED) {
        wf_net_drop(net, p, WEFT_DROP_NEIGH_FAILED);
        return;
    }
    if (wf_pool_is_tight(&net->pool)) {
        wf_net_drop(net, p, WEFT_DROP_NEIGH_QUEUE_FULL);
        return;
    }
    if (n->wait_n == net->cfg->neigh_wait_max) { /* RFC 1122 2.3.2.2: the latest is kept. */
        struct pkt *old = n->wait_head;
        n->wait_head = old->next;
        n->wait_n--;
        wf_net_drop(net, old, WEFT_DROP_NEIGH_QUEUE_FULL);
    }
    p->next = NULL;
    if (n->wait_head != NULL)
        n->wait_tail->next = p;
    else
        n->wait_head = p;
    n->wait_tail = p;
    n->wait_n++;
}

/* Nobody answered: hand the waiting packets out and hold the entry down for a moment. */
static struct pkt *fail(struct net *net, struct neigh *n)
{
    struct pkt *list = n->wait_head;
    n->wait_head = n->wait_tail = NULL;
    n->wait_n = 0;
    n->state = WEFT_NEIGH_FAILED;
    wf_wheel_arm(&net->wheel, &n->timer, net->now_ns + FAILED_NS);
    wake_waiters(net, n);
    return list;
}

struct pkt *wf_neigh_expire(struct net *net, struct neigh *n)
{
    switch ((enum weft_neigh_state)n->state) {
    case WEFT_NEIGH_INCOMPLETE:
        if (n->tries >= TRIES_MAX)
            return fail(net, n);
        ask(net, n, NULL);
        return NULL;
    case WEFT_NEIGH_PROBE:
        if (n->tries >= TRIES_MAX)
            return fail(net, n);
        ask(net, n, n->mac);
        return NULL;
    case WEFT_NEIGH_REACHABLE:
    case WEFT_NEIGH_STALE:
        if (net->now_ns - n->confirmed_ns < REACHABLE_NS) {
            n->state = WEFT_NEIGH_REACHABLE;
            n->is_delay = false;
            wf_wheel_arm(&net->wheel, &n->timer, n->confirmed_ns + REACHABLE_NS);
        } else if (n->is_delay) {
            probe(net, n);
        } else {
            n->state = WEFT_NEIGH_STALE;
        }
        return NULL;
    case WEFT_NEIGH_FAILED:
        wf_neigh_forget(net, n, WEFT_DROP_NEIGH_FAILED);
        return NULL;
    case WEFT_NEIGH_FREE:
    case WEFT_NEIGH_PERMANENT:
        break;
    }
    return NULL;
}

int wf_neigh_set(struct net *net, struct netif *nif, uint32_t ip4, const uint8_t mac[6])
{
    struct neigh *n = wf_neigh_find(net, nif->index, ip4);
    if (n == NULL)
        n = make(net, nif->index, ip4);
    if (n == NULL)
        return -WEFT_ENOMEM;
    memcpy(n->mac, mac, 6);
    n->state = WEFT_NEIGH_PERMANENT;
    n->confirmed_ns = net->now_ns;
    wf_wheel_disarm(&net->wheel, &n->timer);
    send_waiting(net, n);
    return 0;
}
