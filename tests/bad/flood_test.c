/* SPDX-License-Identifier: MIT */
/** DOC: Peers that eat memory (BAD-DOS), and hosts that talk to themselves */
#include <string.h>

#include "bad.h"
#include "tcp/cookie.h"
#include "tcp/reasm.h"

#define RCVBUF 4096u /* The peer's connections have so much. */

static struct o_seg at(const struct bad *b, uint32_t off, uint32_t len)
{
    return (struct o_seg){
        .flags = O_ACK, .seq = b->p.t.rcv_nxt + off, .ack = b->p.t.nxt, .len = len};
}

/* Everything in the receive buffer is the stream from its start; its length. */
static uint32_t read_all(struct bad *b)
{
    static uint8_t buf[8192];
    uint32_t n = 0;
    for (int64_t r; (r = weft_sock_recv(b->st, b->p.sock, buf, sizeof(buf))) > 0; n += (uint32_t)r)
        T_EQ(weft_pattern_check(PEER_TEXT_SEED, b->p.t.rcv_nxt - b->p.stream + n, buf, (size_t)r),
             r);
    return n;
}

/* ---- what is out of order ---- */

/* proves: BAD-DOS-11 */
/* Four octets in each sixteen: as many ranges as there are, not one more. */
static void segments_that_leave_holes(void)
{
    struct bad *b = bad_established();
    for (uint32_t k = 0; k < 250; k++) {
        struct o_seg s = at(b, 8 + 16 * k, 4);
        bad_send(b, &s, NULL, 1 * MS);
        T_CHECK(bad_info(b).ooo <= 4 * REASM_RANGES);
    }
    T_EQ(bad_info(b).ooo, 4 * REASM_RANGES);
    T_EQ(bad_drops(b, WEFT_DROP_TCP_OOO_LIMIT) + bad_drops(b, WEFT_DROP_TCP_WINDOW),
         250 - REASM_RANGES);
    T_EQ(bad_usage(b).busy, 1);
    for (uint32_t k = 0; k < 2; k++) { /* It all fits together in the end. */
        struct o_seg s = at(b, 900 * k, 900);
        bad_send(b, &s, NULL, 60 * MS);
    }
    T_EQ(read_all(b), 1800);
    bad_end(b);
}

/* Octet by octet, from behind, in the order that costs a list most. */
static void octets_in_the_worst_order(void)
{
    struct bad *b = bad_established();
    uint64_t turns = b->two->turns;
    for (uint32_t i = 0; i < 50000; i++) {
        struct o_seg s = at(b, 2 * (1 + (uint32_t)(t_random() % 1800)), 1);
        bad_send(b, &s, NULL, 20 * US);
        T_CHECK(bad_info(b).ooo <= REASM_RANGES);
    }
    T_CHECK(b->two->turns - turns < 10 * 50000);
    T_CHECK(bad_usage(b).lent + bad_usage(b).blocks <= 4 * REASM_RANGES);
    bad_end(b);
}

/* proves: BAD-DOS-14 */
/* Each segment covers all that came before: what is stored is what the window spans. */
static void a_pile_of_overlaps(void)
{
    struct bad *b = bad_established();
    for (uint32_t k = 0; k < 999; k++) {
        struct o_seg s = at(b, 1000 - k, k + 1);
        bad_send(b, &s, NULL, 1 * MS);
        T_EQ(bad_info(b).ooo, k + 1);
        T_CHECK(bad_usage(b).chunks <= 2 * RCVBUF / 4096 + 16);
    }
    struct o_seg s = at(b, 0, 1);
    bad_send(b, &s, NULL, 1 * MS);
    s = at(b, 1, 1);
    bad_send(b, &s, NULL, 60 * MS);
    T_EQ(read_all(b), 1001);
    bad_end(b);
}

/* ---- what is in order, and not read ---- */

/* proves: BAD-DOS-15 */
static void octets_that_nobody_reads(void)
{
    struct bad *b = bad_established();
    T_EQ(two_finish(b->two, 10 * S), 1);
    struct weft_usage before = bad_usage(b);
    uint32_t off = 0, chunks = 0, lent = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        struct o_seg s = at(b, off, 1);
        bad_send(b, &s, NULL, i % 10 == 0 ? 50 * MS : 0);
        struct weft_usage u = bad_usage(b);
        chunks = u.chunks - before.chunks > chunks ? u.chunks - before.chunks : chunks;
        lent = u.lent - before.lent > lent ? u.lent - before.lent : lent;
        off = bad_info(b).rcv_nxt - b->p.t.rcv_nxt;
    }
    printf("# %u octets taken, %u chunks, %u frames held\n", off, chunks, lent);
    T_CHECK(off > RCVBUF / 8 && off <= RCVBUF);
    T_CHECK(chunks <= 2 && lent * 1500 <= 2 * RCVBUF);
    T_EQ(read_all(b), off);
    bad_end(b);
}

/* ---- listeners ---- */

static uint32_t raw_syn(struct bad *b, uint16_t port, uint32_t seq)
{
    struct o_seg s = {.flags = O_SYN, .seq = seq};
    b->p.remote_port = port;
    bad_send(b, &s, NULL, 0);
    peer_wait(&b->p, 1 * MS);
    return b->p.seen_n == 1 && b->p.seen[0].flags == (O_SYN | O_ACK) ? b->p.seen[0].seq : 0;
}

/* proves: BAD-DOS-07 */
/* Ten thousand clients of somebody who never accepts: no reset, no half-dead connection. */
static void nobody_accepts(void)
{
    struct bad *b = bad_usual();
    struct peer *p = &b->p;
    T_CHECK(peer_open_on(p, &b->wire, b->st, O_LISTEN, PEER_PLAIN)); /* A backlog of 4. */
    bad_honest(b);
    uint64_t resets = bad_count(b, WEFT_COUNT_TCP_RSTS_OUT);
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t iss = raw_syn(b, (uint16_t)(1024 + i), 7000);
        struct o_seg s = {.flags = O_ACK, .seq = 7001, .ack = iss + 1};
        if (iss != 0)
            bad_send(b, &s, NULL, 1 * MS);
        struct weft_usage u = bad_usage(b);
        T_CHECK(u.conns <= 1 + 5 && u.synrcvd <= 64);
    }
    T_EQ(bad_count(b, WEFT_COUNT_TCP_RSTS_OUT), resets);
    T_CHECK(bad_drops(b, WEFT_DROP_TCP_ACCEPT_LIMIT) > 9000);
    uint64_t sock = 0;
    int n = 0;
    for (; weft_sock_accept(b->st, p->listener, &sock, NULL) == 0; n++)
        T_EQ(weft_sock_abort(b->st, sock), 0);
    T_CHECK(n >= 4 && n <= 5);
    bad_run(b, 60 * S);
    bad_end(b);
}

/* proves: BAD-DOS-05 */
/* A cookie is good for its own ends, numbers and time. */
static void cookies_come_back_wrong(void)
{
    struct bad *b = bad_usual();
    struct peer *p = &b->p;
    T_CHECK(peer_open_on(p, &b->wire, b->st, O_LISTEN, PEER_PLAIN));
    T_EQ(weft_sock_set(b->st, p->listener, WEFT_TCP_SYN_COOKIES, 2), 0);
    bad_honest(b);
    uint64_t opens = bad_count(b, WEFT_COUNT_TCP_PASSIVE_OPENS);
    uint32_t iss = raw_syn(b, 40000, 7000);
    struct o_seg s = {.flags = O_ACK, .seq = 7001, .ack = iss + 1};
    T_CHECK(iss != 0);
    p->remote_port = 40001; /* Another port. */
    bad_send(b, &s, NULL, 1 * MS);
    T_EQ(p->seen[0].flags, O_RST);
    p->remote_port = 40000;
    uint8_t f[PEER_FRAME_MAX]; /* Another address. */
    struct peer_extra none = {.opts = NULL};
    size_t n = peer_frame(p, &s, &none, f);
    f[15] ^= 8;
    peer_sums(f, n);
    peer_push(p, f, n);
    peer_wait(p, 1 * MS);
    T_EQ(p->seen[0].flags, O_RST);
    s.seq++; /* Another number of its own. */
    bad_send(b, &s, NULL, 1 * MS);
    s.seq--;
    T_EQ(bad_count(b, WEFT_COUNT_TCP_COOKIES_FAILED), 3);
    (void)raw_syn(b, 40002, 7000); /* Cookies are still looked at ... */
    p->remote_port = 40000;
    bad_run(b, 300 * S - 50 * S);
    (void)raw_syn(b, 40002, 7000);
    p->remote_port = 40000;
    bad_run(b, 50 * S);
    bad_send(b, &s, NULL, 1 * MS); /* ... but not one of five minutes ago. */
    T_EQ(bad_count(b, WEFT_COUNT_TCP_COOKIES_FAILED), 4);
    T_EQ(bad_count(b, WEFT_COUNT_TCP_PASSIVE_OPENS), opens);
    s.ack = raw_syn(b, 40000, 7000) + 1; /* One that is right. */
    bad_send(b, &s, NULL, 1 * MS);
    T_EQ(bad_count(b, WEFT_COUNT_TCP_PASSIVE_OPENS), opens + 1);
    T_EQ(weft_sock_accept(b->st, p->listener, &p->sock, NULL), 0);
    bad_end(b);
}

/* proves: BAD-DOS-04 */
/* A million guesses at a cookie of a listener that gives nothing else. */
static void guessing_cookies(void)
{
    struct weft_endpoint here = {.addr = weft_ip4(192, 0, 2, 2), .port = 80},
                         there = {.addr = weft_ip4(192, 0, 2, 1), .port = 40000};
    struct wf_hash_key key = {t_random(), t_random()};
    uint32_t accepted = 0;
    for (uint32_t i = 0; i < 3000000; i++) {
        struct cookie c = {.local = &here, .remote = &there, .irs = wf_seq(7000)};
        there.port = (uint16_t)(1024 + i % 60000);
        accepted += wf_cookie_open(&key, &c, wf_seq((uint32_t)t_random()), 1000 * S);
    }
    T_EQ(accepted, 0); /* 28 bits: 0.01 are expected of 3 million. */
    struct bad *b = bad_usual();
    struct peer *p = &b->p;
    T_CHECK(peer_open_on(p, &b->wire, b->st, O_LISTEN, PEER_PLAIN));
    T_EQ(weft_sock_set(b->st, p->listener, WEFT_TCP_SYN_COOKIES, 2), 0);
    (void)raw_syn(b, 40000, 7000);
    bad_honest(b);
    for (uint32_t i = 0; i < 100000; i++) {
        struct o_seg s = {.flags = O_ACK, .seq = (uint32_t)t_random(), .ack = (uint32_t)t_random()};
        bad_send(b, &s, NULL, i % 100 == 0 ? 1 * MS : 0);
    }
    T_EQ(bad_count(b, WEFT_COUNT_TCP_COOKIES_FAILED), 100000);
    T_EQ(bad_count(b, WEFT_COUNT_TCP_PASSIVE_OPENS), 1); /* The honest one's. */
    bad_end(b);
}

/* ---- talking to oneself ---- */

/* proves: BAD-TCPS-03 */
/* A socket that connects to its own port: a simultaneous open, that works, or an error. */
static void connecting_to_oneself(void)
{
    struct bad *b = bad_usual();
    struct weft_endpoint any = {.port = 5000},
                         here = {.addr = weft_ip4(192, 0, 2, 2), .port = 5000};
    uint64_t sock = 0;
    uint8_t buf[8];
    bad_honest(b);
    T_EQ(weft_sock_open(b->st, WEFT_SOCK_TCP, &sock), 0);
    T_EQ(weft_sock_bind(b->st, sock, &any), 0);
    int r = weft_sock_connect(b->st, sock, &here);
    uint64_t segs = bad_count(b, WEFT_COUNT_TCP_SEGS_OUT);
    bad_run(b, 1 * S);
    int64_t err = 0;
    T_EQ(weft_sock_get(b->st, sock, WEFT_SO_ERROR, &err), 0);
    printf("# connect answers %d, then the error is %d\n", r, (int)err);
    if (r == 0 && err == 0) {
        T_CHECK((weft_sock_ready(b->st, sock) & WEFT_CONNECTED) != 0);
        T_EQ(weft_sock_send(b->st, sock, "myself", 6), 6);
        bad_run(b, 1 * S);
        T_EQ(weft_sock_recv(b->st, sock, buf, sizeof(buf)), 6);
        T_EQ(memcmp(buf, "myself", 6), 0);
    } else {
        T_CHECK(r == -WEFT_ECONNREFUSED || err == WEFT_ECONNREFUSED);
    }
    bad_run(b, 10 * S);
    T_CHECK(bad_count(b, WEFT_COUNT_TCP_SEGS_OUT) - segs < 100); /* The honest flow's, and a few. */
    T_EQ(weft_sock_close(b->st, sock), 0);
    bad_end(b);
}

/* ---- keep-alive ---- */

/* proves: BAD-TCPS-26 */
/* Whatever a peer answers to probes, an answer keeps it; nothing does not. */
static void answers_to_keep_alive_probes(void)
{
    enum { OLD_ACK, WRONG_ACK, TEXT, ONE_LOST, NOTHING, RESET, KINDS };
    for (int kind = OLD_ACK; kind < KINDS; kind++) {
        struct bad *b = bad_established();
        struct peer *p = &b->p;
        uint32_t text = 0, probes = 0;
        int64_t r = -WEFT_EAGAIN;
        uint8_t buf[64];
        T_EQ(weft_sock_set(b->st, p->sock, WEFT_TCP_KEEPIDLE_S, 10), 0);
        T_EQ(weft_sock_set(b->st, p->sock, WEFT_TCP_KEEPINTVL_S, 5), 0);
        T_EQ(weft_sock_set(b->st, p->sock, WEFT_TCP_KEEPCNT, 3), 0);
        T_EQ(weft_sock_set(b->st, p->sock, WEFT_SO_KEEPALIVE, 1), 0);
        for (int s = 0; s < 200 && r == -WEFT_EAGAIN; s++) {
            p->seen_n = 0;
            peer_wait(p, 1 * S);
            probes += p->seen_n > 0 && (p->seen[0].flags & O_RST) == 0;
            bool is_answered =
                p->seen_n > 0 && kind != NOTHING && !(kind == ONE_LOST && probes % 3 != 0);
            struct o_seg a = at(b, text, kind == TEXT ? 2 : 0);
            a.ack += kind == WRONG_ACK ? 1000 : kind == OLD_ACK ? 0u - 40 : 0;
            a.flags = kind == RESET ? O_RST : O_ACK;
            if (is_answered)
                bad_send(b, &a, NULL, 60 * MS);
            text += is_answered ? a.len : 0;
            r = weft_sock_recv(b->st, p->sock, buf, sizeof(buf));
            r = r > 0 ? -WEFT_EAGAIN : r;
        }
        T_EQ(r, kind == NOTHING ? -WEFT_ETIMEDOUT
                : kind == RESET ? -WEFT_ECONNRESET
                                : -WEFT_EAGAIN);
        printf("# kind %d: %u probes\n", kind, probes);
        T_CHECK(kind == NOTHING ? probes == 3 : kind == RESET ? probes == 1 : probes > 10);
        bad_end(b);
    }
}

/* ---- numbers ---- */

#define TEXT 65536u

/* What the stack sends is acknowledged at once; @user counts it. */
static void acknowledge(struct bad *b, const uint8_t *f, size_t n)
{
    struct peer *p = &b->p;
    static const struct peer_extra none;
    uint8_t a[PEER_FRAME_MAX];
    uint32_t hdr = 20 + (uint32_t)(f[32] >> 4) * 4, seq = t_get32(f + 24);
    uint32_t len = (uint32_t)n - hdr;
    uint32_t *got = b->user;
    p->t.una = t_get32(f + 28); /* What of ours has arrived. */
    if (seq != p->t.nxt || len == 0)
        return;
    T_EQ(weft_pattern_check(3, *got, f + hdr, len), len);
    *got += len;
    p->t.nxt += len;
    struct o_seg s = {.flags = O_ACK, .seq = p->t.rcv_nxt, .ack = p->t.nxt};
    bad_push_later(b, a, peer_frame(p, &s, &none, a), 1 * MS);
}

/* 64 KiB each way; both streams begin just behind these numbers. */
static void both_ways(struct bad *b)
{
    static uint8_t text[TEXT];
    struct peer *p = &b->p;
    uint32_t got = 0, sent = 0, read = 0;
    weft_pattern(3, 0, text, TEXT);
    b->user = &got;
    b->on_frame = acknowledge;
    p->t.una = p->t.rcv_nxt;
    for (int i = 0; i < 2000 && (got < TEXT || read < TEXT); i++) {
        static const struct peer_extra none;
        uint8_t a[PEER_FRAME_MAX];
        int64_t r = weft_sock_send(b->st, p->sock, text + sent, TEXT - sent);
        sent += r > 0 ? (uint32_t)r : 0;
        struct o_seg s = {.flags = O_ACK, .seq = p->t.rcv_nxt, .ack = p->t.nxt, .len = 1000};
        if (read < TEXT)
            bad_push(b, a, peer_frame(p, &s, &none, a));
        p->t.rcv_nxt += read < TEXT ? 1000 : 0;
        bad_run(b, 5 * MS);
        uint8_t buf[2000];
        r = weft_sock_recv(b->st, p->sock, buf, sizeof(buf));
        if (r > 0)
            T_EQ(weft_pattern_check(PEER_TEXT_SEED, read, buf, (size_t)r), r);
        read += r > 0 ? (uint32_t)r : 0;
    }
    T_EQ(got, TEXT);
    T_CHECK(read >= TEXT);
    b->on_frame = NULL;
    bad_run(b, 10 * MS);
}

/* A SYN at such a time that the stack answers with the number that is wanted. */
static bool open_at(struct bad *b, uint32_t iss, uint32_t irs)
{
    struct peer *p = &b->p;
    uint32_t is = raw_syn(b, 40000, irs);
    struct o_seg s = {.flags = O_RST, .seq = irs + 1};
    bad_send(b, &s, NULL, 1 * MS);
    uint64_t then_ns = b->two->now_ns - 2 * MS; /* When the SYN came. */
    uint64_t due_ns = then_ns + (uint64_t)(iss - is) * 4000;
    if (due_ns < b->two->now_ns)
        due_ns += (UINT64_C(1) << 32) * 4000;
    bad_run(b, due_ns - b->two->now_ns);
    p->t.iss = raw_syn(b, 40000, irs);
    p->t.una = p->t.nxt = p->t.iss + 1;
    p->t.rcv_nxt = p->stream = irs + 1;
    s = (struct o_seg){.flags = O_ACK, .seq = p->t.rcv_nxt, .ack = p->t.nxt};
    bad_send(b, &s, NULL, 1 * MS);
    return p->t.iss == iss && weft_sock_accept(b->st, p->listener, &p->sock, NULL) == 0;
}

/* proves: BAD-TCPS-06 BAD-TCPH-19 */
static void initial_numbers_at_the_edges(void)
{
    static const uint32_t edge[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0u - 5};
    for (int i = 0; i < 36; i++) {
        struct bad *b = bad_usual();
        T_CHECK(peer_open_on(&b->p, &b->wire, b->st, O_LISTEN, PEER_PLAIN));
        bad_honest(b);
        T_CHECK(open_at(b, edge[i / 6], edge[i % 6]));
        if (b->p.sock != 0)
            both_ways(b);
        bad_end(b);
    }
}

static const struct t_case cases[] = {
    {"segments that leave holes", segments_that_leave_holes},
    {"octets in the worst order", octets_in_the_worst_order},
    {"a pile of overlaps", a_pile_of_overlaps},
    {"octets that nobody reads", octets_that_nobody_reads},
    {"nobody accepts", nobody_accepts},
    {"cookies that come back wrong", cookies_come_back_wrong},
    {"guessing cookies", guessing_cookies},
    {"connecting to oneself", connecting_to_oneself},
    {"answers to keep-alive probes", answers_to_keep_alive_probes},
    {"initial numbers at the edges", initial_numbers_at_the_edges},
};
T_MAIN(cases)
