/* SPDX-License-Identifier: MIT */
/**
 * DOC: pool - packet memory for unit tests: a pool on the heap, so that sanitizers see its ends
 *
 * pool_close() checks that nothing is in use: every test is a test for leaks.
 */
#ifndef WEFT_TESTS_UNIT_PKT_POOL_H
#define WEFT_TESTS_UNIT_PKT_POOL_H

#include <stdlib.h>
#include <string.h>

#include "pkt/pkt.h"
#include "t.h"

/** struct pool - A packet pool and the memory it stands on */
struct pool {
    struct pkt_pool p;
    void *mem[5];
};

static inline void *pool_slab(struct wf_slab *s, size_t object_bytes, uint32_t max)
{
    uint32_t stride = WF_ALIGN_UP((uint32_t)object_bytes, 8u);
    void *mem = malloc(wf_slab_bytes(stride, max));
    if (mem == NULL)
        abort();
    wf_slab_init(s, mem, stride, max);
    return mem;
}

/** pool_open() - A pool with this many packets, chunks of @chunk_bytes, lent frames and blocks */
static inline void pool_open(struct pool *o, uint32_t pkts, uint32_t chunks, uint32_t chunk_bytes,
                             uint32_t lent, uint32_t blks)
{
    memset(o, 0, sizeof(*o));
    struct wf_bufs *b = &o->p.bufs;
    o->mem[0] = pool_slab(&o->p.pkts, sizeof(struct pkt), pkts);
    o->mem[1] = pool_slab(&o->p.blks, sizeof(struct wf_blk), blks);
    o->mem[2] = pool_slab(&b->chunks, sizeof(struct wf_chunk), chunks);
    o->mem[3] = pool_slab(&b->lent, sizeof(struct wf_buf), lent);
    o->mem[4] = malloc((size_t)chunks * chunk_bytes);
    if (o->mem[4] == NULL)
        abort();
    b->chunks.max = 0;
    b->chunks_max = chunks;
    b->chunk_bytes = chunk_bytes;
    b->vec = wf_vec_scalar;
    T_EQ(wf_bufs_area_add(b, o->mem[4], (size_t)chunks * chunk_bytes), chunks);
}

/** pool_is_empty() - Whether everything has been given back (lent frames: and fetched) */
static inline bool pool_is_empty(struct pool *o)
{
    uint64_t cookies[8];
    while (wf_lent_done(&o->p.bufs, cookies, 8) > 0)
        continue;
    return o->p.pkts.in_use == 0 && o->p.blks.in_use == 0 && o->p.bufs.chunks.in_use == 0 &&
           o->p.bufs.lent.in_use == 0;
}

/** pool_close() - Check for leaks and free the memory */
static inline void pool_close(struct pool *o)
{
    T_CHECK(pool_is_empty(o));
    T_CHECK(wf_slab_check(&o->p.pkts) && wf_slab_check(&o->p.blks) &&
            wf_slab_check(&o->p.bufs.chunks) && wf_slab_check(&o->p.bufs.lent));
    WF_UNPOISON(o->mem[4], (size_t)o->p.bufs.chunks_max * o->p.bufs.chunk_bytes);
    wf_slab_init(&o->p.pkts, o->mem[0], o->p.pkts.stride, o->p.pkts.max);
    wf_slab_init(&o->p.blks, o->mem[1], o->p.blks.stride, o->p.blks.max);
    wf_slab_init(&o->p.bufs.chunks, o->mem[2], o->p.bufs.chunks.stride, o->p.bufs.chunks.max);
    wf_slab_init(&o->p.bufs.lent, o->mem[3], o->p.bufs.lent.stride, o->p.bufs.lent.max);
    for (int i = 0; i < 5; i++)
        free(o->mem[i]);
}

/** pool_lend() - A packet as a driver lends it: linear part and up to @frags fragments of @bytes */
static inline struct pkt *pool_lend(struct pool *o, const uint8_t *bytes, uint32_t len,
                                    uint32_t linear, uint32_t frags, uint32_t pinned)
{
    struct pkt *p = wf_pkt_alloc(&o->p);
    struct wf_buf *buf = wf_lent_alloc(&o->p.bufs, 7, pinned);
    if (p == NULL || buf == NULL)
        abort();
    uint32_t at = linear < len || frags == 0 ? (frags == 0 ? len : linear) : len;
    p->data_buf = buf;
    p->data = (uint8_t *)(uintptr_t)bytes;
    p->len = p->total = at;
    p->pinned = pinned;
    for (uint32_t i = 0; i < frags && at < len; i++) {
        uint32_t take = i + 1 == frags ? len - at : 1 + (uint32_t)(t_random() % (len - at));
        wf_pkt_frag_add(p, bytes + at, take, wf_buf_hold(buf));
        at += take;
    }
    return p;
}

/** pool_naive_sum() - The definition of the checksum, byte by byte */
static inline uint16_t pool_naive_sum(const uint8_t *p, size_t len)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += i % 2 == 0 ? (uint64_t)p[i] << 8 : p[i];
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

#endif /* WEFT_TESTS_UNIT_PKT_POOL_H */
