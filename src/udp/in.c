/* SPDX-License-Identifier: MIT */
/** DOC: udp input - datagrams, echo replies and ICMP errors to endpoints */
#include "udp/udp.h"

#include <stddef.h>
#include <string.h>

#include "udp/demux.h"

_Static_assert(sizeof(struct udp_dgram) <= PKT_DGRAM_BYTES, "fits the packet");

/* Memory that is mostly empty is given back by copying. */
static struct pkt *shrink(struct net *net, struct pkt *p)
{
    struct pkt *small = wf_pkt_alloc(&net->pool);
    uint8_t *at = NULL;
    struct wf_chunk *c = NULL;
    if (small == NULL)
        return p;
    if (p->total > 0 && p->total <= net->pool.bufs.chunk_bytes)
        c = wf_chunk_bump(&net->pool.bufs, p->total, &at);
    if (c == NULL && p->total > 0) {
        wf_pkt_free(&net->pool, small);
        return p;
    }
    if (c != NULL) {
        wf_pkt_copy_out(&net->pool, p, 0, at, p->total);
        wf_pkt_frag_add(small, at, p->total, &c->buf);
    }
    small->ifindex = p->ifindex;
    small->pinned = small->total;
    wf_count(net, WEFT_COUNT_RX_COPIED);
    wf_net_done(net, p);
    return small;
}

/* Why an endpoint does not want a datagram that is for it; WEFT_DROP_COUNT = it does. */
static enum weft_drop refusal(const struct udp_ep *ep, const struct udp_in *in)
{
    if (ep->needs_csum && !in->has_csum)
        return WEFT_DROP_UDP_NO_CSUM;
    bool is_low = ep->recv_cov >= 0 && in->cov_bytes < in->full_bytes &&
                  (ep->recv_cov == 0 || in->cov_bytes < (uint32_t)ep->recv_cov);
    return is_low ? WEFT_DROP_UDPLITE_LOW_COV : WEFT_DROP_COUNT;
}

/* Queue a datagram's payload, or say why not; the packet is gone only if it was queued. */
static enum weft_drop queue(struct net *net, struct udp_ep *ep, struct pkt **p_io,
                            const struct udp_dgram *d)
{
    struct pkt *p = *p_io;
    if (p->pinned > 2 * p->total + 512 || !wf_lent_may_keep(&net->pool.bufs))
        *p_io = p = shrink(net, p);
    if (p->pinned < UINT32_MAX / 2)
        p->pinned += (uint32_t)sizeof(struct pkt);
    bool is_full = ep->recv_charge + p->pinned > ep->rcvbuf && ep->recv_n > 0;
    if (is_full || wf_pool_is_tight(&net->pool))
        return WEFT_DROP_UDP_QUEUE_FULL;
    memcpy(p->dgram, d, offsetof(struct udp_dgram, opts) + d->opts_bytes);
    p->next = NULL;
    if (ep->recv_tail != NULL)
        ep->recv_tail->next = p;
    else
        ep->recv_head = p;
    ep->recv_tail = p;
    ep->recv_n++;
    ep->recv_bytes += p->total;
    ep->recv_charge += p->pinned;
    wf_ready_mark(net, ep->ready);
    return WEFT_DROP_COUNT;
}

static enum weft_drop offer(struct net *net, struct udp_ep *ep, struct pkt **p_io,
                            const struct udp_in *in)
{
    enum weft_drop why = refusal(ep, in);
    return why != WEFT_DROP_COUNT ? why : queue(net, ep, p_io, &in->d);
}

/* One more reader: a packet of its own that references the same bytes; true if it took it. */
static bool queue_copy(struct net *net, struct udp_ep *ep, const struct pkt *p,
                       const struct udp_dgram *d)
{
    struct pkt *copy = wf_pkt_alloc(&net->pool);
    bool is_taken = copy != NULL && wf_pkt_share(copy, p, 0, p->total);
    if (is_taken) {
        copy->ifindex = p->ifindex;
        copy->pinned = p->pinned;
        is_taken = queue(net, ep, &copy, d) == WEFT_DROP_COUNT;
    }
    if (copy != NULL && !is_taken)
        wf_pkt_free(&net->pool, copy);
    return is_taken;
}

/* Of a group's datagrams an endpoint gets those that its own membership lets in (RFC 3376 3.1). */
static bool takes(const struct udp_ep *ep, const struct udp_dgram *d)
{
    uint32_t to4 = wf_addr_to4(&d->to);
    return !wf_ip4_is_multicast(to4) ||
           wf_igmp_takes(ep->members, d->ifindex, to4, wf_addr_to4(&d->from.addr));
}

/* RFC 1122 4.1.3.6 and RFC 1112: every endpoint that fits gets its copy. The frame is dropped if
 * nobody could take it. */
void wf_udp_fan_out(struct net *net, struct pkt *p, const struct udp_in *in)
{
    struct udp_ep *last = NULL;
    uint32_t takers = 0, fit = 0;
    for (struct udp_ep *ep = *wf_udp_bucket(net, in->proto, in->local.port); ep != NULL;
         ep = ep->hash_next) {
        if (wf_udp_fits(ep, in->proto, &in->local, &in->d.from) == 0 || !takes(ep, &in->d))
            continue;
        if (last != NULL)
            takers += refusal(last, in) == WEFT_DROP_COUNT && queue_copy(net, last, p, &in->d);
        last = ep;
        fit++;
    }
    enum weft_drop why = last != NULL ? offer(net, last, &p, in) : WEFT_DROP_UDP_NO_SOCKET;
    if (why == WEFT_DROP_COUNT)
        takers++;
    else if (takers > 0)
        wf_net_done(net, p);
    else
        wf_net_drop(net, p, why);
    if (takers > 0)
        wf_count_n(net, WEFT_COUNT_UDP_COPIES_LOST, fit - takers);
}

static bool csum_ok(const struct net *net, const struct pkt *p, const struct rx_meta *m,
                    const struct udp_hdr *h, uint32_t datagram_bytes)
{
    struct wf_ip4 src, dst;
    wf_st32be(src.b, m->src4);
    wf_st32be(dst.b, m->dst4);
    uint16_t sum = wf_ip4_pseudo_sum(src, dst, m->proto, (uint16_t)datagram_bytes);
    return wf_csum_add(sum, wf_pkt_sum(&net->pool, p, 0, h->len_bytes)) == 0xffff;
}

/* The header of UDP; WEFT_DROP_COUNT if it is right. */
static enum weft_drop udp_fault(const struct net *net, const struct pkt *p, const struct rx_meta *m,
                                struct udp_hdr *h)
{
    if (wf_udp_parse(h, p->data, p->total) != UDP_OK)
        return WEFT_DROP_UDP_BAD_LEN;
    if (h->dport == 0)
        return WEFT_DROP_UDP_PORT_ZERO;
    bool is_known = p->csum != PKT_CSUM_NONE || h->csum == 0;
    return is_known || csum_ok(net, p, m, h, h->len_bytes) ? WEFT_DROP_COUNT
                                                           : WEFT_DROP_UDP_BAD_CSUM;
}

/* The header of UDP-Lite; a link that vouches for sums it knows need not know this one. */
static enum weft_drop lite_fault(const struct net *net, const struct pkt *p,
                                 const struct rx_meta *m, struct udp_hdr *h)
{
    enum wf_udp_err err = wf_udplite_parse(h, p->data, p->total);
    if (err != UDP_OK)
        return err == UDP_NO_CSUM ? WEFT_DROP_UDP_BAD_CSUM : WEFT_DROP_UDPLITE_BAD_COV;
    if (h->dport == 0)
        return WEFT_DROP_UDP_PORT_ZERO;
    bool is_known = p->csum == PKT_CSUM_PARTIAL;
    return is_known || csum_ok(net, p, m, h, p->total) ? WEFT_DROP_COUNT : WEFT_DROP_UDP_BAD_CSUM;
}

/* What came with a datagram (its header at data), but for the port; options only if there are. */
static void fill_dgram(struct udp_dgram *d, const struct pkt *p, const struct rx_meta *m)
{
    d->from = (struct weft_endpoint){.addr = m->src};
    d->to = m->dst;
    d->ifindex = m->ifindex;
    d->ttl = m->ttl;
    d->tos = m->tos;
    d->is_group = m->is_group;
    d->opts_bytes = (uint8_t)(m->ip_hdr_bytes - IP4_HDR_BYTES);
    if (d->opts_bytes > 0)
        memcpy(d->opts, p->data - d->opts_bytes, d->opts_bytes);
}

enum verdict wf_udp_input(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    struct udp_hdr h;
    bool is_lite = m->proto == IP_PROTO_UDPLITE;
    if (p->total < UDP_HDR_BYTES || !wf_pkt_linear(&net->pool, p, m->ip_hdr_bytes, UDP_HDR_BYTES))
        return wf_net_drop(net, p, WEFT_DROP_UDP_TRUNCATED);
    enum weft_drop why = is_lite ? lite_fault(net, p, m, &h) : udp_fault(net, p, m, &h);
    if (why != WEFT_DROP_COUNT)
        return wf_net_drop(net, p, why);
    if (!is_lite) /* What is left is padding; UDP-Lite ends where IP says. */
        wf_pkt_trim(&net->pool, p, h.len_bytes);
    struct udp_in in; /* Piece by piece: the room for options stays as it is. */
    fill_dgram(&in.d, p, m);
    in.d.from.port = h.sport;
    in.local = (struct weft_endpoint){.addr = m->dst, .port = h.dport};
    in.cov_bytes = h.len_bytes;
    in.full_bytes = p->total;
    in.proto = m->proto;
    in.has_csum = h.csum != 0;
    struct udp_ep *ep = m->is_group ? NULL : wf_udp_find(net, m->proto, &in.local, &in.d.from);
    if (ep == NULL && !m->is_group)
        return RX_NO_PROTO;
    wf_pkt_pull(p, UDP_HDR_BYTES);
    wf_count(net, WEFT_COUNT_UDP_IN);
    if (ep == NULL) {
        wf_udp_fan_out(net, p, &in);
        return RX_DONE;
    }
    why = offer(net, ep, &p, &in);
    return why != WEFT_DROP_COUNT ? wf_net_drop(net, p, why) : RX_DONE;
}

void wf_ping_input(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    struct icmp4_hdr h;
    if (wf_icmp4_parse(&h, p->data, p->len) != ICMP4_OK) {
        wf_net_drop(net, p, WEFT_DROP_ICMP_TRUNCATED);
        return;
    }
    struct udp_dgram d;
    fill_dgram(&d, p, m);
    struct weft_endpoint local = {.addr = m->dst, .port = h.id};
    struct udp_ep *ep = wf_udp_find(net, IP_PROTO_ICMP, &local, &d.from);
    enum weft_drop why = ep != NULL ? queue(net, ep, &p, &d) : WEFT_DROP_ICMP_NO_SOCKET;
    if (why != WEFT_DROP_COUNT)
        wf_net_drop(net, p, why);
}

bool wf_icmp_tap(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    struct udp_ep *ep = *wf_udp_bucket(net, IP_PROTO_ICMP, 0);
    if (WF_LIKELY(ep == NULL))
        return false;
    struct udp_dgram d;
    fill_dgram(&d, p, m);
    uint64_t bit = (uint64_t)1 << wf_min_u32(p->data[0], 63);
    bool is_taken = false;
    for (; ep != NULL; ep = ep->hash_next) {
        if (!ep->is_raw || (ep->icmp_types & bit) == 0)
            continue;
        if (queue_copy(net, ep, p, &d))
            is_taken = true;
        else
            wf_count(net, WEFT_COUNT_UDP_COPIES_LOST);
    }
    return is_taken;
}

static void push_error(struct net *net, struct udp_ep *ep, const struct icmp_quote *q,
                       uint16_t dport, uint16_t quoted_id)
{
    struct udp_err *e = ep->err_n < UDP_ERRS_PER_SOCK ? wf_slab_alloc(&net->udp->errs) : NULL;
    if (e == NULL)
        return;
    e->e = (struct weft_sock_err){.dst = {.addr = q->dst, .port = dport},
                                  .offender = q->offender,
                                  .err = q->err,
                                  .icmp_type = q->type,
                                  .icmp_code = q->code,
                                  .quoted_id = quoted_id,
                                  .info = q->is_mtu ? q->told_mtu : q->pointer};
    e->e.ext_bytes = q->ext_bytes;
    memcpy(e->e.ext, q->ext, q->ext_bytes);
    if (ep->err_tail != NULL)
        ep->err_tail->next = e;
    else
        ep->err_head = e;
    ep->err_tail = e;
    ep->err_n++;
}

/* The endpoint whose datagram is quoted, or NULL; @dport and @id for its error queue. */
static struct udp_ep *quoted(const struct net *net, const struct icmp_quote *q, uint16_t *dport,
                             uint16_t *id)
{
    struct weft_endpoint local = {.addr = q->src}, remote = {.addr = q->dst};
    if (q->proto != IP_PROTO_ICMP) {
        local.port = *id = wf_ld16be(q->l4);
        remote.port = wf_ld16be(q->l4 + 2);
    } else {
        if (!wf_ping_may_send(q->l4[0]))
            return NULL;
        local.port = wf_ld16be(q->l4 + 4);
        *id = wf_ld16be(q->l4 + 6);
    }
    *dport = remote.port;
    return wf_udp_find(net, q->proto, &local, &remote);
}

bool wf_udp_is_quoted(const struct net *net, const struct icmp_quote *q)
{
    uint16_t dport = 0, id = 0;
    return quoted(net, q, &dport, &id) != NULL;
}

bool wf_udp_quote(struct net *net, const struct icmp_quote *q)
{
    uint16_t dport = 0, quoted_id = 0;
    struct udp_ep *ep = quoted(net, q, &dport, &quoted_id);
    if (ep == NULL)
        return false;
    if (q->type == ICMP4_SOURCE_QUENCH) /* RFC 6633 5. */
        return true;
    if (q->is_mtu) {
        const struct netif *nif = wf_netif_get(net, 1);
        uint16_t ifindex = 0;
        uint32_t src4 = 0, dst4 = wf_addr_to4(&q->dst);
        if (wf_ip4_source(net, dst4, &src4, &ifindex))
            nif = wf_netif_get(net, ifindex);
        (void)wf_pmtu_learn(net, dst4, q->told_mtu, q->packet_bytes, nif->mtu);
    }
    if (ep->has_errq)
        push_error(net, ep, q, dport, quoted_id);
    /* RFC 1122 4.1.3.3: told to a connected endpoint; one that talks to many has no use for it. */
    if (ep->is_connected && (q->is_hard || ep->has_errq))
        ep->err = q->err;
    wf_ready_mark(net, ep->ready);
    return true;
}
