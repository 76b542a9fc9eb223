/* SPDX-License-Identifier: MIT */
/** DOC: Numbers that nobody outside may foresee: initial sequence numbers, ports, their secrets */
#include <stdlib.h>
#include <string.h>

#include "stack/stack.h"
#include "t.h"
#include "tcp/conn.h"

/** struct rig - As much of a stack as they are made from */
struct rig {
    struct net net;
    struct wf_tcp tcp;
    struct weft_config cfg;
};

static struct rig *rig_new(uint64_t k0, uint64_t k1)
{
    struct rig *r = calloc(1, sizeof(*r));
    T_CHECK(r != NULL);
    r->net.tcp = &r->tcp;
    r->net.cfg = &r->cfg;
    r->net.now_ns = 123456789012345;
    r->tcp.iss_key = (struct wf_hash_key){k0, k1};
    return r;
}

static struct tcp_key key_of(uint64_t v)
{
    struct tcp_key k;
    memset(&k, 0, sizeof(k));
    k.local.addr = weft_ip4(10, 0, 0, 1);
    k.remote.addr = weft_ip4(10, (uint8_t)(v >> 40), (uint8_t)(v >> 32), 2);
    k.local.port = (uint16_t)(v >> 16);
    k.remote.port = (uint16_t)v;
    return k;
}

static uint32_t isn(const struct rig *r, uint64_t v)
{
    struct tcp_key k = key_of(v);
    return wf_tcp_isn(&r->net, &k).v;
}

/* proves: MUST-8 TCP-ISN-01 */
static void they_follow_a_clock_of_four_microseconds(void)
{
    struct rig *r = rig_new(1, 2);
    uint64_t start = r->net.now_ns - r->net.now_ns % 4000;
    uint32_t first = isn(r, 80);
    for (uint64_t us = 0; us < 1000; us++) {
        r->net.now_ns = start + us * 1000;
        T_EQ(isn(r, 80) - first, us / 4);
    }
    r->net.now_ns = start + (4000ull << 31);
    T_EQ(isn(r, 80) - first, 1u << 31);
    r->net.now_ns = start + (4000ull << 32); /* Once round in 4.77 hours. */
    T_EQ(isn(r, 80), first);
    free(r);
}

/* proves: SHLD-1 TCP-ISN-01 */
static void each_pair_of_ends_has_an_offset_of_its_own(void)
{
    enum { N = 4096, BINS = 16 };
    struct rig *r = rig_new(3, 4);
    uint32_t bins[BINS] = {0}, near = 0, last = 0;
    for (uint64_t v = 0; v < N; v++) { /* Neighbouring ports: what follows is not near. */
        uint32_t n = isn(r, v);
        bins[n >> 28]++;
        near += n - last + (1u << 20) < 1u << 21;
        last = n;
    }
    for (int i = 0; i < BINS; i++)
        T_CHECK(bins[i] > N / BINS / 2 && bins[i] < N / BINS * 3 / 2);
    T_CHECK(near < N / 256); /* By chance two of 4,096. */
    for (unsigned bit = 0; bit < 48; bit++)
        T_CHECK(isn(r, 1ull << bit) != isn(r, 0));
    struct tcp_key k = key_of(0), other = key_of(0);
    other.local.addr = weft_ip4(10, 0, 0, 3);
    T_CHECK(wf_tcp_isn(&r->net, &k).v != wf_tcp_isn(&r->net, &other).v);
    free(r);
}

/* An observer sees the numbers of his own connections: what they differ by must not be what others
 * differ by, or what they would under another secret. */
/* proves: MUST-9 TCP-ISN-02 */
static void without_the_secret_they_tell_nothing(void)
{
    uint32_t same = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        struct rig *a = rig_new(t_random(), t_random());
        struct rig *b = rig_new(a->tcp.iss_key.k0, a->tcp.iss_key.k1 ^ 1ull << i % 64);
        same += isn(a, i) == isn(b, i);
        same += isn(a, i) - isn(a, i + 1) == isn(b, i) - isn(b, i + 1);
        same += isn(a, i) - isn(a, i + 1) == isn(a, i + 1) - isn(a, i + 2);
        free(a);
        free(b);
    }
    T_EQ(same, 0);
}

static void init(struct weft_stack **st, void **mem, const uint64_t seed[4])
{
    struct weft_config cfg;
    weft_config_default(&cfg);
    memcpy(cfg.seed, seed, sizeof(cfg.seed));
    size_t n = weft_stack_footprint(&cfg);
    *mem = aligned_alloc(64, (n + 63) / 64 * 64);
    T_CHECK(*mem != NULL);
    T_EQ(weft_stack_init(st, &cfg, *mem, n), 0);
}

/* The embedder's seed is the random source: each of its 256 bits counts, and no two secrets are the
 * same. */
/* proves: TCP-ISN-03 */
static void every_bit_of_the_seed_is_in_the_secret(void)
{
    struct weft_stack *a = NULL, *b = NULL;
    void *mem_a = NULL, *mem_b = NULL;
    uint64_t seed[4] = {0};
    init(&a, &mem_a, seed);
    for (unsigned bit = 0; bit < 256; bit += 5) {
        seed[bit / 64] ^= 1ull << bit % 64;
        init(&b, &mem_b, seed);
        T_CHECK(memcmp(&a->tcp.iss_key, &b->tcp.iss_key, sizeof(a->tcp.iss_key)) != 0);
        T_CHECK(memcmp(&a->tcp.cookie_key, &b->tcp.cookie_key, sizeof(a->tcp.iss_key)) != 0);
        T_CHECK(memcmp(&a->tcp.fo_key, &b->tcp.fo_key, sizeof(a->tcp.iss_key)) != 0);
        seed[bit / 64] ^= 1ull << bit % 64;
        free(mem_b);
    }
    T_CHECK(memcmp(&a->tcp.iss_key, &a->tcp.cookie_key, sizeof(a->tcp.iss_key)) != 0);
    T_CHECK(memcmp(&a->tcp.iss_key, &a->tcp.fo_key, sizeof(a->tcp.iss_key)) != 0);
    T_CHECK(memcmp(&a->net.hash_key, &a->tcp.iss_key, sizeof(a->tcp.iss_key)) != 0);
    free(mem_a);
}

/* RFC 6056 3.3.3: a row per server, which begins where nobody knows; no port comes again soon. */
static void ports_follow_a_row_of_their_own_for_each_server(void)
{
    struct weft_stack *st = NULL;
    void *mem = NULL;
    uint64_t seed[4] = {5, 6, 7, 8};
    uint8_t used[65536] = {0};
    init(&st, &mem, seed);
    struct weft_addr local = weft_ip4(10, 0, 0, 1);
    struct weft_endpoint to = {.addr = weft_ip4(10, 0, 0, 2), .port = 80}, other = to;
    uint16_t first = wf_tcp_pick_port(&st->net, &local, &to), last = first;
    for (uint32_t i = 1; i < 28232; i++) {
        uint16_t port = wf_tcp_pick_port(&st->net, &local, &to);
        T_EQ(port, last == 60999 ? 32768 : last + 1);
        T_CHECK(!used[port]);
        used[port] = 1;
        last = port;
    }
    uint32_t near = 0;
    for (uint16_t i = 1; i <= 200; i++) { /* Other servers' rows begin elsewhere. */
        other.port = (uint16_t)(80 + i);
        uint16_t port = wf_tcp_pick_port(&st->net, &local, &other);
        last = wf_tcp_pick_port(&st->net, &local, &to);
        near += (uint16_t)(port - last + 64) < 128;
    }
    T_CHECK(near <= 5); /* By chance one of 200. */
    free(mem);
}

static const struct t_case cases[] = {
    {"initial numbers follow a clock of 4 us", they_follow_a_clock_of_four_microseconds},
    {"each pair of ends has an offset of its own", each_pair_of_ends_has_an_offset_of_its_own},
    {"without the secret they tell nothing", without_the_secret_they_tell_nothing},
    {"every bit of the seed is in the secret", every_bit_of_the_seed_is_in_the_secret},
    {"ports follow a row of their own per server", ports_follow_a_row_of_their_own_for_each_server},
};

T_MAIN(cases)
