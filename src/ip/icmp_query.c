/* SPDX-License-Identifier: MIT */
/**
 * DOC: icmp query - requests other than echo: timestamp and information (RFC 792), address mask
 * (RFC 950)
 *
 * All are off until switched on (RFC 6918; the time of day is nobody's business). Requests to a
 * group are answered for the mask only, where a broadcast is how it is asked. The stack has no
 * clock of its own: the embedder tells the time of day, and the stack's time carries it on to the
 * millisecond.
 */
#include "ip/ip.h"

#include "link/link.h"

static enum icmp_result drop(struct net *net, struct pkt *p, enum weft_drop why)
{
    wf_net_drop(net, p, why);
    return ICMP_CONSUMED;
}

/* An answer of @bytes, header written; NULL if there is no memory. */
static struct pkt *begin(struct net *net, const struct icmp4_hdr *h, uint8_t type, uint32_t bytes)
{
    struct pkt *e = wf_pkt_alloc(&net->pool);
    if (e == NULL) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        return NULL;
    }
    struct icmp4_hdr out = {.type = type, .id = h->id, .seq = h->seq};
    e->data = e->head + PKT_HEADROOM + IP4_HDR_MAX_BYTES; /* Options may come back. */
    e->len = e->total = bytes;
    wf_icmp4_emit(e->data, &out);
    return e;
}

static void answer(struct net *net, struct pkt *e, const struct pkt *p, const struct rx_meta *m)
{
    wf_count(net, WEFT_COUNT_ICMP_QUERY_REPLIES_OUT);
    wf_icmp_reply(net, e, p, m);
}

static enum icmp_result timestamp(struct net *net, struct pkt *p, const struct rx_meta *m,
                                  const struct icmp4_hdr *h)
{
    struct icmp4_times t;
    if (p->total < ICMP4_TIMESTAMP_BYTES ||
        !wf_pkt_linear(&net->pool, p, m->ip_hdr_bytes, ICMP4_TIMESTAMP_BYTES) ||
        !wf_icmp4_parse_times(&t, p->data, p->len))
        return drop(net, p, WEFT_DROP_ICMP_TRUNCATED);
    struct pkt *e = begin(net, h, ICMP4_TIMESTAMP_REPLY, ICMP4_TIMESTAMP_BYTES);
    if (e != NULL) {
        t.receive = t.transmit = wf_ip4_time_ms(net);
        wf_icmp4_emit_times(e->data, &t);
        answer(net, e, p, m);
    }
    wf_net_done(net, p);
    return ICMP_CONSUMED;
}

static enum icmp_result information(struct net *net, struct pkt *p, const struct rx_meta *m,
                                    const struct icmp4_hdr *h)
{
    struct pkt *e = begin(net, h, ICMP4_INFO_REPLY, ICMP4_HDR_BYTES);
    if (e != NULL)
        answer(net, e, p, m);
    wf_net_done(net, p);
    return ICMP_CONSUMED;
}

/* ---- address mask ---- */

/*
 * The address of ours whose mask @src4 is to know. Certain knowledge only (RFC 950 2.3, RFC 1812
 * 4.3.3.9): the network it is in, or, if it does not know its own, the only mask there is.
 */
static const struct wf_ifaddr *mask_for(const struct net *net, uint16_t ifindex, uint32_t src4)
{
    const struct wf_addrs *t = &net->addrs;
    const struct wf_ifaddr *only = NULL;
    bool is_certain = true;
    for (uint32_t i = 0; i < t->n; i++) {
        const struct wf_ifaddr *a = &t->tab[i];
        if (a->ifindex != ifindex)
            continue;
        if (src4 != 0 && ((a->ip4 ^ src4) & wf_ip4_mask(a->prefix_len)) == 0)
            return a;
        is_certain = is_certain && (only == NULL || only->prefix_len == a->prefix_len);
        only = a;
    }
    return src4 == 0 && is_certain ? only : NULL;
}

bool wf_icmp_may_lack_source(const struct net *net, uint8_t type, const struct rx_meta *m)
{
    if (wf_addrs_kind(net, m->dst4, m->ifindex) == IP4_OTHER) /* RFC 1812 5.3.7. */
        return false;
    bool is_agent = (net->ip->icmp.if_flags[m->ifindex] & WEFT_ICMP_MASK_AGENT) != 0;
    return type == ICMP4_ROUTER_SOLICIT || (type == ICMP4_MASK_REQUEST && is_agent);
}

static void send_mask(struct net *net, struct pkt *e, const struct wf_ifaddr *a, uint32_t dst4)
{
    wf_st32be(e->data + ICMP4_HDR_BYTES, wf_ip4_mask(a->prefix_len));
    wf_st16be(e->data + 2, wf_csum_finish(wf_pkt_sum(&net->pool, e, 0, e->total)));
    struct ip4_out o = {.src4 = a->ip4,
                        .dst4 = dst4,
                        .proto = IP_PROTO_ICMP,
                        .ttl = dst4 == UINT32_MAX ? 1 : net->ip->sw.ttl,
                        .ifindex = a->ifindex};
    wf_count(net, WEFT_COUNT_ICMP_QUERY_REPLIES_OUT);
    (void)wf_ip4_output(net, e, &o);
}

static enum icmp_result mask(struct net *net, struct pkt *p, const struct rx_meta *m,
                             const struct icmp4_hdr *h)
{
    const struct wf_ifaddr *a = mask_for(net, m->ifindex, m->src4);
    if (p->total < ICMP4_MASK_BYTES)
        return drop(net, p, WEFT_DROP_ICMP_TRUNCATED);
    if (a == NULL)
        return drop(net, p, WEFT_DROP_ICMP_OFF);
    struct pkt *e = begin(net, h, ICMP4_MASK_REPLY, ICMP4_MASK_BYTES);
    if (e != NULL)
        send_mask(net, e, a, m->src4 == 0 ? UINT32_MAX : m->src4);
    wf_net_done(net, p);
    return ICMP_CONSUMED;
}

void wf_icmp_announce_mask(struct net *net, uint16_t ifindex)
{
    const struct wf_ifaddr *a = mask_for(net, ifindex, 0);
    struct icmp4_hdr none = {0};
    if (a == NULL)
        return;
    struct pkt *e = begin(net, &none, ICMP4_MASK_REPLY, ICMP4_MASK_BYTES);
    if (e != NULL)
        send_mask(net, e, a, UINT32_MAX);
}

void wf_icmp_note_mask(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    uint8_t b[4];
    const struct wf_ifaddr *a = mask_for(net, m->ifindex, m->src4);
    if (a == NULL || p->total < ICMP4_MASK_BYTES)
        return;
    wf_pkt_copy_out(&net->pool, p, ICMP4_HDR_BYTES, b, 4);
    if (wf_ld32be(b) != wf_ip4_mask(a->prefix_len))
        wf_count(net, WEFT_COUNT_ICMP_MASKS_DIFFER);
}

enum icmp_result wf_icmp_query(struct net *net, struct pkt *p, const struct rx_meta *m,
                               const struct icmp4_hdr *h)
{
    const struct wf_icmp *c = &net->ip->icmp;
    wf_count(net, WEFT_COUNT_ICMP_QUERIES_IN);
    bool is_mask = h->type == ICMP4_MASK_REQUEST, is_time = h->type == ICMP4_TIMESTAMP_REQUEST;
    bool is_on = is_time ? c->cfg.answers_timestamp : c->cfg.answers_information;
    if (is_mask)
        is_on = (c->if_flags[m->ifindex] & WEFT_ICMP_MASK_AGENT) != 0;
    if (!is_on)
        return drop(net, p, WEFT_DROP_ICMP_OFF);
    if (wf_icmp_is_limited(net))
        return drop(net, p, WEFT_DROP_ICMP_LIMITED);
    if (is_mask)
        return mask(net, p, m, h);
    if (m->is_group) /* RFC 1122 3.2.2.8: may be silent. */
        return drop(net, p, WEFT_DROP_ICMP_TO_GROUP);
    return is_time ? timestamp(net, p, m, h) : information(net, p, m, h);
}
