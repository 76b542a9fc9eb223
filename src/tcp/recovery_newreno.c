/* SPDX-License-Identifier: MIT */
#include "tcp/recovery_newreno.h"

/* Duplicates that mean a loss. */
static uint32_t threshold(const struct rec_ack *a)
{
    if (!wf_rec_is_early(a))
        return REC_DUPTHRESH;
    return (a->nxt.v - a->una.v + a->mss - 1) / a->mss - 1; /* RFC 5827 3.1 */
}

static enum newreno_told duplicate(struct tcp_rec *rec, struct wf_slab *recs, struct tcp_sb *sb,
                                   const struct rec_ack *a)
{
    if (rec->dup_acks == UINT8_MAX)
        return NEWRENO_NOTHING;
    rec->dup_acks++;
    bool is_open = rec->state == REC_OPEN;
    bool is_loss = is_open && rec->dup_acks == threshold(a) && !rec->is_held;
    if (is_loss)
        wf_sb_mark_front_lost(recs, sb, a->mss);
    /* RFC 9937 6.2: no more than was out can have left, however many duplicates come. */
    bool is_all = rec->state == REC_RECOVERY && rec->prr_delivered >= rec->prr_fs;
    bool has_left = is_loss || rec->dup_acks >= REC_DUPTHRESH || rec->state == REC_RECOVERY;
    if (!has_left || is_all)
        return NEWRENO_NOTHING;
    return is_loss ? NEWRENO_LOST : NEWRENO_LEFT;
}

enum newreno_told wf_rec_newreno_ack(struct tcp_rec *rec, struct wf_slab *recs, struct tcp_sb *sb,
                                     const struct rec_ack *a)
{
    if (!a->is_advance)
        return a->is_dup ? duplicate(rec, recs, sb, a) : NEWRENO_NOTHING;
    rec->dup_acks = 0;
    /* RFC 6582 3.2 step 2, 4.1: duplicates of the end may come from what was sent again while it
     * had arrived; of fewer than four segments there are too few to look like a loss. */
    rec->is_held = !a->is_first_last && rec->state != REC_OPEN && wf_seq_eq(a->una, rec->recover) &&
                   a->bytes > 4 * a->mss;
    bool is_partial = rec->state == REC_RECOVERY && wf_seq_lt(a->una, rec->recover);
    if (!is_partial)
        return NEWRENO_NOTHING;
    if (a->is_first_last) {
        rec->recover = a->una; /* RFC 5681 3.2 step 6: it is over. */
        return NEWRENO_NOTHING;
    }
    wf_sb_mark_front_lost(recs, sb, a->mss);
    return NEWRENO_PARTIAL;
}

uint32_t wf_rec_newreno_delivered(struct tcp_rec *rec, uint32_t bytes, uint32_t mss,
                                  bool is_advance)
{
    if (!is_advance) {
        rec->dup_bytes += bytes;
        return bytes;
    }
    uint32_t known = wf_min_u32(rec->dup_bytes, bytes);
    rec->dup_bytes -= known;
    return wf_max_u32(bytes - known, mss); /* The segment that was asked for, at least. */
}
