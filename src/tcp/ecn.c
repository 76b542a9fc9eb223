/* SPDX-License-Identifier: MIT */
#include "tcp/ecn.h"

#include "weft/sock.h"

#define SETUP        (TCP_ECE | TCP_CWR)
#define CEP_START    5u
#define E0B_START    1u
#define UNSAID_MAX   7u
#define BYTES_24     0xffffffu
#define ACE_MASK     7u
#define OPTION_WHOLE (TCP_ACC_OPTION | 3u)

/* RFC 9768, tables 2 and 3: how a SYN or SYN,ACK was marked, by its ECN field. */
static const uint16_t handshake_flags[4] = {TCP_CWR, TCP_CWR | TCP_ECE, TCP_AE, TCP_AE | TCP_CWR};

static uint32_t ace_of(uint16_t flags)
{
    return ((flags & TCP_AE) != 0 ? 4u : 0u) | ((flags & TCP_CWR) != 0 ? 2u : 0u) |
           ((flags & TCP_ECE) != 0 ? 1u : 0u);
}

static uint16_t ace_flags(uint32_t ace)
{
    return (uint16_t)(((ace & 4) != 0 ? TCP_AE : 0u) | ((ace & 2) != 0 ? TCP_CWR : 0u) |
                      ((ace & 1) != 0 ? TCP_ECE : 0u));
}

/* ---- handshake ---- */

uint16_t wf_ecn_syn_flags(struct tcp_ecn *e, uint8_t ask)
{
    if ((ask != TCP_ECN_ASK && ask != TCP_ECN_ACC) || e->has_asked_all) {
        e->has_sent_plain = true;
        return 0;
    }
    e->has_asked_all = ask == TCP_ECN_ASK || e->has_asked; /* AccECN: RFC 9768 3.1.4.1. */
    e->has_asked = true;
    return ask == TCP_ECN_ASK ? SETUP : ECN_FLAGS;
}

bool wf_ecn_may_retry(struct tcp_ecn *e)
{
    e->has_asked_all = true;
    return e->has_asked && !e->has_sent_plain;
}

/* The mode that a SYN asks for, as far as the user lets it. */
static uint8_t mode_of_syn(uint8_t ask, uint16_t flags)
{
    bool is_setup = (flags & SETUP) == SETUP;
    if (ask == TCP_ECN_NEVER || (flags & ECN_FLAGS) == 0)
        return WEFT_TCP_ECN_OFF;
    if (ask != TCP_ECN_ACC)
        return is_setup ? WEFT_TCP_ECN_CLASSIC : WEFT_TCP_ECN_OFF;
    return (flags & ECN_FLAGS) == SETUP ? WEFT_TCP_ECN_CLASSIC : WEFT_TCP_ECN_ACC;
}

void wf_ecn_take_syn(struct tcp_ecn *e, uint8_t ask, uint16_t flags, uint8_t tos,
                     bool is_simultaneous)
{
    /* RFC 3168 6.1.1: a SYN of ours that crossed this one has to have had the flags, too. */
    e->mode = is_simultaneous && !e->has_asked ? WEFT_TCP_ECN_OFF : mode_of_syn(ask, flags);
    e->is_ect_off = e->has_sent_plain;
    e->handshake = tos & ECN_MASK;
}

bool wf_ecn_take_syn_again(struct tcp_ecn *e, uint8_t ask, uint16_t flags, uint8_t tos)
{
    uint8_t mode = mode_of_syn(ask, flags);
    if (e->mode == WEFT_TCP_ECN_OFF)
        return true;
    e->handshake = tos & ECN_MASK;
    if (mode == WEFT_TCP_ECN_OFF) { /* The peer may never have seen that we agreed. */
        e->is_ect_off = true;
        e->has_sent_plain |= e->mode == WEFT_TCP_ECN_CLASSIC;
        return true;
    }
    return mode == e->mode;
}

uint16_t wf_ecn_synack(struct tcp_ecn *e, uint32_t tries, bool is_again, struct tcp_opts *o)
{
    if (e->mode == WEFT_TCP_ECN_CLASSIC)
        return e->has_sent_plain ? 0 : TCP_ECE;
    if (e->mode != WEFT_TCP_ECN_ACC)
        return 0;
    if (is_again) /* RFC 9768 3.2.3.2.2: something may drop what has the option ... */
        e->is_option_off = true;
    if (tries >= 2) { /* ... or the flags. */
        e->has_sent_plain = true;
        e->is_ect_off = true;
        return 0;
    }
    if (!e->is_option_off)
        wf_ecn_put_option(e, OPTION_WHOLE, o);
    return handshake_flags[e->handshake];
}

void wf_ecn_take_synack(struct tcp_ecn *e, uint8_t ask, uint16_t flags, uint8_t tos)
{
    uint16_t f = flags & ECN_FLAGS;
    e->mode = WEFT_TCP_ECN_OFF;
    if (!e->has_asked)
        return;
    if (ask != TCP_ECN_ACC || f == TCP_ECE || f == 0 || f == ECN_FLAGS) {
        /* Both flags are an echo of the SYN's by something that does not know them. */
        e->mode = (f & SETUP) == TCP_ECE ? WEFT_TCP_ECN_CLASSIC : WEFT_TCP_ECN_OFF;
        e->is_ect_off = e->has_sent_plain;
        return;
    }
    e->mode = WEFT_TCP_ECN_ACC;
    /* The SYN went as Not-ECT: anything else means that the field is mangled (3.2.2.3). */
    e->is_ect_off = f != TCP_CWR && f != (TCP_AE | TCP_ECE);
    e->wants_option = e->wants_first = true;
    wf_ecn_take_synack_again(e, tos);
}

void wf_ecn_take_synack_again(struct tcp_ecn *e, uint8_t tos)
{
    e->handshake = tos & ECN_MASK;
    if (e->handshake == ECN_CE && e->received_ce == 0) /* Once, however often it comes. */
        e->received_ce = 1;
    e->wants_handshake = true;
}

void wf_ecn_take_last_ack(struct tcp_ecn *e, uint16_t flags)
{
    if (e->mode != WEFT_TCP_ECN_ACC)
        return;
    uint16_t f = flags & ECN_FLAGS;
    if (f == 0) { /* RFC 9768, table 4: the client may be in another mode. */
        e->is_ect_off = e->is_deaf = true;
        return;
    }
    for (uint32_t i = ECN_ECT1; i <= ECN_CE; i++) /* The SYN,ACK went as Not-ECT. */
        if (f == handshake_flags[i])
            e->is_ect_off = true;
    if (f == handshake_flags[ECN_CE])
        e->delivered_ce = 1;
}

/* ---- as a receiver ---- */

static bool take_acc(struct tcp_ecn *e, uint8_t ecn, uint32_t len, uint32_t segs, bool has_unacked)
{
    bool is_ce = ecn == ECN_CE, is_change = is_ce && !e->is_last_ce && len > 0;
    e->is_last_ce = is_ce;
    e->wants_option |= ecn != 0 && len > 0;
    if (ecn == ECN_ECT0)
        e->e0_bytes += len;
    else if (ecn == ECN_ECT1)
        e->e1_bytes += len;
    if (!is_ce)
        return false;
    e->ce_bytes += len;
    e->received_ce += segs;
    e->unsaid = wf_min_u32(e->unsaid + segs, UNSAID_MAX) & UNSAID_MAX;
    return is_change || e->unsaid >= (has_unacked || len > 0 ? 2u : 3u); /* RFC 9768 3.2.2.5.1 */
}

bool wf_ecn_take_segment(struct tcp_ecn *e, uint16_t flags, uint8_t tos, uint32_t len,
                         uint32_t segs, bool has_unacked)
{
    uint8_t ecn = tos & ECN_MASK;
    if (e->mode == WEFT_TCP_ECN_ACC)
        return take_acc(e, ecn, len, segs, has_unacked);
    if ((flags & TCP_CWR) != 0)
        e->is_ece = false;
    if (ecn == ECN_CE && len > 0) { /* After CWR: this mark is younger. */
        e->is_ece = true;
        e->received_ce += segs;
    }
    return false;
}

uint16_t wf_ecn_ack_flags(struct tcp_ecn *e, bool is_pure)
{
    if (e->mode != WEFT_TCP_ECN_ACC)
        return e->is_ece ? TCP_ECE : 0;
    if (is_pure && e->wants_handshake) {
        e->wants_handshake = false;
        return handshake_flags[e->handshake];
    }
    e->unsaid = 0;
    return ace_flags(e->received_ce + CEP_START);
}

uint8_t wf_ecn_option(const struct tcp_ecn *e, bool is_data)
{
    if (e->mode != WEFT_TCP_ECN_ACC || e->is_option_off ||
        !(e->wants_option || (is_data && e->wants_first)))
        return 0;
    bool has_e0 = e->e0_bytes != 0, has_e1 = e->e1_bytes != 0, has_ce = e->ce_bytes != 0;
    if (e->wants_handshake || (is_data && e->wants_first) || (has_e0 && has_e1))
        return OPTION_WHOLE;
    return (uint8_t)(TCP_ACC_OPTION | (has_e1 ? TCP_ACC_ORDER1 : 0u) | (has_ce ? 2u : 1u));
}

void wf_ecn_put_option(struct tcp_ecn *e, uint8_t acc, struct tcp_opts *o)
{
    uint32_t e0 = (e->e0_bytes + E0B_START) & BYTES_24, e1 = (e->e1_bytes + E0B_START) & BYTES_24;
    bool is_order1 = (acc & TCP_ACC_ORDER1) != 0;
    o->acc = acc;
    o->acc_bytes[0] = is_order1 ? e1 : e0;
    o->acc_bytes[1] = e->ce_bytes & BYTES_24;
    o->acc_bytes[2] = is_order1 ? e0 : e1;
    e->wants_option = false;
}

/* ---- as a sender ---- */

/*
 * CE packets that an ACE field tells of: at least what makes the lower three bits right. More if
 * the field may have wrapped: as many as the option's bytes speak for, else the most there can be,
 * unless acknowledgements of so much are the rule here (RFC 9768 3.2.2.5.2).
 */
static uint32_t ce_packets(struct tcp_ecn *e, uint32_t ace, uint32_t delivered, uint32_t mss,
                           bool has_ceb, uint32_t ceb)
{
    uint32_t n = (ace - (e->delivered_ce + CEP_START)) & ACE_MASK;
    uint32_t most = (delivered + mss - 1) / mss;
    bool may_wrap = most > ACE_MASK, is_rule = e->is_acked_in_bulk;
    e->is_acked_in_bulk = may_wrap;
    if (has_ceb && !e->is_ceb_behind)
        most = wf_min_u32(most, (ceb + mss - 1) / mss);
    else if (is_rule)
        return n;
    return most > n ? n + ((most - n) & ~ACE_MASK) : n;
}

static uint32_t acc_feedback(struct tcp_ecn *e, const struct tcp_hdr *h, uint32_t delivered,
                             uint32_t mss)
{
    if (e->is_deaf || delivered == 0) /* Without progress it may be older than what is known. */
        return 0;
    /* A field that is left off did not change since the option before. */
    bool has_ceb = h->opt.acc != 0, has_field = (h->opt.acc & TCP_ACC_FIELDS) >= 2;
    uint32_t ceb = has_field ? (h->opt.acc_bytes[1] - e->delivered_ce_bytes) & BYTES_24 : 0;
    has_ceb = has_ceb && ceb <= BYTES_24 / 2;
    uint32_t pkts = ce_packets(e, ace_of(h->flags), delivered, mss, has_ceb, ceb);
    uint32_t bytes = wf_min_u32(pkts * mss, delivered);
    e->delivered_ce += pkts;
    if (has_ceb) {
        if (!e->is_ceb_behind) {
            /* Marked bytes without a marked packet, where ACE cannot have wrapped (3.2.3.2.5). */
            e->is_ect_off |= ceb > 0 && pkts == 0 && delivered < ACE_MASK * mss;
            bytes = wf_min_u32(ceb, delivered);
        }
        e->delivered_ce_bytes += ceb;
    }
    if (has_ceb || pkts > 0)
        e->is_ceb_behind = !has_ceb;
    return pkts > 0 ? wf_max_u32(bytes, 1) : 0;
}

uint32_t wf_ecn_feedback(struct tcp_ecn *e, const struct tcp_hdr *h, struct tcp_seq una,
                         uint32_t delivered, uint32_t mss)
{
    uint32_t bytes = 0;
    if (e->is_reduced && wf_seq_gt(una, e->high))
        e->is_reduced = false;
    if (e->mode == WEFT_TCP_ECN_ACC) {
        bytes = acc_feedback(e, h, delivered, mss);
    } else if ((h->flags & TCP_ECE) != 0) {
        e->delivered_ce += (delivered + mss - 1) / mss;
        bytes = wf_max_u32(delivered, 1);
    }
    if (bytes == 0 && delivered > 0)
        e->holds = 0;
    return bytes;
}

void wf_ecn_reduced(struct tcp_ecn *e, struct tcp_seq nxt)
{
    e->is_reduced = e->mode != WEFT_TCP_ECN_OFF; /* Nothing would end it. */
    e->high = nxt;
    e->wants_cwr = e->mode == WEFT_TCP_ECN_CLASSIC;
}

void wf_ecn_restored(struct tcp_ecn *e)
{
    e->is_reduced = e->wants_cwr = false;
}

uint32_t wf_ecn_hold(struct tcp_ecn *e)
{
    uint32_t shift = e->holds;
    e->is_held = true;
    if (e->holds < ECN_HOLDS_MAX)
        e->holds++;
    return shift;
}
