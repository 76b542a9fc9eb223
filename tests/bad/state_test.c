/* SPDX-License-Identifier: MIT */
/** DOC: Segments that try to disturb a connection (BAD-BLIND) in all states, and states for ever */
#include <string.h>

#include "bad.h"

#define RCVBUF 4096u /* The peer's connections have so much. */

static bool judged(const struct peer *p, struct bad_case *c, struct o_seg s)
{
    c->s = s;
    c->n = peer_frame(p, &c->s, &c->x, c->f);
    c->is_judged = true;
    return true;
}

/* ---- resets ---- */

static bool rst_exact(const struct peer *p, unsigned i, struct bad_case *c)
{
    return i < 1 && judged(p, c, (struct o_seg){.flags = O_RST, .seq = p->t.rcv_nxt});
}

/* proves: BAD-BLIND-01 */
static void a_reset_at_the_left_edge(void)
{
    bad_each_state(rst_exact);
}

static bool rst_inside(const struct peer *p, unsigned i, struct bad_case *c)
{
    const uint32_t at[] = {1, 2, 100, 1000, 2000, p->t.rcv_wnd - 1};
    return i < 6 && judged(p, c, (struct o_seg){.flags = O_RST, .seq = p->t.rcv_nxt + at[i]});
}

/* proves: BAD-BLIND-02 */
static void a_reset_inside_the_window(void)
{
    bad_each_state(rst_inside);
}

static bool rst_outside(const struct peer *p, unsigned i, struct bad_case *c)
{
    const uint32_t at[] = {0u - 1, 0u - 1000, p->t.rcv_wnd, p->t.rcv_wnd + 1, 1u << 31};
    if (i >= 5)
        return false;
    uint32_t off = p->t.state == O_LISTEN || p->t.state == O_CLOSED ? 0 : at[i];
    return judged(p, c, (struct o_seg){.flags = O_RST, .seq = p->t.rcv_nxt + off});
}

/* proves: BAD-BLIND-03 */
static void a_reset_outside_the_window(void)
{
    bad_each_state(rst_outside);
}

static bool rst_text(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t ts[12] = {1, 1, 8, 10, 0, 0, 0, 1};
    if (i == 1) {
        c->x.opts = ts;
        c->x.opt_bytes = sizeof(ts);
    }
    struct o_seg s = {.flags = O_RST, .seq = p->t.rcv_nxt, .len = i == 0 ? 6 : 0};
    return i < 2 && judged(p, c, s);
}

/* proves: BAD-BLIND-04 */
static void a_reset_with_text(void)
{
    bad_each_state(rst_text);
}

/* proves: BAD-BLIND-13 */
/* Half-open: only the exact number removes it. */
static void a_reset_of_a_half_open_connection(void)
{
    static const uint32_t at[] = {99, 1, 0u - 1, RCVBUF + 1, 0};
    for (int i = 0; i < 5; i++) {
        struct bad *b = bad_usual();
        struct peer *p = &b->p;
        T_CHECK(peer_open_on(p, &b->wire, b->st, O_SYN_RECEIVED, PEER_PLAIN));
        bad_honest(b);
        struct o_seg s = {.flags = O_RST, .seq = p->t.rcv_nxt + at[i]};
        bad_send(b, &s, NULL, 1 * MS);
        T_EQ(bad_usage(b).synrcvd, at[i] != 0);
        T_EQ(p->seen_n, at[i] == 99 || at[i] == 1); /* A challenge, from inside the window. */
        bad_end(b);
    }
}

/* ---- SYN, data, FIN ---- */

static bool syn_anywhere(const struct peer *p, unsigned i, struct bad_case *c)
{
    const uint32_t at[] = {0u - 5, 0, 100, p->t.rcv_wnd + 5};
    return i < 4 && judged(p, c, (struct o_seg){.flags = O_SYN, .seq = p->t.rcv_nxt + at[i]});
}

/* proves: BAD-BLIND-05 */
static void a_syn_on_any_connection(void)
{
    bad_each_state(syn_anywhere);
}

static bool data_guessed(const struct peer *p, unsigned i, struct bad_case *c)
{
    const uint32_t ack[] = {p->t.una - 1000000, p->t.nxt + 1000000, p->t.nxt + 1, p->t.una - 200000,
                            p->t.una - p->t.wnd_max - 1};
    struct o_seg s = {
        .flags = O_ACK | O_PSH, .seq = p->t.rcv_nxt, .ack = i < 5 ? ack[i] : 0, .len = 4};
    return i < 5 && judged(p, c, s);
}

/* proves: BAD-BLIND-06 */
static void data_with_a_guessed_acknowledgement(void)
{
    bad_each_state(data_guessed);
}

static bool fin_ahead(const struct peer *p, unsigned i, struct bad_case *c)
{
    struct o_seg s = {.flags = O_FIN | O_ACK, .seq = p->t.rcv_nxt + 500, .ack = p->t.una};
    return i < 1 && judged(p, c, s);
}

/* proves: BAD-BLIND-07 */
static void a_fin_ahead_of_its_turn(void)
{
    bad_each_state(fin_ahead);
}

/* proves: BAD-TCPS-10 */
/* The FIN before the text in front of it, the text, and text behind the FIN. */
static void a_fin_out_of_order(void)
{
    struct bad *b = bad_established();
    struct peer *p = &b->p;
    uint8_t buf[400];
    struct o_seg fin = {.flags = O_FIN | O_ACK, .seq = p->t.rcv_nxt + 100, .ack = p->t.nxt},
                 text = {.flags = O_ACK, .seq = p->t.rcv_nxt, .ack = p->t.nxt, .len = 100},
                 late = {.flags = O_ACK, .seq = p->t.rcv_nxt + 101, .ack = p->t.nxt, .len = 4};
    bad_send(b, &fin, NULL, 60 * MS);
    T_EQ(peer_state(p), O_ESTABLISHED);
    bad_send(b, &text, NULL, 60 * MS);
    T_EQ(peer_state(p), O_ESTABLISHED);
    bad_send(b, &fin, NULL, 60 * MS);
    T_EQ(peer_state(p), O_CLOSE_WAIT);
    T_EQ(p->seen[0].ack, p->t.rcv_nxt + 101);
    uint64_t drops = bad_drops(b, WEFT_DROP_TCP_DATA_CLOSED);
    bad_send(b, &late, NULL, 60 * MS);
    T_EQ(bad_drops(b, WEFT_DROP_TCP_DATA_CLOSED), drops + 1);
    bad_send(b, &fin, NULL, 60 * MS);
    T_EQ(p->seen_n, 1);
    T_EQ(p->seen[0].ack, p->t.rcv_nxt + 101);
    T_EQ(peer_state(p), O_CLOSE_WAIT);
    T_EQ(weft_sock_recv(b->st, p->sock, buf, sizeof(buf)), 100);
    T_EQ(weft_sock_recv(b->st, p->sock, buf, sizeof(buf)), 0);
    bad_end(b);
}

/* ---- text that contradicts itself ---- */

/* A segment of one letter. */
static void letters(struct bad *b, uint32_t at, char letter, uint32_t len)
{
    static const struct peer_extra none;
    struct peer *p = &b->p;
    uint8_t f[PEER_FRAME_MAX];
    struct o_seg s = {.flags = O_ACK, .seq = p->t.rcv_nxt + at, .ack = p->t.nxt, .len = len};
    size_t n = peer_frame(p, &s, &none, f);
    memset(f + 40, letter, len);
    peer_sums(f, n);
    peer_push(p, f, n);
    peer_wait(p, 1 * MS);
}

/* proves: BAD-TCPS-21 */
/* What came first stays, however later segments lie across it. */
static void overlaps_that_disagree(void)
{
    static char text[600], buf[1000], want[1000];
    for (int round = 0; round < 40; round++) {
        struct bad *b = bad_established();
        uint32_t done = 0;
        memset(want, 0, sizeof(want));
        for (int i = 0; i < 40; i++) {
            uint32_t at = i < 39 ? (uint32_t)(t_random() % 500) : done;
            uint32_t len = i < 39 ? 1 + (uint32_t)(t_random() % 100) : 600 - done;
            char letter = (char)('A' + t_random() % 26);
            if (round == 0 && i < 3) { /* The three of the list. */
                at = 10 - 5 * (uint32_t)i;
                len = 20 + 10 * (uint32_t)i;
                letter = (char)('A' + i);
            }
            for (uint32_t k = at; k < at + len && k < 600; k++)
                want[k] = want[k] == 0 ? letter : want[k];
            while (done < 600 && want[done] != 0)
                done++;
            if (len > 0)
                letters(b, at, letter, at + len > 600 ? 600 - at : len);
        }
        int64_t n = weft_sock_recv(b->st, b->p.sock, buf, sizeof(buf));
        T_EQ(n, 600);
        T_EQ(memcmp(buf, want, sizeof(text)), 0);
        bad_end(b);
    }
}

/* ---- peers that vanish ---- */

/* proves: BAD-TCPS-16 */
/* Of every state, whose user has gone too, nothing is left after ten minutes. */
static void peers_that_die_in_any_state(void)
{
    for (unsigned s = O_SYN_SENT; s < O_STATE_COUNT; s++) {
        struct bad *b = bad_usual();
        struct peer *p = &b->p;
        T_CHECK(peer_open_on(p, &b->wire, b->st, (enum o_state)s, PEER_PLAIN));
        bad_honest(b);
        if (p->sock != 0)
            T_EQ(weft_sock_close(b->st, p->sock), 0);
        p->sock = 0;
        bad_run(b, 600 * S);
        struct weft_usage u = bad_usage(b);
        T_EQ(u.conns + u.synrcvd + u.timewait, 1); /* The honest one's. */
        bad_end(b);
    }
}

/* proves: BAD-TCPS-17 */
/* Our side closed, the peer acknowledged, and its FIN never comes. */
static void half_closed_for_ever(void)
{
    struct bad *b = bad_usual();
    struct peer *p = &b->p;
    T_CHECK(peer_open_on(p, &b->wire, b->st, O_FIN_WAIT_2, PEER_PLAIN));
    T_EQ(weft_sock_close(b->st, p->sock), 0);
    p->sock = 0;
    T_EQ(peer_state(p), O_FIN_WAIT_2);
    bad_run(b, 120 * S);
    T_EQ(peer_state(p), O_LISTEN);
    T_EQ(bad_usage(b).conns, 0);
    bad_end(b);
}

/* ---- a storm outside the window ---- */

/* proves: BAD-TCPS-18 */
/* Without text at most two answers a second; with text every one is answered. */
static void a_storm_outside_the_window(void)
{
    struct bad *b = bad_established();
    struct peer *p = &b->p;
    struct o_seg s = {.flags = O_ACK, .seq = p->t.rcv_nxt + 100000, .ack = p->t.nxt};
    uint64_t sent = b->sent;
    for (int i = 0; i < 100000; i++)
        bad_send(b, &s, NULL, 100 * US);
    printf("# 100000 acknowledgements in 10 s drew %d\n", (int)(b->sent - sent));
    T_CHECK(b->sent - sent <= 22);
    T_EQ(bad_drops(b, WEFT_DROP_TCP_WINDOW), 100000);
    s.len = 4;
    for (int i = 0; i < 100; i++) {
        bad_send(b, &s, NULL, 1 * MS);
        T_EQ(p->seen_n, 1);
        T_EQ(p->seen[0].ack, p->t.rcv_nxt);
    }
    T_EQ(peer_state(p), O_ESTABLISHED);
    bad_end(b);
}

/* proves: BAD-BLIND-09 */
/* No packet is kept for what the limit forbids to answer. */
static void challenges_that_are_not_sent_keep_nothing(void)
{
    struct bad *b = bad_established();
    struct peer *p = &b->p;
    T_EQ(two_finish(b->two, 10 * S), 1);
    struct weft_usage before = bad_usage(b);
    struct o_seg s = {.flags = O_RST, .seq = p->t.rcv_nxt + 10};
    for (int i = 0; i < 200000; i++) {
        bad_send(b, &s, NULL, i % 100 == 0 ? 1 * MS : 0);
        if (i % 1000 == 0)
            T_CHECK(bad_usage(b).pkts <= before.pkts + 16);
    }
    bad_run(b, 1 * S);
    struct weft_usage after = bad_usage(b);
    T_EQ(memcmp(&before, &after, sizeof(before)), 0);
    T_CHECK(bad_count(b, WEFT_COUNT_TCP_CHALLENGES_LIMITED) > 190000);
    T_EQ(peer_state(p), O_ESTABLISHED);
    bad_end(b);
}

/* The peer's idea of both streams is 2^30 off: each answers the other, but not for ever. */
static void answer_skewed(struct bad *b, const uint8_t *f, size_t n)
{
    uint8_t a[PEER_FRAME_MAX];
    struct peer_extra none = {.opts = NULL};
    struct o_seg s = {
        .flags = O_ACK, .seq = t_get32(f + 28) + (1u << 30), .ack = t_get32(f + 24) + (1u << 30)};
    (void)n;
    bad_push_later(b, a, peer_frame(&b->p, &s, &none, a), 10 * MS);
}

/* proves: BAD-BLIND-10 */
/* Two a second in the mean: the limit is ten in five seconds (RFC 5961 7). */
static void ends_that_disagree(void)
{
    struct bad *b = bad_established();
    struct o_seg s = {.flags = O_ACK, .seq = b->p.t.rcv_nxt + (1u << 30), .ack = b->p.t.nxt};
    uint8_t a[PEER_FRAME_MAX];
    struct peer_extra none = {.opts = NULL};
    b->on_frame = answer_skewed;
    uint64_t sent = b->sent;
    bad_push(b, a, peer_frame(&b->p, &s, &none, a));
    bad_run(b, 60 * S);
    T_CHECK(b->sent - sent <= 10);  /* It dies out ... */
    for (int i = 0; i < 600; i++) { /* ... and kept up from outside it stays within bounds. */
        bad_push(b, a, peer_frame(&b->p, &s, &none, a));
        bad_run(b, 100 * MS);
    }
    printf("# %d frames in two minutes\n", (int)(b->sent - sent));
    T_CHECK(b->sent - sent > 60 && b->sent - sent <= 10 + 2 * 61);
    bad_end(b);
}

/* Everything that the stack sends comes back to it, with both ends exchanged. */
static void answer_mirrored(struct bad *b, const uint8_t *f, size_t n)
{
    uint8_t a[PEER_FRAME_MAX];
    memcpy(a, f, n);
    memcpy(a + 12, f + 16, 4);
    memcpy(a + 16, f + 12, 4);
    memcpy(a + 20, f + 22, 2);
    memcpy(a + 22, f + 20, 2);
    bad_push_later(b, a, n, 10 * MS);
}

/* proves: BAD-DOS-21 */
static void a_mirror(void)
{
    for (unsigned s = O_CLOSED; s < O_STATE_COUNT; s++) {
        struct bad *b = bad_usual();
        T_CHECK(peer_open_on(&b->p, &b->wire, b->st, (enum o_state)s, PEER_PLAIN));
        bad_honest(b);
        struct peer_extra none = {.opts = NULL};
        struct o_seg any = {.flags = O_ACK, .seq = b->p.t.rcv_nxt + 5, .ack = b->p.t.nxt, .len = 5};
        uint8_t a[PEER_FRAME_MAX];
        b->on_frame = answer_mirrored;
        uint64_t sent = b->sent;
        bad_push(b, a, peer_frame(&b->p, &any, &none, a));
        bad_run(b, 10 * S); /* A thousand rounds, if nothing stops it. */
        if (b->sent - sent > 120)
            printf("# %s: %d\n", weft_tcp_state_name(s), (int)(b->sent - sent));
        T_CHECK(b->sent - sent <= 120);
        b->on_frame = NULL;
        bad_end(b);
    }
}

/* proves: BAD-BLIND-12 */
/* Guesses at our number, while a connection is half open. */
static void guessing_the_handshake(void)
{
    struct bad *b = bad_usual();
    struct peer *p = &b->p;
    T_CHECK(peer_open_on(p, &b->wire, b->st, O_SYN_RECEIVED, PEER_PLAIN));
    bad_honest(b);
    struct o_seg s = {.flags = O_ACK, .seq = p->t.rcv_nxt};
    for (int i = 0; i < 300000; i++) {
        s.ack = (uint32_t)t_random();
        s.ack += s.ack == p->t.nxt;
        bad_send(b, &s, NULL, i % 100 == 0 ? 1 * MS : 0);
    }
    T_EQ(bad_count(b, WEFT_COUNT_TCP_PASSIVE_OPENS), 1); /* The honest one's. */
    T_EQ(bad_drops(b, WEFT_DROP_TCP_ACK_INVALID), 300000);
    s.ack = p->t.nxt;
    bad_send(b, &s, NULL, 1 * MS);
    T_EQ(bad_count(b, WEFT_COUNT_TCP_PASSIVE_OPENS), 2);
    T_EQ(weft_sock_accept(b->st, p->listener, &p->sock, NULL), 0);
    bad_end(b);
}

/* ---- a peer that comes back without its memory ---- */

/* proves: BAD-DOS-23 */
static void a_peer_that_has_rebooted(void)
{
    struct bad *b = bad_established();
    struct peer *p = &b->p;
    uint8_t octet;
    struct o_seg s = {.flags = O_SYN, .seq = p->t.rcv_nxt + 12345678};
    bad_send(b, &s, NULL, 1 * MS);
    T_EQ(p->seen_n, 1);
    T_EQ(p->seen[0].flags, O_ACK);
    T_EQ(p->seen[0].seq, p->t.nxt);
    T_EQ(p->seen[0].ack, p->t.rcv_nxt);
    T_EQ(peer_state(p), O_ESTABLISHED);
    struct o_seg r = {.flags = O_RST, .seq = p->seen[0].ack}; /* What it has to answer. */
    bad_send(b, &r, NULL, 1 * MS);
    T_EQ(weft_sock_recv(b->st, p->sock, &octet, 1), -WEFT_ECONNRESET);
    bad_send(b, &s, NULL, 1 * MS); /* And then it gets through. */
    T_EQ(p->seen_n, 1);
    T_EQ(p->seen[0].flags, O_SYN | O_ACK);
    bad_end(b);
}

/* ---- segments of an earlier life ---- */

#define OLD_N 20

/* Both lives use the same ports; what the first one sent comes again in the second, and would fit
 * into its window. Only the stack's numbers tell them apart. */
static void one_reincarnation(uint32_t shift, bool is_reset)
{
    static const struct peer_extra none;
    static uint8_t old[OLD_N][PEER_FRAME_MAX];
    size_t n[OLD_N];
    struct bad *b = bad_established();
    struct peer *p = &b->p;
    uint8_t buf[4096];
    for (uint32_t i = 0; i < OLD_N; i++) {
        struct o_seg s = {.flags = O_ACK | (i % 5 == 4 ? O_FIN : 0), .ack = p->t.nxt, .len = 100};
        s.seq = p->t.rcv_nxt + 100 * i;
        n[i] = peer_frame(p, &s, &none, old[i]);
    }
    struct o_seg end = {.flags = O_RST, .seq = p->t.rcv_nxt};
    if (is_reset)
        bad_send(b, &end, NULL, 1 * MS);
    T_EQ(weft_sock_abort(b->st, p->sock), 0);
    bad_run(b, 1 * S);
    struct o_seg s = {.flags = O_SYN, .seq = p->t.rcv_nxt - shift - 1};
    bad_send(b, &s, NULL, 1 * MS);
    T_EQ(p->seen[p->seen_n - 1].flags, O_SYN | O_ACK);
    p->t.nxt = p->seen[p->seen_n - 1].seq + 1;
    p->t.rcv_nxt = p->stream = s.seq + 1;
    s = (struct o_seg){.flags = O_ACK, .seq = p->t.rcv_nxt, .ack = p->t.nxt};
    bad_send(b, &s, NULL, 1 * MS);
    T_EQ(weft_sock_accept(b->st, p->listener, &p->sock, NULL), 0);
    uint32_t sent = 0;
    for (uint32_t i = 0; i < OLD_N; i++) {
        peer_push(p, old[i], n[i]);
        s = (struct o_seg){.flags = O_ACK, .seq = p->t.rcv_nxt + sent, .ack = p->t.nxt, .len = 77};
        bad_send(b, &s, NULL, 1 * MS);
        sent += s.len;
    }
    peer_wait(p, 100 * MS);
    T_EQ(peer_state(p), O_ESTABLISHED);
    T_EQ(weft_sock_recv(b->st, p->sock, buf, sizeof(buf)), sent);
    T_EQ(weft_pattern_check(PEER_TEXT_SEED, 0, buf, sent), sent);
    bad_end(b);
}

/* proves: BAD-BLIND-11 BAD-DST-08 */
static void segments_of_an_earlier_life(void)
{
    for (int i = 0; i < 200; i++)
        one_reincarnation((uint32_t)(t_random() % 3000), i % 2 == 0);
}

/* ---- a peer that says anything ---- */

/* proves: BAD-DST-20 */
/* Right sums, likely numbers, any flags, options and windows: nothing but its own connection is
 * its victim. */
static void a_peer_that_says_anything(void)
{
    for (unsigned state = O_CLOSED; state < O_STATE_COUNT; state++) {
        struct bad *b = bad_usual();
        struct peer *p = &b->p;
        uint8_t opts[40], buf[512];
        T_CHECK(peer_open_on(p, &b->wire, b->st, (enum o_state)state, PEER_PLAIN));
        bad_honest(b);
        for (int i = 0; i < 20000; i++) {
            uint64_t r = t_random();
            const uint32_t near[] = {0, 1, 0u - 1, 100, 5000, p->t.rcv_wnd, (uint32_t)(r >> 40)};
            struct peer_extra x = {.opts = opts, .flags = (uint16_t)(r >> 8 & 0xe20)};
            struct o_seg s = {.flags = (uint8_t)(r & 0x1f), .len = r >> 16 & 63};
            s.flags |= r >> 22 & 7 ? O_ACK : 0;
            s.seq = p->t.rcv_nxt + near[(r >> 25 & 7) % 7] % 7000;
            s.ack = p->t.nxt + near[(r >> 30 & 7) % 7] - (r >> 33 & 255);
            x.opt_bytes = (uint32_t)(r >> 41 & 3) * 4;
            x.wnd = r >> 43 & 7 ? (uint32_t)(r >> 46 & 0xffff) : 65536;
            x.urg = (uint16_t)(r >> 48);
            for (uint32_t k = 0; k < x.opt_bytes; k += 8) {
                uint64_t o = t_random();
                memcpy(opts + k, &o, 8);
            }
            bad_send(b, &s, &x, (r >> 60) * 10 * US);
            if (i % 64 == 0 && p->sock == 0)
                (void)!weft_sock_accept(b->st, p->listener, &p->sock, NULL);
            if (i % 16 == 0 && p->sock != 0 && weft_sock_recv(b->st, p->sock, buf, 512) > 0)
                (void)!weft_sock_send(b->st, p->sock, buf, 512);
            struct weft_usage u = bad_usage(b);
            T_CHECK(u.conns <= 8 && u.synrcvd <= 8 && u.lent <= 128 && u.chunks <= 64);
        }
        bad_end(b);
    }
}

static const struct t_case cases[] = {
    {"a reset at the left edge", a_reset_at_the_left_edge},
    {"a reset inside the window", a_reset_inside_the_window},
    {"a reset outside the window", a_reset_outside_the_window},
    {"a reset with text", a_reset_with_text},
    {"a reset of a half-open connection", a_reset_of_a_half_open_connection},
    {"a SYN on any connection", a_syn_on_any_connection},
    {"data with a guessed acknowledgement", data_with_a_guessed_acknowledgement},
    {"a FIN ahead of its turn", a_fin_ahead_of_its_turn},
    {"a FIN out of order", a_fin_out_of_order},
    {"overlaps that disagree", overlaps_that_disagree},
    {"peers that die in any state", peers_that_die_in_any_state},
    {"half closed for ever", half_closed_for_ever},
    {"a storm outside the window", a_storm_outside_the_window},
    {"challenges that are not sent", challenges_that_are_not_sent_keep_nothing},
    {"ends that disagree", ends_that_disagree},
    {"a mirror", a_mirror},
    {"guessing the handshake", guessing_the_handshake},
    {"segments of an earlier life", segments_of_an_earlier_life},
    {"a peer that says anything", a_peer_that_says_anything},
    {"a peer that has rebooted", a_peer_that_has_rebooted},
};
T_MAIN(cases)
