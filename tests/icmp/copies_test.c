/* SPDX-License-Identifier: MIT */
/** DOC: one datagram for several sockets: broadcasts, groups, ICMP messages; who loses a copy */
#include "rig.h"

#define A     IP(10, 0, 0, 1)
#define P     IP(10, 0, 0, 9)
#define GROUP IP(239, 1, 2, 3)

static uint64_t bound(struct rig *r, enum weft_sock_type type, uint16_t port)
{
    uint64_t s = 0;
    const struct weft_endpoint local = {.port = port};
    T_EQ(weft_sock_open(r->st, type, &s), 0);
    T_EQ(weft_sock_set(r->st, s, WEFT_SO_REUSEADDR, 1), 0);
    T_EQ(weft_sock_bind(r->st, s, &local), 0);
    return s;
}

/* Datagrams of @n octets that wait; they are read. */
static unsigned waiting(struct rig *r, uint64_t s, int64_t n)
{
    uint8_t buf[RIG_FRAME_MAX];
    struct weft_msg_info info;
    unsigned got = 0;
    for (int64_t k; (k = weft_sock_recvfrom(r->st, s, buf, sizeof(buf), &info)) >= 0; got++)
        T_EQ(k, n);
    return got;
}

static void a_broadcast_is_copied_whatever_its_form(void)
{
    struct rig *r = rig_new(2, true);
    const uint64_t s[2] = {bound(r, WEFT_SOCK_UDP, 9), bound(r, WEFT_SOCK_UDP, 9)};
    const uint32_t to[] = {UINT32_MAX, IP(10, 0, 0, 255), IP(10, 0, 1, 255)};
    for (unsigned i = 0; i < 4; i++) {
        struct rig_ip p = rig_udp(P, to[i < 3 ? i : 2], 5, 9, 40);
        p.is_link_group = i < 2;
        if (i == 3) /* To the network of another link: where it was allowed in. */
            T_EQ(weft_ip_if_set(r->st, 3, WEFT_IP_IF_DIRECTED_BROADCAST, 1), 0);
        rig_push(r, 0, &p);
        T_EQ(waiting(r, s[0], 40), i == 2 ? 0 : 1);
        T_EQ(waiting(r, s[1], 40), i == 2 ? 0 : 1);
        const struct rig_ip *e = rig_pull(r, 1);
        T_CHECK((e != NULL) == (i == 3) && (e == NULL || (e->is_link_group && e->n == 48)));
    }
    T_EQ(weft_sock_close(r->st, s[0]), 0);
    T_EQ(weft_sock_close(r->st, s[1]), 0);
    rig_end(r);
}

/* UDP-Lite with all of it covered: but for the number of the protocol a datagram of UDP. */
static struct rig_ip lite(uint32_t dst, uint32_t n)
{
    struct rig_ip p = rig_udp(P, dst, 5, 9, n);
    uint8_t pseudo[12] = {0};
    p.proto = 136;
    p.is_link_group = true;
    t_put16(p.b + 4, 0);
    t_put16(p.b + 6, 0);
    t_put32(pseudo, P);
    t_put32(pseudo + 4, dst);
    pseudo[9] = 136;
    t_put16(pseudo + 10, p.n);
    t_put16(p.b + 6, ~t_sum(p.b, p.n, t_sum(pseudo, 12, 0)) & 0xffff);
    return p;
}

static void udplite_and_icmp_sockets_join(void)
{
    struct rig *r = rig_new(1, false);
    const struct weft_addr g = t_addr(GROUP);
    const uint64_t l = bound(r, WEFT_SOCK_UDPLITE, 9), c = bound(r, WEFT_SOCK_ICMP, 0);
    T_EQ(weft_sock_set(r->st, c, WEFT_ICMP_TYPES, (int64_t)1 << 9), 0);
    struct rig_ip p = lite(GROUP, 40), advert = rig_icmp(P, GROUP, 9, 0, 0x00020005);
    advert.is_link_group = true;
    for (unsigned round = 0; round < 3; round++) {
        if (round == 1) {
            T_EQ(weft_mc_join(r->st, l, &g, 2), 0);
            T_EQ(weft_mc_join(r->st, c, &g, 2), 0);
            T_EQ(weft_mc_join(r->st, c, &g, 2), -WEFT_EADDRINUSE);
        } else if (round == 2) {
            T_EQ(weft_mc_leave(r->st, l, &g, 2), 0);
            T_EQ(weft_mc_leave(r->st, c, &g, 2), 0);
        }
        rig_push(r, 0, &p);
        rig_push(r, 0, &advert);
        T_EQ(waiting(r, l, 40), round == 1 ? 1 : 0);
        T_EQ(waiting(r, c, 8), round == 1 ? 1 : 0);
    }
    T_EQ(weft_mc_join(r->st, l, &g, 2), 0);
    T_EQ(weft_sock_close(r->st, l), 0); /* What it joined goes with it. */
    struct weft_mc_group left;
    uint64_t cursor = 0;
    while (weft_mc_group_next(r->st, &cursor, &left))
        T_CHECK(memcmp(&left.group, &g, sizeof(g)) != 0);
    T_EQ(weft_sock_close(r->st, c), 0);
    rig_end(r);
}

static void a_connection_to_a_group_takes_the_chosen_interface(void)
{
    struct rig *r = rig_new(2, false);
    const struct weft_endpoint to = {.addr = t_addr(GROUP), .port = 9};
    for (int64_t ifindex = 2; ifindex <= 3; ifindex++) {
        struct weft_endpoint local;
        uint64_t s = 0;
        T_EQ(weft_sock_open(r->st, WEFT_SOCK_UDP, &s), 0);
        T_EQ(weft_sock_set(r->st, s, WEFT_IP_MULTICAST_IF, ifindex), 0);
        T_EQ(weft_sock_connect(r->st, s, &to), 0);
        T_EQ(weft_sock_names(r->st, s, &local, NULL), 0);
        T_EQ(t_get32(local.addr.b + 12), IP(10, 0, ifindex - 2, 1));
        T_EQ(weft_sock_send(r->st, s, "hello", 5), 5);
        rig_run(r, 1 * MS);
        const struct rig_ip *e = rig_pull(r, (unsigned)ifindex - 2);
        T_CHECK(e != NULL && e->src == IP(10, 0, (uint32_t)ifindex - 2, 1) && e->dst == GROUP);
        T_CHECK(rig_is_silent(r));
        T_EQ(weft_sock_close(r->st, s), 0);
    }
    rig_end(r);
}

static void a_lost_copy_is_counted_and_no_drop(void)
{
    struct rig *r = rig_new(1, false);
    const uint64_t full = bound(r, WEFT_SOCK_ICMP, 0), other = bound(r, WEFT_SOCK_ICMP, 0);
    T_EQ(weft_sock_set(r->st, full, WEFT_ICMP_TYPES, (int64_t)1 << 9), 0);
    T_EQ(weft_sock_set(r->st, other, WEFT_ICMP_TYPES, (int64_t)1 << 9), 0);
    T_EQ(weft_sock_set(r->st, full, WEFT_SO_RCVBUF, 2048), 0);
    struct rig_ip p = rig_icmp(P, A, 9, 0, 0x00020005);
    uint64_t before = rig_drops(r, WEFT_DROP_COUNT);
    for (unsigned i = 0; i < 40; i++)
        rig_push(r, 0, &p);
    uint64_t lost = weft_counter(r->st, WEFT_COUNT_UDP_COPIES_LOST);
    T_CHECK(lost > 0 && lost < 40);
    T_EQ(waiting(r, full, 8), 40 - lost);
    T_EQ(waiting(r, other, 8), 40);
    T_EQ(rig_drops(r, WEFT_DROP_COUNT), before); /* Each message reached somebody. */
    T_EQ(weft_sock_close(r->st, full), 0);
    T_EQ(weft_sock_close(r->st, other), 0);
    rig_end(r);
}

static const struct t_case cases[] = {
    {"a broadcast is copied to all who listen, a directed one where it is let in",
     a_broadcast_is_copied_whatever_its_form},
    {"sockets of UDP-Lite and ICMP join groups", udplite_and_icmp_sockets_join},
    {"a connection to a group goes by the interface chosen for groups",
     a_connection_to_a_group_takes_the_chosen_interface},
    {"a copy that an ICMP socket has no room for is counted", a_lost_copy_is_counted_and_no_drop},
};

T_MAIN(cases)
