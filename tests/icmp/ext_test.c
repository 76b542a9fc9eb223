/* SPDX-License-Identifier: MIT */
/** DOC: what follows the quote of ICMP errors (RFC 4884): sent by a router, read by a sender */
#include <stdlib.h>

#include "rig.h"

#define A    IP(10, 0, 0, 1) /* The stack's, on link 0. */
#define P    IP(10, 0, 0, 9)
#define Q    IP(10, 0, 1, 9)
#define FAR  IP(172, 16, 0, 1)
#define SELF 28 /* The object of eth0: header, index, address, name, MTU. */

static void extend(struct rig *r, bool is_on)
{
    struct weft_icmp_config c;
    weft_icmp_get(r->st, &c);
    c.has_extensions = is_on;
    c.error_burst = 1000;
    T_EQ(weft_icmp_set(r->st, &c), 0);
}

/* An error that quotes @about padded to @words, and names the interface behind it. */
static void names_the_interface(const struct rig_ip *e, const struct rig_ip *about, uint32_t words)
{
    uint8_t bytes[RIG_FRAME_MAX + 60];
    uint32_t all = (uint32_t)rig_write(about, bytes), quote = words * 4, cursor = 0;
    struct weft_icmp_object o;
    struct weft_icmp_if i;
    T_CHECK(e != NULL);
    if (e == NULL)
        return;
    T_EQ(e->b[5], words);
    T_EQ(e->n, 8 + quote + 4 + SELF);
    T_CHECK(e->n + 20 <= 576);
    T_CHECK(memcmp(e->b + 8, bytes, all < quote ? all : quote) == 0);
    for (uint32_t k = all; k < quote; k++)
        T_EQ(e->b[8 + k], 0);
    const uint8_t *x = e->b + 8 + quote;
    T_EQ(x[0], 0x20);
    T_EQ(t_sum(x, 4 + SELF, 0), 0xffff);
    T_CHECK(weft_icmp_object_next(x + 4, SELF, &cursor, &o));
    T_CHECK(weft_icmp_object_interface(&o, &i));
    T_EQ(i.role, WEFT_ICMP_IF_INCOMING);
    T_EQ(i.index, 2);
    T_EQ(i.mtu, 1500);
    T_CHECK(strcmp(i.name, "eth0") == 0 && i.addr.b[12] == 10 && i.addr.b[15] == 1);
    T_CHECK(!weft_icmp_object_next(x + 4, SELF, &cursor, &o));
}

/* proves: ICMP-EXT-01 ICMP-EXT-02 ICMP-EXT-03 ICMP-EXT-06 */
static void a_router_names_the_interface(void)
{
    struct rig *r = rig_new(2, true);
    extend(r, true);
    struct rig_ip p = rig_udp(P, Q, 5, 9, 12); /* 40 octets: padded to 128. */
    p.ttl = 1;
    rig_push(r, 0, &p);
    names_the_interface(rig_pull(r, 0), &p, 32);
    p = rig_udp(P, FAR, 5, 9, 103); /* 131: to a word. */
    rig_push(r, 0, &p);
    names_the_interface(rig_pull(r, 0), &p, 33);
    p = rig_udp(P, A, 5, 9, 1400); /* As much as leaves room: 576 in all. */
    rig_push(r, 0, &p);
    names_the_interface(rig_pull(r, 0), &p, 126);
    p = rig_udp(P, A, 5, 9, 40);
    p.opts_n = 8;
    memcpy(p.opts, "\x01\x01\x9e\x09", 4);
    rig_push(r, 0, &p);
    const struct rig_ip *e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->b[4] >= 22); /* The pointer keeps its place. */
    names_the_interface(e, &p, 32);
    p = rig_udp(P, Q, 5, 9, 1000);
    p.frag = 0x4000;
    T_EQ(weft_if_set_mtu(r->st, 3, 900), 0);
    rig_push(r, 0, &p);
    e = rig_pull(r, 0);
    T_CHECK(e != NULL && t_get16(e->b + 6) == 900); /* And the MTU. */
    names_the_interface(e, &p, 126);
    extend(r, false);
    p = rig_udp(P, A, 5, 9, 12);
    rig_push(r, 0, &p);
    e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->b[5] == 0 && e->n == 8 + 40);
    rig_end(r);
}

/* proves: ICMP-EXT-04 */
static void no_other_message_has_extensions(void)
{
    struct rig *r = rig_new(2, true);
    struct weft_icmp_config c;
    extend(r, true);
    weft_icmp_get(r->st, &c);
    c.answers_timestamp = c.answers_information = true;
    T_EQ(weft_icmp_set(r->st, &c), 0);
    const struct weft_addr far = weft_ip4(172, 16, 0, 0), gw = weft_ip4(10, 0, 0, 7);
    const struct weft_route to_far = {.dst = far, .prefix_len = 16, .gateway = gw, .ifindex = 2};
    T_EQ(weft_route_add(r->st, &to_far), 0);
    struct rig_ip p = rig_udp(P, FAR, 5, 9, 12); /* Goes back out where it came in. */
    rig_push(r, 0, &p);
    const struct rig_ip *e = rig_pull(r, 0);
    if (e != NULL && e->proto != 1)
        e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->b[0] == 5 && e->n == 8 + 40);
    rig_clear(r);
    static const struct {
        unsigned asked, answer, n;
    } rows[] = {{8, 0, 8}, {13, 14, 20}, {15, 16, 8}};
    for (unsigned i = 0; i < 3; i++) {
        static const uint8_t times[12];
        p = rig_icmp(P, A, rows[i].asked, 0, 0x00010002);
        if (rows[i].asked == 13)
            rig_icmp_body(&p, times, sizeof(times));
        rig_push(r, 0, &p);
        e = rig_pull(r, 0);
        T_CHECK(e != NULL && e->b[0] == rows[i].answer && e->n == rows[i].n);
    }
    rig_end(r);
}

/* ---- what comes ---- */

static uint64_t sender(struct rig *r)
{
    uint64_t s;
    struct weft_endpoint local = {.port = 7000};
    T_EQ(weft_sock_open(r->st, WEFT_SOCK_UDP, &s), 0);
    T_EQ(weft_sock_set(r->st, s, WEFT_IP_RECVERR, 1), 0);
    T_EQ(weft_sock_bind(r->st, s, &local), 0);
    return s;
}

/* An error about a datagram of ours, with the quote padded, a label and an unknown object. */
static struct rig_ip labelled(unsigned type)
{
    struct rig_ip about = rig_udp(A, P, 7000, 9, 12);
    struct rig_ip e = rig_quote(P, A, type, 0, 0, &about, 20);
    static const uint8_t zeros[128];
    uint8_t x[20] = {0x20, 0, 0, 0, 0, 8, 99, 1, 1, 2, 3, 4, 0, 8, 1, 1, 0, 6, 0x41, 5};
    t_put_sum(x + 2, x, sizeof(x), 0);
    rig_icmp_body(&e, zeros, 128 - 40);
    rig_icmp_body(&e, x, sizeof(x));
    e.b[5] = 32;
    rig_sum(&e);
    return e;
}

/* Objects that a socket was told with the error, of which there is one whatever they are. */
static uint32_t told(struct rig *r, uint64_t s, const struct rig_ip *e)
{
    struct weft_sock_err err = {.ext_bytes = 0};
    rig_push(r, 0, e);
    T_EQ(weft_sock_recv_error(r->st, s, &err), 0);
    uint32_t cursor = 0, n = 0;
    struct weft_icmp_object o;
    struct weft_icmp_label l;
    while (weft_icmp_object_next(err.ext, err.ext_bytes, &cursor, &o)) {
        n++;
        if (o.class_num != WEFT_ICMP_CLASS_MPLS) /* Skipped by who does not know it. */
            continue;
        T_CHECK(weft_icmp_object_label(&o, 0, &l) && !weft_icmp_object_label(&o, 1, &l));
        T_CHECK(l.label == 100 && l.tc == 0 && l.is_bottom && l.ttl == 5);
    }
    return n;
}

/* proves: ICMP-EXT-05 ICMP-EXT-07 ICMP-EXT-08 */
static void a_sender_is_told(void)
{
    struct rig *r = rig_new(1, false);
    uint64_t s = sender(r);
    static const uint8_t types[] = {3, 11, 12};
    for (unsigned i = 0; i < 3; i++) {
        struct rig_ip e = labelled(types[i]), bad = e;
        T_EQ(told(r, s, &e), 2);
        bad.b[5] = 0; /* No length: what follows is the quote, whatever it looks like. */
        rig_sum(&bad);
        T_EQ(told(r, s, &bad), 0);
        bad = e;
        bad.b[136 + 8] ^= 1; /* The sum of the structure. */
        rig_sum(&bad);
        T_EQ(told(r, s, &bad), 0);
        bad = e;
        bad.b[136] = 0x10; /* Another version, with a right sum. */
        bad.b[138] = bad.b[139] = 0;
        t_put_sum(bad.b + 138, bad.b + 136, 20, 0);
        rig_sum(&bad);
        T_EQ(told(r, s, &bad), 0);
        bad = e;
        bad.b[5] = 200; /* Beyond the end. */
        rig_sum(&bad);
        T_EQ(told(r, s, &bad), 0);
    }
    T_EQ(weft_sock_close(r->st, s), 0);
    rig_end(r);
}

static void objects_are_read_within_their_length(void)
{
    static const uint8_t name[] = {0, 16, 2, 0x42, 12, 'a', ' ', 'b', 0, 0, 0, 0, 0, 0, 0, 0};
    for (unsigned type = 0; type < 256; type++)
        for (uint32_t n = 0; n <= 12; n++) {
            uint8_t *d = malloc(n + 1);
            struct weft_icmp_if i;
            struct weft_icmp_object o = {
                .class_num = 2, .type = (uint8_t)type, .bytes = (uint16_t)n};
            o.data = d;
            memset(d, 1, n + 1);
            (void)weft_icmp_object_interface(&o, &i);
            free(d);
        }
    struct weft_icmp_object o;
    struct weft_icmp_if i;
    uint32_t cursor = 0;
    T_CHECK(weft_icmp_object_next(name, sizeof(name), &cursor, &o));
    T_CHECK(weft_icmp_object_interface(&o, &i));
    T_EQ(i.role, WEFT_ICMP_IF_SUB_INCOMING);
    T_CHECK(strcmp(i.name, "a?b") == 0);
}

/* ---- the way back of errors about source-routed datagrams ---- */

/* One from P by way of 10.0.0.7 to us, that goes on to Q and FAR. */
static struct rig_ip routed(uint8_t ttl)
{
    struct rig_ip p = rig_udp(P, A, 5, 9, 600);
    static const uint8_t lsrr[16] = {1, 131, 15, 8, 10, 0, 0, 7, 10, 0, 1, 9, 172, 16, 0, 1};
    memcpy(p.opts, lsrr, sizeof(lsrr));
    p.opts_n = sizeof(lsrr);
    p.ttl = ttl;
    return p;
}

/* proves: ICMP-R-09 */
static void errors_go_back_along_the_route(void)
{
    struct rig *r = rig_new(2, true);
    extend(r, true);
    T_EQ(weft_ip_set(r->st, WEFT_IP_SOURCE_ROUTES, WEFT_IP_SOURCE_ROUTES_FORWARD), 0);
    struct rig_ip p = routed(1); /* Dies here, with us in the route already. */
    rig_push(r, 0, &p);
    const struct rig_ip *e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->b[0] == 11 && e->dst == IP(10, 0, 0, 7) && e->opts_n == 8);
    T_CHECK(e != NULL && memcmp(e->opts, "\x83\x07\x04\x0a\x00\x00\x09\x00", 8) == 0);
    T_CHECK(e != NULL && e->n + 28 <= 576);
    p = routed(9);
    T_EQ(weft_ip_set(r->st, WEFT_IP_SOURCE_ROUTES, WEFT_IP_SOURCE_ROUTES_END), 0);
    rig_push(r, 0, &p); /* The route fails: as it came. */
    e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->b[0] == 3 && e->b[1] == 5 && e->dst == IP(10, 0, 0, 7));
    p.opts[3] = 9; /* A pointer into the middle: the error is about the route. */
    rig_push(r, 0, &p);
    e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->b[0] == 12 && e->dst == P && e->opts_n == 0);
    p = routed(9);
    memcpy(p.opts, "\x83\x0b\x08\x0a\x00\x00\x07\x0a\x00\x01\x09\x44\x03\x05\x00\x00", 16);
    rig_push(r, 0, &p); /* About another option: back along the route. */
    e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->b[0] == 12 && e->dst == IP(10, 0, 0, 7) && e->opts_n == 8);
    T_CHECK(rig_is_silent(r));
    rig_end(r);
}

static const struct t_case cases[] = {
    {"a router pads its quote and names the interface the datagram came in by",
     a_router_names_the_interface},
    {"redirects and answers to queries have no extensions", no_other_message_has_extensions},
    {"a sender is told the objects of an error whose version and sum are right", a_sender_is_told},
    {"an error about a source-routed datagram goes back along the route it took",
     errors_go_back_along_the_route},
    {"objects are read within their length", objects_are_read_within_their_length},
};

T_MAIN(cases)
