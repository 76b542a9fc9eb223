/* SPDX-License-Identifier: MIT */
#include "pool.h"

#define BYTES (PKT_FRAGS_MAX * 4096u + 300)

static struct pool pool;
static uint8_t stream[BYTES], out[BYTES];

static uint32_t below(uint32_t n)
{
    return (uint32_t)(t_random() % n);
}

static void start(void)
{
    for (uint32_t i = 0; i < BYTES; i++)
        stream[i] = (uint8_t)t_random();
    pool_open(&pool, 8, 2 * PKT_FRAGS_MAX, 4096, 8, 8);
}

static bool holds(const struct pkt *p, uint32_t from, uint32_t len)
{
    uint32_t sum = p->len;
    for (uint32_t i = 0; i < p->frags_n; i++)
        sum += p->frags[i].len;
    if (p->total != len || sum != len)
        return false;
    wf_pkt_copy_out(&pool.p, p, 0, out, len);
    return memcmp(out, stream + from, len) == 0;
}

static void pushing_and_pulling_are_inverse(void)
{
    start();
    struct pkt *p = wf_pkt_alloc(&pool.p);
    T_CHECK(p->data == p->head + PKT_HEADROOM && p->total == 0 && p->refs == 1);
    T_CHECK(wf_pkt_append_copy(&pool.p, p, stream + 14, 50));
    memcpy(wf_pkt_push(p, 14), stream, 14);
    T_CHECK(holds(p, 0, 64));
    wf_pkt_pull(p, 20);
    T_CHECK(holds(p, 20, 44));
    wf_pkt_unpull(p, 6);
    T_CHECK(holds(p, 14, 50));
    wf_pkt_free(&pool.p, p);
    pool_close(&pool);
}

static void appended_bytes_lie_in_the_head_while_they_fit(void)
{
    start();
    uint32_t room = PKT_HEAD_BYTES - PKT_HEADROOM;
    struct pkt *p = wf_pkt_alloc(&pool.p);
    T_CHECK(wf_pkt_append_copy(&pool.p, p, stream, room));
    T_CHECK(p->frags_n == 0 && pool.p.bufs.chunks.in_use == 0);
    T_CHECK(wf_pkt_append_copy(&pool.p, p, stream + room, 9000));
    T_CHECK(p->len == room && p->frags_n == 3 && holds(p, 0, room + 9000));
    wf_pkt_free(&pool.p, p);
    pool_close(&pool);
}

static void appending_fails_without_chunks_and_leaks_nothing(void)
{
    start();
    struct pkt *p = wf_pkt_alloc(&pool.p);
    T_CHECK(!wf_pkt_append_copy(&pool.p, p, stream, BYTES)); /* Out of fragments. */
    wf_pkt_free(&pool.p, p);
    T_EQ(pool.p.bufs.chunks.in_use, 0);
    pool_close(&pool);
}

/* Trims and makes linear at random; what is left is always the bytes of the model. */
static void a_lent_packet_keeps_its_bytes_whatever_is_done_to_it(void)
{
    start();
    for (int i = 0; i < 3000; i++) {
        uint32_t len = 1 + below(3000), from = 0;
        struct pkt *p = pool_lend(&pool, stream, len, below(len + 1), below(PKT_FRAGS_MAX), len);
        for (int k = 0; k < 6; k++) {
            uint32_t n = below(200);
            switch (below(5)) {
            case 0:
                len = below(len + 1);
                wf_pkt_trim(&pool.p, p, len);
                break;
            case 1:
                n = wf_min_u32(n, p->len);
                wf_pkt_pull(p, n);
                from += n;
                len -= n;
                break;
            case 2:
                if (wf_pkt_linear(&pool.p, p, 0, n))
                    T_CHECK(p->len >= n && n <= len);
                else
                    T_CHECK(n > len || n > PKT_HEAD_BYTES - PKT_HEADROOM ||
                            (p->data_buf != NULL && p->frags_n == PKT_FRAGS_MAX));
                break;
            case 3:
                if (wf_pkt_own_headers(&pool.p, p, n))
                    T_CHECK(p->data_buf == NULL && p->len >= n && p->data >= p->head &&
                            p->data + p->len <= p->head + PKT_HEAD_BYTES);
                break;
            default:
                T_EQ(wf_pkt_sum(&pool.p, p, len / 3, len - len / 3) % 0xffff,
                     pool_naive_sum(stream + from + len / 3, len - len / 3) % 0xffff);
                break;
            }
            T_CHECK(holds(p, from, len));
        }
        wf_pkt_free(&pool.p, p);
        T_CHECK(pool_is_empty(&pool));
    }
    pool_close(&pool);
}

static void headers_in_front_stay_when_more_is_made_linear(void)
{
    start();
    for (uint32_t linear = 20; linear < 120; linear++) {
        struct pkt *p = pool_lend(&pool, stream, 500, linear, 3, 500);
        wf_pkt_pull(p, 20);
        T_CHECK(wf_pkt_linear(&pool.p, p, 20, 60));
        T_CHECK(memcmp(p->data, stream + 20, 60) == 0);
        T_CHECK(memcmp(p->data - 20, stream, 20) == 0);
        wf_pkt_unpull(p, 20);
        T_CHECK(holds(p, 0, 500));
        wf_pkt_free(&pool.p, p);
        T_CHECK(pool_is_empty(&pool));
    }
    pool_close(&pool);
}

static void lent_bytes_are_not_written(void)
{
    start();
    struct pkt *p = pool_lend(&pool, stream, 1000, 400, 3, 1000);
    T_CHECK(wf_pkt_own_headers(&pool.p, p, 60));
    memcpy(out, stream, 1000);
    memset(p->data, 0, 60);
    wf_pkt_push(p, 4)[0] = 9;
    T_CHECK(memcmp(out, stream, 1000) == 0);
    wf_pkt_free(&pool.p, p);
    pool_close(&pool);
}

static void parts_of_a_packet_are_shared_and_outlive_it(void)
{
    start();
    for (int i = 0; i < 500; i++) {
        uint32_t len = 2 + below(3000), off = below(len), n = 1 + below(len - off);
        struct pkt *p = pool_lend(&pool, stream, len, below(len), below(8), len);
        struct pkt *q = wf_pkt_alloc(&pool.p);
        T_CHECK(wf_pkt_share(q, p, off, n));
        wf_pkt_free(&pool.p, p);
        T_CHECK(holds(q, off, n));
        wf_pkt_free(&pool.p, q);
        T_CHECK(pool_is_empty(&pool));
    }
    /* From the head of another packet they are copied, if they fit. */
    struct pkt *p = wf_pkt_alloc(&pool.p), *q = wf_pkt_alloc(&pool.p);
    T_CHECK(wf_pkt_append_copy(&pool.p, p, stream, 100));
    T_CHECK(wf_pkt_share(q, p, 10, 90));
    wf_pkt_free(&pool.p, p);
    T_CHECK(holds(q, 10, 90));
    p = wf_pkt_alloc(&pool.p);
    T_CHECK(wf_pkt_append_copy(&pool.p, p, stream, 100));
    T_CHECK(!wf_pkt_share(q, p, 0, 100)); /* 90 + 100 do not fit behind the headroom. */
    wf_pkt_free(&pool.p, p);
    wf_pkt_free(&pool.p, q);
    pool_close(&pool);
}

static void a_cut_frame_keeps_its_super_frame(void)
{
    start();
    struct pkt *p = pool_lend(&pool, stream, 1000, 100, 1, 1000);
    struct pkt *cut = wf_pkt_alloc(&pool.p);
    cut->parent = p;
    p->refs++;
    wf_pkt_free(&pool.p, p);
    T_EQ(pool.p.pkts.in_use, 2);
    T_CHECK(holds(p, 0, 1000));
    wf_pkt_free(&pool.p, cut);
    T_EQ(pool.p.pkts.in_use, 0);
    pool_close(&pool);
}

static const struct t_case cases[] = {
    {"pushing and pulling are inverse", pushing_and_pulling_are_inverse},
    {"appended bytes lie in the head while they fit",
     appended_bytes_lie_in_the_head_while_they_fit},
    {"appending fails without chunks and leaks nothing",
     appending_fails_without_chunks_and_leaks_nothing},
    {"a lent packet keeps its bytes whatever is done to it",
     a_lent_packet_keeps_its_bytes_whatever_is_done_to_it},
    {"headers in front stay when more is made linear",
     headers_in_front_stay_when_more_is_made_linear},
    {"lent bytes are not written", lent_bytes_are_not_written},
    {"parts of a packet are shared and outlive it", parts_of_a_packet_are_shared_and_outlive_it},
    {"a cut frame keeps its super-frame", a_cut_frame_keeps_its_super_frame},
};
T_MAIN(cases)
