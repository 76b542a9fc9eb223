/* SPDX-License-Identifier: MIT */
/**
 * DOC: arp - ARP for IPv4 over Ethernet (RFC 826; RFC 1122 2.3.2; RFC 5227 in parts)
 *
 * The packet reception algorithm of RFC 826, with the merge flag: an entry that exists is updated
 * by any message, a new one is made only by a message meant for us. A message with our own address
 * as its sender is a conflict: it is counted, never learned, and answered with one announcement in
 * 10 s (RFC 5227 2.4 b). Left out here: probing before an address is used, proxy ARP.
 */
#include "link/link.h"

#include <string.h>

#include "wire/wire.h"

#define DEFEND_NS (10 * 1000000000ull) /* DEFEND_INTERVAL, RFC 5227 1.1. */

static uint32_t num(struct wf_ip4 a)
{
    return wf_ld32be(a.b);
}

static struct wf_ip4 bytes(uint32_t v)
{
    struct wf_ip4 a;
    wf_st32be(a.b, v);
    return a;
}

static void arp_output(struct net *net, struct netif *nif, const struct arp_ip4 *a,
                       const uint8_t dst[6])
{
    struct pkt *p = wf_pkt_alloc(&net->pool);
    if (p == NULL) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        return;
    }
    wf_arp_emit(p->data, a);
    p->len = p->total = ARP_IP4_BYTES;
    wf_eth_push(p, nif, dst, ETHERTYPE_ARP);
    wf_netif_enqueue(net, nif, p);
}

void wf_arp_request(struct net *net, struct netif *nif, uint32_t dst4, const uint8_t *mac)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct arp_ip4 a = {.op = ARP_REQUEST,
                        .spa = bytes(wf_addrs_source(net, nif->index, dst4)),
                        .tpa = bytes(dst4)};
    memcpy(a.sha, nif->mac, 6);
    wf_count(net, WEFT_COUNT_ARP_REQUESTS_OUT);
    arp_output(net, nif, &a, mac != NULL ? mac : broadcast);
}

void wf_arp_announce(struct net *net, struct netif *nif, uint32_t ip4)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct arp_ip4 a = {.op = ARP_REQUEST, .spa = bytes(ip4), .tpa = bytes(ip4)};
    memcpy(a.sha, nif->mac, 6);
    wf_count(net, WEFT_COUNT_ARP_REQUESTS_OUT);
    arp_output(net, nif, &a, broadcast);
}

/* Whether the sender's pair may enter the cache. */
static bool sender_ok(const struct net *net, const struct arp_ip4 *a, uint16_t ifindex)
{
    static const uint8_t none[6];
    uint32_t spa = num(a->spa);
    if ((a->sha[0] & 1) != 0 || memcmp(a->sha, none, 6) == 0)
        return false;
    return spa == 0 || (wf_addrs_kind(net, spa, ifindex) == IP4_OTHER && wf_ip4_can_be_host(spa)) ||
           wf_addrs_find(net, spa, 0) != NULL;
}

/* Somebody else uses our address (RFC 5227 2.4): defend it, but never in a storm. */
static enum verdict conflict(struct net *net, struct netif *nif, struct pkt *p, uint32_t ip4)
{
    wf_count(net, WEFT_COUNT_ARP_CONFLICTS);
    struct wf_ifaddr *a = wf_addrs_find(net, ip4, nif->index);
    if (a != NULL && (a->defended_ns == 0 || net->now_ns - a->defended_ns >= DEFEND_NS)) {
        a->defended_ns = net->now_ns;
        wf_arp_announce(net, nif, ip4);
    }
    return wf_net_drop(net, p, WEFT_DROP_ARP_CONFLICT);
}

enum verdict wf_arp_input(struct net *net, struct pkt *p)
{
    struct arp_ip4 in;
    struct netif *nif = wf_netif_get(net, p->ifindex);
    if (!wf_pkt_linear(&net->pool, p, 0, wf_min_u32(p->total, ARP_IP4_BYTES)))
        return wf_net_drop(net, p, WEFT_DROP_NO_PKT);
    if (wf_arp_parse(&in, p->data, p->len) != ARP_OK ||
        (in.op != ARP_REQUEST && in.op != ARP_REPLY))
        return wf_net_drop(net, p, WEFT_DROP_ARP_MALFORMED);
    wf_count(net, in.op == ARP_REQUEST ? WEFT_COUNT_ARP_REQUESTS_IN : WEFT_COUNT_ARP_REPLIES_IN);
    if (!sender_ok(net, &in, nif->index))
        return wf_net_drop(net, p, WEFT_DROP_ARP_BAD_SENDER);

    uint32_t spa = num(in.spa), tpa = num(in.tpa);
    if (wf_addrs_find(net, spa, nif->index) != NULL)
        return memcmp(in.sha, nif->mac, 6) == 0 ? wf_net_drop(net, p, WEFT_DROP_ETH_SRC_BAD)
                                                : conflict(net, nif, p, spa);
    bool is_for_us = wf_addrs_find(net, tpa, nif->index) != NULL;
    bool is_reply = in.op == ARP_REPLY;
    bool is_learned = spa != 0 && wf_neigh_learn(net, nif, spa, in.sha, is_for_us && !is_reply,
                                                 is_reply && is_for_us);
    if (is_reply)
        return is_learned ? wf_net_done(net, p) : wf_net_drop(net, p, WEFT_DROP_ARP_UNSOLICITED);
    if (!is_for_us)
        return wf_net_drop(net, p, WEFT_DROP_ARP_NOT_FOR_US);

    struct arp_ip4 out = {.op = ARP_REPLY, .spa = in.tpa, .tpa = in.spa};
    memcpy(out.sha, nif->mac, 6);
    memcpy(out.tha, in.sha, 6);
    wf_count(net, WEFT_COUNT_ARP_REPLIES_OUT);
    arp_output(net, nif, &out, in.sha);
    return wf_net_done(net, p);
}
