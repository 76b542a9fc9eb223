/* SPDX-License-Identifier: MIT */
/** DOC: icmp api - the public calls of weft/icmp.h, and the defaults */
#include "ip/ip.h"

void wf_icmp_init(struct net *net)
{
    struct wf_icmp *c = &net->ip->icmp;
    c->cfg = (struct weft_icmp_config){.error_burst = 6,
                                       .error_interval_ms = 1000,
                                       .errors_per_s = 1000,
                                       .echo_per_s = 100000,
                                       .quote_bytes = 548,
                                       .sends_redirects = true};
    c->redirect_timer.kind = TIMER_REDIRECT;
}

static bool in(uint32_t v, uint32_t min, uint32_t max)
{
    return v >= min && v <= max;
}

void weft_icmp_get(const struct weft_stack *st, struct weft_icmp_config *out)
{
    *out = wf_net_of_const(st)->ip->icmp.cfg;
}

int weft_icmp_set(struct weft_stack *st, const struct weft_icmp_config *cfg)
{
    struct net *net = wf_net_of(st);
    if (cfg == NULL || !in(cfg->error_burst, 1, 1000) || !in(cfg->error_interval_ms, 1, 60000) ||
        !in(cfg->errors_per_s, 10, 1000000) || !in(cfg->echo_per_s, 1, 10000000) ||
        !in(cfg->quote_bytes, 8, 548))
        return -WEFT_EINVAL;
    net->ip->icmp.cfg = *cfg;
    return 0;
}

int weft_icmp_if_set(struct weft_stack *st, uint16_t ifindex, uint32_t flags)
{
    struct net *net = wf_net_of(st);
    if (wf_netif_get(net, ifindex) == NULL)
        return -WEFT_ENOENT;
    if ((flags & ~WEFT_ICMP_FLAGS_ALL) != 0)
        return -WEFT_EINVAL;
    uint8_t *now = &net->ip->icmp.if_flags[ifindex];
    bool is_new_agent = (flags & WEFT_ICMP_MASK_AGENT) != 0 && (*now & WEFT_ICMP_MASK_AGENT) == 0;
    *now = (uint8_t)flags;
    /* RFC 1122 3.2.2.9: when an agent begins. RFC 1812 4.3.3.9: a router only if told to. */
    if (is_new_agent && (!net->is_forwarding || (flags & WEFT_ICMP_MASK_ANNOUNCE) != 0))
        wf_icmp_announce_mask(net, ifindex);
    return 0;
}

uint32_t weft_icmp_if_get(const struct weft_stack *st, uint16_t ifindex)
{
    const struct net *net = wf_net_of_const(st);
    return wf_netif_get(net, ifindex) != NULL ? net->ip->icmp.if_flags[ifindex] : 0;
}

bool weft_redirect_next(const struct weft_stack *st, uint32_t *cursor, struct weft_redirect *out)
{
    const struct net *net = wf_net_of_const(st);
    for (; *cursor < REDIRECT_SLOTS; (*cursor)++) {
        const struct wf_redirect *r = &net->ip->icmp.redirects[*cursor];
        if (r->dst4 == 0)
            continue;
        *out = (struct weft_redirect){.dst = wf_addr_from4(r->dst4),
                                      .gateway = wf_addr_from4(r->gateway4),
                                      .ifindex = r->ifindex,
                                      .expires_ns = r->expires_ns};
        (*cursor)++;
        return true;
    }
    return false;
}
