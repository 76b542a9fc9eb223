/* SPDX-License-Identifier: MIT */
/** DOC: igmp show - what there is: interfaces, groups on both sides, their sources */
#include "ip/ip.h"

static uint64_t left(const struct net *net, uint64_t until_ns)
{
    return until_ns > net->now_ns ? until_ns - net->now_ns : 0;
}

int weft_igmp_get(struct weft_stack *st, uint16_t ifindex, struct weft_igmp_info *out)
{
    struct net *net = wf_net_of(st);
    if (wf_netif_get(net, ifindex) == NULL)
        return -WEFT_ENOENT;
    const struct igmp_if *i = wf_igmp_if(net, ifindex);
    *out = (struct weft_igmp_info){.ifindex = ifindex,
                                   .version = wf_igmp_mode(net, ifindex),
                                   .v1_ns = left(net, i->v1_until_ns),
                                   .v2_ns = left(net, i->v2_until_ns),
                                   .is_router = i->is_router,
                                   .is_querier = i->is_querier,
                                   .use = i->use,
                                   .is_forwarding = i->is_forwarding,
                                   .threshold = i->threshold,
                                   .is_upstream = net->ip->igmp.upstream == ifindex};
    if (i->is_router && !i->is_querier) {
        out->querier = wf_addr_from4(i->querier4);
        out->other_ns = left(net, i->other_until_ns);
    }
    return 0;
}

static void show_host(const struct net *net, const struct mc_group *g, struct weft_mc_group *out)
{
    *out = (struct weft_mc_group){
        .group = wf_addr_from4(g->group), .ifindex = g->ifindex, .is_exclude = g->is_exclude};
    for (const struct mc_member *m = g->members; m != NULL; m = m->group_next)
        out->users++;
    for (const struct mc_src *s = g->srcs; s != NULL; s = s->next)
        out->sources_n += s->is_in;
    if (wf_timer_is_armed(&g->answer))
        out->timer_ns = left(net, g->answer_ns);
}

static void show_router(const struct net *net, const struct igmp_rgroup *g,
                        struct weft_mc_group *out)
{
    *out = (struct weft_mc_group){.group = wf_addr_from4(g->group),
                                  .ifindex = g->ifindex,
                                  .is_router = true,
                                  .is_exclude = g->is_exclude,
                                  .version = wf_igmp_rversion(net, g),
                                  .timer_ns = g->is_exclude ? left(net, g->until_ns) : 0,
                                  .last_reporter = wf_addr_from4(g->last_reporter)};
    for (const struct mc_src *s = g->srcs; s != NULL; s = s->next)
        out->sources_n++;
}

/* The cursor is a table in the upper half and an index in the lower one. */
bool weft_mc_group_next(const struct weft_stack *st, uint64_t *cursor, struct weft_mc_group *out)
{
    const struct net *net = wf_net_of_const(st);
    const struct wf_slab *hosts = &net->ip->igmp.groups, *routers = &net->ip->igmp.rgroups;
    while (*cursor >> 32 == 0) {
        const struct mc_group *g = wf_slab_next_live(hosts, (uint32_t)*cursor);
        if (g == NULL) {
            *cursor = UINT64_C(1) << 32;
            break;
        }
        *cursor = wf_slab_index(hosts, g) + 1;
        if (!wf_igmp_is_joined(g))
            continue;
        show_host(net, g, out);
        return true;
    }
    const struct igmp_rgroup *r = wf_slab_next_live(routers, (uint32_t)*cursor);
    if (r == NULL)
        return false;
    *cursor = UINT64_C(1) << 32 | (wf_slab_index(routers, r) + 1);
    show_router(net, r, out);
    return true;
}

static const struct mc_src *sources_of(const struct net *net, const struct weft_mc_group *g)
{
    uint32_t group = wf_addr_to4(&g->group);
    if (!g->is_router) {
        const struct mc_group *h = wf_igmp_group(net, g->ifindex, group);
        return h != NULL ? h->srcs : NULL;
    }
    const struct igmp_rgroup *r = wf_igmp_rgroup(net, g->ifindex, group);
    return r != NULL ? r->srcs : NULL;
}

uint32_t weft_mc_group_sources(const struct weft_stack *st, const struct weft_mc_group *g,
                               struct weft_mc_source_info *out, uint32_t n)
{
    const struct net *net = wf_net_of_const(st);
    uint32_t found = 0;
    for (const struct mc_src *s = sources_of(net, g); s != NULL; s = s->next) {
        if (!g->is_router && !s->is_in)
            continue;
        if (found < n)
            out[found] = (struct weft_mc_source_info){.source = wf_addr_from4(s->ip4),
                                                      .timer_ns = left(net, s->until_ns)};
        found++;
    }
    return found;
}
