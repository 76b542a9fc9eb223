/* SPDX-License-Identifier: MIT */
#include "tcp/recovery_rack.h"

#define REO_MULT_MAX   16
#define REO_PERSIST    16
#define PTO_MIN_US     10000u
#define PTO_INITIAL_US 1000000u
#define WC_DELACK_US   200000u /* Worst delayed acknowledgement of a peer (RFC 8985 7.2). */

/* RFC 8985 6.2: whether the first was sent after the second. */
static bool sent_after(uint64_t t1, struct tcp_seq end1, uint64_t t2, struct tcp_seq end2)
{
    return t1 > t2 || (t1 == t2 && wf_seq_gt(end1, end2));
}

void wf_rec_delivered(struct tcp_rec *rec, const struct tcp_delivery *d, const struct rack_time *t,
                      uint64_t ts_sent_floor_ns)
{
    if (!d->has_latest)
        return;
    uint64_t sent_ns = d->latest_ns;
    struct tcp_seq end = d->latest_end;
    uint32_t rtt_us = (uint32_t)((t->now_ns - sent_ns) / 1000);
    /* Step 2: an answer to the original of something sent twice says nothing of the second. */
    bool is_ambiguous = d->is_latest_rtx && (rtt_us < t->min_rtt_us || sent_ns > ts_sent_floor_ns);
    if (is_ambiguous && d->has_low) { /* But it came with something that was sent once. */
        is_ambiguous = false;
        sent_ns = d->once_ns;
        end = d->once_end;
        rtt_us = (uint32_t)((t->now_ns - sent_ns) / 1000);
    }
    if (!is_ambiguous &&
        (!rec->has_rack || sent_after(sent_ns, end, rec->rack_sent_ns, rec->rack_end))) {
        rec->has_rack = true;
        rec->rack_rtt_us = rtt_us;
        rec->rack_sent_ns = sent_ns;
        rec->rack_end = end;
    }
    /* Step 3: something sent once arrived below what had arrived before. */
    if (d->has_low && rec->has_fack && wf_seq_lt(d->low_once, rec->fack))
        rec->is_reordering_seen = true;
    if (!rec->has_fack || wf_seq_gt(d->high_end, rec->fack))
        rec->fack = d->high_end;
    rec->has_fack = true;
}

void wf_rec_dsack(struct tcp_rec *rec, struct tcp_seq una, struct tcp_seq nxt)
{
    if (rec->has_dsack_round && wf_seq_lt(una, rec->dsack_round))
        return;
    rec->has_dsack_round = true;
    rec->dsack_round = nxt;
    if (rec->reo_mult < REO_MULT_MAX)
        rec->reo_mult++;
    rec->reo_persist = REO_PERSIST;
}

/* Step 4: how long to wait for something that may only be late. */
static uint32_t reo_wnd_us(const struct tcp_rec *rec, const struct tcp_sb *sb,
                           const struct rack_time *t)
{
    bool is_sure = rec->state != REC_OPEN || sb->sacked >= REC_DUPTHRESH * t->mss;
    if (!rec->is_reordering_seen && is_sure)
        return 0;
    uint32_t mult = rec->reo_mult + 1u;
    uint64_t wnd = (uint64_t)mult * t->min_rtt_us / 4;
    return wnd < t->srtt_us ? (uint32_t)wnd : t->srtt_us;
}

uint32_t wf_rec_detect(struct tcp_rec *rec, struct tcp_sb *sb, const struct rack_time *t,
                       uint64_t *wait_ns)
{
    uint32_t lost = sb->lost;
    *wait_ns = 0;
    if (!rec->has_rack)
        return 0;
    uint64_t limit_ns = ((uint64_t)rec->rack_rtt_us + reo_wnd_us(rec, sb, t)) * 1000;
    WF_LIST_FOR_EACH_SAFE (l, tmp, &sb->by_time) {
        struct tcp_txrec *r = wf_sb_of_time(l);
        if (!sent_after(rec->rack_sent_ns, rec->rack_end, r->sent_ns, r->end))
            break;
        uint64_t due_ns = r->sent_ns + limit_ns;
        if (due_ns <= t->now_ns)
            wf_sb_mark_lost(sb, r);
        else if (due_ns - t->now_ns > *wait_ns)
            *wait_ns = due_ns - t->now_ns;
    }
    return sb->lost - lost;
}

void wf_rec_mark_rto(const struct tcp_rec *rec, struct tcp_sb *sb, const struct rack_time *t)
{
    uint64_t limit_ns = ((uint64_t)rec->rack_rtt_us + reo_wnd_us(rec, sb, t)) * 1000;
    struct tcp_txrec *first = wf_sb_first(sb);
    if (!rec->has_rack) {
        wf_sb_mark_all_lost(sb);
        return;
    }
    if (first != NULL)
        wf_sb_mark_lost(sb, first);
    WF_LIST_FOR_EACH_SAFE (l, tmp, &sb->by_time) {
        struct tcp_txrec *r = wf_sb_of_time(l);
        if (r->sent_ns + limit_ns > t->now_ns)
            break;
        wf_sb_mark_lost(sb, r);
    }
}

uint32_t wf_rec_pto_us(uint32_t srtt_us, uint32_t flight, uint32_t mss)
{
    if (srtt_us == 0)
        return PTO_INITIAL_US;
    uint32_t pto = 2 * srtt_us;
    if (flight <= mss) /* One segment: its acknowledgement may be delayed. */
        pto += WC_DELACK_US;
    return wf_max_u32(pto, PTO_MIN_US);
}

bool wf_rec_tlp_ack(struct tcp_rec *rec, struct tcp_seq ack, bool is_dup_ack, bool has_dsack)
{
    if (!rec->has_tlp || wf_seq_lt(ack, rec->tlp_end))
        return false;
    /* Nothing was lost: the probe was new data, or both copies arrived, or it is answered twice. */
    bool is_spurious = !rec->is_tlp_rtx || has_dsack;
    /* Later data is acknowledged too, and no duplicate was reported: the probe repaired a loss. */
    bool is_repair = !is_spurious && wf_seq_gt(ack, rec->tlp_end);
    if (is_spurious || is_repair || is_dup_ack)
        rec->has_tlp = false;
    return is_repair;
}
