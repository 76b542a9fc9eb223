/* SPDX-License-Identifier: MIT */
/**
 * DOC: the engines of ping and traceroute in virtual time: a - r1 - r2 - b, links of 5 ms, and a
 * wire whose other end is this test
 */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "t.h"
#include "weft/svc.h"
#include "weft/weft.h"

#define EVENTS_MAX 256
#define SLOTS      64

static struct weft_world *w;
static struct weft_node *a, *r1, *r2, *b;
static struct weft_link *far; /* Between r2 and b. */
static struct weft_ping_slot ping_slots[SLOTS];
static struct weft_trace_slot trace_slots[SLOTS];
static uint8_t buf[WEFT_ICMP_HDR_BYTES + WEFT_PING_DATA_MAX];

/* What the last run told. */
static struct weft_ping_event pe[EVENTS_MAX];
static struct weft_traceroute_event te[EVENTS_MAX];
static unsigned events_n;
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

/* Let the world go on until the node's socket has something, or until a time. */
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
    (void)net_join(w, r1, r2, 2, &q);
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

static struct weft_ping_config ping_of(struct weft_addr to, uint64_t count)
{
    struct weft_ping_config cfg;
    weft_ping_config_default(&cfg);
    cfg.to = to;
    cfg.count = count;
    cfg.slots = ping_slots;
    cfg.slots_n = SLOTS;
    cfg.buf = buf;
    cfg.buf_bytes = sizeof(buf);
    return cfg;
}

/* Runs to the end; @between is called before each wait. */
static void ping(const struct weft_ping_config *cfg, void (*between)(void))
{
    struct weft_ping p;
    struct weft_ping_event ev = {.kind = WEFT_PING_NONE};
    events_n = 0;
    int err = weft_ping_start(&p, weft_node_stack(a), cfg, weft_world_now(w));
    T_EQ(err, 0);
    while (err == 0 && ev.kind != WEFT_PING_DONE && events_n < EVENTS_MAX) {
        uint64_t at_ns = weft_ping_step(&p, weft_world_now(w), &ev);
        if (ev.kind != WEFT_PING_NONE) {
            T_EQ(at_ns, weft_world_now(w));
            pe[events_n++] = ev;
            continue;
        }
        if (between != NULL)
            between();
        wait_until(at_ns);
    }
    weft_ping_stats(&p, &stats);
    T_EQ(weft_ping_step(&p, weft_world_now(w), &ev), WEFT_NEVER);
    T_EQ(ev.kind, WEFT_PING_NONE);
    weft_ping_end(&p);
    weft_ping_end(&p);
}

static unsigned count(enum weft_ping_kind kind)
{
    unsigned n = 0;
    for (unsigned i = 0; i < events_n; i++)
        n += pe[i].kind == kind;
    return n;
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

static void is_from(struct weft_addr got, struct weft_addr want)
{
    T_EQ(memcmp(got.b, want.b, sizeof(got.b)), 0);
}

static void answers(void)
{
    line();
    struct weft_ping_config cfg = ping_of(weft_ip4(10, 3, 0, 2), 5);
    ping(&cfg, NULL); /* Fills the neighbour caches: slower. */
    ping(&cfg, NULL);
    T_EQ(events_n, 11);
    T_EQ(count(WEFT_PING_SENT), 5);
    T_EQ(count(WEFT_PING_REPLY), 5);
    const struct weft_ping_event *ev = first(WEFT_PING_REPLY);
    T_EQ(ev->seq, 1);
    T_EQ(ev->rtt_ns, 30 * MS);
    T_EQ(ev->bytes, 64);
    T_EQ(ev->ttl, 62);
    is_from(ev->from, weft_ip4(10, 3, 0, 2));
    T_EQ(stats.transmitted, 5);
    T_EQ(stats.received, 5);
    T_EQ(stats.loss_permille, 0);
    T_EQ(stats.min_ns, 30 * MS);
    T_EQ(stats.avg_ns, 30 * MS);
    T_EQ(stats.max_ns, 30 * MS);
    T_EQ(stats.mdev_ns, 0);
    T_EQ(stats.time_ns, 4030 * MS);
    end();
}

static unsigned rounds;

static void slow_down(void)
{
    struct weft_link_quality q = {.delay_ns = 5 * MS + MS * rounds++ / 2};
    weft_link_set_quality(far, 0, &q);
}

static void deviation(void)
{
    line();
    rounds = 0;
    struct weft_ping_config cfg = ping_of(weft_ip4(10, 3, 0, 2), 20);
    cfg.interval_ns = 100 * MS;
    ping(&cfg, slow_down);
    uint64_t n = 0, sum = 0, squares = 0;
    for (unsigned i = 0; i < events_n; i++) {
        if (pe[i].kind != WEFT_PING_REPLY)
            continue;
        uint64_t us = pe[i].rtt_ns / 1000;
        T_EQ(us * 1000, pe[i].rtt_ns);
        n++;
        sum += us;
        squares += us * us;
    }
    T_EQ(n, 20);
    T_EQ(stats.avg_ns, sum * 1000 / n);
    /* mdev^2 n^2 = n * squares - sum^2, in us; the engine's is in ns and rounded down. */
    uint64_t want = n * squares - sum * sum, us = stats.mdev_ns * n / 1000;
    T_CHECK(us * us <= want && (us + n) * (us + n) > want);
    T_CHECK(stats.mdev_ns > MS);
    end();
}

static void late(void)
{
    line();
    struct weft_ping_config cfg = ping_of(weft_ip4(10, 3, 0, 2), 3);
    ping(&cfg, NULL);
    cfg.timeout_ns = 20 * MS;
    cfg.interval_ns = 100 * MS;
    ping(&cfg, NULL);
    T_EQ(count(WEFT_PING_LOST), 3);
    T_EQ(stats.received, 2); /* The last one comes after the end. */
    T_EQ(stats.loss_permille, 333);
    end();
}

static void lost(void)
{
    line();
    struct weft_ping_config cfg = ping_of(weft_ip4(10, 3, 0, 2), 2);
    ping(&cfg, NULL);
    weft_link_cut(far, true);
    uint64_t start_ns = weft_world_now(w);
    ping(&cfg, NULL);
    T_EQ(stats.received, 0);
    T_EQ(stats.loss_permille, 1000);
    /* No answer at all: ten seconds after each. The router may have said something meanwhile. */
    T_EQ(count(WEFT_PING_LOST) + count(WEFT_PING_ERROR), 2);
    T_CHECK(weft_world_now(w) - start_ns <= 11000 * MS);
    cfg.deadline_ns = 500 * MS;
    start_ns = weft_world_now(w);
    ping(&cfg, NULL);
    T_EQ(weft_world_now(w) - start_ns, 500 * MS);
    T_EQ(stats.transmitted, 1);
    weft_link_cut(far, false);
    end();
}

static void duplicates(void)
{
    line();
    struct weft_link_quality q = {.delay_ns = 5 * MS, .dup_ppm = 1000000};
    struct weft_ping_config cfg = ping_of(weft_ip4(10, 3, 0, 2), 3);
    ping(&cfg, NULL);
    weft_link_set_quality(far, 1, &q);
    cfg.interval_ns = 100 * MS;
    ping(&cfg, NULL);
    T_EQ(stats.received, 3);
    /* The copy of the last answer may come after the end. */
    T_CHECK(stats.duplicates >= 2);
    T_EQ(count(WEFT_PING_DUPLICATE), stats.duplicates);
    T_EQ(stats.loss_permille, 0);
    end();
}

static void errors(void)
{
    line();
    struct weft_ping_config cfg = ping_of(weft_ip4(10, 3, 0, 2), 1);
    cfg.ttl = 1;
    ping(&cfg, NULL);
    T_EQ(events_n, 3);
    const struct weft_ping_event *ev = first(WEFT_PING_ERROR);
    is_from(ev->from, weft_ip4(10, 1, 0, 2));
    T_EQ(ev->icmp_type, 11);
    T_EQ(ev->seq, 1);
    T_EQ(stats.errors, 1);

    cfg.ttl = 0;
    cfg.to = weft_ip4(10, 9, 0, 1);
    ping(&cfg, NULL);
    T_EQ(first(WEFT_PING_UNSENT)->err, WEFT_ENETUNREACH);
    T_EQ(stats.transmitted, 1);

    cfg.to = weft_ip4(10, 1, 0, 77); /* Nobody there: this host says so itself. */
    ping(&cfg, NULL);
    T_EQ(first(WEFT_PING_ERROR)->err, WEFT_EHOSTUNREACH);

    cfg.to = weft_ip4(10, 3, 0, 77); /* The last router says so. */
    ping(&cfg, NULL);
    T_EQ(first(WEFT_PING_ERROR)->icmp_type, 3);
    T_EQ(first(WEFT_PING_ERROR)->icmp_code, 1);
    end();
}

static void fragmentation(void)
{
    line();
    struct weft_ping_config cfg = ping_of(weft_ip4(10, 3, 0, 2), 1);
    const struct weft_link_config *is = weft_link_config_get(far);
    T_EQ(weft_if_set_mtu(weft_node_stack(r2), is->end[0].ifindex, 1000), 0);
    T_EQ(weft_if_set_mtu(weft_node_stack(b), is->end[1].ifindex, 1000), 0);
    cfg.has_df = true;
    cfg.size = 1200;
    ping(&cfg, NULL);
    const struct weft_ping_event *ev = first(WEFT_PING_ERROR);
    T_EQ(ev->icmp_type, 3);
    T_EQ(ev->icmp_code, 4);
    T_EQ(ev->info, 1000);
    cfg.has_df = false;
    ping(&cfg, NULL);
    T_EQ(stats.received, 1);
    T_EQ(first(WEFT_PING_REPLY)->bytes, 1208);
    cfg.to = weft_ip4(10, 2, 0, 2);
    cfg.size = WEFT_PING_DATA_MAX;
    ping(&cfg, NULL);
    T_EQ(first(WEFT_PING_REPLY)->bytes, WEFT_PING_DATA_MAX + 8);
    end();
}

static void window(void)
{
    line();
    struct weft_ping_config cfg = ping_of(weft_ip4(10, 3, 0, 2), 8);
    ping(&cfg, NULL);
    cfg.slots_n = 4;
    cfg.interval_ns = 5 * MS; /* 6 under way, 4 remembered. */
    ping(&cfg, NULL);
    T_EQ(stats.transmitted, 8);
    T_CHECK(count(WEFT_PING_LOST) > 0);
    T_EQ(stats.received, 4); /* Those sent last: their slots were not taken again. */
    end();
}

static void flood(void)
{
    line();
    struct weft_ping_config cfg = ping_of(weft_ip4(10, 1, 0, 2), 50);
    cfg.interval_ns = 0;
    ping(&cfg, NULL);
    T_EQ(stats.received, 50);
    uint64_t start_ns = weft_world_now(w);
    ping(&cfg, NULL); /* 10 ms there and back, and at least a hundred a second. */
    T_CHECK(weft_world_now(w) - start_ns <= 520 * MS);
    end();
}

/* ---- forged answers: the other end of the wire is this test ---- */

static struct weft_link *wire_link;
static unsigned forged;

static void put_sum(uint8_t *at, const uint8_t *p, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    at[0] = (uint8_t)(~sum >> 8);
    at[1] = (uint8_t)~sum;
}

/* Sends a request back as an answer with one octet changed; at 0 nothing is. */
static void answer(const uint8_t *request, size_t n, size_t at, uint8_t mask)
{
    uint8_t f[2048];
    memcpy(f, request, n);
    memcpy(f, request + 6, 6);
    memcpy(f + 6, request, 6);
    memcpy(f + 26, request + 30, 4);
    memcpy(f + 30, request + 26, 4);
    f[34] = 0;
    if (at != 0)
        f[at] = (uint8_t)(f[at] ^ mask);
    memset(f + 24, 0, 2);
    put_sum(f + 24, f + 14, 20);
    memset(f + 36, 0, 2);
    put_sum(f + 36, f + 34, n - 34);
    T_EQ(weft_link_push(wire_link, 1, f, n), 0);
    forged++;
}

static void forge(void)
{
    /* Source, type, code, identifier, sequence number, and last the data: all wrong. */
    static const size_t at[] = {29, 34, 35, 39, 41, 42, 97};
    uint8_t request[2048];
    size_t n;
    while ((n = weft_link_pull(wire_link, 1, request, sizeof(request), NULL)) > 0) {
        if (n != 98)
            continue; /* ARP. */
        for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
            answer(request, n, at[i], 4);
        answer(request, n, 0, 0);
    }
}

static void is_strict(void)
{
    struct weft_link_config lc = {.name = "wire", .mtu = 1500};
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 99};
    struct weft_addr own = weft_ip4(10, 1, 0, 1), peer = weft_ip4(10, 1, 0, 2);
    w = net_new(9);
    a = net_host(w, "a", false);
    weft_node_on_event(a, on_event, NULL);
    lc.end[0] = (struct weft_link_end){.kind = WEFT_END_NODE, .node = a, .netif = {.name = "eth0"}};
    lc.end[1].kind = WEFT_END_EXTERNAL;
    weft_world_mac(w, lc.end[0].netif.mac);
    T_EQ(weft_link_add(w, &lc, &wire_link), 0);
    uint16_t ifindex = weft_link_config_get(wire_link)->end[0].ifindex;
    T_EQ(weft_addr_add(weft_node_stack(a), ifindex, &own, 24), 0);
    T_EQ(weft_neigh_set(weft_node_stack(a), ifindex, &peer, mac), 0);
    struct weft_ping_config cfg = ping_of(peer, 1);
    cfg.interval_ns = 10 * MS;
    cfg.count = 2;
    forged = 0;
    ping(&cfg, forge);
    T_CHECK(forged >= 8);
    T_EQ(stats.transmitted, 2);
    T_EQ(stats.received, forged / 8);
    T_EQ(stats.bad, 2 * (forged / 8));
    T_EQ(stats.duplicates, 0);
    T_EQ(first(WEFT_PING_BAD_DATA)->bad_offset, 0);
    weft_world_destroy(w);
}

static void bad_configs(void)
{
    line();
    struct weft_ping_config good = ping_of(weft_ip4(10, 3, 0, 2), 1), cfg[6];
    struct weft_ping p;
    for (unsigned i = 0; i < 6; i++)
        cfg[i] = good;
    cfg[0].slots_n = 3;
    cfg[1].slots = NULL;
    cfg[2].size = WEFT_PING_DATA_MAX + 1;
    cfg[3].buf_bytes = WEFT_ICMP_HDR_BYTES + 55;
    cfg[4].pattern_bytes = WEFT_PING_PATTERN_MAX + 1;
    cfg[5].slots_n = 65536;
    for (unsigned i = 0; i < 6; i++)
        T_EQ(weft_ping_start(&p, weft_node_stack(a), &cfg[i], 0), -WEFT_EINVAL);
    cfg[0] = good;
    cfg[0].from = weft_ip4(10, 99, 0, 1);
    T_EQ(weft_ping_start(&p, weft_node_stack(a), &cfg[0], 0), -WEFT_EADDRNOTAVAIL);
    end();
}

/* ---- traceroute ---- */

static struct weft_traceroute_config trace_of(struct weft_addr to, enum weft_trace_how how)
{
    struct weft_traceroute_config cfg;
    weft_traceroute_config_default(&cfg);
    cfg.to = to;
    cfg.how = how;
    cfg.slots = trace_slots;
    cfg.slots_n = 16;
    cfg.buf = buf;
    cfg.buf_bytes = sizeof(buf);
    return cfg;
}

static void trace(const struct weft_traceroute_config *cfg)
{
    struct weft_traceroute t;
    struct weft_traceroute_event ev = {.kind = WEFT_TRACEROUTE_NONE};
    events_n = 0;
    int err = weft_traceroute_start(&t, weft_node_stack(a), cfg);
    T_EQ(err, 0);
    while (err == 0 && ev.kind != WEFT_TRACEROUTE_DONE && events_n < EVENTS_MAX) {
        uint64_t at_ns = weft_traceroute_step(&t, weft_world_now(w), &ev);
        if (ev.kind != WEFT_TRACEROUTE_NONE)
            te[events_n++] = ev;
        else
            wait_until(at_ns);
    }
    T_EQ(weft_traceroute_step(&t, weft_world_now(w), &ev), WEFT_NEVER);
    weft_traceroute_end(&t);
    weft_traceroute_end(&t);
}

static void finds_the_way(void)
{
    line();
    const struct weft_addr way[3] = {weft_ip4(10, 1, 0, 2), weft_ip4(10, 2, 0, 2),
                                     weft_ip4(10, 3, 0, 2)};
    for (unsigned run = 0; run < 4; run++) {
        struct weft_traceroute_config cfg = trace_of(way[2], (enum weft_trace_how)(run % 2));
        cfg.slots_n = run < 2 ? 16 : 1; /* One probe at a time finds the same. */
        trace(&cfg);
        T_EQ(events_n, 10);
        for (unsigned i = 0; i < 9; i++) {
            T_EQ(te[i].kind, WEFT_TRACEROUTE_PROBE);
            T_EQ(te[i].hop, i / 3 + 1);
            T_EQ(te[i].query, i % 3 + 1);
            T_EQ(te[i].is_last, i % 3 == 2);
            T_EQ(te[i].answer, i < 6 ? WEFT_TRACE_ON_THE_WAY : WEFT_TRACE_REACHED);
            is_from(te[i].from, way[i / 3]);
            if (run > 0) /* Neighbours are known. */
                T_EQ(te[i].rtt_ns, 10 * MS * te[i].hop);
        }
        T_EQ(te[9].kind, WEFT_TRACEROUTE_DONE);
        T_EQ(te[9].is_reached, true);
        T_EQ(weft_world_run(w, weft_world_now(w) + 10000 * MS), 0); /* Limits of errors refill. */
    }
    end();
}

static void ends_before(void)
{
    line();
    struct weft_traceroute_config cfg = trace_of(weft_ip4(10, 3, 0, 77), WEFT_TRACE_UDP);
    cfg.queries = 1;
    trace(&cfg);
    T_EQ(te[events_n - 1].is_reached, false);
    T_EQ(te[1].answer, WEFT_TRACE_ON_THE_WAY);
    T_EQ(te[2].answer, WEFT_TRACE_REFUSED);
    T_EQ(te[2].icmp_code, 1);
    T_EQ(events_n, 4);

    cfg.to = weft_ip4(10, 9, 0, 1);
    trace(&cfg);
    T_EQ(events_n, 2);
    T_EQ(te[0].answer, WEFT_TRACE_UNSENT);
    T_EQ(te[0].err, WEFT_ENETUNREACH);
    end();
}

static void stars(void)
{
    line();
    struct weft_traceroute_config cfg = trace_of(weft_ip4(10, 3, 0, 2), WEFT_TRACE_UDP);
    trace(&cfg);
    T_EQ(weft_world_run(w, weft_world_now(w) + 10000 * MS), 0);
    weft_link_cut(far, true);
    cfg.max_hops = 6;
    cfg.queries = 2;
    cfg.timeout_ns = 50 * MS;
    trace(&cfg);
    T_EQ(events_n, 13);
    T_EQ(te[3].answer, WEFT_TRACE_ON_THE_WAY);
    for (unsigned i = 4; i < 12; i++)
        T_EQ(te[i].answer, WEFT_TRACE_NO_ANSWER);
    T_EQ(te[12].is_reached, false);
    cfg.first_hop = 3;
    cfg.max_hops = 2;
    struct weft_traceroute t;
    T_EQ(weft_traceroute_start(&t, weft_node_stack(a), &cfg), -WEFT_EINVAL);
    cfg.max_hops = 255;
    cfg.port = 65500;
    T_EQ(weft_traceroute_start(&t, weft_node_stack(a), &cfg), -WEFT_EINVAL);
    weft_link_cut(far, false);
    end();
}

static const struct t_case cases[] = {
    {"ping: answers, their figures and the time of a run are exact", answers},
    {"ping: mean and deviation are those of the round trips", deviation},
    {"ping: a late answer is lost first and counts when it comes", late},
    {"ping: no answer is waited for ten seconds, or until the deadline", lost},
    {"ping: a second answer is a duplicate", duplicates},
    {"ping: errors from routers and from this host are told with their sender", errors},
    {"ping: with DF a small MTU is reported, without it the largest size passes", fragmentation},
    {"ping: with few slots the oldest request is given up", window},
    {"ping: flood sends on each answer", flood},
    {"ping: an answer counts only if everything agrees", is_strict},
    {"ping: configurations out of range are refused and leave nothing", bad_configs},
    {"traceroute: the way by UDP and ICMP, in order, with many or one probe under way",
     finds_the_way},
    {"traceroute: an unreachable host and a missing route end it", ends_before},
    {"traceroute: silence is told hop by hop up to the last", stars},
};

T_MAIN(cases)
