/* SPDX-License-Identifier: MIT */
#include "../pkt/pool.h"
#include "tcp/reasm.h"

#define SPACE 6000u

static struct pool pool;
static struct tcp_reasm ooo;
static uint8_t stream[SPACE], other[SPACE], out[SPACE];

static uint32_t below(uint32_t n)
{
    return (uint32_t)(t_random() % n);
}

static void start(void)
{
    memset(&ooo, 0, sizeof(ooo));
    for (uint32_t i = 0; i < SPACE; i++) {
        stream[i] = (uint8_t)t_random();
        other[i] = (uint8_t)~stream[i];
    }
    pool_open(&pool, 4, 256, 4096, 600, 600);
}

static enum reasm_result put(const uint8_t *bytes, struct tcp_seq isn, uint32_t at, uint32_t len)
{
    uint32_t lead = at < 40 ? at : below(40); /* Headers and trimmed bytes in front. */
    uint32_t pinned = below(2) == 0 ? 9 * (lead + len) : lead + len;
    struct pkt *p =
        pool_lend(&pool, bytes + at - lead, lead + len, below(lead + len + 1), below(4), pinned);
    enum reasm_result r = wf_reasm_put(&pool.p, &ooo, p, lead, wf_seq_add(isn, at), len);
    wf_pkt_free(&pool.p, p);
    uint64_t cookie[8];
    (void)wf_lent_done(&pool.p.bufs, cookie, 8);
    return r;
}

/* The model: which bytes are there, and the order in which ranges were last touched. */
static struct {
    bool has[SPACE];
    uint32_t touched[SPACE]; /* Of the range that this byte belongs to. */
    uint32_t clock;
} model;

static enum reasm_result model_put(uint32_t at, uint32_t len)
{
    bool is_new = false;
    for (uint32_t i = at; i < at + len; i++) {
        is_new |= !model.has[i];
        model.has[i] = true;
    }
    uint32_t from = at, to = at + len;
    while (from > 0 && model.has[from - 1])
        from--;
    while (to < SPACE && model.has[to])
        to++;
    model.clock++;
    for (uint32_t i = from; i < to; i++)
        model.touched[i] = model.clock;
    return is_new ? REASM_TAKEN : REASM_NOTHING_NEW;
}

/* Ranges are those of the model, in order, with their lengths. */
static uint32_t check_ranges(struct tcp_seq isn)
{
    uint32_t n = 0, bytes = 0;
    for (uint32_t i = 0; i < SPACE; i++) {
        if (!model.has[i])
            continue;
        uint32_t from = i;
        while (i < SPACE && model.has[i])
            i++;
        T_CHECK(n < ooo.n);
        if (n >= ooo.n)
            return n;
        T_EQ(ooo.r[n].from.v, isn.v + from);
        T_EQ(ooo.r[n].to.v, isn.v + i);
        T_EQ(ooo.r[n].q.bytes, i - from);
        bytes += i - from;
        n++;
    }
    T_EQ(ooo.n, n);
    T_EQ(ooo.bytes, bytes);
    return n;
}

/* The reported ranges are the most recently touched ones, in that order. */
static void check_sacks(struct tcp_seq isn, uint32_t ranges)
{
    struct reasm_range got[4];
    uint8_t n = wf_reasm_sacks(&ooo, got, 4);
    T_EQ(n, wf_min_u32(4, ranges));
    uint32_t last = UINT32_MAX;
    for (uint8_t i = 0; i < n; i++) {
        uint32_t touched = model.touched[got[i].from.v - isn.v];
        T_CHECK(touched < last);
        uint32_t newer = 0, seen = 0;
        for (uint32_t k = 0; k < SPACE; k++) {
            bool is_first = model.has[k] && (k == 0 || !model.has[k - 1]);
            newer += is_first && model.touched[k] > touched;
            seen += is_first && model.touched[k] == touched;
        }
        T_CHECK(newer == i && seen == 1);
        last = touched;
    }
}

/* proves: SHLD-31 TCP-SACK-05 TCP-SACK-07 */
static void random_segments_fill_a_byte_map(void)
{
    for (uint32_t round = 0; round < 60; round++) {
        start();
        memset(&model, 0, sizeof(model));
        struct tcp_seq isn = wf_seq(round % 2 == 0 ? 0xfffffff0u - below(SPACE) : below(1u << 31));
        struct wf_recvq q = {0};
        uint32_t nxt = 0; /* In order up to here. */
        for (int i = 0; i < 120 && nxt < SPACE - 200; i++) {
            uint32_t at = nxt + 1 + below(below(3) == 0 ? SPACE - nxt - 1 : 400);
            at = wf_min_u32(at, SPACE - 1);
            uint32_t len = 1 + below(wf_min_u32(below(2) == 0 ? 30 : 600, SPACE - at));
            enum reasm_result r = put(stream, isn, at, len);
            if (r == REASM_NO_ROOM) { /* Part of a segment may be kept when the rest is not. */
                T_EQ(ooo.n, REASM_RANGES);
                break;
            }
            T_EQ(r, model_put(at, len));
            check_sacks(isn, check_ranges(isn));
            if (below(6) > 0)
                continue;
            /* The gap is filled, a little further than need be. */
            uint32_t gap = 1;
            while (nxt + gap < SPACE && !model.has[nxt + gap])
                gap++;
            gap += nxt + gap < SPACE ? below(wf_min_u32(50, SPACE - nxt - gap)) : 0;
            struct pkt *p = pool_lend(&pool, stream + nxt, gap, gap, 0, gap);
            T_CHECK(wf_recvq_put(&pool.p, &q, p, 0, gap));
            wf_pkt_free(&pool.p, p);
            memset(model.has, 0, nxt + gap);
            uint32_t before = nxt += gap;
            while (nxt < SPACE && model.has[nxt])
                model.has[nxt++] = false;
            uint32_t moved = wf_reasm_pull(&pool.p, &ooo, wf_seq_add(isn, before), &q);
            T_EQ(moved, nxt - before);
            check_sacks(isn, check_ranges(isn));
        }
        T_EQ(wf_recvq_read(&pool.p, &q, out, SPACE), nxt);
        T_CHECK(memcmp(out, stream, nxt) == 0);
        T_EQ(q.charge, 0);
        wf_reasm_clear(&pool.p, &ooo);
        T_CHECK(ooo.n == 0 && ooo.bytes == 0);
        pool_close(&pool);
    }
}

static void what_arrived_first_wins(void)
{
    start();
    struct tcp_seq isn = wf_seq(0xffffff00u);
    T_EQ(put(stream, isn, 200, 100), REASM_TAKEN);
    T_EQ(put(stream, isn, 400, 100), REASM_TAKEN);
    T_EQ(put(other, isn, 100, 500), REASM_TAKEN); /* Around both and between them. */
    T_EQ(ooo.n, 1);
    struct wf_recvq q = {0};
    T_EQ(wf_reasm_pull(&pool.p, &ooo, wf_seq_add(isn, 100), &q), 500);
    T_EQ(wf_recvq_read(&pool.p, &q, out, SPACE), 500);
    for (uint32_t i = 0; i < 500; i++) {
        bool is_first = (i >= 100 && i < 200) || (i >= 300 && i < 400);
        T_EQ(out[i], (is_first ? stream : other)[100 + i]);
    }
    pool_close(&pool);
}

/* proves: TCP-SACK-05 */
static void a_duplicate_is_reported_first_again(void)
{
    start();
    struct tcp_seq isn = wf_seq(0);
    struct reasm_range got[3];
    for (uint32_t at = 100; at < 700; at += 100)
        T_EQ(put(stream, isn, at, 50), REASM_TAKEN);
    T_EQ(put(stream, isn, 210, 20), REASM_NOTHING_NEW);
    T_EQ(wf_reasm_sacks(&ooo, got, 3), 3);
    T_CHECK(got[0].from.v == 200 && got[1].from.v == 600 && got[2].from.v == 500);
    T_EQ(wf_reasm_sacks(&ooo, got, 0), 0);
    wf_reasm_clear(&pool.p, &ooo);
    pool_close(&pool);
}

static void no_more_ranges_than_the_limit(void)
{
    start();
    struct tcp_seq isn = wf_seq(7);
    for (uint32_t i = 0; i < REASM_RANGES; i++)
        T_EQ(put(stream, isn, 10 + i * 20, 5), REASM_TAKEN);
    T_EQ(put(stream, isn, 5000, 5), REASM_NO_ROOM);
    T_CHECK(ooo.n == REASM_RANGES && ooo.bytes == 5 * REASM_RANGES);
    T_EQ(put(stream, isn, 15, 5), REASM_TAKEN);  /* What grows a range is taken, ... */
    T_EQ(put(stream, isn, 20, 10), REASM_TAKEN); /* ... or joins two. */
    T_EQ(ooo.n, REASM_RANGES - 1);
    T_EQ(put(stream, isn, 5000, 5), REASM_TAKEN);
    wf_reasm_clear(&pool.p, &ooo);
    pool_close(&pool);
}

static void without_memory_nothing_changes(void)
{
    memset(&ooo, 0, sizeof(ooo));
    pool_open(&pool, 4, 1, 4096, 2, 1);
    struct pkt *p = pool_lend(&pool, stream, 60, 60, 0, 60);
    T_EQ(wf_reasm_put(&pool.p, &ooo, p, 0, wf_seq(100), 60), REASM_TAKEN); /* The one block. */
    T_EQ(wf_reasm_put(&pool.p, &ooo, p, 0, wf_seq(900), 60), REASM_NO_ROOM);
    T_EQ(wf_reasm_put(&pool.p, &ooo, p, 0, wf_seq(160), 60), REASM_NO_ROOM);
    T_CHECK(ooo.n == 1 && ooo.bytes == 60 && ooo.r[0].to.v == 160);
    wf_pkt_free(&pool.p, p);
    wf_reasm_clear(&pool.p, &ooo);
    pool_close(&pool);
}

static void data_that_arrived_in_order_meanwhile_is_not_moved_twice(void)
{
    start();
    struct tcp_seq isn = wf_seq(0);
    struct wf_recvq q = {0};
    T_EQ(put(stream, isn, 100, 100), REASM_TAKEN);
    T_EQ(put(stream, isn, 300, 100), REASM_TAKEN);
    T_EQ(put(stream, isn, 500, 100), REASM_TAKEN);
    T_EQ(wf_reasm_pull(&pool.p, &ooo, wf_seq(50), &q), 0);
    T_EQ(wf_reasm_pull(&pool.p, &ooo, wf_seq(350), &q), 50); /* One all, one half behind. */
    T_EQ(wf_recvq_read(&pool.p, &q, out, SPACE), 50);
    T_CHECK(memcmp(out, stream + 350, 50) == 0);
    T_CHECK(ooo.n == 1 && ooo.bytes == 100);
    wf_reasm_clear(&pool.p, &ooo);
    pool_close(&pool);
}

static const struct t_case cases[] = {
    {"random segments fill a byte map", random_segments_fill_a_byte_map},
    {"what arrived first wins", what_arrived_first_wins},
    {"a duplicate is reported first again", a_duplicate_is_reported_first_again},
    {"no more ranges than the limit", no_more_ranges_than_the_limit},
    {"without memory nothing changes", without_memory_nothing_changes},
    {"data that arrived in order meanwhile is not moved twice",
     data_that_arrived_in_order_meanwhile_is_not_moved_twice},
};
T_MAIN(cases)
