/* SPDX-License-Identifier: MIT */
#include "pkt/pkt.h"

#include <string.h>

struct pkt *wf_pkt_alloc(struct pkt_pool *pool)
{
    struct wf_slab *s = &pool->pkts;
    /* Only the fields in front of the head are cleared: clearing all would cost 800 bytes. */
    struct pkt *p = wf_slab_alloc_head(s, offsetof(struct pkt, head));
    if (p == NULL)
        return NULL;
    p->refs = 1;
    p->data = p->head + PKT_HEADROOM;
    return p;
}

struct pkt *wf_pkt_alloc_cut(struct pkt_pool *pool, struct pkt *parent)
{
    struct pkt *p = wf_slab_alloc_head(&pool->pkts, offsetof(struct pkt, next));
    if (p == NULL)
        return NULL;
    p->refs = 1;
    p->parent = parent;
    parent->refs++;
    return p;
}

static void release_all(struct pkt_pool *pool, struct pkt *p)
{
    if (p->data_buf != NULL)
        wf_buf_release(&pool->bufs, p->data_buf);
    for (uint32_t i = 0; i < p->frags_n; i++)
        wf_buf_release(&pool->bufs, p->frags[i].buf);
}

void wf_pkt_free_shares(struct pkt_pool *pool, struct pkt *p)
{
    while (p != NULL) {
        WF_ASSERT(p->refs > 0);
        if (--p->refs > 0)
            return;
        struct pkt *parent = p->parent;
        release_all(pool, p);
        wf_slab_free(&pool->pkts, p);
        p = parent;
    }
}

void wf_pkt_done(struct pkt_pool *pool, const uint64_t *handles, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct pkt *p = wf_slab_get(&pool->pkts, handles[i]);
        if (p == NULL)
            continue;
        if (p->parent == NULL || p->parent->refs == 1 || p->refs > 1) {
            wf_pkt_free(pool, p);
            continue;
        }
        p->parent->refs--; /* All that a cut frame holds. */
        wf_slab_free(&pool->pkts, p);
    }
}

uint8_t *wf_pkt_push(struct pkt *p, uint32_t n)
{
    WF_ASSERT(p->data_buf == NULL && (size_t)(p->data - p->head) >= n);
    p->data -= n;
    p->len += n;
    p->total += n;
    return p->data;
}

void wf_pkt_pull(struct pkt *p, uint32_t n)
{
    WF_ASSERT(n <= p->len);
    p->data += n;
    p->len -= n;
    p->total -= n;
}

/* Move the front of the fragments into the linear part, which lies in head and has room. */
static void fill_from_frags(struct pkt_pool *pool, struct pkt *p, uint32_t n)
{
    uint32_t gone = 0;
    while (p->len < n) {
        struct pkt_frag *f = &p->frags[gone];
        uint32_t take = wf_min_u32(n - p->len, f->len);
        memcpy(p->data + p->len, f->data, take);
        p->len += take;
        f->data += take;
        f->len -= take;
        if (f->len == 0) {
            wf_buf_release(&pool->bufs, f->buf);
            gone++;
        }
    }
    p->frags_n = (uint16_t)(p->frags_n - gone);
    memmove(p->frags, p->frags + gone, p->frags_n * sizeof(p->frags[0]));
}

/* Turn the linear part, which lies in lent memory, into the first fragment. */
static bool linear_to_frag(struct pkt_pool *pool, struct pkt *p)
{
    if (p->len == 0) {
        wf_buf_release(&pool->bufs, p->data_buf);
    } else {
        if (p->frags_n == PKT_FRAGS_MAX)
            return false;
        memmove(p->frags + 1, p->frags, p->frags_n * sizeof(p->frags[0]));
        p->frags[0] = (struct pkt_frag){p->data, p->data_buf, p->len};
        p->frags_n++;
    }
    p->data_buf = NULL;
    p->data = p->head + PKT_HEADROOM;
    p->len = 0;
    return true;
}

bool wf_pkt_linear(struct pkt_pool *pool, struct pkt *p, uint32_t keep, uint32_t n)
{
    if (WF_LIKELY(n <= p->len))
        return true;
    wf_pkt_unpull(p, keep);
    bool is_done = wf_pkt_own_headers(pool, p, keep + n);
    wf_pkt_pull(p, keep);
    return is_done;
}

void wf_pkt_unpull(struct pkt *p, uint32_t n)
{
    p->data -= n;
    p->len += n;
    p->total += n;
}

bool wf_pkt_share(struct pkt *dst, const struct pkt *src, uint32_t off, uint32_t len)
{
    struct pkt_frag f;
    for (uint32_t i = 0; len > 0 && wf_pkt_piece(src, i, &f); i++) {
        if (off >= f.len) {
            off -= f.len;
            continue;
        }
        uint32_t take = wf_min_u32(len, f.len - off);
        if (f.buf != NULL) {
            if (dst->frags_n == PKT_FRAGS_MAX)
                return false;
            wf_pkt_frag_add(dst, f.data + off, take, wf_buf_hold(f.buf));
        } else { /* Bytes in the other's head: small, and gone with it. */
            if (dst->frags_n > 0 ||
                (size_t)(dst->head + PKT_HEAD_BYTES - dst->data) < dst->len + take)
                return false;
            memcpy(dst->data + dst->len, f.data + off, take);
            dst->len += take;
            dst->total += take;
        }
        len -= take;
        off = 0;
    }
    return true;
}

bool wf_pkt_own_headers(struct pkt_pool *pool, struct pkt *p, uint32_t n)
{
    if (n > p->total || n > PKT_HEAD_BYTES - PKT_HEADROOM)
        return false;
    if (p->data_buf != NULL && !linear_to_frag(pool, p))
        return false;
    if ((size_t)(p->head + PKT_HEAD_BYTES - p->data) < n) {
        /* The front was pulled away: there is room again once the rest is moved down. */
        memmove(p->head + PKT_HEADROOM, p->data, p->len);
        p->data = p->head + PKT_HEADROOM;
    }
    fill_from_frags(pool, p, n);
    return true;
}

void wf_pkt_trim(struct pkt_pool *pool, struct pkt *p, uint32_t total)
{
    WF_ASSERT(total <= p->total);
    p->total = total;
    p->len = wf_min_u32(p->len, total);
    uint32_t left = total - p->len;
    uint16_t keep = 0;
    for (uint16_t i = 0; i < p->frags_n; i++) {
        p->frags[i].len = wf_min_u32(p->frags[i].len, left);
        left -= p->frags[i].len;
        if (p->frags[i].len > 0)
            keep = (uint16_t)(i + 1);
        else
            wf_buf_release(&pool->bufs, p->frags[i].buf);
    }
    p->frags_n = keep;
}

void wf_pkt_frag_add(struct pkt *p, const uint8_t *data, uint32_t len, struct wf_buf *buf)
{
    WF_ASSERT(p->frags_n < PKT_FRAGS_MAX);
    p->frags[p->frags_n++] = (struct pkt_frag){data, buf, len};
    p->total += len;
}

bool wf_pkt_append_copy(struct pkt_pool *pool, struct pkt *p, const uint8_t *src, uint32_t n)
{
    if (p->data_buf == NULL && p->frags_n == 0 &&
        (size_t)(p->head + PKT_HEAD_BYTES - (p->data + p->len)) >= n) {
        memcpy(p->data + p->len, src, n);
        p->len += n;
        p->total += n;
        return true;
    }
    while (n > 0) {
        uint32_t take = wf_min_u32(n, pool->bufs.chunk_bytes);
        uint8_t *at = NULL;
        struct wf_chunk *c =
            p->frags_n < PKT_FRAGS_MAX ? wf_chunk_bump(&pool->bufs, take, &at) : NULL;
        if (c == NULL)
            return false;
        pool->bufs.vec.copy(at, src, take);
        wf_pkt_frag_add(p, at, take, &c->buf);
        src += take;
        n -= take;
    }
    return true;
}

bool wf_pkt_compact(struct pkt_pool *pool, struct pkt *p)
{
    struct pkt_frag few[WEFT_FRAME_IOV_MAX - 1]; /* 64 KiB in chunks of 4 KiB, the smallest. */
    uint32_t n = 0, off = p->len, left = p->total - p->len;
    while (left > 0) {
        uint32_t take = wf_min_u32(left, pool->bufs.chunk_bytes);
        struct wf_chunk *c = wf_chunk_alloc(&pool->bufs);
        if (c == NULL)
            break;
        c->buf.used = take;
        wf_pkt_copy_out(pool, p, off, c->buf.base, take);
        few[n++] = (struct pkt_frag){c->buf.base, &c->buf, take};
        off += take;
        left -= take;
    }
    if (left > 0) {
        while (n > 0)
            wf_buf_release(&pool->bufs, few[--n].buf);
        return false;
    }
    for (uint32_t i = 0; i < p->frags_n; i++)
        wf_buf_release(&pool->bufs, p->frags[i].buf);
    memcpy(p->frags, few, n * sizeof(few[0]));
    p->frags_n = (uint16_t)n;
    return true;
}

void wf_pkt_copy_out(const struct pkt_pool *pool, const struct pkt *p, uint32_t off, uint8_t *dst,
                     uint32_t n)
{
    WF_ASSERT(off <= p->total && n <= p->total - off);
    struct pkt_frag f;
    for (uint32_t i = 0; n > 0 && wf_pkt_piece(p, i, &f); i++) {
        if (off >= f.len) {
            off -= f.len;
            continue;
        }
        uint32_t take = wf_min_u32(n, f.len - off);
        pool->bufs.vec.copy(dst, f.data + off, take);
        dst += take;
        n -= take;
        off = 0;
    }
}

uint16_t wf_pkt_sum(const struct pkt_pool *pool, const struct pkt *p, uint32_t off, uint32_t n)
{
    WF_ASSERT(off <= p->total && n <= p->total - off);
    uint16_t sum = 0;
    bool is_odd = false;
    struct pkt_frag f;
    for (uint32_t i = 0; n > 0 && wf_pkt_piece(p, i, &f); i++) {
        if (off >= f.len) {
            off -= f.len;
            continue;
        }
        uint32_t take = wf_min_u32(n, f.len - off);
        uint16_t part = pool->bufs.vec.sum(f.data + off, take);
        sum = wf_csum_add(sum, is_odd ? wf_csum_swap(part) : part);
        is_odd ^= (take & 1) != 0;
        n -= take;
        off = 0;
    }
    return sum;
}
