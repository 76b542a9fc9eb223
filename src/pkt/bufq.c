/* SPDX-License-Identifier: MIT */
#include "pkt/bufq.h"

#include <string.h>

#include "pkt/pkt.h"

#define CHARGE_MIN 64u /* A block of its own costs that much, whatever is in it. */

/* ---- send queue ---- */

static uint32_t chunk_end(const struct wf_chunk *c)
{
    return c->start + c->buf.used;
}

/* Copy into the tail chunk, extending its last sum block or beginning a new one. */
static void write_block(const struct wf_bufs *b, struct wf_sendq *q, struct wf_chunk *c,
                        const uint8_t *src, uint32_t n, bool may_extend)
{
    uint8_t *at = c->buf.base + c->buf.used;
    uint32_t summed = c->sums_n > 0 ? c->sums[c->sums_n - 1].end : 0;
    bool has_room = may_extend || c->sums_n < WF_CHUNK_SUMS;
    if (q->block_left == 0 || summed != c->buf.used || !has_room) {
        b->vec.copy(at, src, n); /* No sum for these bytes: they are summed when they are sent. */
    } else {
        uint16_t sum = b->vec.copy_sum(at, src, n);
        if (may_extend) {
            uint32_t prev = c->sums_n > 1 ? c->sums[c->sums_n - 2].end : 0;
            if (((summed - prev) & 1) != 0)
                sum = wf_csum_swap(sum);
            c->sums[c->sums_n - 1].sum = wf_csum_add(c->sums[c->sums_n - 1].sum, sum);
        } else {
            c->sums[c->sums_n++].sum = sum;
        }
        /* 64 KiB does not fit 16 bits: the last block of such a chunk stays unsummed. */
        uint32_t end = c->buf.used + n;
        if (end <= UINT16_MAX)
            c->sums[c->sums_n - 1].end = (uint16_t)end;
        else
            c->sums_n--;
        q->block_left -= n;
    }
    c->buf.used += n;
    q->end += n;
}

static bool tail_push(struct wf_bufs *b, struct wf_sendq *q)
{
    struct wf_chunk *c = wf_chunk_alloc(b);
    if (c == NULL)
        return false;
    c->start = q->end;
    if (q->tail != NULL)
        q->tail->next = c;
    else
        q->head = c;
    q->tail = c;
    return true;
}

uint32_t wf_sendq_write(struct wf_bufs *b, struct wf_sendq *q, const uint8_t *src, uint32_t n,
                        uint32_t sent_off, uint32_t block_bytes)
{
    uint32_t done = 0;
    bool is_all_sent = sent_off == q->end;
    if (is_all_sent || block_bytes == 0)
        q->block_left = 0; /* The unfinished block is on the wire: the next one starts here. */
    bool is_block_open = q->block_left > 0;
    while (done < n) {
        bool is_fresh = q->tail == NULL || q->tail->buf.used == q->tail->buf.cap;
        if (is_fresh && !tail_push(b, q))
            break;
        struct wf_chunk *c = q->tail;
        if (q->block_left == 0) {
            q->block_left = block_bytes;
            is_block_open = false;
        }
        uint32_t take = wf_min_u32(n - done, c->buf.cap - c->buf.used);
        if (block_bytes > 0)
            take = wf_min_u32(take, q->block_left);
        write_block(b, q, c, src + done, take, is_block_open && c->sums_n > 0 && !is_fresh);
        is_block_open = true;
        done += take;
    }
    return done;
}

void wf_sendq_drop_to(struct wf_bufs *b, struct wf_sendq *q, uint32_t off)
{
    WF_ASSERT((int32_t)(q->end - off) >= 0 && (int32_t)(off - q->start) >= 0);
    q->start = off;
    while (q->head != NULL && (int32_t)(off - chunk_end(q->head)) >= 0) {
        struct wf_chunk *c = q->head;
        q->head = c->next;
        if (q->cur == c)
            q->cur = q->head;
        if (q->tail == c) {
            q->tail = NULL;
            q->block_left = 0;
        }
        wf_buf_release(b, &c->buf);
    }
}

static struct wf_chunk *locate(struct wf_sendq *q, uint32_t off)
{
    struct wf_chunk *c = q->cur;
    if (c == NULL || (int32_t)(off - c->start) < 0)
        c = q->head;
    while ((int32_t)(off - chunk_end(c)) >= 0)
        c = c->next;
    q->cur = c;
    return c;
}

uint32_t wf_sendq_slice(struct wf_sendq *q, uint32_t off, uint32_t len, struct pkt *p)
{
    uint32_t done = 0;
    for (struct wf_chunk *c = locate(q, off); done < len && p->frags_n < PKT_FRAGS_MAX;
         c = c->next) {
        uint32_t at = off + done - c->start;
        uint32_t take = wf_min_u32(len - done, c->buf.used - at);
        wf_pkt_frag_add(p, c->buf.base + at, take, wf_buf_hold(&c->buf));
        done += take;
    }
    return done;
}

void wf_sendq_sums(const struct wf_bufs *b, struct wf_sendq *q, uint32_t off, uint32_t len,
                   uint32_t seg_bytes, uint16_t *out)
{
    struct wf_chunk *c = locate(q, off);
    uint32_t at = off - c->start, k = 0, from = 0; /* Block that ends behind at, and its start. */
    while (len > 0) {
        uint32_t left = wf_min_u32(len, seg_bytes), seg = left;
        uint16_t sum = 0;
        len -= seg;
        for (; k < c->sums_n && c->sums[k].end <= at; k++)
            from = c->sums[k].end;
        if (at == from && k < c->sums_n && c->sums[k].end == at + seg) { /* As it was copied in. */
            *out++ = c->sums[k++].sum;
            from = at += seg;
            continue;
        }
        while (left > 0) {
            if (at == c->buf.used) {
                c = c->next;
                at = k = from = 0;
            }
            for (; k < c->sums_n && c->sums[k].end <= at; k++)
                from = c->sums[k].end;
            uint32_t to = k < c->sums_n ? c->sums[k].end : c->buf.used;
            uint32_t take = wf_min_u32(left, to - at);
            bool is_block = k < c->sums_n && at == from && take == to - from;
            uint16_t part = is_block ? c->sums[k].sum : b->vec.sum(c->buf.base + at, take);
            sum = wf_csum_add(sum, ((seg - left) & 1) != 0 ? wf_csum_swap(part) : part);
            at += take;
            left -= take;
        }
        *out++ = sum;
    }
}

/* ---- receive queue ---- */

static void blk_push(struct wf_recvq *q, struct wf_blk *k)
{
    k->next = NULL;
    if (q->tail != NULL)
        q->tail->next = k;
    else
        q->head = k;
    q->tail = k;
    q->bytes += k->len;
    q->charge += k->charge;
}

static void blk_free(struct pkt_pool *pool, struct wf_blk *k)
{
    wf_buf_release(&pool->bufs, k->buf);
    wf_slab_free(&pool->blks, k);
}

/* Room behind the last block, if that is a chunk only this queue writes to. */
static uint32_t tail_room(const struct wf_recvq *q)
{
    const struct wf_blk *k = q->tail;
    if (k == NULL || k->buf->kind != BUF_CHUNK || k->buf->refs != 1 ||
        k->data + k->len != k->buf->base + k->buf->used)
        return 0;
    return k->buf->cap - k->buf->used;
}

/*
 * Copies share chunks with others: a peer that leaves gaps must not pin one for each octet. All
 * memory is found first, as a half-queued segment could not be taken back.
 */
static bool put_copy(struct pkt_pool *pool, struct wf_recvq *q, const struct pkt *p, uint32_t off,
                     uint32_t len)
{
    uint32_t room = wf_min_u32(tail_room(q), len), rest = len - room;
    struct wf_recvq fresh = {0};
    struct wf_blk *last = q->tail;
    uint8_t *end = room > 0 ? last->buf->base + last->buf->used : NULL;
    if (room > 0)
        last->buf->used += room; /* Taken, so that the pieces below do not get it. */
    while (rest > 0) {
        uint32_t take = wf_min_u32(rest, pool->bufs.chunk_bytes);
        uint8_t *at = NULL;
        struct wf_blk *k = wf_slab_alloc(&pool->blks);
        struct wf_chunk *c = k != NULL ? wf_chunk_bump(&pool->bufs, take, &at) : NULL;
        if (c == NULL) {
            if (k != NULL)
                wf_slab_free(&pool->blks, k);
            wf_recvq_read(pool, &fresh, NULL, fresh.bytes);
            if (room > 0)
                last->buf->used -= room;
            return false;
        }
        k->data = at;
        k->buf = &c->buf;
        k->len = take;
        k->charge = wf_max_u32(take, CHARGE_MIN);
        wf_pkt_copy_out(pool, p, off + len - rest, at, take);
        blk_push(&fresh, k);
        rest -= take;
    }
    if (room > 0) {
        wf_pkt_copy_out(pool, p, off, end, room);
        last->len += room;
        last->charge += room;
        q->bytes += room;
        q->charge += room;
    }
    wf_recvq_join(q, &fresh);
    return true;
}

bool wf_recvq_put(struct pkt_pool *pool, struct wf_recvq *q, const struct pkt *p, uint32_t off,
                  uint32_t len)
{
    bool is_held_elsewhere = p->len == 0 || p->data_buf != NULL || off >= p->len;
    if (p->pinned > 2 * len || !is_held_elsewhere || !wf_lent_may_keep(&pool->bufs))
        return put_copy(pool, q, p, off, len);

    struct wf_recvq fresh = {0};
    uint32_t extra = p->pinned > len ? p->pinned - len : 0;
    struct pkt_frag f;
    for (uint32_t i = 0; len > 0 && wf_pkt_piece(p, i, &f); i++) {
        if (off >= f.len) {
            off -= f.len;
            continue;
        }
        struct wf_blk *k = wf_slab_alloc_head(&pool->blks, sizeof(struct wf_slab_node));
        if (k == NULL) {
            wf_recvq_read(pool, &fresh, NULL, fresh.bytes);
            return false;
        }
        k->data = f.data + off;
        k->len = wf_min_u32(len, f.len - off);
        k->charge = k->len + extra;
        k->buf = wf_buf_hold(f.buf);
        blk_push(&fresh, k);
        extra = 0;
        len -= k->len;
        off = 0;
    }
    wf_recvq_join(q, &fresh);
    return true;
}

void wf_recvq_join(struct wf_recvq *q, struct wf_recvq *more)
{
    if (more->head == NULL)
        return;
    if (q->tail != NULL)
        q->tail->next = more->head;
    else
        q->head = more->head;
    q->tail = more->tail;
    q->bytes += more->bytes;
    q->charge += more->charge;
    *more = (struct wf_recvq){0};
}

uint32_t wf_recvq_read(struct pkt_pool *pool, struct wf_recvq *q, uint8_t *dst, uint32_t n)
{
    uint32_t done = 0;
    while (done < n && q->head != NULL) {
        struct wf_blk *k = q->head;
        uint32_t take = wf_min_u32(n - done, k->len);
        if (dst != NULL)
            pool->bufs.vec.copy(dst + done, k->data, take);
        done += take;
        q->bytes -= take;
        if (take < k->len) { /* The charge stays until the memory goes. */
            k->data += take;
            k->len -= take;
            break;
        }
        q->charge -= k->charge;
        q->head = k->next;
        if (q->head == NULL)
            q->tail = NULL;
        blk_free(pool, k);
    }
    return done;
}

uint8_t wf_recvq_octet(const struct wf_recvq *q, uint32_t off)
{
    WF_ASSERT(off < q->bytes);
    const struct wf_blk *k = q->head;
    for (; off >= k->len; k = k->next)
        off -= k->len;
    return k->data[off];
}

int wf_recvq_peek(const struct wf_recvq *q, struct weft_iov *iov, int iov_n)
{
    int i = 0;
    for (const struct wf_blk *k = q->head; k != NULL && i < iov_n; k = k->next, i++)
        iov[i] = (struct weft_iov){wf_drop_const(k->data), k->len};
    return i;
}
