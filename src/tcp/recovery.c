/* SPDX-License-Identifier: MIT */
#include "tcp/recovery.h"

void wf_rec_choose(struct tcp_rec *rec, uint8_t wanted, bool has_sack)
{
    rec->kind = has_sack ? wanted : WEFT_TCP_RECOVERY_NEWRENO;
}

bool wf_rec_is_early(const struct rec_ack *a)
{
    uint32_t out = a->nxt.v - a->una.v;
    return !a->has_new && out > a->mss && out < 4 * a->mss;
}

void wf_rec_enter(struct tcp_rec *rec, struct tcp_seq una, struct tcp_seq nxt, uint32_t flight,
                  uint32_t mss)
{
    rec->state = REC_RECOVERY;
    rec->is_rescued = false;
    if (rec->kind == WEFT_TCP_RECOVERY_SACK)
        rec->high_rxt = una;
    else if (rec->kind == WEFT_TCP_RECOVERY_NEWRENO)
        rec->dup_bytes = 0;
    rec->recover = nxt;
    rec->prr_fs = wf_max_u32(flight, mss);
    rec->prr_delivered = rec->prr_out = 0;
    rec->has_tlp = false;
    if (rec->reo_persist > 0 && --rec->reo_persist == 0)
        rec->reo_mult = 0;
}

void wf_rec_prr(struct tcp_rec *rec, uint32_t delivered, uint32_t pipe, uint32_t ssthresh,
                uint32_t mss, bool is_safe)
{
    uint32_t out = 0;
    rec->prr_delivered += delivered;
    if (pipe > ssthresh) { /* Proportional: spread the reduction over the round trip. */
        uint64_t due = ((uint64_t)rec->prr_delivered * ssthresh + rec->prr_fs - 1) / rec->prr_fs;
        out = due > rec->prr_out ? (uint32_t)due - rec->prr_out : 0;
    } else { /* Below the target: conservation of packets, or slow start while it goes well. */
        uint32_t behind = rec->prr_delivered > rec->prr_out ? rec->prr_delivered - rec->prr_out : 0;
        uint32_t limit = wf_max_u32(behind, delivered) + (is_safe ? mss : 0);
        out = wf_min_u32(ssthresh - pipe, limit);
    }
    if (rec->prr_out == 0 && out < mss)
        out = mss; /* The fast retransmission itself always goes out. */
    rec->prr_cwnd = pipe + out;
}

void wf_rec_rto(struct tcp_rec *rec, struct tcp_seq nxt)
{
    rec->state = REC_LOSS;
    rec->recover = nxt;
    rec->has_tlp = false;
}

void wf_rec_undo(struct tcp_rec *rec)
{
    rec->state = REC_OPEN;
    rec->has_tlp = false;
    rec->is_reordering_seen = true;
}

bool wf_rec_is_over(struct tcp_rec *rec, struct tcp_seq una)
{
    if (rec->state == REC_OPEN || wf_seq_lt(una, rec->recover))
        return false;
    rec->state = REC_OPEN;
    return true;
}
