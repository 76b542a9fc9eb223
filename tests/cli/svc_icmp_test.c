/* SPDX-License-Identifier: MIT */
/**
 * DOC: ping with queries other than echo, traceroute by TCP and for the path MTU, on the world of
 * svc_rig.h
 */
#include <string.h>

#include "svc_rig.h"
#include "t.h"

static struct weft_icmp_config icmp_of(struct weft_node *node)
{
    struct weft_icmp_config c;
    weft_icmp_get(weft_node_stack(node), &c);
    return c;
}

/* proves: CAP-ICMP-07 ICMP-H-39 */
static void the_time_of_day(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 3);
    struct weft_icmp_config c = icmp_of(svc.b);
    cfg.query = WEFT_PING_TIMESTAMP;
    cfg.timeout_ns = 1 * S;
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 0);
    c.answers_timestamp = true;
    T_EQ(weft_icmp_set(weft_node_stack(svc.b), &c), 0);
    T_EQ(weft_ip_set(weft_node_stack(svc.b), WEFT_IP_UT_MS, 1000), 0);
    cfg.utc_ms = 86399000;
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 3);
    const struct weft_ping_event *ev = svc_first(WEFT_PING_REPLY);
    T_EQ(ev->originate_ms, 86399000);
    T_CHECK(ev->receive_ms >= 1000 && ev->receive_ms < 30000 && ev->transmit_ms == ev->receive_ms);
    T_EQ(ev->rtt_ns, 30 * MS);
    T_EQ(ev->bytes, 20);
    cfg.utc_ms = UINT32_MAX; /* This host does not know the time. */
    svc_ping(&cfg, NULL);
    T_CHECK((svc_first(WEFT_PING_REPLY)->originate_ms & 0x80000000) != 0);
    svc_end();
}

/* proves: CAP-ICMP-08 */
static void masks_and_information(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 1);
    struct weft_icmp_config c = icmp_of(svc.r1);
    struct weft_stack *st = weft_node_stack(svc.r1);
    cfg.timeout_ns = 1 * S;
    cfg.to = weft_ip4(255, 255, 255, 255); /* The way a host asks that knows nobody. */
    cfg.is_any_sender = true;
    cfg.query = WEFT_PING_MASK;
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 0);
    T_EQ(weft_icmp_if_set(st, (uint16_t)weft_if_find(st, "eth1"), WEFT_ICMP_MASK_AGENT), 0);
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 1);
    T_EQ(svc_first(WEFT_PING_REPLY)->mask, 0xffffff00);
    cfg.to = weft_ip4(10, 1, 0, 2);
    cfg.is_any_sender = false;
    svc_ping(&cfg, NULL);
    T_EQ(svc_first(WEFT_PING_REPLY)->mask, 0xffffff00);
    cfg.query = WEFT_PING_INFORMATION;
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 0);
    c.answers_information = true;
    T_EQ(weft_icmp_set(st, &c), 0);
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 1);
    T_EQ(svc_first(WEFT_PING_REPLY)->bytes, 8);
    svc_end();
}

/* proves: CAP-ICMP-01 */
static void what_overtakes_is_reported(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 40);
    svc_ping(&cfg, NULL); /* Fills the neighbour caches. */
    T_EQ(svc.stats.reordered, 0);
    struct weft_link_quality q = {
        .delay_ns = 5 * MS, .reorder_ns = 25 * MS, .reorder_ppm = 200000, .dup_ppm = 300000};
    weft_link_set_quality(svc.far, 1, &q);
    cfg.interval_ns = 10 * MS;
    svc_ping(&cfg, NULL);
    unsigned late = 0;
    uint64_t newest = 0;
    for (unsigned i = 0; i < svc.events_n; i++) {
        if (svc.pe[i].kind != WEFT_PING_REPLY)
            continue;
        late += svc.pe[i].seq < newest;
        newest = svc.pe[i].seq > newest ? svc.pe[i].seq : newest;
    }
    T_EQ(svc.stats.received, 40);
    T_CHECK(late > 3 && svc.stats.duplicates > 0);
    T_EQ(svc.stats.reordered, late);
    T_EQ(svc.stats.loss_permille, 0);
    svc_end();
}

static void a_preload_goes_at_once(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 8);
    svc_ping(&cfg, NULL);
    cfg.preload = 5;
    uint64_t start_ns = weft_world_now(svc.w);
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 8);
    T_EQ(weft_world_now(svc.w) - start_ns, 3030 * MS); /* Five, and then one a second. */
    cfg.preload = SVC_SLOTS + 1;
    struct weft_ping p;
    T_EQ(weft_ping_start(&p, weft_node_stack(svc.a), &cfg, weft_world_now(svc.w)), -WEFT_EINVAL);
    svc_end();
}

static void a_flood_has_a_bound(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 200);
    cfg.to = weft_ip4(10, 1, 0, 1); /* Itself: answers take no time at all. */
    cfg.interval_ns = 0;
    uint64_t start_ns = weft_world_now(svc.w);
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 200);
    T_CHECK(weft_world_now(svc.w) - start_ns >= 199 * 50 * US);
    svc_end();
}

static void a_request_that_is_too_long_names_the_mtu(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 2);
    const struct weft_link_config *is = weft_link_config_get(svc.mid);
    T_EQ(weft_if_set_mtu(weft_node_stack(svc.r1), is->end[0].ifindex, 1300), 0);
    cfg.has_df = true;
    cfg.size = 1400;
    svc_ping(&cfg, NULL);
    T_EQ(svc_first(WEFT_PING_ERROR)->info, 1300);
    T_EQ(svc_first(WEFT_PING_UNSENT)->err, WEFT_EMSGSIZE); /* Now the stack knows. */
    T_EQ(svc_first(WEFT_PING_UNSENT)->info, 1300);
    svc_end();
}

/* ---- traceroute ---- */

static void is_at(const struct weft_traceroute_event *ev, enum weft_trace_answer answer,
                  struct weft_addr from)
{
    T_EQ(ev->kind, WEFT_TRACEROUTE_PROBE);
    T_EQ(ev->answer, answer);
    T_EQ(memcmp(ev->from.b, from.b, 16), 0);
}

static uint64_t syns(void)
{
    return weft_counter(weft_node_stack(svc.a), WEFT_COUNT_TCP_SEGS_OUT);
}

/* proves: CAP-ICMP-04 */
static void by_tcp_to_an_open_and_a_closed_port(void)
{
    svc_line();
    struct weft_traceroute_config cfg = svc_trace_of(weft_ip4(10, 3, 0, 2), WEFT_TRACE_TCP);
    struct weft_endpoint local = {.port = 80};
    struct weft_stack *st = weft_node_stack(svc.b);
    uint64_t listener = 0;
    for (unsigned round = 0; round < 2; round++) {
        svc_trace(&cfg);
        T_EQ(svc.events_n, 10);
        for (unsigned i = 0; i < 9; i++) {
            static const uint64_t rtt[] = {10 * MS, 20 * MS, 30 * MS};
            is_at(&svc.te[i], i < 6 ? WEFT_TRACE_ON_THE_WAY : WEFT_TRACE_REACHED,
                  i < 3   ? weft_ip4(10, 1, 0, 2)
                  : i < 6 ? weft_ip4(10, 2, 0, 2)
                          : weft_ip4(10, 3, 0, 2));
            if (round == 1)
                T_EQ(svc.te[i].rtt_ns, rtt[i / 3]);
        }
        T_CHECK(svc.te[9].kind == WEFT_TRACEROUTE_DONE && svc.te[9].is_reached);
        T_CHECK(svc.opened >= 9 && svc.opened == svc.closed);
        if (round == 0) { /* Closed at first. */
            T_EQ(weft_sock_open(st, WEFT_SOCK_TCP, &listener), 0);
            T_EQ(weft_sock_bind(st, listener, &local), 0);
            T_EQ(weft_sock_listen(st, listener, 16), 0);
        }
    }
    T_EQ(weft_sock_close(st, listener), 0);
    weft_node_touch(svc.b);
    svc_end();
}

static void by_tcp_into_nothing(void)
{
    svc_line();
    struct weft_traceroute_config cfg = svc_trace_of(weft_ip4(10, 3, 0, 2), WEFT_TRACE_TCP);
    svc_trace(&cfg);
    weft_link_cut(svc.far, true);
    cfg.max_hops = 4;
    cfg.queries = 1;
    cfg.timeout_ns = 8 * S;
    uint64_t before = syns();
    svc_trace(&cfg);
    T_EQ(syns() - before, 4); /* One SYN a probe, however long it is waited for. */
    T_EQ(svc.events_n, 5);
    T_EQ(svc.te[2].answer, WEFT_TRACE_NO_ANSWER);
    T_CHECK(!svc.te[4].is_reached);
    T_EQ(svc.opened, svc.closed);
    weft_link_cut(svc.far, false);
    cfg.finds_mtu = true;
    struct weft_traceroute t;
    T_EQ(weft_traceroute_start(&t, weft_node_stack(svc.a), &cfg), -WEFT_EINVAL);
    svc_end();
}

/* proves: CAP-ICMP-04 */
static void the_path_mtu(void)
{
    for (unsigned icmp = 0; icmp < 2; icmp++) {
        svc_line();
        struct weft_traceroute_config cfg =
            svc_trace_of(weft_ip4(10, 3, 0, 2), icmp ? WEFT_TRACE_ICMP : WEFT_TRACE_UDP);
        const struct weft_link_config *m = weft_link_config_get(svc.mid),
                                      *f = weft_link_config_get(svc.far);
        T_EQ(weft_if_set_mtu(weft_node_stack(svc.r1), m->end[0].ifindex, 1300), 0);
        T_EQ(weft_if_set_mtu(weft_node_stack(svc.r2), f->end[0].ifindex, 900), 0);
        cfg.finds_mtu = true;
        cfg.size = 65000 - 28;
        cfg.queries = 1;
        svc_trace(&cfg);
        T_EQ(svc.events_n, 4);
        is_at(&svc.te[0], WEFT_TRACE_ON_THE_WAY, weft_ip4(10, 1, 0, 2));
        is_at(&svc.te[1], WEFT_TRACE_ON_THE_WAY, weft_ip4(10, 2, 0, 2));
        is_at(&svc.te[2], WEFT_TRACE_REACHED, weft_ip4(10, 3, 0, 2));
        T_EQ(svc.te[0].mtu, 1500); /* This host's link; then what the routers said. */
        T_EQ(svc.te[1].mtu, 1300);
        T_EQ(svc.te[2].mtu, 900);
        T_EQ(svc.te[3].mtu, 900);
        T_CHECK(svc.te[3].is_reached);
        svc_end();
    }
}

static const struct t_case cases[] = {
    {"the time of day", the_time_of_day},
    {"masks and information", masks_and_information},
    {"what overtakes is reported", what_overtakes_is_reported},
    {"a preload goes at once", a_preload_goes_at_once},
    {"a flood has a bound", a_flood_has_a_bound},
    {"a request that is too long names the MTU", a_request_that_is_too_long_names_the_mtu},
    {"by TCP to an open and a closed port", by_tcp_to_an_open_and_a_closed_port},
    {"by TCP into nothing", by_tcp_into_nothing},
    {"the path MTU", the_path_mtu},
};

T_MAIN(cases)
