/* SPDX-License-Identifier: MIT */
#include "ip/icmp.h"

#include "ip/ip.h"

#define NS_PER_S      1000000000ull
#define NS_PER_MS     1000000ull
#define ERROR_BYTES   576u           /* RFC 1812 4.3.2.3 */
#define ECHO_BURST_NS (NS_PER_S / 4) /* So much of a second's answers may go at once. */

int wf_icmp_err(uint8_t type, uint8_t code)
{
    if (type == ICMP4_TIME_EXCEEDED)
        return WEFT_EHOSTUNREACH;
    if (type != ICMP4_UNREACHABLE)
        return WEFT_EPROTO;
    switch (code) {
    case ICMP4_NET_UNREACHABLE:
    case ICMP4_NET_UNKNOWN:
    case ICMP4_NET_PROHIBITED:
    case ICMP4_NET_TOS_UNREACHABLE:
        return WEFT_ENETUNREACH;
    case ICMP4_PROTO_UNREACHABLE:
    case ICMP4_PORT_UNREACHABLE:
        return WEFT_ECONNREFUSED;
    case ICMP4_FRAG_NEEDED:
        return WEFT_EMSGSIZE;
    default:
        return WEFT_EHOSTUNREACH;
    }
}

/* ---- errors we send ---- */

static bool is_error_type(uint8_t type)
{
    return type == ICMP4_UNREACHABLE || type == ICMP4_SOURCE_QUENCH || type == ICMP4_REDIRECT ||
           type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAMETER_PROBLEM;
}

/* The rules of silence (RFC 1122 3.2.2, RFC 1812 4.3.2.7). */
static bool must_be_silent(const struct net *net, const struct pkt *p, const struct rx_meta *m)
{
    if (p->is_link_group || wf_addrs_kind(net, m->dst4, m->ifindex) > IP4_LOCAL ||
        !wf_ip4_can_be_host(m->src4))
        return true;
    if (wf_addrs_kind(net, m->src4, m->ifindex) > IP4_LOCAL)
        return true;
    if ((wf_ld16be(p->data + 6) & 0x1fff) != 0)
        return true;
    if (m->proto != IP_PROTO_ICMP)
        return false;
    uint8_t type = ICMP4_UNREACHABLE; /* A type that cannot be read counts as an error. */
    if (p->total > m->ip_hdr_bytes)
        wf_pkt_copy_out(&net->pool, p, m->ip_hdr_bytes, &type, 1);
    return is_error_type(type);
}

/* RFC 1812 4.3.2.8: a bucket per destination; then the stack's ceiling. */
static bool is_limited(struct net *net, uint32_t dst4)
{
    struct wf_icmp *l = &net->ip->icmp;
    uint64_t w = dst4, step = l->cfg.error_interval_ms * NS_PER_MS;
    uint64_t *full = &l->full_ns[wf_hash_words(&net->hash_key, &w, 1) % ICMP_LIMIT_SLOTS];
    uint64_t from = wf_max_u64(*full, net->now_ns);
    if (from + step > net->now_ns + l->cfg.error_burst * step)
        return true;
    /* Between four fifths and six fifths of the ceiling, anew each second: what is left of it tells
     * nobody how many others got one. */
    if (l->second_ns == 0 || net->now_ns - l->second_ns >= NS_PER_S) {
        l->second_ns = net->now_ns;
        l->left =
            l->cfg.errors_per_s / 5 * 4 + wf_rng_below(&net->rng, l->cfg.errors_per_s / 5 * 2);
    }
    if (l->left == 0)
        return true;
    l->left--;
    *full = from + step;
    return false;
}

static bool is_switched_off(const struct net *net, const struct rx_meta *m, uint8_t type,
                            uint8_t code)
{
    const struct wf_icmp *c = &net->ip->icmp;
    if (type == ICMP4_TIME_EXCEEDED && code == ICMP4_TTL_EXCEEDED)
        return (c->if_flags[m->ifindex] & WEFT_ICMP_NO_TIME_EXCEEDED) != 0;
    if (type != ICMP4_UNREACHABLE || !c->cfg.is_filter_silent)
        return false;
    return code == ICMP4_NET_PROHIBITED || code == ICMP4_HOST_PROHIBITED ||
           code >= ICMP4_ADMIN_PROHIBITED;
}

/* RFC 1122 3.2.2: a host's errors have TOS 0. RFC 1812 4.3.2.5: a router's that of the offender.
 * Both with the precedence of internetwork control. ECN is nobody's business here. */
static uint8_t error_tos(const struct net *net, const struct pkt *p)
{
    return net->is_forwarding ? (uint8_t)(0xc0 | (p->data[1] & 0x1c)) : 0xc0;
}

static void finish_csum(struct net *net, struct pkt *p)
{
    uint16_t sum = wf_csum_finish(wf_pkt_sum(&net->pool, p, 0, p->total));
    wf_st16be(p->data + 2, sum);
}

/* Header, quote and what follows it, beside @opts octets of options; NULL if there is no memory. */
static struct pkt *build_error(struct net *net, const struct pkt *p, const struct rx_meta *m,
                               const struct icmp4_hdr *h, uint32_t opts)
{
    uint8_t buf[ERROR_BYTES];
    uint32_t ext = wf_icmp_ext_bytes(net, h->type);
    uint32_t n = wf_min_u32(p->total, m->ip_hdr_bytes + (uint32_t)net->ip->icmp.cfg.quote_bytes);
    n = wf_min_u32(n, ERROR_BYTES - IP4_HDR_BYTES - ICMP4_HDR_BYTES - ext - opts);
    wf_icmp4_emit(buf, h);
    wf_pkt_copy_out(&net->pool, p, 0, buf + ICMP4_HDR_BYTES, n);
    if (ext != 0)
        n = wf_icmp_ext_append(net, buf, n, m->ifindex, m->src4);
    struct pkt *e = wf_pkt_alloc(&net->pool);
    if (e == NULL) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        return NULL;
    }
    e->data = e->head + PKT_HEADROOM + IP4_HDR_MAX_BYTES;
    memcpy(e->data, buf, ICMP4_HDR_BYTES);
    e->len = e->total = ICMP4_HDR_BYTES;
    if (!wf_pkt_append_copy(&net->pool, e, buf + ICMP4_HDR_BYTES, n)) {
        wf_net_drop(net, e, WEFT_DROP_NO_CHUNK);
        return NULL;
    }
    finish_csum(net, e);
    return e;
}

void wf_icmp_error(struct net *net, struct pkt *p, const struct rx_meta *m, uint8_t type,
                   uint8_t code, uint32_t info)
{
    if (must_be_silent(net, p, m) || is_switched_off(net, m, type, code))
        return;
    if (is_limited(net, m->src4)) {
        wf_count(net, WEFT_COUNT_ICMP_RATE_LIMITED);
        return;
    }
    struct icmp4_hdr h = {.type = type, .code = code};
    if (type == ICMP4_UNREACHABLE)
        h.mtu = (uint16_t)wf_min_u32(info, 65535);
    else if (type == ICMP4_PARAMETER_PROBLEM)
        h.pointer = (uint8_t)info;
    else if (type == ICMP4_REDIRECT)
        wf_st32be(h.gateway.b, info);
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    uint32_t pointer = type == ICMP4_PARAMETER_PROBLEM ? info : 0;
    uint8_t opts_bytes = wf_ip4_opts_retrace(net, p, m, pointer, opts);
    struct pkt *e = build_error(net, p, m, &h, opts_bytes);
    if (e == NULL)
        return;
    /* RFC 1812 4.3.2.4: what was for us is answered from there, the rest from the interface that
     * leads back. */
    struct ip4_out o = {.src4 = wf_addrs_kind(net, m->dst4, m->ifindex) == IP4_LOCAL ? m->dst4 : 0,
                        .dst4 = m->src4,
                        .proto = IP_PROTO_ICMP,
                        .ttl = net->ip->sw.ttl,
                        .tos = error_tos(net, p),
                        .opts = opts,
                        .opts_bytes = opts_bytes};
    wf_count(net, WEFT_COUNT_ICMP_ERRORS_OUT);
    (void)wf_ip4_output(net, e, &o);
}

void wf_icmp_quench(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    if (net->ip->icmp.cfg.has_quench)
        wf_icmp_error(net, p, m, ICMP4_SOURCE_QUENCH, 0, 0);
}

/* ---- messages that arrive ---- */

static enum icmp_result drop(struct net *net, struct pkt *p, enum weft_drop why)
{
    wf_net_drop(net, p, why);
    return ICMP_CONSUMED;
}

void wf_icmp_reply(struct net *net, struct pkt *e, const struct pkt *p, const struct rx_meta *m)
{
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    struct ip4_out o = {.src4 = m->is_group ? 0 : m->dst4,
                        .dst4 = m->src4,
                        .proto = IP_PROTO_ICMP,
                        .ttl = net->ip->sw.ttl,
                        .tos = m->tos};
    finish_csum(net, e);
    if (m->ip_hdr_bytes > IP4_HDR_BYTES) { /* RFC 1122 3.2.2.6, 3.2.2.8 */
        o.opts = opts;
        o.opts_bytes = wf_ip4_opts_reply(net, p, m, opts);
        o.is_stamped = true;
    }
    (void)wf_ip4_output(net, e, &o);
}

/* A flood of requests gets so many answers, whoever sends them: each costs a packet. */
bool wf_icmp_is_limited(struct net *net)
{
    struct wf_icmp *c = &net->ip->icmp;
    uint64_t step = NS_PER_S / c->cfg.echo_per_s;
    c->echo_full_ns = wf_max_u64(c->echo_full_ns, net->now_ns);
    if (c->echo_full_ns - net->now_ns > ECHO_BURST_NS)
        return true;
    c->echo_full_ns += step;
    return false;
}

/* RFC 1122 3.2.2.6: the data comes back as it was, from the address that was asked. */
static enum icmp_result echo(struct net *net, struct pkt *p, const struct rx_meta *m,
                             const struct icmp4_hdr *h)
{
    wf_count(net, WEFT_COUNT_ICMP_ECHO_IN);
    if (m->is_group || net->cfg->is_echo_silent) /* RFC 1122 3.2.2.6: may be silent to groups. */
        return drop(net, p, m->is_group ? WEFT_DROP_ICMP_TO_GROUP : WEFT_DROP_ICMP_OFF);
    if (wf_icmp_is_limited(net))
        return drop(net, p, WEFT_DROP_ICMP_LIMITED);
    struct pkt *e = wf_pkt_alloc(&net->pool);
    if (e == NULL)
        return drop(net, p, WEFT_DROP_NO_PKT);
    e->data = e->head + PKT_HEADROOM + m->ip_hdr_bytes; /* The reply may have as many options. */
    struct icmp4_hdr out = {.type = ICMP4_ECHO_REPLY, .code = 0, .id = h->id, .seq = h->seq};
    wf_icmp4_emit(e->data, &out);
    e->len = e->total = ICMP4_HDR_BYTES;
    if (!wf_pkt_share(e, p, ICMP4_HDR_BYTES, p->total - ICMP4_HDR_BYTES)) {
        wf_net_drop(net, e, WEFT_DROP_NO_CHUNK);
        return drop(net, p, WEFT_DROP_NO_CHUNK);
    }
    wf_count(net, WEFT_COUNT_ICMP_ECHO_REPLIES_OUT);
    wf_icmp_reply(net, e, p, m);
    wf_net_done(net, p);
    return ICMP_CONSUMED;
}

/* An error: find the packet of ours that it quotes (RFC 1122 3.2.2, 4.1.3.3, 4.2.3.9). */
static enum icmp_result error_input(struct net *net, struct pkt *p, const struct rx_meta *m,
                                    const struct icmp4_hdr *h, struct icmp_quote *q)
{
    wf_count(net, WEFT_COUNT_ICMP_ERRORS_IN);
    uint32_t want = wf_min_u32(p->total, ICMP4_HDR_BYTES + IP4_HDR_MAX_BYTES + 20);
    struct ip4_hdr in;
    if (!wf_pkt_linear(&net->pool, p, m->ip_hdr_bytes, want))
        return drop(net, p, WEFT_DROP_ICMP_QUOTE_BAD);
    const uint8_t *ip = p->data + ICMP4_HDR_BYTES;
    uint32_t ip_bytes = want - ICMP4_HDR_BYTES;
    if (wf_ip4_parse_quoted(&in, ip, ip_bytes) != IP4_OK || ip_bytes < in.hdr_bytes + 8u ||
        in.frag_off_bytes != 0)
        return drop(net, p, WEFT_DROP_ICMP_QUOTE_BAD);
    uint32_t src4 = wf_ld32be(in.src.b), dst4 = wf_ld32be(in.dst.b);
    /* Of what is quoted, an ICMP message can only be a query: no error is about an error. */
    if (in.proto == IP_PROTO_ICMP && is_error_type(ip[in.hdr_bytes]))
        return drop(net, p, WEFT_DROP_ICMP_QUOTE_BAD);
    const struct netif *nif = wf_netif_get(net, m->ifindex);
    if (wf_addrs_kind(net, src4, 0) != IP4_LOCAL && !nif->is_any_address)
        return drop(net, p, WEFT_DROP_ICMP_QUOTE_BAD);
    *q = (struct icmp_quote){.src = wf_addr_from4(src4),
                             .dst = wf_addr_from4(dst4),
                             .offender = m->src,
                             .proto = in.proto,
                             .type = h->type,
                             .code = h->code,
                             .pointer = h->pointer,
                             .l4 = ip + in.hdr_bytes,
                             .l4_bytes = ip_bytes - in.hdr_bytes,
                             .err = wf_icmp_err(h->type, h->code)};
    q->ext_bytes = (uint8_t)wf_icmp_ext_read(net, p, q->ext);
    q->is_hard = h->type == ICMP4_UNREACHABLE && h->code >= 2 && h->code <= 4;
    if (h->type == ICMP4_UNREACHABLE && h->code == ICMP4_FRAG_NEEDED) {
        q->told_mtu = h->mtu;
        q->packet_bytes = in.total_bytes;
        q->is_mtu = true;
    }
    if (h->type == ICMP4_REDIRECT) {
        q->gateway4 = wf_ld32be(h->gateway.b);
        return ICMP_REDIRECT;
    }
    return ICMP_ERROR;
}

enum icmp_result wf_icmp_input(struct net *net, struct pkt *p, const struct rx_meta *m,
                               struct icmp_quote *q)
{
    struct icmp4_hdr h;
    if (!wf_pkt_linear(&net->pool, p, m->ip_hdr_bytes, wf_min_u32(p->total, ICMP4_HDR_BYTES)) ||
        wf_icmp4_parse(&h, p->data, p->len) != ICMP4_OK)
        return drop(net, p, WEFT_DROP_ICMP_TRUNCATED);
    if (p->csum == PKT_CSUM_NONE && wf_pkt_sum(&net->pool, p, 0, p->total) != 0xffff)
        return drop(net, p, WEFT_DROP_ICMP_BAD_CSUM);
    switch ((enum icmp4_type)h.type) {
    case ICMP4_ECHO_REQUEST:
        return echo(net, p, m, &h);
    case ICMP4_ECHO_REPLY:
        return m->is_group ? drop(net, p, WEFT_DROP_ICMP_TO_GROUP) : ICMP_REPLY;
    case ICMP4_MASK_REPLY:
        wf_icmp_note_mask(net, p, m);
        return ICMP_REPLY;
    case ICMP4_TIMESTAMP_REPLY:
    case ICMP4_INFO_REPLY:
        return m->is_group ? drop(net, p, WEFT_DROP_ICMP_TO_GROUP) : ICMP_REPLY;
    case ICMP4_SOURCE_QUENCH:
        if (!net->ip->icmp.cfg.has_quench)
            return drop(net, p, WEFT_DROP_ICMP_QUENCH);
        return m->is_group ? drop(net, p, WEFT_DROP_ICMP_TO_GROUP) : error_input(net, p, m, &h, q);
    case ICMP4_REDIRECT:
        if (!wf_redirect_may_learn(net, m, &h))
            return drop(net, p, WEFT_DROP_ICMP_REDIRECT_BAD);
        return error_input(net, p, m, &h, q);
    case ICMP4_UNREACHABLE:
    case ICMP4_TIME_EXCEEDED:
    case ICMP4_PARAMETER_PROBLEM:
        return m->is_group ? drop(net, p, WEFT_DROP_ICMP_TO_GROUP) : error_input(net, p, m, &h, q);
    case ICMP4_TIMESTAMP_REQUEST:
    case ICMP4_INFO_REQUEST:
    case ICMP4_MASK_REQUEST:
        return wf_icmp_query(net, p, m, &h);
    case ICMP4_ROUTER_ADVERT:
    case ICMP4_ROUTER_SOLICIT:
        break;
    }
    return ICMP_OTHER;
}
