/* SPDX-License-Identifier: MIT */
/** DOC: Ethernet frames by hand: what is taken, what is dropped and for which reason, what is sent
 */
#include <string.h>

#include "rig.h"
#include "t.h"

static const uint8_t stranger[6] = {2, 0, 0, 0, 0, 0x77};

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* proves: BAD-ETH-01 BAD-ETH-03 */
static void runts_are_dropped(void)
{
    struct rig *r = rig_new(true);
    struct weft_if_config l3 = {.name = "tun0", .kind = WEFT_IF_L3};
    uint8_t f[14];
    memset(f, 2, sizeof(f));
    for (unsigned n = 0; n < 14; n++)
        rig_push(r, f, n);
    T_EQ(rig_drops(r, WEFT_DROP_ETH_RUNT), 14);
    int tun = weft_if_add(r->st, &l3);
    rig_push_on(r, (uint16_t)tun, f, 0);
    T_EQ(rig_drops(r, WEFT_DROP_ETH_RUNT), 15);
    T_EQ(rig_pull(r), 0);
    rig_alive(r);
    rig_end(r);
}

/* proves: BAD-ETH-02 BAD-ETH-06 */
static void what_ends_within_ip_is_dropped(void)
{
    struct rig *r = rig_new(true);
    uint8_t f[100];
    rig_meet(r);
    rig_eth(f, rig_mac, rig_peer, 0x0800);
    rig_push(r, f, 14);
    T_EQ(rig_drops(r, WEFT_DROP_IP4_TRUNCATED), 1);
    uint8_t *p = rig_ip(f + 14, 17, 0x0a090001, 0x0a090002, 1480); /* Of which 40 are there. */
    memset(p, 0, 40);
    rig_push(r, f, 74);
    T_EQ(rig_drops(r, WEFT_DROP_IP4_BAD_LEN) + rig_drops(r, WEFT_DROP_IP4_TRUNCATED), 2);
    T_EQ(rig_pull(r), 0);
    rig_alive(r);
    rig_end(r);
}

/* proves: BAD-ETH-04 CAP-LINK-01 */
static void padding_is_no_part_of_the_packet(void)
{
    struct rig *r = rig_new(true);
    uint8_t f[60];
    rig_meet(r);
    memset(f, 0xaa, sizeof(f));
    rig_ping(f, rig_mac, 1);
    rig_push(r, f, 60);
    T_EQ(rig_pull(r), 14 + 20 + 8 + 1);
    T_EQ(r->f[16] << 8 | r->f[17], 29);
    rig_end(r);
}

/* proves: ETH-894-02 CAP-LINK-01 */
static void short_frames_are_padded_with_zeros(void)
{
    static const uint8_t zeros[60];
    struct rig *r = rig_bare(1);
    struct weft_if_config c = {.name = "eth0", .kind = WEFT_IF_ETHER, .caps = WEFT_CAP_TX_PAD};
    struct weft_addr a = weft_ip4(10, 9, 0, 2);
    uint8_t f[200];
    memcpy(c.mac, rig_mac, 6);
    r->eth0 = (uint16_t)weft_if_add(r->st, &c);
    T_EQ(weft_addr_add(r->st, r->eth0, &a, 24), 0);
    T_EQ(rig_pull(r), 60); /* The announcement, a message of 28. */
    T_EQ(memcmp(r->f + 42, zeros, 18), 0);
    rig_meet(r);
    for (uint16_t n = 0; n < 30; n++) {
        memset(f, 0x55, sizeof(f));
        size_t len = rig_ping(f, rig_mac, n);
        rig_push(r, f, len < 60 ? 60 : len);
        T_EQ(rig_pull(r), len < 60 ? 60 : len);
        T_EQ(r->f[16] << 8 | r->f[17], 28 + n);
        T_EQ(memcmp(r->f + 42, f + 42, n), 0);
        T_EQ(memcmp(r->f + len, zeros, len < 60 ? 60 - len : 0), 0);
    }
    rig_end(r);
}

/* proves: BAD-ETH-05 CAP-LINK-02 */
static void giants_are_dropped_and_the_mtu_holds(void)
{
    static const uint32_t mtus[] = {68, 576, 1500, 9000, 65535};
    struct rig *r = rig_new(true);
    static uint8_t f[RIG_FRAME_MAX];
    rig_meet(r);
    memset(rig_eth(f, rig_mac, rig_peer, 0x0800), 0, 9000);
    rig_push(r, f, 9014);
    T_EQ(rig_drops(r, WEFT_DROP_FRAME_GIANT), 1);
    T_EQ(weft_if_set_mtu(r->st, r->eth0, 67), -WEFT_EINVAL);
    T_EQ(weft_if_set_mtu(r->st, r->eth0, 65536), -WEFT_EINVAL);
    for (unsigned i = 0; i < 5; i++) {
        T_EQ(weft_if_set_mtu(r->st, r->eth0, mtus[i]), 0);
        uint16_t most = (uint16_t)(mtus[i] - 28);
        rig_push(r, f, rig_ping(f, rig_mac, most));
        T_EQ(rig_pull(r), 14 + mtus[i]); /* As much as the link carries comes and goes whole. */
        T_EQ(rig_pull(r), 0);
    }
    rig_end(r);
}

/* proves: ETH-894-01 ETH-1122-03 CAP-LINK-01 */
static void ip_travels_as_type_0800(void)
{
    struct rig *r = rig_new(true);
    uint8_t f[200], want[14];
    rig_meet(r);
    rig_push(r, f, rig_ping(f, rig_mac, 100));
    T_EQ(rig_pull(r), 142);
    rig_eth(want, rig_peer, rig_mac, 0x0800);
    T_EQ(memcmp(r->f, want, 14), 0);
    rig_end(r);
}

/* proves: BAD-ETH-07 ETH-1122-02 ETH-1812-01 */
static void unknown_types_are_dropped(void)
{
    static const uint16_t types[] = {0x9999, 0xffff, 0x0600, 0x1000, 0x1001, 0x100f};
    struct rig *r = rig_new(true);
    uint8_t f[200];
    rig_meet(r);
    for (unsigned i = 0; i < 6; i++) { /* 0x1000 to 0x100f were trailers. */
        size_t n = rig_ping(f, rig_mac, 100);
        put16(f + 12, types[i]);
        rig_push(r, f, n);
        T_EQ(rig_drops(r, WEFT_DROP_ETH_TYPE_UNKNOWN), i + 1);
    }
    for (unsigned i = 0; i < 2; i++) {
        put16(f + 12, i == 0 ? 0 : 0x05dd);
        rig_push(r, f, 142);
        T_EQ(rig_drops(r, WEFT_DROP_ETH_LENGTH_FIELD), i + 1);
    }
    T_EQ(rig_pull(r), 0);
    rig_alive(r);
    rig_end(r);
}

/* proves: BAD-ETH-08 */
static void a_length_instead_of_a_type_is_dropped(void)
{
    struct rig *r = rig_new(true);
    uint8_t f[200], snap[8] = {0xaa, 0xaa, 3, 0, 0, 0, 8, 0};
    rig_eth(f, rig_mac, rig_peer, 46);
    memcpy(f + 14, snap, 8);
    rig_ip(f + 22, 1, 0x0a090001, 0x0a090002, 18);
    rig_push(r, f, 60);
    T_EQ(rig_drops(r, WEFT_DROP_ETH_LENGTH_FIELD), 1);
    T_EQ(rig_pull(r), 0);
    rig_end(r);
}

/* proves: BAD-ETH-10 */
static void a_group_is_no_source(void)
{
    struct rig *r = rig_new(true);
    uint8_t f[200];
    struct weft_neigh_info n;
    uint32_t cursor = 0;
    size_t len = rig_ping(f, rig_mac, 100);
    f[6] |= 1;
    rig_push(r, f, len);
    memset(f + 6, 0xff, 6);
    rig_push(r, f, len);
    T_EQ(rig_drops(r, WEFT_DROP_ETH_SRC_BAD), 2);
    T_EQ(rig_pull(r), 0);
    T_CHECK(!weft_neigh_next(r->st, &cursor, &n));
    rig_end(r);
}

/* proves: BAD-ETH-11 */
static void the_own_address_as_source_proves_nothing(void)
{
    struct rig *r = rig_new(true);
    uint8_t f[200];
    rig_meet(r);
    size_t len = rig_ping(f, rig_mac, 100);
    memcpy(f + 6, rig_mac, 6);
    put16(f + 24, 0xdead);
    rig_push(r, f, len);
    T_EQ(rig_drops(r, WEFT_DROP_IP4_BAD_CSUM), 1);
    rig_ping(f, rig_mac, 100);
    memcpy(f + 6, rig_mac, 6);
    put16(f + 36, 0xbeef);
    rig_push(r, f, len);
    T_EQ(rig_drops(r, WEFT_DROP_ICMP_BAD_CSUM), 1);
    T_EQ(rig_pull(r), 0);
    rig_end(r);
}

/* Of a header of @bytes without data. */
static void sum_tcp(uint8_t *ip, uint32_t bytes)
{
    uint32_t s = 6 + bytes;
    put16(ip + 36, 0);
    for (unsigned i = 12; i < 20 + bytes; i += 2)
        s += (uint32_t)ip[i] << 8 | ip[i + 1];
    while (s >> 16 != 0)
        s = (s & 0xffff) + (s >> 16);
    put16(ip + 36, ~s);
}

/* A segment without data of 10.9.0.1:5000 to port 80, a SYN or an ACK of @ack. */
static void push_tcp(struct rig *r, uint32_t seq, const uint8_t *ack)
{
    static const uint8_t mss[4] = {2, 4, 1460 >> 8, 1460 & 255};
    uint8_t f[60] = {0};
    uint32_t bytes = ack == NULL ? 24 : 20;
    uint8_t *p = rig_eth(f, rig_mac, rig_peer, 0x0800);
    p = rig_ip(p, 6, 0x0a090001, 0x0a090002, (uint16_t)bytes);
    put16(p, 5000);
    put16(p + 2, 80);
    put16(p + 6, seq);
    p[12] = (uint8_t)(bytes / 4 << 4);
    p[13] = ack == NULL ? 2 : 0x10;
    put16(p + 14, 20000);
    if (ack == NULL)
        memcpy(p + 20, mss, 4);
    else
        memcpy(p + 8, ack, 4);
    sum_tcp(f + 14, bytes);
    rig_push(r, f, sizeof(f));
}

/* A connection of 10.9.0.1 to port 80 without timestamps. */
static uint64_t accept_peer(struct rig *r)
{
    struct weft_endpoint at = {.port = 80};
    uint64_t listener = 0, sock = 0;
    uint8_t ack[4];
    T_EQ(weft_sock_open(r->st, WEFT_SOCK_TCP, &listener), 0);
    T_EQ(weft_sock_bind(r->st, listener, &at), 0);
    T_EQ(weft_sock_listen(r->st, listener, 1), 0);
    push_tcp(r, 1, NULL);
    T_CHECK(rig_pull(r) >= 58);
    memcpy(ack, r->f + 38, 4);
    for (unsigned i = 3; ++ack[i] == 0 && i > 0;)
        i--;
    push_tcp(r, 2, ack);
    T_EQ(weft_sock_accept(r->st, listener, &sock, NULL), 0);
    T_EQ(weft_sock_close(r->st, listener), 0);
    return sock;
}

/* The last frame that a super-frame is cut into may be as short as any other. */
static void the_short_end_of_a_cut_is_padded(void)
{
    static const uint8_t zeros[3], data[2 * 1460 + 3] = {1};
    struct rig *r = rig_bare(1);
    struct weft_if_config c = {.name = "eth0", .kind = WEFT_IF_ETHER, .caps = WEFT_CAP_TX_PAD};
    struct weft_addr a = weft_ip4(10, 9, 0, 2);
    memcpy(c.mac, rig_mac, 6);
    r->eth0 = (uint16_t)weft_if_add(r->st, &c);
    T_EQ(weft_addr_add(r->st, r->eth0, &a, 24), 0);
    rig_run(r, S);
    rig_meet(r);
    uint64_t sock = accept_peer(r);
    T_EQ(weft_sock_set(r->st, sock, WEFT_TCP_NODELAY, 1), 0);
    T_EQ(weft_sock_send(r->st, sock, data, sizeof(data)), sizeof(data));
    T_EQ(rig_pull(r), 1514);
    T_EQ(rig_pull(r), 1514);
    T_EQ(rig_pull(r), 60);
    T_EQ(r->f[16] << 8 | r->f[17], 43);
    T_EQ(memcmp(r->f + 57, zeros, 3), 0);
    T_EQ(weft_counter(r->st, WEFT_COUNT_TX_SEGMENTED), 3);
    T_EQ(weft_sock_abort(r->st, sock), 0);
    rig_end(r);
}

/* proves: BAD-ETH-12 ETH-1122-09 */
static void unicast_in_a_group_frame_draws_nothing(void)
{
    static const uint8_t all_hosts[6] = {1, 0, 0x5e, 0, 0, 1};
    struct rig *r = rig_new(true);
    uint8_t f[60] = {0};
    rig_meet(r);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t *p = rig_eth(f,
                             i == 0   ? rig_group
                             : i == 1 ? all_hosts
                                      : rig_mac,
                             rig_peer, 0x0800);
        p = rig_ip(p, 6, 0x0a090001, 0x0a090002, 20);
        memset(p, 0, 20);
        put16(p, 4);
        put16(p + 2, 80);
        p[12] = 0x50;
        p[13] = 2;
        sum_tcp(f + 14, 20);
        rig_push(r, f, 60);
        if (i < 2)
            T_EQ(rig_pull(r), 0);
    }
    T_CHECK(rig_pull(r) > 0); /* To us alone it is refused with a reset. */
    T_EQ(r->f[14 + 20 + 13], 0x14);
    T_EQ(rig_drops(r, WEFT_DROP_IP4_LINK_BCAST), 2);
    rig_end(r);
}

/* proves: BAD-ETH-13 CAP-LINK-01 */
static void frames_for_others_are_dropped(void)
{
    struct rig *r = rig_new(true);
    uint8_t f[200];
    rig_meet(r);
    rig_push(r, f, rig_ping(f, stranger, 100));
    T_EQ(rig_drops(r, WEFT_DROP_ETH_NOT_FOR_US), 1);
    T_EQ(rig_pull(r), 0);
    rig_end(r);
}

/* proves: BAD-ETH-14 */
static void reserved_control_frames_are_dropped(void)
{
    static const struct {
        uint8_t last;
        uint16_t type;
    } rows[] = {{1, 0x8808}, {0x0e, 0x88cc}, {0, 0x0026}};
    struct rig *r = rig_new(true);
    uint8_t f[60] = {0}, dst[6] = {1, 0x80, 0xc2, 0, 0, 0};
    for (unsigned i = 0; i < 3; i++) {
        dst[5] = rows[i].last;
        rig_eth(f, dst, rig_peer, rows[i].type);
        put16(f + 14, 1);
        put16(f + 16, 0xffff);
        rig_push(r, f, sizeof(f));
    }
    T_EQ(rig_drops(r, WEFT_DROP_ETH_TYPE_UNKNOWN), 2);
    T_EQ(rig_drops(r, WEFT_DROP_ETH_LENGTH_FIELD), 1);
    rig_alive(r); /* PAUSE stops nothing. */
    rig_end(r);
}

/* Where a datagram to @to goes. */
static void sent_to(struct rig *r, struct weft_addr to, const uint8_t want[6])
{
    struct weft_endpoint e = {.addr = to, .port = 9};
    uint64_t sock;
    T_EQ(weft_sock_open(r->st, WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_set(r->st, sock, WEFT_SO_BROADCAST, 1), 0);
    T_EQ(weft_sock_sendto(r->st, sock, "0123456789", 10, &e), 10);
    T_CHECK(rig_pull(r) >= 14 + 38);
    T_EQ(memcmp(r->f, want, 6), 0);
    T_EQ(r->f[12] << 8 | r->f[13], 0x0800);
    T_EQ(weft_sock_close(r->st, sock), 0);
}

/* proves: ETH-894-04 CAP-LINK-03 */
static void groups_have_addresses_of_their_own(void)
{
    static const uint8_t mapped[6] = {1, 0, 0x5e, 0x01, 2, 3};
    struct rig *r = rig_new(true);
    struct weft_route all = {.dst = weft_ip4(224, 0, 0, 0), .prefix_len = 4, .ifindex = r->eth0};
    T_EQ(weft_route_add(r->st, &all), 0);
    sent_to(r, weft_ip4(10, 9, 0, 255), rig_group);
    sent_to(r, weft_ip4(255, 255, 255, 255), rig_group);
    sent_to(r, weft_ip4(224, 1, 2, 3), mapped);
    sent_to(r, weft_ip4(239, 129, 2, 3), mapped); /* 23 bits of 28. */
    rig_end(r);
}

/* proves: CAP-LINK-02 */
static void point_to_point_interfaces_need_no_arp(void)
{
    struct rig *r = rig_new(true);
    struct weft_if_config c = {.name = "tun0", .kind = WEFT_IF_L3, .mtu = 1400};
    struct weft_addr a = weft_ip4(10, 7, 0, 2);
    uint8_t f[1500];
    int tun = weft_if_add(r->st, &c);
    T_CHECK(tun > 0);
    T_EQ(weft_addr_add(r->st, (uint16_t)tun, &a, 24), 0);
    T_EQ(rig_pull_on(r, (uint16_t)tun), 0); /* No announcement. */
    uint8_t *p = rig_ip(f, 1, 0x0a070001, 0x0a070002, 8 + 1372);
    rig_push_on(r, (uint16_t)tun, f, (size_t)(rig_echo(p, 1372) - f));
    T_EQ(rig_pull_on(r, (uint16_t)tun), 1400);
    T_EQ(r->f[0], 0x45);
    T_EQ(rig_pull_on(r, (uint16_t)tun), 0);
    p = rig_ip(f, 1, 0x0a070001, 0x0a070002, 8 + 1373);
    rig_push_on(r, (uint16_t)tun, f, (size_t)(rig_echo(p, 1373) - f));
    T_EQ(rig_drops(r, WEFT_DROP_FRAME_GIANT), 1);
    rig_end(r);
}

/* proves: ETH-894-03 ETH-1812-04 */
static void a_gateway_takes_full_packets_and_cuts_them(void)
{
    struct rig *r = rig_new(true);
    uint8_t f[1600], other[60] = {0};
    static const uint8_t none[6];
    uint16_t eth1 = rig_add(r, "eth1", 0x67);
    struct weft_addr a = weft_ip4(10, 8, 0, 2);
    struct weft_if_info i;
    T_EQ(weft_if_get(r->st, r->eth0, &i), 0);
    T_EQ(i.cfg.mtu, 1500);
    T_EQ(weft_addr_add(r->st, eth1, &a, 24), 0);
    T_EQ(weft_if_set_mtu(r->st, eth1, 576), 0);
    weft_set_forwarding(r->st, true);
    rig_arp(rig_eth(other, rig_group, stranger, 0x0806), 1, stranger, 0x0a080001, none, 0x0a080002);
    rig_push_on(r, eth1, other, sizeof(other));
    while (rig_pull_on(r, eth1) > 0)
        ;
    uint8_t *p = rig_eth(f, rig_mac, rig_peer, 0x0800);
    p = rig_echo(rig_ip(p, 1, 0x0a090001, 0x0a080001, 1480), 1472);
    T_EQ(p - f, 1514);
    rig_push(r, f, 1514);
    T_EQ(rig_pull_on(r, eth1), 14 + 572);
    T_EQ(rig_pull_on(r, eth1), 14 + 572);
    T_EQ(rig_pull_on(r, eth1), 14 + 20 + 1480 - 2 * 552);
    T_EQ(rig_pull_on(r, eth1), 0);
    rig_end(r);
}

/* A program may have slept since the stack last saw the time: its request waits a second for the
 * answer from when it leaves, not from when it was asked for. */
static void a_request_by_an_old_clock_waits_for_its_answer(void)
{
    struct rig *r = rig_new(true);
    struct weft_endpoint to = {.addr = weft_ip4(10, 9, 0, 1), .port = 7};
    uint8_t reply[60] = {0};
    uint64_t sock = 0;
    size_t n;
    T_EQ(weft_sock_open(r->st, WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_sendto(r->st, sock, "late", 4, &to), 4);
    r->now_ns += 32000ULL * 1000000000;
    weft_advance(r->st, r->now_ns);
    weft_advance(r->st, r->now_ns);
    while ((n = rig_pull(r)) > 0 && memcmp(r->f + 38, "\x0a\x09\x00\x01", 4) != 0)
        ;
    T_CHECK(n >= 42);
    rig_arp(rig_eth(reply, rig_mac, rig_peer, 0x0806), 2, rig_peer, 0x0a090001, rig_mac,
            0x0a090002);
    rig_push(r, reply, sizeof(reply));
    while ((n = rig_pull(r)) > 0 && (r->f[12] != 8 || r->f[13] != 0))
        ;
    T_CHECK(n >= 46 && memcmp(r->f + 42, "late", 4) == 0);
    weft_sock_close(r->st, sock);
    rig_end(r);
}

/* An address goes by the number alone, too. */
static void an_address_goes_without_its_interface(void)
{
    struct rig *r = rig_new(true);
    struct weft_addr a = weft_ip4(10, 9, 0, 2), other = weft_ip4(10, 9, 0, 3);
    T_EQ(weft_addr_del(r->st, 0, &other), -WEFT_ENOENT);
    T_EQ(weft_addr_del(r->st, 99, &a), -WEFT_ENOENT);
    T_EQ(weft_addr_del(r->st, 0, &a), 0);
    T_EQ(weft_addr_del(r->st, 0, &a), -WEFT_ENOENT);
    rig_end(r);
}

static const struct t_case cases[] = {
    {"an address goes without its interface", an_address_goes_without_its_interface},
    {"runts are dropped", runts_are_dropped},
    {"what ends within IP is dropped", what_ends_within_ip_is_dropped},
    {"padding is no part of the packet", padding_is_no_part_of_the_packet},
    {"short frames are padded with zeros", short_frames_are_padded_with_zeros},
    {"the short end of a cut is padded", the_short_end_of_a_cut_is_padded},
    {"giants are dropped and the MTU holds", giants_are_dropped_and_the_mtu_holds},
    {"IP travels as type 0800", ip_travels_as_type_0800},
    {"unknown types are dropped", unknown_types_are_dropped},
    {"a length instead of a type is dropped", a_length_instead_of_a_type_is_dropped},
    {"a group is no source", a_group_is_no_source},
    {"the own address as source proves nothing", the_own_address_as_source_proves_nothing},
    {"unicast in a group frame draws nothing", unicast_in_a_group_frame_draws_nothing},
    {"frames for others are dropped", frames_for_others_are_dropped},
    {"reserved control frames are dropped", reserved_control_frames_are_dropped},
    {"groups have addresses of their own", groups_have_addresses_of_their_own},
    {"point-to-point interfaces need no ARP", point_to_point_interfaces_need_no_arp},
    {"a gateway takes full packets and cuts them", a_gateway_takes_full_packets_and_cuts_them},
    {"a request by an old clock waits for its answer",
     a_request_by_an_old_clock_waits_for_its_answer},
};

T_MAIN(cases)
