/* SPDX-License-Identifier: MIT */
/**
 * DOC: forward - packets for somebody else (RFC 1812 5)
 *
 * In this order: what must stay on its link (link-local addresses, frames to a group), the
 * interface's switch, the reverse-path filter, TTL, route, redirect, size. The frame's memory is
 * passed on; only its headers are copied, since what was lent is not written.
 *
 * A redirect goes out when the packet leaves where it came in and its sender could have reached
 * the next hop itself (redirect.c).
 *
 * Deviation: IPR-FWD-39: the reverse-path filter is on by default (BCP 38 came later than RFC
 * 1812); `weft_if_set_forward()` sets it by interface.
 */
#include "ip/ip.h"

#include "link/link.h"
#include "weft/forward.h"

static bool reverse_path_ok(const struct net *net, const struct netif *in, const struct rx_meta *m)
{
    if (in->rpf == WEFT_RPF_OFF)
        return true;
    if (in->rpf == WEFT_RPF_STRICT)
        return wf_routes_is_by4(net, m->src4, m->ifindex);
    return wf_routes_lookup4(net, m->src4) != NULL;
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

/* What keeps the packet of a flow on one leg: addresses, protocol and, where they are, ports. */
static uint64_t flow_hash(const struct net *net, const struct pkt *p, const struct rx_meta *m)
{
    uint64_t w[2] = {(uint64_t)m->src4 << 32 | m->dst4, m->proto};
    bool is_whole = (wf_ld16be(p->data + 6) & 0x3fff) == 0;
    if (is_whole && (m->proto == IP_PROTO_TCP || m->proto == IP_PROTO_UDP) &&
        p->len >= m->ip_hdr_bytes + 4u)
        w[1] |= (uint64_t)wf_ld32be(p->data + m->ip_hdr_bytes) << 8;
    return wf_hash_words(&net->hash_key, w, 2);
}

/* Before the route: why a packet goes no further, or WEFT_DROP_COUNT. */
static enum weft_drop refuse_input(const struct net *net, const struct netif *in,
                                   const struct pkt *p, const struct rx_meta *m)
{
    if (p->is_link_group)
        return WEFT_DROP_IP4_LINK_BCAST;
    if (wf_ip4_is_link_local(m->src4) || wf_ip4_is_link_local(m->dst4))
        return WEFT_DROP_IP4_LINK_LOCAL;
    if (in->is_forward_off)
        return WEFT_DROP_IP4_FORWARD_OFF;
    return reverse_path_ok(net, in, m) ? WEFT_DROP_COUNT : WEFT_DROP_IP4_RPF;
}

/* The route, or NULL: the sender was told, and *@why says what happened. */
static const struct wf_route4 *find_route(struct net *net, struct pkt *p, const struct rx_meta *m,
                                          enum weft_drop *why)
{
    uint8_t code = ICMP4_NET_UNREACHABLE;
    const struct wf_route4 *r = wf_routes_match4(net, m->dst4, m->tos);
    *why = WEFT_DROP_IP4_NO_ROUTE;
    if (WF_LIKELY(r != NULL && r->type == WEFT_ROUTE_UNICAST))
        return r->weight == 0 ? r : wf_routes_leg4(net, r, flow_hash(net, p, m));
    if (r != NULL) {
        *why = WEFT_DROP_IP4_REFUSED;
        code = r->type == WEFT_ROUTE_PROHIBIT ? ICMP4_ADMIN_PROHIBITED : ICMP4_HOST_UNREACHABLE;
    }
    if (r == NULL || r->type != WEFT_ROUTE_BLACKHOLE)
        wf_icmp_error(net, p, m, ICMP4_UNREACHABLE, code, 0);
    return NULL;
}

/* RFC 2644: the last router of a directed broadcast lets it in only where it was told to. */
static bool broadcast_ok(const struct net *net, const struct netif *out, const struct rx_meta *m)
{
    return out->may_direct_bcast || wf_addrs_kind(net, m->dst4, 0) != IP4_BROADCAST;
}

/* The way is known: size, TTL, out. */
static void pass_on(struct net *net, struct pkt *p, const struct rx_meta *m,
                    const struct wf_route4 *r)
{
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
    if (WF_UNLIKELY(r->ifindex == m->ifindex))
        wf_redirect_send(net, p, m, next_hop);
    if (nif->txq_len >= nif->txq_max)
        wf_icmp_quench(net, p, m);
    if (!own_headers(net, p, m)) {
        wf_net_drop(net, p, WEFT_DROP_NO_PKT);
        return;
    }
    p->from_ifindex = m->ifindex;
    wf_ip4_count_hop(p->data, p->data);
    if (!wf_ip4_opts_transit(net, p, m, nif->index))
        return;
    wf_count(net, WEFT_COUNT_IP4_FORWARDED);
    if (is_large)
        (void)wf_ip4_fragment_output(net, nif, p, nif->mtu, next_hop);
    else
        wf_link_output(net, nif, p, next_hop);
}

void wf_ip4_forward(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    enum weft_drop why = refuse_input(net, wf_netif_get(net, m->ifindex), p, m);
    if (why != WEFT_DROP_COUNT) {
        wf_net_drop(net, p, why);
        return;
    }
    if (m->ttl <= 1) {
        wf_icmp_error(net, p, m, ICMP4_TIME_EXCEEDED, ICMP4_TTL_EXCEEDED, 0);
        wf_net_drop(net, p, WEFT_DROP_IP4_TTL);
        return;
    }
    const struct wf_route4 *r = find_route(net, p, m, &why);
    const struct netif *out = r != NULL ? wf_netif_get(net, r->ifindex) : NULL;
    if (r == NULL)
        wf_net_drop(net, p, why);
    else if (out->is_forward_off)
        wf_net_drop(net, p, WEFT_DROP_IP4_FORWARD_OFF);
    else if (m->is_group && !broadcast_ok(net, out, m))
        wf_net_drop(net, p, WEFT_DROP_IP4_DIRECTED);
    else
        pass_on(net, p, m, r);
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

int weft_if_set_forward(struct weft_stack *st, uint16_t ifindex,
                        const struct weft_forward_options *o)
{
    struct netif *nif = wf_netif_get(wf_net_of(st), ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    if (o == NULL || (unsigned)o->rpf >= WEFT_RPF_COUNT)
        return -WEFT_EINVAL;
    nif->rpf = (uint8_t)o->rpf;
    nif->is_forward_off = o->is_off;
    return 0;
}

int weft_if_get_forward(const struct weft_stack *st, uint16_t ifindex,
                        struct weft_forward_options *out)
{
    const struct netif *nif = wf_netif_get(wf_net_of_const(st), ifindex);
    if (nif == NULL)
        return -WEFT_ENOENT;
    *out = (struct weft_forward_options){.rpf = (enum weft_rpf)nif->rpf,
                                         .is_off = nif->is_forward_off};
    return 0;
}
