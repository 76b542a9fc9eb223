/* SPDX-License-Identifier: MIT */
#include "base/base.h"
#include "t.h"
#include "tcp/rtt.h"

/* proves: TCP-RTO-01 TCP-RTOC-01 */
static void the_timeout_starts_at_one_second(void)
{
    struct tcp_rtt r = {0};
    T_EQ(wf_rtt_rto_us(&r), 1000000);
    T_EQ(wf_rtt_srtt_us(&r), 0);
    r.rto_min_ms = 3000;
    T_EQ(wf_rtt_rto_us(&r), 3000000);
}

/* proves: TCP-RTO-02 */
static void the_first_sample_sets_mean_and_variance(void)
{
    struct tcp_rtt r = {.rto_min_ms = 1};
    wf_rtt_sample(&r, 100000); /* SRTT = R, RTTVAR = R / 2, RTO = R + 4 R / 2. */
    T_EQ(wf_rtt_srtt_us(&r), 100000);
    T_EQ(r.rttvar4_us, 200000);
    T_EQ(wf_rtt_rto_us(&r), 300000);
}

/* proves: TCP-RTO-03 */
static void later_samples_take_the_variance_with_the_old_mean(void)
{
    struct tcp_rtt r = {.rto_min_ms = 1};
    wf_rtt_sample(&r, 100000);
    wf_rtt_sample(&r, 140000);
    /* RTTVAR = 3/4 50 + 1/4 |100 - 140| = 47.5 ms; SRTT = 7/8 100 + 1/8 140 = 105 ms. */
    T_EQ(r.rttvar4_us, 4 * 47500);
    T_EQ(wf_rtt_srtt_us(&r), 105000);
    T_EQ(wf_rtt_rto_us(&r), 105000 + 190000);
    wf_rtt_sample(&r, 65000); /* RTTVAR = 3/4 47.5 + 1/4 40 = 45.625; SRTT = 100 ms. */
    T_EQ(r.rttvar4_us, 182500);
    T_EQ(wf_rtt_srtt_us(&r), 100000);
}

/* proves: TCP-RTO-03 TCP-RTOC-02 */
static void random_samples_follow_the_formulas(void)
{
    struct tcp_rtt r = {.rto_min_ms = 1};
    double srtt = 0, rttvar = 0; /* The test may use floats. */
    for (int i = 0; i < 5000; i++) {
        uint32_t us = 1000 + (uint32_t)(t_random() % (i < 2500 ? 300000 : 5000));
        wf_rtt_sample(&r, us);
        if (i == 0) {
            srtt = us;
            rttvar = us / 2.0;
        } else {
            double err = srtt > us ? srtt - us : us - srtt;
            rttvar = 0.75 * rttvar + 0.25 * err;
            srtt = 0.875 * srtt + 0.125 * us;
        }
        double gap = (double)wf_rtt_srtt_us(&r) - srtt;
        T_CHECK(gap > -3 && gap < 3);
        gap = r.rttvar4_us - 4 * rttvar;
        T_CHECK(gap > -20 && gap < 20);
    }
}

/* proves: TCP-RTO-04 TCP-RTO-08 */
static void a_steady_path_keeps_the_floor_of_the_variance(void)
{
    struct tcp_rtt r = {0};
    for (int i = 0; i < 200; i++)
        wf_rtt_sample(&r, 20000);
    T_EQ(wf_rtt_srtt_us(&r), 20000);
    T_EQ(wf_rtt_rto_us(&r), 220000);
    r.rto_min_ms = 50;
    T_EQ(wf_rtt_rto_us(&r), 70000);
    r.rto_min_ms = 1000; /* RFC 6298 2.4, where it is asked for. */
    T_EQ(wf_rtt_rto_us(&r), 1000000);
    struct tcp_rtt zero = {0};
    for (int i = 0; i < 200; i++)
        wf_rtt_sample(&zero, 0); /* Below the clock's grain. */
    T_CHECK(wf_rtt_srtt_us(&zero) == 1 && zero.min_us == 1 && wf_rtt_rto_us(&zero) == 200001);
}

/* proves: TCP-RTO-05 TCP-RTO-14 TCP-RTOC-06 */
static void each_expiry_doubles_up_to_the_cap(void)
{
    struct tcp_rtt r = {0};
    wf_rtt_sample(&r, 100000);
    uint32_t want = 300000;
    for (int i = 0; i < 300; i++) {
        T_EQ(wf_rtt_rto_us(&r), want);
        T_EQ(wf_rtt_base_us(&r), 300000);
        wf_rtt_back_off(&r);
        want = wf_min_u32(want * 2, RTO_MAX_US);
    }
    T_CHECK(RTO_MAX_US >= 60000000u);
}

/* proves: TCP-RTO-06 TCP-RTOC-06 */
static void a_measurement_ends_the_back_off(void)
{
    struct tcp_rtt r = {0};
    wf_rtt_sample(&r, 100000);
    wf_rtt_back_off(&r);
    wf_rtt_back_off(&r);
    T_EQ(wf_rtt_rto_us(&r), 1200000);
    wf_rtt_sample(&r, 100000); /* RTTVAR = 3/4 50 ms. */
    T_EQ(wf_rtt_rto_us(&r), 300000);
}

static void after_a_lost_syn_the_timeout_is_three_seconds(void)
{
    struct tcp_rtt r = {0};
    wf_rtt_back_off(&r);
    wf_rtt_syn_lost(&r);
    T_EQ(wf_rtt_rto_us(&r), 3000000);
    wf_rtt_back_off(&r);
    T_EQ(wf_rtt_rto_us(&r), 6000000);
    wf_rtt_sample(&r, 100000);
    T_EQ(wf_rtt_rto_us(&r), 300000);
}

static void huge_samples_do_not_overflow(void)
{
    struct tcp_rtt r = {0};
    wf_rtt_sample(&r, UINT32_MAX);
    T_EQ(wf_rtt_rto_us(&r), RTO_MAX_US);
    for (int i = 0; i < 100; i++) {
        wf_rtt_sample(&r, i % 2 == 0 ? 1 : UINT32_MAX);
        T_CHECK(wf_rtt_srtt_us(&r) <= 60000000u && wf_rtt_rto_us(&r) <= RTO_MAX_US);
    }
}

#define WINDOW_MS (RTT_WINDOW << RTT_AGE_SHIFT)

/* proves: TCP-RACK-04 */
static void the_smallest_is_kept_for_one_to_two_windows(void)
{
    struct tcp_rtt r = {0};
    wf_rtt_age(&r, UINT32_MAX - 1000); /* The clock wraps. */
    wf_rtt_sample(&r, 30000);
    wf_rtt_sample(&r, 20000);
    wf_rtt_sample(&r, 40000);
    T_EQ(r.min_us, 20000);
    wf_rtt_age(&r, WINDOW_MS - 5000);
    wf_rtt_sample(&r, 50000);
    T_EQ(r.min_us, 20000);
    wf_rtt_age(&r, WINDOW_MS); /* Over, but the window before counts. */
    T_EQ(r.min_us, 20000);
    wf_rtt_sample(&r, 60000);
    wf_rtt_sample(&r, 55000);
    T_EQ(r.min_us, 20000);
    wf_rtt_age(&r, 2 * WINDOW_MS);
    T_EQ(r.min_us, 55000);
    wf_rtt_age(&r, 9 * WINDOW_MS); /* Nothing was measured: the last one holds. */
    T_EQ(r.min_us, 55000);
    wf_rtt_sample(&r, 10000);
    T_EQ(r.min_us, 10000);
}

static const struct t_case cases[] = {
    {"the timeout starts at one second", the_timeout_starts_at_one_second},
    {"the first sample sets mean and variance", the_first_sample_sets_mean_and_variance},
    {"later samples take the variance with the old mean",
     later_samples_take_the_variance_with_the_old_mean},
    {"random samples follow the formulas", random_samples_follow_the_formulas},
    {"a steady path keeps the floor of the variance",
     a_steady_path_keeps_the_floor_of_the_variance},
    {"each expiry doubles up to the cap", each_expiry_doubles_up_to_the_cap},
    {"a measurement ends the back-off", a_measurement_ends_the_back_off},
    {"after a lost SYN the timeout is three seconds",
     after_a_lost_syn_the_timeout_is_three_seconds},
    {"huge samples do not overflow", huge_samples_do_not_overflow},
    {"the smallest is kept for one to two windows", the_smallest_is_kept_for_one_to_two_windows},
};
T_MAIN(cases)
