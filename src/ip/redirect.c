/* SPDX-License-Identifier: MIT */
#include "ip/redirect.h"

#include "ip/ip.h"

#define LIFE_NS (600 * 1000000000ull)

static struct wf_redirect *slot(const struct net *net, uint32_t dst4)
{
    uint64_t w = dst4;
    return &net->ip->icmp.redirects[wf_hash_words(&net->hash_key, &w, 1) % REDIRECT_SLOTS];
}

uint32_t wf_redirect_hop(const struct net *net, uint32_t dst4, uint16_t ifindex, uint32_t gateway4)
{
    if (WF_LIKELY(net->ip->icmp.redirects_n == 0))
        return gateway4;
    const struct wf_redirect *r = slot(net, dst4);
    bool is_it = r->dst4 == dst4 && r->ifindex == ifindex && net->now_ns < r->expires_ns;
    return is_it ? r->gateway4 : gateway4;
}

/* The address of ours on an interface whose network has @ip4, or NULL. */
static const struct wf_ifaddr *network_of(const struct net *net, uint16_t ifindex, uint32_t ip4)
{
    const struct wf_addrs *t = &net->addrs;
    for (uint32_t i = 0; i < t->n; i++) {
        const struct wf_ifaddr *a = &t->tab[i];
        if (a->ifindex == ifindex && ((a->ip4 ^ ip4) & wf_ip4_mask(a->prefix_len)) == 0)
            return a;
    }
    return NULL;
}

bool wf_redirect_may_learn(const struct net *net, const struct rx_meta *m,
                           const struct icmp4_hdr *h)
{
    uint32_t gateway4 = wf_ld32be(h->gateway.b);
    return net->ip->icmp.cfg.takes_redirects && !net->is_forwarding && !m->is_group &&
           h->code <= ICMP4_REDIRECT_HOST_TOS && wf_ip4_can_be_host(gateway4) &&
           wf_addrs_kind(net, gateway4, m->ifindex) == IP4_OTHER &&
           network_of(net, m->ifindex, gateway4) != NULL;
}

static void forget(struct net *net, struct wf_redirect *r)
{
    *r = (struct wf_redirect){0};
    net->ip->icmp.redirects_n--;
    net->routes.gen++; /* Connections look their way up again. */
}

/* The timer stands at the earliest end. */
static void arm(struct net *net)
{
    struct wf_icmp *c = &net->ip->icmp;
    uint64_t at_ns = WEFT_NEVER;
    for (uint32_t i = 0; i < REDIRECT_SLOTS; i++)
        if (c->redirects[i].dst4 != 0)
            at_ns = wf_min_u64(at_ns, c->redirects[i].expires_ns);
    if (at_ns == WEFT_NEVER)
        wf_wheel_disarm(&net->wheel, &c->redirect_timer);
    else
        wf_wheel_arm(&net->wheel, &c->redirect_timer, at_ns);
}

bool wf_redirect_learn(struct net *net, const struct rx_meta *m, const struct icmp_quote *q)
{
    uint32_t dst4 = wf_addr_to4(&q->dst);
    const struct wf_route4 *route = wf_routes_lookup4(net, dst4);
    if (dst4 == 0 || route == NULL || route->gateway == 0 || route->ifindex != m->ifindex ||
        wf_redirect_hop(net, dst4, m->ifindex, route->gateway) != m->src4 || q->gateway4 == m->src4)
        return false;
    struct wf_redirect *r = slot(net, dst4);
    if (r->dst4 != 0)
        forget(net, r);
    *r = (struct wf_redirect){.dst4 = dst4,
                              .gateway4 = q->gateway4,
                              .expires_ns = net->now_ns + LIFE_NS,
                              .ifindex = m->ifindex};
    net->ip->icmp.redirects_n++;
    net->routes.gen++;
    wf_count(net, WEFT_COUNT_ICMP_REDIRECTS_TAKEN);
    arm(net);
    return true;
}

void wf_redirect_hop_failed(struct net *net, uint16_t ifindex, uint32_t gateway4)
{
    struct wf_icmp *c = &net->ip->icmp;
    for (uint32_t i = 0; i < REDIRECT_SLOTS && c->redirects_n > 0; i++) {
        struct wf_redirect *r = &c->redirects[i];
        if (r->dst4 != 0 && r->gateway4 == gateway4 && r->ifindex == ifindex)
            forget(net, r);
    }
}

void wf_redirect_if_down(struct net *net, uint16_t ifindex)
{
    struct wf_icmp *c = &net->ip->icmp;
    for (uint32_t i = 0; i < REDIRECT_SLOTS && c->redirects_n > 0; i++)
        if (c->redirects[i].dst4 != 0 && c->redirects[i].ifindex == ifindex)
            forget(net, &c->redirects[i]);
}

void wf_redirect_expire(struct net *net)
{
    struct wf_icmp *c = &net->ip->icmp;
    for (uint32_t i = 0; i < REDIRECT_SLOTS; i++)
        if (c->redirects[i].dst4 != 0 && c->redirects[i].expires_ns <= net->now_ns)
            forget(net, &c->redirects[i]);
    arm(net);
}

/* ---- as a router ---- */

static bool is_source_routed(const struct pkt *p, const struct rx_meta *m)
{
    struct ip4_hdr h;
    struct ip4_opt o;
    if (m->ip_hdr_bytes == IP4_HDR_BYTES)
        return false;
    return wf_ip4_parse(&h, p->data, p->total, false) != IP4_OK || wf_ip4_opts_source_route(&h, &o);
}

void wf_redirect_send(struct net *net, struct pkt *p, const struct rx_meta *m, uint32_t next_hop4)
{
    const struct wf_ifaddr *a = network_of(net, m->ifindex, next_hop4);
    const struct wf_icmp *c = &net->ip->icmp;
    if (!c->cfg.sends_redirects || (c->if_flags[m->ifindex] & WEFT_ICMP_NO_REDIRECT) != 0 ||
        a == NULL || network_of(net, m->ifindex, m->src4) != a || next_hop4 == m->src4 ||
        is_source_routed(p, m))
        return;
    uint64_t before = net->counters[WEFT_COUNT_ICMP_ERRORS_OUT];
    wf_icmp_error(net, p, m, ICMP4_REDIRECT, ICMP4_REDIRECT_HOST, next_hop4);
    wf_count_n(net, WEFT_COUNT_ICMP_REDIRECTS_OUT,
               net->counters[WEFT_COUNT_ICMP_ERRORS_OUT] - before);
}
