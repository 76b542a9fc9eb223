/* SPDX-License-Identifier: MIT */
/**
 * DOC: arp - ARP for IPv4 over Ethernet (RFC 826; RFC 1122 2.3.2; RFC 5227 with acd.c)
 *
 * The packet reception algorithm of RFC 826, with the merge flag: an entry that exists is updated
 * by any message, a new one is made only by a message meant for us. What is believed is the cache's
 * affair (neigh.c, by its policy). A message with our own address as its sender is a conflict:
 * counted, reported, never learned. Requests to everybody from one sender are answered once in
 * 100 ms; those to us alone, and from all senders that are not as they are known, 1000 times a
 * second.
 */
#include "link/link.h"

#include <string.h>

#include "wire/wire.h"

#define REPLY_NS        (100 * 1000000ull) /* To the same sender. */
#define STRANGER_NS     1000000ull         /* To one without an entry; ... */
#define STRANGERS_BURST 64                 /* ... so many at once. */

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

void wf_arp_output(struct net *net, struct netif *nif, const struct arp_ip4 *a, uint16_t type,
                   const uint8_t *dst)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct pkt *p = wf_pkt_alloc(&net->pool);
    if (p == NULL) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        return;
    }
    wf_arp_emit(p->data, a);
    p->len = p->total = ARP_IP4_BYTES;
    wf_eth_push(p, nif, dst != NULL ? dst : broadcast, type);
    wf_netif_enqueue(net, nif, p);
}

/* From a link-local address everything is broadcast, so that conflicts are seen (RFC 3927 2.5). */
static void arp_output(struct net *net, struct netif *nif, const struct arp_ip4 *a,
                       const uint8_t *dst)
{
    wf_arp_output(net, nif, a, ETHERTYPE_ARP, wf_ip4_is_link_local(num(a->spa)) ? NULL : dst);
}

static void request_output(struct net *net, struct netif *nif, uint32_t spa, uint32_t tpa,
                           const uint8_t *mac)
{
    struct arp_ip4 a = {.op = ARP_REQUEST, .spa = bytes(spa), .tpa = bytes(tpa)};
    memcpy(a.sha, nif->mac, 6);
    wf_count(net, WEFT_COUNT_ARP_REQUESTS_OUT);
    arp_output(net, nif, &a, mac);
}

void wf_arp_request(struct net *net, struct netif *nif, uint32_t dst4, const uint8_t *mac)
{
    request_output(net, nif, wf_addrs_source(net, nif->index, dst4), dst4, mac);
}

void wf_arp_probe(struct net *net, struct netif *nif, uint32_t ip4)
{
    wf_count(net, WEFT_COUNT_ARP_PROBES_OUT);
    request_output(net, nif, 0, ip4, NULL);
}

void wf_arp_announce(struct net *net, struct netif *nif, uint32_t ip4)
{
    wf_count(net, WEFT_COUNT_ARP_ANNOUNCED);
    request_output(net, nif, ip4, ip4, NULL);
}

/* ---- what comes in ---- */

static enum weft_drop why_malformed(enum wf_arp_err err)
{
    switch (err) {
    case ARP_TRUNCATED:
        return WEFT_DROP_ARP_SHORT;
    case ARP_BAD_LEN:
        return WEFT_DROP_ARP_BAD_LEN;
    case ARP_BAD_OP:
        return WEFT_DROP_ARP_BAD_OP;
    case ARP_OK:
    case ARP_BAD_TYPE:
        break;
    }
    return WEFT_DROP_ARP_BAD_TYPE;
}

/* Whether the pair can be a host's. */
static bool sender_ok(const struct net *net, const struct arp_ip4 *a, uint16_t ifindex)
{
    uint32_t spa = num(a->spa);
    if (!wf_mac_is_station(a->sha))
        return false;
    enum ip4_kind kind = wf_addrs_kind(net, spa, ifindex);
    return spa == 0 || ((kind == IP4_OTHER || kind == IP4_LOCAL) && wf_ip4_can_be_host(spa));
}

/* Who is not on this link gets no entry: nothing would be sent to him here. */
static bool is_on_link(const struct net *net, const struct netif *nif, uint32_t ip4)
{
    if (wf_addrs_find(net, ip4, 0) != NULL)
        return false;
    if (wf_ip4_is_link_local(ip4))
        return true;
    const struct wf_addrs *t = &net->addrs;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->tab[i].ifindex == nif->index &&
            ((t->tab[i].ip4 ^ ip4) & wf_ip4_mask(t->tab[i].prefix_len)) == 0)
            return true;
    const struct wf_route4 *r = wf_routes_lookup4(net, ip4);
    return r != NULL && r->gateway == 0 && r->ifindex == nif->index;
}

/* The sender of the message is not that of its frame: counted; the strict policy drops it. */
static bool is_mismatch(struct net *net, const struct netif *nif, const struct arp_ip4 *in)
{
    wf_count(net, WEFT_COUNT_ARP_MISMATCHES);
    wf_link_event(net, &(struct link_news){.kind = WEFT_LINK_EVENT_ARP_MISMATCH,
                                           .ifindex = nif->index,
                                           .ip4 = num(in->spa),
                                           .mac = in->sha});
    return wf_link_if(net, nif)->neigh.policy == WEFT_ARP_STRICT;
}

/* One who is known waits for an answer to his own question only: nobody else can use it up. A
 * question sent to us alone may be his check of who we are, which has 100 ms (neigh.c). */
static bool may_reply(struct net *net, struct netif *nif, const struct arp_ip4 *in, bool is_alone)
{
    uint32_t spa = num(in->spa);
    struct neigh *n = spa != 0 && !is_alone ? wf_neigh_find(net, nif->index, spa) : NULL;
    if (n != NULL && memcmp(n->mac, in->sha, 6) == 0) {
        if (n->replied_ns != 0 && net->now_ns - n->replied_ns < REPLY_NS)
            return false;
        n->replied_ns = net->now_ns;
        return true;
    }
    struct link_if *lif = wf_link_if(net, nif);
    uint64_t least = net->now_ns - STRANGERS_BURST * STRANGER_NS;
    if (net->now_ns < STRANGERS_BURST * STRANGER_NS)
        least = 0;
    if (lif->bucket_ns < least)
        lif->bucket_ns = least;
    if (lif->bucket_ns + STRANGER_NS > net->now_ns)
        return false;
    lif->bucket_ns += STRANGER_NS;
    return true;
}

static enum verdict reply(struct net *net, struct pkt *p, const struct arp_ip4 *in,
                          const uint8_t *mac)
{
    struct netif *nif = wf_netif_get(net, p->ifindex);
    if (!may_reply(net, nif, in, !p->is_link_group))
        return wf_net_drop(net, p, WEFT_DROP_ARP_LIMITED);
    struct arp_ip4 out = {.op = ARP_REPLY, .spa = in->tpa, .tpa = in->spa, .ieee802 = in->ieee802};
    memcpy(out.sha, mac, 6);
    memcpy(out.tha, in->sha, 6);
    wf_count(net, WEFT_COUNT_ARP_REPLIES_OUT);
    arp_output(net, nif, &out, in->sha);
    return wf_net_done(net, p);
}

/* A request for another host: a proxy may know, or a server that was asked itself. */
static enum verdict for_another(struct net *net, struct pkt *p, const struct arp_ip4 *in)
{
    struct netif *nif = wf_netif_get(net, p->ifindex);
    uint32_t spa = num(in->spa), tpa = num(in->tpa);
    if (wf_link_if(net, nif)->arp.is_server && !p->is_link_group && spa != tpa) {
        const struct neigh *n = wf_neigh_find(net, nif->index, tpa);
        if (n != NULL && n->state == WEFT_NEIGH_PERMANENT)
            return reply(net, p, in, n->mac);
    }
    if (!wf_proxy_answers(net, nif, spa, tpa))
        return wf_net_drop(net, p, WEFT_DROP_ARP_NOT_FOR_US);
    wf_count(net, WEFT_COUNT_ARP_PROXIED);
    return reply(net, p, in, nif->mac);
}

/* An address of ours is in the sender's field, or is asked for by a probe. */
static void note_conflict(struct net *net, struct netif *nif, const struct arp_ip4 *in,
                          uint32_t ip4)
{
    if (num(in->spa) != 0) {
        wf_acd_conflict(net, nif, ip4, in->sha);
        return;
    }
    /* A probe claims nothing yet: it is answered, and reported. */
    wf_link_event(net, &(struct link_news){.kind = WEFT_LINK_EVENT_ADDR_CONFLICT,
                                           .ifindex = nif->index,
                                           .ip4 = ip4,
                                           .mac = in->sha});
}

static enum neigh_learned learn(struct net *net, struct netif *nif, const struct arp_ip4 *in,
                                bool is_for_us)
{
    const struct link_if *lif = wf_link_if(net, nif);
    bool is_reply = in->op == ARP_REPLY;
    struct neigh_news m = {.ip4 = num(in->spa),
                           .is_answer = is_reply && is_for_us,
                           .is_hearsay = !is_for_us && num(in->spa) != num(in->tpa),
                           .may_create =
                               is_for_us && (!is_reply || lif->neigh.policy == WEFT_ARP_TRUSTING)};
    if (m.ip4 == 0 || !is_on_link(net, nif, m.ip4))
        return NEIGH_UNKNOWN;
    memcpy(m.mac, in->sha, 6);
    enum neigh_learned r = wf_neigh_learn(net, nif, &m);
    if (r == NEIGH_CREATED && lif->arp.is_confirming)
        wf_neigh_check(net, wf_neigh_find(net, nif->index, m.ip4));
    return r;
}

/* An own address as the sender's: a conflict, unless it is our own frame that came back. */
static enum verdict from_own_address(struct net *net, struct pkt *p, const struct arp_ip4 *in)
{
    struct netif *nif = wf_netif_get(net, p->ifindex);
    if (memcmp(in->sha, nif->mac, 6) == 0)
        return wf_net_drop(net, p, WEFT_DROP_ETH_SRC_BAD);
    note_conflict(net, nif, in, num(in->spa));
    bool is_classic = wf_link_if(net, nif)->arp.detect == WEFT_ACD_CLASSIC;
    if (is_classic && in->op == ARP_REQUEST && num(in->spa) == num(in->tpa))
        return reply(net, p, in, nif->mac); /* The newcomer waits for an answer. */
    return wf_net_drop(net, p, WEFT_DROP_ARP_CONFLICT);
}

/* Reads and judges the message by itself; false: @p was dropped. */
static bool read_message(struct net *net, struct pkt *p, struct arp_ip4 *in)
{
    struct netif *nif = wf_netif_get(net, p->ifindex);
    enum wf_arp_err err = wf_arp_parse(in, p->data, p->len);
    if (err == ARP_OK && in->op != ARP_REQUEST && in->op != ARP_REPLY)
        err = ARP_BAD_OP;
    if (err == ARP_OK && in->ieee802 != 0 && !wf_link_if(net, nif)->arp.accepts_ieee802)
        err = ARP_BAD_TYPE;
    if (err != ARP_OK) {
        wf_net_drop(net, p, why_malformed(err));
        return false;
    }
    wf_count(net, in->op == ARP_REQUEST ? WEFT_COUNT_ARP_REQUESTS_IN : WEFT_COUNT_ARP_REPLIES_IN);
    if (!sender_ok(net, in, nif->index)) {
        wf_net_drop(net, p, WEFT_DROP_ARP_BAD_SENDER);
        return false;
    }
    if (p->is_src_mismatch && is_mismatch(net, nif, in)) {
        wf_net_drop(net, p, WEFT_DROP_ARP_MISMATCH);
        return false;
    }
    return true;
}

enum verdict wf_arp_input(struct net *net, struct pkt *p)
{
    struct arp_ip4 in;
    struct netif *nif = wf_netif_get(net, p->ifindex);
    if (!wf_pkt_linear(&net->pool, p, 0, wf_min_u32(p->total, ARP_IP4_BYTES)))
        return wf_net_drop(net, p, WEFT_DROP_NO_PKT);
    if (!read_message(net, p, &in))
        return RX_DONE;
    if (wf_acd_hear(net, nif, &in))
        return wf_net_drop(net, p, WEFT_DROP_ARP_CONFLICT);
    uint32_t spa = num(in.spa), tpa = num(in.tpa);
    if (wf_addrs_find(net, spa, nif->index) != NULL)
        return from_own_address(net, p, &in);

    /* RFC 826: the merge comes before the opcode is looked at. */
    bool is_for_us = wf_addrs_find(net, tpa, nif->index) != NULL;
    enum neigh_learned learned = learn(net, nif, &in, is_for_us);
    if (in.op == ARP_REPLY) {
        if (learned == NEIGH_REFUSED)
            return wf_net_drop(net, p, WEFT_DROP_ARP_REFUSED);
        return learned == NEIGH_UNKNOWN ? wf_net_drop(net, p, WEFT_DROP_ARP_UNSOLICITED)
                                        : wf_net_done(net, p);
    }
    if (!is_for_us)
        return for_another(net, p, &in);
    if (spa == 0)
        note_conflict(net, nif, &in, tpa);
    return reply(net, p, &in, nif->mac);
}

void wf_arp_learn_ip(struct net *net, struct netif *nif, const struct pkt *p, const uint8_t src[6])
{
    struct neigh_news m = {.may_create = true};
    if (p->len < IP4_HDR_BYTES || p->is_link_group || !wf_mac_is_station(src))
        return;
    m.ip4 = wf_ld32be(p->data + 12);
    bool is_for_us = wf_addrs_find(net, wf_ld32be(p->data + 16), nif->index) != NULL;
    if (!is_for_us || wf_addrs_kind(net, m.ip4, nif->index) != IP4_OTHER ||
        !wf_ip4_can_be_host(m.ip4) || !is_on_link(net, nif, m.ip4))
        return;
    memcpy(m.mac, src, 6);
    (void)wf_neigh_learn(net, nif, &m);
}
