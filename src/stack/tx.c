/* SPDX-License-Identifier: MIT */
/**
 * DOC: tx - the way out: what is queued, then the senders in turn; cut last, if the driver cannot
 *
 * A super-frame for a driver without segmentation is cut here: each wire frame gets a packet of
 * its own for the headers and references the parent's payload. Lengths, sequence number, flags and
 * checksum are stamped; the payload's sum comes from the copy at send where there is one.
 */
#include <string.h>

#include "stack/stack.h"

/* A packet of the sender whose turn it is, or NULL. */
static struct pkt *next_of_senders(struct net *net, struct netif *nif)
{
    struct pkt *p;
    for (struct wf_list *l = wf_list_first(&nif->senders); l != NULL;
         l = wf_list_first(&nif->senders)) {
        struct wf_sender *s = WF_CONTAINER_OF(l, struct wf_sender, link);
        switch (wf_tcp_tx(net, s, &p)) {
        case TCP_TX_PACKET: /* The next sender's turn comes after this. */
            wf_list_remove(l);
            wf_list_push_back(&nif->senders, l);
            return p;
        case TCP_TX_LAST:
            wf_list_remove(l);
            return p;
        case TCP_TX_IDLE:
            wf_list_remove(l);
            break;
        case TCP_TX_PARKED: /* Its neighbour may be asked for just now. */
            p = wf_netif_dequeue(net, nif);
            if (p != NULL)
                return p;
            break;
        case TCP_TX_NO_PACKET:
            return NULL;
        }
    }
    return NULL;
}

struct pkt *wf_tx_next(struct net *net, struct netif *nif)
{
    struct pkt *p = wf_netif_dequeue(net, nif);
    if (p == NULL)
        return next_of_senders(net, nif);
    if (!wf_list_is_empty(&nif->room_waiters) && nif->txq_len <= nif->txq_max / 2u)
        wf_udp_room(net, nif);
    return p;
}

/* ---- frames ---- */

static void add_iov(struct weft_frame *f, const uint8_t *base, uint32_t len)
{
    f->iov[f->iov_n++] = (struct weft_iov){wf_drop_const(base), len};
    f->len += len;
}

static void start_frame(struct net *net, struct weft_frame *f, const struct pkt *p)
{
    f->iov_n = 0;
    f->csum_start = f->csum_offset = f->hdr_bytes = 0;
    f->gso_size = f->gso_segs = 0;
    f->gso_type = f->flags = 0;
    f->len = 0;
    f->pinned_bytes = 0;
    f->cookie = wf_slab_handle(&net->pool.pkts, p);
}

static void count_frame(struct net *net, struct netif *nif, const struct weft_frame *f)
{
    uint32_t segs = wf_max_u32(1, f->gso_segs);
    nif->tx_frames += segs;
    nif->tx_bytes += f->len;
    wf_count_n(net, WEFT_COUNT_TX_FRAMES, segs);
}

/* The checksum that somebody left to the driver, for a driver that cannot. */
static void complete_csum(struct net *net, struct pkt *p)
{
    uint32_t off = (uint32_t)(p->csum_at - p->data);
    uint16_t sum = wf_csum_finish(wf_pkt_sum(&net->pool, p, off, p->total - off));
    wf_st16be(p->csum_at + p->csum_offset, sum == 0 ? 0xffff : sum);
    p->csum = PKT_CSUM_NONE;
}

/* A whole packet, or a super-frame for a driver that cuts. */
static void fill_whole(struct net *net, const struct netif *nif, struct weft_frame *f,
                       struct pkt *p)
{
    if (p->csum == PKT_CSUM_PARTIAL && (nif->caps & WEFT_CAP_TX_CSUM) == 0)
        complete_csum(net, p);
    start_frame(net, f, p);
    if (p->csum == PKT_CSUM_PARTIAL) {
        f->flags = WEFT_FRAME_NEEDS_CSUM;
        f->csum_start = (uint16_t)(p->csum_at - p->data);
        f->csum_offset = p->csum_offset;
    }
    if (p->gso_segs > 1) {
        f->gso_type = WEFT_GSO_TCP4;
        f->gso_size = p->gso_size;
        f->gso_segs = p->gso_segs;
        f->hdr_bytes = (uint16_t)p->len;
    }
    add_iov(f, p->data, p->len);
    for (uint32_t i = 0; i < p->frags_n; i++)
        add_iov(f, p->frags[i].data, p->frags[i].len);
}

/* Zeros up to the least length. What already has all runs goes as it is. */
static void pad(const struct netif *nif, struct weft_frame *f)
{
    static const uint8_t zeros[ETH_MIN_BYTES];
    if ((nif->caps & WEFT_CAP_TX_PAD) != 0 && f->iov_n < WEFT_FRAME_IOV_MAX)
        add_iov(f, zeros, ETH_MIN_BYTES - f->len);
}

/* Whether a packet is a frame as it is: one run of bytes, nothing to cut or to sum. */
static inline bool is_ready(const struct pkt *p)
{
    return p->frags_n == 0 && p->gso_segs <= 1 && p->csum != PKT_CSUM_PARTIAL;
}

/* What is at the front of the queue and ready, in one go; how many frames. */
static uint32_t take_ready(struct net *net, struct netif *nif, struct weft_frame *f, uint32_t n)
{
    struct pkt *p = wf_netif_first(nif);
    uint64_t bytes = 0;
    uint32_t count = 0;
    for (; count < n && p != NULL && is_ready(p); count++, f++, p = p->next) {
        start_frame(net, f, p);
        f->iov_n = 1;
        f->len = p->len;
        f->iov[0] = (struct weft_iov){p->data, p->len};
        if (WF_UNLIKELY(p->len < ETH_MIN_BYTES))
            pad(nif, f);
        bytes += f->len;
    }
    if (count == 0)
        return 0;
    wf_queue_pass(net, nif, p, count);
    nif->tx_frames += count;
    nif->tx_bytes += bytes;
    wf_count_n(net, WEFT_COUNT_TX_FRAMES, count);
    if (!wf_list_is_empty(&nif->room_waiters) && nif->txq_len <= nif->txq_max / 2u)
        wf_udp_room(net, nif);
    return count;
}

/* ---- cutting ---- */

/* Header offsets in the linear part of a super-frame: it ends with the TCP header. */
static uint32_t l4_offset(const struct pkt *p)
{
    return p->len - p->l4_hdr_bytes;
}

static uint32_t l3_offset(const struct netif *nif)
{
    return nif->hdr_bytes;
}

static uint16_t payload_sum(struct net *net, const struct pkt *p, uint32_t i, uint32_t len)
{
    return p->is_tcp_cut ? p->sums[i] : wf_pkt_sum(&net->pool, p, p->len + i * p->gso_size, len);
}

/** struct cut - What all frames that a super-frame is cut into have in common */
struct cut {
    const struct pkt *p;
    uint32_t l3, l4;  /* Offsets of both headers. */
    uint32_t seq;     /* Of the first frame. */
    uint32_t flags;   /* Of the super-frame. */
    uint32_t middle;  /* Those of them that frames between the first and the last have. */
    uint64_t ip_sum;  /* Of the IP header without length, identification and checksum. */
    uint64_t tcp_sum; /* Of pseudo and TCP header without length, sequence number, flags, sum. */
    bool is_left;     /* The driver sums the TCP header and the payload. */
    uint8_t head[PKT_CUT_BYTES]; /* Headers of a full frame from the middle, but for number and TCP
                                    sum. */
};

/* The header fields that depend on the bytes that follow, and on how many frames came before. */
static void stamp_ip(const struct cut *c, uint8_t *ip, uint32_t i, uint32_t len)
{
    uint32_t len_id = (c->p->len - c->l3 + len) << 16;
    len_id |= (uint16_t)(wf_ld16be(c->p->data + c->l3 + 4) + i * c->p->id_step);
    wf_st32be(ip + 2, len_id);
    wf_st16be(ip + 10, wf_csum_finish(wf_csum_fold(c->ip_sum + len_id)));
}

static void cut_begin(struct cut *c, const struct netif *nif)
{
    const struct pkt *p = nif->cut;
    c->p = p;
    c->l3 = l3_offset(nif);
    c->l4 = l4_offset(p);
    const uint8_t *ip = p->data + c->l3, *tcp = p->data + c->l4;
    c->seq = wf_ld32be(tcp + 4);
    c->flags = tcp[13];
    c->middle = c->flags & (uint8_t) ~(TCP_FIN | TCP_PSH | (p->is_cwr_all ? 0 : TCP_CWR));
    c->is_left = (nif->caps & WEFT_CAP_TX_CSUM) != 0;
    c->ip_sum = wf_csum_words(ip, c->l4 - c->l3) + (uint32_t)~wf_ld32be(ip + 2) +
                (uint16_t)~wf_ld16be(ip + 10);
    c->tcp_sum = wf_csum_words(ip + 12, 8) + IP_PROTO_TCP + p->l4_hdr_bytes;
    if (!c->is_left)
        c->tcp_sum += (uint64_t)wf_ld32be(tcp) + wf_ld32be(tcp + 8) + ((uint32_t)tcp[12] << 8) +
                      wf_ld16be(tcp + 14) + wf_ld16be(tcp + 18) +
                      wf_csum_words(tcp + TCP_HDR_BYTES, p->l4_hdr_bytes - TCP_HDR_BYTES);
    memcpy(c->head, p->data, p->len);
    stamp_ip(c, c->head + c->l3, 0, p->gso_size);
    c->head[c->l4 + 13] = (uint8_t)c->middle;
}

/* At least 16 bytes; they are few and always about as many, so no call is worth it. */
static inline void copy_headers(uint8_t *to, const uint8_t *from, uint32_t n)
{
    for (uint32_t at = 0; at + 16 < n; at += 16)
        memcpy(to + at, from + at, 16);
    memcpy(to + n - 16, from + n - 16, 16);
}

/* The headers of cut frame @i, which carries @len bytes, written to @to. */
static void stamp(struct net *net, const struct cut *c, uint8_t *to, uint32_t i, uint32_t len)
{
    const struct pkt *p = c->p;
    uint32_t seq = c->seq + i * p->gso_size, flags = c->middle;
    copy_headers(to, c->head, p->len);
    if (len != p->gso_size || p->id_step != 0)
        stamp_ip(c, to + c->l3, i, len);
    to += c->l4;
    wf_st32be(to + 4, seq);
    if (WF_UNLIKELY(i == 0 || i + 1u == p->gso_segs)) {
        flags = i == 0 ? c->flags & ~(uint32_t)(TCP_FIN | TCP_PSH)
                       : c->middle | (c->flags & (TCP_FIN | TCP_PSH));
        to[13] = (uint8_t)flags;
    }
    uint64_t sum = c->tcp_sum + len;
    if (!c->is_left)
        sum += (uint64_t)seq + flags + payload_sum(net, p, i, len);
    uint16_t folded = wf_csum_fold(sum);
    wf_st16be(to + TCP_CSUM_OFFSET, c->is_left ? folded : wf_csum_finish(folded));
}

/* Let a frame that has its headers reference the next @len payload bytes of the super-frame. */
static void add_payload(struct netif *nif, struct weft_frame *f, uint32_t len)
{
    const struct pkt_frag *g = &nif->cut->frags[nif->cut_frag];
    uint32_t off = nif->cut_frag_off, n = 1;
    f->len += len;
    while (len >= g->len - off) {
        f->iov[n++] = (struct weft_iov){wf_drop_const(g->data + off), g->len - off};
        len -= g->len - off;
        off = 0;
        g++;
        if (len == 0)
            break;
    }
    if (len > 0)
        f->iov[n++] = (struct weft_iov){wf_drop_const(g->data + off), len};
    f->iov_n = (uint16_t)n;
    nif->cut_frag = (uint16_t)(g - nif->cut->frags);
    nif->cut_frag_off = off + len;
}

/* The next wire frames of the super-frame being cut, at most @n; fewer only at its end or without
 * packets. */
static uint32_t cut_frames(struct net *net, struct netif *nif, struct weft_frame *f, uint32_t n)
{
    struct pkt *p = nif->cut;
    struct cut c;
    cut_begin(&c, nif);
    uint32_t i = nif->cut_next, first = i, payload = p->total - p->len, end = p->gso_segs;
    for (n = wf_min_u32(n, end - i) + i; i < n; i++, f++) {
        struct pkt *s = wf_pkt_alloc_cut(&net->pool, p);
        if (s == NULL)
            break;
        uint32_t len = wf_min_u32(p->gso_size, payload - i * p->gso_size);
        uint8_t *headers = s->cut_head;
        stamp(net, &c, headers, i, len);
        start_frame(net, f, s);
        if (c.is_left) {
            f->flags = WEFT_FRAME_NEEDS_CSUM;
            f->csum_start = (uint16_t)c.l4;
            f->csum_offset = TCP_CSUM_OFFSET;
        }
        add_iov(f, headers, p->len);
        add_payload(nif, f, len);
        if (WF_UNLIKELY(f->len < ETH_MIN_BYTES))
            pad(nif, f);
        nif->tx_bytes += f->len;
    }
    nif->cut_next = (uint16_t)i;
    nif->tx_frames += i - first;
    wf_count_n(net, WEFT_COUNT_TX_FRAMES, i - first);
    wf_count_n(net, WEFT_COUNT_TX_SEGMENTED, i - first);
    if (i == end) {
        nif->cut = NULL;
        wf_pkt_free(&net->pool, p);
    }
    return i - first;
}

/* What was gathered from frames on the way in has the first one's lengths and sum: mend them. */
static void settle_coalesced(struct netif *nif, struct pkt *p)
{
    uint32_t l3 = l3_offset(nif), l4 = l4_offset(p);
    uint8_t *ip = p->data + l3, *tcp = p->data + l4;
    wf_ip4_emit_len(ip, (uint16_t)(p->total - l3), wf_ld16be(ip + 4));
    uint64_t pseudo = wf_csum_words(ip + 12, 8) + IP_PROTO_TCP + (p->total - l4);
    wf_st16be(tcp + TCP_CSUM_OFFSET, wf_csum_fold(pseudo));
    p->csum = PKT_CSUM_PARTIAL;
    p->csum_at = tcp;
    p->csum_offset = TCP_CSUM_OFFSET;
    p->is_coalesced = false;
}

/* A driver takes CWR off all frames but the first: where it belongs to each the cut is made here.
 */
static bool driver_cuts(const struct netif *nif, const struct pkt *p)
{
    if (p->is_cwr_all && p->gso_segs > 1 && (p->data[l4_offset(p) + 13] & TCP_CWR) != 0)
        return false;
    return (nif->caps & WEFT_CAP_TX_TSO4) != 0 && p->total <= nif->gso_max_bytes &&
           p->csum == PKT_CSUM_PARTIAL && p->frags_n < WEFT_FRAME_IOV_MAX;
}

/* Whether every frame that a packet becomes fits the runs of bytes that a frame may have. */
static bool fits_frames(const struct pkt *p, bool is_cut)
{
    uint32_t room = is_cut ? p->gso_size : UINT32_MAX, runs = 1;
    if (p->frags_n < WEFT_FRAME_IOV_MAX)
        return true;
    for (uint32_t i = 0; i < p->frags_n; i++) {
        uint32_t len = p->frags[i].len;
        if (++runs > WEFT_FRAME_IOV_MAX)
            return false;
        for (; len >= room; room = p->gso_size) {
            len -= room;
            runs = 1 + (len > 0);
        }
        room -= len;
    }
    return true;
}

uint32_t wf_tx_take(struct net *net, struct netif *nif, struct weft_frame *frames, uint32_t n)
{
    uint32_t count = nif->cut == NULL ? take_ready(net, nif, frames, n) : 0;
    while (count < n) {
        if (nif->cut != NULL) {
            uint32_t cut = cut_frames(net, nif, &frames[count], n - count);
            if (cut == 0)
                break;
            count += cut;
            continue;
        }
        struct pkt *p = wf_tx_next(net, nif);
        if (p == NULL)
            break;
        if (p->is_coalesced)
            settle_coalesced(nif, p);
        bool is_cut = p->gso_segs > 1 && !driver_cuts(nif, p);
        if (!fits_frames(p, is_cut) && !wf_pkt_compact(&net->pool, p)) {
            wf_net_drop(net, p, WEFT_DROP_NO_CHUNK);
            continue;
        }
        if (is_cut) {
            nif->cut = p;
            nif->cut_next = nif->cut_frag = 0;
            nif->cut_frag_off = 0;
            continue;
        }
        fill_whole(net, nif, &frames[count], p);
        if (WF_UNLIKELY(frames[count].len < ETH_MIN_BYTES))
            pad(nif, &frames[count]);
        count_frame(net, nif, &frames[count]);
        count++;
    }
    return count;
}

uint32_t weft_tx(struct weft_stack *st, uint16_t ifindex, struct weft_frame *frames, uint32_t n,
                 uint64_t now_ns)
{
    struct net *net = wf_net_of(st);
    struct netif *nif = wf_netif_get(net, ifindex);
    wf_stack_set_now(net, now_ns);
    if (nif == NULL || !nif->is_up || nif->kind == WEFT_IF_LOOPBACK || nif->parent != 0)
        return 0;
    if (WF_UNLIKELY(nif->has_vlans))
        return wf_vlan_tx(net, nif, frames, n);
    return wf_tx_take(net, nif, frames, n);
}

void weft_tx_done(struct weft_stack *st, const uint64_t *cookies, uint32_t n)
{
    wf_pkt_done(&wf_net_of(st)->pool, cookies, n);
}

bool wf_tx_has_output(const struct net *net, const struct netif *nif)
{
    if (nif->parent != 0) /* Its frames are the parent's. */
        return false;
    return wf_netif_has_output(nif, &net->pool) ||
           (WF_UNLIKELY(nif->has_vlans) && wf_vlan_has_output(net, nif));
}

bool weft_tx_ready(const struct weft_stack *st, uint16_t ifindex)
{
    const struct net *net = wf_net_of_const(st);
    const struct netif *nif = wf_netif_get(net, ifindex);
    return nif != NULL && nif->kind != WEFT_IF_LOOPBACK && wf_tx_has_output(net, nif);
}

void weft_tx_block(struct weft_stack *st, uint16_t ifindex, bool is_blocked)
{
    struct netif *nif = wf_netif_get(wf_net_of(st), ifindex);
    if (nif != NULL)
        nif->is_blocked = is_blocked;
}
