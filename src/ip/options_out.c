/* SPDX-License-Identifier: MIT */
/** DOC: options of what we send: from a user, of an echo reply, back along a source route */
#include <string.h>

#include "ip/ip.h"
#include "ip/options.h"

#define ROUTE_MIN 3 /* Octets of a route without addresses. */

static struct ip4_hdr header_of(const uint8_t *opts, uint32_t n)
{
    return (struct ip4_hdr){.opts = opts, .opts_bytes = (uint8_t)n};
}

/* Where the source route stands in @opts; false if there is none. */
static bool find_route(const uint8_t *opts, uint32_t n, uint32_t *at, uint32_t *len)
{
    struct ip4_hdr h = header_of(opts, n);
    struct ip4_opt o;
    if (!wf_ip4_opts_source_route(&h, &o))
        return false;
    *at = o.pos - (uint32_t)IP4_HDR_BYTES;
    *len = o.len;
    return true;
}

int wf_ip4_opts_settle(const uint8_t *in, size_t n, uint8_t out[IP4_OPTS_MAX_BYTES])
{
    if (n > IP4_OPTS_MAX_BYTES)
        return -WEFT_EINVAL;
    uint32_t padded = ((uint32_t)n + 3u) & ~3u, at = 0, len = 0;
    memset(out, IP4_OPT_EOL, IP4_OPTS_MAX_BYTES);
    if (n > 0)
        memcpy(out, in, n);
    struct ip4_hdr h = header_of(out, padded);
    if (wf_ip4_opts_judge(&h).why != WEFT_DROP_COUNT)
        return -WEFT_EINVAL;
    if (wf_ip4_opts_has(&h, IP4_OPT_STREAM_ID)) /* RFC 1122 3.2.1.8 (b): not sent. */
        return -WEFT_EINVAL;
    /* A route begins at its first hop; there has to be one. */
    if (find_route(out, padded, &at, &len) && (len < ROUTE_MIN + 4 || out[at + 2] != 4))
        return -WEFT_EINVAL;
    return (int)padded;
}

void wf_ip4_opts_originate(struct ip4_out *o, uint8_t buf[IP4_OPTS_MAX_BYTES])
{
    uint32_t at = 0, len = 0;
    memcpy(buf, o->opts, o->opts_bytes);
    o->opts = buf;
    if (find_route(buf, o->opts_bytes, &at, &len)) {
        uint8_t *hops = buf + at + ROUTE_MIN;
        uint32_t last = len - ROUTE_MIN - 4, final4 = o->dst4;
        o->dst4 = wf_ld32be(hops);
        o->ifindex = 0; /* The way is that to the first hop. */
        memmove(hops, hops + 4, last);
        wf_st32be(hops + last, final4);
    }
}

uint32_t wf_ip4_opts_return(uint32_t src4, const uint8_t *opts, uint32_t n,
                            uint8_t out[IP4_OPTS_MAX_BYTES])
{
    uint32_t at = 0, len = 0, used = 0;
    if (n > IP4_OPTS_MAX_BYTES || !find_route(opts, n, &at, &len) || opts[at + 2] <= len)
        return 0;
    memset(out, IP4_OPT_EOL, IP4_OPTS_MAX_BYTES);
    for (uint32_t i = len; i >= ROUTE_MIN + 4; i -= 4) {
        const uint8_t *hop = opts + at + i - 4;
        /* RFC 1122 3.2.1.8 (c): a source that put itself into the route is no hop. */
        if (i == ROUTE_MIN + 4 && wf_ld32be(hop) == src4)
            break;
        memcpy(out + ROUTE_MIN + used, hop, 4);
        used += 4;
    }
    if (used == 0)
        return 0;
    out[0] = opts[at];
    out[1] = (uint8_t)(ROUTE_MIN + used);
    out[2] = 4;
    return (ROUTE_MIN + used + 3u) & ~3u;
}

/* The first of @n octets of a route is left out. */
static uint32_t drop_first(uint8_t *route, uint32_t n)
{
    uint32_t used = route[1] - ROUTE_MIN - 4u;
    if (used == 0)
        return 0;
    memmove(route + ROUTE_MIN, route + ROUTE_MIN + 4, used);
    memset(route + ROUTE_MIN + used, IP4_OPT_EOL, n - ROUTE_MIN - used);
    route[1] = (uint8_t)(ROUTE_MIN + used);
    return n - 4;
}

uint8_t wf_ip4_opts_retrace(const struct net *net, const struct pkt *p, const struct rx_meta *m,
                            uint32_t pointer, uint8_t out[IP4_OPTS_MAX_BYTES])
{
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    uint32_t n = m->ip_hdr_bytes - (uint32_t)IP4_HDR_BYTES, at = 0, len = 0;
    if (n == 0 || net->ip->sw.source_routes == WEFT_IP_SOURCE_ROUTES_DROP)
        return 0;
    memcpy(opts, p->data + IP4_HDR_BYTES, n);
    if (!find_route(opts, n, &at, &len) || opts[at + 2] <= ROUTE_MIN || opts[at + 2] > len + 1)
        return 0;
    if (pointer >= IP4_HDR_BYTES + at && pointer < IP4_HDR_BYTES + at + len)
        return 0;
    opts[at + 1] = (uint8_t)(opts[at + 2] - 1); /* So far it went: there it is completed. */
    uint32_t back = wf_ip4_opts_return(m->src4, opts, n, out);
    while (back > 0 && wf_addrs_kind(net, wf_ld32be(out + ROUTE_MIN), 0) == IP4_LOCAL)
        back = drop_first(out, back);
    return (uint8_t)back;
}

uint8_t wf_ip4_opts_reply(struct net *net, const struct pkt *p, const struct rx_meta *m,
                          uint8_t buf[IP4_OPTS_MAX_BYTES])
{
    const uint8_t *in = p->data - m->ip_hdr_bytes + IP4_HDR_BYTES;
    uint32_t in_bytes = m->ip_hdr_bytes - (uint32_t)IP4_HDR_BYTES;
    uint32_t n = net->ip->sw.source_routes == WEFT_IP_SOURCE_ROUTES_DROP
                     ? 0
                     : wf_ip4_opts_return(m->src4, in, in_bytes, buf);
    if (n > 0)
        buf[n - 1] = IP4_OPT_NOP; /* More may follow: a route is 3 octets and addresses. */
    struct ip4_hdr h = header_of(in, in_bytes);
    struct ip4_opts_it it = wf_ip4_opts_begin(&h);
    struct ip4_opt o;
    while (wf_ip4_opts_next(&it, &o) == OPT_NEXT) {
        if ((o.type != IP4_OPT_RR && o.type != IP4_OPT_TS) || n + o.len > IP4_OPTS_MAX_BYTES)
            continue;
        memcpy(buf + n, in + o.pos - IP4_HDR_BYTES, o.len);
        if (n + o.len < IP4_OPTS_MAX_BYTES)
            buf[n + o.len] = IP4_OPT_EOL;
        n += o.len;
        while (n % 4 != 0) /* The next one begins on a word. */
            buf[n++] = IP4_OPT_NOP;
    }
    if (n > 0)
        wf_ip4_opts_record_own(buf, n, m->dst4);
    return (uint8_t)n;
}
