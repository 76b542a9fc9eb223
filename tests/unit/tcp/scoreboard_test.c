/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "t.h"
#include "tcp/scoreboard.h"

#define SPACE 4000u

static struct wf_slab recs;
#define STRIDE WF_ALIGN_UP((uint32_t)sizeof(struct tcp_txrec), 8u)

static void *mem;
static struct tcp_sb sb;

/* What the model knows of every byte. */
static struct {
    uint64_t sent_ns;
    bool is_sent, is_sacked, is_lost, is_rtx;
} byte[SPACE];
static uint32_t una, nxt, isn;

static uint32_t below(uint32_t n)
{
    return (uint32_t)(t_random() % n);
}

static struct tcp_seq seq(uint32_t at)
{
    return wf_seq(isn + at);
}

static void start(uint32_t max)
{
    mem = malloc(wf_slab_bytes(STRIDE, max));
    if (mem == NULL)
        abort();
    wf_slab_init(&recs, mem, STRIDE, max);
    wf_sb_init(&sb);
    memset(byte, 0, sizeof(byte));
    una = nxt = 0;
    isn = 0xfffffff0u - below(SPACE);
}

static void stop(void)
{
    wf_sb_clear(&recs, &sb);
    T_CHECK(recs.in_use == 0 && sb.sacked == 0 && sb.lost == 0);
    T_CHECK(wf_list_is_empty(&sb.by_seq) && wf_list_is_empty(&sb.by_time));
    wf_slab_init(&recs, mem, recs.stride, recs.max);
    free(mem);
}

/* Records, flags, times and counters say what the model says. */
static void check(void)
{
    T_CHECK(wf_sb_check(&sb, seq(una), seq(nxt)));
    uint32_t sacked = 0, lost = 0;
    const struct tcp_txrec *first_lost = NULL;
    WF_LIST_FOR_EACH (l, &sb.by_seq) {
        const struct tcp_txrec *r = wf_sb_of_seq(l);
        if ((r->flags & TXREC_LOST) != 0 && first_lost == NULL)
            first_lost = r;
        for (uint32_t i = r->seq.v - isn; i < r->end.v - isn && i < SPACE; i++) {
            T_EQ((r->flags & TXREC_SACKED) != 0, byte[i].is_sacked);
            T_EQ((r->flags & TXREC_LOST) != 0, byte[i].is_lost);
            if (byte[i].is_sacked) /* Grown together: the rest of it is of no use any more. */
                continue;
            T_EQ((r->flags & TXREC_RTX) != 0, byte[i].is_rtx);
            T_EQ(r->sent_ns, byte[i].sent_ns);
        }
    }
    for (uint32_t i = una; i < nxt; i++) {
        sacked += byte[i].is_sacked;
        lost += byte[i].is_lost;
    }
    T_CHECK(sb.sacked == sacked && sb.lost == lost);
    T_CHECK(wf_sb_first_lost(&sb) == first_lost);
    uint64_t last = 0;
    WF_LIST_FOR_EACH (l, &sb.by_time) {
        T_CHECK(wf_sb_of_time(l)->sent_ns >= last);
        last = wf_sb_of_time(l)->sent_ns;
    }
    /* As short as the holes are many: no two neighbours are both acknowledged. */
    bool was_sacked = false;
    WF_LIST_FOR_EACH (l, &sb.by_seq) {
        bool is_sacked = (wf_sb_of_seq(l)->flags & TXREC_SACKED) != 0;
        T_CHECK(!is_sacked || !was_sacked);
        was_sacked = is_sacked;
    }
}

/* One acknowledgement as the model sees it: what it newly delivers. */
struct told {
    uint32_t bytes;
    bool has_low, has_rtx, has_any;
    uint64_t first_ns, latest_ns;
    uint32_t high;
};

static void model_deliver(struct told *t, uint32_t i)
{
    if (byte[i].is_sacked)
        return;
    t->bytes++;
    t->has_rtx |= byte[i].is_rtx;
    if (!byte[i].is_rtx && (!t->has_low || byte[i].sent_ns < t->first_ns))
        t->first_ns = byte[i].sent_ns;
    t->has_low |= !byte[i].is_rtx;
    if (!t->has_any || byte[i].sent_ns > t->latest_ns)
        t->latest_ns = byte[i].sent_ns;
    if (!t->has_any || i + 1 > t->high)
        t->high = i + 1;
    t->has_any = true;
}

static void check_told(const struct tcp_delivery *d, const struct told *t)
{
    T_EQ(d->bytes, t->bytes);
    T_EQ(d->has_low, t->has_low);
    T_EQ(d->has_rtx, t->has_rtx);
    T_EQ(d->has_latest, t->has_any);
    if (!t->has_any)
        return;
    T_EQ(d->latest_ns, t->latest_ns);
    T_EQ(d->high_end.v, isn + t->high);
    T_EQ(byte[d->latest_end.v - isn - 1].sent_ns, t->latest_ns);
    if (t->has_low)
        T_EQ(d->first_sent_ns, t->first_ns);
}

static void step_ack(void)
{
    struct tcp_delivery d = {0};
    struct told t = {0};
    for (uint32_t k = below(4); k > 0 && nxt > una; k--) {
        uint32_t from = una + below(nxt - una), to = from + 1 + below(nxt - from);
        wf_sb_sack(&recs, &sb, seq(from), seq(to), &d);
        for (uint32_t i = from; i < to; i++) {
            model_deliver(&t, i);
            byte[i].is_sacked = true;
            byte[i].is_lost = false;
        }
        T_EQ(d.sacked_bytes, t.bytes);
    }
    if (below(2) == 0 && nxt > una) {
        uint32_t to = una + 1 + below(nxt - una);
        wf_sb_ack(&recs, &sb, seq(to), &d);
        for (; una < to; una++)
            model_deliver(&t, una);
    }
    check_told(&d, &t);
}

static void step_resend(uint64_t now)
{
    struct tcp_txrec *r = wf_sb_first_lost(&sb);
    if (r == NULL && below(4) == 0)
        r = wf_sb_last(&sb); /* A tail loss probe. */
    if (r == NULL || (r->flags & TXREC_SACKED) != 0)
        return;
    uint32_t from = r->seq.v - isn, len = 1 + below(r->end.v - r->seq.v);
    wf_sb_resent(&recs, &sb, r, len, now);
    for (uint32_t i = from; i < from + len; i++) {
        byte[i].is_lost = false;
        byte[i].is_rtx = true;
        byte[i].sent_ns = now;
    }
}

static void step_mark(void)
{
    if (below(8) == 0) {
        uint32_t len = 1 + below(300);
        struct tcp_txrec *r = wf_sb_first(&sb);
        if (r == NULL || (r->flags & TXREC_SACKED) != 0) /* For peers that do not SACK. */
            return;
        uint32_t end = wf_min_u32(una + len, r->end.v - isn);
        wf_sb_mark_front_lost(&recs, &sb, len);
        for (uint32_t i = una; i < end; i++)
            byte[i].is_lost = true;
        return;
    }
    if (below(8) == 0) {
        wf_sb_mark_all_lost(&sb);
        for (uint32_t i = una; i < nxt; i++)
            byte[i].is_lost = !byte[i].is_sacked;
        return;
    }
    WF_LIST_FOR_EACH (l, &sb.by_seq) {
        struct tcp_txrec *r = wf_sb_of_seq(l);
        if (below(3) > 0)
            continue;
        wf_sb_mark_lost(&sb, r);
        for (uint32_t i = r->seq.v - isn; i < r->end.v - isn; i++)
            byte[i].is_lost = !byte[i].is_sacked;
    }
}

/* proves: TCP-SACK-08 TCP-RACK-02 TCP-RTO-06 */
static void random_events_agree_with_a_model_of_every_byte(void)
{
    for (int round = 0; round < 200; round++) {
        start(2 * SPACE);
        uint64_t now = 1000;
        while (nxt < SPACE - 301) {
            now += below(3);
            uint32_t len = 1 + below(300);
            switch (below(4)) {
            case 0:
                T_CHECK(wf_sb_sent(&recs, &sb, seq(nxt), seq(nxt + len), now));
                for (; len > 0; len--, nxt++) {
                    byte[nxt].is_sent = true;
                    byte[nxt].sent_ns = now;
                }
                break;
            case 1:
                step_ack();
                break;
            case 2:
                step_resend(now);
                break;
            default:
                step_mark();
                break;
            }
            check();
        }
        stop();
    }
}

static void a_record_that_lies_below_the_acknowledgement_goes(void)
{
    start(8);
    struct tcp_delivery d = {0};
    T_CHECK(wf_sb_sent(&recs, &sb, seq(0), seq(1000), 5));
    wf_sb_ack(&recs, &sb, seq(400), &d);
    T_CHECK(wf_seq_eq(wf_sb_first(&sb)->seq, seq(400)) && d.bytes == 400);
    T_CHECK(wf_seq_eq(d.low_once, seq(400)));
    wf_sb_ack(&recs, &sb, seq(1000), &d);
    T_CHECK(wf_sb_first(&sb) == NULL && wf_sb_last(&sb) == NULL && d.bytes == 1000);
    stop();
}

static void without_records_sending_says_no_and_sacks_are_left_for_later(void)
{
    start(2);
    struct tcp_delivery d = {0};
    T_CHECK(wf_sb_sent(&recs, &sb, seq(0), seq(1000), 5));
    T_CHECK(wf_sb_sent(&recs, &sb, seq(1000), seq(2000), 5));
    T_CHECK(!wf_sb_sent(&recs, &sb, seq(2000), seq(3000), 5));
    wf_sb_sack(&recs, &sb, seq(100), seq(200), &d);
    T_CHECK(d.bytes == 0 && sb.sacked == 0);
    T_CHECK(wf_sb_check(&sb, seq(0), seq(2000)));
    wf_sb_sack(&recs, &sb, seq(1000), seq(2000), &d); /* A whole one needs no record. */
    T_CHECK(d.bytes == 1000 && sb.sacked == 1000);
    T_CHECK(wf_sb_split_tail(&recs, wf_sb_first(&sb), 500) == NULL);
    wf_sb_mark_lost(&sb, wf_sb_first(&sb));
    wf_sb_resent(&recs, &sb, wf_sb_first(&sb), 300, 9); /* The rest counts as sent. */
    T_CHECK(sb.lost == 0 && wf_sb_check(&sb, seq(0), seq(2000)));
    stop();
}

/* proves: TCP-SACK-09 TCP-SACK-10 */
static void what_the_peer_threw_away_is_sent_again(void)
{
    start(8);
    struct tcp_delivery d = {0};
    for (uint32_t i = 0; i < 4; i++)
        T_CHECK(wf_sb_sent(&recs, &sb, seq(i * 100), seq(i * 100 + 100), i + 1));
    wf_sb_sack(&recs, &sb, seq(100), seq(300), &d);
    wf_sb_ack(&recs, &sb, seq(100), &d);
    T_EQ(sb.sacked, 200);
    wf_sb_renege(&sb);
    T_CHECK(sb.sacked == 0 && wf_sb_check(&sb, seq(100), seq(400)));
    wf_sb_mark_all_lost(&sb);
    T_CHECK(sb.lost == 300 && wf_seq_eq(wf_sb_first_lost(&sb)->seq, seq(100)));
    stop();
}

static void a_tail_is_cut_off(void)
{
    start(4);
    T_CHECK(wf_sb_sent(&recs, &sb, seq(0), seq(1000), 5));
    struct tcp_txrec *tail = wf_sb_split_tail(&recs, wf_sb_last(&sb), 100);
    T_CHECK(tail == wf_sb_last(&sb) && wf_seq_eq(tail->seq, seq(900)) &&
            wf_seq_eq(tail->end, seq(1000)) && tail->sent_ns == 5);
    T_CHECK(wf_sb_check(&sb, seq(0), seq(1000)));
    stop();
}

/* proves: TCP-RACK-09 */
static void the_order_of_time_is_that_of_the_last_transmission(void)
{
    start(8);
    for (uint32_t i = 0; i < 3; i++)
        T_CHECK(wf_sb_sent(&recs, &sb, seq(i * 100), seq(i * 100 + 100), i + 1));
    struct tcp_txrec *r = wf_sb_first(&sb);
    wf_sb_mark_lost(&sb, r);
    T_CHECK(!wf_list_is_linked(&r->by_time));
    wf_sb_resent(&recs, &sb, r, 100, 9);
    T_CHECK(wf_sb_of_time(wf_list_last(&sb.by_time)) == r);
    T_CHECK(wf_seq_eq(wf_sb_of_time(wf_list_first(&sb.by_time))->seq, seq(100)));
    stop();
}

static void what_was_not_lost_goes_back_to_its_time(void)
{
    start(8);
    for (uint32_t i = 0; i < 5; i++)
        T_CHECK(wf_sb_sent(&recs, &sb, seq(i * 100), seq(i * 100 + 100), i + 1));
    wf_sb_mark_lost(&sb, wf_sb_first(&sb));
    wf_sb_resent(&recs, &sb, wf_sb_first(&sb), 100, 9);
    wf_sb_mark_all_lost(&sb);
    T_CHECK(wf_sb_sent(&recs, &sb, seq(500), seq(600), 7));
    wf_sb_unmark_lost(&sb);
    T_CHECK(sb.lost == 0 && wf_sb_check(&sb, seq(0), seq(600)));
    static const uint32_t order[] = {100, 200, 300, 400, 500, 0};
    unsigned i = 0;
    WF_LIST_FOR_EACH (l, &sb.by_time)
        T_CHECK(wf_seq_eq(wf_sb_of_time(l)->seq, seq(order[i++])));
    T_EQ(i, 6);
    stop();
}

static const struct t_case cases[] = {
    {"random events agree with a model of every byte",
     random_events_agree_with_a_model_of_every_byte},
    {"a record that lies below the acknowledgement goes",
     a_record_that_lies_below_the_acknowledgement_goes},
    {"without records sending says no and sacks are left for later",
     without_records_sending_says_no_and_sacks_are_left_for_later},
    {"what the peer threw away is sent again", what_the_peer_threw_away_is_sent_again},
    {"a tail is cut off", a_tail_is_cut_off},
    {"the order of time is that of the last transmission",
     the_order_of_time_is_that_of_the_last_transmission},
    {"what was not lost goes back to its time", what_was_not_lost_goes_back_to_its_time},
};
T_MAIN(cases)
