/* SPDX-License-Identifier: MIT */
/** DOC: TCP options that are wrong (BAD-TCPO): in all eleven states, and in the handshake */
#include <string.h>

#include "bad.h"

static uint8_t opts[40];

/* Text in order with the @n option octets at opts. */
static void write(const struct peer *p, struct bad_case *c, uint32_t n)
{
    c->s = (struct o_seg){.flags = O_ACK | O_PSH, .seq = p->t.rcv_nxt, .ack = p->t.nxt, .len = 100};
    c->x.opts = opts;
    c->x.opt_bytes = n;
    c->n = peer_frame(p, &c->s, &c->x, c->f);
}

/* ---- lengths that lead astray ---- */

static bool no_length(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t kinds[] = {0xff, 0xfd, 2, 3, 4, 5, 8, 19, 29, 34};
    memset(opts, 0, 4);
    opts[0] = kinds[i / 2 % 10];
    opts[1] = (uint8_t)(i % 2);
    write(p, c, 4);
    c->drop = WEFT_DROP_TCP_BAD_OPTION;
    return i < 20;
}

/* proves: BAD-TCPO-01 */
static void lengths_of_0_and_1(void)
{
    bad_each_state(no_length);
}

static bool last_octet(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t kinds[] = {2, 3, 4, 5, 8, 253};
    memset(opts, 1, 40);
    uint32_t n = i < 6 ? 4 : 40; /* Of the longest header, too. */
    opts[n - 1] = kinds[i % 6];
    write(p, c, n);
    if (n == 4) { /* No text behind the header: the frame ends with the kind. */
        c->s.len = 0;
        c->n = peer_frame(p, &c->s, &c->x, c->f);
    }
    c->drop = WEFT_DROP_TCP_BAD_OPTION;
    return i < 12;
}

/* proves: BAD-TCPO-02 */
static void a_kind_as_the_last_octet(void)
{
    bad_each_state(last_octet);
}

static bool past_the_header(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t kinds[] = {2, 3, 4, 5, 8, 30};
    static const uint8_t lens[] = {40, 5, 255};
    memset(opts, 0, 4);
    opts[0] = kinds[i % 6];
    opts[1] = lens[i / 6 % 3];
    write(p, c, 4);
    c->drop = WEFT_DROP_TCP_BAD_OPTION;
    return i < 18;
}

/* proves: BAD-TCPO-03 */
static void lengths_past_the_header(void)
{
    bad_each_state(past_the_header);
}

/* ---- known kinds with the wrong length: as if they were not there ---- */

static bool sack_length(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t lens[] = {2, 3, 9, 11, 17};
    memset(opts, 0, 40);
    opts[0] = opts[1] = 1;
    opts[2] = 5;
    opts[3] = lens[i % 5];
    write(p, c, 4 + (uint32_t)(lens[i % 5] - 2 + 3) / 4 * 4);
    c->is_judged = true;
    return i < 5;
}

/* proves: BAD-TCPO-11 */
static void lengths_that_no_sack_has(void)
{
    bad_each_state(sack_length);
    static const uint8_t text[1000];
    struct bad *b = bad_opened_with("\x02\x04\x03\xe8\x01\x01\x04\x02", 8);
    T_EQ(weft_sock_send(b->st, b->p.sock, text, 1000), 1000);
    peer_wait(&b->p, 1 * MS);
    for (uint8_t len = 2; len < 38; len++) { /* Whatever it reports, if it has no right length. */
        struct peer_extra x = {.opts = opts, .opt_bytes = (len + 5u) / 4 * 4};
        struct o_seg s = {.flags = O_ACK, .seq = b->p.t.rcv_nxt, .ack = b->p.t.nxt};
        memset(opts, 1, 40);
        opts[2] = 5;
        opts[3] = len;
        t_put32(opts + 4, b->p.t.nxt + 100);
        t_put32(opts + 8, b->p.t.nxt + 200);
        if (len % 8 != 2)
            bad_send(b, &s, &x, 0);
        T_EQ(bad_info(b).flight, 1000);
    }
    bad_end(b);
}

static bool ts_length(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t lens[] = {2, 9, 11};
    memset(opts, 1, 40);
    opts[0] = 8;
    opts[1] = lens[i % 3];
    write(p, c, 12);
    c->is_judged = true;
    return i < 3;
}

/* proves: BAD-TCPO-18 */
static void lengths_that_no_timestamp_has(void)
{
    bad_each_state(ts_length);
    struct bad *b = bad_opened_with("\x02\x04\x03\xe8\x01\x01\x08\x0a\0\0\0\1\0\0\0\0", 16);
    uint64_t drops = bad_drops(b, WEFT_DROP_TCP_TS_MISSING);
    T_CHECK(bad_info(b).has_timestamps);
    for (unsigned i = 0; i < 3; i++) { /* Where they were agreed on, it counts as missing. */
        struct bad_case c = {.n = 0};
        (void)ts_length(&b->p, i, &c);
        bad_send(b, &c.s, &c.x, 1 * MS);
    }
    T_EQ(bad_drops(b, WEFT_DROP_TCP_TS_MISSING), drops + 3);
    T_EQ(bad_info(b).recvq, 0);
    bad_end(b);
}

/* MD5, AO and experiments, whole and cut. */
static bool foreign(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t kinds[] = {19, 29, 30, 253, 254}, lens[] = {2, 3, 16, 18};
    uint8_t len = lens[i / 5 % 4];
    memset(opts, 1, 40);
    opts[0] = kinds[i % 5];
    opts[1] = len;
    write(p, c, (len + 3u) / 4 * 4);
    c->is_judged = true;
    return i < 20;
}

/* proves: BAD-TCPO-25 */
static void kinds_that_are_not_ours(void)
{
    bad_each_state(foreign);
}

static bool padding(const struct peer *p, unsigned i, struct bad_case *c)
{
    memset(opts, 1, 40);
    if (i == 0) {
        opts[0] = 0;
        memset(opts + 1, 0xff, 3);
    } else if (i == 2) { /* What stands behind the end would be a reset in other stacks. */
        opts[36] = 0;
        opts[37] = 8;
        opts[38] = 0;
    }
    write(p, c, i == 0 ? 4 : 40);
    c->is_judged = true;
    return i < 3;
}

/* proves: BAD-TCPO-27 */
static void padding_and_what_is_behind_the_end(void)
{
    bad_each_state(padding);
}

static bool all_forty(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t flags[] = {O_RST, O_ACK, O_FIN, O_FIN | O_ACK, O_RST | O_ACK};
    memset(opts, 0, 40);
    memcpy(opts, "\x01\x01\x08\x0a", 4);
    memcpy(opts + 12, "\x01\x01\x05\x1a", 4);
    write(p, c, 40);
    c->s.flags = flags[i % 5];
    c->s.len = 0;
    c->n = peer_frame(p, &c->s, &c->x, c->f);
    c->is_judged = true;
    return i < 5;
}

/* proves: BAD-TCPO-28 */
static void forty_octets_on_every_kind_of_segment(void)
{
    bad_each_state(all_forty);
}

/* Of a handshake, on segments of a connection. */
static bool outside_syn(const struct peer *p, unsigned i, struct bad_case *c)
{
    memcpy(opts, "\x02\x04\x00\x10\x03\x03\x0e\x01\x04\x02\x01\x01", 12);
    write(p, c, 12);
    c->is_judged = true;
    return i < 1;
}

static void options_of_a_syn_elsewhere(void)
{
    bad_each_state(outside_syn);
    struct bad *b = bad_established();
    struct weft_tcp_info before = bad_info(b);
    struct bad_case c = {.n = 0};
    (void)outside_syn(&b->p, 0, &c);
    bad_send(b, &c.s, &c.x, 60 * MS);
    struct weft_tcp_info after = bad_info(b);
    T_EQ(after.mss, before.mss);
    T_EQ(after.snd_wnd, before.snd_wnd);
    T_CHECK(!after.has_sack && !after.has_wscale);
    bad_end(b);
}

/* ---- SACK blocks in every state, from a peer with which SACK was not agreed ---- */

static bool sack_blocks(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const int32_t from[] = {500, 100, -5000, 2000, INT32_MIN, 1},
                         to[] = {100, 100, -4900, 2100, INT32_MIN + 100, 40};
    memcpy(opts, "\x01\x01\x05\x0a", 4);
    t_put32(opts + 4, p->t.una + (uint32_t)from[i % 6]);
    t_put32(opts + 8, p->t.una + (uint32_t)to[i % 6]);
    write(p, c, 12);
    c->is_judged = true;
    return i < 6;
}

static void blocks_of_anything(void)
{
    bad_each_state(sack_blocks);
}

/* ---- handshakes ---- */

/* proves: BAD-TCPO-04 */
static void segment_sizes_of_a_wrong_length(void)
{
    static const struct {
        const char *o;
        uint32_t n;
    } of[] = {{"\x02\x02\x01\x01", 4},
              {"\x02\x03\x05\x01", 4},
              {"\x02\x05\x05\xb4\x00\x01\x01\x01", 8},
              {"\x02\x06\x05\xb4\x00\x00\x01\x01", 8}};
    for (int i = 0; i < 4; i++) {
        struct bad *b = bad_opened_with(of[i].o, of[i].n);
        T_EQ(bad_info(b).mss, 536); /* What holds if none is given. */
        bad_end(b);
    }
}

/* proves: BAD-TCPO-05 */
/* Nothing is cut smaller than 88 octets, whatever is asked for. */
static void segment_sizes_that_starve(void)
{
    static const uint16_t sizes[] = {0, 1, 8, 47, 48, 87, 88, 89};
    static const uint8_t text[2000];
    for (int i = 0; i < 8; i++) {
        uint8_t o[4] = {2, 4};
        t_put16(o + 2, sizes[i]);
        struct bad *b = bad_opened_with((const char *)o, 4);
        uint32_t mss = sizes[i] == 0 ? 536 : sizes[i] < 88 ? 88 : sizes[i];
        T_EQ(bad_info(b).mss, mss);
        uint64_t frames = b->sent;
        T_EQ(weft_sock_send(b->st, b->p.sock, text, sizeof(text)), sizeof(text));
        peer_wait(&b->p, 1 * MS);
        T_CHECK(b->p.seen_n > 0 && b->sent - frames <= 2000 / 88 + 1);
        for (int k = 0; k < b->p.seen_n && k < PEER_SEEN_MAX; k++)
            T_EQ(b->p.seen[k].len, mss);
        bad_end(b);
    }
}

/* proves: BAD-TCPO-06 */
static void a_segment_size_larger_than_the_path(void)
{
    struct bad *b = bad_opened_with("\x02\x04\xff\xff", 4);
    T_EQ(bad_info(b).mss, 1460);
    bad_end(b);
}

/* proves: BAD-TCPO-08 */
static void window_scales_beyond_14(void)
{
    static const uint8_t shifts[] = {14, 15, 16, 31, 32, 255};
    for (int i = 0; i < 6; i++) {
        uint8_t o[4] = {3, 3, shifts[i], 1};
        struct bad *b = bad_opened_with((const char *)o, 4);
        T_EQ(bad_info(b).snd_wscale, 14);
        T_EQ(bad_info(b).snd_wnd, 5000u << 14);
        bad_end(b);
    }
}

/* proves: BAD-TCPO-10 */
/* The last of several counts, as the header of the parser says. */
static void the_same_option_twice(void)
{
    struct bad *b = bad_opened_with(
        "\x02\x04\x05\xb4\x02\x04\x01\xf4\x03\x03\x02\x01\x03\x03\x0e\x01\x04\x02\x04\x02", 20);
    T_EQ(bad_info(b).mss, 500);
    T_EQ(bad_info(b).snd_wscale, 14);
    T_CHECK(bad_info(b).has_sack);
    bad_end(b);
}

/* proves: BAD-TCPO-26 */
/* Cookies of every length; what is on the SYN is not read, and a request is no cookie. */
static void fast_open_cookies_of_any_length(void)
{
    for (uint32_t len = 2; len <= 38; len++) {
        uint8_t o[40] = {34, (uint8_t)len};
        for (uint32_t i = 2; i < 40; i++)
            o[i] = i < len ? 'c' : 1;
        struct bad *b = bad_usual();
        struct peer *p = &b->p;
        T_CHECK(peer_open_on(p, &b->wire, b->st, O_LISTEN, PEER_PLAIN));
        T_EQ(weft_sock_set(b->st, p->listener, WEFT_TCP_FASTOPEN, 4), 0);
        bad_honest(b);
        struct peer_extra x = {.opts = o, .opt_bytes = (len + 3) / 4 * 4};
        struct o_seg s = {.flags = O_SYN, .seq = PEER_ISN, .len = 3};
        uint64_t sock = 0;
        bad_send(b, &s, &x, 1 * MS);
        T_EQ(p->seen_n, 1);
        T_EQ(p->seen[0].ack, PEER_ISN + 1); /* Not the text. */
        T_EQ(weft_sock_accept(b->st, p->listener, &sock, NULL), -WEFT_EAGAIN);
        bool is_cookie = len >= 6 && len <= 18 && len % 2 == 0;
        T_EQ(bad_count(b, WEFT_COUNT_TCP_FO_COOKIES_BAD), is_cookie);
        bad_end(b);
    }
}

static const struct t_case cases[] = {
    {"lengths of 0 and 1", lengths_of_0_and_1},
    {"a kind as the last octet", a_kind_as_the_last_octet},
    {"lengths past the header", lengths_past_the_header},
    {"segment sizes of a wrong length", segment_sizes_of_a_wrong_length},
    {"segment sizes that starve", segment_sizes_that_starve},
    {"a segment size larger than the path", a_segment_size_larger_than_the_path},
    {"options of a SYN elsewhere", options_of_a_syn_elsewhere},
    {"window scales beyond 14", window_scales_beyond_14},
    {"the same option twice", the_same_option_twice},
    {"lengths that no SACK has", lengths_that_no_sack_has},
    {"SACK blocks of anything, where there is no SACK", blocks_of_anything},
    {"lengths that no timestamp has", lengths_that_no_timestamp_has},
    {"kinds that are not ours", kinds_that_are_not_ours},
    {"Fast Open cookies of any length", fast_open_cookies_of_any_length},
    {"padding, and what is behind the end", padding_and_what_is_behind_the_end},
    {"forty octets on every kind of segment", forty_octets_on_every_kind_of_segment},
};
T_MAIN(cases)
