/* SPDX-License-Identifier: MIT */
#include "pool.h"

static struct pool pool;

static void chunks_of_several_areas_are_disjoint_and_inside(void)
{
    pool_open(&pool, 4, 8, 4096, 4, 4);
    struct wf_bufs *b = &pool.p.bufs;
    uint8_t *more = malloc(3 * 4096 + 100);
    b->chunks_max = 8; /* No room for more than the slab was cut for. */
    T_EQ(wf_bufs_area_add(b, more, 3 * 4096 + 100), -WEFT_ENOMEM);
    T_EQ(wf_bufs_area_add(b, NULL, 4096), -WEFT_EINVAL);
    T_EQ(wf_bufs_area_add(b, more, 4095), -WEFT_EINVAL);
    /* Cut the first area shorter, and the rest of the slab can be had from a second one. */
    b->chunks.max = b->areas[0].n = 5;
    T_EQ(wf_bufs_area_add(b, more, 3 * 4096 + 100), 3);

    struct wf_chunk *c[8];
    for (int i = 0; i < 8; i++) {
        c[i] = wf_chunk_alloc(b);
        uint8_t *area = i < 5 ? (uint8_t *)pool.mem[4] + i * 4096 : more + (i - 5) * 4096;
        T_CHECK(c[i] != NULL && c[i]->buf.base == area && c[i]->buf.cap == 4096);
        memset(c[i]->buf.base, i, 4096);
    }
    T_CHECK(wf_chunk_alloc(b) == NULL);
    for (int i = 0; i < 8; i++) {
        T_CHECK(c[i]->buf.base[0] == i && c[i]->buf.base[4095] == i);
        wf_buf_release(b, &c[i]->buf);
    }
    pool_close(&pool);
    free(more);
}

static void the_last_reference_gives_a_chunk_back(void)
{
    pool_open(&pool, 4, 1, 4096, 4, 4);
    struct wf_bufs *b = &pool.p.bufs;
    struct wf_chunk *c = wf_chunk_alloc(b);
    T_CHECK(wf_buf_hold(&c->buf) == &c->buf);
    wf_buf_release(b, &c->buf);
    T_CHECK(wf_chunk_alloc(b) == NULL);
    wf_buf_release(b, &c->buf);
    T_CHECK((c = wf_chunk_alloc(b)) != NULL && c->buf.used == 0 && c->sums_n == 0);
    wf_buf_release(b, &c->buf);
    pool_close(&pool);
}

static void small_datagrams_share_a_chunk(void)
{
    pool_open(&pool, 4, 3, 4096, 4, 4);
    struct wf_bufs *b = &pool.p.bufs;
    uint8_t *at[5];
    struct wf_chunk *c[5];
    for (int i = 0; i < 4; i++)
        c[i] = wf_chunk_bump(b, 1000, &at[i]);
    T_CHECK(c[0] == c[3] && at[3] == at[0] + 3000 && c[0]->buf.refs == 4);
    c[4] = wf_chunk_bump(b, 1000, &at[4]); /* 96 bytes are left: another chunk. */
    T_CHECK(c[4] != c[0]);
    for (int i = 0; i < 5; i++)
        wf_buf_release(b, &c[i]->buf);
    T_EQ(b->chunks.in_use, 0);
    /* The chunk that was shared is gone, and is not written to again. */
    c[0] = wf_chunk_bump(b, 4096, &at[0]);
    T_CHECK(at[0] == c[0]->buf.base);
    wf_buf_release(b, &c[0]->buf);
    pool_close(&pool);
}

static void bump_fails_cleanly_without_chunks(void)
{
    pool_open(&pool, 4, 1, 4096, 4, 4);
    uint8_t *at;
    struct wf_chunk *c = wf_chunk_bump(&pool.p.bufs, 4000, &at);
    T_CHECK(wf_chunk_bump(&pool.p.bufs, 97, &at) == NULL);
    T_CHECK(wf_chunk_bump(&pool.p.bufs, 96, &at) == c);
    wf_buf_release(&pool.p.bufs, &c->buf);
    wf_buf_release(&pool.p.bufs, &c->buf);
    pool_close(&pool);
}

static void lent_frames_come_back_in_the_order_of_release(void)
{
    pool_open(&pool, 4, 1, 4096, 3, 4);
    struct wf_bufs *b = &pool.p.bufs;
    struct wf_buf *l[3];
    for (uint64_t i = 0; i < 3; i++)
        l[i] = wf_lent_alloc(b, 100 + i, 2048);
    T_CHECK(wf_lent_alloc(b, 0, 0) == NULL);
    wf_buf_hold(l[0]);
    wf_buf_release(b, l[2]);
    wf_buf_release(b, l[0]);
    wf_buf_release(b, l[1]);
    uint64_t cookie[3] = {0};
    T_EQ(wf_lent_done(b, cookie, 1), 1);
    T_EQ(cookie[0], 102);
    wf_buf_release(b, l[0]);
    T_EQ(wf_lent_done(b, cookie, 3), 2);
    T_CHECK(cookie[0] == 101 && cookie[1] == 100);
    T_EQ(wf_lent_done(b, cookie, 3), 0);
    pool_close(&pool);
}

static const struct t_case cases[] = {
    {"chunks of several areas are disjoint and inside",
     chunks_of_several_areas_are_disjoint_and_inside},
    {"the last reference gives a chunk back", the_last_reference_gives_a_chunk_back},
    {"small datagrams share a chunk", small_datagrams_share_a_chunk},
    {"bump fails cleanly without chunks", bump_fails_cleanly_without_chunks},
    {"lent frames come back in the order of release",
     lent_frames_come_back_in_the_order_of_release},
};
T_MAIN(cases)
