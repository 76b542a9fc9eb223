/* SPDX-License-Identifier: MIT */
/** DOC: options that arrive: judged, refused, followed, stamped */
#include "ip/options.h"

#include <string.h>

#include "ip/ip.h"

#define PTR_AT     2 /* Of an option's octets: its pointer ... */
#define TS_FLAG_AT 3 /* ... and overflow count and flag of a timestamp. */

uint32_t wf_ip4_time_ms(const struct net *net)
{
    uint64_t ms = net->now_ns / 1000000;
    if (!net->ip->sw.is_ut_known)
        return ICMP4_TIME_ODD | (uint32_t)(ms % ICMP4_TIME_ODD);
    return (uint32_t)((ms + net->ip->sw.ut_offset_ms) % ICMP4_DAY_MS);
}

/* ---- judging ---- */

/* A pointer counts from 1, stands at the beginning of a slot, and one past the end when all are
 * used. Returns the octet of the option that is wrong, 0 if none is. */
static uint8_t pointer_fault(const struct ip4_opt *o, uint32_t first, uint32_t slot)
{
    if (o->len < first - 1)
        return 1;
    uint32_t ptr = o->data[0];
    if (ptr < first || (ptr - first) % slot != 0 || ptr > o->len + 1u)
        return PTR_AT;
    return ptr <= o->len && ptr + slot - 1 > o->len ? PTR_AT : 0; /* Room, but not enough. */
}

static uint8_t option_fault(const struct ip4_opt *o)
{
    switch (o->type) {
    case IP4_OPT_RR:
    case IP4_OPT_LSRR:
    case IP4_OPT_SSRR:
        return pointer_fault(o, 4, 4);
    case IP4_OPT_TS:
        if (o->len < 4)
            return 1;
        return pointer_fault(o, 5, (o->data[1] & 15) == IP4_TS_ONLY ? 4 : 8);
    default:
        return 0;
    }
}

struct ip4_opts_fault wf_ip4_opts_judge(const struct ip4_hdr *h)
{
    struct ip4_opts_it it = wf_ip4_opts_begin(h);
    struct ip4_opt o;
    bool has_route = false;
    for (;;) {
        enum ip4_opt_step step = wf_ip4_opts_next(&it, &o);
        if (step == OPT_END)
            return (struct ip4_opts_fault){WEFT_DROP_COUNT, 0};
        if (step == OPT_BAD)
            return (struct ip4_opts_fault){WEFT_DROP_IP4_BAD_OPTION, it.bad_pos};
        uint8_t at = option_fault(&o);
        bool is_route = o.type == IP4_OPT_LSRR || o.type == IP4_OPT_SSRR;
        if (at != 0 || (is_route && has_route)) /* RFC 1812 5.2.4.1: a second one. */
            return (struct ip4_opts_fault){WEFT_DROP_IP4_BAD_OPTION, (uint8_t)(o.pos + at)};
        has_route |= is_route;
    }
}

bool wf_ip4_opts_source_route(const struct ip4_hdr *h, struct ip4_opt *out)
{
    struct ip4_opts_it it = wf_ip4_opts_begin(h);
    while (wf_ip4_opts_next(&it, out) == OPT_NEXT)
        if (out->type == IP4_OPT_LSRR || out->type == IP4_OPT_SSRR)
            return true;
    return false;
}

bool wf_ip4_opts_refuse(struct net *net, struct pkt *p, const struct ip4_hdr *h,
                        const struct rx_meta *m)
{
    struct ip4_opt route;
    /* The switch comes first: nobody learns from an answer that a route was looked at. */
    bool has_route = wf_ip4_opts_source_route(h, &route);
    if (has_route && net->ip->sw.source_routes == WEFT_IP_SOURCE_ROUTES_DROP) {
        wf_net_drop(net, p, WEFT_DROP_IP4_SRCROUTE);
        return true;
    }
    struct ip4_opts_fault f = wf_ip4_opts_judge(h);
    bool is_strict_stray = has_route && route.type == IP4_OPT_SSRR &&
                           wf_addrs_kind(net, m->dst4, m->ifindex) == IP4_OTHER;
    if (f.why == WEFT_DROP_COUNT && is_strict_stray) /* RFC 1812 5.2.2: it strayed. */
        f = (struct ip4_opts_fault){WEFT_DROP_IP4_SRCROUTE, route.pos};
    if (f.why == WEFT_DROP_COUNT)
        return false;
    wf_icmp_error(net, p, m, ICMP4_PARAMETER_PROBLEM, ICMP4_PARAM_POINTER, f.at);
    wf_net_drop(net, p, f.why);
    return true;
}

/* ---- writing ---- */

/* The options of a header whose length was checked; the other fields are not read. */
static struct ip4_hdr options_of(const uint8_t *ip)
{
    return (struct ip4_hdr){.opts = ip + IP4_HDR_BYTES,
                            .opts_bytes = (uint8_t)((ip[0] & 15) * 4 - IP4_HDR_BYTES)};
}

/* The header of @p changed: its sum anew. */
static void sum_anew(uint8_t *ip)
{
    wf_st16be(ip + 10, 0);
    wf_st16be(ip + 10, wf_csum_finish(wf_csum_scalar(ip, (size_t)4 * (ip[0] & 15u))));
}

/* RFC 1812 4.2.2.2: the outgoing interface's address; without one the first we have, which stays
 * the same as long as addresses do, stands for the router. */
static uint32_t own_address(const struct net *net, uint16_t ifindex, uint32_t dst4)
{
    uint32_t own = wf_addrs_source(net, ifindex, dst4);
    for (uint32_t i = 0; i < net->addrs.n && own == 0; i++)
        if (wf_ip4_can_be_host(net->addrs.tab[i].ip4))
            own = net->addrs.tab[i].ip4;
    return own;
}

static void record(uint8_t *o, uint32_t own4)
{
    if (o[PTR_AT] + 3u > o[1]) /* RFC 791: full, it goes on as it is. */
        return;
    wf_st32be(o + o[PTR_AT] - 1, own4);
    o[PTR_AT] = (uint8_t)(o[PTR_AT] + 4);
}

/* RFC 791: time alone, with our address, or where the next address is ours. False when the count
 * of those that found no room has no room itself. */
static bool stamp(const struct net *net, uint8_t *o, uint32_t own4)
{
    uint8_t flag = o[TS_FLAG_AT] & 15, ptr = o[PTR_AT];
    if (flag != IP4_TS_ONLY && flag != IP4_TS_AND_ADDR && flag != IP4_TS_PRESPEC)
        return true;
    uint32_t slot = flag == IP4_TS_ONLY ? 4 : 8;
    if (ptr + slot - 1 > o[1]) {
        if (flag == IP4_TS_PRESPEC) /* Everybody named has been there: there was no overflow. */
            return true;
        o[TS_FLAG_AT] = (uint8_t)(o[TS_FLAG_AT] + 0x10);
        return o[TS_FLAG_AT] >> 4 != 0;
    }
    uint8_t *at = o + ptr - 1;
    if (flag == IP4_TS_PRESPEC && wf_addrs_kind(net, wf_ld32be(at), 0) != IP4_LOCAL)
        return true;
    if (flag == IP4_TS_AND_ADDR)
        wf_st32be(at, own4);
    wf_st32be(at + slot - 4, wf_ip4_time_ms(net));
    o[PTR_AT] = (uint8_t)(ptr + slot);
    return true;
}

/* The next address in the route becomes the destination, ours takes its place. */
static uint32_t advance(const struct net *net, uint8_t *ip, uint8_t *o, uint32_t *out_own4)
{
    uint8_t *at = o + o[PTR_AT] - 1;
    uint32_t next4 = wf_ld32be(at), src4 = 0;
    uint16_t ifindex = 0;
    if (wf_addrs_kind(net, next4, 0) == IP4_LOCAL || !wf_ip4_source(net, next4, &src4, &ifindex))
        src4 = wf_ld32be(ip + 16);
    *out_own4 = src4;
    wf_st32be(at, src4);
    o[PTR_AT] = (uint8_t)(o[PTR_AT] + 4);
    wf_st32be(ip + 16, next4);
    sum_anew(ip);
    return next4;
}

static enum verdict route_failed(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    wf_icmp_error(net, p, m, ICMP4_UNREACHABLE, ICMP4_SOURCE_ROUTE_FAILED, 0);
    return wf_net_drop(net, p, WEFT_DROP_IP4_SRCROUTE);
}

/* Whether the route may lead to this address next. */
static bool may_be_next(const struct net *net, const struct ip4_opt *o)
{
    uint32_t next4 = wf_ld32be(o->data + o->data[0] - 3);
    enum ip4_kind kind = wf_addrs_kind(net, next4, 0);
    if (kind == IP4_LOCAL)
        return next4 >> 24 != 127;
    const struct wf_route4 *r = wf_routes_lookup4(net, next4);
    /* RFC 791: a strict route names every network on the way. */
    return kind == IP4_OTHER && (o->type == IP4_OPT_LSRR || (r != NULL && r->gateway == 0));
}

enum verdict wf_ip4_opts_hop(struct net *net, struct pkt *p, struct rx_meta *m)
{
    for (uint32_t hops = 0; hops < IP4_OPTS_MAX_BYTES / 4; hops++) {
        struct ip4_hdr h = options_of(p->data);
        struct ip4_opt o;
        if (!wf_ip4_opts_source_route(&h, &o) || o.data[0] > o.len)
            return RX_IP4; /* None, or we are its end. */
        if (net->ip->sw.source_routes != WEFT_IP_SOURCE_ROUTES_FORWARD || !may_be_next(net, &o))
            return route_failed(net, p, m);
        uint8_t pos = o.pos;
        if (!wf_pkt_own_headers(&net->pool, p, m->ip_hdr_bytes))
            return wf_net_drop(net, p, WEFT_DROP_NO_PKT);
        uint32_t own4 = 0;
        m->dst4 = advance(net, p->data, p->data + pos, &own4);
        m->dst = wf_addr_from4(m->dst4);
        if (wf_addrs_kind(net, m->dst4, m->ifindex) != IP4_LOCAL)
            return RX_FORWARD;
    }
    return RX_IP4;
}

/* Write into every record route (if @is_recording) and timestamp. Returns the octet of the header
 * that says why it cannot be, 0 if all is well. */
static uint8_t write_options(struct net *net, uint8_t *ip, uint32_t own4, bool is_recording)
{
    struct ip4_hdr h = options_of(ip);
    struct ip4_opts_it it = wf_ip4_opts_begin(&h);
    struct ip4_opt o;
    uint8_t fault = 0;
    while (fault == 0 && wf_ip4_opts_next(&it, &o) == OPT_NEXT) {
        if (o.type == IP4_OPT_RR && is_recording)
            record(ip + o.pos, own4);
        else if (o.type == IP4_OPT_TS && !stamp(net, ip + o.pos, own4))
            fault = (uint8_t)(o.pos + TS_FLAG_AT);
    }
    sum_anew(ip);
    return fault;
}

static bool refuse_at(struct net *net, struct pkt *p, const struct rx_meta *m, uint8_t at)
{
    wf_icmp_error(net, p, m, ICMP4_PARAMETER_PROBLEM, ICMP4_PARAM_POINTER, at);
    wf_net_drop(net, p, WEFT_DROP_IP4_BAD_OPTION);
    return false;
}

bool wf_ip4_opts_deliver(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    struct ip4_hdr h = options_of(p->data);
    if (!wf_ip4_opts_has(&h, IP4_OPT_TS))
        return true;
    if (!wf_pkt_own_headers(&net->pool, p, m->ip_hdr_bytes)) {
        wf_net_drop(net, p, WEFT_DROP_NO_PKT);
        return false;
    }
    bool is_own = wf_addrs_kind(net, m->dst4, m->ifindex) == IP4_LOCAL;
    uint32_t own4 = is_own ? m->dst4 : own_address(net, m->ifindex, m->src4);
    uint8_t fault = write_options(net, p->data, own4, false);
    return fault == 0 || refuse_at(net, p, m, fault);
}

bool wf_ip4_opts_transit(struct net *net, struct pkt *p, const struct rx_meta *m,
                         uint16_t out_ifindex)
{
    if (m->ip_hdr_bytes == IP4_HDR_BYTES || net->ip->sw.is_unrecorded)
        return true;
    uint8_t fault = write_options(net, p->data, own_address(net, out_ifindex, m->dst4), true);
    return fault == 0 || refuse_at(net, p, m, fault);
}

/* ---- options of our own ---- */

void wf_ip4_opts_stamp_own(struct net *net, uint8_t *opts, uint32_t n, uint32_t src4)
{
    struct ip4_hdr h = {.opts = opts, .opts_bytes = (uint8_t)n};
    struct ip4_opts_it it = wf_ip4_opts_begin(&h);
    struct ip4_opt o;
    while (wf_ip4_opts_next(&it, &o) == OPT_NEXT)
        if (o.type == IP4_OPT_TS)
            (void)stamp(net, opts + (o.pos - IP4_HDR_BYTES), src4);
}

void wf_ip4_opts_record_own(uint8_t *opts, uint32_t n, uint32_t own4)
{
    struct ip4_hdr h = {.opts = opts, .opts_bytes = (uint8_t)n};
    struct ip4_opts_it it = wf_ip4_opts_begin(&h);
    struct ip4_opt o;
    while (wf_ip4_opts_next(&it, &o) == OPT_NEXT)
        if (o.type == IP4_OPT_RR)
            record(opts + (o.pos - IP4_HDR_BYTES), own4);
}
