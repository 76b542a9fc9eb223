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

static const struct t_case cases[] = {
    {"a transport sum that was left out is filled in for a driver that cannot",
     a_sum_left_out_is_filled_in},
    {"a transport sum that was left out is left to a driver that can",
     a_sum_left_out_is_left_to_a_driver_that_can},
};
T_MAIN(cases)
