/* SPDX-License-Identifier: MIT */
#include "tcp/undo.h"

#define NS_PER_MS 1000000u

void wf_undo_begin(struct tcp_undo *u, struct tcp_seq una, uint64_t now_ns)
{
    *u = (struct tcp_undo){.at_ns = now_ns, .una = una, .is_armed = true};
}

void wf_undo_rto(struct tcp_undo *u, struct tcp_seq una, uint64_t now_ns, bool is_new, bool may_ask)
{
    if (is_new) /* A second expiry does not forget what the first one sent again. */
        wf_undo_begin(u, una, now_ns);
    u->frto = may_ask ? FRTO_WAIT : FRTO_OFF;
}

void wf_undo_forget(struct tcp_undo *u)
{
    *u = (struct tcp_undo){0};
}

void wf_undo_resent(struct tcp_undo *u, uint32_t len)
{
    if (!u->is_armed)
        return;
    u->has_rtx = true;
    u->rtx_bytes += len;
}

void wf_undo_no_new(struct tcp_undo *u)
{
    u->frto = FRTO_OFF;
}

/* Something arrived that was sent before the episode and never again. */
static bool has_original(const struct tcp_undo *u, const struct tcp_delivery *d)
{
    return d->has_low && d->first_sent_ns < u->at_ns;
}

static bool frto(struct tcp_undo *u, const struct undo_ack *a)
{
    bool is_original = has_original(u, a->delivery);
    if (a->is_over) { /* All of it at once tells nothing. */
        u->frto = FRTO_OFF;
        return false;
    }
    if (u->frto == FRTO_WAIT) {
        if (a->is_advance)
            u->frto = FRTO_NEW;
        else if (is_original) /* By SACK: it came after the timeout. */
            return true;
        else if (a->is_dup && a->delivery->bytes == 0)
            u->frto = FRTO_OFF;
        return false;
    }
    if (is_original)
        return true;
    if (a->is_dup || a->is_advance || a->delivery->bytes > 0)
        u->frto = FRTO_OFF;
    return false;
}

enum undo_cause wf_undo_ack(struct tcp_undo *u, const struct undo_ack *a)
{
    enum undo_cause cause = UNDO_NO;
    if (!u->is_armed)
        return UNDO_NO;
    if (a->has_dsack && wf_seq_geq(a->dsack_from, u->una)) {
        uint32_t len = a->dsack_to.v - a->dsack_from.v;
        u->una = a->dsack_to; /* Told again it counts no more (RFC 3708 3: all of them). */
        u->rtx_bytes = len < u->rtx_bytes ? u->rtx_bytes - len : 0;
        if (u->has_rtx && u->rtx_bytes == 0)
            cause = UNDO_DSACK;
    }
    uint32_t begin_ms = (uint32_t)(u->at_ns / NS_PER_MS);
    if (a->is_advance && a->has_echo && u->has_rtx && (int32_t)(a->echo_ms - begin_ms) < 0)
        cause = UNDO_EIFEL;
    if (cause == UNDO_NO && u->frto != FRTO_OFF && frto(u, a))
        cause = UNDO_FRTO;
    bool is_late = u->is_ending && wf_seq_geq(a->una, u->end);
    if (a->is_over && !u->is_ending) {
        u->is_ending = true;
        u->end = a->nxt;
    }
    if (cause != UNDO_NO || is_late)
        wf_undo_forget(u);
    return cause;
}
