/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "lab/series.h"
#include "t.h"

#define MS UINT64_C(1000000)

static void send(struct lab_flow *f, uint64_t at_ns, uint32_t seq, uint32_t bytes,
                 enum weft_tcp_why why)
{
    struct weft_trace_rec r = {.time_ns = at_ns, .kind = WEFT_TRACE_TCP_SEND};
    r.v[0] = seq;
    r.v[1] = bytes;
    r.v[2] = why;
    r.v[3] = 100;
    r.v[4] = 14480;
    r.v[5] = 65535;
    wf_flow_add(f, &r);
}

static void ack(struct lab_flow *f, uint64_t at_ns, uint32_t una)
{
    struct weft_trace_rec r = {.time_ns = at_ns, .kind = WEFT_TRACE_TCP_ACK};
    r.v[0] = una;
    r.v[1] = 14480;
    r.v[2] = UINT32_MAX;
    r.v[3] = 40000;
    r.v[4] = 240000;
    wf_flow_add(f, &r);
}

static void what_goes_beyond_is_new_the_rest_sent_again(void)
{
    struct lab_flow f = {0};
    send(&f, 0, 1, 1000, WEFT_WHY_NEW_DATA);
    send(&f, MS, 1001, 1000, WEFT_WHY_NEW_DATA);
    send(&f, 2 * MS, 1, 1000, WEFT_WHY_RTO);
    ack(&f, 3 * MS, 2001);
    T_EQ(f.bytes_sent, 2000);
    T_EQ(f.retrans, 1);
    T_EQ(f.rtos, 1);
    T_EQ(f.una, 2001);
    T_EQ(f.srtt_min_us, 40000);
    wf_flow_free(&f);
}

static void sequence_numbers_go_on_beyond_32_bits(void)
{
    struct lab_flow f = {0};
    uint64_t total = 0;
    uint32_t seq = 1;
    for (unsigned i = 0; i < 500; i++) { /* 500 times 16 MB are 8 GB. */
        send(&f, i * MS, seq, 1U << 24, WEFT_WHY_NEW_DATA);
        seq += 1U << 24;
        total += 1U << 24;
        ack(&f, i * MS + MS / 2, seq);
    }
    T_EQ(f.bytes_sent, total);
    T_EQ(f.una, total + 1);
    T_EQ(f.retrans, 0);
    wf_flow_free(&f);
}

static void bins_are_merged_and_nothing_is_lost(void)
{
    struct lab_flow f = {0};
    uint32_t seq = 1;
    for (unsigned i = 0; i < 100000; i++) {
        send(&f, (uint64_t)i * MS, seq, 1000, WEFT_WHY_NEW_DATA);
        seq += 1000;
        ack(&f, (uint64_t)i * MS + 1, seq);
        T_CHECK(f.bins_n <= LAB_BINS_MAX);
    }
    wf_flow_coarsen(&f, 300);
    uint64_t sent = 0, acked = 0;
    for (size_t i = 0; i < f.bins_n; i++) {
        sent += f.bins[i].sent;
        acked += f.bins[i].acked;
    }
    T_CHECK(f.bins_n <= 300 && f.bins_n > 100);
    T_CHECK(f.bin_ns * f.bins_n >= f.last_ns - f.first_ns);
    T_EQ(sent, 100000000);
    T_EQ(acked, 100000001); /* The SYN counts. */
    T_EQ(f.bins[f.bins_n - 1].una, f.una);
    wf_flow_free(&f);
}

static void levels_are_those_at_the_end_of_a_bin(void)
{
    struct lab_flow f = {0};
    send(&f, 0, 1, 10, WEFT_WHY_NEW_DATA);
    send(&f, 1, 11, 10, WEFT_WHY_NEW_DATA);
    T_EQ(f.bins_n, 1);
    T_EQ(f.bins[0].sent_end, 21);
    T_EQ(f.bins[0].ssthresh, 0);
    ack(&f, 2, 21);
    T_EQ(f.bins[0].ssthresh, 0); /* None yet: the record says 2^32 - 1. */
    T_EQ(f.bins[0].wnd_edge, 21 + 65535);
    wf_flow_free(&f);
}

static const struct t_case cases[] = {
    {"what goes beyond is new, the rest sent again", what_goes_beyond_is_new_the_rest_sent_again},
    {"sequence numbers go on beyond 32 bits", sequence_numbers_go_on_beyond_32_bits},
    {"bins are merged and nothing is lost", bins_are_merged_and_nothing_is_lost},
    {"levels are those at the end of a bin", levels_are_those_at_the_end_of_a_bin},
};
T_MAIN(cases)
