/* SPDX-License-Identifier: MIT */
/** DOC: rx - the receive path. Read wf_rx_packet() to follow a packet from the wire to its end */
#include "stack/stack.h"

/* RFC 1122 3.2.2.2, and only about what a socket sent: a stranger has to guess its ports. */
static void rx_redirect(struct net *net, struct pkt *p, const struct rx_meta *m,
                        const struct icmp_quote *q)
{
    bool is_ours = q->proto == IP_PROTO_TCP ? wf_tcp_is_quoted(net, q) : wf_udp_is_quoted(net, q);
    if (is_ours && wf_redirect_learn(net, m, q))
        wf_net_done(net, p);
    else
        wf_net_drop(net, p, WEFT_DROP_ICMP_REDIRECT_BAD);
}

static void rx_icmp4(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    struct icmp_quote q;
    switch (wf_icmp_input(net, p, m, &q)) {
    case ICMP_CONSUMED:
        return;
    case ICMP_REPLY:
        wf_icmp_tap(net, p, m);
        wf_ping_input(net, p, m);
        return;
    case ICMP_OTHER:
        if (wf_icmp_tap(net, p, m))
            wf_net_done(net, p);
        else
            wf_net_drop(net, p, WEFT_DROP_ICMP_TYPE_UNKNOWN);
        return;
    case ICMP_REDIRECT:
        wf_icmp_tap(net, p, m);
        rx_redirect(net, p, m, &q);
        return;
    case ICMP_ERROR:
        wf_icmp_tap(net, p, m);
        if (q.proto == IP_PROTO_TCP)
            wf_tcp_quote(net, &q);
        else if (!wf_udp_quote(net, &q)) {
            wf_net_drop(net, p, WEFT_DROP_ICMP_NO_SOCKET);
            return;
        }
        wf_net_done(net, p);
        return;
    }
}

/* Nobody here for it (RFC 1122 3.2.2.1). */
static void rx_unreachable(struct net *net, struct pkt *p, const struct rx_meta *m, uint8_t code,
                           enum weft_drop why)
{
    wf_pkt_unpull(p, m->ip_hdr_bytes);
    wf_icmp_error(net, p, m, ICMP4_UNREACHABLE, code, 0);
    wf_net_drop(net, p, why);
}

void wf_rx_ip4(struct net *net, struct pkt *p)
{
    struct rx_meta m;
    switch (wf_ip4_input(net, &p, &m)) {
    case RX_TCP:
        wf_tcp_input(net, p, &m);
        return;
    case RX_UDP:
        if (wf_udp_input(net, p, &m) == RX_NO_PROTO)
            rx_unreachable(net, p, &m, ICMP4_PORT_UNREACHABLE, WEFT_DROP_UDP_NO_SOCKET);
        return;
    case RX_ICMP4:
        rx_icmp4(net, p, &m);
        return;
    case RX_IGMP:
        wf_igmp_input(net, p, &m);
        return;
    case RX_FORWARD:
        wf_ip4_forward(net, p, &m);
        return;
    case RX_NO_PROTO:
        rx_unreachable(net, p, &m, ICMP4_PROTO_UNREACHABLE, WEFT_DROP_IP4_PROTO_UNKNOWN);
        return;
    case RX_ARP:
    case RX_RARP:
    case RX_IP4:
    case RX_DONE:
        return;
    }
}

void wf_rx_packet(struct net *net, struct pkt *p)
{
    enum verdict v = wf_link_input(net, wf_netif_get(net, p->ifindex), p);
    if (v == RX_ARP)
        wf_arp_input(net, p);
    else if (v == RX_IP4)
        wf_rx_ip4(net, p);
    else if (v == RX_RARP)
        wf_rarp_input(net, p);
}

uint32_t weft_rx(struct weft_stack *st, uint16_t ifindex, const struct weft_frame *frames,
                 uint32_t n, uint64_t now_ns)
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    wf_stack_set_now(net, now_ns);
    if (nif == NULL || nif->kind == WEFT_IF_LOOPBACK || nif->parent != 0) {
        wf_net_note_drop(net, WEFT_DROP_IF_UNKNOWN);
        return 0;
    }
    return net->is_forwarding ? wf_fast_burst(net, nif, frames, n)
                              : wf_rx_burst(net, nif, frames, n);
}

uint32_t weft_rx_done(struct weft_stack *st, uint64_t *cookies, uint32_t n)
{
    return wf_lent_done(&wf_net_of(st)->pool.bufs, cookies, n);
}
