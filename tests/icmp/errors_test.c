/* SPDX-License-Identifier: MIT */
/** DOC: ICMP errors that are sent: when, whereto, from where, how long, how many, and when not */
#include "rig.h"

#define A   IP(10, 0, 0, 1) /* The stack's, on link 0 ... */
#define B   IP(10, 0, 1, 1) /* ... and on link 1. */
#define P   IP(10, 0, 0, 9) /* Somebody on link 0. */
#define Q   IP(10, 0, 1, 9) /* Somebody on link 1. */
#define FAR IP(172, 16, 0, 1)

/* The one error that came out on a link: of this type and code, about @about; NULL otherwise. */
static const struct rig_ip *error(struct rig *r, unsigned k, unsigned type, unsigned code,
                                  const struct rig_ip *about)
{
    uint8_t bytes[RIG_FRAME_MAX + 60];
    size_t all = rig_write(about, bytes);
    const struct rig_ip *e = rig_pull(r, k);
    T_CHECK(e != NULL);
    if (e == NULL)
        return NULL;
    T_EQ(e->proto, 1);
    T_EQ(e->dst, about->src);
    T_EQ(e->b[0], type);
    T_EQ(e->b[1], code);
    T_EQ(e->ttl, 64);
    T_CHECK(e->n >= 8 + 20 + about->opts_n + 8 && e->n - 8 <= all);
    T_CHECK(memcmp(e->b + 8, bytes, e->n - 8) == 0); /* TTL, identification, sums: as received. */
    T_CHECK(rig_is_silent(r));
    return e;
}

static void is_silent_after(struct rig *r, unsigned k, const struct rig_ip *p)
{
    rig_push(r, k, p);
    rig_run(r, 3 * S);
    T_CHECK(rig_is_silent(r));
    rig_clear(r);
}

/* ---- which ---- */

/* proves: ICMP-H-11 ICMP-H-50 ICMP-GEN-08 ICMP-H-21 ICMP-R-18 CAP-ICMP-05 ICMP-R-02 ICMP-H-05 */
static void a_host_says_what_is_wrong(void)
{
    struct rig *r = rig_new(1, false);
    struct rig_ip p = rig_udp(P, A, 5, 9, 40);
    p.ttl = 3;
    p.tos = 0xbb; /* A host's errors have TOS 0, and the precedence of control. */
    rig_push(r, 0, &p);
    const struct rig_ip *e = error(r, 0, 3, 3, &p);
    T_CHECK(e != NULL && e->src == A && e->tos == 0xc0);
    p.proto = 200;
    rig_push(r, 0, &p);
    (void)error(r, 0, 3, 2, &p);
    p.proto = 17;
    p.frag = 0x2000; /* The rest never comes. */
    rig_push(r, 0, &p);
    rig_run(r, 31 * S);
    (void)error(r, 0, 11, 1, &p);
    p.frag = 0;
    p.opts_n = 8;
    memcpy(p.opts, "\x01\x01\x9e\x09", 4); /* Longer than the header. */
    rig_push(r, 0, &p);
    e = error(r, 0, 12, 0, &p);
    T_CHECK(e != NULL && e->b[4] >= 22 && e->b[4] <= 23 && e->b[5] == 0);
    rig_end(r);
}

/* proves: ICMP-GEN-06 ICMP-GEN-07 ICMP-R-12 ICMP-R-13 ICMP-R-38 ICMP-R-44 ICMP-R-05 ICMP-R-35 */
/* proves: CAP-ICMP-02 */
static void a_router_says_why_it_does_not_forward(void)
{
    struct rig *r = rig_new(2, true);
    struct rig_ip p = rig_udp(P, FAR, 5, 9, 40);
    rig_push(r, 0, &p);
    const struct rig_ip *e = error(r, 0, 3, 0, &p);
    T_CHECK(e != NULL && e->src == A); /* The link it leaves by. */
    p = rig_udp(P, Q, 5, 9, 40);
    p.ttl = 1;
    rig_push(r, 0, &p);
    e = error(r, 0, 11, 0, &p);
    T_CHECK(e != NULL && e->src == A && t_get32(e->b + 4) == 0);
    p = rig_udp(P, Q, 5, 9, 1000);
    p.frag = 0x4000;
    T_EQ(weft_if_set_mtu(r->st, 3, 900), 0);
    rig_push(r, 0, &p);
    e = error(r, 0, 3, 4, &p);
    T_CHECK(e != NULL && t_get32(e->b + 4) == 900);
    r->absent = Q;
    p = rig_udp(P, Q, 5, 9, 40);
    rig_push(r, 0, &p);
    T_CHECK(rig_is_silent(r));
    rig_run(r, 5 * S);
    p.ttl--; /* Before it was queued its hop was counted. */
    (void)error(r, 0, 3, 1, &p);
    rig_end(r);
}

/* proves: ICMP-R-06 ICMP-R-07 */
static void a_routers_errors_have_the_tos_of_the_offender(void)
{
    struct rig *r = rig_new(2, true);
    struct rig_ip p = rig_udp(P, FAR, 5, 9, 40);
    p.tos = 0x10 | 3; /* Low delay; ECN's bits are not copied. */
    rig_push(r, 0, &p);
    const struct rig_ip *e = error(r, 0, 3, 0, &p);
    T_CHECK(e != NULL && e->tos == (0xc0 | 0x10));
    rig_end(r);
}

/* proves: ICMP-R-45 ICMP-R-46 */
static void time_exceeded_can_be_switched_off_on_a_link(void)
{
    struct rig *r = rig_new(2, true);
    struct rig_ip p = rig_udp(P, Q, 5, 9, 40);
    p.ttl = 1;
    rig_push(r, 0, &p);
    (void)error(r, 0, 11, 0, &p);
    T_EQ(weft_icmp_if_set(r->st, 2, WEFT_ICMP_NO_TIME_EXCEEDED), 0);
    is_silent_after(r, 0, &p);
    struct rig_ip back = rig_udp(Q, P, 5, 9, 40);
    back.ttl = 1;
    rig_push(r, 1, &back);
    (void)error(r, 1, 11, 0, &back);
    T_EQ(weft_icmp_if_set(r->st, 2, 0), 0);
    rig_push(r, 0, &p);
    (void)error(r, 0, 11, 0, &p);
    T_EQ(weft_icmp_if_set(r->st, 9, 0), -WEFT_ENOENT);
    T_EQ(weft_icmp_if_set(r->st, 2, 0x100), -WEFT_EINVAL);
    rig_end(r);
}

/* ---- how long ---- */

/* proves: ICMP-GEN-03 ICMP-H-02 ICMP-H-03 ICMP-R-03 ICMP-R-04 */
static void errors_quote_as_much_as_fits(void)
{
    struct rig *r = rig_new(1, false);
    for (uint32_t n = 0; n < 1400; n += n < 24 ? 4 : 275) {
        struct rig_ip p = rig_udp(P, A, 5, 9, n);
        p.opts_n = n % 3 == 0 ? 40 : 0;
        memset(p.opts, 1, 40);
        rig_push(r, 0, &p);
        const struct rig_ip *e = error(r, 0, 3, 3, &p);
        uint32_t all = 20 + p.opts_n + p.n;
        T_CHECK(e != NULL && e->n == 8 + (all < 548 ? all : 548));
        rig_run(r, 2 * S);
    }
    rig_end(r);
}

/* proves: CAP-ICMP-10 CAP-ICMP-13 */
static void the_textbooks_error_quotes_eight_octets(void)
{
    struct rig *r = rig_new(1, false);
    struct weft_icmp_config c;
    weft_icmp_get(r->st, &c);
    c.quote_bytes = 7;
    T_EQ(weft_icmp_set(r->st, &c), -WEFT_EINVAL);
    c.quote_bytes = 8;
    T_EQ(weft_icmp_set(r->st, &c), 0);
    struct rig_ip p = rig_udp(P, A, 5, 9, 300);
    rig_push(r, 0, &p);
    const struct rig_ip *e = error(r, 0, 3, 3, &p);
    T_CHECK(e != NULL && 20 + e->n == 56);
    p.opts_n = 12;
    memset(p.opts, 1, 12);
    rig_push(r, 0, &p);
    e = error(r, 0, 3, 3, &p);
    T_CHECK(e != NULL && 20 + e->n == 68);
    rig_end(r);
}

/* ---- when not: the rules of silence, each with what it does not forbid ---- */

/* proves: ICMP-GEN-04 ICMP-H-06 */
static void not_about_an_error(void)
{
    static const uint8_t types[] = {3, 4, 5, 11, 12};
    struct rig *r = rig_new(2, true);
    struct rig_ip about = rig_udp(Q, P, 1, 2, 8);
    for (unsigned i = 0; i < sizeof(types); i++) {
        struct rig_ip p = rig_quote(P, Q, types[i], 0, 0, &about, 8);
        p.ttl = 1;
        is_silent_after(r, 0, &p);
        p.dst = FAR;
        p.ttl = 9;
        is_silent_after(r, 0, &p);
    }
    for (unsigned type = 8; type <= 17; type += type == 8 ? 5 : 2) { /* 8, 13, 15, 17: queries. */
        struct rig_ip p = rig_icmp(P, Q, type, 0, 1);
        p.ttl = 1;
        rig_push(r, 0, &p);
        (void)error(r, 0, 11, 0, &p);
    }
    rig_end(r);
}

/* proves: ICMP-H-07 */
static void not_about_what_went_to_a_group(void)
{
    static const uint32_t groups[] = {IP(10, 0, 0, 255), IP(255, 255, 255, 255), IP(224, 0, 0, 1),
                                      IP(239, 1, 2, 3),  IP(10, 0, 0, 0),        IP(10, 0, 1, 255)};
    struct rig *r = rig_new(2, true);
    for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        struct rig_ip p = rig_udp(P, groups[i], 5, 9, 40);
        is_silent_after(r, 0, &p); /* Not even when a switch's flooding hides the group. */
        for (unsigned link = 0; link < 2; link++) {
            p = rig_udp(P, groups[i], 5, 9, 40);
            p.is_link_group = link > 0;
            is_silent_after(r, 0, &p);
            p.proto = 200;
            is_silent_after(r, 0, &p);
            p.opts_n = 4;
            memcpy(p.opts, "\x9e\x09\0\0", 4);
            is_silent_after(r, 0, &p);
        }
    }
    struct rig_ip p = rig_udp(P, A, 5, 9, 40);
    rig_push(r, 0, &p);
    (void)error(r, 0, 3, 3, &p);
    rig_end(r);
}

/* proves: ICMP-H-08 */
static void not_about_what_came_by_link_broadcast(void)
{
    struct rig *r = rig_new(2, true);
    struct rig_ip p = rig_udp(P, A, 5, 9, 40), q = rig_udp(P, Q, 5, 9, 40);
    p.is_link_group = q.is_link_group = true;
    is_silent_after(r, 0, &p);
    q.ttl = 1;
    is_silent_after(r, 0, &q);
    q.dst = FAR;
    q.ttl = 9;
    is_silent_after(r, 0, &q);
    p.opts_n = 4;
    memcpy(p.opts, "\x9e\x09\0\0", 4);
    is_silent_after(r, 0, &p);
    q.dst = Q;
    q.ttl = 1;
    q.is_link_group = false;
    rig_push(r, 0, &q);
    (void)error(r, 0, 11, 0, &q);
    rig_end(r);
}

/* proves: ICMP-H-09 ICMP-GEN-05 */
static void not_about_a_later_fragment(void)
{
    struct rig *r = rig_new(2, true);
    struct rig_ip p = rig_udp(P, Q, 5, 9, 40);
    for (unsigned last = 0; last < 2; last++) {
        p.frag = (uint16_t)((last ? 0 : 0x2000) | 100);
        p.ttl = 1;
        p.dst = Q;
        is_silent_after(r, 0, &p);
        p.ttl = 9;
        p.dst = FAR;
        is_silent_after(r, 0, &p);
        p.dst = A;
        p.id++;
        rig_push(r, 0, &p);
        rig_run(r, 60 * S); /* Given up, without the first. */
        T_CHECK(rig_is_silent(r));
    }
    p.frag = 0x2000;
    p.dst = Q;
    p.ttl = 1;
    rig_push(r, 0, &p);
    (void)error(r, 0, 11, 0, &p);
    rig_end(r);
}

/* proves: ICMP-H-10 */
static void not_to_a_source_that_is_no_host(void)
{
    static const uint32_t bad[] = {0,
                                   IP(0, 1, 2, 3),
                                   IP(127, 0, 0, 1),
                                   IP(10, 0, 0, 255),
                                   IP(10, 0, 1, 255),
                                   IP(255, 255, 255, 255),
                                   IP(224, 0, 0, 5),
                                   IP(240, 0, 0, 1)};
    struct rig *r = rig_new(2, true);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rig_ip p = rig_udp(bad[i], A, 5, 9, 40), q = rig_udp(bad[i], Q, 5, 9, 40);
        q.ttl = 1;
        is_silent_after(r, 0, &p);
        is_silent_after(r, 0, &q);
    }
    rig_end(r);
}

/* proves: ICMP-R-10 CAP-ICMP-11 BAD-ICMP-29 */
static void not_about_what_is_dropped_silently(void)
{
    struct rig *r = rig_new(2, true);
    struct rig_ip p = rig_udp(P, Q, 5, 9, 40);
    uint8_t bytes[RIG_FRAME_MAX];
    p.ttl = 1;
    size_t n = rig_write(&p, bytes);
    for (unsigned i = 0; i < 20; i++) { /* Headers that fail their checks. */
        bytes[i] ^= 0x10;
        rig_push_raw(r, 0, bytes, n, false);
        bytes[i] ^= 0x10;
    }
    rig_run(r, 3 * S);
    T_CHECK(rig_is_silent(r));
    p = rig_udp(IP(10, 0, 1, 7), Q, 5, 9, 40); /* Its answer would leave elsewhere. */
    is_silent_after(r, 0, &p);
    p = rig_udp(P, IP(127, 0, 0, 1), 5, 9, 40);
    is_silent_after(r, 0, &p);
    p = rig_udp(P, Q, 5, 9, 40);
    p.ttl = 1;
    rig_push(r, 0, &p);
    (void)error(r, 0, 11, 0, &p);
    /* The five rules, once more against one stack: a query may draw an error, an error never. */
    struct rig_ip e = rig_quote(P, Q, 3, 1, 0, &p, 8);
    e.ttl = 1;
    is_silent_after(r, 0, &e);
    p.frag = 7;
    is_silent_after(r, 0, &p);
    p.frag = 0;
    p.is_link_group = true;
    is_silent_after(r, 0, &p);
    p.is_link_group = false;
    p.dst = IP(10, 0, 0, 255);
    is_silent_after(r, 0, &p);
    p.dst = Q;
    p.src = 0;
    is_silent_after(r, 0, &p);
    rig_end(r);
}

/* ---- how many ---- */

/* Errors that @n datagrams from so many sources, all within a moment, draw. */
static unsigned storm(struct rig *r, unsigned n, unsigned sources)
{
    uint64_t before = weft_counter(r->st, WEFT_COUNT_ICMP_ERRORS_OUT);
    for (unsigned i = 0; i < n; i++) {
        struct rig_ip p = rig_udp(IP(10, 0, 0, 9) + i % sources, A, 5, 9, 8);
        rig_push(r, 0, &p);
        rig_clear(r);
    }
    return (unsigned)(weft_counter(r->st, WEFT_COUNT_ICMP_ERRORS_OUT) - before);
}

/* proves: ICMP-R-11 ICMP-RL-01 */
static void the_limits_of_errors_can_be_set(void)
{
    struct rig *r = rig_new(1, false);
    struct weft_icmp_config c;
    weft_icmp_get(r->st, &c);
    T_EQ(storm(r, 200, 1), c.error_burst);
    rig_run(r, 3 * S);
    T_EQ(storm(r, 200, 1), 3); /* One a second comes back. */
    c.error_burst = 20;
    c.error_interval_ms = 100;
    c.errors_per_s = 10;
    T_EQ(weft_icmp_set(r->st, &c), 0);
    rig_run(r, 30 * S);
    unsigned n = storm(r, 200, 100);
    T_CHECK(n >= 8 && n <= 12);
    c.errors_per_s = 1000;
    T_EQ(weft_icmp_set(r->st, &c), 0);
    rig_run(r, 30 * S);
    T_EQ(storm(r, 200, 1), 20);
    c.error_burst = 0;
    T_EQ(weft_icmp_set(r->st, &c), -WEFT_EINVAL);
    rig_end(r);
}

/* proves: CAP-ICMP-12 */
static void the_ceiling_cannot_be_read(void)
{
    struct rig *r = rig_new(1, false);
    struct weft_icmp_config c;
    unsigned least = 1000, most = 0, differ = 0, last = 0;
    weft_icmp_get(r->st, &c);
    c.errors_per_s = 100;
    T_EQ(weft_icmp_set(r->st, &c), 0);
    for (unsigned i = 0; i < 24; i++) {
        rig_run(r, 20 * S);
        unsigned n = storm(r, 300, 200);
        least = n < least ? n : least;
        most = n > most ? n : most;
        differ += n != last;
        last = n;
    }
    T_CHECK(least >= 80 && most <= 120);
    T_CHECK(most - least >= 12); /* A spy that counts what is left learns this noise. */
    T_CHECK(differ >= 18);
    /* The bucket of the destination comes first: who has used his up costs the others nothing. */
    rig_run(r, 20 * S);
    T_EQ(storm(r, 500, 1), 6);
    T_CHECK(storm(r, 300, 200) >= 80 - 6 - 6);
    rig_end(r);
}

/* ---- source quench ---- */

static unsigned flood_through(struct rig *r, unsigned n)
{
    uint64_t before = weft_counter(r->st, WEFT_COUNT_ICMP_ERRORS_OUT);
    weft_tx_block(r->st, 3, true);
    static struct weft_frame w[64];
    static uint8_t f[64][14 + 28];
    for (unsigned i = 0; i < n; i++) { /* In bursts, so that nothing leaves in between. */
        struct rig_ip p = rig_udp(P, Q, 5, 9, 0);
        uint8_t *at = f[i % 64];
        memset(at, 0, 14);
        at[0] = at[6] = 2;
        at[12] = 8;
        (void)rig_write(&p, at + 14);
        memset(&w[i % 64], 0, sizeof(w[0]));
        w[i % 64].iov[0].base = at;
        w[i % 64].iov[0].len = w[i % 64].len = sizeof(f[0]);
        w[i % 64].iov_n = 1;
        if (i % 64 == 63)
            T_EQ(weft_rx(r->st, 2, w, 64, r->now_ns), 64);
    }
    weft_tx_block(r->st, 3, false);
    return (unsigned)(weft_counter(r->st, WEFT_COUNT_ICMP_ERRORS_OUT) - before);
}

static void drain(struct rig *r)
{
    struct weft_frame w;
    uint64_t cookies[64];
    while (weft_tx(r->st, 3, &w, 1, r->now_ns) == 1)
        weft_tx_done(r->st, &w.cookie, 1);
    while (weft_rx_done(r->st, cookies, 64) > 0) {
    }
}

/* proves: ICMP-SQ-01 ICMP-R-16 CAP-ICMP-03 */
static void source_quench_is_sent_only_as_history(void)
{
    struct rig *r = rig_new(2, true);
    struct weft_icmp_config c;
    struct rig_ip p = rig_udp(P, Q, 5, 9, 0);
    rig_push(r, 0, &p); /* Both neighbours are known. */
    p = rig_udp(P, FAR, 5, 9, 0);
    rig_push(r, 0, &p);
    rig_clear(r);
    T_EQ(flood_through(r, 512), 0);
    T_CHECK(rig_drops(r, WEFT_DROP_TXQ_FULL) > 100);
    drain(r);
    weft_icmp_get(r->st, &c);
    c.has_quench = true;
    T_EQ(weft_icmp_set(r->st, &c), 0);
    rig_run(r, 10 * S);
    rig_clear(r);
    T_EQ(flood_through(r, 512), c.error_burst);
    drain(r);
    rig_run(r, 1 * MS);
    const struct rig_ip *e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->b[0] == 4 && e->b[1] == 0 && e->dst == P);
    T_CHECK(e != NULL && t_get32(e->b + 8 + 16) == Q);
    rig_clear(r);
    rig_end(r);
}

static const struct t_case cases[] = {
    {"a host says what is wrong", a_host_says_what_is_wrong},
    {"a router says why it does not forward", a_router_says_why_it_does_not_forward},
    {"a router's errors have the TOS of the offender",
     a_routers_errors_have_the_tos_of_the_offender},
    {"time exceeded can be switched off on a link", time_exceeded_can_be_switched_off_on_a_link},
    {"errors quote as much as fits", errors_quote_as_much_as_fits},
    {"the textbook's error quotes eight octets", the_textbooks_error_quotes_eight_octets},
    {"no error about an error", not_about_an_error},
    {"no error about what went to a group", not_about_what_went_to_a_group},
    {"no error about what came by link broadcast", not_about_what_came_by_link_broadcast},
    {"no error about a later fragment", not_about_a_later_fragment},
    {"no error to a source that is no host", not_to_a_source_that_is_no_host},
    {"no error about what is dropped silently", not_about_what_is_dropped_silently},
    {"the limits of errors can be set", the_limits_of_errors_can_be_set},
    {"the ceiling cannot be read", the_ceiling_cannot_be_read},
    {"source quench is sent only as history", source_quench_is_sent_only_as_history},
};

T_MAIN(cases)
