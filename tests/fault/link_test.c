/* SPDX-License-Identifier: MIT */
/** DOC: The link and the addresses change under live connections (BAD-FAULT-09 to -12, -16). */
#include <string.h>

#include "two.h"

#define MB ((uint64_t)1 << 20)

/* Small buffers and a long way make a transfer last. */
static struct two *flows(uint32_t n, uint64_t there, uint64_t back, uint32_t buf_bytes,
                         uint64_t delay_ns)
{
    struct weft_config cfg;
    two_config(&cfg);
    cfg.sndbuf_bytes = cfg.rcvbuf_bytes = buf_bytes;
    struct two *t = two_new(&cfg, (size_t)24 << 20, 1 * S);
    t->delay_ns = delay_ns;
    for (uint32_t i = 0; i < n; i++)
        T_CHECK(two_open(t, there, back, NULL) != NULL);
    two_run(t, t->now_ns + 5 * MS);
    return t;
}

/* The device goes and comes back with another address: ARP is told, TCP goes on. */
static void a_device_vanishes_a_hundred_times(void)
{
    struct two *t = flows(2, 3 * MB, 100000, 4096, 5 * MS);
    for (uint8_t i = 0; i < 100; i++) {
        uint8_t mac[6] = {2, 0, 0, 0, 1, i};
        struct weft_if_info info;
        T_EQ(weft_if_set_up(t->st[0], TWO_IF, false), 0);
        two_run(t, t->now_ns + 50 * MS);
        T_EQ(weft_if_set_mac(t->st[0], TWO_IF, mac), 0);
        T_EQ(weft_if_set_up(t->st[0], TWO_IF, true), 0);
        T_EQ(weft_if_get(t->st[0], TWO_IF, &info), 0);
        T_CHECK(memcmp(info.cfg.mac, mac, 6) == 0 && info.is_up);
        two_run(t, t->now_ns + 400 * MS);
        T_CHECK(i > 10 || two_count(t) == 0);
    }
    T_EQ(two_finish(t, 600 * S), 2);
    struct weft_neigh_info n;
    uint32_t cursor = 0;
    bool has_found = false;
    while (weft_neigh_next(t->st[1], &cursor, &n))
        has_found |= n.mac[4] == 1 && n.mac[5] == 99;
    T_CHECK(has_found); /* The peer knows the last one. */
    two_end(t);
}

static void a_thousand_flaps_in_a_minute(void)
{
    struct two *t = flows(50, 100000, 1000, 2048, 20 * MS);
    uint64_t arps = weft_counter(t->st[0], WEFT_COUNT_ARP_REQUESTS_OUT);
    for (int i = 0; i < 1000; i++) {
        T_EQ(weft_if_set_up(t->st[0], TWO_IF, i % 2 != 0), 0);
        two_run(t, t->now_ns + 60 * MS);
        T_CHECK(i > 20 || two_count(t) == 0);
    }
    arps = weft_counter(t->st[0], WEFT_COUNT_ARP_REQUESTS_OUT) - arps;
    printf("# %" PRIu64 " ARP requests in 60 s\n", arps);
    T_CHECK(arps <= 2000); /* Paced: an announcement and a question a flap. */
    T_EQ(two_finish(t, 900 * S), 50);
    two_end(t);
}

static void the_mtu_changes_with_4_mb_queued(void)
{
    static const uint32_t mtus[] = {576, 68, 9000, 1500};
    struct two *t = flows(1, 6 * MB, 0, 8 * MB, 1 * MS);
    struct weft_tcp_info info;
    uint32_t most[4] = {0};
    T_CHECK(t->flow[0].sent[0] >= 4 * MB);
    for (int i = 0; i < 4; i++) {
        T_EQ(weft_if_set_mtu(t->st[0], TWO_IF, mtus[i]), 0);
        T_EQ(weft_if_set_mtu(t->st[1], TWO_IF, mtus[i]), 0);
        two_run(t, t->now_ns + 8 * MS);
        T_EQ(weft_sock_tcp_info(t->st[0], t->flow[0].sock[0], &info), 0);
        most[i] = info.mss;
        T_CHECK(info.mss <= (mtus[i] > 1500 ? 1500 : mtus[i]) - 20);
    }
    printf("# MSS %u, %u, %u, %u\n", most[0], most[1], most[2], most[3]);
    T_EQ(two_finish(t, 900 * S), 1);
    two_end(t);
}

/* Another address: what was bound to the old one fails, and says so; new connections use the new.
 */
static void an_address_goes_under_20_connections(void)
{
    struct two *t = flows(20, 1 * MB, 0, 8192, 1 * MS);
    struct weft_addr old = weft_ip4(10, 0, 0, 1), other = weft_ip4(10, 0, 0, 77);
    T_EQ(weft_addr_del(t->st[0], TWO_IF, &old), 0);
    T_EQ(weft_addr_add(t->st[0], TWO_IF, &other, 24), 0);
    (void)two_finish(t, 1 * S);
    for (uint32_t i = 0; i < 20; i++)
        T_EQ(t->flow[i].err[0], WEFT_EADDRNOTAVAIL);
    struct two_flow *f = two_open(t, 100000, 100000, NULL);
    T_CHECK(f != NULL);
    two_run(t, t->now_ns + 5 * S);
    T_CHECK(two_is_complete(f));
    T_EQ(two_finish(t, 3600 * S), 1); /* The peer's side of the others ends by its own rules. */
    two_end(t);
}

/* A flipped bit in an ARP answer is seen by no checksum. TCP's silence makes the neighbour asked
 * again, long before its entry grows old.
 * proves: IPH-48 MUST-20
 */
static void a_wrong_neighbour_is_doubted(void)
{
    static uint8_t arp[42] = {2,  0, 0, 0, 0, 1, 2, 0, 0, 0, 0,  0x66, 8, 6,
                              0,  1, 8, 0, 6, 4, 0, 2, 2, 0, 0,  0,    0, 0x66,
                              10, 0, 0, 2, 2, 0, 0, 0, 0, 1, 10, 0,    0, 1};
    struct weft_frame f = {.iov = {{arp, sizeof(arp)}}, .iov_n = 1, .len = sizeof(arp)};
    struct two *t = flows(1, 1 * MB, 1000, 4096, 20 * MS);
    struct weft_if_info info;
    uint64_t cookie = 0, from = t->now_ns;
    T_EQ(weft_if_get(t->st[0], TWO_IF, &info), 0);
    memcpy(arp, info.cfg.mac, 6);
    memcpy(arp + 32, info.cfg.mac, 6);
    two_run(t, from + 500 * MS);
    T_EQ(weft_rx(t->st[0], TWO_IF, &f, 1, t->now_ns), 1);
    T_EQ(weft_rx_done(t->st[0], &cookie, 1), 1);
    T_CHECK(two_count(t) == 0);
    two_run(t, from + 15 * S);
    T_EQ(two_count(t), 0); /* Probes and the hold-down take their time. */
    T_EQ(two_finish(t, 30 * S), 1);
    printf("# whole again within %u s\n", (unsigned)((t->now_ns - from) / S));
    two_end(t);
}

/* The only log is the trace ring: a flood overwrites the oldest, and what was lost is counted. */
static void a_flood_of_records_is_bounded(void)
{
    struct weft_config cfg;
    static uint8_t runt[8];
    struct weft_frame f = {.iov = {{runt, sizeof(runt)}}, .iov_n = 1, .len = sizeof(runt)};
    two_config(&cfg);
    cfg.trace_max = 256;
    struct two *t = two_new(&cfg, (size_t)1 << 20, 1 * S);
    struct weft_trace_rec rec[16];
    uint64_t lost = 0, all_lost = 0, all_read = 0;
    for (uint32_t i = 0; i < 100000; i++) {
        uint64_t cookie = 0;
        T_EQ(weft_rx(t->st[0], TWO_IF, &f, 1, t->now_ns + i * 10000), 1);
        T_EQ(weft_rx_done(t->st[0], &cookie, 1), 1);
        if (i % 1000 != 0)
            continue;
        all_read += weft_trace_read(t->st[0], rec, 16, &lost);
        all_lost += lost;
    }
    uint32_t n = 16;
    while (n == 16) {
        all_read += n = weft_trace_read(t->st[0], rec, 16, &lost);
        all_lost += lost;
    }
    T_EQ(weft_drops(t->st[0], WEFT_DROP_ETH_RUNT), 100000);
    T_CHECK(all_read <= 101 * 16 + 256);
    T_CHECK(all_read + all_lost >= 100000);
    two_end(t);
}

static const struct t_case cases[] = {
    {"BAD-FAULT-09: a device vanishes and returns with a new MAC, 100 times",
     a_device_vanishes_a_hundred_times},
    {"BAD-FAULT-10: 1000 flaps in 60 s under 50 flows", a_thousand_flaps_in_a_minute},
    {"BAD-FAULT-11: the MTU changes with 4 MB queued", the_mtu_changes_with_4_mb_queued},
    {"BAD-FAULT-12: an address goes under 20 connections", an_address_goes_under_20_connections},
    {"a neighbour's wrong address is doubted by TCP", a_wrong_neighbour_is_doubted},
    {"BAD-FAULT-16: a flood of records is bounded", a_flood_of_records_is_bounded},
};
T_MAIN(cases)
