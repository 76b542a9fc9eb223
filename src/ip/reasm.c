/* SPDX-License-Identifier: MIT */
#include "ip/reasm.h"

#include <string.h>

#include "ip/ip.h"

static struct reasm **bucket(const struct net *net, uint32_t src4, uint32_t dst4, uint16_t id,
                             uint8_t proto)
{
    uint64_t w[2] = {(uint64_t)src4 << 32 | dst4, (uint64_t)id << 8 | proto};
    return &net->ip->reasm_buckets[wf_hash_words(&net->hash_key, w, 2) & net->ip->reasm_mask];
}

static struct reasm *find(const struct net *net, uint32_t src4, uint32_t dst4,
                          const struct ip4_hdr *h)
{
    for (struct reasm *r = *bucket(net, src4, dst4, h->id, h->proto); r != NULL; r = r->hash_next)
        if (r->src4 == src4 && r->dst4 == dst4 && r->id == h->id && r->proto == h->proto)
            return r;
    return NULL;
}

/* Forget a datagram; its chunks go unless they were handed on. */
static void destroy(struct net *net, struct reasm *r)
{
    for (uint32_t i = 0; i < REASM_CHUNKS_MAX; i++) {
        if (r->chunks[i] == NULL)
            continue;
        net->ip->reasm_chunks--;
        wf_buf_release(&net->pool.bufs, &r->chunks[i]->buf);
    }
    struct reasm **at = bucket(net, r->src4, r->dst4, r->id, r->proto);
    while (*at != r)
        at = &(*at)->hash_next;
    *at = r->hash_next;
    wf_list_remove(&r->order);
    wf_wheel_disarm(&net->wheel, &r->timer);
    wf_slab_free(&net->ip->reasms, r);
}

static void drop_oldest(struct net *net, struct reasm *r)
{
    wf_net_note_drop(net, WEFT_DROP_FRAG_LIMIT);
    destroy(net, r);
}

/* Room for one more: of the same source if that has its share, else the oldest of all. */
static void make_room(struct net *net, uint32_t src4)
{
    struct wf_ip *ip = net->ip;
    uint32_t share = wf_max_u32(1, ip->reasms.max / 4), of_source = 0;
    struct reasm *oldest = NULL;
    WF_LIST_FOR_EACH (l, &ip->reasm_order) {
        struct reasm *r = WF_CONTAINER_OF(l, struct reasm, order);
        if (r->src4 != src4)
            continue;
        if (of_source++ == 0)
            oldest = r;
    }
    if (oldest != NULL && of_source >= share)
        drop_oldest(net, oldest);
    else if (ip->reasms.in_use == ip->reasms.max)
        drop_oldest(net, WF_CONTAINER_OF(wf_list_first(&ip->reasm_order), struct reasm, order));
}

static struct reasm *start(struct net *net, const struct pkt *p, const struct ip4_hdr *h,
                           uint32_t src4, uint32_t dst4)
{
    make_room(net, src4);
    struct reasm *r = wf_slab_alloc(&net->ip->reasms);
    WF_ASSERT(r != NULL);
    r->src4 = src4;
    r->dst4 = dst4;
    r->id = h->id;
    r->proto = h->proto;
    r->ifindex = p->ifindex;
    r->timer.kind = TIMER_REASM;
    struct reasm **at = bucket(net, src4, dst4, h->id, h->proto);
    r->hash_next = *at;
    *at = r;
    wf_list_push_back(&net->ip->reasm_order, &r->order);
    wf_wheel_arm(&net->wheel, &r->timer, net->now_ns + net->cfg->reasm_time_ms * 1000000ull);
    return r;
}

/* ---- the bytes ---- */

/* A chunk for @r; when the share of reassembly is used up the oldest other datagram gives way. */
static struct wf_chunk *take_chunk(struct net *net, const struct reasm *r)
{
    while (net->ip->reasm_chunks > net->pool.bufs.chunks.max / 4) {
        struct wf_list *l = wf_list_first(&net->ip->reasm_order);
        if (l == &r->order)
            l = l->next;
        if (l == &net->ip->reasm_order)
            return NULL;
        drop_oldest(net, WF_CONTAINER_OF(l, struct reasm, order));
    }
    struct wf_chunk *c = wf_chunk_alloc(&net->pool.bufs);
    if (c != NULL)
        net->ip->reasm_chunks++;
    return c;
}

/* Copy between the chunks of a datagram and a buffer, or compare with it. */
static bool store(struct net *net, struct reasm *r, uint32_t off, const uint8_t *src, uint32_t n,
                  bool is_compare)
{
    uint32_t size = net->pool.bufs.chunk_bytes;
    while (n > 0) {
        struct wf_chunk **c = &r->chunks[off / size];
        uint32_t at = off % size, take = wf_min_u32(n, size - at);
        if (*c == NULL) {
            *c = take_chunk(net, r);
            if (*c == NULL)
                return false;
        }
        if (!is_compare)
            memcpy((*c)->buf.base + at, src, take);
        else if (memcmp((*c)->buf.base + at, src, take) != 0)
            return false;
        off += take;
        src += take;
        n -= take;
    }
    return true;
}

static bool store_pkt(struct net *net, struct reasm *r, uint32_t off, const struct pkt *p,
                      bool is_compare)
{
    struct pkt_frag f;
    for (uint32_t i = 0; wf_pkt_piece(p, i, &f); i++) {
        if (!store(net, r, off, f.data, f.len, is_compare))
            return false;
        off += f.len;
    }
    return true;
}

/* Set the bits of [off, off + len) and return how many were set already. */
static uint32_t mark(struct reasm *r, uint32_t off, uint32_t len)
{
    uint32_t old = 0;
    for (uint32_t u = off / 8, end = (off + len + 7) / 8; u < end; u++) {
        uint64_t bit = (uint64_t)1 << (u % 64);
        old += (r->got[u / 64] & bit) != 0;
        r->got[u / 64] |= bit;
    }
    r->got_units += (off + len + 7) / 8 - off / 8 - old;
    return old;
}

/* Highest octet that arrived, to test a last fragment against. */
static bool has_beyond(const struct reasm *r, uint32_t data_bytes)
{
    for (uint32_t u = (data_bytes + 7) / 8; u < 8192; u++)
        if ((r->got[u / 64] >> (u % 64) & 1) != 0)
            return true;
    return false;
}

/* Whether the fragment contradicts what is known of the datagram's end. */
static bool end_ok(struct reasm *r, const struct ip4_hdr *h, uint32_t end)
{
    if (r->has_last)
        return h->mf ? end <= r->data_bytes : end == r->data_bytes;
    if (h->mf)
        return true;
    if (has_beyond(r, end))
        return false;
    r->has_last = true;
    r->data_bytes = end;
    return true;
}

/* ECN over fragments (RFC 3168 5.3): CE wins, but never together with Not-ECT. */
static bool note_ecn(struct reasm *r, uint8_t tos)
{
    r->has_ce |= (tos & 3) == 3;
    r->has_not_ect |= (tos & 3) == 0;
    return !(r->has_ce && r->has_not_ect);
}

/* Build the whole: the first fragment's header in front, the chunks as fragments of a packet. */
static struct pkt *complete(struct net *net, struct reasm *r)
{
    struct pkt *p = wf_pkt_alloc(&net->pool);
    if (p == NULL) {
        wf_net_note_drop(net, WEFT_DROP_NO_PKT);
        destroy(net, r);
        return NULL;
    }
    p->ifindex = r->ifindex;
    p->is_link_group = r->is_link_group;
    memcpy(p->data, r->hdr, r->hdr_bytes);
    p->len = p->total = r->hdr_bytes;
    for (uint32_t i = 0, left = r->data_bytes; left > 0; i++) {
        uint32_t take = wf_min_u32(left, r->chunks[i]->buf.cap);
        r->chunks[i]->buf.used = take;
        wf_pkt_frag_add(p, r->chunks[i]->buf.base, take, wf_buf_hold(&r->chunks[i]->buf));
        p->pinned += r->chunks[i]->buf.cap;
        left -= take;
    }
    wf_st16be(p->data + 6, 0);
    wf_ip4_emit_len(p->data, (uint16_t)p->total, r->id);
    if (r->has_ce)
        p->data[1] |= 3;
    wf_count(net, WEFT_COUNT_IP4_REASSEMBLED);
    destroy(net, r);
    return p;
}

/* Take one fragment in; returns the reason to refuse it, WEFT_DROP_COUNT when it was taken. */
static enum weft_drop take(struct net *net, struct reasm *r, struct pkt *p, const struct ip4_hdr *h,
                           bool *is_fatal)
{
    uint32_t off = h->frag_off_bytes, len = p->total - h->hdr_bytes;
    *is_fatal = true;
    if (!note_ecn(r, h->tos) || !end_ok(r, h, off + len))
        return WEFT_DROP_FRAG_OVERLAP;
    if (++r->frags_n > net->cfg->reasm_frags_max)
        return WEFT_DROP_FRAG_LIMIT;
    uint8_t hdr[IP4_HDR_MAX_BYTES];
    memcpy(hdr, p->data, h->hdr_bytes);
    wf_pkt_pull(p, h->hdr_bytes);
    uint32_t units = (off + len + 7) / 8 - off / 8, old = mark(r, off, len);
    if (old == units) {
        *is_fatal = !store_pkt(net, r, off, p, true);
        return *is_fatal ? WEFT_DROP_FRAG_OVERLAP : WEFT_DROP_FRAG_DUPLICATE;
    }
    if (old != 0)
        return WEFT_DROP_FRAG_OVERLAP;
    if (!store_pkt(net, r, off, p, false))
        return WEFT_DROP_NO_CHUNK;
    if (off == 0) {
        r->has_first = true;
        r->hdr_bytes = h->hdr_bytes;
        memcpy(r->hdr, hdr, h->hdr_bytes);
        r->is_link_group = p->is_link_group;
    }
    return WEFT_DROP_COUNT;
}

struct pkt *wf_reasm_input(struct net *net, struct pkt *p, const struct ip4_hdr *h)
{
    uint32_t off = h->frag_off_bytes, len = p->total - h->hdr_bytes;
    uint32_t src4 = wf_ld32be(h->src.b), dst4 = wf_ld32be(h->dst.b);
    wf_count(net, WEFT_COUNT_IP4_FRAGS_IN);
    /* RFC 1858, RFC 3128: no fragment may begin inside a TCP header or split one. */
    bool is_tiny = h->proto == IP_PROTO_TCP && (off == 8 || (off == 0 && len < 20));
    if (len == 0 || (h->mf && len % 8 != 0) || is_tiny) {
        wf_net_drop(net, p, WEFT_DROP_FRAG_BAD);
        return NULL;
    }
    struct reasm *r = find(net, src4, dst4, h);
    if (off + len + h->hdr_bytes > 65535) { /* Ping of death. */
        if (r != NULL)
            destroy(net, r);
        wf_net_drop(net, p, WEFT_DROP_FRAG_TOO_BIG);
        return NULL;
    }
    if (r == NULL)
        r = start(net, p, h, src4, dst4);
    bool is_fatal = false;
    enum weft_drop why = take(net, r, p, h, &is_fatal);
    if (why != WEFT_DROP_COUNT) {
        if (is_fatal)
            destroy(net, r);
        wf_net_drop(net, p, why);
        return NULL;
    }
    wf_net_done(net, p);
    if (r->has_last && r->has_first && r->got_units == (r->data_bytes + 7) / 8) {
        if (r->data_bytes + r->hdr_bytes > 65535) {
            wf_net_note_drop(net, WEFT_DROP_FRAG_TOO_BIG);
            destroy(net, r);
            return NULL;
        }
        return complete(net, r);
    }
    return NULL;
}

/* RFC 792: time exceeded goes out only if the first fragment is there to be quoted. */
void wf_reasm_expire(struct net *net, struct reasm *r)
{
    struct pkt *p = r->has_first ? wf_pkt_alloc(&net->pool) : NULL;
    if (p != NULL) {
        p->ifindex = r->ifindex;
        p->is_link_group = r->is_link_group;
        memcpy(p->data, r->hdr, r->hdr_bytes);
        p->len = p->total = r->hdr_bytes;
        uint32_t n = wf_min_u32(r->chunks[0]->buf.cap, 548); /* As much as an error may quote. */
        uint32_t have = 0;
        while (have < n / 8 && (r->got[have / 64] >> (have % 64) & 1) != 0)
            have++;
        wf_pkt_frag_add(p, r->chunks[0]->buf.base, have * 8, wf_buf_hold(&r->chunks[0]->buf));
        struct rx_meta m = {.src4 = r->src4,
                            .dst4 = r->dst4,
                            .ifindex = r->ifindex,
                            .ip_hdr_bytes = r->hdr_bytes,
                            .proto = r->proto};
        m.is_group = wf_addrs_kind(net, r->dst4, r->ifindex) > IP4_LOCAL;
        wf_icmp_error(net, p, &m, ICMP4_TIME_EXCEEDED, ICMP4_REASSEMBLY_EXCEEDED, 0);
        wf_pkt_free(&net->pool, p);
    }
    wf_net_note_drop(net, WEFT_DROP_FRAG_TIMEOUT);
    destroy(net, r);
}
