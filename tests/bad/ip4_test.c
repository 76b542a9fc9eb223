/* SPDX-License-Identifier: MIT */
/** DOC: IPv4 headers and options that nobody should send (BAD-IP4, BAD-IPOPT), and where they lead
 */
#include <string.h>

#include "ip4.h"

static struct ip4_pkt ping(void)
{
    static const uint8_t echo[] = {8, 0, 0xf7, 0xff, 0, 0, 0, 0};
    return (struct ip4_pkt){.proto = 1, .data = echo, .data_n = 8};
}

/* After anything: an echo is answered. */
static void still_answers(struct ip4 *r)
{
    struct ip4_pkt p = ping();
    p.src = IP_P;
    bad_run(r->b, 10 * S); /* Errors may be sent again, too. */
    ip4_one(r, &p, IP_HELD, 1);
    T_EQ(r->last[14 + 20], 0);
}

/* proves: BAD-IP4-05 */
static void lengths_that_cut_the_next_header(void)
{
    struct ip4 *r = ip4_new();
    uint8_t data[20] = {0, 9, 0, 9, 0, 8};
    struct ip4_pkt p = {.proto = 17, .data = data, .data_n = 8};
    for (p.total = 20; p.total < 28; p.total++)
        ip4_one(r, &p, WEFT_DROP_UDP_TRUNCATED, 0);
    memset(data, 0, sizeof(data));
    data[12] = 0x50;
    p = (struct ip4_pkt){.proto = 6, .data = data, .data_n = 20};
    for (p.total = 20; p.total < 40; p.total++)
        ip4_one(r, &p, WEFT_DROP_TCP_TRUNCATED, 0);
    still_answers(r);
    ip4_end(r);
}

/* proves: BAD-IP4-07 */
/* Both zeros of ones' complement: 0xffff in the field is as good as 0x0000, and a sum that is one
 * off is wrong in either. */
static void both_zeros_of_a_sum(void)
{
    struct ip4 *r = ip4_new();
    static uint8_t f[100];
    struct ip4_pkt p = ping();
    size_t n;
    for (uint32_t id = 0;; id++) { /* The one whose sum comes out as zero. */
        p.id = (uint16_t)id;
        n = ip4_make(&p, f);
        if ((f[14 + 10] | f[14 + 11]) == 0 || id == 65535)
            break;
    }
    T_EQ(f[14 + 10] | f[14 + 11], 0);
    for (uint32_t field = 0; field < 65536; field += field == 0 ? 1 : field == 1 ? 65533 : 1) {
        unsigned sent = r->sent;
        uint64_t bad = bad_drops(r->b, WEFT_DROP_IP4_BAD_CSUM);
        bool is_right = field == 0 || field == 65535;
        t_put16(f + 14 + 10, field);
        ip4_push(r, f, n);
        bad_run(r->b, 1 * MS);
        T_EQ(r->sent - sent, is_right);
        T_EQ(bad_drops(r->b, WEFT_DROP_IP4_BAD_CSUM) - bad, !is_right);
    }
    ip4_end(r);
}

/* proves: BAD-IP4-10 BAD-IP4-11 BAD-IP4-12 IPH-14 */
static void sources_that_cannot_be(void)
{
    static const uint32_t from[] = {UINT32_MAX, IP_B,       0x0a090000, 0xe0000001, 0xf0000001,
                                    IP_V,       0x7f000001, 0x0a000002, 0xc0000202, 0};
    static const uint8_t protos[] = {1, 6, 17, 2};
    struct ip4 *r = ip4_new();
    uint8_t data[20] = {0, 9, 0, 9, 0, 20, 0, 0, 0, 0, 0, 0, 0x50, 2};
    for (unsigned i = 0; i < 10; i++) {
        for (unsigned k = 0; k < 4; k++) {
            struct ip4_pkt p = {.src = from[i], .is_any_src = true, .proto = protos[k]};
            p.data = data;
            p.data_n = 20;
            ip4_one(r, &p, WEFT_DROP_IP4_BAD_SRC, 0);
        }
    }
    still_answers(r);
    ip4_end(r);
}

/* proves: BAD-IP4-12 BAD-IP4-13 IPH-04 IPH-13 */
/* The stack has four interfaces and forwards nothing between them. */
static void destinations_of_others(void)
{
    static const struct {
        uint32_t dst;
        unsigned drop;
    } to[] = {{0, WEFT_DROP_IP4_BAD_DST},
              {0xf0000001, WEFT_DROP_IP4_BAD_DST},
              {0x7f000001, WEFT_DROP_IP4_BAD_DST},
              {0x0a0900c8, WEFT_DROP_IP4_NOT_FOR_US},
              {0xc0000263, WEFT_DROP_IP4_NOT_FOR_US},
              {0x0a000001, WEFT_DROP_IP4_NOT_FOR_US}};
    struct ip4 *r = ip4_new();
    uint64_t before = r->b->sent;
    for (unsigned i = 0; i < 6; i++) {
        struct ip4_pkt p = ping();
        p.dst = to[i].dst;
        p.is_any_dst = true;
        ip4_one(r, &p, to[i].drop, 0);
    }
    T_EQ(r->b->sent, before);
    still_answers(r);
    ip4_end(r);
}

/* proves: IPH-77 IPR-FWD-29 IPR-FWD-27 */
static void unicast_in_a_link_broadcast(void)
{
    struct ip4 *r = ip4_new();
    for (unsigned i = 0; i < 2; i++) {
        weft_set_forwarding(r->b->st, i == 1);
        struct ip4_pkt p = ping();
        p.is_broadcast = true;
        ip4_one(r, &p, WEFT_DROP_IP4_LINK_BCAST, 0);
        p.dst = 0xc0000263;
        ip4_one(r, &p, WEFT_DROP_IP4_LINK_BCAST, 0);
    }
    weft_set_forwarding(r->b->st, false);
    ip4_end(r);
}

/* proves: BAD-IP4-14 */
/* The port is open, and everything else about the SYN is right. */
static void a_syn_to_a_group(void)
{
    static const uint32_t to[] = {IP_B, UINT32_MAX, 0xe0000001};
    struct ip4 *r = ip4_new();
    uint8_t syn[20];
    struct ip4_pkt p = {.proto = 6, .is_broadcast = true, .data = syn};
    for (unsigned i = 0; i < 3; i++) {
        p.dst = to[i];
        p.data_n = ip4_syn(syn, to[i]);
        ip4_one(r, &p, WEFT_DROP_TCP_TO_GROUP, 0);
    }
    T_EQ(bad_usage(r->b).synrcvd, 0);
    p.dst = IP_V; /* It is answered where it may be. */
    p.is_broadcast = false;
    p.data_n = ip4_syn(syn, IP_V);
    ip4_one(r, &p, IP_HELD, 1);
    ip4_end(r);
}

/* proves: BAD-IP4-15 IPR-DB-01 IPR-DB-02 IPR-DB-03 IPR-FWD-09 CAP-IP-07 */
/* To the network 192.0.2.0/24 of the other interface: refused, unless that interface lets it in. */
static void broadcasts_to_another_network(void)
{
    struct ip4 *r = ip4_new();
    struct weft_endpoint any = {.port = 9};
    uint64_t sock = 0, was = r->b->sent;
    uint8_t data[16], buf[16];
    T_EQ(weft_sock_open(r->b->st, WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_bind(r->b->st, sock, &any), 0);
    struct ip4_pkt p = {.proto = 17, .dst = 0xc00002ff, .data = data};
    p.data_n = ip4_udp(data, 9, 4);
    for (unsigned i = 0; i < 2; i++) { /* A host, a router. */
        weft_set_forwarding(r->b->st, i == 1);
        ip4_one(r, &p, WEFT_DROP_IP4_DIRECTED, 0);
    }
    T_EQ(weft_sock_recv(r->b->st, sock, buf, sizeof(buf)), -WEFT_EAGAIN);
    T_EQ(r->b->sent, was);
    T_EQ(weft_ip_if_set(r->b->st, 3, WEFT_IP_IF_DIRECTED_BROADCAST, 1), 0);
    ip4_one(r, &p, IP_HELD, 0); /* Both: taken, and sent out over there. */
    T_EQ(weft_sock_recv(r->b->st, sock, buf, sizeof(buf)), 4);
    T_EQ(r->b->sent, was + 1);
    const struct bad_frame *f = bad_pull(r->b);
    T_CHECK(f != NULL && t_get32(f->b + 16) == 0xc00002ff && f->b[8] == 63);
    weft_set_forwarding(r->b->st, false);
    ip4_one(r, &p, IP_HELD, 0); /* A host takes it. */
    T_EQ(r->b->sent, was + 1);
    p.dst = IP_B; /* The network it came in by. */
    weft_set_forwarding(r->b->st, true);
    ip4_one(r, &p, IP_HELD, 0);
    T_EQ(weft_sock_recv(r->b->st, sock, buf, sizeof(buf)), 4);
    T_EQ(weft_sock_recv(r->b->st, sock, buf, sizeof(buf)), 4);
    T_EQ(r->b->sent, was + 1);
    weft_set_forwarding(r->b->st, false);
    T_EQ(weft_sock_close(r->b->st, sock), 0);
    ip4_end(r);
}

/* proves: BAD-IP4-20 IPR-FWD-26 */
static void every_tos(void)
{
    struct ip4 *r = ip4_new();
    for (unsigned tos = 0; tos < 256; tos++) {
        struct ip4_pkt p = ping();
        p.tos = (uint8_t)tos;
        ip4_one(r, &p, IP_HELD, 1);
        T_EQ(r->last[14 + 1], tos);
    }
    ip4_end(r);
}

/* proves: BAD-IP4-20 */
/* A connection that has not agreed on ECN: segments with every TOS, and no answer tells of CE. */
static void every_tos_of_a_segment(void)
{
    static const struct peer_extra none;
    struct bad *b = bad_established();
    struct o_seg s = {.flags = O_ACK | O_PSH, .len = 10};
    uint8_t f[PEER_FRAME_MAX], buf[16];
    for (unsigned tos = 0; tos < 256; tos++) {
        s.seq = b->p.t.rcv_nxt;
        s.ack = b->p.t.nxt;
        size_t n = peer_frame(&b->p, &s, &none, f);
        f[1] = (uint8_t)tos;
        peer_sums(f, n);
        peer_push(&b->p, f, n);
        peer_wait(&b->p, OUTCOME_NS);
        T_EQ(b->p.seen_n, 1);
        T_EQ(b->p.seen[0].flags, O_ACK); /* No ECE, no CWR. */
        T_EQ(weft_sock_recv(b->st, b->p.sock, buf, sizeof(buf)), 10);
        b->p.t.rcv_nxt += 10;
    }
    bad_end(b);
}

/* Each type with each length, pointer and flag, in headers of every size; the same in transit. */
static void options_of_every_shape(void)
{
    static const uint8_t flags[] = {0, 1, 3, 0xf0};
    static const uint8_t types[] = {7, 68, 131, 137, 148, 99, 130, 133, 136, 222};
    struct ip4 *r = ip4_new();
    for (int mode = 0; mode < 3; mode++) {
        T_EQ(weft_ip_set(r->b->st, WEFT_IP_SOURCE_ROUTES, mode), 0);
        weft_set_forwarding(r->b->st, mode == 2);
        for (unsigned i = 0; i < 20000; i++) {
            uint64_t x = t_random();
            uint8_t o[40];
            for (unsigned k = 0; k < 40; k++)
                o[k] = (uint8_t)(t_random() >> 9);
            o[0] = types[x % 10];
            o[1] = (uint8_t)((x >> 8) % 3 == 0 ? x >> 16 : (x >> 16) % 44);
            o[2] = (uint8_t)((x >> 24) % 3 == 0 ? x >> 32 : (x >> 32) % 44);
            o[3] = (x >> 40) % 4 == 0 ? (uint8_t)(x >> 48) : flags[(x >> 48) % 4];
            struct ip4_pkt p = ping();
            p.opts = o;
            p.opts_n = 4 * (1 + (uint32_t)(x >> 56) % 10);
            p.dst = mode == 2 && i % 2 == 0 ? 0xc0000263 : IP_V;
            if (o[0] == 131 || o[0] == 137) /* Where it leads to is known. */
                for (unsigned k = 3; k + 4 <= 40; k += 4)
                    t_put32(o + k, IP_P);
            static uint8_t f[200];
            uint64_t all = bad_drops(r->b, BAD_NO_DROP);
            ip4_push(r, f, ip4_make(&p, f));
            T_CHECK(bad_drops(r->b, BAD_NO_DROP) - all <= 1);
            if (i % 16 == 0)
                bad_run(r->b, 1 * MS);
        }
    }
    weft_set_forwarding(r->b->st, false);
    still_answers(r);
    ip4_end(r);
}

/* proves: BAD-IPOPT-11 */
/* Different options on the fragments of an echo: the first one's count, the reply has room. */
static void options_on_fragments(void)
{
    struct ip4 *r = ip4_new();
    static uint8_t data[32] = {8, 0, 0xf7, 0xff};
    uint8_t first[40] = {7, 39, 4}, later[4] = {1, 1, 1, 0};
    for (unsigned i = 0; i < 2; i++) { /* In order, and the other way round. */
        struct ip4_pkt a = {.proto = 1, .id = (uint16_t)(9 + i), .frag = 0x2000, .opts = first};
        struct ip4_pkt b = {.proto = 1, .id = (uint16_t)(9 + i), .frag = 2, .opts = later};
        a.opts_n = 40;
        b.opts_n = 4;
        a.data = b.data = data;
        a.data_n = 16;
        b.data_n = 16;
        b.data = data + 16;
        ip4_one(r, i == 0 ? &a : &b, IP_HELD, 0);
        ip4_one(r, i == 0 ? &b : &a, IP_HELD, 1);
        T_EQ(r->last[14], 0x4f);
        T_EQ(t_get32(r->last + 14 + 20), 0x07270800 | IP_V >> 24);
    }
    ip4_end(r);
}

/* proves: BAD-IPOPT-12 */
/* Forty octets of options draw a SYN with ACK and an echo reply that have none. */
static void answers_without_options(void)
{
    struct ip4 *r = ip4_new();
    uint8_t full[40], syn[20];
    memset(full, 1, 40);
    struct ip4_pkt p = {.proto = 6, .opts = full, .opts_n = 40, .data = syn};
    p.data_n = ip4_syn(syn, IP_V);
    ip4_one(r, &p, IP_HELD, 1);
    T_EQ(r->last[14], 0x45);
    T_EQ(r->last[14 + 20 + 13], 0x12);
    p = ping();
    p.opts = full;
    p.opts_n = 40;
    ip4_one(r, &p, IP_HELD, 1);
    T_EQ(r->last[14], 0x45);
    ip4_end(r);
}

/* proves: IP-ID-05 IP-ID-07 IP-ID-04 CAP-IP-11 */
/* No identification comes back within two minutes, however much is sent; the order tells nothing.
 */
static void identifications(void)
{
    static uint8_t has_been[65536];
    struct ip4 *r = ip4_new();
    struct weft_endpoint to = {.addr = weft_ip4(10, 9, 0, 2), .port = 9};
    uint64_t sock = 0;
    unsigned steps = 0;
    T_EQ(weft_sock_open(r->b->st, WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_set(r->b->st, sock, WEFT_IP_DF, WEFT_IP_DF_NEVER), 0);
    for (unsigned i = 0; i < 66000; i++) {
        T_EQ(weft_sock_sendto(r->b->st, sock, "x", 1, &to), 1);
        if (i % 50 == 0)
            bad_run(r->b, 1 * MS);
    }
    bad_run(r->b, 1 * MS);
    memset(has_been, 0, sizeof(has_been));
    for (unsigned i = 0; i < r->ids_n; i++) {
        T_CHECK(has_been[r->ids[i]] == 0);
        has_been[r->ids[i]] = 1;
        steps += i > 0 && (uint16_t)(r->ids[i] - r->ids[i - 1]) < 64;
    }
    T_EQ(r->ids_n, 65536);
    T_EQ(bad_drops(r->b, WEFT_DROP_IP4_ID_LIMIT), 66000 - 65536);
    T_CHECK(steps < 65536 / 500); /* Of 64 in 65,536 that chance gives. */
    bad_run(r->b, 122 * S);
    still_answers(r); /* It knows how late it is. */
    r->ids_n = 0;
    T_EQ(weft_sock_sendto(r->b->st, sock, "x", 1, &to), 1);
    bad_run(r->b, 1 * MS);
    T_EQ(r->ids_n, 1);
    T_EQ(weft_sock_close(r->b->st, sock), 0);
    ip4_end(r);
}

/* proves: IPH-64 IPH-76 IPH-53 IPH-59 */
/* The source is asked for; a broadcast of IP is one of the link; what fits the path is told. */
static void what_a_program_chooses(void)
{
    struct ip4 *r = ip4_new();
    struct weft_addr second = weft_ip4(10, 9, 0, 77), p = weft_ip4(10, 9, 0, 2);
    struct weft_endpoint to = {.addr = p, .port = 9}, all = {.port = 9};
    struct weft_udp_tx tx = WEFT_UDP_TX_INIT;
    struct weft_ip_path path;
    uint64_t sock = 0;
    all.addr = weft_ip4(255, 255, 255, 255);
    T_EQ(weft_addr_add(r->b->st, IP4_IF, &second, 24), 0);
    T_EQ(weft_sock_open(r->b->st, WEFT_SOCK_UDP, &sock), 0);
    tx.src = second;
    tx.to = &to;
    T_EQ(weft_udp_send(r->b->st, sock, "x", 1, &tx), 1);
    bad_run(r->b, 1 * MS);
    T_EQ(t_get32(r->last + 14 + 12), 0x0a09004d);
    T_EQ(weft_sock_sendto(r->b->st, sock, "x", 1, &to), 1);
    bad_run(r->b, 1 * MS);
    T_EQ(t_get32(r->last + 14 + 12), IP_V);
    T_EQ(weft_sock_set(r->b->st, sock, WEFT_SO_BROADCAST, 1), 0);
    tx.to = &all;
    tx.ifindex = IP4_IF;
    T_EQ(weft_udp_send(r->b->st, sock, "x", 1, &tx), 1);
    bad_run(r->b, 1 * MS);
    T_CHECK(memcmp(r->last, "\xff\xff\xff\xff\xff\xff", 6) == 0);
    T_EQ(t_get32(r->last + 14 + 16), UINT32_MAX);
    T_EQ(weft_ip_path(r->b->st, &p, &path), 0);
    T_EQ(path.mtu, 65535);
    T_EQ(path.mms_s, 65515);
    T_EQ(path.mms_r, 65515);
    T_EQ(path.ifindex, IP4_IF);
    T_EQ(weft_if_set_mtu(r->b->st, IP4_IF, 1500), 0);
    T_EQ(weft_ip_path(r->b->st, &p, &path), 0);
    T_EQ(path.mms_s, 1480);
    T_EQ(weft_sock_close(r->b->st, sock), 0);
    ip4_end(r);
}

/* proves: IPH-09 */
/* Without an address: 0.0.0.0 may call everybody, and nobody else. */
static void before_there_is_an_address(void)
{
    struct ip4 *r = ip4_new();
    struct weft_addr v = weft_ip4(10, 9, 0, 1);
    struct weft_endpoint to = {.addr = weft_ip4(10, 9, 0, 2), .port = 67};
    struct weft_udp_tx tx = WEFT_UDP_TX_INIT;
    struct weft_route def = {.ifindex = IP4_IF, .metric = 0};
    uint64_t sock = 0;
    def.dst = weft_ip4(10, 9, 0, 0);
    def.prefix_len = 24;
    T_EQ(weft_addr_del(r->b->st, IP4_IF, &v), 0);
    T_EQ(weft_route_add(r->b->st, &def), 0);
    T_EQ(weft_sock_open(r->b->st, WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_set(r->b->st, sock, WEFT_SO_BROADCAST, 1), 0);
    T_EQ(weft_sock_sendto(r->b->st, sock, "x", 1, &to), -WEFT_EADDRNOTAVAIL);
    to.addr = weft_ip4(255, 255, 255, 255);
    tx.to = &to;
    tx.ifindex = IP4_IF;
    T_EQ(weft_udp_send(r->b->st, sock, "x", 1, &tx), 1);
    bad_run(r->b, 1 * MS);
    T_EQ(t_get32(r->last + 14 + 12), 0);
    T_EQ(t_get32(r->last + 14 + 16), UINT32_MAX);
    T_EQ(weft_sock_close(r->b->st, sock), 0);
    T_EQ(weft_addr_add(r->b->st, IP4_IF, &v, 24), 0);
    ip4_end(r);
}

static void kinds_of_broadcast(void)
{
    static const struct {
        uint8_t a[4], n[4], len;
        enum weft_ip_broadcast kind;
    } of[] = {
        {{255, 255, 255, 255}, {10, 0, 0, 1}, 8, WEFT_IP_BROADCAST_LIMITED},
        {{128, 1, 2, 255}, {128, 1, 2, 1}, 24, WEFT_IP_BROADCAST_SUBNET},
        {{128, 1, 2, 255}, {128, 1, 2, 1}, 23, WEFT_IP_NO_BROADCAST},
        {{128, 1, 255, 255}, {128, 1, 2, 1}, 24, WEFT_IP_BROADCAST_ALL_SUBNETS},
        {{128, 1, 255, 255}, {128, 1, 2, 1}, 16, WEFT_IP_BROADCAST_NET},
        {{192, 0, 2, 255}, {192, 0, 2, 1}, 24, WEFT_IP_BROADCAST_NET},
        {{192, 0, 2, 1}, {192, 0, 2, 0}, 31, WEFT_IP_NO_BROADCAST},
        {{128, 2, 255, 255}, {128, 1, 2, 1}, 24, WEFT_IP_NO_BROADCAST},
    };
    for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
        struct weft_addr a = weft_ip4(of[i].a[0], of[i].a[1], of[i].a[2], of[i].a[3]);
        struct weft_addr n = weft_ip4(of[i].n[0], of[i].n[1], of[i].n[2], of[i].n[3]);
        T_EQ(weft_ip_broadcast_kind(&a, &n, of[i].len), of[i].kind);
    }
}

static const struct t_case cases[] = {
    {"lengths that cut the next header", lengths_that_cut_the_next_header},
    {"both zeros of a sum", both_zeros_of_a_sum},
    {"sources that cannot be", sources_that_cannot_be},
    {"destinations of others", destinations_of_others},
    {"unicast in a link broadcast", unicast_in_a_link_broadcast},
    {"a SYN to a group", a_syn_to_a_group},
    {"broadcasts to another network", broadcasts_to_another_network},
    {"every TOS", every_tos},
    {"every TOS of a segment", every_tos_of_a_segment},
    {"options of every shape", options_of_every_shape},
    {"options on fragments", options_on_fragments},
    {"answers without options", answers_without_options},
    {"identifications", identifications},
    {"what a program chooses", what_a_program_chooses},
    {"before there is an address", before_there_is_an_address},
    {"kinds of broadcast", kinds_of_broadcast},
};
T_MAIN(cases)
