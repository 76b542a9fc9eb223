/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/base.h"
#include "t.h"

#define TICK    ((uint64_t)WF_TICK_NS)
#define HORIZON (WF_WHEEL_HORIZON_NS / WF_TICK_NS)
#define YEARS   ((uint64_t)INT64_MAX) /* 292 of them in nanoseconds. */
#define N       64

static struct wf_wheel wheel;
static struct wf_timer timers[N];

static void fresh(uint64_t now_ns)
{
    memset(timers, 0, sizeof(timers));
    for (uint16_t i = 0; i < N; i++)
        timers[i].kind = i;
    wf_wheel_init(&wheel, now_ns);
}

static void an_empty_wheel_has_no_next_time(void)
{
    fresh(5);
    T_EQ(wf_wheel_next(&wheel), UINT64_MAX);
    T_CHECK(wf_wheel_expire(&wheel, YEARS) == NULL);
    T_EQ(wf_wheel_next(&wheel), UINT64_MAX);
    wf_wheel_disarm(&wheel, &timers[0]);
    T_CHECK(wf_wheel_check(&wheel));
}

static void a_timer_expires_at_the_first_tick_at_or_after_its_time(void)
{
    fresh(0);
    wf_wheel_arm(&wheel, &timers[0], 3 * TICK + 1);
    wf_wheel_arm(&wheel, &timers[1], 3 * TICK);
    T_CHECK(wf_wheel_expire(&wheel, 3 * TICK - 1) == NULL);
    T_EQ(wf_wheel_next(&wheel), 3 * TICK);
    T_CHECK(wf_wheel_expire(&wheel, 3 * TICK) == &timers[1]);
    T_CHECK(wf_wheel_expire(&wheel, 4 * TICK - 1) == NULL);
    T_CHECK(wf_timer_is_armed(&timers[0]) && !wf_timer_is_armed(&timers[1]));
    T_CHECK(wf_wheel_expire(&wheel, 4 * TICK) == &timers[0]);
    T_CHECK(!wf_timer_is_armed(&timers[0]));
    T_EQ(timers[0].kind, 0);
    T_EQ(timers[1].kind, 1);
}

static void a_time_in_the_past_is_due_at_once(void)
{
    fresh(1000 * TICK);
    wf_wheel_arm(&wheel, &timers[0], 7);
    T_CHECK(wf_wheel_next(&wheel) <= 1000 * TICK);
    T_CHECK(wf_wheel_expire(&wheel, 1000 * TICK) == &timers[0]);
    wf_wheel_arm(&wheel, &timers[0], 7);
    T_CHECK(wf_wheel_expire(&wheel, 7) == &timers[0]); /* A clock that stepped back stands still. */
    T_CHECK(wf_wheel_expire(&wheel, 7) == NULL);
}

static void beyond_the_horizon_is_the_horizon(void)
{
    const uint64_t starts[] = {0, 0xffffffffu * TICK, 0xff000000u * TICK, YEARS};
    for (size_t i = 0; i < WF_ARRAY_LEN(starts); i++) {
        uint64_t tick = starts[i] / TICK;
        fresh(starts[i]);
        wf_wheel_arm(&wheel, &timers[0], UINT64_MAX);
        T_CHECK(wf_wheel_check(&wheel));
        T_CHECK(wf_wheel_expire(&wheel, (tick + HORIZON) * TICK - 1) == NULL);
        T_CHECK(wf_wheel_check(&wheel));
        T_CHECK(wf_wheel_expire(&wheel, (tick + HORIZON) * TICK) == &timers[0]);
    }
}

static void a_jump_of_292_years_expires_everything_in_order(void)
{
    fresh(0);
    for (unsigned i = 0; i < N; i++) /* Latest first: 2^0 .. 2^31 ticks, each twice. */
        wf_wheel_arm(&wheel, &timers[i], ((uint64_t)1 << (31 - i / 2)) * TICK);
    for (unsigned i = 0; i < N; i++) {
        unsigned want = N - 2 - i / 2 * 2 + i % 2;
        T_CHECK(wf_wheel_expire(&wheel, YEARS) == &timers[want]);
    }
    T_CHECK(wf_wheel_expire(&wheel, YEARS) == NULL);
    wf_wheel_arm(&wheel, &timers[0], YEARS + TICK);
    T_CHECK(wf_wheel_next(&wheel) > YEARS);
    T_CHECK(wf_wheel_expire(&wheel, YEARS + 2 * TICK) == &timers[0]);
}

static void a_timer_is_moved_by_arming_it_again(void)
{
    fresh(0);
    wf_wheel_arm(&wheel, &timers[0], 1000000 * TICK);
    wf_wheel_arm(&wheel, &timers[0], 2 * TICK);
    T_CHECK(wf_wheel_expire(&wheel, 2 * TICK) == &timers[0]);
    T_EQ(wf_wheel_next(&wheel), UINT64_MAX);
    T_CHECK(wf_wheel_check(&wheel));
}

/* One timer; whatever is wrong about it or about an empty slot is seen. */
static void its_check_finds_what_is_wrong(void)
{
    const unsigned slot = 70;
    fresh(0);
    wf_wheel_arm(&wheel, &timers[0], slot * TICK);
    T_EQ(timers[0].place, slot);
    T_CHECK(wf_wheel_check(&wheel));
    wheel.occupied[0][slot / 64] = 0;
    T_CHECK(!wf_wheel_check(&wheel));
    wheel.occupied[0][slot / 64] = (uint64_t)1 << (slot % 64 + 1); /* As many, but another. */
    T_CHECK(!wf_wheel_check(&wheel));
    wheel.occupied[0][slot / 64] |= (uint64_t)1 << slot % 64; /* One too many. */
    T_CHECK(!wf_wheel_check(&wheel));
    wheel.occupied[0][slot / 64] = (uint64_t)1 << slot % 64;
    T_CHECK(wf_wheel_check(&wheel));
    timers[0].due++;
    T_CHECK(!wf_wheel_check(&wheel));
    timers[0].due--;
    wheel.occupied[WF_WHEEL_LEVELS - 1][WF_WHEEL_SLOTS / 64 - 1] = 1;
    T_CHECK(!wf_wheel_check(&wheel));
}

static void a_loop_may_arm_and_disarm_what_is_still_to_come(void)
{
    fresh(0);
    for (unsigned i = 0; i < 4; i++)
        wf_wheel_arm(&wheel, &timers[i], 9 * TICK);
    T_CHECK(wf_wheel_expire(&wheel, 9 * TICK) == &timers[0]);
    wf_wheel_disarm(&wheel, &timers[1]);
    wf_wheel_arm(&wheel, &timers[2], 9 * TICK + 1);
    wf_wheel_arm(&wheel, &timers[0], 9 * TICK);
    T_CHECK(wf_wheel_expire(&wheel, 9 * TICK) == &timers[3]);
    T_CHECK(wf_wheel_expire(&wheel, 9 * TICK) == &timers[0]);
    T_CHECK(wf_wheel_expire(&wheel, 9 * TICK) == NULL);
    T_CHECK(wf_wheel_expire(&wheel, 10 * TICK) == &timers[2]);
}

/* The model: due tick and order of arming of each timer, searched from end to end. */
struct model {
    uint64_t tick;
    uint64_t due[N];
    uint64_t order[N];
    uint64_t armed_count;
    bool is_armed[N];
};

static void model_arm(struct model *m, unsigned i, uint64_t due_ns)
{
    uint64_t due = due_ns / TICK + (due_ns % TICK != 0);
    due = wf_max_u64(due, m->tick);
    m->due[i] = wf_min_u64(due, m->tick + HORIZON);
    m->order[i] = m->armed_count++;
    m->is_armed[i] = true;
}

static int model_first(const struct model *m)
{
    int first = -1;
    for (int i = 0; i < N; i++) {
        if (m->is_armed[i] && (first < 0 || m->due[i] < m->due[first] ||
                               (m->due[i] == m->due[first] && m->order[i] < m->order[first])))
            first = i;
    }
    return first;
}

static struct wf_timer *model_expire(struct model *m, uint64_t now_ns)
{
    uint64_t target = wf_max_u64(m->tick, now_ns / TICK);
    int first = model_first(m);
    if (first < 0 || m->due[first] > target) {
        m->tick = target;
        return NULL;
    }
    m->tick = m->due[first];
    m->is_armed[first] = false;
    return &timers[first];
}

/* Delays of every magnitude, with many equal ones among them. */
static uint64_t some_delay(void)
{
    uint64_t ns = t_random() >> (8 + t_random() % 56);
    return t_random() % 3 == 0 ? t_random() % 6 * TICK : ns % (2 * WF_WHEEL_HORIZON_NS);
}

static void advance(struct model *m, uint64_t now_ns)
{
    for (;;) {
        struct wf_timer *want = model_expire(m, now_ns), *got = wf_wheel_expire(&wheel, now_ns);
        T_CHECK(got == want);
        if (got == NULL || want == NULL)
            return;
        if (t_random() % 4 == 0) {
            uint64_t due_ns = now_ns + 1 + some_delay();
            wf_wheel_arm(&wheel, got, due_ns);
            model_arm(m, got->kind, due_ns);
        }
    }
}

/* What wf_wheel_next() names is never late, and early at most WF_WHEEL_LEVELS - 1 times. */
static uint64_t walk_to_next(struct model *m, uint64_t now_ns)
{
    int first = model_first(m);
    if (first < 0) {
        T_EQ(wf_wheel_next(&wheel), UINT64_MAX);
        return now_ns;
    }
    uint64_t due = m->due[first];
    for (int i = 0; i < WF_WHEEL_LEVELS; i++) {
        uint64_t next = wf_wheel_next(&wheel);
        T_CHECK(next <= due * TICK);
        now_ns = wf_max_u64(now_ns, next);
        if (next == due * TICK)
            break;
        advance(m, now_ns);
    }
    T_CHECK(now_ns >= due * TICK);
    return now_ns;
}

static void run_model(uint64_t now_ns, int steps)
{
    struct model m = {.tick = now_ns / TICK};
    fresh(now_ns);
    for (int step = 0; step < steps; step++) {
        unsigned i = (unsigned)(t_random() % N);
        switch (t_random() % 8) {
        case 0:
            wf_wheel_disarm(&wheel, &timers[i]);
            m.is_armed[i] = false;
            break;
        case 1:
            now_ns += some_delay() / 2;
            advance(&m, now_ns);
            break;
        case 2:
            now_ns = walk_to_next(&m, now_ns);
            advance(&m, now_ns);
            break;
        default: {
            uint64_t due_ns = now_ns - wf_min_u64(now_ns, 3 * TICK) + some_delay();
            wf_wheel_arm(&wheel, &timers[i], due_ns);
            model_arm(&m, i, due_ns);
        }
        }
        T_CHECK(wf_timer_is_armed(&timers[i]) == m.is_armed[i]);
        if (step % 64 == 0)
            T_CHECK(wf_wheel_check(&wheel));
    }
}

static void random_timers_agree_with_a_search(void)
{
    run_model(0, 40000);
    run_model(0xfffffff0u * TICK, 40000);
    run_model(YEARS, 40000);
}

static const struct t_case cases[] = {
    {"an empty wheel has no next time", an_empty_wheel_has_no_next_time},
    {"a timer expires at the first tick at or after its time",
     a_timer_expires_at_the_first_tick_at_or_after_its_time},
    {"its check finds what is wrong", its_check_finds_what_is_wrong},
    {"a time in the past is due at once", a_time_in_the_past_is_due_at_once},
    {"beyond the horizon is the horizon", beyond_the_horizon_is_the_horizon},
    {"a jump of 292 years expires everything in order",
     a_jump_of_292_years_expires_everything_in_order},
    {"a timer is moved by arming it again", a_timer_is_moved_by_arming_it_again},
    {"a loop may arm and disarm what is still to come",
     a_loop_may_arm_and_disarm_what_is_still_to_come},
    {"random timers agree with a search", random_timers_agree_with_a_search},
};
T_MAIN(cases)
