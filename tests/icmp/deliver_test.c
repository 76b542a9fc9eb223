/* SPDX-License-Identifier: MIT */
/** DOC: ICMP errors that arrive: which socket is told, what, and what does not follow from it */
#include "rig.h"

#define A IP(10, 0, 0, 1)
#define G IP(10, 0, 0, 254)
#define D IP(192, 0, 2, 7)

/* What each type and code is to a program; the text of the standard, not of the engine. */
static const struct {
    uint8_t type, code;
    int err;
} errors[] = {
    {3, 0, WEFT_ENETUNREACH},   {3, 1, WEFT_EHOSTUNREACH},  {3, 2, WEFT_ECONNREFUSED},
    {3, 3, WEFT_ECONNREFUSED},  {3, 4, WEFT_EMSGSIZE},      {3, 5, WEFT_EHOSTUNREACH},
    {3, 6, WEFT_ENETUNREACH},   {3, 7, WEFT_EHOSTUNREACH},  {3, 8, WEFT_EHOSTUNREACH},
    {3, 9, WEFT_ENETUNREACH},   {3, 10, WEFT_EHOSTUNREACH}, {3, 11, WEFT_ENETUNREACH},
    {3, 12, WEFT_EHOSTUNREACH}, {3, 13, WEFT_EHOSTUNREACH}, {3, 14, WEFT_EHOSTUNREACH},
    {3, 15, WEFT_EHOSTUNREACH}, {11, 0, WEFT_EHOSTUNREACH}, {11, 1, WEFT_EHOSTUNREACH},
    {12, 0, WEFT_EPROTO},       {12, 1, WEFT_EPROTO},       {12, 2, WEFT_EPROTO},
};
#define ERRORS (sizeof(errors) / sizeof(errors[0]))

static struct rig *host(void)
{
    struct rig *r = rig_new(1, false);
    struct weft_route way = {.gateway = t_addr(G)};
    way.dst = t_addr(0);
    T_EQ(weft_route_add(r->st, &way), 0);
    return r;
}

static uint64_t udp_socket(struct rig *r, bool is_connected, bool has_queue, uint16_t *port)
{
    struct weft_endpoint local = {.addr = t_addr(A)}, to = {.addr = t_addr(D), .port = 9};
    uint64_t s = 0;
    T_EQ(weft_sock_open(r->st, WEFT_SOCK_UDP, &s), 0);
    T_EQ(weft_sock_bind(r->st, s, &local), 0);
    T_EQ(weft_sock_set(r->st, s, WEFT_IP_RECVERR, has_queue), 0);
    if (is_connected)
        T_EQ(weft_sock_connect(r->st, s, &to), 0);
    T_EQ(weft_sock_names(r->st, s, &local, NULL), 0);
    *port = local.port;
    return s;
}

/* proves: ICMP-H-12 ICMP-H-20 ICMP-H-22 ICMP-H-23 ICMP-H-04 */
static void every_error_reaches_the_queue_of_its_socket(void)
{
    struct rig *r = host();
    uint16_t port, other_port;
    uint64_t s = udp_socket(r, false, true, &port), other = udp_socket(r, false, true, &other_port);
    for (unsigned i = 0; i < ERRORS; i++) {
        struct rig_ip about = rig_udp(A, D, port, 9, 5);
        struct rig_ip p = rig_quote(G, A, errors[i].type, errors[i].code, 1200, &about, 8);
        struct weft_sock_err e;
        if (errors[i].type == 12)
            p.b[4] = 20;
        rig_sum(&p);
        rig_push(r, 0, &p);
        T_CHECK((weft_sock_ready(r->st, s) & WEFT_ERROR) != 0);
        T_EQ(weft_sock_recv_error(r->st, s, &e), 0);
        T_EQ(e.err, errors[i].err);
        T_EQ(e.icmp_type, errors[i].type);
        T_EQ(e.icmp_code, errors[i].code);
        T_EQ(t_get32(e.offender.b + 12), G);
        T_EQ(t_get32(e.dst.addr.b + 12), D);
        T_EQ(e.dst.port, 9);
        T_EQ(e.info, errors[i].type == 12                         ? 20
                     : errors[i].type == 3 && errors[i].code == 4 ? 1200
                                                                  : 0);
        T_EQ(weft_sock_recv_error(r->st, s, &e), -WEFT_EAGAIN);
        T_EQ(weft_sock_recv_error(r->st, other, &e), -WEFT_EAGAIN);
        T_EQ(weft_sock_send(r->st, s, "x", 1), -WEFT_ENOTCONN); /* It is no error of the socket. */
    }
    T_EQ(weft_sock_close(r->st, s), 0);
    T_EQ(weft_sock_close(r->st, other), 0);
    rig_end(r);
}

/* proves: ICMP-H-13 */
static void a_connected_socket_fails_once(void)
{
    struct rig *r = host();
    uint16_t port;
    uint64_t s = udp_socket(r, true, false, &port);
    uint8_t b[8];
    for (unsigned i = 0; i < ERRORS; i++) {
        struct rig_ip about = rig_udp(A, D, port, 9, 5);
        struct rig_ip p = rig_quote(G, A, errors[i].type, errors[i].code, 1200, &about, 8);
        bool is_hard = errors[i].type == 3 && errors[i].code >= 2 && errors[i].code <= 4;
        rig_push(r, 0, &p);
        T_EQ(weft_sock_recv(r->st, s, b, sizeof(b)), is_hard ? -errors[i].err : -WEFT_EAGAIN);
        T_EQ(weft_sock_recv(r->st, s, b, sizeof(b)), -WEFT_EAGAIN);
    }
    T_EQ(weft_sock_close(r->st, s), 0);
    rig_end(r);
}

static unsigned usable_gateway(const struct rig *r)
{
    struct weft_neigh_info n;
    for (uint32_t cursor = 0; weft_neigh_next(r->st, &cursor, &n);)
        if (t_get32(n.addr.b + 12) == G)
            return n.state;
    return WEFT_NEIGH_FREE;
}

/* proves: ICMP-H-15 */
static void codes_0_1_and_5_say_nothing_of_the_gateway(void)
{
    static const uint8_t codes[] = {0, 1, 5};
    struct rig *r = host();
    uint16_t port;
    uint64_t s = udp_socket(r, true, false, &port);
    T_EQ(weft_sock_send(r->st, s, "hello", 5), 5);
    rig_run(r, 1 * MS);
    T_EQ(usable_gateway(r), WEFT_NEIGH_REACHABLE);
    for (unsigned i = 0; i < 3; i++) {
        struct rig_ip about = rig_udp(A, D, port, 9, 5);
        struct rig_ip p = rig_quote(G, A, 3, codes[i], 0, &about, 8);
        rig_push(r, 0, &p);
        rig_clear(r);
        T_EQ(usable_gateway(r), WEFT_NEIGH_REACHABLE);
        T_EQ(weft_sock_send(r->st, s, "hello", 5), 5);
        rig_run(r, 1 * MS);
        const struct rig_ip *e = rig_pull(r, 0);
        T_CHECK(e != NULL && e->dst == D && t_get32(e->mac + 2) == G);
    }
    T_EQ(weft_sock_close(r->st, s), 0);
    rig_end(r);
}

/* A connection in ESTABLISHED with 20 segments' window and 4 of them out; its socket. */
static uint64_t open_tcp(struct rig *r, struct rig_ip *data)
{
    struct weft_endpoint to = {.addr = t_addr(D), .port = 9};
    uint64_t s = 0;
    static uint8_t bytes[40000];
    T_EQ(weft_sock_open(r->st, WEFT_SOCK_TCP, &s), 0);
    T_EQ(weft_sock_connect(r->st, s, &to), 0);
    rig_run(r, 1 * MS);
    const struct rig_ip *syn = rig_pull(r, 0);
    T_CHECK(syn != NULL);
    if (syn == NULL)
        return s;
    struct rig_ip p = {.src = D, .dst = A, .proto = 6, .ttl = 60, .n = 20};
    uint8_t all[64];
    memcpy(p.b, syn->b + 2, 2);
    memcpy(p.b + 2, syn->b, 2);
    t_put32(p.b + 4, 1000);
    t_put32(p.b + 8, t_get32(syn->b + 4) + 1);
    p.b[12] = 0x50;
    p.b[13] = 0x12;
    t_put16(p.b + 14, 65535);
    memset(all, 0, sizeof(all));
    t_put32(all, D);
    t_put32(all + 4, A);
    all[9] = 6;
    all[11] = 20;
    memcpy(all + 12, p.b, 20);
    uint32_t sum = 0;
    for (unsigned i = 0; i < 32; i += 2)
        sum += t_get16(all + i);
    sum = (sum & 0xffff) + (sum >> 16);
    t_put16(p.b + 16, ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
    rig_push(r, 0, &p);
    rig_clear(r);
    T_EQ(weft_sock_send(r->st, s, bytes, sizeof(bytes)), sizeof(bytes));
    rig_run(r, 1 * MS);
    const struct rig_ip *first = rig_pull(r, 0);
    T_CHECK(first != NULL && first->proto == 6);
    if (first != NULL)
        *data = *first;
    rig_clear(r);
    return s;
}

static uint32_t window(struct rig *r, uint64_t s)
{
    struct weft_tcp_info i = {.cwnd = 0};
    T_EQ(weft_sock_tcp_info(r->st, s, &i), 0);
    return i.cwnd;
}

/* proves: ICMP-SQ-02 ICMP-SQ-04 ICMP-SQ-05 ICMP-SQ-06 */
static void source_quench_is_dropped_and_counted(void)
{
    struct rig *r = host();
    struct weft_icmp_config c;
    struct rig_ip data = {.n = 0};
    uint16_t port;
    uint64_t s = open_tcp(r, &data), u = udp_socket(r, true, true, &port);
    uint32_t before = window(r, s);
    struct rig_ip about = rig_udp(A, D, port, 9, 5), p = rig_quote(G, A, 4, 0, 0, &about, 8);
    struct rig_ip t = rig_quote(G, A, 4, 0, 0, &data, 8);
    struct weft_sock_err e;
    uint8_t b[8];
    rig_push(r, 0, &p);
    rig_push(r, 0, &t);
    T_EQ(rig_drops(r, WEFT_DROP_ICMP_QUENCH), 2); /* The log of it. */
    T_EQ(window(r, s), before);
    weft_icmp_get(r->st, &c);
    c.has_quench = true;
    T_EQ(weft_icmp_set(r->st, &c), 0);
    rig_push(r, 0, &p); /* UDP has nothing to slow down. */
    T_EQ(weft_sock_recv_error(r->st, u, &e), -WEFT_EAGAIN);
    T_EQ(weft_sock_recv(r->st, u, b, sizeof(b)), -WEFT_EAGAIN);
    rig_push(r, 0, &t); /* As it was before RFC 6633. */
    T_CHECK(window(r, s) < before);
    before = window(r, s);
    rig_push(r, 0, &t); /* Once a round trip. */
    T_EQ(window(r, s), before);
    T_EQ(weft_sock_abort(r->st, s), 0);
    T_EQ(weft_sock_close(r->st, u), 0);
    rig_clear(r);
    rig_end(r);
    r = rig_new(2, true); /* A router has no use for it either. */
    p = rig_quote(G, A, 4, 0, 0, &about, 8);
    rig_push(r, 0, &p);
    T_EQ(rig_drops(r, WEFT_DROP_ICMP_QUENCH), 1);
    T_CHECK(rig_is_silent(r));
    rig_end(r);
}

static const struct t_case cases[] = {
    {"every error reaches the queue of its socket", every_error_reaches_the_queue_of_its_socket},
    {"a connected socket fails once", a_connected_socket_fails_once},
    {"codes 0, 1 and 5 say nothing of the gateway", codes_0_1_and_5_say_nothing_of_the_gateway},
    {"source quench is dropped and counted", source_quench_is_dropped_and_counted},
};

T_MAIN(cases)
