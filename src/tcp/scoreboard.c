/* SPDX-License-Identifier: MIT */
#include "tcp/scoreboard.h"

static uint32_t len_of(const struct tcp_txrec *r)
{
    return r->end.v - r->seq.v;
}

void wf_sb_init(struct tcp_sb *sb)
{
    *sb = (struct tcp_sb){0};
    wf_list_init(&sb->by_seq);
    wf_list_init(&sb->by_time);
}

bool wf_sb_sent(struct wf_slab *recs, struct tcp_sb *sb, struct tcp_seq seq, struct tcp_seq end,
                uint64_t now_ns)
{
    struct tcp_txrec *r = wf_slab_alloc(recs);
    if (r == NULL)
        return false;
    r->seq = seq;
    r->end = end;
    r->sent_ns = now_ns;
    wf_list_push_back(&sb->by_seq, &r->by_seq);
    wf_list_push_back(&sb->by_time, &r->by_time);
    return true;
}

/* Cut a record at @at, strictly inside it; the new one holds the upper part. */
static struct tcp_txrec *split(struct wf_slab *recs, struct tcp_txrec *r, struct tcp_seq at)
{
    struct tcp_txrec *upper = wf_slab_alloc(recs);
    if (upper == NULL)
        return NULL;
    upper->seq = at;
    upper->end = r->end;
    upper->sent_ns = r->sent_ns;
    upper->flags = r->flags;
    upper->mark = r->mark;
    r->end = at;
    wf_list_insert_before(r->by_seq.next, &upper->by_seq);
    if (wf_list_is_linked(&r->by_time))
        wf_list_insert_before(r->by_time.next, &upper->by_time);
    return upper;
}

struct tcp_txrec *wf_sb_split_tail(struct wf_slab *recs, struct tcp_txrec *r, uint32_t len)
{
    return split(recs, r, wf_seq_sub(r->end, len));
}

static void forget(struct wf_slab *recs, struct tcp_txrec *r)
{
    wf_list_remove(&r->by_seq);
    wf_list_remove(&r->by_time);
    wf_slab_free(recs, r);
}

void wf_sb_resent(struct wf_slab *recs, struct tcp_sb *sb, struct tcp_txrec *r, uint32_t len,
                  uint64_t now_ns)
{
    /* Without a record for the rest all of it counts as sent: an RTO mends what that hides. */
    if (len < len_of(r))
        (void)split(recs, r, wf_seq_add(r->seq, len));
    if ((r->flags & TXREC_LOST) != 0)
        sb->lost -= len_of(r);
    r->flags = (r->flags & ~TXREC_LOST) | TXREC_RTX;
    r->sent_ns = now_ns;
    wf_list_remove(&r->by_time);
    wf_list_push_back(&sb->by_time, &r->by_time);
}

/* RFC 8985 6.2 step 2: of equal times the higher sequence was sent later. */
static bool is_later(uint64_t t1, struct tcp_seq end1, uint64_t t2, struct tcp_seq end2)
{
    return t1 > t2 || (t1 == t2 && wf_seq_gt(end1, end2));
}

/* A record, or the part of it below @end, was delivered. */
static void note(struct tcp_delivery *d, const struct tcp_txrec *r, struct tcp_seq end)
{
    bool is_rtx = (r->flags & TXREC_RTX) != 0;
    d->bytes += end.v - r->seq.v;
    d->has_rtx |= is_rtx;
    if (!is_rtx && (!d->has_low || r->sent_ns < d->first_sent_ns))
        d->first_sent_ns = r->sent_ns;
    if (!is_rtx && (!d->has_low || is_later(r->sent_ns, end, d->once_ns, d->once_end))) {
        d->once_ns = r->sent_ns;
        d->once_end = end;
    }
    if (!is_rtx && (!d->has_low || wf_seq_lt(end, d->low_once))) {
        d->has_low = true;
        d->low_once = end;
    }
    if (!d->has_high || wf_seq_gt(end, d->high_end)) {
        d->has_high = true;
        d->high_end = end;
    }
    if (!d->has_latest || is_later(r->sent_ns, end, d->latest_ns, d->latest_end)) {
        d->has_latest = true;
        d->latest_ns = r->sent_ns;
        d->latest_end = end;
        d->is_latest_rtx = is_rtx;
        d->latest_mark = r->mark;
    }
}

/* Bytes of a record are neither lost nor out twice any more. */
static void uncount(struct tcp_sb *sb, const struct tcp_txrec *r, uint32_t n)
{
    if ((r->flags & TXREC_LOST) != 0)
        sb->lost -= n;
    if ((r->flags & TXREC_TWICE) != 0)
        sb->twice -= n;
}

void wf_sb_ack(struct wf_slab *recs, struct tcp_sb *sb, struct tcp_seq una, struct tcp_delivery *d)
{
    for (struct tcp_txrec *r = wf_sb_first(sb); r != NULL && wf_seq_lt(r->seq, una);
         r = wf_sb_first(sb)) {
        struct tcp_seq end = wf_seq_min(r->end, una);
        uint32_t n = end.v - r->seq.v;
        if ((r->flags & TXREC_SACKED) != 0)
            sb->sacked -= n;
        else
            note(d, r, end);
        if (WF_UNLIKELY((r->flags & (TXREC_LOST | TXREC_TWICE)) != 0))
            uncount(sb, r, n);
        if (wf_seq_eq(end, r->end)) {
            forget(recs, r);
        } else {
            r->seq = una;
            return;
        }
    }
}

/* Grow together with the neighbour in front if both are acknowledged. */
static void merge(struct wf_slab *recs, const struct tcp_sb *sb, struct tcp_txrec *r)
{
    if (r->by_seq.prev == &sb->by_seq)
        return;
    struct tcp_txrec *prev = wf_sb_of_seq(r->by_seq.prev);
    if ((prev->flags & TXREC_SACKED) == 0 || !wf_seq_eq(prev->end, r->seq))
        return;
    prev->end = r->end;
    forget(recs, r);
}

void wf_sb_sack(struct wf_slab *recs, struct tcp_sb *sb, struct tcp_seq from, struct tcp_seq to,
                struct tcp_delivery *d)
{
    struct wf_list *next;
    for (struct wf_list *l = sb->by_seq.next; l != &sb->by_seq; l = next) {
        struct tcp_txrec *r = wf_sb_of_seq(l);
        next = l->next;
        if (wf_seq_geq(r->seq, to))
            return;
        if (wf_seq_leq(r->end, from) || (r->flags & TXREC_SACKED) != 0)
            continue;
        if (wf_seq_lt(r->seq, from)) { /* No record free: the peer will say it again. */
            r = split(recs, r, from);
            if (r == NULL)
                return;
            next = r->by_seq.next;
        }
        if (wf_seq_gt(r->end, to)) {
            if (split(recs, r, to) == NULL)
                return;
            next = r->by_seq.next;
        }
        note(d, r, r->end);
        d->sacked_bytes += len_of(r);
        uncount(sb, r, len_of(r));
        r->flags = (r->flags & ~(TXREC_LOST | TXREC_TWICE)) | TXREC_SACKED;
        sb->sacked += len_of(r);
        wf_list_remove(&r->by_time);
        merge(recs, sb, r);
        if (next != &sb->by_seq && (wf_sb_of_seq(next)->flags & TXREC_SACKED) != 0) {
            struct wf_list *after = next->next;
            merge(recs, sb, wf_sb_of_seq(next));
            next = after;
        }
    }
}

void wf_sb_mark_lost(struct tcp_sb *sb, struct tcp_txrec *r)
{
    if ((r->flags & (TXREC_SACKED | TXREC_LOST)) != 0)
        return;
    wf_sb_unmark_twice(sb, r);
    r->flags |= TXREC_LOST;
    sb->lost += len_of(r);
    sb->lost_ever += len_of(r);
    wf_list_remove(&r->by_time);
}

void wf_sb_mark_twice(struct tcp_sb *sb, struct tcp_txrec *r)
{
    if ((r->flags & TXREC_TWICE) == 0)
        sb->twice += len_of(r);
    r->flags |= TXREC_TWICE;
}

void wf_sb_unmark_twice(struct tcp_sb *sb, struct tcp_txrec *r)
{
    if ((r->flags & TXREC_TWICE) != 0)
        sb->twice -= len_of(r);
    r->flags &= ~TXREC_TWICE;
}

void wf_sb_mark_front_lost(struct wf_slab *recs, struct tcp_sb *sb, uint32_t len)
{
    struct tcp_txrec *r = wf_sb_first(sb);
    if (r == NULL)
        return;
    if (len_of(r) > len && split(recs, r, wf_seq_add(r->seq, len)) == NULL)
        return; /* The timer finds it. */
    wf_sb_mark_lost(sb, r);
}

void wf_sb_mark_all_lost(struct tcp_sb *sb)
{
    WF_LIST_FOR_EACH (l, &sb->by_seq)
        wf_sb_mark_lost(sb, wf_sb_of_seq(l));
}

/* By the time it was sent, among those in flight; what was put back before is a place to begin. */
static void link_by_time(struct tcp_sb *sb, struct tcp_txrec *r, const struct tcp_txrec *before)
{
    bool is_behind = before != NULL && is_later(r->sent_ns, r->end, before->sent_ns, before->end);
    struct wf_list *at = is_behind ? before->by_time.next : sb->by_time.next;
    while (at != &sb->by_time &&
           !is_later(wf_sb_of_time(at)->sent_ns, wf_sb_of_time(at)->end, r->sent_ns, r->end))
        at = at->next;
    wf_list_insert_before(at, &r->by_time);
}

void wf_sb_unmark_lost(struct tcp_sb *sb)
{
    struct tcp_txrec *before = NULL;
    WF_LIST_FOR_EACH (l, &sb->by_seq) {
        struct tcp_txrec *r = wf_sb_of_seq(l);
        wf_sb_unmark_twice(sb, r);
        if ((r->flags & TXREC_LOST) == 0)
            continue;
        r->flags &= ~TXREC_LOST;
        sb->lost -= len_of(r);
        link_by_time(sb, r, before);
        before = r;
    }
}

void wf_sb_renege(struct tcp_sb *sb)
{
    WF_LIST_FOR_EACH (l, &sb->by_seq) {
        struct tcp_txrec *r = wf_sb_of_seq(l);
        if ((r->flags & TXREC_SACKED) == 0)
            continue;
        r->flags = (r->flags & ~TXREC_SACKED) | TXREC_LOST;
        sb->sacked -= len_of(r);
        sb->lost += len_of(r);
    }
}

struct tcp_txrec *wf_sb_first_lost(const struct tcp_sb *sb)
{
    if (sb->lost == 0)
        return NULL;
    WF_LIST_FOR_EACH (l, &sb->by_seq)
        if ((wf_sb_of_seq(l)->flags & TXREC_LOST) != 0)
            return wf_sb_of_seq(l);
    return NULL;
}

struct tcp_txrec *wf_sb_first(const struct tcp_sb *sb)
{
    struct wf_list *l = wf_list_first(&sb->by_seq);
    return l != NULL ? wf_sb_of_seq(l) : NULL;
}

struct tcp_txrec *wf_sb_last(const struct tcp_sb *sb)
{
    struct wf_list *l = wf_list_last(&sb->by_seq);
    return l != NULL ? wf_sb_of_seq(l) : NULL;
}

struct tcp_txrec *wf_sb_latest(const struct tcp_sb *sb)
{
    struct wf_list *l = wf_list_last(&sb->by_time);
    return l != NULL ? wf_sb_of_time(l) : NULL;
}

void wf_sb_clear(struct wf_slab *recs, struct tcp_sb *sb)
{
    for (struct tcp_txrec *r = wf_sb_first(sb); r != NULL; r = wf_sb_first(sb))
        forget(recs, r);
    sb->sacked = sb->lost = sb->twice = 0;
}

bool wf_sb_check(const struct tcp_sb *sb, struct tcp_seq una, struct tcp_seq nxt)
{
    uint32_t sacked = 0, lost = 0, twice = 0;
    struct tcp_seq at = una;
    WF_LIST_FOR_EACH (l, &sb->by_seq) {
        const struct tcp_txrec *r = wf_sb_of_seq(l);
        bool is_sacked = (r->flags & TXREC_SACKED) != 0, is_lost = (r->flags & TXREC_LOST) != 0;
        if (!wf_seq_eq(r->seq, at) || !wf_seq_lt(r->seq, r->end) || (is_sacked && is_lost))
            return false;
        if (wf_list_is_linked(&r->by_time) != (!is_sacked && !is_lost))
            return false;
        sacked += is_sacked ? len_of(r) : 0;
        lost += is_lost ? len_of(r) : 0;
        twice += (r->flags & TXREC_TWICE) != 0 ? len_of(r) : 0;
        at = r->end;
    }
    return wf_seq_eq(at, nxt) && sacked == sb->sacked && lost == sb->lost && twice == sb->twice;
}
