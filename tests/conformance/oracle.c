/* SPDX-License-Identifier: MIT */
/* Each function is a step of RFC 9293 3.10.7; one that answers true has consumed the segment. */
#include "oracle.h"

/* Comparisons modulo 2^32 (3.4). */
static bool lt(uint32_t a, uint32_t b)
{
    return a != b && b - a < 0x80000000u;
}

static bool leq(uint32_t a, uint32_t b)
{
    return a == b || lt(a, b);
}

static bool has(const struct o_seg *s, uint8_t flag)
{
    return (s->flags & flag) != 0;
}

uint32_t o_seg_len(const struct o_seg *s)
{
    return s->len + has(s, O_SYN) + has(s, O_FIN);
}

static void reply(struct o_says *out, uint8_t flags, uint32_t seq, uint32_t ack)
{
    out->has_reply = true;
    out->reply = (struct o_seg){.flags = flags, .seq = seq, .ack = ack};
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
static bool acknowledge(const struct o_tcb *t, uint32_t rcv_nxt, struct o_says *out)
{
    reply(out, O_ACK, t->nxt, rcv_nxt);
    return true;
}

static void reset(const struct o_seg *s, struct o_says *out)
{
    if (has(s, O_RST))
        return;
    if (has(s, O_ACK))
        reply(out, O_RST, s->ack, 0);
    else
        reply(out, O_RST | O_ACK, 0, s->seq + o_seg_len(s));
}

/* 3.10.7.2 */
static void in_listen(const struct o_tcb *t, const struct o_seg *s, struct o_says *out)
{
    if (has(s, O_RST))
        return;
    if (has(s, O_ACK)) {
        reset(s, out);
        return;
    }
    if (!has(s, O_SYN))
        return;
    out->state = O_SYN_RECEIVED;
    out->is_iss_new = true;
    reply(out, O_SYN | O_ACK, t->nxt, s->seq + 1);
}

/* 3.10.7.3; the user is told "refused" (TCP-EV-23). */
static void in_syn_sent(const struct o_tcb *t, const struct o_seg *s, struct o_says *out)
{
    bool is_ack_ok = has(s, O_ACK) && lt(t->una, s->ack) && leq(s->ack, t->nxt);
    if (has(s, O_ACK) && !is_ack_ok) {
        reset(s, out);
        return;
    }
    if (has(s, O_RST)) {
        if (!is_ack_ok)
            return;
        out->state = O_CLOSED;
        out->user = O_USER_REFUSED;
        return;
    }
    if (!has(s, O_SYN))
        return;
    if (is_ack_ok) {
        out->state = O_ESTABLISHED;
        out->una = s->ack;
        acknowledge(t, s->seq + 1, out);
        if (has(s, O_FIN) && s->len == 0) { /* "Continue processing at the sixth step." */
            out->state = O_CLOSE_WAIT;
            out->user = O_USER_END;
            out->reply.ack++;
        }
        return;
    }
    out->state = O_SYN_RECEIVED;
    reply(out, O_SYN | O_ACK, t->iss, s->seq + 1);
}

/* RFC 6191 without timestamps, MAY-2: above everything the old incarnation of the peer used. A FIN
 * beside the SYN is nothing a listener would take. */
static bool reopens(const struct o_tcb *t, const struct o_seg *s)
{
    uint32_t last_seen = t->rcv_nxt - 1;
    if (has(s, O_FIN))
        return false;
    return t->has_listener && has(s, O_SYN) && !has(s, O_ACK | O_RST) && lt(last_seen, s->seq);
}

/* The four cases of table 6. */
static bool is_acceptable(const struct o_tcb *t, const struct o_seg *s)
{
    uint32_t len = o_seg_len(s), edge = t->rcv_nxt + t->rcv_wnd, last = s->seq + len - 1;
    bool is_first_in = leq(t->rcv_nxt, s->seq) && lt(s->seq, edge);
    bool is_last_in = leq(t->rcv_nxt, last) && lt(last, edge);
    if (len == 0)
        return t->rcv_wnd == 0 ? s->seq == t->rcv_nxt : is_first_in;
    return t->rcv_wnd > 0 && (is_first_in || is_last_in);
}

/* A closed window lets valid ACKs and resets in all the same; text and FIN stay outside. */
static bool is_let_in(const struct o_tcb *t, const struct o_seg *s)
{
    return t->rcv_wnd == 0 && s->seq == t->rcv_nxt && has(s, O_ACK | O_RST);
}

/* First: the sequence number. The SYN that made a half-open connection may get its answer again. */
static bool check_sequence(const struct o_tcb *t, const struct o_seg *s, struct o_says *out)
{
    if (is_acceptable(t, s) || is_let_in(t, s))
        return false;
    if (has(s, O_RST))
        return true;
    bool is_last_fin = has(s, O_FIN) && s->seq + o_seg_len(s) == t->rcv_nxt;
    if (t->state == O_TIME_WAIT && is_last_fin) { /* TCP-EV-42 */
        out->may_be_restarted = true;
        out->is_restarted = leq(s->ack, t->nxt);
    }
    out->may_be_syn_ack =
        t->state == O_SYN_RECEIVED && t->is_passive && has(s, O_SYN) && s->seq == t->irs;
    return acknowledge(t, t->rcv_nxt, out);
}

/* Second: RST, with the three checks of RFC 5961 3.2. */
static bool check_rst(const struct o_tcb *t, const struct o_seg *s, struct o_says *out)
{
    if (!has(s, O_RST))
        return false;
    if (s->seq != t->rcv_nxt)
        return acknowledge(t, t->rcv_nxt, out);
    out->state = t->state == O_SYN_RECEIVED && t->is_passive ? O_LISTEN : O_CLOSED;
    if (t->state == O_SYN_RECEIVED && !t->is_passive)
        out->user = O_USER_REFUSED;
    if (t->state == O_ESTABLISHED || t->state == O_FIN_WAIT_1 || t->state == O_FIN_WAIT_2 ||
        t->state == O_CLOSE_WAIT)
        out->user = O_USER_RESET;
    return true;
}

/* Fourth: SYN. */
static bool check_syn(const struct o_tcb *t, const struct o_seg *s, struct o_says *out)
{
    if (!has(s, O_SYN))
        return false;
    if (t->state == O_SYN_RECEIVED && t->is_passive) {
        out->state = O_LISTEN;
        return true;
    }
    return acknowledge(t, t->rcv_nxt, out);
}

/* Our FIN, where one was sent, has the last number before SND.NXT. */
static void fin_is_acked(const struct o_tcb *t, struct o_says *out)
{
    if (out->una != t->nxt)
        return;
    if (t->state == O_FIN_WAIT_1)
        out->state = O_FIN_WAIT_2;
    if (t->state == O_CLOSING)
        out->state = O_TIME_WAIT;
    if (t->state == O_LAST_ACK)
        out->state = O_CLOSED;
}

/* Fifth: ACK, with the range of RFC 5961 5.2; a half-open connection answers with a reset. */
static bool check_ack(const struct o_tcb *t, const struct o_seg *s, struct o_says *out)
{
    if (!has(s, O_ACK))
        return true;
    if (t->state == O_SYN_RECEIVED) {
        if (!lt(t->una, s->ack) || !leq(s->ack, t->nxt)) {
            reset(s, out);
            return true;
        }
        out->state = O_ESTABLISHED;
    }
    if (!leq(t->una - t->wnd_max, s->ack) || !leq(s->ack, t->nxt))
        return acknowledge(t, t->rcv_nxt, out);
    if (lt(t->una, s->ack))
        out->una = s->ack;
    fin_is_acked(t, out);
    if (t->state == O_TIME_WAIT) { /* What is acceptable here is at best that FIN again. */
        out->may_be_restarted = out->may_be_silent = true;
        return acknowledge(t, t->rcv_nxt, out);
    }
    return out->state == O_CLOSED;
}

static bool takes_text(enum o_state state)
{
    return state == O_ESTABLISHED || state == O_FIN_WAIT_1 || state == O_FIN_WAIT_2;
}

/* Seventh: text. What is not next is held (SHLD-31) and answered (RFC 5681 4.2). */
static bool take_text(const struct o_tcb *t, const struct o_seg *s, struct o_says *out)
{
    if (s->len == 0 || !takes_text(out->state))
        return false;
    if (s->seq == t->rcv_nxt && t->rcv_wnd > 0) {
        out->user = O_USER_TEXT;
        return acknowledge(t, t->rcv_nxt + s->len, out);
    }
    return acknowledge(t, t->rcv_nxt, out);
}

/* Eighth: FIN. After the peer's FIN there is no other; whether it is answered is left open. */
static bool take_fin(const struct o_tcb *t, const struct o_seg *s, struct o_says *out)
{
    if (!has(s, O_FIN))
        return false;
    acknowledge(t, t->rcv_nxt, out);
    out->may_be_silent = !takes_text(out->state);
    if (s->seq != t->rcv_nxt || t->rcv_wnd == 0 || !takes_text(out->state))
        return true;
    out->reply.ack = t->rcv_nxt + 1;
    out->user = O_USER_END;
    switch (out->state) {
    case O_ESTABLISHED:
        out->state = O_CLOSE_WAIT;
        break;
    case O_FIN_WAIT_1:
        out->state = O_CLOSING;
        break;
    case O_FIN_WAIT_2:
        out->state = O_TIME_WAIT;
        break;
    case O_CLOSED:
    case O_LISTEN:
    case O_SYN_SENT:
    case O_SYN_RECEIVED:
    case O_CLOSE_WAIT:
    case O_CLOSING:
    case O_LAST_ACK:
    case O_TIME_WAIT:
    case O_STATE_COUNT:
        break;
    }
    return true;
}

/* 3.10.7.4. MAY-13: what is in the window but not at its left edge may be answered. */
static void in_other(const struct o_tcb *t, const struct o_seg *s, struct o_says *out)
{
    if (t->state == O_TIME_WAIT) {
        if (has(s, O_RST)) /* RFC 1337 */
            return;
        if (reopens(t, s)) {
            in_listen(t, s, out);
            return;
        }
    }
    if (check_sequence(t, s, out) || check_rst(t, s, out) || check_syn(t, s, out) ||
        check_ack(t, s, out) || take_text(t, s, out) || take_fin(t, s, out))
        return;
    if (s->seq != t->rcv_nxt) {
        acknowledge(t, t->rcv_nxt, out);
        out->may_be_silent = true;
    }
}

void o_judge(const struct o_tcb *t, const struct o_seg *s, struct o_says *out)
{
    bool is_at_end = t->state == O_CLOSE_WAIT || t->state == O_CLOSING || t->state == O_LAST_ACK ||
                     t->state == O_TIME_WAIT;
    *out = (struct o_says){
        .state = t->state, .una = t->una, .user = is_at_end ? O_USER_END : O_USER_NOTHING};
    switch (t->state) {
    case O_CLOSED: /* 3.10.7.1 */
        reset(s, out);
        break;
    case O_LISTEN:
        in_listen(t, s, out);
        break;
    case O_SYN_SENT:
        in_syn_sent(t, s, out);
        break;
    case O_SYN_RECEIVED:
    case O_ESTABLISHED:
    case O_FIN_WAIT_1:
    case O_FIN_WAIT_2:
    case O_CLOSE_WAIT:
    case O_CLOSING:
    case O_LAST_ACK:
    case O_TIME_WAIT:
        in_other(t, s, out);
        break;
    case O_STATE_COUNT:
        break;
    }
}
