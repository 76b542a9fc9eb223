/* SPDX-License-Identifier: MIT */
/** DOC: udp input - datagrams, echo replies and ICMP errors to endpoints */
#include "udp/udp.h"

#include <string.h>

#include "udp/demux.h"

_Static_assert(sizeof(struct udp_dgram) <= PKT_DGRAM_BYTES, "fits the packet");

/* Queue a datagram's payload; memory that is mostly empty is given back by copying. */
static void queue(struct net *net, struct udp_ep *ep, struct pkt *p, const struct udp_dgram *d)
{
    if (p->pinned > 2 * p->total + 512 || !wf_lent_may_keep(&net->pool.bufs)) {
        struct pkt *small = wf_pkt_alloc(&net->pool);
        uint8_t *at = NULL;
        struct wf_chunk *c = NULL;
        if (small != NULL && p->total > 0 && p->total <= net->pool.bufs.chunk_bytes)
            c = wf_chunk_bump(&net->pool.bufs, p->total, &at);
        if (small == NULL || (c == NULL && p->total > 0)) {
            if (small != NULL)
                wf_pkt_free(&net->pool, small);
        } else {
            if (c != NULL) {
                wf_pkt_copy_out(&net->pool, p, 0, at, p->total);
                wf_pkt_frag_add(small, at, p->total, &c->buf);
            }
            small->ifindex = p->ifindex;
            small->pinned = small->total;
            wf_count(net, WEFT_COUNT_RX_COPIED);
            wf_net_done(net, p);
            p = small;
        }
    }
    if (p->pinned < UINT32_MAX / 2)
        p->pinned += (uint32_t)sizeof(struct pkt);
    bool is_full = ep->recv_charge + p->pinned > ep->rcvbuf && ep->recv_n > 0;
    if (is_full || wf_pool_is_tight(&net->pool)) {
        wf_net_drop(net, p, WEFT_DROP_UDP_QUEUE_FULL);
        return;
    }
    memcpy(p->dgram, d, sizeof(*d));
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
}

/* Of a group's datagrams an endpoint gets those that its own membership lets in (RFC 3376 3.1). */
static bool takes(const struct udp_ep *ep, const struct udp_dgram *d)
{
    uint32_t to4 = wf_addr_to4(&d->to);
    return !wf_ip4_is_multicast(to4) ||
           wf_igmp_takes(ep->members, d->ifindex, to4, wf_addr_to4(&d->from.addr));
}

/* RFC 1122 4.1.3.6 and RFC 1112: every endpoint that fits gets its copy. */
void wf_udp_fan_out(struct net *net, struct pkt *p, const struct udp_dgram *d,
                    const struct weft_endpoint *local)
{
    struct udp_ep *last = NULL;
    for (struct udp_ep *ep = *wf_udp_bucket(net, IP_PROTO_UDP, local->port); ep != NULL;
         ep = ep->hash_next) {
        if (wf_udp_fits(ep, IP_PROTO_UDP, local, &d->from) == 0 || !takes(ep, d))
            continue;
        if (last != NULL) {
            struct pkt *copy = wf_pkt_alloc(&net->pool);
            if (copy != NULL && wf_pkt_share(copy, p, 0, p->total)) {
                copy->ifindex = p->ifindex;
                copy->pinned = p->pinned;
                queue(net, last, copy, d);
            } else if (copy != NULL) {
                wf_net_drop(net, copy, WEFT_DROP_NO_PKT);
            }
        }
        last = ep;
    }
    if (last != NULL)
        queue(net, last, p, d);
    else
        wf_net_drop(net, p, WEFT_DROP_UDP_NO_SOCKET);
}

static bool csum_ok(const struct net *net, const struct pkt *p, const struct rx_meta *m,
                    const struct udp_hdr *h)
{
    if (p->csum != PKT_CSUM_NONE || h->csum == 0)
        return true;
    struct wf_ip4 src, dst;
    wf_st32be(src.b, m->src4);
    wf_st32be(dst.b, m->dst4);
    uint16_t sum = wf_ip4_pseudo_sum(src, dst, IP_PROTO_UDP, h->len_bytes);
    return wf_csum_add(sum, wf_pkt_sum(&net->pool, p, 0, h->len_bytes)) == 0xffff;
}

enum verdict wf_udp_input(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    struct udp_hdr h;
    if (p->total < UDP_HDR_BYTES || !wf_pkt_linear(&net->pool, p, m->ip_hdr_bytes, UDP_HDR_BYTES))
        return wf_net_drop(net, p, WEFT_DROP_UDP_TRUNCATED);
    if (wf_udp_parse(&h, p->data, p->total) != UDP_OK)
        return wf_net_drop(net, p, WEFT_DROP_UDP_BAD_LEN);
    if (h.dport == 0)
        return wf_net_drop(net, p, WEFT_DROP_UDP_PORT_ZERO);
    if (!csum_ok(net, p, m, &h))
        return wf_net_drop(net, p, WEFT_DROP_UDP_BAD_CSUM);
    struct udp_dgram d = {.from = {.addr = m->src, .port = h.sport},
                          .to = m->dst,
                          .ifindex = m->ifindex,
                          .ttl = m->ttl,
                          .tos = m->tos};
    struct weft_endpoint local = {.addr = m->dst, .port = h.dport};
    struct udp_ep *ep = m->is_group ? NULL : wf_udp_find(net, IP_PROTO_UDP, &local, &d.from);
    if (ep == NULL && !m->is_group)
        return RX_NO_PROTO;
    wf_pkt_trim(&net->pool, p, h.len_bytes);
    wf_pkt_pull(p, UDP_HDR_BYTES);
    wf_count(net, WEFT_COUNT_UDP_IN);
    if (ep != NULL)
        queue(net, ep, p, &d);
    else
        wf_udp_fan_out(net, p, &d, &local);
    return RX_DONE;
}

void wf_ping_input(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    struct icmp4_hdr h;
    if (wf_icmp4_parse(&h, p->data, p->len) != ICMP4_OK) {
        wf_net_drop(net, p, WEFT_DROP_ICMP_TRUNCATED);
        return;
    }
    struct udp_dgram d = {.from = {.addr = m->src},
                          .to = m->dst,
                          .ifindex = m->ifindex,
                          .ttl = m->ttl,
                          .tos = m->tos};
    struct weft_endpoint local = {.addr = m->dst, .port = h.id};
    struct udp_ep *ep = wf_udp_find(net, IP_PROTO_ICMP, &local, &d.from);
    if (ep == NULL)
        wf_net_drop(net, p, WEFT_DROP_ICMP_NO_SOCKET);
    else
        queue(net, ep, p, &d);
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
                                  .info = q->told_mtu};
    if (ep->err_tail != NULL)
        ep->err_tail->next = e;
    else
        ep->err_head = e;
    ep->err_tail = e;
    ep->err_n++;
}

void wf_udp_quote(struct net *net, const struct icmp_quote *q)
{
    struct weft_endpoint local = {.addr = q->src}, remote = {.addr = q->dst};
    uint16_t quoted_id = 0;
    if (q->proto == IP_PROTO_UDP) {
        local.port = wf_ld16be(q->l4);
        remote.port = wf_ld16be(q->l4 + 2);
        quoted_id = local.port;
    } else {
        if (q->l4[0] != ICMP4_ECHO_REQUEST)
            return;
        local.port = wf_ld16be(q->l4 + 4);
        quoted_id = wf_ld16be(q->l4 + 6);
    }
    struct udp_ep *ep = wf_udp_find(net, q->proto, &local, &remote);
    if (ep == NULL)
        return;
    if (q->is_mtu) {
        const struct netif *nif = wf_netif_get(net, 1);
        uint16_t ifindex = 0;
        uint32_t src4 = 0, dst4 = wf_addr_to4(&q->dst);
        if (wf_ip4_source(net, dst4, &src4, &ifindex))
            nif = wf_netif_get(net, ifindex);
        (void)wf_pmtu_learn(net, dst4, q->told_mtu, q->packet_bytes, nif->mtu);
    }
    if (ep->has_errq)
        push_error(net, ep, q, remote.port, quoted_id);
    /* RFC 1122 4.1.3.3: told to a connected endpoint; one that talks to many has no use for it. */
    if (ep->is_connected && (q->is_hard || ep->has_errq))
        ep->err = q->err;
    wf_ready_mark(net, ep->ready);
}
