/* SPDX-License-Identifier: MIT */
#include "pkt/buf.h"

#include <string.h>

static void copy_scalar(void *dst, const void *src, size_t n)
{
    memcpy(dst, src, n);
}

const struct weft_vec wf_vec_scalar = {
    .copy = copy_scalar, .sum = wf_csum_scalar, .copy_sum = wf_csum_copy_scalar};

int wf_bufs_area_add(struct wf_bufs *b, void *base, size_t bytes)
{
    size_t n = bytes / b->chunk_bytes;
    if (base == NULL || n == 0)
        return -WEFT_EINVAL;
    if (b->areas_n == WF_AREAS_MAX || n > b->chunks_max - b->chunks.max)
        return -WEFT_ENOMEM;

    b->areas[b->areas_n].base = base;
    b->areas[b->areas_n].first = b->chunks.max;
    b->areas[b->areas_n].n = (uint32_t)n;
    b->areas_n++;
    b->chunks.max += (uint32_t)n;
    WF_POISON(base, n * b->chunk_bytes);
    return (int)n;
}

static uint8_t *chunk_base(const struct wf_bufs *b, uint32_t index)
{
    uint32_t a = 0;
    while (index - b->areas[a].first >= b->areas[a].n)
        a++;
    return b->areas[a].base + (size_t)(index - b->areas[a].first) * b->chunk_bytes;
}

struct wf_chunk *wf_chunk_alloc(struct wf_bufs *b)
{
    struct wf_chunk *c = wf_slab_alloc(&b->chunks);
    if (c == NULL)
        return NULL;
    c->buf.base = chunk_base(b, wf_slab_index(&b->chunks, c));
    c->buf.cap = b->chunk_bytes;
    c->buf.refs = 1;
    c->buf.kind = BUF_CHUNK;
    WF_UNPOISON(c->buf.base, c->buf.cap);
    return c;
}

struct wf_chunk *wf_chunk_bump(struct wf_bufs *b, uint32_t n, uint8_t **at)
{
    WF_ASSERT(n <= b->chunk_bytes);
    struct wf_chunk *c = b->bump;
    if (c != NULL && c->buf.cap - c->buf.used >= n) {
        c->buf.refs++;
    } else {
        c = wf_chunk_alloc(b);
        if (c == NULL)
            return NULL;
        b->bump = c;
    }
    *at = c->buf.base + c->buf.used;
    c->buf.used += n;
    return c;
}

struct wf_buf *wf_lent_alloc(struct wf_bufs *b, uint64_t cookie, uint32_t pinned)
{
    struct wf_buf *l = wf_slab_alloc_head(&b->lent, sizeof(l->node));
    if (l == NULL)
        return NULL;
    *l = (struct wf_buf){
        .node = l->node, .cap = pinned, .refs = 1, .kind = BUF_LENT, .cookie = cookie};
    return l;
}

static void chunk_free(struct wf_bufs *b, struct wf_buf *buf)
{
    if (b->bump != NULL && &b->bump->buf == buf)
        b->bump = NULL;
    WF_POISON(buf->base, buf->cap);
    wf_slab_free(&b->chunks, buf);
}

/* The descriptor stays allocated until the cookie is fetched: it is the list's node. */
static void lent_finish(struct wf_bufs *b, struct wf_buf *buf)
{
    buf->next = NULL;
    if (b->done_tail != NULL)
        b->done_tail->next = buf;
    else
        b->done_head = buf;
    b->done_tail = buf;
}

void wf_buf_release(struct wf_bufs *b, struct wf_buf *buf)
{
    while (buf != NULL) {
        WF_ASSERT(buf->refs > 0);
        if (--buf->refs > 0)
            return;
        if (buf->kind == BUF_CHUNK) {
            chunk_free(b, buf);
            return;
        }
        struct wf_buf *chain = buf->chain;
        lent_finish(b, buf);
        buf = chain;
    }
}

uint32_t wf_lent_done(struct wf_bufs *b, uint64_t *cookies, uint32_t n)
{
    uint32_t i = wf_min_u32(n, b->read_n);
    b->read_n -= i;
    memcpy(cookies, b->read + b->read_n, i * sizeof(*cookies));
    while (i < n && b->done_head != NULL) {
        struct wf_buf *l = b->done_head;
        b->done_head = l->next;
        if (b->done_head == NULL)
            b->done_tail = NULL;
        cookies[i++] = l->cookie;
        wf_slab_free(&b->lent, l);
    }
    return i;
}
