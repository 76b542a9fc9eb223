/* SPDX-License-Identifier: MIT */
#include "link/neigh.h"

#include <string.h>

#include "link/link.h"
#include "wire/wire.h"

#define NS_PER_S    1000000000ull
#define NS_PER_MS   1000000ull
#define RETRANS_NS  NS_PER_S
#define LATE_NS     (100 * NS_PER_MS)
#define DELAY_NS    (5 * NS_PER_S)
#define HOLD_NS     NS_PER_S
#define REBIND_NS   NS_PER_S /* A flapping address changes an entry at most this often. */
#define RIVAL_NS    (100 * NS_PER_MS)
#define FLAP_NS     (60 * NS_PER_S)
#define PROBES_MAX  3         /* Of a known neighbour, where tries has no end. */
#define TRIES_NEVER UINT8_MAX /* The resolver has no way. */
#define FLAPS       3         /* Changes in FLAP_NS that an operator hears of. */

static const struct weft_neigh_options *options(const struct net *net, const struct neigh *n)
{
    return &wf_link_if(net, wf_netif_get(net, n->ifindex))->neigh;
}

static struct neigh **bucket(const struct net *net, uint16_t ifindex, uint32_t ip4)
{
    uint64_t w = (uint64_t)ifindex << 32 | ip4;
    uint64_t h = wf_hash_words(&net->hash_key, &w, 1);
    return &net->link->buckets[h & net->link->buckets_mask];
}

static struct neigh *walk(const struct net *net, uint16_t ifindex, uint32_t ip4)
{
    for (struct neigh *n = *bucket(net, ifindex, ip4); n != NULL; n = n->hash_next)
        if (n->ip4 == ip4 && n->ifindex == ifindex)
            return n;
    return NULL;
}

struct neigh *wf_neigh_find(const struct net *net, uint16_t ifindex, uint32_t ip4)
{
    struct neigh *n = wf_neigh_hinted(net, ifindex, ip4);
    if (n != NULL)
        return n;
    n = walk(net, ifindex, ip4);
    if (n != NULL)
        *wf_neigh_hint(net, ifindex, ip4) = n;
    return n;
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

/* ---- what a full table gives up ---- */

static bool may_evict(const struct neigh *n)
{
    return n->state != WEFT_NEIGH_PERMANENT && wf_list_is_empty(&n->waiters);
}

/* Who was asked for just now would be asked for again at once. */
static bool is_fresh(const struct net *net, const struct neigh *n)
{
    return n->wait_n != 0 && net->now_ns - n->asked_ns < RETRANS_NS;
}

static struct neigh *victim(const struct net *net)
{
    struct neigh *gateway = NULL;
    uint32_t fresh_n = 0;
    WF_LIST_FOR_EACH (l, &net->link->idle) {
        struct neigh *n = WF_CONTAINER_OF(l, struct neigh, lru);
        if (!may_evict(n))
            continue;
        if (!is_fresh(net, n))
            return n;
        fresh_n++;
    }
    if (fresh_n > net->link->neighs.max / 4) /* A flood of strangers costs few who are of use. */
        return NULL;
    WF_LIST_FOR_EACH (l, &net->link->used) {
        struct neigh *n = WF_CONTAINER_OF(l, struct neigh, lru);
        if (!may_evict(n))
            continue;
        if (!n->is_gateway)
            return n;
        gateway = gateway != NULL ? gateway : n;
    }
    return gateway;
}

/* To the end of the list it belongs on. */
static void place(struct net *net, struct neigh *n)
{
    bool is_of_use = wf_neigh_is_usable(n) && n->is_used;
    if (wf_list_is_linked(&n->lru))
        wf_list_remove(&n->lru);
    wf_list_push_back(is_of_use ? &net->link->used : &net->link->idle, &n->lru);
}

static struct neigh *make(struct net *net, uint16_t ifindex, uint32_t ip4)
{
    struct wf_link *link = net->link;
    if (link->neighs.in_use == link->neighs.max) {
        struct neigh *old = victim(net);
        if (old == NULL)
            return NULL;
        wf_neigh_forget(net, old, WEFT_DROP_NEIGH_TABLE_FULL);
    }
    struct neigh *n = wf_slab_alloc(&link->neighs);
    n->ip4 = ip4;
    n->ifindex = ifindex;
    n->timer.kind = TIMER_NEIGH;
    n->born_ns = n->heard_ns = n->used_ns = net->now_ns;
    wf_list_init(&n->waiters);
    struct neigh **at = bucket(net, ifindex, ip4);
    n->hash_next = *at;
    *at = n;
    return n;
}

/* ---- lifetimes ---- */

uint64_t wf_neigh_expires_ns(const struct net *net, const struct neigh *n)
{
    const struct weft_neigh_options *o = options(net, n);
    uint64_t from = wf_max_u64(n->heard_ns, n->confirmed_ns);
    if (n->state == WEFT_NEIGH_PERMANENT)
        return WEFT_NEVER;
    if (!wf_neigh_is_usable(n))
        return n->asked_ns + o->incomplete_ms * NS_PER_MS;
    if (o->restart == WEFT_NEIGH_RESTART_CREATION)
        from = n->born_ns;
    else if (o->restart == WEFT_NEIGH_RESTART_USE)
        from = wf_max_u64(from, n->used_ns);
    return from + o->complete_ms * NS_PER_MS;
}

/* Until something else is due, or the life ends. */
static void arm(struct net *net, struct neigh *n, uint64_t due_ns)
{
    uint64_t end = wf_neigh_expires_ns(net, n);
    wf_wheel_arm(&net->wheel, &n->timer, due_ns < end ? due_ns : end);
}

static uint64_t stale_ns(const struct net *net, const struct neigh *n)
{
    uint32_t ms = options(net, n)->reachable_ms;
    return ms == 0 ? WEFT_NEVER : n->confirmed_ns + ms * NS_PER_MS;
}

static void set_reachable(struct net *net, struct neigh *n)
{
    bool was_usable = wf_neigh_is_usable(n);
    if (!was_usable)
        n->born_ns = net->now_ns;
    n->state = WEFT_NEIGH_REACHABLE;
    n->is_delay = n->has_rival = false;
    n->tries = 0;
    n->confirmed_ns = net->now_ns;
    place(net, n);
    arm(net, n, stale_ns(net, n));
}

/* ---- asking ---- */

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

/* Nobody answered: hand the waiting packets out and hold the entry down for a moment. */
static struct pkt *fail(struct net *net, struct neigh *n)
{
    struct pkt *list = n->wait_head;
    n->wait_head = n->wait_tail = NULL;
    n->wait_n = 0;
    if (wf_neigh_is_usable(n)) /* What was known counts as asked for from now on. */
        n->asked_ns = net->now_ns;
    if (n->state != WEFT_NEIGH_FAILED)
        n->failed_ns = net->now_ns;
    n->state = WEFT_NEIGH_FAILED;
    n->has_rival = n->is_delay = false;
    place(net, n);
    wf_wheel_arm(&net->wheel, &n->timer,
                 wf_max_u64(wf_neigh_expires_ns(net, n), n->failed_ns + HOLD_NS));
    wake_waiters(net, n);
    return list;
}

static void ask(struct net *net, struct neigh *n)
{
    struct netif *nif = wf_netif_get(net, n->ifindex);
    if (n->tries < TRIES_NEVER - 1)
        n->tries++;
    n->sent_ns = net->now_ns;
    arm(net, n, net->now_ns + (n->has_rival ? RIVAL_NS : RETRANS_NS));
    switch (wf_resolver_of(net, nif)->ask(net, nif, n, n->mac)) {
    case RESOLVE_ASKED:
        return;
    case RESOLVE_KNOWN:
        set_reachable(net, n);
        send_waiting(net, n);
        return;
    case RESOLVE_NEVER:
        n->tries = TRIES_NEVER;
        wf_wheel_arm(&net->wheel, &n->timer, net->now_ns); /* It fails when time moves on. */
        return;
    }
}

static void begin(struct net *net, struct neigh *n)
{
    n->state = WEFT_NEIGH_INCOMPLETE;
    n->asked_ns = net->now_ns;
    n->tries = 0;
    place(net, n);
    ask(net, n);
}

void wf_neigh_check(struct net *net, struct neigh *n)
{
    n->state = WEFT_NEIGH_PROBE;
    n->is_delay = false;
    n->tries = 0;
    ask(net, n);
}

struct neigh *wf_neigh_use(struct net *net, struct netif *nif, uint32_t ip4)
{
    struct neigh *n = wf_neigh_find(net, nif->index, ip4);
    if (n == NULL) {
        n = make(net, nif->index, ip4);
        if (n == NULL)
            return NULL;
        n->is_used = true;
        begin(net, n);
        return n;
    }
    n->used_ns = net->now_ns;
    if (n->state == WEFT_NEIGH_FAILED && net->now_ns - n->failed_ns >= HOLD_NS) {
        begin(net, n);
    } else if (n->state == WEFT_NEIGH_STALE && !n->is_delay) {
        n->is_delay = true;
        arm(net, n, net->now_ns + DELAY_NS);
    }
    if (!n->is_used || wf_link_if(net, nif)->neigh.victim == WEFT_NEIGH_VICTIM_LRU) {
        n->is_used = true;
        place(net, n);
    }
    return n;
}

/* ---- hearing ---- */

static void tell(struct net *net, const struct neigh *n, enum weft_link_event_kind kind,
                 const uint8_t mac[6])
{
    wf_link_event(
        net,
        &(struct link_news){
            .kind = kind, .ifindex = n->ifindex, .ip4 = n->ip4, .mac = mac, .old_mac = n->mac});
}

/* The address is another now. */
static void rebind(struct net *net, struct neigh *n, const uint8_t mac[6])
{
    wf_count(net, WEFT_COUNT_NEIGH_CHANGES);
    tell(net, n, WEFT_LINK_EVENT_NEIGH_CHANGED, mac);
    if (net->now_ns - n->window_ns > FLAP_NS) {
        n->window_ns = net->now_ns;
        n->changes = 0;
    }
    n->changes++;
    if (n->changes == FLAPS)
        tell(net, n, WEFT_LINK_EVENT_NEIGH_FLAPPING, mac);
    n->changes = n->changes < UINT8_MAX ? n->changes : FLAPS;
    n->rebound_ns = net->now_ns;
    memcpy(n->mac, mac, 6);
}

static enum neigh_learned refuse(struct net *net, struct neigh *n, const uint8_t mac[6])
{
    tell(net, n, WEFT_LINK_EVENT_NEIGH_REFUSED, mac);
    return NEIGH_REFUSED;
}

/* Another hardware address than the one known is claimed: true if it is believed. */
static bool is_believed(struct net *net, struct neigh *n, const uint8_t mac[6])
{
    uint8_t policy = options(net, n)->policy;
    if (policy == WEFT_ARP_TRUSTING)
        return true;
    if (n->has_rival || (n->rebound_ns != 0 && net->now_ns - n->rebound_ns < REBIND_NS))
        return false;
    if (policy != WEFT_ARP_STRICT)
        return true;
    memcpy(n->rival, mac, 6); /* The old owner is asked first. */
    n->has_rival = true;
    wf_neigh_check(net, n);
    return false;
}

static void accept(struct net *net, struct neigh *n, const struct neigh_news *m)
{
    bool is_known = wf_neigh_is_usable(n);
    if (n->has_rival) { /* The old owner is there: the other's claim was false. */
        (void)refuse(net, n, n->rival);
        n->rebound_ns = net->now_ns;
    }
    memcpy(n->mac, m->mac, 6);
    n->heard_ns = net->now_ns;
    if (m->is_answer || !is_known || n->state == WEFT_NEIGH_REACHABLE ||
        n->state == WEFT_NEIGH_PROBE)
        set_reachable(net, n);
    else if (!n->is_delay)
        arm(net, n, WEFT_NEVER);
    send_waiting(net, n);
}

static enum neigh_learned create(struct net *net, struct netif *nif, const struct neigh_news *m)
{
    if (!m->may_create)
        return NEIGH_UNKNOWN;
    struct neigh *n = make(net, nif->index, m->ip4);
    if (n == NULL)
        return NEIGH_UNKNOWN;
    n->state = WEFT_NEIGH_STALE;
    n->confirmed_ns = net->now_ns;
    memcpy(n->mac, m->mac, 6);
    place(net, n);
    arm(net, n, WEFT_NEVER);
    return NEIGH_CREATED;
}

enum neigh_learned wf_neigh_learn(struct net *net, struct netif *nif, const struct neigh_news *m)
{
    struct neigh *n = wf_neigh_find(net, nif->index, m->ip4);
    if (n == NULL)
        return create(net, nif, m);
    bool is_other = wf_neigh_is_usable(n) && memcmp(n->mac, m->mac, 6) != 0;
    if (n->state == WEFT_NEIGH_PERMANENT)
        return is_other ? refuse(net, n, m->mac) : NEIGH_LEARNED;
    if (m->is_hearsay && options(net, n)->policy == WEFT_ARP_STRICT)
        return NEIGH_UNKNOWN;
    if (is_other) {
        if (!is_believed(net, n, m->mac))
            return NEIGH_REFUSED;
        rebind(net, n, m->mac);
    }
    accept(net, n, m);
    return NEIGH_LEARNED;
}

void wf_neigh_confirm(struct net *net, struct neigh *n)
{
    if (n->state == WEFT_NEIGH_REACHABLE || n->state == WEFT_NEIGH_STALE ||
        n->state == WEFT_NEIGH_PROBE) {
        n->confirmed_ns = net->now_ns;
        wf_list_remove(&n->lru);
        wf_list_push_back(&net->link->used, &n->lru);
    }
}

void wf_neigh_doubt(struct net *net, struct neigh *n)
{
    if ((n->state != WEFT_NEIGH_REACHABLE && n->state != WEFT_NEIGH_STALE) ||
        net->now_ns - n->confirmed_ns < DELAY_NS)
        return;
    wf_neigh_check(net, n);
}

/* ---- waiting ---- */

void wf_neigh_wait(struct net *net, struct neigh *n, struct pkt *p)
{
    if (wf_pool_is_tight(&net->pool) || options(net, n)->is_dropping) {
        wf_net_drop(net, p, WEFT_DROP_NEIGH_QUEUE_FULL);
        return;
    }
    if (n->state == WEFT_NEIGH_FAILED) /* Its sender is told when time moves on. */
        wf_wheel_arm(&net->wheel, &n->timer, net->now_ns);
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

/* ---- time ---- */

static void expire_known(struct net *net, struct neigh *n)
{
    if (net->now_ns >= wf_neigh_expires_ns(net, n)) {
        wf_neigh_forget(net, n, WEFT_DROP_NEIGH_FAILED);
        return;
    }
    uint64_t stale = stale_ns(net, n);
    if (net->now_ns < stale) {
        n->state = WEFT_NEIGH_REACHABLE;
        n->is_delay = false;
        arm(net, n, stale);
    } else if (n->is_delay) {
        wf_neigh_check(net, n);
    } else {
        n->state = WEFT_NEIGH_STALE;
        arm(net, n, WEFT_NEVER);
    }
}

/* Asked, and no answer in time. */
static struct pkt *expire_asked(struct net *net, struct neigh *n)
{
    const struct weft_neigh_options *o = options(net, n);
    if (n->has_rival) { /* Strict policy: the old owner is gone. */
        n->has_rival = false;
        rebind(net, n, n->rival);
        n->heard_ns = net->now_ns;
        set_reachable(net, n);
        return NULL;
    }
    /* A call of the user asks by the time seen last, which may be long ago: the request left just
     * now, and the second until the next one begins now (RFC 1122 2.3.2.1). */
    if (net->now_ns - n->sent_ns > RETRANS_NS + LATE_NS && n->tries != TRIES_NEVER) {
        n->asked_ns += net->now_ns - n->sent_ns;
        n->sent_ns = net->now_ns;
        arm(net, n, net->now_ns + RETRANS_NS);
        return NULL;
    }
    uint8_t most = o->tries == 0 && n->state == WEFT_NEIGH_PROBE ? PROBES_MAX : o->tries;
    bool is_over = n->tries == TRIES_NEVER || (most != 0 && n->tries >= most) ||
                   net->now_ns >= wf_neigh_expires_ns(net, n);
    if (is_over)
        return fail(net, n);
    ask(net, n);
    return NULL;
}

struct pkt *wf_neigh_expire(struct net *net, struct neigh *n)
{
    switch ((enum weft_neigh_state)n->state) {
    case WEFT_NEIGH_INCOMPLETE:
    case WEFT_NEIGH_PROBE:
        return expire_asked(net, n);
    case WEFT_NEIGH_REACHABLE:
    case WEFT_NEIGH_STALE:
        expire_known(net, n);
        return NULL;
    case WEFT_NEIGH_FAILED:
        if (n->wait_head != NULL)
            return fail(net, n);
        wf_neigh_forget(net, n, WEFT_DROP_NEIGH_FAILED);
        return NULL;
    case WEFT_NEIGH_FREE:
    case WEFT_NEIGH_PERMANENT:
        break;
    }
    return NULL;
}

/* ---- by hand ---- */

int wf_neigh_set(struct net *net, struct netif *nif, uint32_t ip4, const uint8_t mac[6])
{
    struct neigh *n = wf_neigh_find(net, nif->index, ip4);
    if (n == NULL)
        n = make(net, nif->index, ip4);
    if (n == NULL)
        return -WEFT_ENOMEM;
    memcpy(n->mac, mac, 6);
    n->state = WEFT_NEIGH_PERMANENT;
    n->has_rival = n->is_delay = false;
    n->confirmed_ns = net->now_ns;
    place(net, n);
    wf_wheel_disarm(&net->wheel, &n->timer);
    send_waiting(net, n);
    return 0;
}

void wf_neigh_judge(struct net *net, const struct netif *nif)
{
    struct wf_slab *s = &net->link->neighs;
    for (struct neigh *n = wf_slab_next_live(s, 0); n != NULL;
         n = wf_slab_next_live(s, wf_slab_index(s, n) + 1))
        if (n->ifindex == nif->index &&
            (n->state == WEFT_NEIGH_REACHABLE || n->state == WEFT_NEIGH_STALE))
            wf_wheel_arm(&net->wheel, &n->timer, net->now_ns);
}
