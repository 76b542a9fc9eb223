/* SPDX-License-Identifier: MIT */
#include "pool.h"

#define STREAM_BYTES (1u << 20)

static struct pool pool;
static uint8_t stream[STREAM_BYTES], out[70000];

static uint32_t below(uint32_t n)
{
    return (uint32_t)(t_random() % n);
}

static void fill(void)
{
    for (uint32_t i = 0; i < STREAM_BYTES; i++)
        stream[i] = (uint8_t)t_random();
}

/* ---- send queue ---- */

/* Every sum of every cut of [off, off + len) into pieces of seg bytes is that of the bytes. */
static void check_sums(struct wf_sendq *q, uint32_t base, uint32_t off, uint32_t len, uint32_t seg)
{
    static uint16_t sums[65002];
    memset(sums, 0x5a, sizeof(sums));
    wf_sendq_sums(&pool.p.bufs, q, off, len, seg, sums);
    uint32_t n = 0;
    for (uint32_t at = 0; at < len; at += seg, n++) {
        uint16_t want = pool_naive_sum(stream + (off - base) + at, wf_min_u32(seg, len - at));
        /* Both forms of zero are right. */
        T_CHECK(sums[n] % 0xffff == want % 0xffff);
    }
    T_EQ(sums[n], 0x5a5a);
}

static void check_slice(struct wf_sendq *q, uint32_t base, uint32_t off, uint32_t len)
{
    struct pkt *p = wf_pkt_alloc(&pool.p);
    uint32_t n = wf_sendq_slice(q, off, len, p);
    T_CHECK(n == len || (n < len && p->frags_n == PKT_FRAGS_MAX));
    T_EQ(p->total, n);
    wf_pkt_copy_out(&pool.p, p, 0, out, n);
    T_CHECK(memcmp(out, stream + (off - base), n) == 0);
    wf_pkt_free(&pool.p, p);
}

/* Writes, transmissions, acknowledgements and changes of the segment size, at random. */
static void play(uint32_t chunk_bytes, uint32_t base, uint32_t seg_max, int steps)
{
    pool_open(&pool, 4, 64, chunk_bytes, 4, 4);
    struct wf_sendq q = {.start = base, .end = base};
    uint32_t sent = base, seg = 1 + below(seg_max), block = seg;
    for (int i = 0; i < steps && q.end - base < STREAM_BYTES - 70000; i++) {
        uint32_t before = q.end;
        uint32_t n = below(4) == 0 ? below(60000) : 1 + below(2 * seg);
        n = wf_sendq_write(&pool.p.bufs, &q, stream + (q.end - base), n, sent, block);
        T_EQ(q.end - before, n);
        if (below(3) > 0 && sent != q.end) /* Send some: whole segments, or an odd tail. */
            sent += below(2) == 0 ? wf_min_u32(q.end - sent, seg * (1 + below(45)))
                                  : 1 + below(q.end - sent);
        if (q.end != q.start) {
            uint32_t off = q.start + below(q.end - q.start);
            uint32_t len = 1 + below(wf_min_u32(q.end - off, 65000));
            check_sums(&q, base, off, len, below(3) > 0 ? seg : 1 + below(3000));
            check_sums(&q, base, q.start, wf_min_u32(q.end - q.start, 65000), seg);
            check_slice(&q, base, off, len);
        }
        if (below(3) == 0 && sent != q.start) {
            uint32_t to = below(3) == 0 ? sent : q.start + 1 + below(sent - q.start);
            wf_sendq_drop_to(&pool.p.bufs, &q, to);
            T_EQ(q.start, to);
        }
        if (below(20) == 0) {
            seg = 1 + below(seg_max);
            block = below(4) == 0 ? 0 : seg;
        }
        uint32_t need = (q.end - q.start + chunk_bytes - 1) / chunk_bytes;
        T_CHECK(pool.p.bufs.chunks.in_use <= need + 1); /* No memory is kept for nothing. */
    }
    wf_sendq_drop_to(&pool.p.bufs, &q, q.end);
    pool_close(&pool);
}

static void sums_and_slices_are_those_of_the_bytes(void)
{
    fill();
    play(4096, 0, 1460, 300);
    play(4096, 0xfffff000u, 9000, 300); /* Offsets wrap. */
    play(16384, 77, 1448, 300);
    play(65536, 0x7fffff00u, 1460, 300);
    play(65536, 5, 65535, 60);
    play(4096, 5, 3, 60); /* More blocks than a chunk has sums. */
}

static void segments_cut_where_blocks_are_need_no_look_at_the_bytes(void)
{
    fill();
    pool_open(&pool, 4, 64, 65536, 4, 4);
    struct wf_bufs *b = &pool.p.bufs;
    struct wf_sendq q = {0};
    T_EQ(wf_sendq_write(b, &q, stream, 14480, 0, 1448), 14480);
    uint16_t sums[10];
    memset(q.head->buf.base, 0, 14480); /* Whoever looks sums zeros. */
    wf_sendq_sums(b, &q, 0, 14480, 1448, sums);
    for (uint32_t i = 0; i < 10; i++)
        T_EQ(sums[i] % 0xffff, pool_naive_sum(stream + i * 1448, 1448) % 0xffff);
    wf_sendq_drop_to(b, &q, 14480);
    pool_close(&pool);
}

static void a_write_without_chunks_takes_what_fits(void)
{
    fill();
    pool_open(&pool, 4, 3, 4096, 4, 4);
    struct wf_sendq q = {0};
    T_EQ(wf_sendq_write(&pool.p.bufs, &q, stream, 20000, 0, 1448), 3 * 4096);
    T_EQ(wf_sendq_bytes(&q), 3 * 4096);
    T_EQ(wf_sendq_write(&pool.p.bufs, &q, stream, 1, 0, 1448), 0);
    check_sums(&q, 0, 0, 3 * 4096, 1448);
    wf_sendq_drop_to(&pool.p.bufs, &q, 4096);
    T_EQ(wf_sendq_write(&pool.p.bufs, &q, stream + 3 * 4096, 5000, 4096, 1448), 4096);
    check_sums(&q, 0, 4096, 3 * 4096, 1448);
    wf_sendq_drop_to(&pool.p.bufs, &q, q.end);
    T_EQ(pool.p.bufs.chunks.in_use, 0); /* An empty queue keeps nothing. */
    pool_close(&pool);
}

/* ---- receive queue ---- */

/* A packet of stream bytes as it may arrive: lent or in the own head, linear or in fragments. */
static struct pkt *arrive(uint32_t at, uint32_t len)
{
    uint32_t pinned = below(3) == 0 ? 4 * len + 1 : len + below(len + 1);
    if (below(4) == 0 && len <= 100) {
        struct pkt *p = wf_pkt_alloc(&pool.p);
        T_CHECK(wf_pkt_append_copy(&pool.p, p, stream + at, len));
        p->pinned = len;
        return p;
    }
    return pool_lend(&pool, stream + at, len, below(len + 1), below(5), pinned);
}

static void bytes_come_out_as_they_went_in(void)
{
    fill();
    pool_open(&pool, 4, 64, 4096, 600, 600);
    struct wf_recvq q = {0};
    uint32_t in = 0, read = 0;
    for (int i = 0; i < 3000 && in < STREAM_BYTES - 10000; i++) {
        uint32_t len = 1 + below(below(5) == 0 ? 9000 : 200), from = below(len);
        struct pkt *p = arrive(in, len);
        uint64_t cookies[4];
        (void)wf_lent_done(&pool.p.bufs, cookies, 4);
        if (from > 0 && wf_recvq_put(&pool.p, &q, p, 0, from)) /* In two parts, as reassembly. */
            in += from;
        else
            from = 0;
        if (wf_recvq_put(&pool.p, &q, p, from, len - from))
            in += len - from;
        wf_pkt_free(&pool.p, p);
        T_EQ(q.bytes, in - read);
        T_CHECK(q.charge >= q.bytes);
        struct weft_iov iov[4];
        int n = wf_recvq_peek(&q, iov, 4);
        for (uint32_t k = 0, at = read; k < (uint32_t)n; at += (uint32_t)iov[k++].len)
            T_CHECK(memcmp(iov[k].base, stream + at, iov[k].len) == 0);
        uint32_t want = below(3) == 0 ? 0 : below(q.bytes + 100);
        bool is_discard = below(8) == 0;
        uint32_t got = wf_recvq_read(&pool.p, &q, is_discard ? NULL : out, want);
        T_EQ(got, wf_min_u32(want, in - read));
        T_CHECK(is_discard || memcmp(out, stream + read, got) == 0);
        read += got;
        if (q.bytes > 60000)
            read += wf_recvq_read(&pool.p, &q, NULL, q.bytes);
    }
    wf_recvq_read(&pool.p, &q, NULL, UINT32_MAX);
    T_EQ(q.charge, 0);
    pool_close(&pool);
}

static void a_frame_is_kept_only_if_data_fills_half_of_it(void)
{
    fill();
    pool_open(&pool, 4, 4, 4096, 4, 4);
    struct wf_recvq q = {0};
    struct pkt *p = pool_lend(&pool, stream, 1000, 0, 0, 2000);
    T_CHECK(wf_recvq_put(&pool.p, &q, p, 0, 1000));
    wf_pkt_free(&pool.p, p);
    T_CHECK(q.charge == 2000 && pool.p.bufs.chunks.in_use == 0);
    p = pool_lend(&pool, stream, 999, 0, 0, 2000);
    T_CHECK(wf_recvq_put(&pool.p, &q, p, 0, 999));
    wf_pkt_free(&pool.p, p);
    T_CHECK(q.charge == 2999 && pool.p.bufs.chunks.in_use == 1);
    wf_recvq_read(&pool.p, &q, NULL, 1999);
    pool_close(&pool);
}

static void without_memory_nothing_is_appended(void)
{
    fill();
    pool_open(&pool, 4, 2, 4096, 4, 3);
    struct wf_recvq q = {0};
    struct pkt *p = pool_lend(&pool, stream, 9000, 0, 0, 90000);
    T_CHECK(!wf_recvq_put(&pool.p, &q, p, 0, 9000)); /* Two chunks are not enough. */
    T_CHECK(q.bytes == 0 && q.charge == 0 && q.head == NULL);
    T_CHECK(pool.p.bufs.chunks.in_use == 0 && pool.p.blks.in_use == 0);
    T_CHECK(wf_recvq_put(&pool.p, &q, p, 0, 5000));
    T_CHECK(!wf_recvq_put(&pool.p, &q, p, 5000, 4000)); /* The tail's room is left as it was. */
    T_EQ(q.bytes, 5000);
    T_EQ(wf_recvq_read(&pool.p, &q, out, 9000), 5000);
    T_CHECK(memcmp(out, stream, 5000) == 0);
    wf_pkt_free(&pool.p, p);
    pool_close(&pool);
}

static void small_segments_share_a_chunk_that_nobody_else_holds(void)
{
    fill();
    pool_open(&pool, 4, 4, 4096, 4, 16);
    struct wf_recvq q = {0};
    for (uint32_t i = 0; i < 40; i++) {
        struct pkt *p = pool_lend(&pool, stream + i * 100, 100, 0, 0, 2048);
        T_CHECK(wf_recvq_put(&pool.p, &q, p, 0, 100));
        wf_pkt_free(&pool.p, p);
        uint64_t cookie;
        T_EQ(wf_lent_done(&pool.p.bufs, &cookie, 1), 1);
    }
    T_CHECK(pool.p.bufs.chunks.in_use == 1 && pool.p.blks.in_use == 1 && q.charge == 4000);
    T_EQ(wf_recvq_read(&pool.p, &q, out, 4000), 4000);
    T_CHECK(memcmp(out, stream, 4000) == 0);
    pool_close(&pool);
}

static void queues_are_joined_in_order(void)
{
    fill();
    pool_open(&pool, 4, 4, 4096, 8, 16);
    struct wf_recvq q = {0}, more = {0};
    wf_recvq_join(&q, &more);
    T_CHECK(q.head == NULL && q.tail == NULL);
    for (uint32_t i = 0; i < 4; i++) {
        struct pkt *p = pool_lend(&pool, stream + i * 1000, 1000, 0, 0, 1000);
        T_CHECK(wf_recvq_put(&pool.p, &more, p, 0, 1000));
        wf_pkt_free(&pool.p, p);
        if (i % 2 == 1) {
            wf_recvq_join(&q, &more);
            T_CHECK(more.head == NULL && more.bytes == 0 && more.charge == 0);
        }
    }
    T_CHECK(q.bytes == 4000 && q.charge == 4000);
    T_EQ(wf_recvq_read(&pool.p, &q, out, 4000), 4000);
    T_CHECK(memcmp(out, stream, 4000) == 0);
    pool_close(&pool);
}

static const struct t_case cases[] = {
    {"sums and slices are those of the bytes", sums_and_slices_are_those_of_the_bytes},
    {"segments cut where blocks are need no look at the bytes",
     segments_cut_where_blocks_are_need_no_look_at_the_bytes},
    {"a write without chunks takes what fits", a_write_without_chunks_takes_what_fits},
    {"bytes come out as they went in", bytes_come_out_as_they_went_in},
    {"a frame is kept only if data fills half of it",
     a_frame_is_kept_only_if_data_fills_half_of_it},
    {"without memory nothing is appended", without_memory_nothing_is_appended},
    {"small segments share a chunk that nobody else holds",
     small_segments_share_a_chunk_that_nobody_else_holds},
    {"queues are joined in order", queues_are_joined_in_order},
};
T_MAIN(cases)
