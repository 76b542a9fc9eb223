/* SPDX-License-Identifier: MIT */
/**
 * DOC: urgent - the urgent mechanism of RFC 9293 3.8.5 and RFC 6093, for programs that still use it
 *
 * Sending: SND.UP is one past the last urgent octet. While it is ahead of a segment and 16 bits
 * reach it, the segment says so; these segments go one by one, because the pointer of a super-frame
 * would be wrong in all of its pieces but the first. With a closed window a bare acknowledgement
 * carries the pointer.
 *
 * Receiving: a pointer moves RCV.UP forward only, and never makes bytes of the stream vanish by
 * itself: it says where a read stops (the mark is the last urgent octet) and sets WEFT_URGENT until
 * the user has read past. In line, the default (RFC 6093 6), that is all. Kept apart, as BSD
 * sockets have it, the octet at the mark leaves the stream when the reader gets there.
 *
 * Limits: a pointer may lie 64 KiB ahead of its segment, beyond the window too; a FIN before it
 * ends it. A pointer that does not advance changes nothing and is not announced again.
 */
#include "tcp/conn.h"

#define REACH 65535u /* Of the urgent pointer. */

/* ---- sending ---- */

int64_t wf_tcp_send_urgent(struct net *net, struct tcp_conn *c, const uint8_t *buf, size_t len)
{
    int64_t n = wf_tcp_send(net, c, buf, len);
    if (n <= 0 || (size_t)n != len)
        return n;
    c->snd.up = wf_seq(c->sendq.end);
    c->snd.is_urg = true;
    if (wf_tcp_is_synchronized(c))
        wf_tcp_ack_now(net, c); /* If no data can go, the pointer does. */
    return n;
}

void wf_tcp_urgent_out(struct tcp_conn *c, struct tcp_hdr *h)
{
    if (wf_seq_geq(c->snd.una, c->snd.up)) {
        c->snd.is_urg = false;
        return;
    }
    if (wf_seq_geq(h->seq, c->snd.up))
        return;
    uint32_t ahead = c->snd.up.v - h->seq.v - c->user.is_stdurg;
    if (ahead > REACH)
        return;
    h->flags |= TCP_URG;
    h->urg = (uint16_t)ahead;
}

/* ---- receiving ---- */

/* The next byte that the user will read. */
static struct tcp_seq copied(const struct tcp_conn *c)
{
    return wf_seq_sub(c->rcv.nxt, c->recvq.bytes + c->rcv.is_fin_seen);
}

uint32_t wf_tcp_urgent_left(const struct tcp_conn *c)
{
    struct tcp_seq at = copied(c);
    return wf_seq_gt(c->rcv.up, at) ? c->rcv.up.v - at.v : 0;
}

void wf_tcp_urgent_in(struct net *net, struct tcp_conn *c, const struct tcp_seg *s)
{
    bool may_take = c->state == WEFT_TCP_ESTABLISHED || c->state == WEFT_TCP_FIN_WAIT_1 ||
                    c->state == WEFT_TCP_FIN_WAIT_2;
    if (!may_take || c->rcv.is_shut || c->is_orphan)
        return;
    struct tcp_seq up = wf_seq_add(s->h.seq, (uint32_t)s->h.urg + c->user.is_stdurg);
    if (!wf_seq_gt(up, c->rcv.is_urg ? c->rcv.up : copied(c)))
        return;
    c->rcv.up = up;
    c->rcv.is_urg = true;
    c->rcv.is_urg_read = false;
    c->rcv.has_urg_octet = false; /* There is one at a time: the one before it is lost. */
    c->rcv.is_at_mark = false;
    wf_count(net, WEFT_COUNT_TCP_URGENT_IN);
    if (c->ready != NULL)
        wf_ready_mark(net, c->ready);
}

void wf_tcp_urgent_settle(struct net *net, struct tcp_conn *c)
{
    uint32_t left = wf_tcp_urgent_left(c);
    bool is_apart = c->user.is_oob_apart && left == 1 && c->recvq.bytes > 0;
    if (left > 0 && !is_apart)
        return;
    c->rcv.is_urg = false;
    if (left == 0)
        return;
    (void)wf_recvq_read(&net->pool, &c->recvq, &c->rcv.urg_octet, 1);
    c->rcv.has_urg_octet = !c->rcv.is_urg_read;
    c->rcv.is_at_mark = true;
}

uint32_t wf_tcp_urgent_limit(const struct tcp_conn *c)
{
    uint32_t left = c->rcv.is_urg ? wf_tcp_urgent_left(c) : 0;
    return left > 1 ? left - 1 : UINT32_MAX;
}

int wf_tcp_recv_urgent(struct tcp_conn *c, uint8_t *octet)
{
    if (c->rcv.has_urg_octet) {
        c->rcv.has_urg_octet = false;
        *octet = c->rcv.urg_octet;
        return 1;
    }
    if (!c->user.is_oob_apart || !c->rcv.is_urg || c->rcv.is_urg_read)
        return -WEFT_EINVAL;
    uint32_t left = wf_tcp_urgent_left(c);
    if (left == 0)
        return -WEFT_EINVAL;
    if (left > c->recvq.bytes)
        return -WEFT_EAGAIN;
    *octet = wf_recvq_octet(&c->recvq, left - 1);
    c->rcv.is_urg_read = true;
    return 1;
}

bool wf_tcp_at_mark(const struct tcp_conn *c)
{
    return c->rcv.is_at_mark || (c->rcv.is_urg && wf_tcp_urgent_left(c) == 1);
}
