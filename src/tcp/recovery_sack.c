/* SPDX-License-Identifier: MIT */
#include "tcp/recovery_sack.h"

/** struct above - What is SACKed above a place */
struct above {
    uint32_t ranges, bytes;
};

static bool is_sacked(const struct tcp_txrec *r)
{
    return (r->flags & TXREC_SACKED) != 0;
}

static void add(struct above *n, const struct tcp_txrec *r)
{
    n->ranges++; /* Neighbours that are SACKed are one record. */
    n->bytes += r->end.v - r->seq.v;
}

/* IsLost() of RFC 6675 4. */
static bool is_lost(const struct above *n, uint32_t mss)
{
    return n->ranges >= REC_DUPTHRESH || n->bytes > (REC_DUPTHRESH - 1) * mss;
}

static bool is_front_lost(const struct tcp_sb *sb, uint32_t mss)
{
    struct above n = {0};
    WF_LIST_FOR_EACH (l, &sb->by_seq)
        if (is_sacked(wf_sb_of_seq(l)))
            add(&n, wf_sb_of_seq(l));
    return is_lost(&n, mss);
}

/* What this recovery has sent again is lost only to the timer; but its first copy is gone. */
static void mark(const struct tcp_rec *rec, struct tcp_sb *sb, uint32_t mss)
{
    struct above n = {0};
    for (struct wf_list *l = sb->by_seq.prev; l != &sb->by_seq; l = l->prev) {
        struct tcp_txrec *r = wf_sb_of_seq(l);
        if (is_sacked(r))
            add(&n, r);
        else if (!is_lost(&n, mss))
            continue;
        else if (wf_seq_lt(r->seq, rec->high_rxt))
            wf_sb_unmark_twice(sb, r);
        else
            wf_sb_mark_lost(sb, r);
    }
}

/* RFC 5827 3.1: all but a segment has arrived, and nothing can be sent to make it tell more. */
static bool is_early(const struct tcp_sb *sb, const struct rec_ack *a)
{
    return wf_rec_is_early(a) && sb->sacked + a->mss >= a->nxt.v - a->una.v;
}

void wf_rec_sack_ack(struct tcp_rec *rec, struct wf_slab *recs, struct tcp_sb *sb,
                     const struct rec_ack *a)
{
    const struct tcp_txrec *first = wf_sb_first(sb);
    if (a->is_advance)
        rec->dup_acks = 0;
    if (rec->state == REC_RECOVERY)
        mark(rec, sb, a->mss);
    if (rec->state != REC_OPEN || !a->is_dup || first == NULL)
        return;
    if (rec->dup_acks < UINT8_MAX)
        rec->dup_acks++;
    if (rec->dup_acks < REC_DUPTHRESH && !is_front_lost(sb, a->mss) && !is_early(sb, a))
        return;
    rec->high_rxt = a->una;
    mark(rec, sb, a->mss);
    if ((first->flags & TXREC_LOST) == 0)
        wf_sb_mark_front_lost(recs, sb, a->mss);
}

struct sack_again wf_rec_sack_again(const struct tcp_rec *rec, const struct tcp_sb *sb)
{
    struct sack_again again = {0};
    struct tcp_txrec *last = NULL;
    bool is_below = false; /* Something SACKed lies above. */
    /* What has gone out again already needs neither rule. */
    for (struct wf_list *l = sb->by_seq.prev; l != &sb->by_seq; l = l->prev) {
        struct tcp_txrec *r = wf_sb_of_seq(l);
        is_below |= is_sacked(r);
        if (is_sacked(r))
            continue;
        if (wf_seq_lt(r->seq, rec->high_rxt))
            break;
        if (last == NULL)
            last = r;
        if (is_below)
            again.r = r;
    }
    if (again.r == NULL && !rec->is_rescued) {
        again.r = last;
        again.is_rescue = true;
    }
    return again;
}

void wf_rec_sack_resent(struct tcp_rec *rec, struct tcp_seq end)
{
    if (wf_seq_gt(end, rec->high_rxt))
        rec->high_rxt = end;
}
