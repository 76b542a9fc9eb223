/* SPDX-License-Identifier: MIT */
#include "link/link.h"

#include <string.h>

#include "wire/wire.h"

#define ARP_SHA_AT           8      /* Sender hardware address in a message of ARP. */
#define ETH_PAYLOAD_MAX_TYPE 0x0600 /* Below: an 802.3 length (IEEE 802.3 3.2.6). */

void wf_link_init(struct net *net)
{
    wf_list_init(&net->link->idle);
    wf_list_init(&net->link->used);
    for (uint32_t i = 0; i < net->cfg->ifs_max + 1; i++) {
        weft_neigh_options_default(&net->link->ifs[i].neigh);
        weft_arp_options_default(&net->link->ifs[i].arp);
    }
}

static enum verdict by_version(struct net *net, struct pkt *p)
{
    if (p->len == 0)
        return wf_net_drop(net, p, WEFT_DROP_ETH_RUNT);
    return p->data[0] >> 4 == 6 ? wf_net_drop(net, p, WEFT_DROP_IP6_UNSUPPORTED) : RX_IP4;
}

enum verdict wf_link_input(struct net *net, struct netif *nif, struct pkt *p)
{
    if (nif->kind != WEFT_IF_ETHER)
        return by_version(net, p);
    struct eth_hdr h;
    if (!wf_pkt_linear(&net->pool, p, 0, ETH_HDR_BYTES) || !wf_eth_parse(&h, p->data, p->len))
        return wf_net_drop(net, p, WEFT_DROP_ETH_RUNT);
    if ((h.src[0] & 1) != 0)
        return wf_net_drop(net, p, WEFT_DROP_ETH_SRC_BAD);
    p->is_link_group = (h.dst[0] & 1) != 0;
    uint32_t hdr_bytes = ETH_HDR_BYTES;
    if (WF_UNLIKELY(h.type == ETHERTYPE_VLAN)) {
        enum weft_drop why = wf_vlan_input(net, &nif, p, &h.type);
        if (why != WEFT_DROP_COUNT)
            return wf_net_drop(net, p, why);
        hdr_bytes = ETH_VLAN_HDR_BYTES;
    }
    bool is_heard = p->is_link_group ? wf_netif_hears(nif, h.dst) : memcmp(h.dst, nif->mac, 6) == 0;
    /* A RARP server looks at what others answer. */
    if (!is_heard && (h.type != ETHERTYPE_RARP || nif->rarp == NULL))
        return wf_net_drop(net, p, WEFT_DROP_ETH_NOT_FOR_US);

    wf_pkt_pull(p, hdr_bytes);
    switch (h.type) {
    case ETHERTYPE_ARP:
        p->is_src_mismatch =
            p->len >= ARP_SHA_AT + 6 && memcmp(h.src, p->data + ARP_SHA_AT, 6) != 0;
        return RX_ARP;
    case ETHERTYPE_RARP:
        return RX_RARP;
    case ETHERTYPE_IP4:
        if (WF_UNLIKELY(nif->is_learning_from_ip))
            wf_arp_learn_ip(net, nif, p, h.src);
        return RX_IP4;
    case ETHERTYPE_IP6:
        return wf_net_drop(net, p, WEFT_DROP_IP6_UNSUPPORTED);
    default:
        return wf_net_drop(net, p,
                           h.type < ETH_PAYLOAD_MAX_TYPE ? WEFT_DROP_ETH_LENGTH_FIELD
                                                         : WEFT_DROP_ETH_TYPE_UNKNOWN);
    }
}

/* The tag carries the precedence of IP on (IEEE 802.1Q 9.6, RFC 1122 2.4). */
static void push_tag(struct pkt *p, const struct netif *nif, uint16_t *type)
{
    uint16_t priority = *type == ETHERTYPE_IP4 ? p->data[1] >> 5 : 0;
    uint8_t *at = wf_pkt_push(p, ETH_VLAN_HDR_BYTES - ETH_HDR_BYTES);
    wf_st16be(at, (uint16_t)(priority << 13 | nif->vlan_id));
    wf_st16be(at + 2, *type);
    *type = ETHERTYPE_VLAN;
}

void wf_eth_push(struct pkt *p, const struct netif *nif, const uint8_t dst[6], uint16_t type)
{
    if (WF_UNLIKELY(nif->vlan_id != 0))
        push_tag(p, nif, &type);
    uint8_t *at = wf_pkt_push(p, ETH_HDR_BYTES);
    memcpy(at, dst, 6);
    memcpy(at + 6, nif->mac, 6);
    wf_st16be(at + 12, type);
}

/* Group addresses need no neighbour. Returns false for a unicast address. */
static bool group_mac(const struct net *net, uint32_t ip4, uint16_t ifindex, uint8_t mac[6])
{
    enum ip4_kind kind = wf_addrs_kind(net, ip4, ifindex);
    if (kind == IP4_BROADCAST) {
        memset(mac, 0xff, 6);
        return true;
    }
    if (kind == IP4_MULTICAST) { /* RFC 1112 6.4: the low 23 bits. */
        mac[0] = 0x01;
        mac[1] = 0x00;
        mac[2] = 0x5e;
        mac[3] = (uint8_t)(ip4 >> 16 & 0x7f);
        mac[4] = (uint8_t)(ip4 >> 8);
        mac[5] = (uint8_t)ip4;
        return true;
    }
    return false;
}

void wf_link_output(struct net *net, struct netif *nif, struct pkt *p, uint32_t next_hop4)
{
    if (nif->kind != WEFT_IF_ETHER) {
        wf_netif_enqueue(net, nif, p);
        return;
    }
    uint8_t mac[6];
    if (group_mac(net, next_hop4, nif->index, mac)) {
        wf_eth_push(p, nif, mac, ETHERTYPE_IP4);
        wf_netif_enqueue(net, nif, p);
        return;
    }
    p->ifindex = nif->index;
    p->next_hop = next_hop4;
    struct neigh *n = wf_neigh_use(net, nif, next_hop4);
    if (n != NULL && wf_ld32be(p->data + 16) != next_hop4)
        n->is_gateway = true;
    if (n == NULL) {
        wf_net_drop(net, p, WEFT_DROP_NEIGH_TABLE_FULL);
    } else if (wf_neigh_is_usable(n)) {
        wf_eth_push(p, nif, n->mac, ETHERTYPE_IP4);
        wf_netif_enqueue(net, nif, p);
    } else {
        wf_neigh_wait(net, n, p);
    }
}

void wf_link_flush(struct net *net, struct netif *nif)
{
    struct wf_slab *s = &net->link->neighs;
    for (struct neigh *n = wf_slab_next_live(s, 0); n != NULL;) {
        struct neigh *next = wf_slab_next_live(s, wf_slab_index(s, n) + 1);
        if (n->ifindex == nif->index && n->state != WEFT_NEIGH_PERMANENT)
            wf_neigh_forget(net, n, WEFT_DROP_IF_DOWN);
        n = next;
    }
}
