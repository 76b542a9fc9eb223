/* SPDX-License-Identifier: MIT */
/**
 * DOC: fast - a router's common case, decided in one place
 *
 * Most of what a router forwards asks nothing of it: a whole frame of one run of bytes to its own
 * address, an IPv4 header without options whose sum is right, both ends strangers that may be on a
 * wire, a TTL that lasts, a way back to the source by where it came from, a plain route (unicast,
 * one leg, any type of service) by another Ethernet interface that is up and has room, an MTU that
 * fits, a neighbour that is known and needs no asking. All of it is asked before anything changes,
 * then the packet goes to the queue: a short frame is copied whole and given back, of a long one
 * the headers are copied and the rest is referenced. Whatever is otherwise takes the way of all
 * packets (coalesce.c, rx.c), which leads to the same frames, counters and drops where both could
 * be taken.
 *
 * Frames of TCP that may continue their neighbours are left to coalesce.c, which makes runs of
 * them.
 */
#include <string.h>

#include "stack/stack.h"
#include "weft/forward.h"

#define HDRS_BYTES (ETH_HDR_BYTES + IP4_HDR_BYTES)
#define ENDS_BYTES (HDRS_BYTES + 4) /* Up to the ports. */
#define COPY_MOST  128u             /* Longer frames are cheaper to hold. */
_Static_assert(COPY_MOST <= PKT_HEAD_BYTES - PKT_HEADROOM + ETH_HDR_BYTES, "it lies in the head");

#define NO_SOURCE UINT64_MAX /* 0.0.0.0 is one that comes. */

/** struct fast - What the frames of a burst have in common */
struct fast {
    struct netif *in;
    uint32_t most; /* Bytes of a frame. */
    uint64_t src4; /* A source that was good, NO_SOURCE = none; nothing has changed since. */
};

/* ---- which frames ---- */

static inline bool is_of_one_piece(const struct weft_frame *f, uint32_t most)
{
    return f->iov_n == 1 && f->iov[0].len == f->len && f->len <= most && f->len >= ENDS_BYTES &&
           f->gso_type == WEFT_GSO_NONE && f->gso_segs <= 1 &&
           (f->flags & WEFT_FRAME_NEEDS_CSUM) == 0;
}

/* Whether two frames could be of one run: their addresses and ports, or what is there instead. */
static bool may_run(const struct weft_frame *a, const struct weft_frame *b, uint32_t most)
{
    const uint8_t *x = a->iov[0].base, *y = b->iov[0].base;
    return !is_of_one_piece(b, most) || memcmp(x + ENDS_BYTES - 12, y + ENDS_BYTES - 12, 12) == 0;
}

/* Whether a frame is of one piece, and of no run with those beside it. */
static inline bool is_lone(const struct fast *w, const struct weft_frame *frames, uint32_t i,
                           uint32_t n)
{
    const struct weft_frame *f = &frames[i];
    if (!is_of_one_piece(f, w->most))
        return false;
    const uint8_t *b = f->iov[0].base;
    if (WF_LIKELY(b[ETH_HDR_BYTES + 9] != IP_PROTO_TCP))
        return true;
    return (i == 0 || !may_run(f, f - 1, w->most)) && (i + 1 == n || !may_run(f, f + 1, w->most));
}

/* ---- what is asked ---- */

static bool may_forward(const struct net *net, const struct netif *in)
{
    return net->is_forwarding && in->kind == WEFT_IF_ETHER && in->is_up && !in->is_forward_off &&
           !in->is_any_address && !in->is_learning_from_ip;
}

/* To us, an IPv4 header of 20 octets whose sum is right, a TTL that lasts. */
static inline bool headers_ok(const struct netif *in, const uint8_t *b, uint32_t len,
                              uint32_t total)
{
    const uint8_t *ip = b + ETH_HDR_BYTES;
    bool is_plain = (wf_ld32be(b + 12) & 0xffffff00u) == (ETHERTYPE_IP4 << 16 | 0x4500u);
    if (!is_plain || memcmp(b, in->mac, 6) != 0 || (b[6] & 1) != 0)
        return false;
    if (total < IP4_HDR_BYTES || total > len - ETH_HDR_BYTES || (ip[6] & 0x80) != 0 || ip[8] <= 1)
        return false;
    return (in->caps & WEFT_CAP_RX_TRUST) != 0 || wf_ip4_sum_ok(ip);
}

/* Unicast, and not ours. */
static inline bool is_other(const struct net *net, uint32_t ip4)
{
    return WF_LIKELY(wf_addrs_is_foreign(&net->addrs, ip4)) ||
           wf_addrs_kind(net, ip4, 0) == IP4_OTHER;
}

static bool source_ok(const struct net *net, const struct netif *in, uint32_t src4)
{
    if (!is_other(net, src4) || wf_ip4_is_link_local(src4))
        return false;
    if (in->rpf == WEFT_RPF_OFF)
        return true;
    const struct wf_route4 *back = wf_routes_plain4(&net->routes, src4);
    if (back == NULL || !net->ifs.tab[back->ifindex - 1].is_up)
        return false;
    return in->rpf == WEFT_RPF_LOOSE || back->ifindex == in->index;
}

static inline bool out_ok(const struct netif *out, const struct netif *in, uint32_t total)
{
    return out->is_up && out->kind == WEFT_IF_ETHER && out->vlan_id == 0 && !out->is_forward_off &&
           out != in && total <= out->mtu && out->txq_len < out->txq_max;
}

/* The neighbour of a frame to @hop4, if sending by it changes nothing but when it was used. */
static inline struct neigh *steady(const struct net *net, const struct netif *out, uint32_t hop4)
{
    struct neigh *n = wf_neigh_hinted(net, out->index, hop4);
    return n != NULL && wf_neigh_is_steady(n, &wf_link_if(net, out)->neigh) ? n : NULL;
}

/* ---- what is sent ---- */

/* The headers, and a reference to the rest; false without a descriptor for the frame. */
static bool hold(struct net *net, struct pkt *p, const struct weft_frame *f, uint32_t len)
{
    const uint8_t *b = f->iov[0].base;
    uint32_t pinned = wf_max_u32(f->pinned_bytes, f->len);
    struct wf_buf *buf = wf_lent_alloc(&net->pool.bufs, f->cookie, pinned);
    if (buf == NULL)
        return false;
    p->pinned = pinned;
    p->len = p->total = HDRS_BYTES;
    memcpy(p->data, b, HDRS_BYTES);
    if (len > HDRS_BYTES)
        wf_pkt_frag_add(p, b + HDRS_BYTES, len - HDRS_BYTES, buf);
    else
        wf_buf_release(&net->pool.bufs, buf);
    return true;
}

/* A packet of the first @len bytes of a frame, its headers in memory of our own; or NULL. */
static inline struct pkt *make(struct net *net, const struct weft_frame *f, uint32_t len)
{
    const uint8_t *b = f->iov[0].base;
    struct pkt *p = wf_pkt_alloc(&net->pool);
    if (p == NULL)
        return NULL;
    uint8_t *to = p->data - ETH_HDR_BYTES;
    p->data = to;
    if (len > COPY_MOST || !wf_lent_read(&net->pool.bufs, f->cookie)) {
        if (hold(net, p, f, len))
            return p;
        wf_pkt_free(&net->pool, p);
        return NULL;
    }
    p->len = p->total = len;
    if (len <= 64) { /* Two pieces that may overlap: no length to look at. */
        memcpy(to, b, 32);
        memcpy(to + len - 32, b + len - 32, 32);
    } else {
        memcpy(to, b, len);
    }
    return p;
}

/* Forward a frame of one piece; false if it is not the common case: then nothing has changed. */
static inline bool forward(struct net *net, struct fast *w, const struct weft_frame *f)
{
    const uint8_t *b = f->iov[0].base, *ip = b + ETH_HDR_BYTES;
    uint32_t total = wf_ld16be(ip + 2), src4 = wf_ld32be(ip + 12), dst4 = wf_ld32be(ip + 16);
    if (!headers_ok(w->in, b, f->len, total) || (src4 != w->src4 && !source_ok(net, w->in, src4)) ||
        !is_other(net, dst4) || wf_ip4_is_link_local(dst4))
        return false;
    w->src4 = src4;
    const struct wf_route4 *r = wf_routes_plain4(&net->routes, dst4);
    if (r == NULL)
        return false;
    struct netif *out = &net->ifs.tab[r->ifindex - 1];
    uint32_t hop4 = r->gateway != 0 ? r->gateway : dst4;
    if (!out_ok(out, w->in, total) || (hop4 != dst4 && !is_other(net, hop4)))
        return false;
    struct neigh *n = steady(net, out, hop4);
    struct pkt *p = n != NULL ? make(net, f, ETH_HDR_BYTES + total) : NULL;
    if (p == NULL)
        return false;
    n->used_ns = net->now_ns;
    n->is_gateway |= hop4 != dst4;
    uint8_t *to = p->data;
    p->from_ifindex = w->in->index;
    memcpy(to, n->mac, 6);
    memcpy(to + 6, out->mac, 6);
    wf_ip4_count_hop(to + ETH_HDR_BYTES, ip);
    wf_count(net, WEFT_COUNT_IP4_IN);
    wf_count(net, WEFT_COUNT_IP4_FORWARDED);
    wf_netif_enqueue(net, out, p);
    return true;
}

/* Forward frames from @i on as long as they are the common case; the first that is not. */
static uint32_t forward_all(struct net *net, struct fast *w, const struct weft_frame *frames,
                            uint32_t i, uint32_t n)
{
    uint64_t bytes = 0;
    uint32_t first = i;
    for (; i < n && is_lone(w, frames, i, n) && forward(net, w, &frames[i]); i++)
        bytes += frames[i].len;
    w->in->rx_frames += i - first;
    w->in->rx_bytes += bytes;
    wf_count_n(net, WEFT_COUNT_RX_FRAMES, i - first);
    return i;
}

uint32_t wf_fast_burst(struct net *net, struct netif *nif, const struct weft_frame *frames,
                       uint32_t n)
{
    struct fast w = {.in = nif, .most = nif->mtu + ETH_HDR_BYTES + 4, .src4 = NO_SOURCE};
    for (uint32_t i = 0; i < n;) {
        if (!may_forward(net, nif))
            return i + wf_rx_burst(net, nif, frames + i, n - i);
        i = forward_all(net, &w, frames, i, n);
        uint32_t rest = i; /* One that is not, and those behind it that may be of a run with it. */
        for (i += i < n; i < n && !is_lone(&w, frames, i, n);)
            i++;
        uint32_t got = wf_rx_burst(net, nif, frames + rest, i - rest);
        if (got < i - rest)
            return rest + got;
        w.src4 = NO_SOURCE; /* Whatever came may have changed routes. */
    }
    return n;
}
