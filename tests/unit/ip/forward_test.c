/* SPDX-License-Identifier: MIT */
/* Forwarding, from frame to frame. */
#include "router.h"

static struct router r;

/* ---- sums that the sender left out ---- */

/* A TCP segment whose sum is that of the pseudo-header only, as a TAP with offloads gives it. */
static struct weft_frame half_summed(uint16_t port, uint32_t payload)
{
    static uint8_t b[FRAME_MAX];
    uint32_t len = ip_frame(b, 0, ip4(10, 0, 0, 1), ip4(10, 1, 0, 1), 40 + payload);
    uint8_t *ip = b + IP_AT, *tcp = ip + 20;
    ip[6] = 0x40;
    ip[9] = 6;
    ip_resum(b);
    put16(tcp, port);
    put16(tcp + 2, 80);
    tcp[12] = 0x50;
    tcp[13] = 0x10;
    memset(tcp + 20, port & 255, payload);
    put16(tcp + 16, sum16(ip + 12, 8, 6 + 20 + payload));
    struct weft_frame f = frame_of(b, len);
    f.flags = WEFT_FRAME_NEEDS_CSUM | WEFT_FRAME_CSUM_OK;
    f.csum_start = IP_AT + 20;
    f.csum_offset = 16;
    return f;
}

static bool tcp_sum_ok(const struct out *o)
{
    const uint8_t *ip = o->b + IP_AT;
    uint32_t bytes = be16(ip + 2) - 20u;
    return sum16(ip + 20, bytes, sum16(ip + 12, 8, 6 + bytes)) == 0xffff;
}

/* Segments of two streams in one burst are no run: each goes on alone, and lacks its sum still. */
static void a_sum_left_out_is_filled_in(void)
{
    router_begin(&r, 0, 0);
    struct weft_frame f[3] = {half_summed(1000, 100), half_summed(1001, 100),
                              half_summed(1002, 100)};
    router_give(&r, 0, f, 3);
    T_EQ(router_take(&r, 1), 3);
    for (uint32_t i = 0; i < r.out_n; i++)
        T_CHECK(tcp_sum_ok(&r.out[i]));
    router_end(&r);
}

static void a_sum_left_out_is_left_to_a_driver_that_can(void)
{
    router_begin(&r, WEFT_CAP_TX_CSUM, 0);
    struct weft_frame f[2] = {half_summed(1000, 100), half_summed(1001, 100)};
    router_give(&r, 0, f, 2);
    T_EQ(router_take(&r, 1), 2);
    for (uint32_t i = 0; i < r.out_n; i++)
        T_CHECK((r.out[i].flags & WEFT_FRAME_NEEDS_CSUM) != 0);
    router_end(&r);
}

/* ---- what is forwarded ---- */

#define HOST(link) ip4(10, link, 0, 1)

static uint8_t buf[FRAME_MAX];

static void begin(void)
{
    router_begin(&r, 0, 0);
}

/* A packet of 46 bytes from one link to a destination; its TTL is 64. */
static void send_to(uint8_t link, uint32_t src, uint32_t dst)
{
    router_in(&r, link, buf, ip_frame(buf, link, src, dst, 46));
}

static void add_route(uint32_t dst, uint8_t len, uint32_t via, enum weft_route_type type)
{
    struct weft_route x = {.dst = to_addr(dst), .prefix_len = len, .type = type};
    if (via != 0)
        x.gateway = to_addr(via);
    T_EQ(weft_route_add(r.st, &x), 0);
}

static void set_options(uint8_t link, struct weft_forward_options o)
{
    struct weft_forward_options got;
    T_EQ(weft_if_set_forward(r.st, r.ifs[link], &o), 0);
    T_EQ(weft_if_get_forward(r.st, r.ifs[link], &got), 0);
    T_CHECK(got.rpf == o.rpf && got.is_off == o.is_off);
}

/* Whether nothing left by any link, and the only drop was this. */
static bool is_silent_drop(enum weft_drop why, uint64_t n)
{
    uint32_t out = 0;
    for (uint8_t i = 0; i < LINKS; i++)
        out += router_take(&r, i);
    return out == 0 && weft_drops(r.st, why) == n;
}

/* proves: IPR-FWD-20 IP-HDR-06 IP-HDR-04 IPR-FWD-13 IPR-FWD-22 IPR-FWD-26 */
static void ttl_goes_down_and_nothing_else_changes(void)
{
    begin();
    add_route(ip4(192, 0, 2, 0), 24, ip4(10, 2, 0, 7), WEFT_ROUTE_UNICAST);
    for (uint32_t tos = 0; tos < 256; tos += 5) {
        uint32_t len = ip_frame(buf, 0, HOST(0), ip4(192, 0, 2, 99), 46);
        buf[IP_AT + 1] = (uint8_t)tos;
        buf[IP_AT + 8] = (uint8_t)(2 + tos % 7);
        ip_resum(buf);
        router_in(&r, 0, buf, len);
        T_EQ(router_take(&r, 2), 1);
        struct out *o = &r.out[0];
        T_EQ(o->len, len);
        T_CHECK(memcmp(o->b, (const uint8_t[]){2, 1, 0, 0, 2, 7, 2, 0, 0, 0, 0, 2}, 12) == 0);
        T_EQ(o->b[IP_AT + 8], buf[IP_AT + 8] - 1);
        o->b[IP_AT + 8]++;
        ip_resum(o->b);
        T_CHECK(memcmp(o->b + 12, buf + 12, len - 12) == 0);
    }
    send_to(0, HOST(0), HOST(1)); /* To a neighbour: directly. */
    T_EQ(router_take(&r, 1), 1);
    T_CHECK(memcmp(r.out[0].b, (const uint8_t[]){2, 1, 0, 0, 1, 1}, 6) == 0);
    router_end(&r);
}

/* proves: IPR-FWD-21 IPR-ADDR-19 CAP-IP-10 */
static void a_ttl_of_one_ends_here(void)
{
    begin();
    for (uint8_t ttl = 0; ttl < 2; ttl++) {
        uint32_t len = ip_frame(buf, 0, HOST(0), HOST(1), 46);
        buf[IP_AT + 8] = ttl;
        ip_resum(buf);
        router_in(&r, 0, buf, len);
        T_CHECK(router_says(&r, 0, 11, 0));
        T_EQ(router_take(&r, 1), 0);
    }
    T_EQ(weft_drops(r.st, WEFT_DROP_IP4_TTL), 2);
    router_end(&r);
}

/* proves: IPR-FWD-16 ICMP-R-36 */
static void routes_that_refuse(void)
{
    begin();
    add_route(ip4(20, 0, 0, 0), 8, 0, WEFT_ROUTE_BLACKHOLE);
    add_route(ip4(21, 0, 0, 0), 8, 0, WEFT_ROUTE_UNREACHABLE);
    add_route(ip4(22, 0, 0, 0), 8, 0, WEFT_ROUTE_PROHIBIT);
    send_to(0, HOST(0), ip4(20, 1, 1, 1));
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_REFUSED, 1));
    send_to(0, HOST(0), ip4(21, 1, 1, 1));
    T_CHECK(router_says(&r, 0, 3, 1));
    send_to(0, HOST(0), ip4(22, 1, 1, 1));
    T_CHECK(router_says(&r, 0, 3, 13));
    send_to(0, HOST(0), ip4(23, 1, 1, 1));
    T_CHECK(router_says(&r, 0, 3, 0));
    T_EQ(weft_drops(r.st, WEFT_DROP_IP4_REFUSED), 3);
    T_EQ(weft_drops(r.st, WEFT_DROP_IP4_NO_ROUTE), 1);
    router_end(&r);
}

/* proves: IPR-FWD-37 IPR-FWD-38 */
static void the_reverse_path_filter(void)
{
    begin();
    uint64_t n = 0;
    send_to(0, HOST(2), HOST(1)); /* By the wrong link. */
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_RPF, ++n));
    send_to(0, ip4(203, 0, 114, 1), HOST(1)); /* By no route. */
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_RPF, ++n));
    set_options(0, (struct weft_forward_options){.rpf = WEFT_RPF_LOOSE});
    send_to(0, HOST(2), HOST(1));
    T_EQ(router_take(&r, 1), 1);
    send_to(0, ip4(203, 0, 114, 1), HOST(1));
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_RPF, ++n));
    add_route(ip4(203, 0, 114, 0), 24, 0, WEFT_ROUTE_BLACKHOLE); /* A refusal is no way back. */
    send_to(0, ip4(203, 0, 114, 1), HOST(1));
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_RPF, ++n));
    set_options(0, (struct weft_forward_options){.rpf = WEFT_RPF_OFF});
    send_to(0, ip4(203, 0, 114, 1), HOST(1));
    T_EQ(router_take(&r, 1), 1);
    send_to(2, HOST(0), HOST(1)); /* The others are strict still. */
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_RPF, ++n));
    router_end(&r);
}

/* proves: IPR-FWD-44 IPR-FWD-45 */
static void an_interface_that_does_not_forward(void)
{
    begin();
    set_options(1, (struct weft_forward_options){.is_off = true});
    send_to(0, HOST(0), HOST(1));
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_FORWARD_OFF, 1));
    send_to(1, HOST(1), HOST(0));
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_FORWARD_OFF, 2));
    send_to(0, HOST(0), HOST(2));
    T_EQ(router_take(&r, 2), 1);
    router_end(&r);
}

/* proves: IP-LL-01 IP-SPEC-03 IPR-FWD-33 IPR-FWD-34 IP-SPEC-01 IP-SPEC-02 IP-SPEC-05 IP-SPEC-06 */
/* proves: IPR-FWD-35 */
static void what_stays_where_it_is(void)
{
    static const uint32_t bad[] = {0x00000001, 0x7f000001, 0xf0000001, 0xffffffff, 0xe0000105};
    begin();
    add_route(0, 0, ip4(10, 1, 0, 1), WEFT_ROUTE_UNICAST);
    for (uint8_t i = 0; i < LINKS; i++)
        set_options(i, (struct weft_forward_options){.rpf = WEFT_RPF_OFF});
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        send_to(0, bad[i], HOST(2));
        T_CHECK(is_silent_drop(WEFT_DROP_IP4_BAD_SRC, i + 1));
        send_to(0, HOST(0), bad[i]); /* What is a group's is for us at most. */
        T_EQ(router_take(&r, 1) + router_take(&r, 2), 0);
    }
    uint32_t len = ip_frame(buf, 0, 0, HOST(2), 46); /* A solicitation for somebody else. */
    buf[IP_AT + 9] = 1;
    buf[IP_AT + 20] = 10;
    put16(buf + IP_AT + 22, 0xf5ff);
    ip_resum(buf);
    router_in(&r, 0, buf, len);
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_BAD_SRC, sizeof(bad) / sizeof(bad[0]) + 1));
    send_to(0, ip4(169, 254, 1, 1), HOST(2));
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_LINK_LOCAL, 1));
    send_to(0, HOST(0), ip4(169, 254, 1, 1));
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_LINK_LOCAL, 2));
    router_end(&r);
}

/* proves: IPR-FWD-27 IPR-FWD-28 IPR-FWD-29 */
static void frames_to_a_group(void)
{
    static const uint8_t groups[2][6] = {{255, 255, 255, 255, 255, 255}, {1, 0, 94, 0, 0, 1}};
    begin();
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t len = ip_frame(buf, 0, HOST(0), HOST(1), 46);
        memcpy(buf, groups[i], 6);
        router_in(&r, 0, buf, len);
        T_CHECK(is_silent_drop(WEFT_DROP_IP4_LINK_BCAST, 3 * i + 1));
        len = ip_frame(buf, 0, HOST(0), ip4(10, 0, 0, 254), 46); /* To the router itself. */
        memcpy(buf, groups[i], 6);
        router_in(&r, 0, buf, len);
        T_CHECK(is_silent_drop(WEFT_DROP_IP4_LINK_BCAST, 3 * i + 2));
        T_EQ(weft_ip_if_set(r.st, r.ifs[1], WEFT_IP_IF_DIRECTED_BROADCAST, 1), 0);
        len = ip_frame(buf, 0, HOST(0), ip4(10, 1, 0, 255), 46); /* From group to group. */
        memcpy(buf, groups[i], 6);
        router_in(&r, 0, buf, len);
        T_CHECK(is_silent_drop(WEFT_DROP_IP4_LINK_BCAST, 3 * i + 3));
    }
    router_end(&r);
}

/* proves: IPR-DB-01 IPR-DB-02 IPR-DB-03 IPR-FWD-10 IPR-FWD-30 */
static void broadcasts_of_another_network(void)
{
    begin();
    send_to(0, HOST(0), ip4(10, 1, 0, 255));
    T_CHECK(is_silent_drop(WEFT_DROP_IP4_DIRECTED, 1));
    T_EQ(weft_counter(r.st, WEFT_COUNT_IP4_DELIVERED), 0);
    T_EQ(weft_ip_if_set(r.st, r.ifs[1], WEFT_IP_IF_DIRECTED_BROADCAST, 1), 0);
    send_to(0, HOST(0), ip4(10, 1, 0, 255));
    T_EQ(router_take(&r, 1), 1);
    T_EQ(r.out[0].b[0] & r.out[0].b[5], 255);
    send_to(0, HOST(0), UINT32_MAX);
    send_to(0, HOST(0), ip4(10, 0, 0, 255)); /* Its own: delivered. */
    T_EQ(weft_counter(r.st, WEFT_COUNT_IP4_DELIVERED), 3);
    T_EQ(router_take(&r, 0) + router_take(&r, 1) + router_take(&r, 2), 0);
    router_end(&r);
}

/* ---- size ---- */

/* proves: IPR-FWD-19 IP-PMTU-08 IP-HDR-09 IPR-ADDR-15 CAP-IP-02 CAP-IP-10 */
static void a_smaller_link(void)
{
    begin();
    T_EQ(weft_if_set_mtu(r.st, r.ifs[1], 600), 0);
    uint32_t len = ip_frame(buf, 0, HOST(0), HOST(1), 1400);
    buf[IP_AT + 6] = 0x40;
    ip_resum(buf);
    router_in(&r, 0, buf, len);
    T_CHECK(router_says(&r, 0, 3, 4));
    T_EQ(be32(r.out[0].b + IP_AT + 24), 600);
    buf[IP_AT + 6] = 0;
    ip_resum(buf);
    router_in(&r, 0, buf, len);
    T_EQ(router_take(&r, 1), 3);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < r.out_n; i++) {
        const uint8_t *ip = r.out[i].b + IP_AT;
        T_EQ((be16(ip + 6) & 0x1fff) * 8u, sum); /* In order, as few as there can be. */
        sum += be16(ip + 2) - 20u;
        T_EQ(ip[8], 63);
    }
    T_EQ(sum, 1380);
    router_end(&r);
}

/* proves: FIB-02 IPR-FWD-46 IPR-FWD-47 */
static void an_interface_that_fails(void)
{
    begin();
    struct weft_route spare = {.dst = to_addr(ip4(192, 0, 2, 0)),
                               .prefix_len = 24,
                               .gateway = to_addr(ip4(10, 2, 0, 3)),
                               .metric = 9};
    add_route(ip4(192, 0, 2, 0), 24, ip4(10, 1, 0, 3), WEFT_ROUTE_UNICAST);
    T_EQ(weft_route_add(r.st, &spare), 0);
    for (int round = 0; round < 3; round++) {
        bool is_up = round != 1;
        T_EQ(weft_if_set_up(r.st, r.ifs[1], is_up), 0);
        send_to(0, HOST(0), ip4(192, 0, 2, 1));
        T_EQ(router_take(&r, 2), is_up ? 0 : 1);
        T_CHECK(!is_up || router_take(&r, 1) >= 1); /* And announcements when it is back. */
    }
    router_end(&r);
}

static const struct t_case cases[] = {
    {"a forwarded packet loses one TTL, and nothing else of it changes",
     ttl_goes_down_and_nothing_else_changes},
    {"a TTL of 0 or 1 ends here, and its sender is told", a_ttl_of_one_ends_here},
    {"blackhole, unreachable and prohibit routes, and none", routes_that_refuse},
    {"the reverse-path filter: strict, loose and off, by interface", the_reverse_path_filter},
    {"an interface that does not forward", an_interface_that_does_not_forward},
    {"link-local, 0/8, 127/8, groups and class E are not forwarded", what_stays_where_it_is},
    {"a unicast packet in a frame to a group is not forwarded", frames_to_a_group},
    {"a broadcast directed to another network is let in only by a switch",
     broadcasts_of_another_network},
    {"a smaller link: fragments, or its MTU is told", a_smaller_link},
    {"the spare way while an interface is down", an_interface_that_fails},
    {"a transport sum that was left out is filled in for a driver that cannot",
     a_sum_left_out_is_filled_in},
    {"a transport sum that was left out is left to a driver that can",
     a_sum_left_out_is_left_to_a_driver_that_can},
};
T_MAIN(cases)
