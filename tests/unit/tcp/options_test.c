/* SPDX-License-Identifier: MIT */
#include "t.h"
#include "tcp/conn.h"

static struct tcp_key key(uint32_t local, uint32_t remote, uint16_t lport, uint16_t rport)
{
    return (struct tcp_key){.local = {.addr = wf_addr_from4(local), .port = lport},
                            .remote = {.addr = wf_addr_from4(remote), .port = rport}};
}

/* proves: TCP-TW-05 */
static void timestamps_of_two_hosts_only_grow(void)
{
    static struct wf_tcp tcp;
    static struct net net;
    net.tcp = &tcp;
    net.now_ns = 1000000000000;
    uint32_t last = 0;
    for (uint16_t i = 0; i < 1000; i++) {
        struct tcp_key k = key(1, 2, (uint16_t)(1000 + 7 * i), (uint16_t)(80 + i % 3));
        struct tcp_opt o = {.ts_offset = wf_tcp_ts_offset(&net, &k)};
        uint32_t now = wf_tcp_ts_now(&net, &o);
        T_CHECK(i == 0 || (int32_t)(now - last) > 0);
        last = now;
        net.now_ns += 2000000;
    }
}

static void other_hosts_have_other_clocks(void)
{
    static struct wf_tcp tcp;
    static struct net net;
    net.tcp = &tcp;
    struct tcp_key a = key(1, 2, 1000, 80), b = key(1, 3, 1000, 80), c = key(2, 2, 1000, 80);
    uint32_t t = wf_tcp_ts_offset(&net, &a);
    T_CHECK(t != wf_tcp_ts_offset(&net, &b) && t != wf_tcp_ts_offset(&net, &c));
}

static const struct t_case cases[] = {
    {"timestamps of two hosts only grow", timestamps_of_two_hosts_only_grow},
    {"other hosts have other clocks", other_hosts_have_other_clocks},
};
T_MAIN(cases)
