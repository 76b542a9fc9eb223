/* SPDX-License-Identifier: MIT */
#include "link/acd.h"

#include <string.h>

#include "link/link.h"
#include "wire/wire.h"

/* RFC 5227 1.1. */
#define NS_PER_S         1000000000ull
#define PROBE_WAIT_NS    NS_PER_S
#define PROBE_NUM        3
#define PROBE_MIN_NS     NS_PER_S
#define PROBE_SPREAD_NS  NS_PER_S /* PROBE_MAX - PROBE_MIN */
#define ANNOUNCE_WAIT_NS (2 * NS_PER_S)
#define ANNOUNCE_NUM     2
#define ANNOUNCE_NS      (2 * NS_PER_S)
#define MAX_CONFLICTS    10
#define RATE_LIMIT_NS    (60 * NS_PER_S)
#define DEFEND_NS        (10 * NS_PER_S)

static const struct weft_arp_options *options(const struct net *net, const struct netif *nif)
{
    return &wf_link_if(net, nif)->arp;
}

static struct acd *find(const struct net *net, uint16_t ifindex, uint32_t ip4)
{
    const struct wf_slab *s = &net->link->acds;
    for (struct acd *a = wf_slab_next_live(s, 0); a != NULL;
         a = wf_slab_next_live(s, wf_slab_index(s, a) + 1))
        if (a->ip4 == ip4 && a->ifindex == ifindex)
            return a;
    return NULL;
}

static void arm(struct net *net, struct acd *a, uint64_t wait_ns, uint64_t spread_ns)
{
    if (spread_ns > 0)
        wait_ns += wf_rng_below(&net->rng, (uint32_t)(spread_ns / 1000)) * 1000ull;
    wf_wheel_arm(&net->wheel, &a->timer, net->now_ns + wait_ns);
}

static void drop(struct net *net, struct acd *a)
{
    wf_wheel_disarm(&net->wheel, &a->timer);
    wf_slab_free(&net->link->acds, a);
}

/* Drawn by lladdr.c; what somebody set by hand in 169.254/16 is theirs. */
static bool is_drawn(const struct net *net, uint16_t ifindex, uint32_t ip4)
{
    return wf_link_if(net, wf_netif_get(net, ifindex))->ll_ip4 == ip4;
}

static struct acd *make(struct net *net, uint16_t ifindex, uint32_t ip4, uint8_t prefix_len)
{
    struct acd *a = find(net, ifindex, ip4);
    if (a == NULL)
        a = wf_slab_alloc(&net->link->acds);
    if (a == NULL)
        return NULL;
    a->timer.kind = TIMER_ACD;
    a->ip4 = ip4;
    a->ifindex = ifindex;
    a->prefix_len = prefix_len;
    return a;
}

static void tell(struct net *net, const struct acd *a, enum weft_link_event_kind kind,
                 const uint8_t mac[6])
{
    wf_link_event(
        net, &(struct link_news){.kind = kind, .ifindex = a->ifindex, .ip4 = a->ip4, .mac = mac});
}

static void probe_soon(struct net *net, struct acd *a)
{
    a->step = WEFT_ACD_PROBING;
    a->left = PROBE_NUM;
    arm(net, a, 0, PROBE_WAIT_NS);
}

bool wf_acd_begin(struct net *net, struct netif *nif, uint32_t ip4, uint8_t prefix_len)
{
    struct acd *a = make(net, nif->index, ip4, prefix_len);
    if (a == NULL)
        return false;
    a->conflicts = 0;
    probe_soon(net, a);
    return true;
}

/* One of a->left announcements; after the last the record goes. */
static void announce(struct net *net, struct netif *nif, struct acd *a)
{
    a->step = WEFT_ACD_ANNOUNCING;
    wf_arp_announce(net, nif, a->ip4);
    a->left--;
    if (a->left > 0)
        arm(net, a, ANNOUNCE_NS, 0);
    else
        drop(net, a);
}

/* An address in use is told to the link, as often as the options say. */
static void begin_announcing(struct net *net, struct netif *nif, uint32_t ip4, uint8_t prefix_len)
{
    const struct weft_arp_options *o = options(net, nif);
    struct acd *a = make(net, nif->index, ip4, prefix_len);
    if (a == NULL)
        return;
    a->left = o->detect == WEFT_ACD_CLASSIC ? 1 : o->announce_max;
    if (o->detect == WEFT_ACD_PROBE || is_drawn(net, nif->index, ip4))
        a->left = ANNOUNCE_NUM; /* RFC 5227 2.3 leaves no choice. */
    if (a->left == 0)
        drop(net, a);
    else
        announce(net, nif, a);
}

int wf_acd_add(struct net *net, struct netif *nif, uint32_t ip4, uint8_t prefix_len)
{
    bool is_probed = nif->kind == WEFT_IF_ETHER && options(net, nif)->detect == WEFT_ACD_PROBE;
    if (!is_probed || !nif->is_up) {
        int err = wf_addrs_add(net, nif->index, ip4, prefix_len);
        if (err == 0 && nif->kind == WEFT_IF_ETHER && nif->is_up)
            begin_announcing(net, nif, ip4, prefix_len);
        return err;
    }
    if (prefix_len > 32 || !wf_ip4_can_be_host(ip4))
        return -WEFT_EINVAL;
    if (wf_addrs_find(net, ip4, nif->index) != NULL || find(net, nif->index, ip4) != NULL)
        return -WEFT_EEXIST;
    bool has_room = net->addrs.n + net->link->acds.in_use < net->addrs.max;
    return has_room && wf_acd_begin(net, nif, ip4, prefix_len) ? 0 : -WEFT_ENOMEM;
}

bool wf_acd_del(struct net *net, uint16_t ifindex, uint32_t ip4)
{
    struct acd *a = find(net, ifindex, ip4);
    if (a == NULL)
        return false;
    bool was_unused = a->step == WEFT_ACD_PROBING || a->step == WEFT_ACD_WAITING;
    drop(net, a);
    return was_unused;
}

void wf_acd_down(struct net *net, const struct netif *nif)
{
    struct wf_slab *s = &net->link->acds;
    for (struct acd *a = wf_slab_next_live(s, 0), *next; a != NULL; a = next) {
        next = wf_slab_next_live(s, wf_slab_index(s, a) + 1);
        if (a->ifindex != nif->index)
            continue;
        if (a->step == WEFT_ACD_ANNOUNCING)
            drop(net, a);
        else /* It begins anew when the interface is up. */
            wf_wheel_disarm(&net->wheel, &a->timer);
    }
}

/* Every address of the interface is as new (RFC 5227 2.1: probed when a link becomes active). */
void wf_acd_up(struct net *net, struct netif *nif)
{
    struct wf_slab *s = &net->link->acds;
    for (struct acd *a = wf_slab_next_live(s, 0); a != NULL;
         a = wf_slab_next_live(s, wf_slab_index(s, a) + 1))
        if (a->ifindex == nif->index && a->step != WEFT_ACD_ANNOUNCING)
            probe_soon(net, a);
    for (uint32_t i = 0; i < net->addrs.n;) {
        struct wf_ifaddr a = net->addrs.tab[i];
        bool is_ours = a.ifindex == nif->index;
        if (is_ours &&
            (options(net, nif)->detect == WEFT_ACD_PROBE || is_drawn(net, nif->index, a.ip4)) &&
            wf_acd_begin(net, nif, a.ip4, a.prefix_len)) {
            (void)wf_addrs_del(net, nif->index, a.ip4);
            wf_lladdr_gone(net, nif, a.ip4, false);
            continue;
        }
        if (is_ours)
            begin_announcing(net, nif, a.ip4, a.prefix_len);
        i++;
    }
    wf_lladdr_judge(net, nif);
}

/* ---- conflicts ---- */

static void refused(struct net *net, struct netif *nif, struct acd *a, const uint8_t mac[6])
{
    wf_count(net, WEFT_COUNT_ARP_CONFLICTS);
    tell(net, a, WEFT_LINK_EVENT_ADDR_REFUSED, mac);
    a->conflicts++;
    if (is_drawn(net, a->ifindex, a->ip4)) {
        wf_lladdr_again(net, nif, a);
        return;
    }
    a->step = WEFT_ACD_WAITING;
    if (a->conflicts >= MAX_CONFLICTS)
        arm(net, a, RATE_LIMIT_NS, 0);
    else
        arm(net, a, 0, PROBE_WAIT_NS);
}

bool wf_acd_hear(struct net *net, const struct netif *nif, const struct arp_ip4 *in)
{
    uint32_t spa = wf_ld32be(in->spa.b), tpa = wf_ld32be(in->tpa.b);
    if (net->link->acds.in_use == 0 || memcmp(in->sha, nif->mac, 6) == 0)
        return false;
    /* A claim, or a probe for the same address (RFC 5227 2.1.1). */
    uint32_t claimed = spa != 0 ? spa : in->op == ARP_REQUEST ? tpa : 0;
    struct acd *a = claimed != 0 ? find(net, nif->index, claimed) : NULL;
    if (a == NULL || (a->step != WEFT_ACD_PROBING && a->step != WEFT_ACD_WAITING))
        return false;
    if (a->step == WEFT_ACD_PROBING)
        refused(net, wf_netif_get(net, nif->index), a, in->sha);
    return true;
}

void wf_acd_conflict(struct net *net, struct netif *nif, uint32_t ip4, const uint8_t mac[6])
{
    struct wf_ifaddr *own = wf_addrs_find(net, ip4, nif->index);
    uint8_t defend = options(net, nif)->defend;
    wf_count(net, WEFT_COUNT_ARP_CONFLICTS);
    struct link_news news = {
        .kind = WEFT_LINK_EVENT_ADDR_CONFLICT, .ifindex = nif->index, .ip4 = ip4, .mac = mac};
    wf_link_event(net, &news);
    if (is_drawn(net, nif->index, ip4))
        defend = WEFT_ACD_DEFEND_ONCE;

    bool is_second = own->conflict_ns != 0 && net->now_ns - own->conflict_ns < DEFEND_NS;
    own->conflict_ns = net->now_ns;
    if (defend == WEFT_ACD_DEFEND_NEVER || (defend == WEFT_ACD_DEFEND_ONCE && is_second)) {
        struct acd *a = make(net, nif->index, ip4, own->prefix_len);
        if (a == NULL || a->step == WEFT_ACD_LOST)
            return;
        a->step = WEFT_ACD_LOST;
        arm(net, a, 0, 0);
        news.kind = WEFT_LINK_EVENT_ADDR_LOST;
        wf_link_event(net, &news);
        return;
    }
    if (own->defended_ns == 0 || net->now_ns - own->defended_ns >= DEFEND_NS) {
        own->defended_ns = net->now_ns;
        wf_arp_announce(net, nif, ip4);
    }
}

/* ---- time ---- */

static void probed(struct net *net, struct netif *nif, struct acd *a)
{
    if (a->left > 0) {
        wf_arp_probe(net, nif, a->ip4);
        a->left--;
        if (a->left > 0)
            arm(net, a, PROBE_MIN_NS, PROBE_SPREAD_NS);
        else
            arm(net, a, ANNOUNCE_WAIT_NS, 0);
        return;
    }
    if (wf_addrs_add(net, nif->index, a->ip4, a->prefix_len) != 0) {
        arm(net, a, RATE_LIMIT_NS, 0); /* The table is full. */
        return;
    }
    tell(net, a, WEFT_LINK_EVENT_ADDR_READY, nif->mac);
    if (is_drawn(net, a->ifindex, a->ip4))
        wf_lladdr_ready(net, nif);
    else
        wf_lladdr_judge(net, nif);
    a->left = ANNOUNCE_NUM;
    announce(net, nif, a);
}

uint32_t wf_acd_expire(struct net *net, struct wf_timer *t, uint16_t *ifindex)
{
    struct acd *a = WF_CONTAINER_OF(t, struct acd, timer);
    struct netif *nif = wf_netif_get(net, a->ifindex);
    *ifindex = a->ifindex;
    switch ((enum weft_acd_state)a->step) {
    case WEFT_ACD_PROBING:
        probed(net, nif, a);
        return 0;
    case WEFT_ACD_WAITING:
        probe_soon(net, a);
        return 0;
    case WEFT_ACD_ANNOUNCING:
        announce(net, nif, a);
        return 0;
    case WEFT_ACD_LOST: {
        uint32_t ip4 = a->ip4;
        drop(net, a);
        return ip4;
    }
    case WEFT_ACD_IDLE:
        break;
    }
    return 0;
}

void wf_acd_gone(struct net *net, struct netif *nif, uint32_t ip4)
{
    wf_lladdr_gone(net, nif, ip4, true);
    wf_lladdr_judge(net, nif);
}
