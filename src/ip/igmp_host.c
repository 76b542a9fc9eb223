/* SPDX-License-Identifier: MIT */
/** DOC: igmp host - reports of changes, answers to queries, compatibility with older queriers */
#include "ip/ip.h"

#define NS_PER_MS        1000000ull
#define UNSOLICITED_MS   1000u   /* Unsolicited Report Interval (RFC 3376 8.11), ... */
#define UNSOLICITED_2_MS 10000u  /* ... and that of versions 1 and 2 (RFC 2236 8.10). */
#define V1_ROUTER_MS     400000u /* Version 1 Router Present Timeout (RFC 2236 8.11). */

/* Never at once: a random time in (0, @max_ms]. */
static uint64_t after_random(struct net *net, uint32_t max_ms)
{
    uint32_t us = wf_rng_below(&net->rng, max_ms * 1000 + 1);
    return net->now_ns + (uint64_t)(us > 0 ? us : 1) * 1000;
}

/* Groups that IGMP says nothing about: 224.0.0.1, and what is on no link. */
static bool is_silent(const struct net *net, const struct mc_group *g)
{
    const struct netif *nif = wf_netif_get(net, g->ifindex);
    return g->group == MC_ALL_HOSTS || nif->kind == WEFT_IF_LOOPBACK;
}

uint8_t wf_igmp_robustness(const struct net *net, uint16_t ifindex)
{
    const struct igmp_if *i = wf_igmp_if(net, ifindex);
    return i->robustness != 0 ? i->robustness : IGMP_ROBUSTNESS;
}

/* ---- version in use (RFC 3376 7.2.1) ---- */

static void forget_change(struct mc_group *g)
{
    g->resend = g->repeats = 0;
    g->is_leaving = false;
    for (struct mc_src *s = g->srcs; s != NULL; s = s->next)
        s->resend = 0;
}

static void forget_asked(struct mc_group *g)
{
    for (struct mc_src *s = g->srcs; s != NULL; s = s->next)
        s->is_asked = false;
}

static void cancel(struct net *net, uint16_t ifindex)
{
    const struct wf_slab *all = &net->ip->igmp.groups;
    wf_wheel_disarm(&net->wheel, &wf_igmp_if(net, ifindex)->answer);
    for (struct mc_group *g = wf_slab_next_live(all, 0), *next; g != NULL; g = next) {
        next = wf_slab_next_live(all, wf_slab_index(all, g) + 1);
        if (g->ifindex != ifindex)
            continue;
        wf_wheel_disarm(&net->wheel, &g->answer);
        forget_asked(g);
        if (g->is_fresh) /* Nobody has been told yet. */
            continue;
        wf_wheel_disarm(&net->wheel, &g->change);
        forget_change(g);
        wf_igmp_tidy(net, g);
    }
}

uint8_t wf_igmp_mode(struct net *net, uint16_t ifindex)
{
    struct igmp_if *i = wf_igmp_if(net, ifindex);
    uint8_t max = i->max_version != 0 ? i->max_version : 3;
    uint8_t mode = max;
    if (net->now_ns < i->v1_until_ns)
        mode = 1;
    else if (net->now_ns < i->v2_until_ns && max > 2)
        mode = 2;
    if (i->mode != 0 && mode != i->mode)
        cancel(net, ifindex);
    i->mode = mode;
    return mode;
}

/* An older querier is here, for as long as it would be missed. */
static void note_version(struct net *net, uint16_t ifindex, const struct igmp_msg *m)
{
    struct igmp_if *i = wf_igmp_if(net, ifindex);
    uint32_t query_ms = i->query_ms != 0 ? i->query_ms : IGMP_QUERY_MS;
    uint32_t response_ms = m->version == 1 ? IGMP_RESPONSE_MS : wf_igmp_decode(m->code) * 100;
    uint32_t present_ms = wf_igmp_robustness(net, ifindex) * query_ms + response_ms;
    if (m->version == 1)
        i->v1_until_ns =
            net->now_ns + (i->max_version == 2 ? V1_ROUTER_MS : present_ms) * NS_PER_MS;
    else if (m->version == 2)
        i->v2_until_ns = net->now_ns + present_ms * NS_PER_MS;
    if (m->version == 3) {
        if (m->qrv != 0)
            i->robustness = m->qrv;
        if (m->qqic != 0)
            i->query_ms = wf_igmp_decode(m->qqic) * 1000;
    }
}

/* ---- changes ---- */

/* A report of version 3 about a group's changes; each says it once less. */
static void send_change(struct net *net, struct mc_group *g)
{
    struct igmp_report r;
    wf_igmp_report_begin(&r, net, g->ifindex);
    if (g->resend > 0) {
        wf_igmp_report_add(&r, g->is_exclude ? IGMP_TO_EX : IGMP_TO_IN, g, PICK_STATE);
        g->resend--;
    } else {
        /* In EXCLUDE mode what comes into the list is blocked. */
        wf_igmp_report_add(&r, IGMP_ALLOW, g, g->is_exclude ? PICK_LEFT : PICK_CAME);
        wf_igmp_report_add(&r, IGMP_BLOCK, g, g->is_exclude ? PICK_CAME : PICK_LEFT);
    }
    wf_igmp_report_send(&r);
    for (struct mc_src *s = g->srcs; s != NULL; s = s->next)
        if (s->resend > 0)
            s->resend--;
}

static bool has_more(const struct mc_group *g)
{
    bool has = g->resend > 0;
    for (const struct mc_src *s = g->srcs; s != NULL && !has; s = s->next)
        has = s->resend > 0;
    return has;
}

/* Versions 1 and 2: a report goes to the group itself. */
static void send_old_report(struct net *net, struct mc_group *g, uint8_t mode)
{
    wf_igmp_send_old(net, g->ifindex, g->group, mode == 1 ? IGMP_REPORT1 : IGMP_REPORT2, 0,
                     g->group);
    g->is_last_reporter = true;
}

/* The first report is due now and not sent here: calls of the user come between two looks at the
 * clock, and the version and the times of the repetitions need it. What changes in one go is told
 * in one go, too. */
void wf_igmp_changed(struct net *net, struct mc_group *g, bool was_joined)
{
    if (!wf_igmp_is_joined(g)) {
        wf_wheel_disarm(&net->wheel, &g->answer);
        forget_asked(g);
    }
    if (is_silent(net, g)) {
        forget_change(g);
    } else {
        g->was_joined = g->is_fresh ? g->was_joined : was_joined;
        g->is_fresh = true;
        wf_wheel_arm(&net->wheel, &g->change, net->now_ns);
    }
    wf_igmp_tidy(net, g);
}

/* Versions 1 and 2 know only members and others. */
static void begin_old(struct net *net, struct mc_group *g, uint8_t mode)
{
    bool is_joined = wf_igmp_is_joined(g);
    uint8_t repeats = g->repeats;
    forget_change(g);
    if (is_joined)
        g->repeats = g->was_joined ? repeats : wf_igmp_robustness(net, g->ifindex);
    else
        g->is_leaving = g->was_joined && mode == 2 && g->is_last_reporter;
}

static void change_old(struct net *net, struct mc_group *g, uint8_t mode)
{
    if (g->is_leaving)
        wf_igmp_send_old(net, g->ifindex, MC_ALL_ROUTERS, IGMP_LEAVE, 0, g->group);
    g->is_leaving = false;
    if (g->repeats == 0)
        return;
    send_old_report(net, g, mode);
    if (--g->repeats > 0)
        wf_wheel_arm(&net->wheel, &g->change, after_random(net, UNSOLICITED_2_MS));
}

void wf_igmp_change_expire(struct net *net, struct mc_group *g)
{
    uint16_t ifindex = g->ifindex;
    uint32_t group = g->group;
    uint8_t mode = wf_igmp_mode(net, ifindex); /* May have ended what was to be repeated, ... */
    if (wf_igmp_group(net, ifindex, group) != g)
        return; /* ... and the entry with it. */
    if (g->is_fresh && mode < 3)
        begin_old(net, g, mode);
    g->is_fresh = false;
    if (mode < 3) {
        change_old(net, g, mode);
    } else if (has_more(g)) {
        send_change(net, g);
        if (has_more(g))
            wf_wheel_arm(&net->wheel, &g->change, after_random(net, UNSOLICITED_MS));
    }
    wf_igmp_tidy(net, g);
}

void wf_igmp_if_up(struct net *net, uint16_t ifindex)
{
    const struct wf_slab *all = &net->ip->igmp.groups;
    for (struct mc_group *g = wf_slab_next_live(all, 0), *next; g != NULL; g = next) {
        next = wf_slab_next_live(all, wf_slab_index(all, g) + 1);
        if (g->ifindex != ifindex || !wf_igmp_is_joined(g))
            continue;
        if (g->is_exclude)
            g->resend = wf_igmp_robustness(net, ifindex);
        for (struct mc_src *s = g->srcs; s != NULL; s = s->next)
            s->resend = s->is_in && !g->is_exclude ? wf_igmp_robustness(net, ifindex) : s->resend;
        wf_igmp_changed(net, g, false);
    }
}

/* ---- answers (RFC 2236 3, RFC 3376 5.2) ---- */

static void answer_by(struct net *net, struct mc_group *g, uint64_t due_ns)
{
    if (wf_timer_is_armed(&g->answer) && g->answer_ns <= due_ns)
        return;
    g->answer_ns = due_ns;
    wf_wheel_arm(&net->wheel, &g->answer, due_ns);
}

/* Versions 1 and 2: a timer for each group; a running one is drawn anew if it has longer to run
 * than the query allows. */
static void query_old(struct net *net, struct mc_group *g, uint32_t max_ms)
{
    if (wf_timer_is_armed(&g->answer) && g->answer_ns <= net->now_ns + max_ms * NS_PER_MS)
        return;
    g->answer_ns = after_random(net, max_ms);
    wf_wheel_arm(&net->wheel, &g->answer, g->answer_ns);
}

static bool is_about_sources(const struct mc_group *g)
{
    bool is = false;
    for (const struct mc_src *s = g->srcs; s != NULL && !is; s = s->next)
        is = s->is_asked;
    return is;
}

/* Note the sources that a query names. One we have no entry for is of interest only in EXCLUDE
 * mode; without memory for it the whole group is told, which says the same. */
static void note_asked(struct net *net, struct mc_group *g, const struct igmp_msg *m)
{
    for (uint32_t i = 0; i < m->sources_n; i++) {
        uint32_t ip4 = wf_ld32be(m->sources + (size_t)4 * i);
        struct mc_src *s = wf_igmp_src(net, &g->srcs, ip4, g->is_exclude && i < MC_SOURCES_MAX);
        if (s != NULL) {
            s->is_asked = true;
        } else if (g->is_exclude) {
            forget_asked(g);
            return;
        }
    }
}

static void query_group(struct net *net, struct mc_group *g, const struct igmp_msg *m,
                        uint64_t due_ns)
{
    const struct igmp_if *i = wf_igmp_if(net, g->ifindex);
    if (wf_timer_is_armed(&i->answer) && i->answer_ns <= due_ns)
        return; /* What is told then is all there is to tell. */
    bool is_pending = wf_timer_is_armed(&g->answer);
    if (is_pending && (m->sources_n == 0 || !is_about_sources(g))) {
        forget_asked(g);
    } else if (m->sources_n > 0) {
        note_asked(net, g, m);
        if (!is_about_sources(g) && !g->is_exclude)
            return;
    }
    answer_by(net, g, due_ns);
}

static void query_general(struct net *net, uint16_t ifindex, uint32_t max_ms, uint8_t mode)
{
    const struct wf_slab *all = &net->ip->igmp.groups;
    struct igmp_if *i = wf_igmp_if(net, ifindex);
    uint64_t due_ns = after_random(net, max_ms);
    bool is_pending = wf_timer_is_armed(&i->answer);
    if (mode == 3 && (!is_pending || i->answer_ns > due_ns)) {
        i->answer.kind = TIMER_IGMP_GENERAL;
        i->answer_ns = due_ns;
        wf_wheel_arm(&net->wheel, &i->answer, due_ns);
    }
    for (struct mc_group *g = wf_slab_next_live(all, 0); g != NULL && mode < 3;
         g = wf_slab_next_live(all, wf_slab_index(all, g) + 1))
        if (g->ifindex == ifindex && wf_igmp_is_joined(g) && !is_silent(net, g))
            query_old(net, g, max_ms);
}

void wf_igmp_host_query(struct net *net, uint16_t ifindex, const struct igmp_msg *m)
{
    uint32_t max_ms = m->version == 1 ? IGMP_RESPONSE_MS : wf_igmp_decode(m->code) * 100;
    note_version(net, ifindex, m);
    uint8_t mode = wf_igmp_mode(net, ifindex);
    if (m->group == 0 || m->version == 1) {
        query_general(net, ifindex, max_ms, mode);
        return;
    }
    struct mc_group *g = wf_igmp_group(net, ifindex, m->group);
    if (g == NULL || !wf_igmp_is_joined(g) || is_silent(net, g))
        return;
    if (mode < 3)
        query_old(net, g, max_ms);
    else
        query_group(net, g, m, after_random(net, max_ms));
}

void wf_igmp_host_report(struct net *net, uint16_t ifindex, uint32_t group)
{
    struct mc_group *g = wf_igmp_group(net, ifindex, group);
    if (g == NULL || g->is_fresh || wf_igmp_mode(net, ifindex) == 3 || wf_igmp_is_ssm(net, group))
        return;
    wf_wheel_disarm(&net->wheel, &g->answer);
    wf_wheel_disarm(&net->wheel, &g->change);
    g->repeats = 0;
    g->is_last_reporter = false;
}

void wf_igmp_answer_expire(struct net *net, struct mc_group *g)
{
    uint16_t ifindex = g->ifindex;
    uint32_t group = g->group;
    uint8_t mode = wf_igmp_mode(net, ifindex);
    if (wf_igmp_group(net, ifindex, group) != g || !wf_igmp_is_joined(g))
        return;
    if (mode < 3) {
        send_old_report(net, g, mode);
        return;
    }
    struct igmp_report r;
    wf_igmp_report_begin(&r, net, ifindex);
    if (is_about_sources(g))
        wf_igmp_report_add(&r, IGMP_IS_IN, g, PICK_ASKED);
    else
        wf_igmp_report_add(&r, g->is_exclude ? IGMP_IS_EX : IGMP_IS_IN, g, PICK_STATE);
    wf_igmp_report_send(&r);
    forget_asked(g);
    wf_igmp_tidy(net, g);
}

void wf_igmp_general_expire(struct net *net, struct igmp_if *i)
{
    const struct wf_slab *all = &net->ip->igmp.groups;
    uint16_t ifindex = wf_igmp_index(net, i);
    if (wf_igmp_mode(net, ifindex) < 3)
        return;
    struct igmp_report r;
    wf_igmp_report_begin(&r, net, ifindex);
    for (const struct mc_group *g = wf_slab_next_live(all, 0); g != NULL;
         g = wf_slab_next_live(all, wf_slab_index(all, g) + 1))
        if (g->ifindex == ifindex && wf_igmp_is_joined(g) && !is_silent(net, g))
            wf_igmp_report_add(&r, g->is_exclude ? IGMP_IS_EX : IGMP_IS_IN, g, PICK_STATE);
    wf_igmp_report_send(&r);
}
