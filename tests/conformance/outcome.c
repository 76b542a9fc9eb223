/* SPDX-License-Identifier: MIT */
#include "outcome.h"

/* Everything the user can read, and what stands at its end. */
static void read_all(struct peer *p, struct outcome *o)
{
    uint8_t buf[8192];
    uint32_t n = 0;
    int64_t r = 0;
    if (p->sock == 0 && p->listener != 0)
        (void)!weft_sock_accept(p->st, p->listener, &p->sock, NULL);
    if (p->sock == 0)
        return;
    while (n < sizeof(buf) && (r = weft_sock_recv(p->st, p->sock, buf + n, sizeof(buf) - n)) > 0)
        n += (uint32_t)r;
    if (r == -WEFT_ECONNRESET)
        o->user = O_USER_RESET;
    else if (r == -WEFT_ECONNREFUSED)
        o->user = O_USER_REFUSED;
    else if (n > p->unread)
        o->user = O_USER_TEXT;
    else if (r == 0)
        o->user = O_USER_END;
    if (n > p->unread)
        o->is_text_wrong = n - p->unread != o->s.len ||
                           weft_pattern_check(PEER_TEXT_SEED, p->t.rcv_nxt - p->stream,
                                              buf + p->unread, o->s.len) != o->s.len;
}

void outcome_take(struct peer *p, struct outcome *o)
{
    struct weft_tcp_info info;
    enum o_state before = o->t.state;
    peer_wait(p, OUTCOME_NS);
    o->state = peer_state(p);
    o->seen_n = p->seen_n;
    o->seen = p->seen[0];
    o->has_una = p->sock != 0 && weft_sock_tcp_info(p->st, p->sock, &info) == 0;
    o->una = o->has_una ? info.snd_una : 0;
    read_all(p, o);
    if (before == O_TIME_WAIT) {
        uint64_t over_ns = p->time_wait_ns + (2ull * PEER_MSL_MS + 500) * PEER_MS;
        peer_wait(p, over_ns - p->wire.now(p->wire.user));
        o->is_restarted = peer_state(p) == O_TIME_WAIT;
    }
    o->is_broken = p->is_broken;
}

static bool is_reply_right(const struct outcome *o, const struct o_says *e)
{
    const struct o_seg *a = &o->seen, *b = &e->reply;
    if (o->seen_n == 0)
        return !e->has_reply || e->may_be_silent;
    if (o->seen_n > 1 || !e->has_reply || a->len != 0)
        return false;
    uint8_t flags = (uint8_t)(a->flags & ~O_PSH);
    if (e->may_be_syn_ack && flags == (O_SYN | O_ACK))
        return a->seq == o->t.iss && a->ack == o->t.rcv_nxt;
    bool is_seq_right = e->is_iss_new ? o->t.state != O_TIME_WAIT ||
                                            (a->seq != o->t.nxt && a->seq - o->t.nxt < 1u << 31)
                                      : a->seq == b->seq;
    return flags == b->flags && is_seq_right && ((flags & O_ACK) == 0 || a->ack == b->ack);
}

/* NULL = all is right. */
const char *outcome_fault(const struct outcome *o, const struct o_says *e)
{
    bool has_numbers = o->state >= O_SYN_SENT && o->state != O_TIME_WAIT && o->has_una;
    if (!o->is_set_up)
        return "the state was not reached";
    if (o->is_broken || o->is_text_wrong)
        return "a malformed segment, or wrong text";
    if (o->state != e->state)
        return "state";
    if (o->user != e->user)
        return "user";
    if (!is_reply_right(o, e))
        return "reply";
    if (has_numbers && o->una != e->una)
        return "SND.UNA";
    if (o->t.state == O_TIME_WAIT && o->state == O_TIME_WAIT &&
        (o->is_restarted ? !e->may_be_restarted : e->is_restarted))
        return "2 MSL timer";
    return NULL;
}
