/* SPDX-License-Identifier: MIT */
/** DOC: udp output - build a datagram and hand it to IP (RFC 768, RFC 1122 4.1.3) */
#include "udp/udp.h"

#include "udp/demux.h"

static void set_df(struct ip4_out *o, uint8_t df)
{
    o->is_df = df != WEFT_IP_DF_NEVER;
    o->is_cut = df == WEFT_IP_DF_FITS;
    o->is_path_probe = df == WEFT_IP_DF_PROBE;
}

/* What the send needs to know about the way; 0 or -WEFT_E... */
static int resolve(struct net *net, struct udp_ep *ep, const struct weft_endpoint *to,
                   struct ip4_out *o)
{
    uint32_t src4 = 0;
    uint16_t ifindex = 0;
    if (!wf_addr_is4(&to->addr) || wf_addr_is_any(&to->addr) ||
        (to->port == 0 && ep->proto == IP_PROTO_UDP))
        return -WEFT_EINVAL;
    uint32_t dst4 = wf_addr_to4(&to->addr);
    enum ip4_kind kind = wf_addrs_kind(net, dst4, 0);
    if (kind == IP4_INVALID)
        return -WEFT_EINVAL;
    if (kind == IP4_BROADCAST && !ep->is_broadcast)
        return -WEFT_EACCES;
    if (!wf_ip4_source(net, dst4, &src4, &ifindex))
        return -WEFT_ENETUNREACH;
    if (!ep->is_bound) {
        struct weft_endpoint any = {0};
        int err = wf_udp_bind(net, ep, &any);
        if (err != 0)
            return err;
    }
    bool is_own = !wf_addr_is_any(&ep->local.addr) &&
                  wf_addrs_kind(net, wf_addr_to4(&ep->local.addr), 0) <= IP4_LOCAL;
    *o = (struct ip4_out){.is_src_bound = is_own,
                          .src4 = is_own ? wf_addr_to4(&ep->local.addr) : src4,
                          .dst4 = dst4,
                          .proto = ep->proto,
                          .ttl = ep->ttl,
                          .tos = ep->tos,
                          .opts = ep->opts,
                          .opts_bytes = ep->opts_bytes,
                          .ifindex = ifindex};
    set_df(o, ep->df);
    /* RFC 919 7, RFC 1122 3.2.1.3 (a): who has no address yet may call everybody. */
    return o->src4 != 0 || dst4 == UINT32_MAX ? 0 : -WEFT_EADDRNOTAVAIL;
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

static int check_size(const struct net *net, const struct ip4_out *o, const struct netif *nif,
                      const uint8_t *buf, size_t len)
{
    bool is_ping = o->proto == IP_PROTO_ICMP;
    uint32_t hdrs = (uint32_t)(IP4_HDR_BYTES + (is_ping ? 0 : UDP_HDR_BYTES)) + o->opts_bytes;
    if (len > 65535 - hdrs)
        return -WEFT_EMSGSIZE;
    /* RFC 1191 6.2: what may not be cut and does not fit is told to who sends it. */
    uint32_t mtu = o->is_path_probe ? nif->mtu : wf_pmtu_get(net, o->dst4, nif->mtu);
    if (o->is_df && !o->is_cut && len + hdrs > mtu)
        return -WEFT_EMSGSIZE;
    if (is_ping && (len < ICMP4_HDR_BYTES || buf[0] != ICMP4_ECHO_REQUEST || buf[1] != 0))
        return -WEFT_EINVAL;
    return 0;
}

/* What one datagram has that its socket has not; 0 or -WEFT_E... */
static int apply_control(struct net *net, const struct weft_ip_control *c, struct ip4_out *o,
                         uint8_t opts[IP4_OPTS_MAX_BYTES])
{
    if (c->ttl == 0 || c->ttl > 255 || c->tos > 255 || c->df >= WEFT_IP_DF_COUNT)
        return -WEFT_EINVAL;
    if (c->ttl > 0)
        o->ttl = (uint8_t)c->ttl;
    if (c->tos >= 0)
        o->tos = (uint8_t)c->tos;
    if (c->df >= 0)
        set_df(o, (uint8_t)c->df);
    if (c->options_bytes >= 0) {
        int n = wf_ip4_opts_settle(c->options, (size_t)c->options_bytes, opts);
        if (n < 0)
            return n;
        o->opts = opts;
        o->opts_bytes = (uint8_t)n;
    }
    if (c->ifindex != 0 && wf_netif_get(net, c->ifindex) == NULL)
        return -WEFT_EINVAL;
    if (c->ifindex != 0 && c->ifindex != o->ifindex) { /* Its own address, if it has one. */
        uint32_t src4 = wf_addrs_source(net, c->ifindex, o->dst4);
        o->ifindex = c->ifindex;
        if (!o->is_src_bound && (src4 != 0 || o->dst4 == UINT32_MAX))
            o->src4 = src4;
    }
    if (wf_addr_is_any(&c->src))
        return 0;
    if (!wf_addr_is4(&c->src) || wf_addrs_find(net, wf_addr_to4(&c->src), 0) == NULL)
        return -WEFT_EADDRNOTAVAIL;
    o->src4 = wf_addr_to4(&c->src);
    return 0;
}

/* RFC 1122 3.2.1.3 (g): no address of 127/8 is seen outside. */
static bool leaks_loopback(const struct ip4_out *o, const struct netif *nif)
{
    return nif->kind != WEFT_IF_LOOPBACK && (o->src4 >> 24 == 127 || o->dst4 >> 24 == 127);
}

/* Build one datagram and send it. */
static int emit(struct net *net, const struct udp_ep *ep, const struct weft_iov *data,
                const struct ip4_out *o, uint16_t dport)
{
    const struct netif *nif = wf_netif_get(net, o->ifindex);
    const uint8_t *buf = data->base;
    struct pkt *p = wf_pkt_alloc(&net->pool);
    if (p == NULL)
        return -WEFT_ENOMEM;
    p->data = p->head + PKT_HEADROOM + (IP4_HDR_BYTES + UDP_HDR_BYTES + (uint32_t)o->opts_bytes);
    /* The ICMP header is written to: it has to lie in the head. */
    uint32_t in_head = ep->proto == IP_PROTO_ICMP ? ICMP4_HDR_BYTES : 0;
    bool is_copied = in_head == 0 || wf_pkt_append_copy(&net->pool, p, buf, in_head);
    uint32_t rest = (uint32_t)data->len - in_head;
    is_copied = is_copied && wf_pkt_append_copy(&net->pool, p, buf + in_head, rest);
    if (!is_copied) {
        wf_pkt_free(&net->pool, p);
        return -WEFT_ENOMEM;
    }
    if (ep->proto == IP_PROTO_ICMP)
        finish_ping(net, p, ep);
    else
        push_udp(net, p, ep, dport, o, nif);
    return wf_ip4_output(net, p, o);
}

int64_t wf_udp_sendto(struct net *net, struct udp_ep *ep, const struct weft_iov *data,
                      const struct weft_endpoint *to, const struct weft_ip_control *c)
{
    struct ip4_out o;
    struct netif *nif = NULL;
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    if (to == NULL && !ep->is_connected)
        return -WEFT_ENOTCONN;
    if (ep->err != 0) {
        int pending = ep->err;
        ep->err = 0;
        return -pending;
    }
    const struct weft_endpoint *dst = to != NULL ? to : &ep->remote;
    int err = resolve(net, ep, dst, &o);
    if (err == 0 && c != NULL)
        err = apply_control(net, c, &o, opts);
    nif = err == 0 ? wf_netif_get(net, o.ifindex) : NULL;
    if (err == 0 && leaks_loopback(&o, nif))
        err = -WEFT_EINVAL;
    if (err == 0)
        err = check_size(net, &o, nif, data->base, data->len);
    if (err != 0)
        return err;
    if (nif->txq_len >= nif->txq_max) {
        if (!wf_list_is_linked(&ep->room_link))
            wf_list_push_back(&nif->room_waiters, &ep->room_link);
        return -WEFT_EAGAIN;
    }
    err = emit(net, ep, data, &o, dst->port);
    if (err != 0)
        return err;
    wf_count(net, WEFT_COUNT_UDP_OUT);
    return (int64_t)data->len;
}

int64_t wf_udp_send(struct net *net, struct udp_ep *ep, const uint8_t *buf, size_t len,
                    const struct weft_endpoint *to)
{
    struct weft_iov data = {.base = (void *)(uintptr_t)buf, .len = (uint32_t)len};
    return len > UINT32_MAX ? -WEFT_EMSGSIZE : wf_udp_sendto(net, ep, &data, to, NULL);
}
