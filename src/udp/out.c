/* SPDX-License-Identifier: MIT */
/** DOC: udp output - build a datagram and hand it to IP (RFC 768, RFC 1122 4.1.3, RFC 3828) */
#include "udp/udp.h"

#include <string.h>

/** struct way - How one datagram goes */
struct way {
    struct ip4_out o;
    struct netif *nif;
    uint16_t dport;
    uint8_t opts[IP4_OPTS_MAX_BYTES]; /* Padded. */
};

static void set_df(struct ip4_out *o, int df)
{
    o->is_df = df != WEFT_IP_DF_NEVER;
    o->is_cut = df == WEFT_IP_DF_FITS;
    o->is_path_probe = df == WEFT_IP_DF_PROBE;
}

/* The address it is sent from: asked for, or bound to, or of the way. Only one of ours may be. */
static int source(const struct net *net, const struct udp_ep *ep, const struct weft_udp_tx *tx,
                  uint32_t dst4, uint32_t *src4)
{
    const struct weft_addr *a = wf_addr_is_any(&tx->src) ? &ep->local.addr : &tx->src;
    bool is_chosen = !wf_addr_is_any(a);
    if (is_chosen && !wf_addr_is4(a))
        return -WEFT_EINVAL;
    enum ip4_kind kind = is_chosen ? wf_addrs_kind(net, wf_addr_to4(a), 0) : IP4_OTHER;
    if (is_chosen && (kind == IP4_BROADCAST || kind == IP4_MULTICAST) && a == &ep->local.addr)
        is_chosen = false; /* Bound to a group: it is heard, it does not speak. */
    if (is_chosen) {
        if (kind != IP4_LOCAL && !(kind == IP4_OTHER && wf_netifs_have_any_address(net)))
            return -WEFT_EADDRNOTAVAIL;
        *src4 = wf_addr_to4(a);
    }
    /* RFC 919 7, RFC 1122 3.2.1.3 (a): who has no address yet may call everybody. */
    return *src4 != 0 || dst4 == UINT32_MAX ? 0 : -WEFT_EADDRNOTAVAIL;
}

/* RFC 1122 3.2.1.3 (g): no address of 127/8 is seen outside. */
static bool leaks_loopback(const struct way *w)
{
    return w->nif->kind != WEFT_IF_LOOPBACK && (w->o.src4 >> 24 == 127 || w->o.dst4 >> 24 == 127);
}

/* Options of the datagram, or of its socket. */
static int take_options(struct way *w, const struct udp_ep *ep, const struct weft_udp_tx *tx)
{
    w->o.opts = ep->opts;
    w->o.opts_bytes = ep->opts_bytes;
    if (tx->opts_bytes < 0)
        return 0;
    if (tx->opts == NULL && tx->opts_bytes > 0)
        return -WEFT_EINVAL;
    int n = wf_ip4_opts_settle(tx->opts, (size_t)tx->opts_bytes, w->opts);
    if (n < 0)
        return n;
    w->o.opts = w->opts;
    w->o.opts_bytes = (uint8_t)n;
    return 0;
}

static int check_destination(const struct net *net, const struct udp_ep *ep,
                             const struct weft_endpoint *to)
{
    if (!wf_addr_is4(&to->addr) || wf_addr_is_any(&to->addr) ||
        (to->port == 0 && ep->proto != IP_PROTO_ICMP))
        return -WEFT_EINVAL;
    uint32_t dst4 = wf_addr_to4(&to->addr);
    enum ip4_kind kind = wf_addrs_kind(net, dst4, 0);
    if (kind == IP4_INVALID || dst4 == net->ip->igmp.ssm_net) /* RFC 4607 4.3: nobody's group. */
        return -WEFT_EINVAL;
    return kind == IP4_BROADCAST && !ep->is_broadcast ? -WEFT_EACCES : 0;
}

static bool is_in_range(const struct weft_udp_tx *tx)
{
    return tx->ttl != 0 && tx->ttl <= 255 && tx->tos <= 255 && tx->df < WEFT_IP_DF_COUNT;
}

/* The interface it leaves by, and that one's address if it has one. It is named by who sends, or by
 * the zone of a group, or by the endpoint for groups. */
static int way_out(const struct net *net, const struct udp_ep *ep, const struct weft_udp_tx *tx,
                   uint32_t *src4, uint16_t *ifindex)
{
    const struct weft_addr *to = tx->to != NULL ? &tx->to->addr : &ep->remote.addr;
    uint32_t dst4 = wf_addr_to4(to);
    bool has_route = wf_udp_way(net, ep, dst4, src4, ifindex);
    uint32_t named = tx->ifindex;
    if (named == 0 && wf_addrs_kind(net, dst4, 0) > IP4_LOCAL)
        named = to->zone;
    if (named == 0)
        return has_route ? 0 : -WEFT_ENETUNREACH;
    if (named > UINT16_MAX || wf_netif_get(net, (uint16_t)named) == NULL)
        return -WEFT_EINVAL;
    if (!has_route || *ifindex != named) {
        uint32_t own4 = wf_addrs_source(net, (uint16_t)named, dst4);
        *ifindex = (uint16_t)named;
        if (!has_route || own4 != 0 || dst4 == UINT32_MAX)
            *src4 = own4;
    }
    return 0;
}

/* What the send needs to know about the way; 0 or -WEFT_E... */
static int resolve(struct net *net, struct udp_ep *ep, const struct weft_udp_tx *tx, struct way *w)
{
    const struct weft_endpoint *to = tx->to != NULL ? tx->to : &ep->remote;
    uint32_t src4 = 0, dst4 = wf_addr_to4(&to->addr);
    uint16_t ifindex = 0;
    int err = check_destination(net, ep, to);
    if (err == 0 && !is_in_range(tx))
        err = -WEFT_EINVAL;
    if (err == 0)
        err = way_out(net, ep, tx, &src4, &ifindex);
    if (err == 0)
        err = source(net, ep, tx, dst4, &src4);
    if (err == 0 && !ep->is_bound)
        err = wf_udp_autobind(net, ep, &ep->local.addr); /* Chosen before, or any. */
    if (err != 0)
        return err;
    uint8_t ttl = wf_ip4_is_multicast(dst4) ? ep->mc_ttl : ep->ttl;
    w->o = (struct ip4_out){.src4 = src4,
                            .dst4 = dst4,
                            .proto = ep->proto,
                            .ttl = tx->ttl > 0 ? (uint8_t)tx->ttl : ttl,
                            .tos = tx->tos >= 0 ? (uint8_t)tx->tos : ep->tos,
                            .ifindex = ifindex};
    set_df(&w->o, tx->df >= 0 ? tx->df : ep->df);
    w->dport = to->port;
    w->nif = wf_netif_get(net, ifindex);
    return leaks_loopback(w) ? -WEFT_EINVAL : take_options(w, ep, tx);
}

/* The sum of a datagram with its header, of the first @covered bytes. Never zero: that would mean
 * none (RFC 768), or be wrong (RFC 3828). */
static void fill_csum(const struct net *net, const struct pkt *p, uint16_t pseudo, uint32_t covered)
{
    uint16_t sum = wf_csum_finish(wf_csum_add(pseudo, wf_pkt_sum(&net->pool, p, 0, covered)));
    wf_st16be(p->data + 6, sum == 0 ? 0xffff : sum);
}

static void push_udp(const struct net *net, struct pkt *p, const struct udp_ep *ep,
                     const struct way *w)
{
    uint16_t len = (uint16_t)(p->total + UDP_HDR_BYTES);
    struct udp_hdr h = {.sport = ep->local.port, .dport = w->dport, .len_bytes = len};
    struct wf_ip4 src, dst;
    wf_st32be(src.b, w->o.src4);
    wf_st32be(dst.b, w->o.dst4);
    uint16_t sum = wf_ip4_pseudo_sum(src, dst, ep->proto, len);
    bool is_lite = ep->proto == IP_PROTO_UDPLITE;
    if (is_lite && ep->send_cov != 0 && ep->send_cov < len)
        h.len_bytes = ep->send_cov;
    uint8_t *at = wf_pkt_push(p, UDP_HDR_BYTES);
    wf_udp_emit(at, &h);
    if (is_lite) { /* Devices sum up to the end. */
        fill_csum(net, p, sum, h.len_bytes);
    } else if (ep->is_csum_off) {
        return;
    } else if ((w->nif->caps & WEFT_CAP_TX_CSUM) != 0) {
        p->csum = PKT_CSUM_PARTIAL;
        p->csum_at = at;
        p->csum_offset = 6;
        wf_st16be(at + 6, sum);
    } else {
        fill_csum(net, p, sum, p->total);
    }
}

/* An ICMP message of the user's: identifier and checksum are ours. */
static void finish_ping(struct net *net, struct pkt *p, const struct udp_ep *ep)
{
    if (!ep->is_raw)
        wf_st16be(p->data + 4, ep->local.port);
    wf_st16be(p->data + 2, 0);
    wf_st16be(p->data + 2, wf_csum_finish(wf_pkt_sum(&net->pool, p, 0, p->total)));
}

static int check_size(const struct net *net, const struct udp_ep *ep, const struct way *w,
                      const uint8_t *buf, size_t len)
{
    bool is_ping = ep->proto == IP_PROTO_ICMP;
    uint32_t hdrs = IP4_HDR_BYTES + w->o.opts_bytes + (is_ping ? 0u : UDP_HDR_BYTES);
    if (len > 65535 - hdrs)
        return -WEFT_EMSGSIZE;
    /* RFC 1191 6.2: what may not be cut and does not fit is told to who sends it. */
    uint32_t mtu = w->o.is_path_probe ? w->nif->mtu : wf_pmtu_get(net, w->o.dst4, w->nif->mtu);
    if (w->o.is_df && !w->o.is_cut && len + hdrs > mtu)
        return -WEFT_EMSGSIZE;
    if (is_ping &&
        (len < ICMP4_HDR_BYTES || (!ep->is_raw && (!wf_ping_may_send(buf[0]) || buf[1] != 0))))
        return -WEFT_EINVAL;
    return 0;
}

/* A packet with the payload and room for the headers; or NULL. */
static struct pkt *build(struct net *net, const struct udp_ep *ep, const struct way *w,
                         const uint8_t *buf, size_t len)
{
    struct pkt *p = wf_pkt_alloc(&net->pool);
    if (p == NULL)
        return NULL;
    p->data = p->head + PKT_HEADROOM + IP4_HDR_BYTES + w->o.opts_bytes + UDP_HDR_BYTES;
    /* The ICMP header is written to: it has to lie in the head. */
    uint32_t in_head = ep->proto == IP_PROTO_ICMP ? ICMP4_HDR_BYTES : 0;
    bool is_copied = in_head == 0 || wf_pkt_append_copy(&net->pool, p, buf, in_head);
    is_copied =
        is_copied && wf_pkt_append_copy(&net->pool, p, buf + in_head, (uint32_t)len - in_head);
    if (is_copied)
        return p;
    wf_pkt_free(&net->pool, p);
    return NULL;
}

int64_t wf_udp_send(struct net *net, struct udp_ep *ep, const uint8_t *buf, size_t len,
                    const struct weft_udp_tx *tx)
{
    struct way w;
    if (tx->to == NULL && !ep->is_connected)
        return -WEFT_ENOTCONN;
    if (ep->err != 0) {
        int pending = ep->err;
        ep->err = 0;
        return -pending;
    }
    int err = resolve(net, ep, tx, &w);
    if (err == 0)
        err = check_size(net, ep, &w, buf, len);
    if (err != 0)
        return err;
    if (w.nif->txq_len >= w.nif->txq_max) {
        if (!wf_list_is_linked(&ep->room_link))
            wf_list_push_back(&w.nif->room_waiters, &ep->room_link);
        return -WEFT_EAGAIN;
    }
    struct pkt *p = build(net, ep, &w, buf, len);
    if (p == NULL)
        return -WEFT_ENOMEM;
    if (ep->proto == IP_PROTO_ICMP)
        finish_ping(net, p, ep);
    else
        push_udp(net, p, ep, &w);
    if (ep->proto != IP_PROTO_ICMP && ep->is_mc_loop && wf_ip4_is_multicast(w.o.dst4))
        wf_udp_loop(net, p, &w.o);
    if (w.o.ttl == 0) { /* A group's, and it stays in this host (RFC 1112 6.1). */
        wf_pkt_free(&net->pool, p);
        return (int64_t)len;
    }
    err = wf_ip4_output(net, p, &w.o);
    if (err != 0)
        return err;
    wf_count(net, WEFT_COUNT_UDP_OUT);
    return (int64_t)len;
}
