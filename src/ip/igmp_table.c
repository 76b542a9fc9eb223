/* SPDX-License-Identifier: MIT */
/**
 * DOC: igmp table - which groups and sources a router's link wants (RFC 3376 6.2 to 6.5)
 *
 * In EXCLUDE mode a source whose timer runs is X, the requested list, and one whose timer has run
 * out (until_ns 0) is Y, the exclude list. Only the querier asks, and lowers timers by asking; who
 * hears it lowers its own in wf_igmp_lower().
 */
#include "ip/ip.h"

#define NS_PER_MS          1000000ull
#define RGROUP_SOURCES_MAX 256u

/** struct record - A record as it is applied */
struct record {
    uint8_t type;
    const uint8_t *sources;
    uint32_t n;
};

static struct igmp_rgroup **bucket(const struct net *net, uint16_t ifindex, uint32_t group)
{
    uint64_t w = (uint64_t)ifindex << 32 | group;
    const struct wf_igmp *g = &net->ip->igmp;
    return &g->rbuckets[wf_hash_words(&net->hash_key, &w, 1) & g->rmask];
}

struct igmp_rgroup *wf_igmp_rgroup(const struct net *net, uint16_t ifindex, uint32_t group)
{
    struct igmp_rgroup *g = *bucket(net, ifindex, group);
    while (g != NULL && (g->group != group || g->ifindex != ifindex))
        g = g->hash_next;
    return g;
}

static struct igmp_rgroup *add(struct net *net, uint16_t ifindex, uint32_t group)
{
    struct igmp_rgroup *g = wf_slab_alloc(&net->ip->igmp.rgroups);
    if (g == NULL) {
        wf_count(net, WEFT_COUNT_IGMP_TABLE_FULL);
        return NULL;
    }
    g->group = group;
    g->ifindex = ifindex;
    g->timer.kind = TIMER_IGMP_RGROUP;
    struct igmp_rgroup **at = bucket(net, ifindex, group);
    g->hash_next = *at;
    *at = g;
    return g;
}

static void rgroup_free(struct net *net, struct igmp_rgroup *g)
{
    struct igmp_rgroup **at = bucket(net, g->ifindex, g->group);
    while (*at != g)
        at = &(*at)->hash_next;
    *at = g->hash_next;
    wf_wheel_disarm(&net->wheel, &g->timer);
    wf_igmp_leave_all(net, &g->proxy);
    wf_igmp_srcs_free(net, &g->srcs);
    wf_slab_free(&net->ip->igmp.rgroups, g);
}

uint8_t wf_igmp_rversion(const struct net *net, const struct igmp_rgroup *g)
{
    if (net->now_ns < g->v1_until_ns)
        return 1;
    return net->now_ns < g->v2_until_ns ? 2 : 3;
}

bool wf_igmp_wants(const struct net *net, uint16_t ifindex, uint32_t group, uint32_t src4)
{
    const struct igmp_rgroup *g = wf_igmp_rgroup(net, ifindex, group);
    if (g == NULL)
        return false;
    for (const struct mc_src *s = g->srcs; s != NULL && s->ip4 <= src4; s = s->next)
        if (s->ip4 == src4)
            return s->until_ns > net->now_ns;
    return g->is_exclude;
}

/* ---- the proxy (RFC 4605 4.1): a table's group is a membership upstream ---- */

static void proxy_group(struct net *net, struct igmp_rgroup *g)
{
    uint16_t up = net->ip->igmp.upstream;
    bool is_local_range = g->group >> 8 == MC_ALL_HOSTS >> 8;
    if (g->proxy != NULL && g->proxy->group->ifindex != up)
        wf_igmp_leave_all(net, &g->proxy);
    if (up == 0 || g->ifindex == up || is_local_range)
        return;
    struct mc_filter f = {
        .group = g->group, .ifindex = up, .is_exclude = g->is_exclude, .is_proxy = true};
    bool is_long = false;
    for (const struct mc_src *s = g->srcs; s != NULL; s = s->next) {
        if (g->is_exclude && s->until_ns != 0)
            continue; /* X is wanted. */
        if (f.n < MC_SOURCES_MAX)
            f.sources[f.n++] = s->ip4;
        else
            is_long = true;
    }
    if (is_long) { /* Too much comes rather than too little. */
        f.is_exclude = f.is_exclude || !wf_igmp_is_ssm(net, g->group);
        f.n = f.is_exclude ? 0 : f.n;
    }
    if (wf_igmp_set(net, &g->proxy, &f) != 0)
        wf_count(net, WEFT_COUNT_IGMP_TABLE_FULL);
}

void wf_igmp_proxy(struct net *net)
{
    const struct wf_slab *all = &net->ip->igmp.rgroups;
    for (struct igmp_rgroup *g = wf_slab_next_live(all, 0); g != NULL;
         g = wf_slab_next_live(all, wf_slab_index(all, g) + 1))
        proxy_group(net, g);
}

/* ---- timers ---- */

static bool has_source_queries(const struct igmp_rgroup *g)
{
    bool has = false;
    for (const struct mc_src *s = g->srcs; s != NULL && !has; s = s->next)
        has = s->resend > 0;
    return has;
}

static void rearm(struct net *net, struct igmp_rgroup *g)
{
    uint64_t next = g->is_exclude ? g->until_ns : WEFT_NEVER;
    for (const struct mc_src *s = g->srcs; s != NULL; s = s->next)
        if (s->until_ns != 0)
            next = wf_min_u64(next, s->until_ns);
    if (g->queries > 0)
        next = wf_min_u64(next, g->query_ns);
    if (has_source_queries(g))
        next = wf_min_u64(next, g->src_query_ns);
    wf_wheel_arm(&net->wheel, &g->timer, next);
}

/* Sources asked for: those whose timers were prolonged meanwhile with the S flag, then the rest. */
static void send_source_query(struct net *net, const struct igmp_rgroup *g, bool is_suppress)
{
    const struct igmp_if *i = wf_igmp_if(net, g->ifindex);
    uint64_t low_ns = net->now_ns + wf_igmp_lmqt_ns(i);
    uint8_t msg[IGMP_QUERY3_BYTES + 4 * RGROUP_SOURCES_MAX];
    struct igmp_msg q = {.code = wf_igmp_encode(i->use.last_member_ms / 100),
                         .group = g->group,
                         .is_suppress = is_suppress,
                         .qrv = i->use.robustness,
                         .qqic = wf_igmp_encode(i->use.query_ms / 1000)};
    for (const struct mc_src *s = g->srcs; s != NULL; s = s->next) {
        if (s->resend == 0 || (s->until_ns > low_ns) != is_suppress)
            continue;
        wf_st32be(msg + IGMP_QUERY3_BYTES + (size_t)4 * q.sources_n, s->ip4);
        q.sources_n++;
    }
    wf_igmp_emit_query3(msg, &q);
    if (q.sources_n > 0)
        wf_igmp_send(net, g->ifindex, g->group, msg, IGMP_QUERY3_BYTES + 4u * q.sources_n);
}

static void send_queries(struct net *net, struct igmp_rgroup *g)
{
    const struct igmp_if *i = wf_igmp_if(net, g->ifindex);
    uint64_t again_ns = net->now_ns + i->use.last_member_ms * NS_PER_MS;
    if (g->queries > 0 && g->query_ns <= net->now_ns) {
        wf_igmp_query_group(net, g->ifindex, g->group,
                            g->until_ns > net->now_ns + wf_igmp_lmqt_ns(i));
        g->queries--;
        g->query_ns = again_ns;
    }
    if (!has_source_queries(g) || g->src_query_ns > net->now_ns)
        return;
    send_source_query(net, g, true);
    send_source_query(net, g, false);
    for (struct mc_src *s = g->srcs; s != NULL; s = s->next)
        if (s->resend > 0)
            s->resend--;
    g->src_query_ns = again_ns;
}

/* RFC 3376 6.3 and 6.5: sources and then the group run out. */
static void run_out(struct net *net, struct igmp_rgroup *g)
{
    bool is_over = g->is_exclude && g->until_ns <= net->now_ns;
    if (is_over)
        g->is_exclude = false;
    for (struct mc_src **at = &g->srcs; *at != NULL;) {
        struct mc_src *s = *at;
        if (s->until_ns <= net->now_ns) {
            s->until_ns = 0;
            s->resend = 0;
        }
        if (s->until_ns != 0 || g->is_exclude) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        wf_slab_free(&net->ip->igmp.srcs, s);
    }
}

/* After every change: what runs out, what is asked, what the proxy joins. */
static void settle(struct net *net, struct igmp_rgroup *g)
{
    run_out(net, g);
    if (!g->is_exclude && g->srcs == NULL) {
        rgroup_free(net, g);
        return;
    }
    send_queries(net, g);
    proxy_group(net, g);
    rearm(net, g);
}

void wf_igmp_rgroup_expire(struct net *net, struct igmp_rgroup *g)
{
    settle(net, g);
}

void wf_igmp_forget(struct net *net, uint16_t ifindex)
{
    const struct wf_slab *all = &net->ip->igmp.rgroups;
    for (struct igmp_rgroup *g = wf_slab_next_live(all, 0), *next; g != NULL; g = next) {
        next = wf_slab_next_live(all, wf_slab_index(all, g) + 1);
        if (g->ifindex == ifindex)
            rgroup_free(net, g);
    }
}

/* ---- records (RFC 3376 6.4) ---- */

/* "Send Q(G)": the group lasts as long as the answers may take. */
static void ask_group(struct net *net, struct igmp_rgroup *g)
{
    const struct igmp_if *i = wf_igmp_if(net, g->ifindex);
    if (!i->is_querier || i->use.version == 1)
        return;
    g->until_ns = wf_min_u64(g->until_ns, net->now_ns + wf_igmp_lmqt_ns(i));
    g->queries = i->use.robustness; /* Last Member Query Count. */
    g->query_ns = net->now_ns;
}

/* "Send Q(G,...)" for one source of the list. */
static void ask_source(struct net *net, struct igmp_rgroup *g, struct mc_src *s)
{
    const struct igmp_if *i = wf_igmp_if(net, g->ifindex);
    uint64_t low_ns = net->now_ns + wf_igmp_lmqt_ns(i);
    if (!i->is_querier || i->use.version < 3 || s->until_ns <= low_ns)
        return;
    s->until_ns = low_ns;
    s->resend = i->use.robustness;
    g->src_query_ns = net->now_ns;
}

/* Mark the sources a record lists; those that are not there are added with @new_until_ns. */
static void mark(struct net *net, struct igmp_rgroup *g, const struct record *r, bool may_add,
                 uint64_t new_until_ns)
{
    uint32_t n = 0;
    for (struct mc_src *s = g->srcs; s != NULL; s = s->next, n++)
        s->is_marked = false;
    for (uint32_t i = 0; i < r->n; i++) {
        uint32_t ip4 = wf_ld32be(r->sources + (size_t)4 * i);
        struct mc_src *s = wf_igmp_src(net, &g->srcs, ip4, false);
        if (s == NULL && may_add && wf_ip4_can_be_host(ip4)) {
            s = n < RGROUP_SOURCES_MAX ? wf_igmp_src(net, &g->srcs, ip4, true) : NULL;
            if (s == NULL) {
                wf_count(net, WEFT_COUNT_IGMP_TABLE_FULL);
                continue;
            }
            s->until_ns = new_until_ns;
            n++;
        }
        if (s != NULL)
            s->is_marked = true;
    }
}

static void drop_unmarked(struct net *net, struct igmp_rgroup *g)
{
    for (struct mc_src **at = &g->srcs; *at != NULL;) {
        struct mc_src *s = *at;
        if (s->is_marked) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        wf_slab_free(&net->ip->igmp.srcs, s);
    }
}

/* IS_IN, ALLOW, TO_IN: what is listed is wanted; TO_IN asks for what is not. */
static void apply_in(struct net *net, struct igmp_rgroup *g, const struct record *r)
{
    uint64_t gmi_ns = net->now_ns + wf_igmp_gmi_ns(wf_igmp_if(net, g->ifindex));
    mark(net, g, r, true, gmi_ns);
    for (struct mc_src *s = g->srcs; s != NULL; s = s->next) {
        if (s->is_marked)
            s->until_ns = gmi_ns;
        else if (r->type == IGMP_TO_IN && s->until_ns != 0)
            ask_source(net, g, s);
    }
    if (r->type == IGMP_TO_IN && g->is_exclude)
        ask_group(net, g);
}

/* IS_EX, TO_EX: all but what is listed is wanted; TO_EX asks for what is listed and was wanted. */
static void apply_ex(struct net *net, struct igmp_rgroup *g, const struct record *r)
{
    uint64_t gmi_ns = net->now_ns + wf_igmp_gmi_ns(wf_igmp_if(net, g->ifindex));
    uint64_t new_ns = 0; /* From INCLUDE: B-A is not wanted by anybody. */
    if (g->is_exclude)
        new_ns = r->type == IGMP_TO_EX ? g->until_ns : gmi_ns;
    mark(net, g, r, true, new_ns);
    drop_unmarked(net, g);
    g->is_exclude = true;
    g->until_ns = gmi_ns;
    for (struct mc_src *s = g->srcs; s != NULL && r->type == IGMP_TO_EX; s = s->next)
        if (s->until_ns != 0)
            ask_source(net, g, s);
}

/* BLOCK: asks whether others want what is listed. */
static void apply_block(struct net *net, struct igmp_rgroup *g, const struct record *r)
{
    mark(net, g, r, g->is_exclude, g->until_ns);
    for (struct mc_src *s = g->srcs; s != NULL; s = s->next)
        if (s->is_marked && s->until_ns != 0)
            ask_source(net, g, s);
}

/* What older members of the group cannot answer is not done (RFC 3376 7.3.2); false: ignored. */
static bool fit_version(const struct net *net, const struct igmp_rgroup *g, struct record *r)
{
    uint8_t version = wf_igmp_rversion(net, g);
    if (version < 3 && r->type == IGMP_BLOCK)
        return false;
    if (version < 3 && r->type == IGMP_TO_EX)
        r->n = 0;
    return version > 1 || r->type != IGMP_TO_IN;
}

static void apply(struct net *net, uint16_t ifindex, uint32_t group, struct record r,
                  uint32_t from4)
{
    bool is_ex = r.type == IGMP_IS_EX || r.type == IGMP_TO_EX;
    if (!wf_ip4_is_multicast(group) || group == MC_ALL_HOSTS ||
        (is_ex && wf_igmp_is_ssm(net, group))) /* RFC 4604 3.1. */
        return;
    struct igmp_rgroup *g = wf_igmp_rgroup(net, ifindex, group);
    bool may_begin = is_ex || (r.type != IGMP_BLOCK && r.n > 0);
    if (g == NULL)
        g = may_begin ? add(net, ifindex, group) : NULL;
    if (g == NULL || !fit_version(net, g, &r))
        return;
    g->last_reporter = from4;
    if (is_ex)
        apply_ex(net, g, &r);
    else if (r.type == IGMP_BLOCK)
        apply_block(net, g, &r);
    else
        apply_in(net, g, &r);
    settle(net, g);
}

/* Versions 1 and 2: a report is IS_EX of nothing and a leave TO_IN of nothing (RFC 3376 7.3.2). */
static void old_message(struct net *net, const struct rx_meta *m, const struct igmp_msg *q)
{
    const struct igmp_if *i = wf_igmp_if(net, m->ifindex);
    if (wf_igmp_is_ssm(net, q->group)) /* RFC 4604 3.5. */
        return;
    if (q->type == IGMP_LEAVE) {
        apply(net, m->ifindex, q->group, (struct record){.type = IGMP_TO_IN}, m->src4);
        return;
    }
    apply(net, m->ifindex, q->group, (struct record){.type = IGMP_IS_EX}, m->src4);
    struct igmp_rgroup *g = wf_igmp_rgroup(net, m->ifindex, q->group);
    if (g == NULL)
        return;
    if (i->use.version < 3) /* RFC 2236 7: the question is answered. */
        g->queries = 0;
    if (q->type == IGMP_REPORT1)
        g->v1_until_ns = net->now_ns + wf_igmp_gmi_ns(i);
    else
        g->v2_until_ns = net->now_ns + wf_igmp_gmi_ns(i);
}

void wf_igmp_router_report(struct net *net, const struct rx_meta *m, struct igmp_msg *msg)
{
    struct igmp_rec rec;
    if (msg->type != IGMP_REPORT3) {
        old_message(net, m, msg);
        return;
    }
    while (wf_igmp_rec_next(msg, &rec)) {
        if (wf_igmp_rec_text(rec.type) == NULL) /* Unknown (RFC 3376 4.2.12). */
            continue;
        struct record r = {.type = rec.type, .sources = rec.sources, .n = rec.sources_n};
        apply(net, m->ifindex, rec.group, r, m->src4);
    }
}

void wf_igmp_lower(struct net *net, uint16_t ifindex, const struct igmp_msg *q)
{
    struct igmp_rgroup *g = wf_igmp_rgroup(net, ifindex, q->group);
    const struct igmp_if *i = wf_igmp_if(net, ifindex);
    uint64_t max_ms = (uint64_t)wf_igmp_decode(q->code) * 100u;
    uint64_t low_ns = net->now_ns + i->use.robustness * max_ms * NS_PER_MS;
    if (g == NULL)
        return;
    if (q->sources_n == 0)
        g->until_ns = wf_min_u64(g->until_ns, low_ns);
    for (uint32_t k = 0; k < q->sources_n; k++) {
        uint32_t ip4 = wf_ld32be(q->sources + (size_t)4 * k);
        struct mc_src *s = wf_igmp_src(net, &g->srcs, ip4, false);
        if (s != NULL && s->until_ns > low_ns)
            s->until_ns = low_ns;
    }
    settle(net, g);
}
