/* SPDX-License-Identifier: MIT */
/** DOC: tcp input - parse, checksum, whose segment it is (RFC 9293 3.10.7) */
#include "tcp/conn.h"

static bool csum_ok(const struct net *net, const struct pkt *p, const struct rx_meta *m)
{
    if (p->csum != PKT_CSUM_NONE)
        return true;
    struct wf_ip4 src, dst;
    wf_st32be(src.b, m->src4);
    wf_st32be(dst.b, m->dst4);
    uint16_t sum = wf_ip4_pseudo_sum(src, dst, IP_PROTO_TCP, p->total);
    return wf_csum_add(sum, wf_pkt_sum(&net->pool, p, 0, p->total)) == 0xffff;
}

/* Have the header in one piece and read it; returns a reason, WEFT_DROP_COUNT = all is well. */
static enum weft_drop parse(struct net *net, struct pkt *p, const struct rx_meta *m,
                            struct tcp_hdr *h)
{
    if (!wf_pkt_linear(&net->pool, p, m->ip_hdr_bytes, TCP_HDR_BYTES))
        return WEFT_DROP_TCP_TRUNCATED;
    uint32_t hdr_bytes = (uint32_t)(p->data[12] >> 4) * 4;
    if (hdr_bytes < TCP_HDR_BYTES || hdr_bytes > p->total)
        return WEFT_DROP_TCP_BAD_OFFSET;
    if (!wf_pkt_linear(&net->pool, p, m->ip_hdr_bytes, hdr_bytes))
        return WEFT_DROP_NO_PKT;
    if (!csum_ok(net, p, m))
        return WEFT_DROP_TCP_BAD_CSUM;
    switch (wf_tcp_parse(h, p->data, p->len)) {
    case TCP_HDR_OK:
        return WEFT_DROP_COUNT;
    case TCP_TRUNCATED:
        return WEFT_DROP_TCP_TRUNCATED;
    case TCP_BAD_OFFSET:
        return WEFT_DROP_TCP_BAD_OFFSET;
    case TCP_BAD_OPTION:
        break;
    }
    return WEFT_DROP_TCP_BAD_OPTION;
}

/* No connection, no listener (RFC 9293 3.10.7.1). */
static void closed(struct net *net, struct tcp_seg *s)
{
    wf_tcp_reset_output(net, s);
    wf_net_drop(net, s->p, WEFT_DROP_TCP_NO_SOCKET);
}

static void dispatch(struct net *net, struct tcp_seg *s, const struct tcp_key *k)
{
    struct tcp_conn *c = wf_tcp_find_conn(net, k);
    if (WF_LIKELY(c != NULL)) {
        c->acct.segs_in += wf_max_u32(1, s->p->gso_segs);
        c->acct.heard = wf_tcp_coarse(net);
        if (c->state == WEFT_TCP_SYN_SENT)
            wf_tcp_synsent_arrives(net, c, s);
        else
            wf_tcp_segment_arrives(net, c, s);
        return;
    }
    struct tcp_synrcvd *r = wf_tcp_find_synrcvd(net, k);
    if (r != NULL) {
        wf_tcp_synrcvd_arrives(net, r, s);
        return;
    }
    struct tcp_timewait *t = wf_tcp_find_timewait(net, k);
    struct tcp_listener *l = wf_tcp_find_listener(net, &k->local);
    if (t != NULL && wf_tcp_timewait_arrives(net, t, s, l != NULL))
        return;
    if (l != NULL)
        wf_tcp_listen_arrives(net, l, s, k);
    else
        closed(net, s);
}

void wf_tcp_input(struct net *net, struct pkt *p, const struct rx_meta *m)
{
    struct tcp_seg s = {.p = p, .m = m};
    wf_count_n(net, WEFT_COUNT_TCP_SEGS_IN, wf_max_u32(1, p->gso_segs));
    if (m->is_group) { /* RFC 9293 MUST-57; RFC 1122 4.2.3.10. */
        wf_net_drop(net, p, WEFT_DROP_TCP_TO_GROUP);
        return;
    }
    enum weft_drop why = parse(net, p, m, &s.h);
    if (WF_UNLIKELY(why != WEFT_DROP_COUNT)) {
        wf_net_drop(net, p, why);
        return;
    }
    if (s.h.sport == 0 || s.h.dport == 0) {
        wf_net_drop(net, p, WEFT_DROP_TCP_PORT_ZERO);
        return;
    }
    s.seq = s.h.seq;
    s.off = s.h.hdr_bytes;
    s.len = p->total - s.h.hdr_bytes;
    struct tcp_key k = {.local = {.addr = m->dst, .port = s.h.dport},
                        .remote = {.addr = m->src, .port = s.h.sport}};
    dispatch(net, &s, &k);
}
