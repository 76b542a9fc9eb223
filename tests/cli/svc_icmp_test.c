/* SPDX-License-Identifier: MIT */
/**
 * DOC: ping with queries other than echo, traceroute by TCP and for the path MTU, in virtual time:
 * a - r1 - r2 - b, links of 5 ms
 */
#include <string.h>

#include "net.h"
#include "t.h"
#include "weft/svc.h"
#include "weft/weft.h"

#define EVENTS_MAX 512
#define SLOTS      64

static struct weft_world *w;
static struct weft_node *a, *r1, *r2, *b;
static struct weft_link *mid, *far;
static struct weft_ping_slot ping_slots[SLOTS];
static struct weft_trace_slot trace_slots[SLOTS];
static uint8_t buf[WEFT_ICMP_HDR_BYTES + WEFT_PING_DATA_MAX];

static struct weft_ping_event pe[EVENTS_MAX];
static struct weft_traceroute_event te[EVENTS_MAX];
static unsigned events_n, opened, closed;
static struct weft_ping_stats stats;
static bool has_event;

static void on_event(void *user, struct weft_node *node, const struct weft_event *ev)
{
    (void)user;
    (void)node;
    (void)ev;
    has_event = true;
}

static bool is_quiet(void *user)
{
    (void)user;
    return !has_event;
}

static void wait_until(uint64_t at_ns)
{
    has_event = false;
    weft_node_touch(a);
    if (weft_world_run_while(w, at_ns, is_quiet, NULL) == 0 && at_ns != WEFT_NEVER)
        T_EQ(weft_world_run(w, at_ns), 0);
}

static void line(void)
{
    struct weft_link_quality q = {.delay_ns = 5 * MS};
    w = net_new(7);
    a = net_host(w, "a", false);
    r1 = net_host(w, "r1", true);
    r2 = net_host(w, "r2", true);
    b = net_host(w, "b", false);
    (void)net_join(w, a, r1, 1, &q);
    mid = net_join(w, r1, r2, 2, &q);
    far = net_join(w, r2, b, 3, &q);
    net_route(a, 2, weft_ip4(10, 1, 0, 2));
    net_route(a, 3, weft_ip4(10, 1, 0, 2));
    net_route(r1, 3, weft_ip4(10, 2, 0, 2));
    net_route(r2, 1, weft_ip4(10, 2, 0, 1));
    net_route(b, 1, weft_ip4(10, 3, 0, 1));
    net_route(b, 2, weft_ip4(10, 3, 0, 1));
    weft_node_on_event(a, on_event, NULL);
}

static void end(void)
{
    struct weft_usage u;
    weft_stack_usage(weft_node_stack(a), &u);
    T_EQ(u.socks, 0);
    net_end(w);
}

static struct weft_ping_config ping_of(uint64_t count)
{
    struct weft_ping_config cfg;
    weft_ping_config_default(&cfg);
    cfg.to = weft_ip4(10, 3, 0, 2);
    cfg.count = count;
    cfg.slots = ping_slots;
    cfg.slots_n = SLOTS;
    cfg.buf = buf;
    cfg.buf_bytes = sizeof(buf);
    return cfg;
}

static void ping(const struct weft_ping_config *cfg)
{
    struct weft_ping p;
    struct weft_ping_event ev = {.kind = WEFT_PING_NONE};
    events_n = 0;
    int err = weft_ping_start(&p, weft_node_stack(a), cfg, weft_world_now(w));
    T_EQ(err, 0);
    while (err == 0 && ev.kind != WEFT_PING_DONE && events_n < EVENTS_MAX) {
        uint64_t at_ns = weft_ping_step(&p, weft_world_now(w), &ev);
        if (ev.kind != WEFT_PING_NONE)
            pe[events_n++] = ev;
        else
            wait_until(at_ns);
    }
    weft_ping_stats(&p, &stats);
    weft_ping_end(&p);
}

static const struct weft_ping_event *first(enum weft_ping_kind kind)
{
    static const struct weft_ping_event none;
    for (unsigned i = 0; i < events_n; i++)
        if (pe[i].kind == kind)
            return &pe[i];
    T_CHECK(kind == WEFT_PING_NONE);
    return &none;
}

static struct weft_icmp_config icmp_of(struct weft_node *node)
{
    struct weft_icmp_config c;
    weft_icmp_get(weft_node_stack(node), &c);
    return c;
}

/* proves: CAP-ICMP-07 ICMP-H-39 */
static void the_time_of_day(void)
{
    line();
    struct weft_ping_config cfg = ping_of(3);
    struct weft_icmp_config c = icmp_of(b);
    cfg.query = WEFT_PING_TIMESTAMP;
    cfg.timeout_ns = 1 * S;
    ping(&cfg);
    T_EQ(stats.received, 0);
    c.answers_timestamp = true;
    T_EQ(weft_icmp_set(weft_node_stack(b), &c), 0);
    T_EQ(weft_ip_set(weft_node_stack(b), WEFT_IP_UT_MS, 1000), 0);
    cfg.utc_ms = 86399000;
    ping(&cfg);
    T_EQ(stats.received, 3);
    const struct weft_ping_event *ev = first(WEFT_PING_REPLY);
    T_EQ(ev->originate_ms, 86399000);
    T_CHECK(ev->receive_ms >= 1000 && ev->receive_ms < 30000 && ev->transmit_ms == ev->receive_ms);
    T_EQ(ev->rtt_ns, 30 * MS);
    T_EQ(ev->bytes, 20);
    cfg.utc_ms = UINT32_MAX; /* This host does not know the time. */
    ping(&cfg);
    T_CHECK((first(WEFT_PING_REPLY)->originate_ms & 0x80000000) != 0);
    end();
}

/* proves: CAP-ICMP-08 */
static void masks_and_information(void)
{
    line();
    struct weft_ping_config cfg = ping_of(1);
    struct weft_icmp_config c = icmp_of(r1);
    struct weft_stack *st = weft_node_stack(r1);
    cfg.timeout_ns = 1 * S;
    cfg.to = weft_ip4(255, 255, 255, 255); /* The way a host asks that knows nobody. */
    cfg.is_any_sender = true;
    cfg.query = WEFT_PING_MASK;
    ping(&cfg);
    T_EQ(stats.received, 0);
    T_EQ(weft_icmp_if_set(st, (uint16_t)weft_if_find(st, "eth1"), WEFT_ICMP_MASK_AGENT), 0);
    ping(&cfg);
    T_EQ(stats.received, 1);
    T_EQ(first(WEFT_PING_REPLY)->mask, 0xffffff00);
    cfg.to = weft_ip4(10, 1, 0, 2);
    cfg.is_any_sender = false;
    ping(&cfg);
    T_EQ(first(WEFT_PING_REPLY)->mask, 0xffffff00);
    cfg.query = WEFT_PING_INFORMATION;
    ping(&cfg);
    T_EQ(stats.received, 0);
    c.answers_information = true;
    T_EQ(weft_icmp_set(st, &c), 0);
    ping(&cfg);
    T_EQ(stats.received, 1);
    T_EQ(first(WEFT_PING_REPLY)->bytes, 8);
    end();
}

/* proves: CAP-ICMP-01 */
static void what_overtakes_is_reported(void)
{
    line();
    struct weft_ping_config cfg = ping_of(40);
    ping(&cfg); /* Fills the neighbour caches. */
    T_EQ(stats.reordered, 0);
    struct weft_link_quality q = {
        .delay_ns = 5 * MS, .reorder_ns = 25 * MS, .reorder_ppm = 200000, .dup_ppm = 300000};
    weft_link_set_quality(far, 1, &q);
    cfg.interval_ns = 10 * MS;
    ping(&cfg);
    unsigned late = 0;
    uint64_t newest = 0;
    for (unsigned i = 0; i < events_n; i++) {
        if (pe[i].kind != WEFT_PING_REPLY)
            continue;
        late += pe[i].seq < newest;
        newest = pe[i].seq > newest ? pe[i].seq : newest;
    }
    T_EQ(stats.received, 40);
    T_CHECK(late > 3 && stats.duplicates > 0);
    T_EQ(stats.reordered, late);
    T_EQ(stats.loss_permille, 0);
    end();
}

static void a_preload_goes_at_once(void)
{
    line();
    struct weft_ping_config cfg = ping_of(8);
    ping(&cfg);
    cfg.preload = 5;
    uint64_t start_ns = weft_world_now(w);
    ping(&cfg);
    T_EQ(stats.received, 8);
    T_EQ(weft_world_now(w) - start_ns, 3030 * MS); /* Five, and then one a second. */
    cfg.preload = SLOTS + 1;
    struct weft_ping p;
    T_EQ(weft_ping_start(&p, weft_node_stack(a), &cfg, weft_world_now(w)), -WEFT_EINVAL);
    end();
}

static void a_flood_has_a_bound(void)
{
    line();
    struct weft_ping_config cfg = ping_of(200);
    cfg.to = weft_ip4(10, 1, 0, 1); /* Itself: answers take no time at all. */
    cfg.interval_ns = 0;
    uint64_t start_ns = weft_world_now(w);
    ping(&cfg);
    T_EQ(stats.received, 200);
    T_CHECK(weft_world_now(w) - start_ns >= 199 * 50 * US);
    end();
}

static void a_request_that_is_too_long_names_the_mtu(void)
{
    line();
    struct weft_ping_config cfg = ping_of(2);
    const struct weft_link_config *is = weft_link_config_get(mid);
    T_EQ(weft_if_set_mtu(weft_node_stack(r1), is->end[0].ifindex, 1300), 0);
    cfg.has_df = true;
    cfg.size = 1400;
    ping(&cfg);
    T_EQ(first(WEFT_PING_ERROR)->info, 1300);
    T_EQ(first(WEFT_PING_UNSENT)->err, WEFT_EMSGSIZE); /* Now the stack knows. */
    T_EQ(first(WEFT_PING_UNSENT)->info, 1300);
    end();
}

/* ---- traceroute ---- */

static struct weft_traceroute_config trace_of(enum weft_trace_how how)
{
    struct weft_traceroute_config cfg;
    weft_traceroute_config_default(&cfg);
    cfg.to = weft_ip4(10, 3, 0, 2);
    cfg.how = how;
    cfg.slots = trace_slots;
    cfg.slots_n = 16;
    cfg.buf = buf;
    cfg.buf_bytes = sizeof(buf);
    cfg.port = how == WEFT_TRACE_TCP ? 80 : cfg.port;
    return cfg;
}

/* Keeps what became of probes; the last event is te[events_n - 1]. */
static void trace(const struct weft_traceroute_config *cfg)
{
    struct weft_traceroute t;
    struct weft_traceroute_event ev = {.kind = WEFT_TRACEROUTE_NONE};
    events_n = opened = closed = 0;
    int err = weft_traceroute_start(&t, weft_node_stack(a), cfg);
    T_EQ(err, 0);
    while (err == 0 && ev.kind != WEFT_TRACEROUTE_DONE && events_n < EVENTS_MAX) {
        uint64_t at_ns = weft_traceroute_step(&t, weft_world_now(w), &ev);
        if (ev.kind == WEFT_TRACEROUTE_NONE)
            wait_until(at_ns);
        else if (ev.kind == WEFT_TRACEROUTE_OPENED)
            opened++;
        else if (ev.kind == WEFT_TRACEROUTE_CLOSED)
            closed++;
        else
            te[events_n++] = ev;
    }
    weft_traceroute_end(&t);
    weft_node_touch(a);
    T_EQ(weft_world_run(w, weft_world_now(w) + 1 * S), 0);
}

static void is_at(const struct weft_traceroute_event *ev, enum weft_trace_answer answer,
                  struct weft_addr from)
{
    T_EQ(ev->kind, WEFT_TRACEROUTE_PROBE);
    T_EQ(ev->answer, answer);
    T_EQ(memcmp(ev->from.b, from.b, 16), 0);
}

static uint64_t syns(void)
{
    return weft_counter(weft_node_stack(a), WEFT_COUNT_TCP_SEGS_OUT);
}

/* proves: CAP-ICMP-04 */
static void by_tcp_to_an_open_and_a_closed_port(void)
{
    line();
    struct weft_traceroute_config cfg = trace_of(WEFT_TRACE_TCP);
    struct weft_endpoint local = {.port = 80};
    struct weft_stack *st = weft_node_stack(b);
    uint64_t listener = 0;
    for (unsigned round = 0; round < 2; round++) {
        trace(&cfg);
        T_EQ(events_n, 10);
        for (unsigned i = 0; i < 9; i++) {
            static const uint64_t rtt[] = {10 * MS, 20 * MS, 30 * MS};
            is_at(&te[i], i < 6 ? WEFT_TRACE_ON_THE_WAY : WEFT_TRACE_REACHED,
                  i < 3   ? weft_ip4(10, 1, 0, 2)
                  : i < 6 ? weft_ip4(10, 2, 0, 2)
                          : weft_ip4(10, 3, 0, 2));
            if (round == 1)
                T_EQ(te[i].rtt_ns, rtt[i / 3]);
        }
        T_CHECK(te[9].kind == WEFT_TRACEROUTE_DONE && te[9].is_reached);
        T_CHECK(opened >= 9 && opened == closed);
        if (round == 0) { /* Closed at first. */
            T_EQ(weft_sock_open(st, WEFT_SOCK_TCP, &listener), 0);
            T_EQ(weft_sock_bind(st, listener, &local), 0);
            T_EQ(weft_sock_listen(st, listener, 16), 0);
        }
    }
    T_EQ(weft_sock_close(st, listener), 0);
    weft_node_touch(b);
    end();
}

static void by_tcp_into_nothing(void)
{
    line();
    struct weft_traceroute_config cfg = trace_of(WEFT_TRACE_TCP);
    trace(&cfg);
    weft_link_cut(far, true);
    cfg.max_hops = 4;
    cfg.queries = 1;
    cfg.timeout_ns = 8 * S;
    uint64_t before = syns();
    trace(&cfg);
    T_EQ(syns() - before, 4); /* One SYN a probe, however long it is waited for. */
    T_EQ(events_n, 5);
    T_EQ(te[2].answer, WEFT_TRACE_NO_ANSWER);
    T_CHECK(!te[4].is_reached);
    T_EQ(opened, closed);
    weft_link_cut(far, false);
    cfg.finds_mtu = true;
    struct weft_traceroute t;
    T_EQ(weft_traceroute_start(&t, weft_node_stack(a), &cfg), -WEFT_EINVAL);
    end();
}

/* proves: CAP-ICMP-04 */
static void the_path_mtu(void)
{
    for (unsigned icmp = 0; icmp < 2; icmp++) {
        line();
        struct weft_traceroute_config cfg = trace_of(icmp ? WEFT_TRACE_ICMP : WEFT_TRACE_UDP);
        const struct weft_link_config *m = weft_link_config_get(mid),
                                      *f = weft_link_config_get(far);
        T_EQ(weft_if_set_mtu(weft_node_stack(r1), m->end[0].ifindex, 1300), 0);
        T_EQ(weft_if_set_mtu(weft_node_stack(r2), f->end[0].ifindex, 900), 0);
        cfg.finds_mtu = true;
        cfg.size = 65000 - 28;
        cfg.queries = 1;
        trace(&cfg);
        T_EQ(events_n, 4);
        is_at(&te[0], WEFT_TRACE_ON_THE_WAY, weft_ip4(10, 1, 0, 2));
        is_at(&te[1], WEFT_TRACE_ON_THE_WAY, weft_ip4(10, 2, 0, 2));
        is_at(&te[2], WEFT_TRACE_REACHED, weft_ip4(10, 3, 0, 2));
        T_EQ(te[0].mtu, 1500); /* This host's link; then what the routers said. */
        T_EQ(te[1].mtu, 1300);
        T_EQ(te[2].mtu, 900);
        T_EQ(te[3].mtu, 900);
        T_CHECK(te[3].is_reached);
        end();
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
