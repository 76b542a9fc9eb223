/* SPDX-License-Identifier: MIT */
/** DOC: igmp member - memberships of sockets, and their merging into an interface's state */
#include "ip/ip.h"

void wf_igmp_init(struct net *net)
{
    struct wf_igmp *g = &net->ip->igmp;
    g->ssm_net = MC_SSM_NET;
    g->ssm_len = 8;
}

struct igmp_if *wf_igmp_if(const struct net *net, uint16_t ifindex)
{
    return &net->ip->igmp.ifs[ifindex - 1];
}

uint16_t wf_igmp_index(const struct net *net, const struct igmp_if *i)
{
    return (uint16_t)(i - net->ip->igmp.ifs + 1);
}

bool wf_igmp_is_ssm(const struct net *net, uint32_t group)
{
    const struct wf_igmp *g = &net->ip->igmp;
    return ((group ^ g->ssm_net) & wf_ip4_mask(g->ssm_len)) == 0;
}

/* ---- lists of sources ---- */

struct mc_src *wf_igmp_src(struct net *net, struct mc_src **list, uint32_t ip4, bool may_add)
{
    struct mc_src **at = list;
    while (*at != NULL && (*at)->ip4 < ip4)
        at = &(*at)->next;
    if (*at != NULL && (*at)->ip4 == ip4)
        return *at;
    struct mc_src *s = may_add ? wf_slab_alloc(&net->ip->igmp.srcs) : NULL;
    if (s != NULL) {
        s->ip4 = ip4;
        s->next = *at;
        *at = s;
    }
    return s;
}

void wf_igmp_srcs_free(struct net *net, struct mc_src **list)
{
    while (*list != NULL) {
        struct mc_src *s = *list;
        *list = s->next;
        wf_slab_free(&net->ip->igmp.srcs, s);
    }
}

static bool has(const struct mc_src *list, uint32_t ip4)
{
    while (list != NULL && list->ip4 < ip4)
        list = list->next;
    return list != NULL && list->ip4 == ip4;
}

static bool fill(struct net *net, struct mc_src **list, const struct mc_filter *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        if (wf_igmp_src(net, list, f->sources[i], true) == NULL) {
            wf_igmp_srcs_free(net, list);
            return false;
        }
    }
    return true;
}

/* ---- groups ---- */

static struct mc_group **bucket(const struct net *net, uint16_t ifindex, uint32_t group)
{
    uint64_t w = (uint64_t)ifindex << 32 | group;
    const struct wf_igmp *g = &net->ip->igmp;
    return &g->buckets[wf_hash_words(&net->hash_key, &w, 1) & g->mask];
}

struct mc_group *wf_igmp_group(const struct net *net, uint16_t ifindex, uint32_t group)
{
    struct mc_group *g = *bucket(net, ifindex, group);
    while (g != NULL && (g->group != group || g->ifindex != ifindex))
        g = g->hash_next;
    return g;
}

static struct mc_group *group_add(struct net *net, uint16_t ifindex, uint32_t group)
{
    struct mc_group *g = wf_slab_alloc(&net->ip->igmp.groups);
    if (g == NULL)
        return NULL;
    g->group = group;
    g->ifindex = ifindex;
    g->answer.kind = TIMER_IGMP_ANSWER;
    g->change.kind = TIMER_IGMP_CHANGE;
    struct mc_group **at = bucket(net, ifindex, group);
    g->hash_next = *at;
    *at = g;
    return g;
}

bool wf_igmp_is_joined(const struct mc_group *g)
{
    bool is_joined = g->is_exclude;
    for (const struct mc_src *s = g->srcs; s != NULL && !is_joined; s = s->next)
        is_joined = s->is_in;
    return is_joined;
}

void wf_igmp_tidy(struct net *net, struct mc_group *g)
{
    for (struct mc_src **at = &g->srcs; *at != NULL;) {
        struct mc_src *s = *at;
        if (s->is_in || s->resend > 0 || s->is_asked) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        wf_slab_free(&net->ip->igmp.srcs, s);
    }
    if (g->members != NULL || g->srcs != NULL || g->resend > 0 || g->is_leaving || g->is_fresh)
        return;
    wf_wheel_disarm(&net->wheel, &g->answer);
    wf_wheel_disarm(&net->wheel, &g->change);
    struct mc_group **at = bucket(net, g->ifindex, g->group);
    while (*at != g)
        at = &(*at)->hash_next;
    *at = g->hash_next;
    wf_slab_free(&net->ip->igmp.groups, g);
}

void wf_igmp_refilter(struct net *net, uint16_t ifindex)
{
    const struct wf_slab *all = &net->ip->igmp.groups;
    struct netif *nif = wf_netif_get(net, ifindex);
    nif->group_bins = wf_netif_group_bin(MC_ALL_HOSTS);
    for (const struct mc_group *g = wf_slab_next_live(all, 0); g != NULL;
         g = wf_slab_next_live(all, wf_slab_index(all, g) + 1))
        if (g->ifindex == ifindex && wf_igmp_is_joined(g))
            nif->group_bins |= wf_netif_group_bin(g->group);
    const struct igmp_if *i = wf_igmp_if(net, ifindex);
    nif->is_all_groups = i->is_router || i->is_forwarding;
}

/* ---- merging (RFC 3376 3.2) ---- */

/* Whether a source is in the merged list. */
static bool is_merged(const struct mc_group *g, uint32_t ip4)
{
    bool is_in_all = true, is_included = false;
    for (const struct mc_member *m = g->members; m != NULL; m = m->group_next) {
        bool is_listed = has(m->srcs, ip4);
        if (m->is_exclude)
            is_in_all = is_in_all && is_listed;
        else
            is_included = is_included || is_listed;
    }
    return g->is_exclude ? is_in_all && !is_included : is_included;
}

/* Mark what is in the merged list, and have an entry for each; false without memory. */
static bool mark_merged(struct net *net, struct mc_group *g)
{
    for (struct mc_src *s = g->srcs; s != NULL; s = s->next)
        s->is_marked = false;
    for (const struct mc_member *m = g->members; m != NULL; m = m->group_next) {
        if (m->is_exclude != g->is_exclude)
            continue;
        for (const struct mc_src *s = m->srcs; s != NULL; s = s->next) {
            if (!is_merged(g, s->ip4))
                continue;
            struct mc_src *own = wf_igmp_src(net, &g->srcs, s->ip4, true);
            if (own == NULL)
                return false;
            own->is_marked = true;
        }
    }
    return true;
}

/* Make the marks the state; returns whether it changed. */
static bool settle(struct net *net, struct mc_group *g, bool was_exclude)
{
    uint8_t again = wf_igmp_robustness(net, g->ifindex);
    bool is_other_mode = was_exclude != g->is_exclude, has_changed = is_other_mode;
    if (is_other_mode)
        g->resend = again;
    for (struct mc_src *s = g->srcs; s != NULL; s = s->next) {
        bool is_other = s->is_in != s->is_marked;
        has_changed = has_changed || is_other;
        s->is_in = s->is_marked;
        if (is_other_mode)
            s->resend = 0; /* The whole list is told with the mode. */
        else if (is_other)
            s->resend = again;
    }
    return has_changed;
}

/*
 * Merge the members anew. Without memory the state stays as it was, unless it @must change: then
 * everything is let in, which costs traffic but no datagram.
 */
static bool merge(struct net *net, struct mc_group *g, bool must)
{
    bool was_exclude = g->is_exclude, was_joined = wf_igmp_is_joined(g);
    g->is_exclude = false;
    g->is_local = false;
    for (const struct mc_member *m = g->members; m != NULL; m = m->group_next) {
        g->is_exclude = g->is_exclude || m->is_exclude;
        g->is_local = g->is_local || !m->is_proxy;
    }
    if (!mark_merged(net, g)) {
        if (!must) {
            g->is_exclude = was_exclude;
            wf_igmp_tidy(net, g); /* Entries that were made for it. */
            return false;
        }
        g->is_exclude = true;
        for (struct mc_src *s = g->srcs; s != NULL; s = s->next)
            s->is_marked = false;
    }
    bool has_changed = settle(net, g, was_exclude);
    uint16_t ifindex = g->ifindex;
    if (has_changed)
        wf_igmp_changed(net, g, was_joined);
    else
        wf_igmp_tidy(net, g);
    wf_igmp_refilter(net, ifindex);
    return true;
}

/* ---- memberships ---- */

struct mc_member *wf_igmp_member(struct mc_member *list, uint16_t ifindex, uint32_t group)
{
    while (list != NULL &&
           (list->group->group != group || (ifindex != 0 && list->group->ifindex != ifindex)))
        list = list->next;
    return list;
}

void wf_igmp_filter(const struct mc_member *m, struct mc_filter *out)
{
    *out = (struct mc_filter){
        .group = m->group->group, .ifindex = m->group->ifindex, .is_exclude = m->is_exclude};
    for (const struct mc_src *s = m->srcs; s != NULL; s = s->next)
        out->sources[out->n++] = s->ip4;
}

static void member_free(struct net *net, struct mc_member **list, struct mc_member *m)
{
    while (*list != m)
        list = &(*list)->next;
    *list = m->next;
    struct mc_member **at = &m->group->members;
    while (*at != m)
        at = &(*at)->group_next;
    *at = m->group_next;
    wf_igmp_srcs_free(net, &m->srcs);
    wf_slab_free(&net->ip->igmp.members, m);
}

static int member_add(struct net *net, struct mc_member **list, const struct mc_filter *f)
{
    struct mc_member *m = wf_slab_alloc(&net->ip->igmp.members);
    if (m == NULL)
        return -WEFT_ENOMEM;
    struct mc_group *g = wf_igmp_group(net, f->ifindex, f->group);
    if (g == NULL)
        g = group_add(net, f->ifindex, f->group);
    if (g == NULL || !fill(net, &m->srcs, f)) {
        wf_slab_free(&net->ip->igmp.members, m);
        if (g != NULL)
            wf_igmp_tidy(net, g);
        return -WEFT_ENOMEM;
    }
    m->group = g;
    m->is_exclude = f->is_exclude;
    m->is_proxy = f->is_proxy;
    m->next = *list;
    *list = m;
    m->group_next = g->members;
    g->members = m;
    if (merge(net, g, false))
        return 0;
    member_free(net, list, m);
    wf_igmp_tidy(net, g);
    return -WEFT_ENOMEM;
}

int wf_igmp_set(struct net *net, struct mc_member **list, const struct mc_filter *f)
{
    struct mc_member *m = wf_igmp_member(*list, f->ifindex, f->group);
    bool is_end = !f->is_exclude && f->n == 0;
    if (m == NULL)
        return is_end ? 0 : member_add(net, list, f);
    struct mc_group *g = m->group;
    if (is_end) {
        member_free(net, list, m);
        (void)merge(net, g, true);
        return 0;
    }
    struct mc_src *before = m->srcs;
    bool was_exclude = m->is_exclude;
    m->srcs = NULL;
    if (!fill(net, &m->srcs, f)) {
        m->srcs = before;
        return -WEFT_ENOMEM;
    }
    m->is_exclude = f->is_exclude;
    if (merge(net, g, false)) {
        wf_igmp_srcs_free(net, &before);
        return 0;
    }
    wf_igmp_srcs_free(net, &m->srcs);
    m->srcs = before;
    m->is_exclude = was_exclude;
    return -WEFT_ENOMEM;
}

void wf_igmp_leave_all(struct net *net, struct mc_member **list)
{
    while (*list != NULL) {
        struct mc_group *g = (*list)->group;
        member_free(net, list, *list);
        (void)merge(net, g, true);
    }
}

/* ---- what is let in ---- */

bool wf_igmp_takes(struct mc_member *list, uint16_t ifindex, uint32_t group, uint32_t src4)
{
    const struct mc_member *m = wf_igmp_member(list, ifindex, group);
    if (m == NULL)
        return group == MC_ALL_HOSTS;
    return has(m->srcs, src4) != m->is_exclude;
}

bool wf_igmp_hears(const struct net *net, const struct rx_meta *m)
{
    if (m->dst4 == MC_ALL_HOSTS)
        return true;
    if (m->proto == IP_PROTO_IGMP && wf_igmp_if(net, m->ifindex)->is_router)
        return true;
    const struct mc_group *g = wf_igmp_group(net, m->ifindex, m->dst4);
    if (g == NULL || !wf_igmp_is_joined(g))
        return false;
    if (m->proto == IP_PROTO_IGMP)
        return true;
    if (!g->is_local)
        return false;
    for (const struct mc_src *s = g->srcs; s != NULL && s->ip4 <= m->src4; s = s->next)
        if (s->ip4 == m->src4 && s->is_in)
            return !g->is_exclude;
    return g->is_exclude;
}
