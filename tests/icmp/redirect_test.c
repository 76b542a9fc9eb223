/* SPDX-License-Identifier: MIT */
/** DOC: redirects: a router tells of a better first hop, a host believes its first hop, and when
 * not */
#include "rig.h"

#define A  IP(10, 0, 0, 1)
#define P  IP(10, 0, 0, 9)
#define G  IP(10, 0, 0, 254) /* The first hop ... */
#define G2 IP(10, 0, 0, 253) /* ... and the better one. */
#define D  IP(192, 0, 2, 7)

static void route(struct rig *r, uint32_t dst, uint8_t prefix_len, uint32_t gateway)
{
    struct weft_route way = {
        .dst = t_addr(dst), .gateway = t_addr(gateway), .prefix_len = prefix_len};
    T_EQ(weft_route_add(r->st, &way), 0);
}

/* ---- as a router ---- */

/* proves: ICMP-GEN-09 ICMP-GEN-10 ICMP-R-39 ICMP-R-40 ICMP-R-42 CAP-ICMP-06 */
static void a_router_tells_and_forwards(void)
{
    struct rig *r = rig_new(2, true);
    route(r, IP(192, 0, 2, 0), 24, G2);
    struct rig_ip p = rig_udp(P, D, 5, 9, 40);
    p.tos = 0x10; /* Code 1 all the same, not 3. */
    rig_push(r, 0, &p);
    const struct rig_ip *e = rig_pull(r, 0), *f = rig_pull(r, 0);
    T_CHECK(e != NULL && f != NULL);
    if (f != NULL && f->proto == 1) {
        const struct rig_ip *swap = e;
        e = f;
        f = swap;
    }
    T_CHECK(e != NULL && e->proto == 1 && e->b[0] == 5 && e->b[1] == 1);
    T_CHECK(e != NULL && t_get32(e->b + 4) == G2 && e->src == A && e->dst == P);
    T_CHECK(e != NULL && t_get32(e->b + 8 + 16) == D && e->b[8 + 8] == p.ttl);
    T_CHECK(f != NULL && f->proto == 17 && f->dst == D && f->ttl == p.ttl - 1);
    T_CHECK(f != NULL && t_get32(f->mac + 2) == G2);
    for (unsigned i = 0; i < 100; i++) { /* A host that does not listen is told now and then. */
        rig_push(r, 0, &p);
        rig_clear(r);
    }
    T_CHECK(weft_counter(r->st, WEFT_COUNT_ICMP_REDIRECTS_OUT) <= 6);
    rig_end(r);
}

static uint64_t redirects_after(struct rig *r, unsigned k, const struct rig_ip *p)
{
    uint64_t before = weft_counter(r->st, WEFT_COUNT_ICMP_ERRORS_OUT);
    rig_push(r, k, p);
    rig_run(r, 5 * S);
    rig_clear(r);
    return weft_counter(r->st, WEFT_COUNT_ICMP_ERRORS_OUT) - before;
}

/* proves: ICMP-R-41 ICMP-H-16 ICMP-GEN-11 */
static void a_router_tells_only_who_can_use_it(void)
{
    struct rig *r = rig_new(2, true);
    struct rig_ip p = rig_udp(P, D, 5, 9, 40), other = p, home = p;
    route(r, IP(192, 0, 2, 0), 24, G2);
    route(r, IP(10, 9, 0, 0), 16, G);
    T_EQ(redirects_after(r, 0, &p), 1);
    other.dst = IP(10, 0, 1, 9); /* Leaves by another link. */
    T_EQ(redirects_after(r, 0, &other), 0);
    other.dst = D;
    other.src = IP(10, 9, 0, 1); /* In another network than the next hop. */
    T_EQ(redirects_after(r, 0, &other), 0);
    T_EQ(weft_ip_set(r->st, WEFT_IP_SOURCE_ROUTES, WEFT_IP_SOURCE_ROUTES_FORWARD), 0);
    uint64_t forwarded = weft_counter(r->st, WEFT_COUNT_IP4_FORWARDED);
    other = p;
    other.opts_n = 8; /* A source route, all of it done: the sender wanted that way. */
    memcpy(other.opts, "\x83\x07\x08\x0a\0\0\x01\0", 8);
    T_EQ(redirects_after(r, 0, &other), 0);
    T_EQ(weft_counter(r->st, WEFT_COUNT_IP4_FORWARDED), forwarded + 1);
    home.dst = IP(10, 0, 0, 77); /* The destination itself is a better hop. */
    T_EQ(redirects_after(r, 0, &home), 1);
    T_EQ(weft_icmp_if_set(r->st, 2, WEFT_ICMP_NO_REDIRECT), 0);
    T_EQ(redirects_after(r, 0, &p), 0);
    T_EQ(weft_icmp_if_set(r->st, 2, 0), 0);
    struct weft_icmp_config c;
    weft_icmp_get(r->st, &c);
    c.sends_redirects = false;
    T_EQ(weft_icmp_set(r->st, &c), 0);
    T_EQ(redirects_after(r, 0, &p), 0);
    c.sends_redirects = true;
    T_EQ(weft_icmp_set(r->st, &c), 0);
    T_EQ(redirects_after(r, 0, &p), 1);
    weft_set_forwarding(r->st, false); /* A host does not. */
    T_EQ(redirects_after(r, 0, &p), 0);
    rig_end(r);
}

/* ---- as a host ---- */

/** struct flow - A socket that talks to D */
struct flow {
    uint64_t sock;
    uint16_t port;
};

static struct rig *host(bool takes)
{
    struct rig *r = rig_new(2, false);
    struct weft_icmp_config c;
    weft_icmp_get(r->st, &c);
    c.takes_redirects = takes;
    T_EQ(weft_icmp_set(r->st, &c), 0);
    route(r, 0, 0, G);
    return r;
}

static struct flow open_flow(struct rig *r, enum weft_sock_type type)
{
    struct flow f = {.sock = 0};
    struct weft_endpoint local = {.addr = t_addr(A)}, to = {.addr = t_addr(D), .port = 9};
    T_EQ(weft_sock_open(r->st, type, &f.sock), 0);
    T_EQ(weft_sock_bind(r->st, f.sock, &local), 0);
    if (type == WEFT_SOCK_TCP)
        T_EQ(weft_sock_connect(r->st, f.sock, &to), 0);
    T_EQ(weft_sock_names(r->st, f.sock, &local, NULL), 0);
    f.port = local.port;
    return f;
}

static void say(struct rig *r, const struct flow *f, uint32_t dst)
{
    struct weft_endpoint to = {.addr = t_addr(dst), .port = 9};
    rig_clear(r);
    T_EQ(weft_sock_sendto(r->st, f->sock, "hello", 5, &to), 5);
    rig_run(r, 1 * MS);
}

/* The next hop of what is sent to @dst. */
static uint32_t hop_of(struct rig *r, const struct flow *f, uint32_t dst)
{
    say(r, f, dst);
    const struct rig_ip *e = rig_pull(r, 0);
    return e != NULL && e->dst == dst ? t_get32(e->mac + 2) : 0;
}

/* The next hop that a program is told of. */
static uint32_t told_hop(const struct rig *r, uint32_t dst)
{
    struct weft_addr to = t_addr(dst);
    struct weft_ip_path path;
    T_EQ(weft_ip_path(r->st, &to, &path), 0);
    return t_get32(path.next_hop.b + 12);
}

static struct rig_ip redirect(uint32_t from, unsigned code, uint32_t gateway, uint16_t port,
                              uint32_t dst)
{
    struct rig_ip about = rig_udp(A, dst, port, 9, 5);
    return rig_quote(from, A, 5, code, gateway, &about, 8);
}

static unsigned learnt(const struct rig *r)
{
    struct weft_redirect out;
    unsigned n = 0;
    for (uint32_t cursor = 0; weft_redirect_next(r->st, &cursor, &out);)
        n++;
    return n;
}

/* proves: ICMP-H-17 ICMP-H-18 */
static void a_host_follows_its_first_hop(void)
{
    for (unsigned code = 0; code < 4; code++) {
        struct rig *r = host(true);
        struct flow f = open_flow(r, WEFT_SOCK_UDP);
        T_EQ(hop_of(r, &f, D), G);
        struct rig_ip p = redirect(G, code, G2, f.port, D);
        rig_push(r, 0, &p);
        T_EQ(hop_of(r, &f, D), G2);
        T_EQ(hop_of(r, &f, D + 1), G); /* For that destination, whatever the code. */
        T_EQ(told_hop(r, D), G2);
        T_EQ(told_hop(r, D + 1), G);
        T_EQ(told_hop(r, IP(224, 0, 0, 9)), IP(224, 0, 0, 9)); /* Not by a gateway. */
        T_EQ(told_hop(r, IP(169, 254, 0, 9)), IP(169, 254, 0, 9));
        T_EQ(learnt(r), 1);
        p = redirect(G2, code, IP(10, 0, 0, 252), f.port, D); /* It is the first hop now ... */
        rig_push(r, 0, &p);
        T_EQ(hop_of(r, &f, D), IP(10, 0, 0, 252));
        p = redirect(G, code, G2, f.port, D); /* ... and this one is not. */
        rig_push(r, 0, &p);
        T_EQ(hop_of(r, &f, D), IP(10, 0, 0, 252));
        rig_run(r, 601 * S);
        T_EQ(learnt(r), 0);
        T_EQ(hop_of(r, &f, D), G);
        T_EQ(weft_sock_close(r->st, f.sock), 0);
        rig_end(r);
    }
}

/* Who told it may be gone when the interface is back. */
static void what_was_told_ends_with_the_interface(void)
{
    struct rig *r = host(true);
    struct flow f = open_flow(r, WEFT_SOCK_UDP);
    T_EQ(hop_of(r, &f, D), G);
    struct rig_ip p = redirect(G, 1, G2, f.port, D);
    rig_push(r, 0, &p);
    T_EQ(weft_if_set_up(r->st, 3, false), 0); /* Another one. */
    T_EQ(learnt(r), 1);
    T_EQ(weft_if_set_up(r->st, 2, false), 0);
    T_EQ(learnt(r), 0);
    T_EQ(weft_if_set_up(r->st, 2, true), 0);
    rig_run(r, 5 * S);
    T_EQ(hop_of(r, &f, D), G);
    T_EQ(weft_sock_close(r->st, f.sock), 0);
    rig_end(r);
}

/* A source of 0.0.0.0 in the quote, or a destination: nobody's datagram. */
static void no_redirect_is_about_nobody(void)
{
    struct rig *r = host(true);
    struct flow f = open_flow(r, WEFT_SOCK_UDP);
    T_EQ(hop_of(r, &f, D), G);
    struct rig_ip about = rig_udp(A, 0, f.port, 9, 5);
    struct rig_ip p = rig_quote(G, A, 5, 1, G2, &about, 8);
    rig_push(r, 0, &p);
    about = rig_udp(0, D, f.port, 9, 5);
    p = rig_quote(G, A, 5, 1, G2, &about, 8);
    rig_push(r, 0, &p);
    T_EQ(learnt(r), 0);
    T_EQ(hop_of(r, &f, D), G);
    T_EQ(weft_sock_close(r->st, f.sock), 0);
    rig_end(r);
}

/* proves: ICMP-H-19 BAD-ICMP-21 */
static void a_host_believes_nobody_else(void)
{
    static const uint32_t senders[] = {P, D, G2, IP(10, 0, 0, 3)};
    static const uint32_t gateways[] = {A, /* Itself. */
                                        G, /* The same again. */
                                        IP(10, 0, 0, 255),
                                        IP(10, 0, 1, 9), /* On another link. */
                                        IP(198, 51, 100, 1),
                                        IP(224, 0, 0, 1),
                                        0,
                                        IP(127, 0, 0, 1)};
    struct rig *r = host(true);
    struct flow f = open_flow(r, WEFT_SOCK_UDP);
    struct rig_ip p;
    T_EQ(hop_of(r, &f, D), G);
    for (unsigned i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
        p = redirect(senders[i], 1, G2, f.port, D);
        rig_push(r, 0, &p);
        T_EQ(hop_of(r, &f, D), G);
    }
    for (unsigned i = 0; i < sizeof(gateways) / sizeof(gateways[0]); i++) {
        p = redirect(G, 1, gateways[i], f.port, D);
        rig_push(r, 0, &p);
        T_EQ(hop_of(r, &f, D), G);
    }
    p = redirect(G, 4, G2, f.port, D); /* No such code. */
    rig_push(r, 0, &p);
    p = redirect(G, 1, G2, (uint16_t)(f.port + 1), D); /* A flow that is not there. */
    rig_push(r, 0, &p);
    p = redirect(G, 1, G2, f.port, P); /* A neighbour needs no gateway. */
    rig_push(r, 0, &p);
    p = redirect(G, 1, G2, f.port, D);
    rig_push(r, 1, &p); /* By another link. */
    p.dst = IP(10, 0, 0, 255);
    p.is_link_group = true;
    rig_push(r, 0, &p);
    T_EQ(learnt(r), 0);
    T_EQ(rig_drops(r, WEFT_DROP_ICMP_REDIRECT_BAD), r->pushed);
    T_EQ(weft_sock_close(r->st, f.sock), 0);
    rig_end(r);
}

/* proves: ICMP-R-15 ICMP-R-43 BAD-ICMP-21 */
static void by_default_and_in_a_router_redirects_are_ignored(void)
{
    struct rig *r = host(false);
    struct flow f = open_flow(r, WEFT_SOCK_UDP);
    struct rig_ip p = redirect(G, 1, G2, f.port, D);
    rig_push(r, 0, &p);
    T_EQ(hop_of(r, &f, D), G);
    T_EQ(weft_sock_close(r->st, f.sock), 0);
    rig_end(r);

    r = host(true); /* What a host learnt is not used for what it forwards as a router. */
    f = open_flow(r, WEFT_SOCK_UDP);
    p = redirect(G, 1, G2, f.port, D);
    rig_push(r, 0, &p);
    T_EQ(hop_of(r, &f, D), G2);
    weft_set_forwarding(r->st, true);
    struct rig_ip transit = rig_udp(IP(10, 0, 1, 9), D, 5, 9, 40);
    rig_clear(r);
    rig_push(r, 1, &transit);
    const struct rig_ip *e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->dst == D && t_get32(e->mac + 2) == G);
    p = redirect(G2, 1, IP(10, 0, 0, 252), f.port, D);
    rig_push(r, 0, &p);
    T_EQ(hop_of(r, &f, D), G2);
    T_EQ(weft_sock_close(r->st, f.sock), 0);
    rig_end(r);
}

static void a_gateway_that_does_not_answer_is_left(void)
{
    struct rig *r = host(true);
    struct flow f = open_flow(r, WEFT_SOCK_UDP);
    struct rig_ip p = redirect(G, 1, G2, f.port, D);
    T_EQ(hop_of(r, &f, D), G);
    r->absent = G2;
    rig_push(r, 0, &p);
    T_EQ(hop_of(r, &f, D), 0);
    rig_run(r, 6 * S);
    T_EQ(learnt(r), 0);
    T_EQ(hop_of(r, &f, D), G);
    T_EQ(weft_sock_close(r->st, f.sock), 0);
    rig_run(r, 5 * S);
    rig_clear(r);
    rig_end(r);
}

static void a_connection_follows_too(void)
{
    struct rig *r = host(true);
    struct flow f = open_flow(r, WEFT_SOCK_TCP);
    rig_run(r, 1 * MS);
    const struct rig_ip *syn = rig_pull(r, 0);
    T_CHECK(syn != NULL && syn->proto == 6 && t_get32(syn->mac + 2) == G);
    if (syn == NULL)
        return;
    struct rig_ip about = *syn, p;
    t_put32(about.b + 4, t_get32(about.b + 4) + 100000); /* Nothing that is out. */
    p = rig_quote(G, A, 5, 1, G2, &about, 8);
    rig_push(r, 0, &p);
    T_EQ(learnt(r), 0);
    p = rig_quote(G, A, 5, 1, G2, syn, 8);
    rig_push(r, 0, &p);
    T_EQ(learnt(r), 1);
    rig_clear(r);
    rig_run(r, 2 * S);
    const struct rig_ip *again = rig_pull(r, 0);
    T_CHECK(again != NULL && again->proto == 6 && t_get32(again->mac + 2) == G2);
    T_EQ(weft_sock_abort(r->st, f.sock), 0);
    rig_clear(r);
    rig_end(r);
}

/* proves: BAD-ICMP-22 */
static void a_flood_of_redirects_stays_in_its_table(void)
{
    struct rig *r = host(true);
    struct flow f = open_flow(r, WEFT_SOCK_UDP);
    for (uint32_t i = 0; i < 100000; i++) {
        struct rig_ip p = redirect(G, 1, G2, f.port, IP(192, 1, 0, 0) + i);
        rig_push(r, 0, &p);
    }
    T_CHECK(learnt(r) <= 64 && learnt(r) > 32);
    T_EQ(hop_of(r, &f, IP(198, 51, 100, 9)), G);
    rig_run(r, 601 * S);
    T_EQ(learnt(r), 0);
    T_EQ(weft_sock_close(r->st, f.sock), 0);
    rig_end(r);
}

static const struct t_case cases[] = {
    {"a router tells and forwards", a_router_tells_and_forwards},
    {"a router tells only who can use it", a_router_tells_only_who_can_use_it},
    {"a host follows its first hop", a_host_follows_its_first_hop},
    {"what a router told ends with the interface", what_was_told_ends_with_the_interface},
    {"no redirect is about 0.0.0.0", no_redirect_is_about_nobody},
    {"a host believes nobody else", a_host_believes_nobody_else},
    {"by default and in a router redirects are ignored",
     by_default_and_in_a_router_redirects_are_ignored},
    {"a gateway that does not answer is left", a_gateway_that_does_not_answer_is_left},
    {"a connection follows too", a_connection_follows_too},
    {"a flood of redirects stays in its table", a_flood_of_redirects_stays_in_its_table},
};

T_MAIN(cases)
