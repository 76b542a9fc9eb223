/* SPDX-License-Identifier: MIT */
#include "tcp/cookie.h"

#include <string.h>

#include "base/base.h"
#include "t.h"

#define START (1000 * COOKIE_STEP_NS + 5)

static const struct wf_hash_key key = {0x0123456789abcdef, 0xfedcba9876543210};

/** struct shake - A handshake: the cookie points into it */
struct shake {
    struct weft_endpoint local, remote;
    struct cookie c;
};

static struct cookie *begin(struct shake *s)
{
    memset(s, 0, sizeof(*s));
    s->local.addr.b[15] = 1;
    s->local.port = 80;
    s->remote.addr.b[15] = 2;
    s->remote.port = 40000;
    s->c =
        (struct cookie){.local = &s->local, .remote = &s->remote, .irs = wf_seq(77), .mss = 1460};
    return &s->c;
}

static bool opens(struct shake *s, struct tcp_seq iss, uint64_t now_ns)
{
    s->c.mss = 0;
    return wf_cookie_open(&key, &s->c, iss, now_ns);
}

/* proves: TCP-SYN-02 */
static void the_mss_comes_back_rounded_down_to_a_row(void)
{
    static const uint16_t mss[][2] = {{88, 88},     {535, 88},    {536, 536},   {1000, 536},
                                      {1380, 1360}, {1452, 1440}, {1460, 1460}, {8959, 1460},
                                      {8960, 8960}, {65535, 8960}};
    for (size_t i = 0; i < WF_ARRAY_LEN(mss); i++) {
        struct shake s;
        begin(&s)->mss = mss[i][0];
        struct tcp_seq iss = wf_cookie_make(&key, &s.c, START);
        T_CHECK(opens(&s, iss, START + 1));
        T_EQ(s.c.mss, mss[i][1]);
    }
}

/* proves: TCP-SYN-02 */
static void it_is_good_for_this_step_and_the_next(void)
{
    struct shake s;
    begin(&s);
    for (uint64_t step = 0; step < 5; step++) {
        uint64_t made = step * COOKIE_STEP_NS + COOKIE_STEP_NS / 2;
        struct tcp_seq iss = wf_cookie_make(&key, begin(&s), made);
        T_CHECK(opens(&s, iss, made));
        T_CHECK(opens(&s, iss, (step + 2) * COOKIE_STEP_NS - 1));
        T_CHECK(!opens(&s, iss, (step + 2) * COOKIE_STEP_NS));
        T_CHECK(!opens(&s, iss, (step + 3) * COOKIE_STEP_NS));
        T_CHECK(step == 0 || !opens(&s, iss, step * COOKIE_STEP_NS - 1)); /* Not before its time. */
        T_CHECK(!opens(&s, iss, (step + 32) * COOKIE_STEP_NS));           /* Nor much later. */
    }
}

/* proves: TCP-SYN-02 */
static void every_part_of_the_handshake_is_covered(void)
{
    struct shake s;
    struct tcp_seq iss = wf_cookie_make(&key, begin(&s), START);
    struct wf_hash_key other = {key.k0, key.k1 ^ 1};
    T_CHECK(opens(&s, iss, START));
    T_CHECK(!wf_cookie_open(&other, begin(&s), iss, START));
    begin(&s);
    s.local.port++;
    T_CHECK(!opens(&s, iss, START));
    begin(&s);
    s.remote.port++;
    T_CHECK(!opens(&s, iss, START));
    begin(&s);
    s.local.addr.b[15]++;
    T_CHECK(!opens(&s, iss, START));
    begin(&s);
    s.remote.addr.b[0]++;
    T_CHECK(!opens(&s, iss, START));
    begin(&s)->irs = wf_seq(78);
    T_CHECK(!opens(&s, iss, START));
    begin(&s)->has_ts = true;
    T_CHECK(!opens(&s, iss, START));
    begin(&s)->has_sack = true;
    T_CHECK(!opens(&s, iss, START));
    begin(&s)->has_ecn = true;
    T_CHECK(!opens(&s, iss, START));
    begin(&s)->rcv_wscale = 1;
    T_CHECK(!opens(&s, iss, START));
    begin(&s)->has_wscale = true;
    T_CHECK(!opens(&s, iss, START));
    for (unsigned bit = 0; bit < 32; bit++) {
        begin(&s);
        T_CHECK(!opens(&s, wf_seq(iss.v ^ 1u << bit), START));
    }
}

/* Of 2^32 numbers 16 are right: 2^24 guesses hit a sixteenth of one on average. */
/* proves: TCP-SYN-02 */
static void guesses_do_no_better_than_chance(void)
{
    struct shake s;
    uint32_t hits = 0;
    for (uint32_t i = 0; i < 1u << 24; i++) {
        uint64_t r = t_random();
        begin(&s);
        s.remote.port = (uint16_t)(r >> 32);
        hits += opens(&s, wf_seq((uint32_t)r), START + (r >> 48) * 1000000000ull);
    }
    T_CHECK(hits <= 2);
}

/* A forger who knows what a cookie looks like may vary the hash alone: still once in 2^28. */
/* proves: TCP-SYN-02 */
static void a_cookie_does_not_help_to_make_another(void)
{
    struct shake s;
    uint32_t hits = 0;
    struct tcp_seq iss = wf_cookie_make(&key, begin(&s), START);
    for (uint32_t i = 1; i < 1u << 22; i++) {
        begin(&s);
        hits += opens(&s, wf_seq(iss.v + i), START);
        hits += opens(&s, wf_seq(iss.v - i), START);
    }
    T_EQ(hits, 0);
}

/* proves: TCP-SYN-02 */
static void a_timestamp_brings_the_options_back(void)
{
    for (uint32_t i = 0; i < 16 * 4 * 64; i++) {
        uint32_t ts = 0xfffffff0u + (i >> 6) + (uint32_t)t_random() % 32; /* Over the wrap, too. */
        struct shake s, back;
        begin(&s)->has_wscale = (i & 15) != 15;
        s.c.snd_wscale = s.c.has_wscale ? i & 15 : 0;
        s.c.has_sack = (i & 16) != 0;
        s.c.has_ecn = (i & 32) != 0;
        uint32_t v = wf_cookie_ts_put(ts, &s.c);
        T_CHECK(ts - v < 64); /* Never ahead of the clock, and not far behind. */
        T_CHECK(wf_cookie_ts_get(ts + 500, v, begin(&back)));
        T_EQ(back.c.has_wscale, s.c.has_wscale);
        T_EQ(back.c.snd_wscale, s.c.snd_wscale);
        T_EQ(back.c.has_sack, s.c.has_sack);
        T_EQ(back.c.has_ecn, s.c.has_ecn);
        T_CHECK(!wf_cookie_ts_get(ts + 130000, v, begin(&back))); /* Older than a cookie can be. */
        T_CHECK(!wf_cookie_ts_get(ts - 1000, v, begin(&back)));   /* From the future. */
    }
}

static const struct t_case cases[] = {
    {"the MSS comes back, rounded down to a row", the_mss_comes_back_rounded_down_to_a_row},
    {"a cookie is good for its step and the next", it_is_good_for_this_step_and_the_next},
    {"every part of the handshake is covered", every_part_of_the_handshake_is_covered},
    {"guesses do no better than chance", guesses_do_no_better_than_chance},
    {"a cookie does not help to make another", a_cookie_does_not_help_to_make_another},
    {"a timestamp brings the options back", a_timestamp_brings_the_options_back},
};

T_MAIN(cases)
