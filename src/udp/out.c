/* SPDX-License-Identifier: MIT */
/** DOC: udp output - build a datagram and hand it to IP (RFC 768, RFC 1122 4.1.3) */
#include "udp/udp.h"

#include "udp/demux.h"

/* What the send needs to know about the way; 0 or -WEFT_E... */
static int resolve(struct net *net, struct udp_ep *ep, const struct weft_endpoint *to,
                   struct ip4_out *o, struct netif **nif)
{
    uint32_t src4 = 0;
    uint16_t ifindex = 0;
    if (!wf_addr_is4(&to->addr) || wf_addr_is_any(&to->addr) ||
        (to->port == 0 && ep->proto == IP_PROTO_UDP))
        return -WEFT_EINVAL;
    uint32_t dst4 = wf_addr_to4(&to->addr);
    enum ip4_kind kind = wf_addrs_kind(net, dst4, 0);
    if (kind == IP4_INVALID || dst4 == net->ip->igmp.ssm_net) /* RFC 4607 4.3: nobody's group. */
        return -WEFT_EINVAL;
    if (kind == IP4_BROADCAST && !ep->is_broadcast)
        return -WEFT_EACCES;
    bool is_mc = kind == IP4_MULTICAST;
    if (is_mc ? !wf_udp_group_way(net, ep, dst4, &src4, &ifindex)
              : !wf_ip4_source(net, dst4, &src4, &ifindex))
        return -WEFT_ENETUNREACH;
    if (!ep->is_bound) {
        struct weft_endpoint any = {0};
        int err = wf_udp_bind(net, ep, &any);
        if (err != 0)
            return err;
    }
    bool is_own = !wf_addr_is_any(&ep->local.addr) &&
                  wf_addrs_kind(net, wf_addr_to4(&ep->local.addr), 0) <= IP4_LOCAL;
    *o = (struct ip4_out){.src4 = is_own ? wf_addr_to4(&ep->local.addr) : src4,
                          .dst4 = dst4,
                          .proto = ep->proto,
                          .ttl = is_mc ? ep->mc_ttl : ep->ttl,
                          .tos = ep->tos,
                          .is_df = ep->is_df,
                          .ifindex = ifindex};
    *nif = wf_netif_get(net, ifindex);
    return o->src4 != 0 ? 0 : -WEFT_EADDRNOTAVAIL;
}

static void push_udp(struct net *net, struct pkt *p, const struct udp_ep *ep, uint16_t dport,
                     const struct ip4_out *o, const struct netif *nif)
{
    struct udp_hdr h = {
        .sport = ep->local.port, .dport = dport, .len_bytes = (uint16_t)(p->total + UDP_HDR_BYTES)};
    struct wf_ip4 src, dst;
    wf_st32be(src.b, o->src4);
    wf_st32be(dst.b, o->dst4);
    uint16_t sum = wf_ip4_pseudo_sum(src, dst, IP_PROTO_UDP, h.len_bytes);
    uint8_t *at = wf_pkt_push(p, UDP_HDR_BYTES);
    wf_udp_emit(at, &h);
    if ((nif->caps & WEFT_CAP_TX_CSUM) != 0) {
        p->csum = PKT_CSUM_PARTIAL;
        p->csum_at = at;
        p->csum_offset = 6;
        wf_st16be(at + 6, sum);
        return;
    }
    sum = wf_csum_finish(wf_csum_add(sum, wf_pkt_sum(&net->pool, p, 0, p->total)));
    wf_st16be(at + 6, sum == 0 ? 0xffff : sum); /* Zero would mean none (RFC 768). */
}

/* An ICMP message of the user's: identifier and checksum are ours. */
static void finish_ping(struct net *net, struct pkt *p, const struct udp_ep *ep)
{
    wf_st16be(p->data + 4, ep->local.port);
    wf_st16be(p->data + 2, 0);
    wf_st16be(p->data + 2, wf_csum_finish(wf_pkt_sum(&net->pool, p, 0, p->total)));
}

static int check_size(const struct udp_ep *ep, const struct netif *nif, const uint8_t *buf,
                      size_t len)
{
    bool is_ping = ep->proto == IP_PROTO_ICMP;
    uint32_t hdrs = IP4_HDR_BYTES + (is_ping ? 0 : UDP_HDR_BYTES);
    if (len > 65535 - hdrs || (ep->is_df && len + hdrs > nif->mtu))
        return -WEFT_EMSGSIZE;
    if (is_ping && (len < ICMP4_HDR_BYTES || buf[0] != ICMP4_ECHO_REQUEST || buf[1] != 0))
        return -WEFT_EINVAL;
    return 0;
}

int64_t wf_udp_send(struct net *net, struct udp_ep *ep, const uint8_t *buf, size_t len,
                    const struct weft_endpoint *to)
{
    struct ip4_out o;
    struct netif *nif = NULL;
    if (to == NULL && !ep->is_connected)
        return -WEFT_ENOTCONN;
    if (ep->err != 0) {
        int pending = ep->err;
        ep->err = 0;
        return -pending;
    }
    const struct weft_endpoint *dst = to != NULL ? to : &ep->remote;
    int err = resolve(net, ep, dst, &o, &nif);
    if (err == 0)
        err = check_size(ep, nif, buf, len);
    if (err != 0)
        return err;
    if (nif->txq_len >= nif->txq_max) {
        if (!wf_list_is_linked(&ep->room_link))
            wf_list_push_back(&nif->room_waiters, &ep->room_link);
        return -WEFT_EAGAIN;
    }
    struct pkt *p = wf_pkt_alloc(&net->pool);
    if (p == NULL)
        return -WEFT_ENOMEM;
    p->data = p->head + PKT_HEADROOM + IP4_HDR_BYTES + UDP_HDR_BYTES;
    /* The ICMP header is written to: it has to lie in the head. */
    uint32_t in_head = ep->proto == IP_PROTO_ICMP ? ICMP4_HDR_BYTES : 0;
    bool is_copied = in_head == 0 || wf_pkt_append_copy(&net->pool, p, buf, in_head);
    is_copied =
        is_copied && wf_pkt_append_copy(&net->pool, p, buf + in_head, (uint32_t)len - in_head);
    if (!is_copied) {
        wf_pkt_free(&net->pool, p);
        return -WEFT_ENOMEM;
    }
    if (ep->proto == IP_PROTO_ICMP)
        finish_ping(net, p, ep);
    else
        push_udp(net, p, ep, dst->port, &o, nif);
    if (ep->proto == IP_PROTO_UDP && ep->is_mc_loop && wf_ip4_is_multicast(o.dst4))
        wf_udp_loop(net, p, &o);
    if (o.ttl == 0) { /* A group's, and it stays in this host (RFC 1112 6.1). */
        wf_pkt_free(&net->pool, p);
        return (int64_t)len;
    }
    err = wf_ip4_output(net, p, &o);
    if (err != 0)
        return err;
    wf_count(net, WEFT_COUNT_UDP_OUT);
    return (int64_t)len;
}
