/* SPDX-License-Identifier: MIT */
/**
 * DOC: forward - packets for somebody else (RFC 1812 5)
 *
 * TTL, route, reverse-path filter (strict: the answer would leave where the packet came in), size.
 * The frame's memory is passed on; only its headers are copied, since what was lent is not written.
 */
#include "ip/ip.h"

#include "link/link.h"

static bool reverse_path_ok(const struct net *net, const struct rx_meta *m)
{
    const struct wf_route4 *r = wf_routes_lookup4(net, m->src4);
    return r != NULL && r->ifindex == m->ifindex;
}

/* Decrement TTL and mend the checksum (RFC 1624). */
static void count_hop(uint8_t *ip)
{
    uint16_t old = wf_ld16be(ip + 8);
    ip[8]--;
    wf_st16be(ip + 10, wf_csum_update16(wf_ld16be(ip + 10), old, wf_ld16be(ip + 8)));
}

/*
 * Whether a packet fits an MTU. A super-frame that nobody has sent yet (it came from a device that
 * leaves the cutting to us) may be cut smaller; one that stands for frames seen on a wire has DF.
 */
static bool fits(struct pkt *p, uint32_t hdr_bytes, uint32_t mtu, bool is_df)
{
    if (p->gso_segs <= 1)
        return p->total <= mtu;
    uint32_t hdrs = hdr_bytes + p->l4_hdr_bytes;
    if (hdrs + p->gso_size <= mtu || p->total <= mtu)
        return true;
    if (is_df || mtu < hdrs + 8)
        return false;
    p->gso_size = (uint16_t)(mtu - hdrs);
    p->gso_segs = (uint16_t)((p->total - hdrs + p->gso_size - 1) / p->gso_size);
    return true;
}

/*
 * Have the headers that change in memory of our own: the IP header, and the transport header of
 * what is cut again or whose checksum is still to be filled in.
 */
static bool own_headers(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    uint32_t l4 = 0;
    if (p->gso_segs > 1)
        l4 = p->l4_hdr_bytes;
    else if (p->csum == PKT_CSUM_PARTIAL)
        l4 = p->csum_offset + 2u;
    if (!wf_pkt_own_headers(&net->pool, p, m->ip_hdr_bytes + l4))
        return false;
    if (p->csum == PKT_CSUM_PARTIAL)
        p->csum_at = p->data + m->ip_hdr_bytes;
    return true;
}

/* A super-frame from a device: learn where its payload begins, and so how many frames it is. */
static bool read_l4_bytes(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    if (p->gso_segs <= 1 || p->l4_hdr_bytes != 0)
        return true;
    if (m->proto != IP_PROTO_TCP || !wf_pkt_linear(&net->pool, p, 0, m->ip_hdr_bytes + 20u))
        return false;
    p->l4_hdr_bytes = (uint16_t)((p->data[m->ip_hdr_bytes + 12] >> 4) * 4);
    uint32_t hdrs = (uint32_t)m->ip_hdr_bytes + p->l4_hdr_bytes;
    if (p->l4_hdr_bytes < 20 || hdrs >= p->total)
        return false;
    p->gso_segs = (uint16_t)((p->total - hdrs + p->gso_size - 1) / p->gso_size);
    return true;
}

void wf_ip4_forward(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    if (p->is_link_group) {
        wf_net_drop(net, p, WEFT_DROP_IP4_LINK_BCAST);
        return;
    }
    if (!reverse_path_ok(net, m)) {
        wf_net_drop(net, p, WEFT_DROP_IP4_RPF);
        return;
    }
    if (m->ttl <= 1) {
        wf_icmp_error(net, p, m, ICMP4_TIME_EXCEEDED, ICMP4_TTL_EXCEEDED, 0);
        wf_net_drop(net, p, WEFT_DROP_IP4_TTL);
        return;
    }
    const struct wf_route4 *r = wf_routes_lookup4(net, m->dst4);
    if (r == NULL) {
        wf_icmp_error(net, p, m, ICMP4_UNREACHABLE, ICMP4_NET_UNREACHABLE, 0);
        wf_net_drop(net, p, WEFT_DROP_IP4_NO_ROUTE);
        return;
    }
    if (!read_l4_bytes(net, p, m)) {
        wf_net_drop(net, p, WEFT_DROP_FRAME_BAD);
        return;
    }
    struct netif *nif = wf_netif_get(net, r->ifindex);
    uint32_t next_hop = r->gateway != 0 ? r->gateway : m->dst4;
    bool is_df = (p->data[6] & 0x40) != 0;
    bool is_large = !fits(p, m->ip_hdr_bytes, nif->mtu, is_df);
    if (is_large && is_df) {
        wf_icmp_error(net, p, m, ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, nif->mtu);
        wf_net_drop(net, p, WEFT_DROP_IP4_NEEDS_FRAG);
        return;
    }
    if (r->ifindex == m->ifindex)
        wf_redirect_send(net, p, m, next_hop);
    if (nif->txq_len >= nif->txq_max)
        wf_icmp_quench(net, p, m);
    if (!own_headers(net, p, m)) {
        wf_net_drop(net, p, WEFT_DROP_NO_PKT);
        return;
    }
    p->from_ifindex = m->ifindex;
    count_hop(p->data);
    if (!wf_ip4_opts_transit(net, p, m, nif->index))
        return;
    wf_count(net, WEFT_COUNT_IP4_FORWARDED);
    if (is_large)
        (void)wf_ip4_fragment_output(net, nif, p, nif->mtu, next_hop);
    else
        wf_link_output(net, nif, p, next_hop);
}

void wf_ip4_neigh_failed(struct net *net, struct pkt *list)
{
    while (list != NULL) {
        struct pkt *p = list;
        list = p->next;
        struct ip4_hdr h;
        wf_redirect_hop_failed(net, p->ifindex, p->next_hop);
        if (wf_ip4_parse(&h, p->data, p->total, false) == IP4_OK) {
            struct rx_meta m = {.src4 = wf_ld32be(h.src.b),
                                .dst4 = wf_ld32be(h.dst.b),
                                .ifindex = p->from_ifindex != 0 ? p->from_ifindex : p->ifindex,
                                .ip_hdr_bytes = h.hdr_bytes,
                                .proto = h.proto};
            m.src = wf_addr_from4(m.src4);
            m.dst = wf_addr_from4(m.dst4);
            wf_icmp_error(net, p, &m, ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, 0);
        }
        wf_net_drop(net, p, WEFT_DROP_NEIGH_FAILED);
    }
}
