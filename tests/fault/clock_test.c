/* SPDX-License-Identifier: MIT */
/** DOC: The clock and the process misbehave (BAD-FAULT-03, -04, -05, -07). */
#include <string.h>

#include "two.h"

#define CONNS      100
#define POINT_NS   (700 * US)
#define OPENING_NS (6 * MS) /* ARP and a handshake at 1 ms a way. */

static struct two *hundred(uint64_t there, uint64_t start_ns)
{
    struct weft_config cfg;
    two_config(&cfg);
    struct two *t = two_new(&cfg, (size_t)16 << 20, start_ns);
    for (int i = 0; i < CONNS; i++)
        T_CHECK(two_open(t, there, 1000, NULL) != NULL);
    return t;
}

static uint64_t least_backoff(const struct two *t)
{
    struct weft_tcp_info info;
    uint64_t most = 0;
    for (uint32_t i = 0; i < t->flows; i++)
        if (weft_sock_tcp_info(t->st[0], t->flow[i].sock[0], &info) == 0 && info.rtos > most)
            most = info.rtos;
    return most;
}

/* The jump finds every connection in the middle of a transfer. A timer fires once, nothing comes in
 * a burst (at most what the windows allow, which is what was under way before), nobody fails. */
static void jump_in_transfer(uint64_t jump_ns)
{
    struct two *t = hundred(200000, 1 * S);
    two_run(t, t->now_ns + 7 * MS);
    T_CHECK(two_count(t) == 0);
    uint64_t rtos = least_backoff(t), frames = t->frames;
    t->now_ns += jump_ns;
    two_run(t, t->now_ns);
    T_CHECK(least_backoff(t) <= rtos + 1);
    T_CHECK(t->frames - frames <= CONNS * 64);
    T_EQ(two_finish(t, 600 * S), CONNS);
    two_end(t);
}

static void a_jump_of_a_second(void)
{
    jump_in_transfer(1 * S);
}

static void a_jump_of_an_hour(void)
{
    jump_in_transfer(1 * HOUR);
}

static void a_jump_of_2_to_32_ms(void)
{
    jump_in_transfer((uint64_t)UINT32_MAX * MS + 1 * MS);
}

static void a_jump_of_292_years(void)
{
    jump_in_transfer((uint64_t)INT64_MAX);
}

static void idle_connections_outlive_every_jump(void)
{
    static const uint64_t jumps[] = {1 * S, 1 * HOUR, (uint64_t)UINT32_MAX * MS, INT64_MAX};
    struct weft_config cfg;
    two_config(&cfg);
    struct two *t = two_new(&cfg, (size_t)16 << 20, 1 * S);
    for (int i = 0; i < CONNS; i++) {
        struct two_flow *f = two_open(t, 100000, 0, NULL);
        f->want[0] = UINT64_MAX; /* Held open: nothing to send for now. */
        f->sent[0] = UINT64_MAX;
        f->is_shut[0] = true;
    }
    two_run(t, t->now_ns + 1 * S);
    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        uint64_t frames = t->frames;
        t->now_ns += jumps[i];
        two_run(t, t->now_ns + 1 * S);
        T_CHECK(t->frames - frames <= 4); /* No more than a look at the neighbour. */
    }
    for (uint32_t i = 0; i < t->flows; i++) { /* And now they work. */
        t->flow[i].want[0] = 1000;
        t->flow[i].sent[0] = 0;
        t->flow[i].is_shut[0] = false;
        uint8_t none = 0;
        T_EQ(weft_sock_set(t->st[0], t->flow[i].sock[0], WEFT_TCP_NODELAY, 1), 0);
        T_EQ(weft_sock_send(t->st[0], t->flow[i].sock[0], &none, 0), 0);
    }
    two_run(t, t->now_ns + 1 * S);
    two_end(t);
}

/* The clock of one side, then of both, steps back an hour: it stands still until it caught up. */
static void a_clock_that_runs_back_stands_still(void)
{
    for (int both = 0; both < 2; both++) {
        struct two *t = hundred(50000, 2 * HOUR);
        two_run(t, t->now_ns + 5 * MS);
        uint64_t turns = t->turns;
        t->skew_ns[0] = 1 * HOUR;
        t->skew_ns[1] = both != 0 ? 1 * HOUR : 0;
        weft_advance(t->st[0], t->now_ns - t->skew_ns[0]);
        T_CHECK(weft_counter(t->st[0], WEFT_COUNT_CLOCK_BACKWARDS) > 0);
        two_run(t, t->now_ns + 10 * S);
        T_CHECK(t->turns - turns < 200000); /* No busy loop. */
        t->skew_ns[0] = t->skew_ns[1] = 0;
        T_EQ(two_finish(t, 1200 * S), CONNS);
        two_end(t);
    }
}

static void a_frozen_clock_makes_no_busy_loop(void)
{
    struct two *t = hundred(50000, 1 * S);
    two_run(t, t->now_ns + 5 * MS);
    uint64_t frozen = t->now_ns, frames = t->frames;
    for (int i = 0; i < 6000; i++) { /* Ten minutes of polls, ten a second. */
        t->now_ns = frozen;
        two_run(t, frozen);
        T_CHECK(weft_deadline(t->st[0]) >= frozen);
    }
    T_CHECK(t->frames - frames < CONNS * 64);
    T_EQ(two_finish(t, 600 * S), CONNS);
    two_end(t);
}

/* Milliseconds and microseconds of 32 bits, their halves, and 16 us ticks of 32 bits wrap. */
static void the_clock_s_base_changes_nothing(void)
{
    static const uint64_t bases[] = {1 * S,
                                     ((1ull << 31) - 100) * MS,
                                     ((1ull << 32) - 100) * MS,
                                     ((1ull << 31) - 100) * US,
                                     ((1ull << 32) - 100) * US,
                                     ((1ull << 31) - 100) * 16384,
                                     ((1ull << 32) - 100) * 16384,
                                     ((1ull << 32) - 100) * 16000,
                                     (1ull << 63) - 100 * MS,
                                     (1ull << 63)};
    uint64_t frames = 0, took = 0;
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        struct weft_config cfg;
        two_config(&cfg);
        struct two *t = two_new(&cfg, (size_t)16 << 20, bases[i] / 16384000 * 16384000);
        uint64_t start = t->now_ns;
        t->lose_every = 17;
        for (int k = 0; k < 4; k++)
            T_CHECK(two_open(t, 300000, 20000, NULL) != NULL);
        T_EQ(two_finish(t, 600 * S), 4);
        if (i == 0) {
            frames = t->frames;
            took = t->now_ns - start;
        }
        T_EQ(t->frames, frames);
        T_EQ(t->now_ns - start, took);
        two_end(t);
    }
}

/* One side is not polled for ten minutes: less than R2, so everybody waits and goes on. */
static void a_pause_at_50_points(void)
{
    for (uint64_t point = 0; point < 50; point++) {
        struct weft_config cfg;
        two_config(&cfg);
        struct two *t = two_new(&cfg, (size_t)8 << 20, 1 * S);
        T_CHECK(two_open(t, 100000, 100000, NULL) != NULL);
        T_CHECK(two_open(t, 500, 500, NULL) != NULL);
        two_run(t, t->now_ns + point * POINT_NS);
        t->is_paused[point % 2] = true;
        two_run(t, t->now_ns + 600 * S);
        t->is_paused[point % 2] = false;
        uint64_t frames = t->frames;
        two_run(t, t->now_ns);
        T_CHECK(t->frames - frames < 200); /* Resumes without a burst. */
        uint32_t done = two_finish(t, 1200 * S);
        /* While it opens, a connection may fail by its own rules: no answer to ARP or SYN, or a
         * half-open record that was forgotten. Nothing was delivered then. */
        if (point * POINT_NS > OPENING_NS)
            T_EQ(done, 2);
        for (uint32_t i = 0; i < t->flows; i++)
            T_CHECK(two_is_complete(&t->flow[i]) || t->flow[i].got[1] == 0);
        two_end(t);
    }
}

static const struct t_case cases[] = {
    {"BAD-FAULT-03: +1 s under 100 live connections", a_jump_of_a_second},
    {"BAD-FAULT-03: +1 h under 100 live connections", a_jump_of_an_hour},
    {"BAD-FAULT-03: +49.7 days under 100 live connections", a_jump_of_2_to_32_ms},
    {"BAD-FAULT-03: +292 years under 100 live connections", a_jump_of_292_years},
    {"BAD-FAULT-03: idle connections outlive every jump", idle_connections_outlive_every_jump},
    {"BAD-FAULT-04: a clock that runs back stands still", a_clock_that_runs_back_stands_still},
    {"BAD-FAULT-04: a frozen clock makes no busy loop", a_frozen_clock_makes_no_busy_loop},
    {"BAD-FAULT-05: the base of the clock changes nothing", the_clock_s_base_changes_nothing},
    {"BAD-FAULT-07: ten minutes without a poll, at 50 points", a_pause_at_50_points},
};
T_MAIN(cases)
