/* SPDX-License-Identifier: MIT */
/** DOC: ip4 output - source, route, header, identification (RFC 791, RFC 1122 3.2.1, RFC 6864) */
#include "ip/ip.h"

#include "link/link.h"

#define LOOPBACK_INDEX 1

void wf_ip_init(struct net *net)
{
    struct wf_ip *ip = net->ip;
    wf_list_init(&ip->reasm_order);
    wf_igmp_init(net);
    ip->sw = (struct wf_ip_switches){.ttl = IP4_TTL_DEFAULT};
    wf_icmp_init(net);
}

bool wf_ip4_source(const struct net *net, uint32_t dst4, uint32_t *src4, uint16_t *ifindex)
{
    if (wf_addrs_kind(net, dst4, 0) == IP4_LOCAL) {
        *src4 = dst4;
        *ifindex = LOOPBACK_INDEX;
        return true;
    }
    const struct wf_route4 *r = wf_routes_lookup4(net, dst4);
    uint16_t out = r != NULL ? r->ifindex : 0;
    /* Limited broadcast and multicast need no route when only one interface is meant. */
    if (r == NULL && (dst4 == UINT32_MAX || wf_ip4_is_multicast(dst4)))
        for (uint16_t i = 1; i <= net->ifs.n && out == 0; i++)
            if (net->ifs.tab[i - 1].kind != WEFT_IF_LOOPBACK && net->ifs.tab[i - 1].is_up)
                out = i;
    if (out == 0)
        return false;
    *ifindex = out;
    *src4 = r != NULL && r->src != 0 && r->gateway == 0
                ? r->src
                : wf_addrs_source(net, out, r != NULL && r->gateway != 0 ? r->gateway : dst4);
    return true;
}

static inline void push(struct pkt *p, const struct ip4_out *o, uint16_t id, uint8_t opts_bytes)
{
    uint32_t hdr_bytes = IP4_HDR_BYTES + (uint32_t)opts_bytes;
    struct ip4_hdr h = {.tos = o->tos,
                        .ttl = o->ttl,
                        .proto = o->proto,
                        .total_bytes = (uint16_t)(p->total + hdr_bytes),
                        .id = id,
                        .df = o->is_df,
                        .opts = opts_bytes > 0 ? o->opts : NULL,
                        .opts_bytes = opts_bytes};
    wf_st32be(h.src.b, o->src4);
    wf_st32be(h.dst.b, o->dst4);
    wf_ip4_emit(wf_pkt_push(p, hdr_bytes), &h);
}

/* Every segment of TCP has this one: it pays nothing for options. */
void wf_ip4_push(struct pkt *p, const struct ip4_out *o, uint16_t id)
{
    push(p, o, id, 0);
}

/* RFC 3927 2.6: what is link-local goes by no gateway; neither does what is for many. */
uint32_t wf_ip4_next_hop(const struct net *net, const struct wf_route4 *r, uint16_t ifindex,
                         uint32_t src4, uint32_t dst4)
{
    bool is_via = r != NULL && r->gateway != 0 && r->ifindex == ifindex &&
                  !wf_ip4_is_link_local(src4) && !wf_ip4_is_link_local(dst4) &&
                  wf_addrs_kind(net, dst4, ifindex) == IP4_OTHER;
    return is_via ? wf_redirect_hop(net, dst4, ifindex, r->gateway) : dst4;
}

/* Queue full is told to the sender where that is known before the packet is built. */
static bool has_room(const struct netif *nif)
{
    return nif->txq_len < nif->txq_max;
}

/* Cut, or sent whole: RFC 6864 asks for an identification only of what is or may be cut. */
static int output_on(struct net *net, struct netif *nif, struct pkt *p, struct ip4_out *o)
{
    const struct wf_route4 *r = wf_routes_lookup4(net, o->dst4);
    uint32_t next_hop = wf_ip4_next_hop(net, r, nif->index, o->src4, o->dst4);
    uint32_t mtu = o->is_path_probe ? nif->mtu : wf_pmtu_get(net, o->dst4, nif->mtu);
    uint32_t bytes = p->total + IP4_HDR_BYTES + o->opts_bytes;
    bool is_whole = bytes <= mtu;
    if (bytes > 65535 || (!is_whole && o->is_df && !o->is_cut)) {
        wf_net_drop(net, p, WEFT_DROP_IP4_NEEDS_FRAG);
        return -WEFT_EMSGSIZE;
    }
    uint16_t id = 0;
    o->is_df = o->is_df && is_whole;
    if (!o->is_df && !wf_ip4_next_id(net, o->src4, o->dst4, o->proto, &id)) {
        /* RFC 6864 5.2: rather lost than put together with another's parts. */
        wf_net_drop(net, p, WEFT_DROP_IP4_ID_LIMIT);
        return 0;
    }
    push(p, o, id, o->opts_bytes);
    wf_count(net, WEFT_COUNT_IP4_OUT);
    if (!is_whole)
        return wf_ip4_fragment_output(net, nif, p, mtu, next_hop);
    wf_link_output(net, nif, p, next_hop);
    return 0;
}

int wf_ip4_output(struct net *net, struct pkt *p, const struct ip4_out *o_in)
{
    struct ip4_out o = *o_in;
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    uint32_t src4 = 0;
    uint16_t ifindex = 0;
    if (WF_UNLIKELY(o.opts_bytes > 0))
        wf_ip4_opts_originate(&o, opts);
    if (!wf_ip4_source(net, o.dst4, &src4, &ifindex)) {
        wf_net_drop(net, p, WEFT_DROP_IP4_NO_ROUTE);
        return -WEFT_ENETUNREACH;
    }
    if (o.src4 == 0)
        o.src4 =
            o.ifindex == 0 || o.ifindex == ifindex ? src4 : wf_addrs_source(net, o.ifindex, o.dst4);
    if (o.ifindex != 0)
        ifindex = o.ifindex;
    if (o.opts_bytes > 0 && !o.is_stamped)
        wf_ip4_opts_stamp_own(net, opts, o.opts_bytes, o.src4);
    struct netif *nif = wf_netif_get(net, ifindex);
    if (!nif->is_up || !has_room(nif)) {
        bool is_up = nif->is_up;
        wf_net_drop(net, p, is_up ? WEFT_DROP_TXQ_FULL : WEFT_DROP_IF_DOWN);
        return is_up ? -WEFT_EAGAIN : -WEFT_ENETDOWN;
    }
    return output_on(net, nif, p, &o);
}
