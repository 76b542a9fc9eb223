/* SPDX-License-Identifier: MIT */
/** DOC: run - time: expired timers by kind, loopback, the next deadline */
#include "stack/stack.h"

#define JUMP_NS     (4 * 3600ull * 1000000000ull)
#define LOOP_BUDGET 256 /* Packets over the loopback in one call. */

void wf_stack_set_now(struct net *net, uint64_t now_ns)
{
    if (now_ns >= net->now_ns) {
        if (WF_UNLIKELY(now_ns - net->now_ns > JUMP_NS)) {
            net->has_jumped = true;
            wf_wheel_leap(&net->wheel, now_ns);
        }
        net->now_ns = now_ns;
    } else {
        wf_count(net, WEFT_COUNT_CLOCK_BACKWARDS); /* Counts as standing still. */
    }
}

/* An address that another host has: its connections are reset first (RFC 5227 2.4). */
static void acd_expire(struct net *net, struct wf_timer *t)
{
    uint16_t ifindex;
    uint32_t lost4 = wf_acd_expire(net, t, &ifindex);
    if (lost4 == 0)
        return;
    wf_tcp_addr_reset(net, lost4);
    (void)wf_stack_addr_del(net, ifindex, lost4);
}

static void expire(struct net *net, struct wf_timer *t)
{
    switch ((enum timer_kind)t->kind) {
    case TIMER_NEIGH:
        wf_ip4_neigh_failed(net, wf_neigh_expire(net, WF_CONTAINER_OF(t, struct neigh, timer)));
        return;
    case TIMER_ACD:
        acd_expire(net, t);
        return;
    case TIMER_REASM:
        wf_reasm_expire(net, WF_CONTAINER_OF(t, struct reasm, timer));
        return;
    case TIMER_TCP_CONN:
        wf_tcp_expire(net, t);
        return;
    case TIMER_TCP_SYNRCVD:
        wf_tcp_synrcvd_expire(net, t);
        return;
    case TIMER_TCP_TIMEWAIT:
        wf_tcp_timewait_expire(net, t);
        return;
    case TIMER_IGMP_ANSWER:
        wf_igmp_answer_expire(net, WF_CONTAINER_OF(t, struct mc_group, answer));
        return;
    case TIMER_IGMP_CHANGE:
        wf_igmp_change_expire(net, WF_CONTAINER_OF(t, struct mc_group, change));
        return;
    case TIMER_IGMP_GENERAL:
        wf_igmp_general_expire(net, WF_CONTAINER_OF(t, struct igmp_if, answer));
        return;
    case TIMER_IGMP_QUERY:
        wf_igmp_query_expire(net, WF_CONTAINER_OF(t, struct igmp_if, query));
        return;
    case TIMER_IGMP_RGROUP:
        wf_igmp_rgroup_expire(net, WF_CONTAINER_OF(t, struct igmp_rgroup, timer));
        return;
    case TIMER_REDIRECT:
        wf_redirect_expire(net);
        return;
    case TIMER_RARP:
        wf_rarp_expire(net, t);
        return;
    }
    weft_panic(__FILE__, __LINE__, "a timer of no kind");
}

static void loop_back(struct net *net)
{
    struct netif *lo = wf_netif_get(net, 1);
    for (int i = 0; i < LOOP_BUDGET && wf_netif_has_output(lo, &net->pool); i++) {
        struct pkt *p = wf_tx_next(net, lo);
        if (p == NULL)
            break;
        lo->tx_frames++;
        lo->rx_frames++;
        lo->tx_bytes += p->total;
        lo->rx_bytes += p->total;
        p->pinned = p->total;
        wf_rx_ip4(net, p);
    }
}

void weft_advance(struct weft_stack *st, uint64_t now_ns)
{
    struct net *net = wf_net_of(st);
    wf_stack_set_now(net, now_ns);
    for (struct wf_timer *t = wf_wheel_expire(&net->wheel, net->now_ns); t != NULL;
         t = wf_wheel_expire(&net->wheel, net->now_ns))
        expire(net, t);
    net->has_jumped = false;
    loop_back(net);
}

uint64_t weft_deadline(const struct weft_stack *st)
{
    const struct net *net = wf_net_of_const(st);
    for (uint32_t i = 0; i < net->ifs.n; i++)
        if (!net->ifs.tab[i].is_blocked && wf_tx_has_output(net, &net->ifs.tab[i]))
            return net->now_ns;
    uint64_t next = wf_wheel_next(&net->wheel);
    return next == WEFT_NEVER ? next : wf_max_u64(next, net->now_ns);
}
