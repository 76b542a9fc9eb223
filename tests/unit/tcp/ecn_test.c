/* SPDX-License-Identifier: MIT */
/** DOC: ECN state without a connection: what scripts cannot reach, such as counters that wrap. */
#include "tcp/ecn.h"

#include "t.h"
#include "weft/sock.h"

#define MSS 1000u

static struct tcp_ecn acc(void)
{
    return (struct tcp_ecn){.mode = WEFT_TCP_ECN_ACC};
}

static struct tcp_hdr ack_with(uint32_t ace, uint32_t ceb)
{
    struct tcp_hdr h = {.flags = TCP_ACK,
                        .opt = {.acc = TCP_ACC_OPTION | 2, .acc_bytes = {1, ceb}}};
    h.flags |= (uint16_t)(((ace & 4) != 0 ? TCP_AE : 0u) | ((ace & 2) != 0 ? TCP_CWR : 0u) |
                          ((ace & 1) != 0 ? TCP_ECE : 0u));
    return h;
}

static void without_ecn_a_reduction_leaves_nothing_behind(void)
{
    struct tcp_ecn e = {0};
    wf_ecn_reduced(&e, wf_seq(1000));
    T_CHECK(!e.is_reduced && !e.wants_cwr);
}

static void byte_counters_wrap_at_24_bits(void)
{
    struct tcp_ecn e = acc();
    struct tcp_hdr h = ack_with(6, 0x1f4);
    e.delivered_ce_bytes = 0xffff00;
    T_EQ(wf_ecn_feedback(&e, &h, wf_seq(1000), MSS, MSS), 0x2f4);
    T_EQ(e.delivered_ce_bytes, 0x10001f4);
    T_CHECK(e.delivered_ce == 1 && !e.is_ect_off);
    struct tcp_opts o = {0};
    e.e0_bytes = 0x2000000;
    e.ce_bytes = 0x3000007;
    wf_ecn_put_option(&e, TCP_ACC_OPTION | 3, &o);
    T_CHECK(o.acc_bytes[0] == 1 && o.acc_bytes[1] == 7 && o.acc_bytes[2] == 1);
}

static void an_option_that_is_older_than_the_last_counts_nothing(void)
{
    struct tcp_ecn e = acc();
    struct tcp_hdr h = ack_with(5, 500);
    e.delivered_ce_bytes = 1000;
    T_EQ(wf_ecn_feedback(&e, &h, wf_seq(1000), MSS, MSS), 0);
    T_CHECK(e.delivered_ce_bytes == 1000 && !e.is_ect_off);
}

static void without_progress_ace_is_not_believed(void)
{
    struct tcp_ecn e = acc();
    struct tcp_hdr h = ack_with(4, 0); /* Older: it would read as seven marks. */
    T_EQ(wf_ecn_feedback(&e, &h, wf_seq(1000), 0, MSS), 0);
    T_EQ(e.delivered_ce, 0);
}

static void bulk_acknowledgements_without_options_are_taken_as_they_are(void)
{
    struct tcp_ecn e = acc();
    struct tcp_hdr h = ack_with(5, 0);
    h.opt.acc = 0;
    T_EQ(wf_ecn_feedback(&e, &h, wf_seq(1), 20 * MSS, MSS), 16 * MSS); /* The first: safe. */
    T_EQ(wf_ecn_feedback(&e, &h, wf_seq(2), 20 * MSS, MSS), 0);
    h = ack_with(7, 0);
    h.opt.acc = 0;
    T_EQ(wf_ecn_feedback(&e, &h, wf_seq(3), 20 * MSS, MSS), 2 * MSS);
}

static void holds_double_up_to_a_limit_and_end_with_an_unmarked_delivery(void)
{
    struct tcp_ecn e = {.mode = WEFT_TCP_ECN_CLASSIC};
    struct tcp_hdr h = {.flags = TCP_ACK};
    for (uint32_t i = 0; i < 20; i++)
        T_EQ(wf_ecn_hold(&e), i < ECN_HOLDS_MAX ? i : ECN_HOLDS_MAX);
    T_EQ(wf_ecn_feedback(&e, &h, wf_seq(1), MSS, MSS), 0);
    T_EQ(wf_ecn_hold(&e), 0);
}

static const struct t_case cases[] = {
    {"without ECN a reduction leaves nothing behind",
     without_ecn_a_reduction_leaves_nothing_behind},
    {"byte counters wrap at 24 bits", byte_counters_wrap_at_24_bits},
    {"an option that is older than the last counts nothing",
     an_option_that_is_older_than_the_last_counts_nothing},
    {"without progress ACE is not believed", without_progress_ace_is_not_believed},
    {"bulk acknowledgements without options are taken as they are",
     bulk_acknowledgements_without_options_are_taken_as_they_are},
    {"holds double up to a limit and end with an unmarked delivery",
     holds_double_up_to_a_limit_and_end_with_an_unmarked_delivery},
};
T_MAIN(cases)
