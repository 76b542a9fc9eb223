/* SPDX-License-Identifier: MIT */
#include "tcp/reasm.h"

#include <string.h>

/* Put bytes that overlap nothing into the range behind @i, growing or joining neighbours. */
static enum reasm_result insert(struct pkt_pool *pool, struct tcp_reasm *o, uint32_t i,
                                const struct pkt *p, uint32_t off, struct tcp_seq seq, uint32_t len)
{
    struct tcp_seq end = wf_seq_add(seq, len);
    bool is_after = i > 0 && wf_seq_eq(o->r[i - 1].to, seq);
    bool is_before = i < o->n && wf_seq_eq(o->r[i].from, end);
    if (!is_after && !is_before && o->n == REASM_RANGES)
        return REASM_NO_ROOM;
    struct wf_recvq fresh = {0};
    if (!wf_recvq_put(pool, is_after ? &o->r[i - 1].q : &fresh, p, off, len))
        return REASM_NO_ROOM;
    o->bytes += len;
    if (is_after) {
        o->r[i - 1].to = end;
        o->r[i - 1].touched = ++o->clock;
        if (is_before) { /* The gap between two ranges is closed. */
            o->r[i - 1].to = o->r[i].to;
            wf_recvq_join(&o->r[i - 1].q, &o->r[i].q);
            memmove(&o->r[i], &o->r[i + 1], (o->n - i - 1) * sizeof(o->r[0]));
            o->n--;
        }
        return REASM_TAKEN;
    }
    if (is_before) {
        wf_recvq_join(&fresh, &o->r[i].q);
    } else {
        memmove(&o->r[i + 1], &o->r[i], (o->n - i) * sizeof(o->r[0]));
        o->n++;
        o->r[i].to = end;
    }
    o->r[i].from = seq;
    o->r[i].q = fresh;
    o->r[i].touched = ++o->clock;
    return REASM_TAKEN;
}

enum reasm_result wf_reasm_put(struct pkt_pool *pool, struct tcp_reasm *o, const struct pkt *p,
                               uint32_t off, struct tcp_seq seq, uint32_t len)
{
    enum reasm_result result = REASM_NOTHING_NEW;
    struct tcp_seq end = wf_seq_add(seq, len);
    uint32_t i = o->n; /* From the top: new data is mostly the highest. */
    while (i > 0 && wf_seq_gt(o->r[i - 1].from, seq))
        i--;
    if (i > 0 && wf_seq_gt(o->r[i - 1].to, seq)) { /* The front is there already. */
        o->r[i - 1].touched = ++o->clock;
        if (wf_seq_geq(o->r[i - 1].to, end))
            return REASM_NOTHING_NEW;
        off += o->r[i - 1].to.v - seq.v;
        seq = o->r[i - 1].to;
    }
    while (wf_seq_lt(seq, end)) { /* The pieces between what is there. */
        struct tcp_seq stop = i < o->n ? wf_seq_min(end, o->r[i].from) : end;
        uint32_t n = stop.v - seq.v;
        if (n > 0) {
            uint32_t before = o->n;
            enum reasm_result one = insert(pool, o, i, p, off, seq, n);
            if (one == REASM_NO_ROOM)
                return result == REASM_TAKEN ? result : one;
            result = one;
            if (o->n < before) /* Joined: the range at i is the next one now. */
                i--;
        }
        /* Step over the range that begins at stop, which may have grown around the piece. */
        while (i < o->n && wf_seq_leq(o->r[i].to, stop))
            i++;
        if (i < o->n && wf_seq_leq(o->r[i].from, stop)) {
            off += o->r[i].to.v - seq.v;
            seq = o->r[i].to;
            i++;
        } else {
            off += n;
            seq = stop;
        }
    }
    return result;
}

uint32_t wf_reasm_pull(struct pkt_pool *pool, struct tcp_reasm *o, struct tcp_seq nxt,
                       struct wf_recvq *q)
{
    uint32_t moved = 0, k = 0;
    for (; k < o->n && wf_seq_leq(o->r[k].from, nxt); k++) {
        struct reasm_range *r = &o->r[k];
        uint32_t old = nxt.v - r->from.v; /* Bytes that arrived in order meanwhile. */
        o->bytes -= r->q.bytes;
        wf_recvq_read(pool, &r->q, NULL, wf_min_u32(old, r->q.bytes));
        moved += r->q.bytes;
        nxt = wf_seq_max(nxt, r->to);
        wf_recvq_join(q, &r->q);
    }
    memmove(&o->r[0], &o->r[k], (o->n - k) * sizeof(o->r[0]));
    o->n -= k;
    return moved;
}

uint8_t wf_reasm_sacks(const struct tcp_reasm *o, struct reasm_range out[], uint8_t max)
{
    uint8_t n = 0;
    uint32_t below = UINT32_MAX;
    while (n < max && n < o->n) {
        const struct reasm_range *best = NULL;
        for (uint32_t i = 0; i < o->n; i++)
            if (o->r[i].touched < below && (best == NULL || o->r[i].touched > best->touched))
                best = &o->r[i];
        if (best == NULL)
            break;
        below = best->touched;
        out[n++] = *best;
    }
    return n;
}

void wf_reasm_clear(struct pkt_pool *pool, struct tcp_reasm *o)
{
    for (uint32_t i = 0; i < o->n; i++)
        wf_recvq_read(pool, &o->r[i].q, NULL, o->r[i].q.bytes);
    o->n = o->bytes = 0;
}
