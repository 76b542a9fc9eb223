/* SPDX-License-Identifier: MIT */
/**
 * DOC: ip4 input - validation and the decision whose a packet is (RFC 791, RFC 1122 3.2.1)
 *
 * Order: header, length, checksum; addresses that cannot be (martians); options; then for us,
 * for somebody else (forwarding), or nobody. The host model is the weak one of RFC 1122 3.3.4.2: an
 * address of ours is ours on every interface.
 */
#include "ip/ip.h"

#include "ip/bcast.h"

#define DHCP_SERVER_PORT 67

static enum weft_drop parse_drop(enum wf_ip4_err err)
{
    switch (err) {
    case IP4_TRUNCATED:
        return WEFT_DROP_IP4_TRUNCATED;
    case IP4_BAD_VERSION:
        return WEFT_DROP_IP4_BAD_VERSION;
    case IP4_BAD_IHL:
        return WEFT_DROP_IP4_BAD_IHL;
    case IP4_BAD_CSUM:
        return WEFT_DROP_IP4_BAD_CSUM;
    case IP4_BAD_LEN:
    case IP4_OK:
        break;
    }
    return WEFT_DROP_IP4_BAD_LEN;
}

/* RFC 1122 3.2.1.3: sources that no host may use. */
static bool source_ok(const struct net *net, const struct netif *nif, uint32_t src4)
{
    if (nif->kind == WEFT_IF_LOOPBACK)
        return true;
    return wf_ip4_can_be_host(src4) && wf_addrs_kind(net, src4, nif->index) == IP4_OTHER;
}

/* RFC 1122 3.2.1.3 (a), RFC 1812 4.2.2.11: what who has no address yet may send from 0.0.0.0. That
 * is told by the first octets behind the header. */
static bool may_lack_source(const struct net *net, const struct pkt *p, const struct ip4_hdr *h,
                            const struct rx_meta *m)
{
    uint8_t l4[4];
    if (m->src4 != 0 || h->mf || h->frag_off_bytes != 0 || p->total < h->hdr_bytes + sizeof(l4))
        return false;
    wf_pkt_copy_out(&net->pool, p, h->hdr_bytes, l4, sizeof(l4));
    switch (m->proto) {
    case IP_PROTO_IGMP: /* Reports of groups (RFC 3376 4.2.13). */
        return wf_ip4_is_multicast(m->dst4);
    case IP_PROTO_UDP:
        return m->dst4 == UINT32_MAX && wf_ld16be(l4 + 2) == DHCP_SERVER_PORT;
    case IP_PROTO_ICMP:
        return wf_icmp_may_lack_source(net, l4[0], m);
    default:
        return false;
    }
}

static void fill_meta(struct rx_meta *m, const struct ip4_hdr *h, const struct pkt *p)
{
    m->src4 = wf_ld32be(h->src.b);
    m->dst4 = wf_ld32be(h->dst.b);
    m->src = wf_addr_from4(m->src4);
    m->dst = wf_addr_from4(m->dst4);
    m->ifindex = p->ifindex;
    m->ip_hdr_bytes = h->hdr_bytes;
    m->proto = h->proto;
    m->ttl = h->ttl;
    m->tos = h->tos;
    m->is_group = false;
}

/* What few packets have: a part of a datagram becomes a whole one, timestamps are written. The
 * packet, or NULL if it is gone. */
static struct pkt *make_whole(struct net *net, struct pkt *p, const struct ip4_hdr *h,
                              struct rx_meta *m)
{
    if (h->mf || h->frag_off_bytes != 0) {
        if (m->proto == IP_PROTO_IGMP) { /* No IGMP message is that long. */
            wf_net_drop(net, p, WEFT_DROP_IGMP_FRAGMENT);
            return NULL;
        }
        bool is_group = m->is_group;
        p = wf_reasm_input(net, p, h);
        if (p == NULL)
            return NULL;
        struct ip4_hdr whole;
        if (wf_ip4_parse(&whole, p->data, p->total, false) != IP4_OK) {
            wf_net_drop(net, p, WEFT_DROP_FRAG_BAD);
            return NULL;
        }
        fill_meta(m, &whole, p);
        m->is_group = is_group;
    }
    if (m->ip_hdr_bytes > IP4_HDR_BYTES && !wf_ip4_opts_deliver(net, p, m))
        return NULL;
    return p;
}

static enum verdict deliver(struct net *net, struct pkt **p_io, const struct ip4_hdr *h,
                            struct rx_meta *m)
{
    if (WF_UNLIKELY(h->mf || (h->frag_off_bytes | h->opts_bytes) != 0)) {
        struct pkt *p = make_whole(net, *p_io, h, m);
        if (p == NULL)
            return RX_DONE;
        *p_io = p;
    }
    wf_pkt_pull(*p_io, m->ip_hdr_bytes);
    wf_count(net, WEFT_COUNT_IP4_DELIVERED);
    switch (m->proto) {
    case IP_PROTO_TCP:
        return RX_TCP;
    case IP_PROTO_UDP:
    case IP_PROTO_UDPLITE:
        return RX_UDP;
    case IP_PROTO_ICMP:
        return RX_ICMP4;
    case IP_PROTO_IGMP:
        return RX_IGMP;
    default:
        return RX_NO_PROTO;
    }
}

/* Somebody on another link may want it, and somebody here (RFC 1112 7.2, RFC 3376 3). */
static enum verdict group_input(struct net *net, struct pkt **p_io, const struct ip4_hdr *h,
                                struct rx_meta *m)
{
    struct pkt *p = *p_io;
    m->is_group = true;
    bool is_forwarded = net->ip->igmp.has_mroute && wf_mroute_input(net, p, m);
    if (wf_igmp_hears(net, m))
        return deliver(net, p_io, h, m);
    return is_forwarded ? wf_net_done(net, p) : wf_net_drop(net, p, WEFT_DROP_IP4_NOT_JOINED);
}

/* Addressed to us: here its way ends, or a source route names where it goes on. */
static enum verdict local(struct net *net, struct pkt **p_io, const struct ip4_hdr *h,
                          struct rx_meta *m)
{
    if (WF_LIKELY(h->opts_bytes == 0))
        return deliver(net, p_io, h, m);
    enum verdict v = wf_ip4_opts_hop(net, *p_io, m);
    if (v != RX_IP4)
        return v;
    struct ip4_hdr again; /* The route may have led over more than one of our addresses. */
    if (wf_ip4_parse(&again, (*p_io)->data, (*p_io)->total, false) != IP4_OK)
        return wf_net_drop(net, *p_io, WEFT_DROP_IP4_BAD_OPTION);
    return deliver(net, p_io, &again, m);
}

static enum verdict whose(struct net *net, const struct netif *nif, struct pkt **p_io,
                          const struct ip4_hdr *h, struct rx_meta *m)
{
    struct pkt *p = *p_io;
    switch (wf_addrs_kind(net, m->dst4, nif->index)) {
    case IP4_LOCAL:
        return local(net, p_io, h, m);
    case IP4_BROADCAST:
        if (!wf_ip4_bcast_ok(net, p, m))
            return wf_net_drop(net, p, WEFT_DROP_IP4_DIRECTED);
        m->is_group = true;
        return deliver(net, p_io, h, m);
    case IP4_MULTICAST:
        return group_input(net, p_io, h, m);
    case IP4_OTHER:
        if (nif->is_any_address)
            return local(net, p_io, h, m);
        if (net->is_forwarding)
            return RX_FORWARD;
        return wf_net_drop(net, p, WEFT_DROP_IP4_NOT_FOR_US);
    case IP4_INVALID:
        break;
    }
    return wf_net_drop(net, p, WEFT_DROP_IP4_BAD_DST);
}

enum verdict wf_ip4_input(struct net *net, struct pkt **p_io, struct rx_meta *m)
{
    struct pkt *p = *p_io;
    const struct netif *nif = wf_netif_get(net, p->ifindex);
    struct ip4_hdr h;
    wf_count(net, WEFT_COUNT_IP4_IN);
    if (!wf_pkt_linear(&net->pool, p, 0, IP4_HDR_BYTES))
        return wf_net_drop(net, p, WEFT_DROP_IP4_TRUNCATED);
    uint32_t hdr_bytes = (p->data[0] & 15u) * 4;
    if (hdr_bytes <= p->total && !wf_pkt_linear(&net->pool, p, 0, hdr_bytes))
        return wf_net_drop(net, p, WEFT_DROP_NO_PKT);
    bool is_trusted = (nif->caps & WEFT_CAP_RX_TRUST) != 0;
    enum wf_ip4_err err = wf_ip4_parse(&h, p->data, p->total, !is_trusted);
    if (WF_UNLIKELY(err != IP4_OK))
        return wf_net_drop(net, p, parse_drop(err));

    if (!p->is_coalesced) /* Of a super-frame gathered here only the first length is told. */
        wf_pkt_trim(&net->pool, p, h.total_bytes); /* Ethernet padding goes (RFC 894). */
    fill_meta(m, &h, p);
    if (!source_ok(net, nif, m->src4) && !may_lack_source(net, p, &h, m))
        return wf_net_drop(net, p, WEFT_DROP_IP4_BAD_SRC);
    /* RFC 1122 3.3.6: a unicast datagram in a link broadcast is not answered and not taken. */
    if (p->is_link_group && wf_addrs_kind(net, m->dst4, nif->index) <= IP4_LOCAL)
        return wf_net_drop(net, p, WEFT_DROP_IP4_LINK_BCAST);
    if (WF_UNLIKELY((h.opts_bytes | h.is_reserved_bit) != 0)) {
        if (h.is_reserved_bit) /* RFC 1812 4.2.2.3: no reason to drop it. */
            wf_count(net, WEFT_COUNT_IP4_RESERVED_FLAG);
        if (h.opts_bytes > 0 && wf_ip4_opts_refuse(net, p, &h, m))
            return RX_DONE;
    }
    return whose(net, nif, p_io, &h, m);
}
