/* SPDX-License-Identifier: MIT */
/**
 * DOC: the engines of ping and traceroute in virtual time: a - r1 - r2 - b, links of 5 ms, and a
 * wire whose other end is this test
 */
#include <string.h>

#include "frame.h"
#include "svc_rig.h"
#include "t.h"

static unsigned count(enum weft_ping_kind kind)
{
    unsigned n = 0;
    for (unsigned i = 0; i < svc.events_n; i++)
        n += svc.pe[i].kind == kind;
    return n;
}

static void is_from(struct weft_addr got, struct weft_addr want)
{
    T_EQ(memcmp(got.b, want.b, sizeof(got.b)), 0);
}

static void answers(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 5);
    svc_ping(&cfg, NULL); /* Fills the neighbour caches: slower. */
    svc_ping(&cfg, NULL);
    T_EQ(svc.events_n, 11);
    T_EQ(count(WEFT_PING_SENT), 5);
    T_EQ(count(WEFT_PING_REPLY), 5);
    const struct weft_ping_event *ev = svc_first(WEFT_PING_REPLY);
    T_EQ(ev->seq, 1);
    T_EQ(ev->rtt_ns, 30 * MS);
    T_EQ(ev->bytes, 64);
    T_EQ(ev->ttl, 62);
    is_from(ev->from, weft_ip4(10, 3, 0, 2));
    T_EQ(svc.stats.transmitted, 5);
    T_EQ(svc.stats.received, 5);
    T_EQ(svc.stats.loss_permille, 0);
    T_EQ(svc.stats.min_ns, 30 * MS);
    T_EQ(svc.stats.avg_ns, 30 * MS);
    T_EQ(svc.stats.max_ns, 30 * MS);
    T_EQ(svc.stats.mdev_ns, 0);
    T_EQ(svc.stats.time_ns, 4030 * MS);
    svc_end();
}

static unsigned rounds;

static void slow_down(void)
{
    struct weft_link_quality q = {.delay_ns = 5 * MS + MS * rounds++ / 2};
    weft_link_set_quality(svc.far, 0, &q);
}

static void deviation(void)
{
    svc_line();
    rounds = 0;
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 20);
    cfg.interval_ns = 100 * MS;
    svc_ping(&cfg, slow_down);
    uint64_t n = 0, sum = 0, squares = 0;
    for (unsigned i = 0; i < svc.events_n; i++) {
        if (svc.pe[i].kind != WEFT_PING_REPLY)
            continue;
        uint64_t us = svc.pe[i].rtt_ns / 1000;
        T_EQ(us * 1000, svc.pe[i].rtt_ns);
        n++;
        sum += us;
        squares += us * us;
    }
    T_EQ(n, 20);
    T_EQ(svc.stats.avg_ns, sum * 1000 / n);
    /* mdev^2 n^2 = n * squares - sum^2, in us; the engine's is in ns and rounded down. */
    uint64_t want = n * squares - sum * sum, us = svc.stats.mdev_ns * n / 1000;
    T_CHECK(us * us <= want && (us + n) * (us + n) > want);
    T_CHECK(svc.stats.mdev_ns > MS);
    svc_end();
}

static void late(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 3);
    svc_ping(&cfg, NULL);
    cfg.timeout_ns = 20 * MS;
    cfg.interval_ns = 100 * MS;
    svc_ping(&cfg, NULL);
    T_EQ(count(WEFT_PING_LOST), 3);
    T_EQ(svc.stats.received, 2); /* The last one comes after the end. */
    T_EQ(svc.stats.loss_permille, 333);
    svc_end();
}

static void lost(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 2);
    svc_ping(&cfg, NULL);
    weft_link_cut(svc.far, true);
    uint64_t start_ns = weft_world_now(svc.w);
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 0);
    T_EQ(svc.stats.loss_permille, 1000);
    /* No answer at all: ten seconds after each. The router may have said something meanwhile. */
    T_EQ(count(WEFT_PING_LOST) + count(WEFT_PING_ERROR), 2);
    T_CHECK(weft_world_now(svc.w) - start_ns <= 11000 * MS);
    cfg.deadline_ns = 500 * MS;
    start_ns = weft_world_now(svc.w);
    svc_ping(&cfg, NULL);
    T_EQ(weft_world_now(svc.w) - start_ns, 500 * MS);
    T_EQ(svc.stats.transmitted, 1);
    weft_link_cut(svc.far, false);
    svc_end();
}

static void duplicates(void)
{
    svc_line();
    struct weft_link_quality q = {.delay_ns = 5 * MS, .dup_ppm = 1000000};
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 3);
    svc_ping(&cfg, NULL);
    weft_link_set_quality(svc.far, 1, &q);
    cfg.interval_ns = 100 * MS;
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 3);
    /* The copy of the last answer may come after the end. */
    T_CHECK(svc.stats.duplicates >= 2);
    T_EQ(count(WEFT_PING_DUPLICATE), svc.stats.duplicates);
    T_EQ(svc.stats.loss_permille, 0);
    svc_end();
}

static void errors(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 1);
    cfg.ttl = 1;
    svc_ping(&cfg, NULL);
    T_EQ(svc.events_n, 3);
    const struct weft_ping_event *ev = svc_first(WEFT_PING_ERROR);
    is_from(ev->from, weft_ip4(10, 1, 0, 2));
    T_EQ(ev->icmp_type, 11);
    T_EQ(ev->seq, 1);
    T_EQ(svc.stats.errors, 1);

    cfg.ttl = 0;
    cfg.to = weft_ip4(10, 9, 0, 1);
    svc_ping(&cfg, NULL);
    T_EQ(svc_first(WEFT_PING_UNSENT)->err, WEFT_ENETUNREACH);
    T_EQ(svc.stats.transmitted, 1);

    cfg.to = weft_ip4(10, 1, 0, 77); /* Nobody there: this host says so itself. */
    svc_ping(&cfg, NULL);
    T_EQ(svc_first(WEFT_PING_ERROR)->err, WEFT_EHOSTUNREACH);

    cfg.to = weft_ip4(10, 3, 0, 77); /* The last router says so. */
    svc_ping(&cfg, NULL);
    T_EQ(svc_first(WEFT_PING_ERROR)->icmp_type, 3);
    T_EQ(svc_first(WEFT_PING_ERROR)->icmp_code, 1);
    svc_end();
}

static void fragmentation(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 1);
    const struct weft_link_config *is = weft_link_config_get(svc.far);
    T_EQ(weft_if_set_mtu(weft_node_stack(svc.r2), is->end[0].ifindex, 1000), 0);
    T_EQ(weft_if_set_mtu(weft_node_stack(svc.b), is->end[1].ifindex, 1000), 0);
    cfg.has_df = true;
    cfg.size = 1200;
    svc_ping(&cfg, NULL);
    const struct weft_ping_event *ev = svc_first(WEFT_PING_ERROR);
    T_EQ(ev->icmp_type, 3);
    T_EQ(ev->icmp_code, 4);
    T_EQ(ev->info, 1000);
    cfg.has_df = false;
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 1);
    T_EQ(svc_first(WEFT_PING_REPLY)->bytes, 1208);
    cfg.to = weft_ip4(10, 2, 0, 2);
    cfg.size = WEFT_PING_DATA_MAX;
    svc_ping(&cfg, NULL);
    T_EQ(svc_first(WEFT_PING_REPLY)->bytes, WEFT_PING_DATA_MAX + 8);
    svc_end();
}

static void window(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 3, 0, 2), 8);
    svc_ping(&cfg, NULL);
    cfg.slots_n = 4;
    cfg.interval_ns = 5 * MS; /* 6 under way, 4 remembered. */
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.transmitted, 8);
    T_CHECK(count(WEFT_PING_LOST) > 0);
    T_EQ(svc.stats.received, 4); /* Those sent last: their slots were not taken again. */
    svc_end();
}

static void flood(void)
{
    svc_line();
    struct weft_ping_config cfg = svc_ping_of(weft_ip4(10, 1, 0, 2), 50);
    cfg.interval_ns = 0;
    svc_ping(&cfg, NULL);
    T_EQ(svc.stats.received, 50);
    uint64_t start_ns = weft_world_now(svc.w);
    svc_ping(&cfg, NULL); /* 10 ms there and back, and at least a hundred a second. */
    T_CHECK(weft_world_now(svc.w) - start_ns <= 520 * MS);
    svc_end();
}

/* ---- forged answers: the other end of the wire is this test ---- */

static struct weft_link *wire_link;
static unsigned forged;

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
    t_put_sum(f + 24, f + 14, 20, 0);
    t_put_sum(f + 36, f + 34, n - 34, 0);
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
    struct weft_world *w = net_new(9);
    svc_on(w, net_host(w, "a", false));
    lc.end[0] =
        (struct weft_link_end){.kind = WEFT_END_NODE, .node = svc.a, .netif = {.name = "eth0"}};
    lc.end[1].kind = WEFT_END_EXTERNAL;
    weft_world_mac(w, lc.end[0].netif.mac);
    T_EQ(weft_link_add(w, &lc, &wire_link), 0);
    uint16_t ifindex = weft_link_config_get(wire_link)->end[0].ifindex;
    T_EQ(weft_addr_add(weft_node_stack(svc.a), ifindex, &own, 24), 0);
    T_EQ(weft_neigh_set(weft_node_stack(svc.a), ifindex, &peer, mac), 0);
    struct weft_ping_config cfg = svc_ping_of(peer, 1);
    cfg.interval_ns = 10 * MS;
    cfg.count = 2;
    forged = 0;
    svc_ping(&cfg, forge);
    T_CHECK(forged >= 8);
    T_EQ(svc.stats.transmitted, 2);
    T_EQ(svc.stats.received, forged / 8);
    T_EQ(svc.stats.bad, 2 * (forged / 8));
    T_EQ(svc.stats.duplicates, 0);
    T_EQ(svc_first(WEFT_PING_BAD_DATA)->bad_offset, 0);
    weft_world_destroy(svc.w);
}

static void bad_configs(void)
{
    svc_line();
    struct weft_ping_config good = svc_ping_of(weft_ip4(10, 3, 0, 2), 1), cfg[6];
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
        T_EQ(weft_ping_start(&p, weft_node_stack(svc.a), &cfg[i], 0), -WEFT_EINVAL);
    cfg[0] = good;
    cfg[0].from = weft_ip4(10, 99, 0, 1);
    T_EQ(weft_ping_start(&p, weft_node_stack(svc.a), &cfg[0], 0), -WEFT_EADDRNOTAVAIL);
    svc_end();
}

/* ---- traceroute ---- */

static void finds_the_way(void)
{
    svc_line();
    const struct weft_addr way[3] = {weft_ip4(10, 1, 0, 2), weft_ip4(10, 2, 0, 2),
                                     weft_ip4(10, 3, 0, 2)};
    for (unsigned run = 0; run < 4; run++) {
        struct weft_traceroute_config cfg = svc_trace_of(way[2], (enum weft_trace_how)(run % 2));
        cfg.slots_n = run < 2 ? 16 : 1; /* One probe at a time finds the same. */
        svc_trace(&cfg);
        T_EQ(svc.events_n, 10);
        for (unsigned i = 0; i < 9; i++) {
            T_EQ(svc.te[i].kind, WEFT_TRACEROUTE_PROBE);
            T_EQ(svc.te[i].hop, i / 3 + 1);
            T_EQ(svc.te[i].query, i % 3 + 1);
            T_EQ(svc.te[i].is_last, i % 3 == 2);
            T_EQ(svc.te[i].answer, i < 6 ? WEFT_TRACE_ON_THE_WAY : WEFT_TRACE_REACHED);
            is_from(svc.te[i].from, way[i / 3]);
            if (run > 0) /* Neighbours are known. */
                T_EQ(svc.te[i].rtt_ns, 10 * MS * svc.te[i].hop);
        }
        T_EQ(svc.te[9].kind, WEFT_TRACEROUTE_DONE);
        T_EQ(svc.te[9].is_reached, true);
        T_EQ(weft_world_run(svc.w, weft_world_now(svc.w) + 10000 * MS),
             0); /* Limits of errors refill. */
    }
    svc_end();
}

static void ends_before(void)
{
    svc_line();
    struct weft_traceroute_config cfg = svc_trace_of(weft_ip4(10, 3, 0, 77), WEFT_TRACE_UDP);
    cfg.queries = 1;
    svc_trace(&cfg);
    T_EQ(svc.te[svc.events_n - 1].is_reached, false);
    T_EQ(svc.te[1].answer, WEFT_TRACE_ON_THE_WAY);
    T_EQ(svc.te[2].answer, WEFT_TRACE_REFUSED);
    T_EQ(svc.te[2].icmp_code, 1);
    T_EQ(svc.events_n, 4);

    cfg.to = weft_ip4(10, 9, 0, 1);
    svc_trace(&cfg);
    T_EQ(svc.events_n, 2);
    T_EQ(svc.te[0].answer, WEFT_TRACE_UNSENT);
    T_EQ(svc.te[0].err, WEFT_ENETUNREACH);
    svc_end();
}

static void stars(void)
{
    svc_line();
    struct weft_traceroute_config cfg = svc_trace_of(weft_ip4(10, 3, 0, 2), WEFT_TRACE_UDP);
    svc_trace(&cfg);
    T_EQ(weft_world_run(svc.w, weft_world_now(svc.w) + 10000 * MS), 0);
    weft_link_cut(svc.far, true);
    cfg.max_hops = 6;
    cfg.queries = 2;
    cfg.timeout_ns = 50 * MS;
    svc_trace(&cfg);
    T_EQ(svc.events_n, 13);
    T_EQ(svc.te[3].answer, WEFT_TRACE_ON_THE_WAY);
    for (unsigned i = 4; i < 12; i++)
        T_EQ(svc.te[i].answer, WEFT_TRACE_NO_ANSWER);
    T_EQ(svc.te[12].is_reached, false);
    cfg.first_hop = 3;
    cfg.max_hops = 2;
    struct weft_traceroute t;
    T_EQ(weft_traceroute_start(&t, weft_node_stack(svc.a), &cfg), -WEFT_EINVAL);
    cfg.max_hops = 255;
    cfg.port = 65500;
    T_EQ(weft_traceroute_start(&t, weft_node_stack(svc.a), &cfg), -WEFT_EINVAL);
    weft_link_cut(svc.far, false);
    svc_end();
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
