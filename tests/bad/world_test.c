/* SPDX-License-Identifier: MIT */
/**
 * DOC: Bad networks (BAD-DST): every byte arrives in order, or both ends are told
 *
 * Two hosts; between them a link with the fault, or the test itself, which takes each frame from
 * one host and hands it to the other as it sees fit. A client sends, the server answers; the
 * actors compare every byte.
 */
#include <string.h>

#include "../sim/net.h"
#include "frame.h"
#include "t.h"
#include "weft/trace.h"

#define BYTES 60000u
#define PORT  9

static const struct weft_link_quality perfect;

/** struct pair - Two hosts and their conversation */
struct pair {
    struct weft_world *w;
    struct weft_node *a, *b;
    struct weft_link *link, *far; /* far: with somebody in the middle, b's side. */
    struct weft_actor *client, *server;
};

static void talk(struct pair *p, uint64_t bytes, uint64_t back)
{
    struct weft_actor_config c =
        net_client(p->a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), PORT, bytes);
    struct weft_actor_config s = {.kind = WEFT_ACTOR_TCP_SINK, .name = "server"};
    s.node = p->b;
    s.local.port = PORT;
    s.bytes = bytes;
    s.reply_bytes = c.reply_bytes = back;
    s.pattern = 42;
    s.may_fail = c.may_fail = true;
    T_EQ(weft_actor_add(p->w, &s, &p->server), 0);
    T_EQ(weft_actor_add(p->w, &c, &p->client), 0);
}

/* A world whose links may be useless for hours. */
static struct weft_world *patient(uint64_t seed)
{
    struct weft_world_config cfg;
    struct weft_world *w = NULL;
    weft_world_config_default(&cfg, seed);
    cfg.is_checking = true;
    cfg.stall_ns = 8 * 3600 * S;
    T_EQ(weft_world_create(&w, &cfg), 0);
    return w;
}

static struct pair silent_pair(uint64_t seed, const struct weft_link_quality *there,
                               const struct weft_link_quality *back)
{
    struct pair p = {.w = patient(seed)};
    struct weft_link_config lc;
    memset(&lc, 0, sizeof(lc));
    lc.quality[0] = *there;
    lc.quality[1] = *back;
    lc.mtu = 1500;
    p.a = net_host(p.w, "a", false);
    p.b = net_host(p.w, "b", false);
    p.link = net_join_as(p.w, p.a, p.b, 1, &lc);
    return p;
}

static struct pair pair_new(uint64_t seed, const struct weft_link_quality *there,
                            const struct weft_link_quality *back)
{
    struct pair p = silent_pair(seed, there, back);
    talk(&p, BYTES, BYTES);
    return p;
}

/* An end that only waits learns of the other's death by keep-alive. */
static void keep_alive(struct weft_node *node, const struct weft_actor *a)
{
    struct weft_stack *st = weft_node_stack(node);
    uint64_t sock = weft_actor_socket(a);
    if (sock == 0 || weft_sock_set(st, sock, WEFT_TCP_KEEPIDLE_S, 60) != 0)
        return;
    T_EQ(weft_sock_set(st, sock, WEFT_SO_KEEPALIVE, 1), 0);
    weft_node_touch(node);
}

static bool is_over(const struct pair *p)
{
    return weft_actor_result(p->client)->is_done && weft_actor_result(p->server)->is_done;
}

/* No byte is wrong; all are there, or an error was told. */
static bool judge(struct pair *p, uint64_t bytes, uint64_t back)
{
    const struct weft_actor_result *c = weft_actor_result(p->client),
                                   *s = weft_actor_result(p->server);
    T_EQ(c->bad_offset, UINT64_MAX);
    T_EQ(s->bad_offset, UINT64_MAX);
    bool is_whole = c->done == 1 && c->err == 0 && s->bytes_in == bytes && c->bytes_in == back;
    T_CHECK(is_over(p));
    T_CHECK(is_whole || c->err != 0 || s->err != 0);
    return is_whole;
}

static bool finish(struct pair *p)
{
    int r = 0;
    for (int i = 0; i < 8 * 720 && r == 0 && !is_over(p); i++) {
        keep_alive(p->a, p->client);
        keep_alive(p->b, p->server);
        r = weft_world_run(p->w, weft_world_now(p->w) + (i < 50 ? S / 10 : 10 * S));
    }
    T_EQ(r, 0);
    bool is_whole = judge(p, BYTES, BYTES);
    weft_actor_stop(p->server);
    net_end(p->w);
    return is_whole;
}

static unsigned whole_of(unsigned seeds, void (*set)(uint64_t r, struct weft_link_quality *q))
{
    unsigned whole = 0;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        struct weft_link_quality there = perfect, back = perfect;
        there.delay_ns = back.delay_ns = 10 * MS;
        set(t_random(), &there);
        set(t_random(), &back);
        struct pair p = pair_new(seed, &there, &back);
        whole += finish(&p);
    }
    return whole;
}

/* ---- links ---- */

static void loss_of_any_rate(void)
{
    static const uint32_t rates[] = {0, 10000, 50000, 100000, 200000, 300000, 500000};
    for (int i = 0; i < 7; i++) {
        unsigned whole = 0;
        for (uint64_t seed = 1; seed <= 10; seed++) {
            struct weft_link_quality q = perfect;
            q.delay_ns = 10 * MS;
            q.loss_ppm = rates[i];
            struct pair p = pair_new(seed, &q, &q);
            whole += finish(&p);
        }
        printf("# %u ppm: %u of 10 were whole\n", rates[i], whole);
        T_CHECK(rates[i] > 200000 || whole == 10);
    }
}

static void bursts(uint64_t r, struct weft_link_quality *q)
{
    q->burst_enter_ppm = 1000 + (uint32_t)(r % 49000);
    q->burst_leave_ppm = 20000 + (uint32_t)(r >> 32) % 300000;
    q->burst_loss_ppm = 950000;
}

static void loss_in_bursts(void)
{
    unsigned whole = whole_of(100, bursts);
    printf("# %u of 100 were whole\n", whole);
    T_CHECK(whole > 60);
}

static void reorder(uint64_t r, struct weft_link_quality *q)
{
    if (r % 2 == 0) {
        q->jitter_ns = (r >> 8) % 200 * MS;
        q->may_jitter_reorder = true;
    } else {
        q->reorder_ppm = 1000 + (uint32_t)(r >> 8) % 300000;
        q->reorder_ns = (r >> 40) % 1000 * MS;
    }
}

static void everything_out_of_order(void)
{
    T_EQ(whole_of(100, reorder), 100);
}

static void duplicate(uint64_t r, struct weft_link_quality *q)
{
    q->dup_ppm = 500000;
    q->dup_copies = 1 + (uint32_t)(r % 9);
    q->jitter_ns = (r >> 8) % 50 * MS;
    q->may_jitter_reorder = true;
}

static void many_copies(void)
{
    T_EQ(whole_of(60, duplicate), 60);
}

static void corrupt(uint64_t r, struct weft_link_quality *q)
{
    q->corrupt_ppm = 1000 + (uint32_t)(r % 100000);
}

/* proves: BAD-DST-05 */
static void a_bit_that_flips(void)
{
    T_EQ(whole_of(100, corrupt), 100);
}

/* Nothing for a while, in one direction or both. */
static void links_that_are_cut(void)
{
    static const uint64_t lengths[] = {1, 10, 100, 600, 3600};
    for (int i = 0; i < 15; i++) {
        struct weft_link_quality q = perfect, none = perfect;
        q.delay_ns = none.delay_ns = 10 * MS;
        q.rate_bps = 1000000;
        none.loss_ppm = 1000000;
        struct pair p = pair_new(1, &q, &q);
        T_EQ(weft_world_run(p.w, 200 * MS), 0);
        for (uint8_t d = 0; d < 2; d++)
            if (i % 3 == 2 || i % 3 == d)
                weft_link_set_quality(p.link, d, &none);
        T_EQ(weft_world_run(p.w, weft_world_now(p.w) + lengths[i / 3] * S), 0);
        for (uint8_t d = 0; d < 2; d++)
            weft_link_set_quality(p.link, d, &q);
        bool is_short = lengths[i / 3] <= 100;
        bool is_whole = finish(&p);
        T_CHECK(is_whole || !is_short);
    }
}

static void every_second_acknowledgement_lost(void)
{
    struct weft_link_quality there = perfect, back = perfect;
    there.delay_ns = back.delay_ns = 10 * MS;
    there.rate_bps = 10000000;
    there.queue_pkts = 50;
    uint64_t ms[2];
    for (int i = 0; i < 2; i++) {
        back.loss_ppm = i == 0 ? 0 : 500000;
        struct pair p = silent_pair(1, &there, &back);
        talk(&p, 5000000, 0);
        (void)!weft_world_finish(p.w, 7200 * S);
        T_CHECK(judge(&p, 5000000, 0));
        const struct weft_actor_result *r = weft_actor_result(p.client);
        ms[i] = (r->ended_ns - r->started_ns) / MS;
        weft_actor_stop(p.server);
        net_end(p.w);
    }
    printf("# %u ms, without loss %u\n", (unsigned)ms[1], (unsigned)ms[0]);
    T_CHECK(ms[1] < 5 * ms[0]);
}

/* proves: BAD-DST-14 */
/* Ten seconds of queue: no timeout is taken for a loss. */
static void ten_seconds_of_queue(void)
{
    struct weft_link_quality there = perfect, back = perfect;
    there.delay_ns = back.delay_ns = 10 * MS;
    there.rate_bps = 1000000;
    there.queue_bytes = 1250000;
    struct pair p = silent_pair(1, &there, &back);
    talk(&p, 6000000, 0);
    (void)!weft_world_finish(p.w, 7200 * S);
    T_CHECK(judge(&p, 6000000, 0));
    struct weft_stack *st = weft_node_stack(p.a);
    printf("# %u timeouts, %u segments again\n", (unsigned)weft_counter(st, WEFT_COUNT_TCP_RTOS),
           (unsigned)weft_counter(st, WEFT_COUNT_TCP_RETRANS_SEGS));
    T_CHECK(weft_counter(st, WEFT_COUNT_TCP_RTOS) <= 2);
    weft_actor_stop(p.server);
    net_end(p.w);
}

/* The path's delay is twenty times as long every other five seconds; nothing is lost. */
static void delays_that_jump(void)
{
    struct weft_link_quality q = perfect, late = perfect;
    q.delay_ns = 10 * MS;
    late.delay_ns = 200 * MS;
    q.rate_bps = late.rate_bps = 2000000;
    struct pair p = {.w = patient(1)};
    struct weft_link_config lc;
    memset(&lc, 0, sizeof(lc));
    lc.quality[0] = lc.quality[1] = q;
    lc.mtu = 1500;
    p.a = net_host(p.w, "a", false);
    p.b = net_host(p.w, "b", false);
    p.link = net_join_as(p.w, p.a, p.b, 1, &lc);
    talk(&p, 8000000, 0);
    for (int i = 0; i < 20 && !is_over(&p); i++) {
        T_EQ(weft_world_run(p.w, weft_world_now(p.w) + 5 * S), 0);
        weft_link_set_quality(p.link, 0, i % 2 == 0 ? &late : &q);
        weft_link_set_quality(p.link, 1, i % 2 == 0 ? &late : &q);
    }
    (void)!weft_world_finish(p.w, 7200 * S);
    T_CHECK(judge(&p, 8000000, 0));
    struct weft_stack *st = weft_node_stack(p.a);
    uint64_t again = weft_counter(st, WEFT_COUNT_TCP_RETRANS_SEGS);
    printf("# %u timeouts, %u segments again\n", (unsigned)weft_counter(st, WEFT_COUNT_TCP_RTOS),
           (unsigned)again);
    T_CHECK(again < 8000000 / 1460 / 20); /* No window is sent again whole at each jump. */
    weft_actor_stop(p.server);
    net_end(p.w);
}

/* Bursts that fill the link for 100 ms each second, at the pace of the timer. */
static void square_waves(void)
{
    struct weft_link_quality q = perfect, none = perfect;
    q.delay_ns = none.delay_ns = 10 * MS;
    q.rate_bps = none.rate_bps = 10000000;
    q.queue_pkts = 40;
    none.loss_ppm = 1000000;
    struct pair p = {.w = patient(1)};
    struct weft_link_config lc;
    memset(&lc, 0, sizeof(lc));
    lc.quality[0] = lc.quality[1] = q;
    lc.mtu = 1500;
    p.a = net_host(p.w, "a", false);
    p.b = net_host(p.w, "b", false);
    p.link = net_join_as(p.w, p.a, p.b, 1, &lc);
    talk(&p, 100000000, 0);
    for (int i = 0; i < 20; i++) {
        T_EQ(weft_world_run(p.w, weft_world_now(p.w) + 900 * MS), 0);
        weft_link_set_quality(p.link, 0, &none);
        T_EQ(weft_world_run(p.w, weft_world_now(p.w) + 100 * MS), 0);
        weft_link_set_quality(p.link, 0, &q);
    }
    uint64_t before = weft_actor_result(p.server)->bytes_in;
    T_EQ(weft_world_run(p.w, weft_world_now(p.w) + 2 * S), 0);
    uint64_t mid = weft_actor_result(p.server)->bytes_in;
    T_EQ(weft_world_run(p.w, weft_world_now(p.w) + 5 * S), 0);
    uint64_t after = weft_actor_result(p.server)->bytes_in;
    printf("# %u KB in 20 s of it, %u in 2 s after, %u in 5 s more\n", (unsigned)(before / 1000),
           (unsigned)((mid - before) / 1000), (unsigned)((after - mid) / 1000));
    T_CHECK(before > 1000000 && mid > before + 500000);
    T_CHECK(after - mid > 5000000); /* Of 6.25 MB that fit. */
    weft_actor_stop(p.client);
    weft_actor_stop(p.server);
    net_end(p.w);
}

/* ---- somebody in the middle ---- */

#define FRAME_MAX 2048

/* Both hosts are plugged into the test: bare IP. */
static struct pair pair_apart(uint64_t seed, uint64_t bytes, uint64_t back)
{
    struct pair p = {.w = patient(seed)};
    p.a = net_host(p.w, "a", false);
    p.b = net_host(p.w, "b", false);
    for (int i = 0; i < 2; i++) {
        struct weft_link_config lc;
        struct weft_addr addr = weft_ip4(10, 1, 0, (uint8_t)(1 + i));
        memset(&lc, 0, sizeof(lc));
        memcpy(lc.name, i == 0 ? "a-side" : "b-side", 7);
        lc.is_l3 = true;
        lc.mtu = 1500;
        lc.quality[0].delay_ns = lc.quality[1].delay_ns = 5 * MS;
        lc.end[0].kind = WEFT_END_EXTERNAL;
        lc.end[1].node = i == 0 ? p.a : p.b;
        lc.end[1].netif.kind = WEFT_IF_L3;
        lc.end[1].netif.mtu = 1500;
        memcpy(lc.end[1].netif.name, "tun", 4);
        T_EQ(weft_link_add(p.w, &lc, i == 0 ? &p.link : &p.far), 0);
        uint16_t ifindex = weft_link_config_get(i == 0 ? p.link : p.far)->end[1].ifindex;
        T_EQ(weft_addr_add(weft_node_stack(lc.end[1].node), ifindex, &addr, 24), 0);
    }
    talk(&p, bytes, back);
    return p;
}

/* @change alters a frame, and its length; 0 = it is lost. */
static void between(struct pair *p, uint64_t most_ns,
                    size_t (*change)(const struct pair *p, bool is_back, uint8_t *f, size_t n))
{
    static uint8_t f[FRAME_MAX];
    uint64_t until_ns = weft_world_now(p->w) + most_ns;
    while (weft_world_now(p->w) < until_ns && !is_over(p)) {
        for (int back = 0; back < 2; back++) {
            struct weft_link *in = back ? p->far : p->link, *out = back ? p->link : p->far;
            for (size_t n; (n = weft_link_pull(in, 0, f, sizeof(f), NULL)) != 0;) {
                n = change(p, back != 0, f, n);
                T_CHECK(n == 0 || weft_link_push(out, 0, f, n) == 0);
            }
        }
        keep_alive(p->a, p->client);
        keep_alive(p->b, p->server);
        T_EQ(weft_world_run(p->w, weft_world_now(p->w) + MS), 0);
    }
}

static void apart_end(struct pair *p)
{
    weft_actor_stop(p->client);
    weft_actor_stop(p->server);
    T_EQ(weft_world_run(p->w, weft_world_now(p->w) + 1200 * S), 0);
    weft_world_destroy(p->w);
}

static size_t cut_or_pad(const struct pair *p, bool is_back, uint8_t *f, size_t n)
{
    uint64_t r = t_random();
    (void)p, (void)is_back;
    if (r % 20 == 0)
        return (size_t)((r >> 8) % n);
    if (r % 20 == 1 && n < 1400) {
        memset(f + n, (int)(r >> 8), 100);
        return n + 1 + (size_t)((r >> 16) % 100);
    }
    return n;
}

static void frames_cut_and_padded(void)
{
    uint64_t bad_len = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct pair p = pair_apart(seed, BYTES, BYTES);
        between(&p, 600 * S, cut_or_pad);
        T_CHECK(judge(&p, BYTES, BYTES));
        bad_len += weft_drops(weft_node_stack(p.b), WEFT_DROP_IP4_BAD_LEN);
        apart_end(&p);
    }
    T_CHECK(bad_len > 40);
}

static void sums_anew(uint8_t *f, size_t n)
{
    t_put_sum(f + 36, f + 20, n - 20, t_sum(f + 12, 8, 6 + (uint32_t)n - 20));
}

/* Window scale becomes padding. */
static void strip_scale(uint8_t *f, size_t n)
{
    size_t end = 20 + (size_t)(f[32] >> 4) * 4;
    for (size_t i = 40; i + 1 < end && f[i] != 0; i += f[i] == 1 ? 1 : f[i + 1])
        if (f[i] == 3)
            memset(f + i, 1, 3);
    sums_anew(f, n);
}

static bool is_of_syn_ack;

static size_t scale_one_way(const struct pair *p, bool is_back, uint8_t *f, size_t n)
{
    (void)p;
    if ((f[33] & 2) != 0 && is_back == is_of_syn_ack)
        strip_scale(f, n);
    return n;
}

static void a_window_scale_that_only_one_end_has(void)
{
    for (int i = 0; i < 2; i++) {
        is_of_syn_ack = i == 1;
        struct pair p = pair_apart(1, 1000000, 1000000);
        between(&p, 3600 * S, scale_one_way);
        T_CHECK(judge(&p, 1000000, 1000000));
        printf("# stripped from the %s: %u s\n", i == 1 ? "SYN,ACK" : "SYN",
               (unsigned)(weft_world_now(p.w) / S));
        apart_end(&p);
    }
}

/* In mid-flow the translator gives the client another port. */
static size_t rebind(const struct pair *p, bool is_back, uint8_t *f, size_t n)
{
    if (weft_world_now(p->w) < 100 * MS)
        return n;
    if (!is_back)
        f[20] ^= 1;
    else if ((f[22] & 1) != 0 || (f[33] & 4) != 0)
        f[22] ^= 1;
    else
        return 0; /* To a port that nobody has any more. */
    sums_anew(f, n);
    return n;
}

static void a_port_that_changes(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct pair p = pair_apart(seed, 10000000, 0);
        between(&p, 7200 * S, rebind);
        T_CHECK(!judge(&p, 10000000, 0));
        T_CHECK(weft_actor_result(p.client)->err != 0);
        apart_end(&p);
    }
}

/* ---- many and long ---- */

static void connections_without_end(void)
{
    struct weft_world *w = NULL;
    struct weft_world_config wc;
    struct weft_actor *a = NULL;
    weft_world_config_default(&wc, 1);
    wc.is_unhashed = true;
    T_EQ(weft_world_create(&w, &wc), 0);
    struct weft_node *x = net_host(w, "a", false), *y = net_host(w, "b", false);
    (void)net_join(w, x, y, 1, &perfect);
    (void)net_server(w, y, WEFT_ACTOR_TCP_SINK, PORT, 100);
    struct weft_actor_config c =
        net_client(x, WEFT_ACTOR_TCP_CONNECTS, weft_ip4(10, 1, 0, 2), PORT, 100);
    c.count = 200000;
    c.parallel = 10;
    T_EQ(weft_actor_add(w, &c, &a), 0);
    T_EQ(weft_world_finish(w, 7200 * S), 0);
    T_EQ(weft_actor_result(a)->done, 200000);
    for (int i = 0; i < 2; i++) {
        struct weft_usage u;
        struct weft_config cfg;
        weft_config_default(&cfg);
        weft_stack_usage(weft_node_stack(i == 0 ? x : y), &u);
        T_CHECK(u.timewait <= cfg.tcp_timewait_max && u.conns <= 20);
    }
    T_CHECK(weft_counter(weft_node_stack(x), WEFT_COUNT_TCP_TIMEWAIT_FULL) > 0);
    net_end(w);
}

static void a_reader_of_single_octets(void)
{
    struct weft_link_quality q = perfect;
    q.delay_ns = 1 * MS;
    struct pair p = {.w = patient(1)};
    p.a = net_host(p.w, "a", false);
    p.b = net_host(p.w, "b", false);
    p.link = net_join(p.w, p.a, p.b, 1, &q);
    struct weft_actor_config c =
        net_client(p.a, WEFT_ACTOR_TCP_SEND, weft_ip4(10, 1, 0, 2), PORT, 20000);
    struct weft_actor_config s = {.kind = WEFT_ACTOR_TCP_SINK, .name = "server"};
    s.node = p.b;
    s.local.port = PORT;
    s.bytes = 20000;
    s.pattern = 42;
    s.rcvbuf = 4096;
    s.read_bytes = 1;
    s.read_every_ns = 10 * MS;
    T_EQ(weft_actor_add(p.w, &s, &p.server), 0);
    T_EQ(weft_actor_add(p.w, &c, &p.client), 0);
    (void)!weft_world_finish(p.w, 7200 * S);
    T_EQ(weft_actor_result(p.server)->bytes_in, 20000);
    uint64_t out = weft_counter(weft_node_stack(p.a), WEFT_COUNT_TCP_SEGS_OUT);
    printf("# %u segments\n", (unsigned)out);
    T_CHECK(out < 20000 / 1000 * 4 + 60); /* Pieces of 1,000, some probes. */
    net_end(p.w);
}

static const struct t_case cases[] = {
    {"loss of any rate", loss_of_any_rate},
    {"loss in bursts", loss_in_bursts},
    {"everything out of order", everything_out_of_order},
    {"many copies", many_copies},
    {"a bit that flips", a_bit_that_flips},
    {"links that are cut", links_that_are_cut},
    {"every second acknowledgement lost", every_second_acknowledgement_lost},
    {"ten seconds of queue", ten_seconds_of_queue},
    {"delays that jump", delays_that_jump},
    {"square waves", square_waves},
    {"frames cut and padded", frames_cut_and_padded},
    {"a window scale that only one end has", a_window_scale_that_only_one_end_has},
    {"a port that changes", a_port_that_changes},
    {"connections without end", connections_without_end},
    {"a reader of single octets", a_reader_of_single_octets},
};
T_MAIN(cases)
