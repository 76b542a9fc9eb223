/* SPDX-License-Identifier: MIT */
/** DOC: igmp report - building messages and sending them: TTL 1, router alert, precedence 0xc0 */
#include "ip/ip.h"

#include <string.h>

#include "link/link.h"

static const uint8_t router_alert[4] = {IP4_OPT_ROUTER_ALERT, 4, 0, 0}; /* RFC 2113. */

void wf_igmp_send(struct net *net, uint16_t ifindex, uint32_t dst4, uint8_t *msg, uint32_t len)
{
    struct netif *nif = wf_netif_get(net, ifindex);
    if (!nif->is_up || nif->kind == WEFT_IF_LOOPBACK)
        return;
    wf_st16be(msg + 2, 0);
    wf_st16be(msg + 2, wf_csum_finish(wf_csum_scalar(msg, len)));
    struct pkt *p = wf_pkt_alloc(&net->pool);
    if (p == NULL) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        return;
    }
    p->data = p->head + PKT_HEADROOM + IGMP_IP_BYTES;
    if (!wf_pkt_append_copy(&net->pool, p, msg, len)) {
        wf_net_drop(net, p, WEFT_DROP_NO_CHUNK);
        return;
    }
    struct ip4_hdr h = {.tos = IGMP_TOS,
                        .ttl = IGMP_TTL,
                        .proto = IP_PROTO_IGMP,
                        .total_bytes = (uint16_t)(len + IGMP_IP_BYTES),
                        .df = true,
                        .opts = router_alert,
                        .opts_bytes = sizeof(router_alert)};
    wf_st32be(h.src.b, wf_addrs_source(net, ifindex, dst4)); /* 0.0.0.0 if it has none yet. */
    wf_st32be(h.dst.b, dst4);
    wf_ip4_emit(wf_pkt_push(p, IGMP_IP_BYTES), &h);
    wf_count(net, WEFT_COUNT_IGMP_OUT);
    wf_link_output(net, nif, p, dst4);
}

void wf_igmp_send_old(struct net *net, uint16_t ifindex, uint32_t dst4, uint8_t type, uint8_t code,
                      uint32_t group)
{
    uint8_t msg[IGMP_HDR_BYTES];
    wf_igmp_emit(msg, type, code, group);
    wf_igmp_send(net, ifindex, dst4, msg, sizeof(msg));
}

/* ---- reports of version 3 ---- */

void wf_igmp_report_begin(struct igmp_report *r, struct net *net, uint16_t ifindex)
{
    uint32_t mtu = wf_netif_get(net, ifindex)->mtu;
    r->net = net;
    r->ifindex = ifindex;
    r->records_n = 0;
    r->len = IGMP_HDR_BYTES;
    r->max = wf_min_u32(sizeof(r->buf), mtu - IGMP_IP_BYTES);
}

void wf_igmp_report_send(struct igmp_report *r)
{
    if (r->records_n == 0)
        return;
    wf_igmp_emit_report3(r->buf, r->records_n);
    wf_igmp_send(r->net, r->ifindex, MC_IGMP3, r->buf, r->len);
    r->records_n = 0;
    r->len = IGMP_HDR_BYTES;
}

static bool is_picked(const struct mc_group *g, const struct mc_src *s, enum mc_pick pick)
{
    switch (pick) {
    case PICK_STATE:
        return s->is_in;
    case PICK_CAME:
        return s->is_in && s->resend > 0;
    case PICK_LEFT:
        return !s->is_in && s->resend > 0;
    case PICK_ASKED: /* A*B, or B-A (RFC 3376 5.2). */
        return s->is_asked && (s->is_in != g->is_exclude);
    }
    return false;
}

/* Room for a record with one more source. */
static bool has_room(const struct igmp_report *r, uint32_t bytes)
{
    return r->len + bytes <= r->max;
}

static uint8_t *open_record(struct igmp_report *r)
{
    if (!has_room(r, IGMP_REC_BYTES + 4))
        wf_igmp_report_send(r);
    uint8_t *at = r->buf + r->len;
    r->len += IGMP_REC_BYTES;
    return at;
}

static void close_record(struct igmp_report *r, uint8_t *at, uint8_t type, uint32_t group)
{
    uint32_t n = (uint32_t)(r->buf + r->len - at - IGMP_REC_BYTES) / 4;
    bool may_be_empty = type == IGMP_IS_EX || type == IGMP_TO_EX || type == IGMP_TO_IN;
    if (n == 0 && !may_be_empty) {
        r->len -= IGMP_REC_BYTES;
        return;
    }
    wf_igmp_emit_rec(at, type, (uint16_t)n, group);
    r->records_n++;
}

void wf_igmp_report_add(struct igmp_report *r, uint8_t type, const struct mc_group *g,
                        enum mc_pick pick)
{
    bool is_one_record = type == IGMP_IS_EX || type == IGMP_TO_EX;
    uint32_t n = 0;
    for (const struct mc_src *s = g->srcs; s != NULL; s = s->next)
        n += is_picked(g, s, pick);
    /* A record goes into one message if it fits there. */
    if (r->records_n > 0 && !has_room(r, IGMP_REC_BYTES + 4 * n))
        wf_igmp_report_send(r);
    uint8_t *at = open_record(r);
    for (const struct mc_src *s = g->srcs; s != NULL; s = s->next) {
        if (!is_picked(g, s, pick))
            continue;
        if (!has_room(r, 4)) {
            if (is_one_record) /* RFC 3376 4.2.16: what does not fit is left out. */
                break;
            close_record(r, at, type, g->group);
            wf_igmp_report_send(r);
            at = open_record(r);
        }
        wf_st32be(r->buf + r->len, s->ip4);
        r->len += 4;
    }
    close_record(r, at, type, g->group);
}
