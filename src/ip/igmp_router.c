/* SPDX-License-Identifier: MIT */
/** DOC: igmp router - general queries, and who asks them (RFC 2236 3, RFC 3376 6.6 and 8) */
#include "ip/ip.h"

#define NS_PER_MS    1000000ull
#define WARN_NS      (60ull * 1000 * NS_PER_MS) /* An older querier is told of so often. */
#define CODE_UNIT_MS 100u

uint64_t wf_igmp_gmi_ns(const struct igmp_if *i)
{
    return ((uint64_t)i->use.robustness * i->use.query_ms + i->use.response_ms) * NS_PER_MS;
}

uint64_t wf_igmp_lmqt_ns(const struct igmp_if *i)
{
    return (uint64_t)i->use.last_member_ms * i->use.robustness * NS_PER_MS;
}

static uint64_t other_present_ns(const struct igmp_if *i)
{
    return ((uint64_t)i->use.robustness * i->use.query_ms + i->use.response_ms / 2) * NS_PER_MS;
}

/* A query without sources, in the form of the version this router was set to. */
static void send_query(struct net *net, uint16_t ifindex, uint32_t group, uint32_t max_ms,
                       bool is_suppress)
{
    const struct igmp_if *i = wf_igmp_if(net, ifindex);
    uint32_t dst4 = group != 0 ? group : MC_ALL_HOSTS, code = max_ms / CODE_UNIT_MS;
    if (i->use.version < 3) {
        code = i->use.version == 1 ? 0 : wf_min_u32(code, 255);
        wf_igmp_send_old(net, ifindex, dst4, IGMP_QUERY, (uint8_t)code, group);
        return;
    }
    struct igmp_msg q = {.code = wf_igmp_encode(code),
                         .group = group,
                         .is_suppress = is_suppress,
                         .qrv = i->use.robustness,
                         .qqic = wf_igmp_encode(i->use.query_ms / 1000)};
    uint8_t msg[IGMP_QUERY3_BYTES];
    wf_igmp_emit_query3(msg, &q);
    wf_igmp_send(net, ifindex, dst4, msg, sizeof(msg));
}

void wf_igmp_query_group(struct net *net, uint16_t ifindex, uint32_t group, bool is_suppress)
{
    const struct igmp_if *i = wf_igmp_if(net, ifindex);
    if (i->use.version > 1) /* Version 1 knows none. */
        send_query(net, ifindex, group, i->use.last_member_ms, is_suppress);
}

static void query_all(struct net *net, struct igmp_if *i)
{
    uint64_t next_ms = i->use.query_ms;
    send_query(net, wf_igmp_index(net, i), 0, i->use.response_ms, false);
    if (i->startup_left > 0 && --i->startup_left > 0)
        next_ms /= 4; /* Startup Query Interval. */
    wf_wheel_arm(&net->wheel, &i->query, net->now_ns + next_ms * NS_PER_MS);
}

static void become_querier(struct igmp_if *i)
{
    i->is_querier = true;
    i->querier4 = 0;
    i->use = i->cfg;
}

void wf_igmp_query_expire(struct net *net, struct igmp_if *i)
{
    if (!i->is_querier)
        become_querier(i);
    query_all(net, i);
}

/* RFC 2236 4, RFC 3376 7.3.1: both have to be set to the same version by hand. */
static void warn(struct net *net, struct igmp_if *i, const struct rx_meta *m, uint8_t version)
{
    wf_count(net, WEFT_COUNT_IGMP_OLD_QUERIES);
    if (i->warned_ns != 0 && net->now_ns - i->warned_ns < WARN_NS)
        return;
    i->warned_ns = net->now_ns;
    struct weft_trace_rec rec = {.kind = WEFT_TRACE_IGMP_OLDER, .ifindex = m->ifindex};
    rec.v[0] = version;
    rec.v[1] = m->src4;
    wf_trace(net, &rec);
}

/* Another querier's numbers hold on the whole link (RFC 3376 4.1.6, 4.1.7). */
static void adopt(struct igmp_if *i, const struct igmp_msg *q)
{
    if (q->version == 3 && q->qrv > 1)
        i->use.robustness = q->qrv;
    if (q->version == 3 && q->qqic != 0)
        i->use.query_ms = wf_igmp_decode(q->qqic) * 1000;
    if (q->group == 0 && q->code != 0)
        i->use.response_ms = wf_igmp_decode(q->code) * CODE_UNIT_MS;
}

void wf_igmp_router_query(struct net *net, const struct rx_meta *m, const struct igmp_msg *q)
{
    struct igmp_if *i = wf_igmp_if(net, m->ifindex);
    uint32_t own = wf_addrs_source(net, m->ifindex, m->src4);
    if (q->version < i->use.version)
        warn(net, i, m, q->version);
    if (m->src4 == 0 || (own != 0 && m->src4 > own)) /* Not even an address: a switch asks. */
        return;
    bool is_best = i->is_querier || m->src4 <= i->querier4;
    if (is_best) {
        i->is_querier = false;
        i->querier4 = m->src4;
        i->startup_left = 0;
        adopt(i, q);
    }
    i->other_until_ns = net->now_ns + other_present_ns(i);
    wf_wheel_arm(&net->wheel, &i->query, i->other_until_ns);
    if (q->group != 0 && !q->is_suppress)
        wf_igmp_lower(net, m->ifindex, q);
}

/* ---- the user's calls ---- */

static bool with_defaults(struct weft_igmp_router *c)
{
    if (c->query_ms == 0)
        c->query_ms = IGMP_QUERY_MS;
    if (c->response_ms == 0)
        c->response_ms = wf_min_u32(IGMP_RESPONSE_MS, c->query_ms / 2);
    if (c->last_member_ms == 0)
        c->last_member_ms = IGMP_LAST_MEMBER_MS;
    if (c->robustness == 0)
        c->robustness = IGMP_ROBUSTNESS;
    if (c->version == 0)
        c->version = 3;
    return c->query_ms >= 1000 && c->query_ms <= 31744000 && c->response_ms >= 100 &&
           c->response_ms < c->query_ms && c->response_ms <= 3174400 && c->last_member_ms >= 100 &&
           c->last_member_ms <= 3174400 && c->robustness >= 2 && c->robustness <= 7 &&
           c->version <= 3;
}

int weft_igmp_router_start(struct weft_stack *st, uint16_t ifindex,
                           const struct weft_igmp_router *cfg)
{
    struct net *net = wf_net_of(st);
    struct weft_igmp_router c = {0};
    const struct netif *nif = wf_netif_get(net, ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    if (cfg != NULL)
        c = *cfg;
    if (nif->kind == WEFT_IF_LOOPBACK || !with_defaults(&c))
        return -WEFT_EINVAL;
    struct igmp_if *i = wf_igmp_if(net, ifindex);
    i->cfg = c;
    i->is_router = true;
    i->query.kind = TIMER_IGMP_QUERY;
    i->startup_left = c.robustness; /* Startup Query Count. */
    wf_igmp_refilter(net, ifindex);
    become_querier(i);
    wf_wheel_arm(&net->wheel, &i->query, net->now_ns); /* Where the clock is right. */
    return 0;
}

int weft_igmp_router_stop(struct weft_stack *st, uint16_t ifindex)
{
    struct net *net = wf_net_of(st);
    if (wf_netif_get(net, ifindex) == NULL)
        return -WEFT_ENOENT;
    struct igmp_if *i = wf_igmp_if(net, ifindex);
    i->is_router = i->is_querier = false;
    wf_wheel_disarm(&net->wheel, &i->query);
    wf_igmp_forget(net, ifindex);
    wf_igmp_refilter(net, ifindex);
    return 0;
}

int weft_igmp_set_version(struct weft_stack *st, uint16_t ifindex, uint8_t version)
{
    struct net *net = wf_net_of(st);
    if (wf_netif_get(net, ifindex) == NULL)
        return -WEFT_ENOENT;
    if (version < 1 || version > 3)
        return -WEFT_EINVAL;
    wf_igmp_if(net, ifindex)->max_version = version;
    (void)wf_igmp_mode(net, ifindex);
    return 0;
}

int weft_mc_set_ssm(struct weft_stack *st, const struct weft_addr *first, uint8_t prefix_len)
{
    struct wf_igmp *g = &wf_net_of(st)->ip->igmp;
    if (first == NULL || !wf_addr_is4(first) || !wf_ip4_is_multicast(wf_addr_to4(first)) ||
        prefix_len < 4 || prefix_len > 32 || (wf_addr_to4(first) & ~wf_ip4_mask(prefix_len)) != 0)
        return -WEFT_EINVAL;
    g->ssm_net = wf_addr_to4(first);
    g->ssm_len = prefix_len;
    return 0;
}
