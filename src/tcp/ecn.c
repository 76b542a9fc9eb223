/* SPDX-License-Identifier: MIT */
#include "tcp/ecn.h"

#include "weft/sock.h"
#include "wire/wire.h"

#define SETUP (TCP_ECE | TCP_CWR)

uint16_t wf_ecn_syn_flags(struct tcp_ecn *e, uint8_t ask)
{
    if (ask != TCP_ECN_ASK || e->has_asked) {
        e->has_sent_plain = true;
        return 0;
    }
    e->has_asked = true;
    return SETUP;
}

void wf_ecn_take_syn(struct tcp_ecn *e, uint8_t ask, uint16_t flags, bool is_simultaneous)
{
    bool is_setup = (flags & SETUP) == SETUP;
    /* RFC 3168 6.1.1: a SYN of ours that crossed this one has to have been an ECN-setup SYN too. */
    bool is_agreed = is_setup && ask != TCP_ECN_NEVER && (!is_simultaneous || e->has_asked);
    e->mode = is_agreed ? WEFT_TCP_ECN_CLASSIC : WEFT_TCP_ECN_OFF;
    e->is_ect_off = e->has_sent_plain;
}

void wf_ecn_take_syn_again(struct tcp_ecn *e, uint16_t flags)
{
    if ((flags & SETUP) != SETUP)
        e->mode = WEFT_TCP_ECN_OFF;
}

uint16_t wf_ecn_synack_flags(const struct tcp_ecn *e)
{
    return e->mode == WEFT_TCP_ECN_CLASSIC ? TCP_ECE : 0;
}

void wf_ecn_take_synack(struct tcp_ecn *e, uint16_t flags)
{
    /* Both flags are an echo of the SYN's by something that does not know them. */
    bool is_setup = (flags & SETUP) == TCP_ECE;
    e->mode = is_setup && e->has_asked ? WEFT_TCP_ECN_CLASSIC : WEFT_TCP_ECN_OFF;
    e->is_ect_off = e->has_sent_plain;
}

void wf_ecn_take_segment(struct tcp_ecn *e, uint16_t flags, uint8_t tos, uint32_t len,
                         uint32_t segs)
{
    if ((flags & TCP_CWR) != 0)
        e->is_ece = false;
    if ((tos & ECN_MASK) == ECN_CE && len > 0) { /* After CWR: this mark is younger. */
        e->is_ece = true;
        e->received_ce += segs;
    }
}

uint16_t wf_ecn_ack_flags(const struct tcp_ecn *e)
{
    return e->is_ece ? TCP_ECE : 0;
}

uint32_t wf_ecn_feedback(struct tcp_ecn *e, uint16_t flags, struct tcp_seq una, uint32_t delivered,
                         uint32_t mss)
{
    if (e->is_reduced && wf_seq_gt(una, e->high))
        e->is_reduced = false;
    if ((flags & TCP_ECE) == 0) {
        if (delivered > 0)
            e->holds = 0;
        return 0;
    }
    e->delivered_ce += (delivered + mss - 1) / mss;
    return wf_max_u32(delivered, 1);
}

void wf_ecn_reduced(struct tcp_ecn *e, struct tcp_seq nxt)
{
    e->is_reduced = true;
    e->high = nxt;
    e->wants_cwr = e->mode == WEFT_TCP_ECN_CLASSIC;
}

void wf_ecn_restored(struct tcp_ecn *e)
{
    e->is_reduced = e->wants_cwr = false;
}

uint32_t wf_ecn_hold(struct tcp_ecn *e)
{
    e->is_held = true;
    if (e->holds < ECN_HOLDS_MAX)
        e->holds++;
    return e->holds - 1u;
}
