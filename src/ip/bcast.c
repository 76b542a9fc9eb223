/* SPDX-License-Identifier: MIT */
#include "ip/bcast.h"

#include "ip/ip.h"

/* The copy is as good as the packet: it is checked, counted and sent as anything forwarded is. */
static void pass_on(struct net *net, const struct pkt *p, const struct rx_meta *m)
{
    struct pkt *copy = wf_pkt_alloc(&net->pool);
    if (copy == NULL) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        return;
    }
    if (!wf_pkt_share(copy, p, 0, p->total)) {
        wf_net_drop(net, copy, WEFT_DROP_NO_PKT);
        return;
    }
    if (!wf_pkt_own_headers(&net->pool, copy, m->ip_hdr_bytes)) {
        wf_net_drop(net, copy, WEFT_DROP_NO_PKT);
        return;
    }
    copy->pinned = p->pinned;
    copy->ifindex = p->ifindex;
    copy->is_link_group = p->is_link_group;
    copy->csum = p->csum == PKT_CSUM_PARTIAL ? PKT_CSUM_NONE : p->csum;
    wf_ip4_forward(net, copy, m);
}

bool wf_ip4_bcast_ok(struct net *net, struct pkt *p, struct rx_meta *m)
{
    if (m->dst4 == UINT32_MAX)
        return true;
    const struct wf_ifaddr *a = wf_addrs_directed(net, m->dst4, m->ifindex);
    if (a == NULL)
        return true;
    uint32_t host = m->dst4 & ~wf_ip4_mask(a->prefix_len);
    if (host == 0 && net->is_forwarding) /* RFC 1812 4.2.3.1 (2) */
        return false;
    const struct netif *nif = wf_netif_get(net, a->ifindex);
    const struct netif *from = wf_netif_get(net, m->ifindex);
    if (a->ifindex == m->ifindex || from->kind == WEFT_IF_LOOPBACK)
        return true;
    if (!nif->may_direct_bcast)
        return false;
    m->is_group = true;
    if (net->is_forwarding)
        pass_on(net, p, m);
    return true;
}
