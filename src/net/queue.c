/* SPDX-License-Identifier: MIT */
#include "net/queue.h"

#include "net/net.h"
#include "wire/wire.h"

#define AVG_SHIFT      9
#define IDLE_PKT_NS    100000u /* An empty queue counts as if a packet had gone in this time. */
#define IDLE_HALF_PKTS 355u    /* So many of them halve the average: 512 * ln 2. */
#define CONTROL_CLASS  6       /* RFC 791: internetwork control. */

/* ---- the packets ---- */

/* The IPv4 header of a packet that has its link header, or NULL. */
static uint8_t *ip_header(const struct netif *nif, const struct pkt *p)
{
    uint32_t at = nif->hdr_bytes;
    bool is_ip = p->len >= at + IP4_HDR_BYTES && p->data[at] >> 4 == 4;
    return is_ip && (at == 0 || wf_ld16be(p->data + at - 2) == ETHERTYPE_IP4) ? p->data + at : NULL;
}

static uint32_t class_of(const struct netif *nif, const struct pkt *p)
{
    if (!nif->queue.o.is_by_precedence)
        return 0;
    const uint8_t *ip = ip_header(nif, p);
    return ip != NULL ? ip[1] >> 5 : CONTROL_CLASS;
}

/* Whether the transport heard it by a mark; then the packet lives. */
static bool mark(struct net *net, const struct netif *nif, struct pkt *p)
{
    uint8_t *ip = ip_header(nif, p);
    if (!nif->queue.o.is_ecn || ip == NULL || p->data_buf != NULL || (ip[1] & 3) == 0)
        return false;
    if ((ip[1] & 3) != 3) {
        uint16_t old = wf_ld16be(ip);
        ip[1] |= 3;
        wf_st16be(ip + 10, wf_csum_update16(wf_ld16be(ip + 10), old, wf_ld16be(ip)));
    }
    wf_count(net, WEFT_COUNT_TX_ECN_MARKED);
    return true;
}

static void drop(struct net *net, struct netif *nif, struct pkt *p, enum weft_drop why)
{
    nif->tx_drops++;
    wf_net_drop(net, p, why);
}

static struct pkt *take_from(struct netif *nif, uint32_t i)
{
    struct wf_queue_class *c = &nif->queue.classes[i];
    struct pkt *p = c->head;
    c->head = p->next;
    if (c->head == NULL) {
        c->tail = NULL;
        nif->queue.used &= ~(1u << i);
    }
    nif->txq_len--;
    p->next = NULL;
    return p;
}

struct pkt *wf_queue_take(struct netif *nif)
{
    uint32_t used = nif->queue.used, i = WF_QUEUE_CLASSES - 1;
    if (used == 0)
        return NULL;
    if (WF_LIKELY(used == 1))
        return take_from(nif, 0);
    while ((used >> i & 1) == 0)
        i--;
    return take_from(nif, i);
}

/* ---- RED ---- */

static void red_average(const struct net *net, struct netif *nif)
{
    struct wf_queue *q = &nif->queue;
    if (nif->txq_len == 0 && q->idle_ns != 0) {
        uint64_t halves = (net->now_ns - q->idle_ns) / IDLE_PKT_NS / IDLE_HALF_PKTS;
        q->avg = halves < 32 ? q->avg >> halves : 0;
        q->idle_ns = 0;
    }
    q->avg = q->avg - (q->avg >> AVG_SHIFT) + nif->txq_len;
}

/* Whether RED means this packet. */
static bool red_hits(struct net *net, struct netif *nif, bool *is_certain)
{
    struct wf_queue *q = &nif->queue;
    uint32_t min = (uint32_t)q->o.red_min_pkts << AVG_SHIFT,
             max = (uint32_t)q->o.red_max_pkts << AVG_SHIFT;
    red_average(net, nif);
    *is_certain = q->avg >= max;
    if (q->avg < min) {
        q->since = 0;
        return false;
    }
    if (*is_certain)
        return true;
    /* Chance of 2^-16 units: up to red_percent at max, and the surer the longer none was hit. */
    uint64_t chance = (uint64_t)(q->avg - min) * q->o.red_percent * 655 / (max - min);
    uint64_t left = 65536 > q->since * chance ? 65536 - q->since * chance : 0;
    q->since++;
    if (wf_rng_below(&net->rng, 65536) * left >= chance * 65536)
        return false;
    q->since = 0;
    return true;
}

/* ---- CoDel ---- */

static uint32_t root(uint32_t v)
{
    uint32_t r = 0;
    for (uint32_t bit = 1u << 15; bit != 0; bit >>= 1)
        if ((uint64_t)(r | bit) * (r | bit) <= v)
            r |= bit;
    return r;
}

/* RFC 8289 5.5: the interval over the root of the count. */
static uint64_t control_law(const struct wf_queue *q, uint64_t from_ns)
{
    uint32_t count = wf_min_u32(q->count, 65535);
    return from_ns + q->o.codel_interval_us * 1000ull * 256 / root(count << 16);
}

/* Takes a packet; *@is_late: packets stay too long since an interval. */
static struct pkt *codel_take(const struct net *net, struct netif *nif, bool *is_late)
{
    struct wf_queue *q = &nif->queue;
    struct pkt *p = wf_queue_take(nif);
    uint32_t stay_us = p != NULL ? (uint32_t)(net->now_ns / 1000) - p->queued_us : 0;
    *is_late = false;
    if (p == NULL || stay_us < q->o.codel_target_us || nif->txq_len == 0) {
        q->first_above_ns = 0;
    } else if (q->first_above_ns == 0) {
        q->first_above_ns = net->now_ns + q->o.codel_interval_us * 1000ull;
    } else {
        *is_late = net->now_ns >= q->first_above_ns;
    }
    return p;
}

static void codel_begin(const struct net *net, struct wf_queue *q)
{
    uint64_t interval_ns = q->o.codel_interval_us * 1000ull;
    uint32_t delta = q->count - q->last_count;
    bool was_lately = net->now_ns < q->drop_next_ns + 16 * interval_ns;
    q->is_dropping = true;
    q->count = was_lately && delta > 1 ? delta : 1;
    q->drop_next_ns = control_law(q, net->now_ns);
    q->last_count = q->count;
}

/* Nobody noted when the packets came that wait already. */
static void codel_start(const struct net *net, struct wf_queue *q)
{
    for (uint32_t i = 0; i < WF_QUEUE_CLASSES; i++)
        for (struct pkt *p = q->classes[i].head; p != NULL; p = p->next)
            p->queued_us = (uint32_t)(net->now_ns / 1000);
    q->first_above_ns = 0;
}

static struct pkt *codel_dequeue(struct net *net, struct netif *nif)
{
    struct wf_queue *q = &nif->queue;
    bool is_late;
    struct pkt *p = codel_take(net, nif, &is_late);
    if (!is_late) {
        q->is_dropping = false;
        return p;
    }
    bool is_new = !q->is_dropping;
    while (is_late && (is_new || net->now_ns >= q->drop_next_ns)) {
        if (is_new) {
            codel_begin(net, q);
        } else {
            q->count++;
            q->drop_next_ns = control_law(q, q->drop_next_ns);
        }
        is_new = false;
        if (ip_header(nif, p) == NULL || mark(net, nif, p))
            return p;
        drop(net, nif, p, WEFT_DROP_TX_CODEL);
        p = codel_take(net, nif, &is_late);
    }
    q->is_dropping = is_late;
    return p;
}

/* ---- the queue ---- */

/* A full queue: a packet of the lowest class goes, if that is lower than the one that comes. */
static bool push_out(struct net *net, struct netif *nif, uint32_t i)
{
    uint32_t low = 0;
    while (low < i && (nif->queue.used >> low & 1) == 0)
        low++;
    if (low >= i)
        return false;
    drop(net, nif, take_from(nif, low), WEFT_DROP_TXQ_FULL);
    return true;
}

void wf_queue_enqueue(struct net *net, struct netif *nif, struct pkt *p)
{
    struct wf_queue *q = &nif->queue;
    uint32_t i = class_of(nif, p);
    bool is_certain = false;
    if (q->o.kind == WEFT_QUEUE_CODEL)
        p->queued_us = (uint32_t)(net->now_ns / 1000);
    if (q->o.kind == WEFT_QUEUE_RED && red_hits(net, nif, &is_certain) &&
        ip_header(nif, p) != NULL && (is_certain || !mark(net, nif, p))) {
        drop(net, nif, p, WEFT_DROP_TX_RED);
        return;
    }
    if (nif->txq_len >= nif->txq_max && !push_out(net, nif, i)) {
        drop(net, nif, p, WEFT_DROP_TXQ_FULL);
        return;
    }
    wf_netif_put(nif, i, p);
}

struct pkt *wf_queue_dequeue(struct net *net, struct netif *nif)
{
    struct pkt *p =
        nif->queue.o.kind == WEFT_QUEUE_CODEL ? codel_dequeue(net, nif) : wf_queue_take(nif);
    if (p != NULL && nif->txq_len == 0)
        nif->queue.idle_ns = net->now_ns;
    return p;
}

void wf_queue_pass(struct net *net, struct netif *nif, struct pkt *rest, uint32_t n)
{
    struct wf_queue *q = &nif->queue;
    nif->txq_len -= n;
    q->classes[0].head = rest;
    if (rest != NULL)
        return;
    q->classes[0].tail = NULL;
    q->used = 0;
    q->idle_ns = net->now_ns;
}

/* With the defaults filled in for a queue of this length. */
static struct weft_queue_options settled(const struct weft_queue_options *o, uint16_t txq_max)
{
    struct weft_queue_options q = *o;
    if (q.limit_pkts == 0)
        q.limit_pkts = txq_max;
    if (q.red_max_pkts == 0)
        q.red_max_pkts = (uint16_t)wf_max_u32(2, q.limit_pkts / 2u);
    if (q.red_min_pkts == 0)
        q.red_min_pkts =
            (uint16_t)wf_max_u32(1, wf_min_u32(q.limit_pkts / 8u, q.red_max_pkts - 1u));
    q.red_percent = q.red_percent != 0 ? q.red_percent : 10;
    q.codel_target_us = q.codel_target_us != 0 ? q.codel_target_us : 5000;
    q.codel_interval_us = q.codel_interval_us != 0 ? q.codel_interval_us : 100000;
    return q;
}

void wf_queue_init(struct netif *nif)
{
    static const struct weft_queue_options none;
    nif->queue.o = settled(&none, nif->txq_max);
}

int weft_if_set_queue(struct weft_stack *st, uint16_t ifindex, const struct weft_queue_options *o)
{
    struct netif *nif = wf_netif_get(wf_net_of(st), ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    if (o == NULL || (unsigned)o->kind >= WEFT_QUEUE_KIND_COUNT || o->red_percent > 100 ||
        o->codel_target_us > 1000000 || o->codel_interval_us > 10000000)
        return -WEFT_EINVAL;
    struct weft_queue_options q = settled(o, nif->txq_max);
    if (q.red_min_pkts >= q.red_max_pkts)
        return -WEFT_EINVAL;
    if (q.kind == WEFT_QUEUE_CODEL && nif->queue.o.kind != WEFT_QUEUE_CODEL)
        codel_start(wf_net_of(st), &nif->queue);
    nif->queue.o = q;
    nif->txq_max = q.limit_pkts;
    return 0;
}

int weft_if_get_queue(const struct weft_stack *st, uint16_t ifindex, struct weft_queue_options *out)
{
    const struct netif *nif = wf_netif_get(wf_net_of_const(st), ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    *out = nif->queue.o;
    return 0;
}
