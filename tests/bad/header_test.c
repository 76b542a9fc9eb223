/* SPDX-License-Identifier: MIT */
/** DOC: TCP headers that are wrong (BAD-TCPH), each in all eleven states */
#include <string.h>

#include "bad.h"

/* Data in the window that acknowledges everything: what does most if it is believed. */
static struct o_seg text(const struct peer *p, uint32_t len)
{
    return (struct o_seg){.flags = O_ACK | O_PSH, .seq = p->t.rcv_nxt, .ack = p->t.nxt, .len = len};
}

static void write(const struct peer *p, struct bad_case *c)
{
    c->n = peer_frame(p, &c->s, &c->x, c->f);
}

/* ---- lengths ---- */

static bool data_offset(const struct peer *p, unsigned i, struct bad_case *c)
{
    c->s = text(p, 0);
    write(p, c);
    c->f[32] = (uint8_t)((i < 5 ? i : i + 1) << 4);
    peer_sums(c->f, c->n);
    c->drop = WEFT_DROP_TCP_BAD_OFFSET;
    return i < 15;
}

/* proves: BAD-TCPH-01 BAD-TCPH-02 */
static void offsets_that_do_not_fit(void)
{
    bad_each_state(data_offset);
}

static bool short_header(const struct peer *p, unsigned i, struct bad_case *c)
{
    c->s = text(p, 0);
    write(p, c);
    if (1 + i < 20) {
        uint8_t tail[40];
        memcpy(tail, c->f, 40);
        c->n = 20 + 1 + i;
        t_put16(c->f + 2, (uint32_t)c->n);
        t_put16(c->f + 10, 0);
        uint32_t s = 0;
        for (int k = 0; k < 20; k += 2)
            s += (uint32_t)c->f[k] << 8 | c->f[k + 1];
        s = (s & 0xffff) + (s >> 16);
        t_put16(c->f + 10, ~((s & 0xffff) + (s >> 16)));
    }
    c->drop = WEFT_DROP_TCP_TRUNCATED;
    return i < 19;
}

/* proves: BAD-TCPH-03 */
static void headers_cut_short(void)
{
    bad_each_state(short_header);
}

/* ---- sums ---- */

static bool wrong_sum(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint16_t wrong[3] = {0, 0xffff, 1};
    c->s = text(p, 100);
    write(p, c);
    t_put16(c->f + 36, i < 3 ? wrong[i] : 0);
    c->drop = WEFT_DROP_TCP_BAD_CSUM;
    return i < 3;
}

/* proves: BAD-TCPH-04 */
static void sums_that_are_wrong(void)
{
    bad_each_state(wrong_sum);
}

/* Summed for another destination, source, or length, and for UDP: each differs in one word. */
static bool pseudo_header(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint32_t more[4] = {1, 0x100, 20, 11};
    c->s = text(p, 100);
    write(p, c);
    if (i < 4) {
        uint32_t s = (uint32_t)c->f[36] << 8 | c->f[37];
        s += more[i];
        t_put16(c->f + 36, (s & 0xffff) + (s >> 16));
    }
    c->drop = WEFT_DROP_TCP_BAD_CSUM;
    return i < 4;
}

/* proves: BAD-TCPH-05 */
static void sums_for_another_pseudo_header(void)
{
    bad_each_state(pseudo_header);
}

/* ---- ports and addresses ---- */

static bool port_zero(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t flags[4] = {O_SYN, O_ACK, O_FIN | O_ACK, O_RST};
    c->s = (struct o_seg){.flags = flags[i / 2 % 4], .seq = p->t.rcv_nxt, .ack = p->t.nxt};
    write(p, c);
    t_put16(c->f + 20 + 2 * (i % 2), 0);
    peer_sums(c->f, c->n);
    c->drop = WEFT_DROP_TCP_PORT_ZERO;
    return i < 8;
}

/* proves: BAD-TCPH-06 */
static void ports_of_zero(void)
{
    bad_each_state(port_zero);
}

/* From the stack's own address and port, with what Blat adds, and other flags. */
static bool land(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint16_t flags[] = {O_SYN, O_SYN | 0x20, O_RST, O_FIN, O_ACK, O_SYN | O_ACK};
    c->s = (struct o_seg){.seq = p->t.rcv_nxt, .ack = p->t.nxt};
    c->x.flags = i < 6 ? flags[i] : 0;
    c->x.urg = i == 1 ? 0xffff : 0;
    write(p, c);
    memcpy(c->f + 12, c->f + 16, 4);
    memcpy(c->f + 20, c->f + 22, 2);
    peer_sums(c->f, c->n);
    c->drop = WEFT_DROP_IP4_BAD_SRC;
    return i < 6;
}

/* proves: BAD-TCPH-11 BAD-TCPH-12 BAD-TCPH-13 */
static void from_the_stack_itself(void)
{
    bad_each_state(land);
}

/* ---- flags ---- */

/* All nine flags in every combination, at the left edge; URG without data points nowhere. */
static bool any_flags(const struct peer *p, unsigned i, struct bad_case *c)
{
    c->s = (struct o_seg){.flags = (uint8_t)(i & (O_FIN | O_SYN | O_RST | O_PSH | O_ACK)),
                          .seq = p->t.rcv_nxt,
                          .ack = p->t.nxt};
    c->x.flags = (uint16_t)(i & 0x1e0);
    write(p, c);
    c->is_judged = true;
    /* RFC 9293 leaves open what a SYN with FIN does to a listener: it is dropped. */
    if (p->t.state == O_LISTEN && (i & 0x17) == (O_SYN | O_FIN)) {
        c->is_judged = false;
        c->drop = WEFT_DROP_TCP_LISTEN;
    }
    return i < 512;
}

/* proves: BAD-TCPH-07 */
static void every_combination_of_flags(void)
{
    bad_each_state(any_flags);
}

static bool syn_with(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t flags[] = {O_SYN | O_FIN, O_SYN | O_RST, 0x1f};
    c->s = (struct o_seg){.flags = i < 3 ? flags[i] : 0, .seq = p->t.rcv_nxt, .ack = p->t.nxt};
    c->x.flags = i == 2 ? 0x20 : 0;
    write(p, c);
    c->is_judged = !(p->t.state == O_LISTEN && i == 0);
    c->drop = c->is_judged ? BAD_NO_DROP : WEFT_DROP_TCP_LISTEN;
    return i < 3;
}

/* proves: BAD-TCPH-08 */
static void syn_with_fin_or_rst(void)
{
    bad_each_state(syn_with);
}

static bool no_ack(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t flags[] = {0, O_PSH, O_FIN, O_FIN | O_PSH};
    c->s = (struct o_seg){.flags = flags[i % 4], .seq = p->t.rcv_nxt, .ack = p->t.nxt, .len = 1};
    write(p, c);
    c->is_judged = true;
    return i < 4;
}

/* proves: BAD-TCPH-09 */
static void segments_without_ack(void)
{
    bad_each_state(no_ack);
}

static bool reserved(const struct peer *p, unsigned i, struct bad_case *c)
{
    c->s = text(p, 100);
    c->x.flags = (uint16_t)((i % 8) << 9);
    write(p, c);
    c->is_judged = true;
    return i < 8;
}

/* proves: BAD-TCPH-10 */
static void reserved_bits(void)
{
    bad_each_state(reserved);
}

/* ---- urgent pointers ---- */

static bool urgent(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const struct {
        uint16_t urg;
        uint8_t len;
    } of[] = {{0, 0}, {0, 3}, {1, 1}, {1, 3}, {3, 3}, {2, 1}, {100, 1}, {0x7fff, 1}, {0xffff, 1}};
    c->s = text(p, i < 9 ? of[i].len : 0);
    c->x.flags = 0x20;
    c->x.urg = i < 9 ? of[i].urg : 0;
    write(p, c);
    c->is_judged = true;
    return i < 9;
}

/* proves: BAD-TCPH-14 BAD-TCPH-15 */
static void urgent_pointers_to_anywhere(void)
{
    bad_each_state(urgent);
}

static bool urgent_early(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint8_t flags[] = {O_SYN, O_SYN | O_ACK, O_RST, O_FIN | O_ACK};
    c->s = (struct o_seg){.flags = flags[i % 4], .seq = p->t.rcv_nxt, .ack = p->t.nxt};
    c->x.flags = 0x20;
    c->x.urg = 9;
    write(p, c);
    c->is_judged = true;
    return i < 4;
}

/* proves: BAD-TCPH-17 */
/* Nothing is urgent afterwards, and what follows can be read. */
static void urgent_where_there_is_no_text(void)
{
    bad_each_state(urgent_early);
    struct bad *b = bad_usual();
    struct peer *p = &b->p;
    bad_honest(b);
    T_CHECK(peer_open_on(p, &b->wire, b->st, O_SYN_SENT, PEER_PLAIN));
    struct o_seg s = {.flags = O_SYN | O_ACK, .seq = PEER_ISN, .ack = p->t.nxt};
    struct peer_extra x = {.flags = 0x20, .urg = 9};
    bad_send(b, &s, &x, 1 * MS);
    T_EQ(bad_info(b).state, WEFT_TCP_ESTABLISHED);
    T_EQ(bad_info(b).urgent, 0);
    T_EQ(bad_count(b, WEFT_COUNT_TCP_URGENT_IN), 0);
    bad_end(b);
}

/* proves: BAD-TCPH-16 */
/* A mark once set never comes back towards the reader. */
static void urgent_pointers_that_go_back(void)
{
    struct bad *b = bad_established();
    struct peer *p = &b->p;
    uint8_t buf[200];
    struct peer_extra x = {.flags = 0x20, .urg = 200};
    struct o_seg s = text(p, 50);
    bad_send(b, &s, &x, 60 * MS);
    T_EQ(bad_info(b).urgent, 200);
    for (uint32_t i = 1; i <= 3; i++) { /* Nearer and nearer, with text and alone. */
        s.seq = p->t.rcv_nxt + 50 * i;
        x.urg = (uint16_t)(200 - 51 * i);
        bad_send(b, &s, &x, 60 * MS);
        T_EQ(bad_info(b).urgent, 200);
        struct o_seg alone = text(p, 0);
        alone.seq += 50 * (i + 1);
        x.urg = 0;
        bad_send(b, &alone, &x, 60 * MS);
        T_EQ(bad_info(b).urgent, 200);
    }
    T_EQ(bad_count(b, WEFT_COUNT_TCP_URGENT_IN), 1);
    uint32_t got = 0;
    for (int64_t r; (r = weft_sock_recv(b->st, p->sock, buf, sizeof(buf))) > 0; got += (uint32_t)r)
        T_EQ(weft_pattern_check(PEER_TEXT_SEED, p->t.rcv_nxt - p->stream + got, buf, (size_t)r), r);
    T_EQ(got, 200);
    bad_end(b);
}

/* ---- numbers ---- */

static bool half_way_round(const struct peer *p, unsigned i, struct bad_case *c)
{
    static const uint32_t by[] = {1u << 31, (1u << 31) - 1, (1u << 31) + 1};
    c->s = text(p, 1);
    c->s.seq += by[i % 3];
    write(p, c);
    c->is_judged = true;
    return i < 3;
}

/* proves: BAD-TCPH-20 */
static void numbers_half_way_round(void)
{
    bad_each_state(half_way_round);
}

static const struct t_case cases[] = {
    {"data offsets that do not fit", offsets_that_do_not_fit},
    {"headers that are cut short", headers_cut_short},
    {"sums that are wrong", sums_that_are_wrong},
    {"sums made for another pseudo-header", sums_for_another_pseudo_header},
    {"ports of zero", ports_of_zero},
    {"every combination of flags", every_combination_of_flags},
    {"SYN with FIN or RST", syn_with_fin_or_rst},
    {"segments without ACK", segments_without_ack},
    {"reserved bits", reserved_bits},
    {"from the stack itself", from_the_stack_itself},
    {"urgent pointers to anywhere", urgent_pointers_to_anywhere},
    {"urgent pointers that go back", urgent_pointers_that_go_back},
    {"URG where there is no text", urgent_where_there_is_no_text},
    {"numbers half way round", numbers_half_way_round},
};
T_MAIN(cases)
