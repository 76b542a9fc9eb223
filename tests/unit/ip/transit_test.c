/* SPDX-License-Identifier: MIT */
/* What a router leaves as it is, what it takes for itself, and which networks it knows. */
#include "router.h"

#define HOST(link) ip4(10, link, 0, 1)
#define OWN(link)  ip4(10, link, 0, 254)

static struct router r;
static uint8_t buf[FRAME_MAX];

static void begin(void)
{
    router_begin(&r, 0, 0);
    for (uint8_t i = 0; i < LINKS; i++) {
        const struct weft_forward_options o = {.rpf = WEFT_RPF_OFF};
        T_EQ(weft_if_set_forward(r.st, r.ifs[i], &o), 0);
    }
}

static void add_route(uint32_t dst, uint8_t len, uint32_t via)
{
    struct weft_route x = {.dst = to_addr(dst), .prefix_len = len, .gateway = to_addr(via)};
    T_EQ(weft_route_add(r.st, &x), 0);
}

/* A packet with flags and offset of its own arrives on link 0. */
static void send_frag(uint32_t dst, uint32_t len, uint32_t frag)
{
    uint32_t n = ip_frame(buf, 0, HOST(0), dst, len);
    put16(buf + IP_AT + 6, frag);
    ip_resum(buf);
    router_in(&r, 0, buf, n);
}

/* Echo request @id, as a whole or as a part of one: its payload is zeros. */
static void send_echo(uint32_t dst, uint32_t len, uint32_t frag, uint8_t ttl)
{
    uint32_t n = ip_frame(buf, 0, HOST(0), dst, len);
    buf[IP_AT + 8] = ttl;
    buf[IP_AT + 9] = 1;
    put16(buf + IP_AT + 6, frag);
    if ((frag & 0x1fff) == 0) {
        buf[IP_AT + 20] = 8;
        put16(buf + IP_AT + 22, 0xf7ff);
    }
    ip_resum(buf);
    router_in(&r, 0, buf, n);
}

static bool is_answered(uint32_t from, uint32_t len)
{
    if (router_take(&r, 0) != 1)
        return false;
    const uint8_t *ip = r.out[0].b + IP_AT;
    return ip[9] == 1 && ip[20] == 0 && be32(ip + 12) == from && be16(ip + 2) == len;
}

/* proves: IPR-FWD-18 IPR-FWD-17 */
static void parts_and_reserved_bits_pass_as_they_are(void)
{
    begin();
    send_frag(HOST(1), 20 + 800, 0x2000 | 185); /* The second before the first. */
    send_frag(HOST(1), 20 + 1480, 0x2000);
    T_EQ(router_take(&r, 1), 2);
    T_EQ(be16(r.out[0].b + IP_AT + 6), 0x2000 | 185);
    T_EQ(be16(r.out[1].b + IP_AT + 6), 0x2000);
    send_frag(HOST(1), 46, 0x8000);
    T_EQ(router_take(&r, 1), 1);
    T_EQ(be16(r.out[0].b + IP_AT + 6), 0x8000);
    T_EQ(weft_if_set_mtu(r.st, r.ifs[1], 600), 0);
    send_frag(HOST(1), 1400, 0x8000); /* It is in each part of what is cut. */
    T_EQ(router_take(&r, 1), 3);
    for (uint32_t i = 0; i < r.out_n; i++)
        T_EQ(be16(r.out[i].b + IP_AT + 6) >> 13, i < 2 ? 5 : 4);
    router_end(&r);
}

/* proves: IP-HDR-07 */
static void the_least_datagram_needs_no_cutting(void)
{
    begin();
    T_CHECK(weft_if_set_mtu(r.st, r.ifs[1], 67) < 0); /* No link may carry less. */
    T_EQ(weft_if_set_mtu(r.st, r.ifs[1], 68), 0);
    send_frag(HOST(1), 68, 0x4000);
    T_EQ(router_take(&r, 1), 1);
    T_EQ(be16(r.out[0].b + IP_AT + 2), 68);
    send_frag(HOST(1), 69, 0x4000);
    T_CHECK(router_says(&r, 0, 3, 4));
    router_end(&r);
}

/* proves: IPR-ADDR-17 IPR-ADDR-18 IPR-FWD-08 */
static void what_is_for_the_router_ends_here(void)
{
    begin();
    send_echo(OWN(1), 46, 0, 1); /* Of another of its links, at the end of its time. */
    T_CHECK(is_answered(OWN(1), 46));
    send_echo(OWN(0), 46, 0, 0);
    T_CHECK(is_answered(OWN(0), 46));
    send_echo(OWN(2), 20 + 16, 2, 64); /* Put together here. */
    send_echo(OWN(2), 20 + 16, 0x2000, 64);
    T_CHECK(is_answered(OWN(2), 20 + 32));
    send_echo(ip4(224, 0, 0, 1), 46, 0, 64);
    send_frag(ip4(224, 0, 0, 2), 46, 0);
    T_EQ(router_take(&r, 1) + router_take(&r, 2), 0);
    router_end(&r);
}

/* proves: IP-SPEC-07 */
static void private_and_shared_networks_are_usable(void)
{
    static const uint32_t nets[] = {0x0a630000, 0xac100000, 0xac1f0000, 0xc0a80000,
                                    0x64400000, 0x647f0000, 0xc6120000, 0xc6130000};
    begin();
    for (uint32_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
        add_route(nets[i], 16, ip4(10, 1, 0, 7));
        send_frag(nets[i] | 0x0101, 46, 0);
        T_EQ(router_take(&r, 1), 1);
        router_in(&r, 0, buf, ip_frame(buf, 0, nets[i] | 0x0101, HOST(2), 46));
        T_EQ(router_take(&r, 2), 1);
    }
    router_end(&r);
}

/* proves: IPR-ADDR-34 */
static void parts_of_a_network_may_lie_apart(void)
{
    begin();
    const struct weft_addr a = to_addr(ip4(172, 20, 1, 1)), b = to_addr(ip4(172, 20, 9, 1));
    T_EQ(weft_addr_add(r.st, r.ifs[1], &a, 24), 0);
    T_EQ(weft_addr_add(r.st, r.ifs[2], &b, 26), 0); /* The same /16, another length. */
    static const struct {
        uint32_t dst;
        uint8_t link;
    } rows[] = {
        {0xac140107, 1}, {0xac140907, 2}, {0xac140941, 1}, {0xac146307, 1}, {0xac146387, 2}};
    add_route(ip4(172, 20, 9, 0), 24, ip4(10, 1, 0, 7));
    add_route(ip4(172, 20, 99, 0), 24, ip4(10, 1, 0, 7));
    add_route(ip4(172, 20, 99, 128), 25, ip4(10, 2, 0, 7));
    for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct weft_addr dst = to_addr(rows[i].dst);
        const uint8_t mac[6] = {2, 1, 0, 0, 9, 9};
        if (i < 2)
            T_EQ(weft_neigh_set(r.st, r.ifs[rows[i].link], &dst, mac), 0);
        (void)(router_take(&r, 1) + router_take(&r, 2)); /* Announcements. */
        send_frag(rows[i].dst, 46, 0);
        T_EQ(router_take(&r, rows[i].link), 1);
        T_EQ(router_take(&r, (uint8_t)(3 - rows[i].link)), 0);
    }
    router_end(&r);
}

/* proves: ICMP-R-37 */
static void a_filter_may_be_silent(void)
{
    struct weft_icmp_config c;
    const struct weft_route no = {
        .dst = to_addr(ip4(22, 0, 0, 0)), .prefix_len = 8, .type = WEFT_ROUTE_PROHIBIT};
    begin();
    T_EQ(weft_route_add(r.st, &no), 0);
    send_frag(ip4(22, 0, 0, 1), 46, 0);
    T_CHECK(router_says(&r, 0, 3, 13));
    weft_icmp_get(r.st, &c);
    c.is_filter_silent = true;
    T_EQ(weft_icmp_set(r.st, &c), 0);
    send_frag(ip4(22, 0, 0, 1), 46, 0);
    T_EQ(router_take(&r, 0), 0);
    send_frag(ip4(23, 0, 0, 1), 46, 0); /* Other errors are told. */
    T_CHECK(router_says(&r, 0, 3, 0));
    router_end(&r);
}

/* proves: IPR-FWD-11 */
static void a_route_in_transit_is_not_read(void)
{
    begin();
    T_EQ(weft_ip_set(r.st, WEFT_IP_SOURCE_ROUTES, WEFT_IP_SOURCE_ROUTES_FORWARD), 0);
    uint32_t n = ip_frame(buf, 0, HOST(0), HOST(1), 28);
    memcpy(buf + IP_AT + 20, (const uint8_t[]){131, 7, 4, 10, 2, 0, 1, 0}, 8); /* Then to link 2. */
    buf[IP_AT] = 0x47;
    ip_resum(buf);
    router_in(&r, 0, buf, n);
    T_EQ(router_take(&r, 2), 0);
    T_EQ(router_take(&r, 1), 1);
    T_CHECK(memcmp(r.out[0].b + IP_AT + 20, buf + IP_AT + 20, 8) == 0);
    router_end(&r);
}

/* The one record of a drop, with these addresses. */
static bool is_logged(enum weft_drop why, uint32_t src, uint32_t dst)
{
    struct weft_trace_rec rec[8];
    uint64_t lost;
    unsigned found = 0;
    uint32_t n = weft_trace_read(r.st, rec, 8, &lost);
    for (uint32_t i = 0; i < n; i++)
        found += rec[i].kind == WEFT_TRACE_DROP && rec[i].ifindex == r.ifs[0] &&
                 rec[i].v[0] == (uint32_t)why && rec[i].v[2] == src && rec[i].v[3] == dst;
    return found == 1 && weft_drops(r.st, why) == 1;
}

/* proves: IPH-05 IPR-FWD-05 IPR-FWD-36 */
static void what_cannot_be_is_logged(void)
{
    r.trace_max = 64;
    router_begin(&r, 0, 0);
    router_in(&r, 0, buf, ip_frame(buf, 0, 0x7f000001, HOST(1), 46));
    T_CHECK(is_logged(WEFT_DROP_IP4_BAD_SRC, 0x7f000001, HOST(1)));
    router_in(&r, 0, buf, ip_frame(buf, 0, HOST(0), 0xf0000001, 46));
    T_CHECK(is_logged(WEFT_DROP_IP4_BAD_DST, HOST(0), 0xf0000001));
    router_in(&r, 0, buf, ip_frame(buf, 0, HOST(2), HOST(1), 46));
    T_CHECK(is_logged(WEFT_DROP_IP4_RPF, HOST(2), HOST(1)));
    uint32_t n = ip_frame(buf, 0, HOST(0), HOST(1), 46);
    buf[IP_AT + 10] ^= 1;
    router_in(&r, 0, buf, n);
    T_CHECK(is_logged(WEFT_DROP_IP4_BAD_CSUM, HOST(0), HOST(1)));
    n = ip_frame(buf, 0, HOST(0), HOST(1), 46);
    buf[IP_AT] = 0x65;
    router_in(&r, 0, buf, n);
    T_CHECK(is_logged(WEFT_DROP_IP4_BAD_VERSION, HOST(0), HOST(1)));
    r.trace_max = 0;
    router_end(&r);
}

static const struct t_case cases[] = {
    {"parts of datagrams and the reserved bit pass as they are, in each part of what is cut",
     parts_and_reserved_bits_pass_as_they_are},
    {"68 octets go over every link uncut", the_least_datagram_needs_no_cutting},
    {"what is for the router or its groups ends here, whole, whatever its TTL",
     what_is_for_the_router_ends_here},
    {"private, shared and benchmarking networks are usable",
     private_and_shared_networks_are_usable},
    {"parts of a network may lie apart and have masks of different lengths",
     parts_of_a_network_may_lie_apart},
    {"a filter may be silent", a_filter_may_be_silent},
    {"headers and addresses that cannot be are logged with addresses and interface",
     what_cannot_be_is_logged},
    {"a source route in transit does not say where a datagram goes",
     a_route_in_transit_is_not_read},
};

T_MAIN(cases)
