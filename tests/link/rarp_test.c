/* SPDX-License-Identifier: MIT */
/** DOC: RARP as frames: what the client sends and takes, what the server answers and when */
#include <string.h>

#include "rig.h"
#include "t.h"

#define RARP 0x8035
#define ROWS 8

static const uint8_t server_mac[6] = {2, 0, 0, 0, 0, 0x53}, other_mac[6] = {2, 0, 0, 0, 0, 0x77};

static enum weft_rarp_state state(const struct rig *r)
{
    struct weft_rarp_info i;
    T_EQ(weft_rarp_info(r->st, r->eth0, &i), 0);
    return i.state;
}

static bool has_address(const struct rig *r, struct weft_addr want, uint8_t prefix_len)
{
    struct weft_addr_info a;
    uint32_t cursor = 0;
    while (weft_addr_next(r->st, &cursor, &a))
        if (memcmp(a.addr.b, want.b, 16) == 0)
            return a.prefix_len == prefix_len && a.ifindex == r->eth0;
    return false;
}

static size_t make(uint8_t f[60], uint16_t op, const uint8_t tha[6], uint32_t tpa)
{
    memset(f, 0, 60);
    rig_arp(rig_eth(f, rig_mac, server_mac, RARP), op, server_mac, 0x0a090035, tha, tpa);
    return 60;
}

static void push(struct rig *r, uint16_t op, const uint8_t tha[6], uint32_t tpa)
{
    uint8_t f[60];
    rig_push(r, f, make(f, op, tha, tpa));
}

static void begin(struct rig *r, const struct weft_rarp_config *cfg)
{
    T_EQ(weft_rarp_start(r->st, r->eth0, cfg), 0);
    weft_advance(r->st, r->now_ns);
}

/* proves: RARP-01 RARP-02 */
static void a_request_is_made_as_it_should_be(void)
{
    struct rig *r = rig_new(false);
    uint8_t want[60] = {0};
    begin(r, NULL);
    rig_arp(rig_eth(want, rig_group, rig_mac, RARP), 3, rig_mac, 0, rig_mac, 0);
    T_CHECK(rig_pull(r) >= 42);
    T_EQ(memcmp(r->f, want, 42), 0);
    T_EQ(state(r), WEFT_RARP_ASKING);
    rig_end(r);
}

/* proves: CAP-RARP-01 BAD-RARP-04 */
static void the_first_answer_gives_the_address(void)
{
    struct rig *r = rig_new(false);
    begin(r, NULL);
    rig_run(r, 0);
    push(r, 4, rig_mac, 0x0a090002);
    r->now_ns += MS;
    push(r, 4, rig_mac, 0x0a090003);
    T_EQ(state(r), WEFT_RARP_BOUND);
    T_CHECK(has_address(r, weft_ip4(10, 9, 0, 2), 8));
    T_CHECK(!has_address(r, weft_ip4(10, 9, 0, 3), 8));
    T_EQ(rig_drops(r, WEFT_DROP_RARP_UNSOLICITED), 1);
    rig_alive(r);
    uint64_t sent = weft_counter(r->st, WEFT_COUNT_RARP_REQUESTS_OUT);
    rig_run(r, 100 * S);
    T_EQ(weft_counter(r->st, WEFT_COUNT_RARP_REQUESTS_OUT), sent);
    rig_end(r);
}

static void the_network_is_told_or_follows_from_the_class(void)
{
    static const struct {
        uint32_t ip4;
        uint8_t asked, want;
    } rows[] = {{0x0a090002, 0, 8}, {0xac100002, 0, 16}, {0xc0a80102, 0, 24}, {0x0a090002, 28, 28}};
    for (unsigned i = 0; i < 4; i++) {
        struct rig *r = rig_new(false);
        struct weft_rarp_config c = {.prefix_len = rows[i].asked};
        uint32_t a = rows[i].ip4;
        begin(r, &c);
        push(r, 4, rig_mac, a);
        T_CHECK(has_address(
            r, weft_ip4((uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a),
            rows[i].want));
        rig_end(r);
    }
}

/* When requests go out, in ns from the first one; returns how many. */
static unsigned times(uint8_t seed, const struct weft_rarp_config *c, uint64_t at[20])
{
    struct rig *r = rig_bare(seed);
    unsigned n = 0;
    r->eth0 = rig_add(r, "eth0", rig_mac[5]);
    begin(r, c);
    uint64_t start = r->now_ns;
    do
        while (rig_pull(r) > 0)
            if (n < 20)
                at[n++] = r->now_ns - start;
    while (rig_step(r, start + 200 * S));
    struct weft_rarp_info i;
    T_EQ(weft_rarp_info(r->st, r->eth0, &i), 0);
    T_EQ(i.state, WEFT_RARP_FAILED);
    T_EQ(i.err, WEFT_ETIMEDOUT);
    T_EQ(i.tries, n);
    rig_end(r);
    return n;
}

/* proves: RARP-06 RARP-SEED-07 */
static void retries_back_off_at_random_and_end(void)
{
    struct weft_rarp_config c = {.tries = 6, .first_ms = 1000, .most_ms = 4000};
    static const uint64_t waits[5] = {1, 2, 4, 4, 4};
    uint64_t a[20], b[20];
    T_EQ(times(1, &c, a), 6);
    T_EQ(times(2, &c, b), 6);
    for (unsigned i = 0; i < 5; i++) {
        uint64_t wait = a[i + 1] - a[i];
        T_CHECK(wait >= waits[i] * S * 3 / 4 && wait <= waits[i] * S * 5 / 4 + 10 * MS);
    }
    T_CHECK(memcmp(a, b, 6 * sizeof(*a)) != 0);
    T_EQ(times(1, NULL, a), 6);
}

/* proves: BAD-RARP-01 */
static void an_answer_nobody_asked_for_is_dropped(void)
{
    struct rig *r = rig_new(false);
    push(r, 4, rig_mac, 0x0a090063);
    T_EQ(rig_drops(r, WEFT_DROP_RARP_UNSOLICITED), 1);
    begin(r, NULL);
    weft_rarp_stop(r->st, r->eth0);
    push(r, 4, rig_mac, 0x0a090063);
    T_EQ(rig_drops(r, WEFT_DROP_RARP_UNSOLICITED), 2);
    T_CHECK(!has_address(r, weft_ip4(10, 9, 0, 99), 8));
    rig_end(r);
}

/* proves: BAD-RARP-02 */
static void an_address_of_no_host_is_dropped(void)
{
    static const uint32_t bad[] = {0, 0xffffffff, 0xe0000001, 0x7f000001, 0xf0000001};
    struct rig *r = rig_new(false);
    begin(r, NULL);
    for (unsigned i = 0; i < 5; i++) {
        push(r, 4, rig_mac, bad[i]);
        T_EQ(rig_drops(r, WEFT_DROP_RARP_BAD_ADDR), i + 1);
        T_EQ(state(r), WEFT_RARP_ASKING);
    }
    push(r, 4, rig_mac, 0x0a090002);
    T_EQ(state(r), WEFT_RARP_BOUND);
    rig_end(r);
}

/* proves: BAD-RARP-03 */
static void an_answer_for_somebody_else_is_dropped(void)
{
    struct rig *r = rig_new(false);
    begin(r, NULL);
    push(r, 4, rig_peer, 0x0a090063);
    T_EQ(rig_drops(r, WEFT_DROP_RARP_NOT_FOR_US), 1);
    T_EQ(state(r), WEFT_RARP_ASKING);
    rig_end(r);
}

/* proves: BAD-RARP-05 RARP-04 */
static void cut_short_and_other_operations(void)
{
    static const uint16_t ops[] = {0, 1, 2, 5, 8, 25, 65535};
    struct rig *r = rig_new(true);
    uint8_t f[60];
    begin(r, NULL);
    make(f, 4, rig_mac, 0x0a090063);
    for (unsigned n = 0; n < 28; n++)
        rig_push(r, f, 14 + n);
    T_EQ(rig_drops(r, WEFT_DROP_RARP_MALFORMED), 28);
    while (rig_pull(r) > 0)
        ;
    for (unsigned i = 0; i < 7; i++)
        push(r, ops[i], rig_mac, 0x0a090002);
    T_EQ(rig_drops(r, WEFT_DROP_RARP_MALFORMED), 35);
    make(f, 4, rig_mac, 0x0a090063);
    f[22] |= 1; /* From a group. */
    rig_push(r, f, 60);
    T_EQ(rig_drops(r, WEFT_DROP_RARP_MALFORMED), 36);
    T_EQ(state(r), WEFT_RARP_ASKING);
    T_EQ(rig_pull(r), 0);
    weft_rarp_stop(r->st, r->eth0);
    rig_alive(r);
    rig_end(r);
}

/* ---- the server ---- */

/** struct srv - A rig that serves one row */
struct srv {
    struct rig *r;
    struct weft_rarp_server s;
    struct weft_rarp_entry rows[ROWS];
};

static struct srv serve(enum weft_rarp_role role)
{
    struct srv v = {.r = rig_new(true)};
    weft_rarp_server_init(&v.s, role, NULL, ROWS);
    return v;
}

static void serve_on(struct srv *v)
{
    struct weft_addr a = weft_ip4(10, 9, 0, 99);
    v->s.entries = v->rows;
    T_EQ(weft_rarp_server_set(&v->s, other_mac, &a), 0);
    T_EQ(weft_rarp_serve(v->r->st, v->r->eth0, &v->s), 0);
}

static void ask(struct srv *v, const uint8_t who[6], const uint8_t about[6])
{
    uint8_t f[60] = {0};
    rig_arp(rig_eth(f, rig_group, who, RARP), 3, who, 0, about, 0);
    rig_push(v->r, f, sizeof(f));
}

/* How long it takes until an answer comes, at most @most_ns; @most_ns + 1 = none. */
static uint64_t answered_after(struct srv *v, uint64_t most_ns)
{
    uint64_t start = v->r->now_ns;
    do
        if (rig_pull(v->r) > 0)
            return v->r->now_ns - start;
    while (rig_step(v->r, start + most_ns));
    return most_ns + 1;
}

/* proves: RARP-03 RARP-SEED-01 CAP-RARP-02 */
static void a_primary_answers_at_once_and_in_full(void)
{
    struct srv v = serve(WEFT_RARP_PRIMARY);
    uint8_t want[60] = {0};
    serve_on(&v);
    ask(&v, other_mac, other_mac);
    rig_arp(rig_eth(want, other_mac, rig_mac, RARP), 4, rig_mac, 0x0a090002, other_mac, 0x0a090063);
    T_CHECK(rig_pull(v.r) >= 42);
    T_EQ(memcmp(v.r->f, want, 42), 0);
    ask(&v, rig_peer, rig_peer);
    T_EQ(rig_pull(v.r), 0);
    v.r->now_ns += S;
    ask(&v, rig_peer, other_mac); /* Somebody asks about another: who asks gets the answer. */
    rig_eth(want, rig_peer, rig_mac, RARP);
    T_CHECK(rig_pull(v.r) >= 42);
    T_EQ(memcmp(v.r->f, want, 42), 0);
    rig_end(v.r);
}

/* proves: RARP-05 */
static void an_unknown_address_draws_silence(void)
{
    struct srv v = serve(WEFT_RARP_PRIMARY);
    serve_on(&v);
    ask(&v, rig_peer, rig_peer);
    T_EQ(answered_after(&v, 60 * S), 60 * S + 1);
    T_EQ(rig_drops(v.r, WEFT_DROP_RARP_UNKNOWN), 1);
    T_EQ(weft_rarp_serve(v.r->st, v.r->eth0, NULL), 0);
    ask(&v, other_mac, other_mac);
    T_EQ(answered_after(&v, 60 * S), 60 * S + 1);
    T_EQ(rig_drops(v.r, WEFT_DROP_RARP_NO_SERVER), 1);
    rig_end(v.r);
}

/* proves: BAD-RARP-06 */
static void a_flood_of_requests_costs_nothing_and_is_not_echoed(void)
{
    struct srv v = serve(WEFT_RARP_PRIMARY);
    struct weft_usage before, after;
    serve_on(&v);
    weft_stack_usage(v.r->st, &before);
    uint64_t start = v.r->now_ns;
    unsigned answers = 0;
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t mac[6] = {4, 0, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        bool is_known = i % 10 == 0;
        ask(&v, is_known ? other_mac : mac, is_known ? other_mac : mac);
        v.r->now_ns = start + (uint64_t)i * 10000;
        answers += rig_pull(v.r) > 0;
    }
    weft_stack_usage(v.r->st, &after);
    T_EQ(memcmp(&before, &after, sizeof(before)), 0);
    T_CHECK(answers >= 9 && answers <= 11); /* In one second. */
    rig_alive(v.r);
    rig_end(v.r);
}

/* proves: RARP-SEED-02 RARP-SEED-03 CAP-RARP-03 */
static void a_secondary_answers_what_is_repeated_soon(void)
{
    struct srv v = serve(WEFT_RARP_REPEATED);
    v.s.repeat_ms = 5000;
    serve_on(&v);
    ask(&v, other_mac, other_mac);
    T_EQ(answered_after(&v, 6 * S), 6 * S + 1);
    T_EQ(rig_drops(v.r, WEFT_DROP_RARP_HELD), 1);
    ask(&v, other_mac, other_mac); /* Too late: a first one again. */
    T_EQ(answered_after(&v, 4 * S), 4 * S + 1);
    ask(&v, other_mac, other_mac);
    T_EQ(answered_after(&v, S), 0);
    rig_end(v.r);
}

/* proves: RARP-SEED-04 CAP-RARP-03 */
static void a_delayed_one_waits_a_random_time(void)
{
    struct srv v = serve(WEFT_RARP_DELAYED);
    uint64_t low = S, high = 0;
    v.s.delay_ms = 200;
    serve_on(&v);
    for (unsigned i = 0; i < 50; i++) {
        ask(&v, other_mac, other_mac);
        T_EQ(rig_pull(v.r), 0);
        ask(&v, other_mac, other_mac); /* One answer is enough for both. */
        uint64_t t = answered_after(&v, S);
        T_CHECK(t <= 210 * MS);
        low = t < low ? t : low;
        high = t > high ? t : high;
        T_EQ(answered_after(&v, S), S + 1);
    }
    T_CHECK(low < 40 * MS && high > 160 * MS);
    rig_end(v.r);
}

/* proves: RARP-SEED-05 */
static void a_secondary_that_sees_the_answer_stays_silent(void)
{
    for (unsigned k = 0; k < 2; k++) {
        struct srv v = serve(k == 0 ? WEFT_RARP_DELAYED : WEFT_RARP_REPEATED);
        uint8_t f[60];
        serve_on(&v);
        ask(&v, other_mac, other_mac);
        make(f, 4, other_mac, 0x0a090063);
        memcpy(f, other_mac, 6); /* To the client, which a hub shows everybody. */
        rig_push(v.r, f, 60);
        T_EQ(answered_after(&v, S), S + 1);
        if (k == 1) { /* Nor is the next one a repetition. */
            ask(&v, other_mac, other_mac);
            T_EQ(answered_after(&v, S), S + 1);
        }
        rig_end(v.r);
    }
}

/* proves: RARP-SEED-06 */
static void the_table_is_listed_and_changed(void)
{
    struct srv v = serve(WEFT_RARP_PRIMARY);
    struct weft_addr a = weft_ip4(10, 9, 0, 50), got;
    uint8_t mac[6], last[6] = {0};
    serve_on(&v);
    for (uint8_t i = 1; i < ROWS; i++) {
        uint8_t m[6] = {2, 0, 0, 0, (uint8_t)(i * 5 % 7), i};
        T_EQ(weft_rarp_server_set(&v.s, m, &a), 0);
    }
    uint8_t one_more[6] = {6, 0, 0, 0, 0, 0}, group[6] = {1, 0, 0, 0, 0, 0};
    T_EQ(weft_rarp_server_set(&v.s, one_more, &a), -WEFT_ENOMEM);
    T_EQ(weft_rarp_server_set(&v.s, group, &a), -WEFT_EINVAL);
    struct weft_addr none = weft_ip4(0, 0, 0, 0);
    T_EQ(weft_rarp_server_set(&v.s, other_mac, &none), -WEFT_EINVAL);
    T_EQ(weft_rarp_server_set(&v.s, other_mac, &a), 0); /* Changed, in use. */
    uint32_t cursor = 0, n = 0;
    while (weft_rarp_server_next(&v.s, &cursor, mac, &got)) {
        T_CHECK(memcmp(last, mac, 6) < 0);
        memcpy(last, mac, 6);
        T_EQ(memcmp(got.b, a.b, 16), 0);
        n++;
    }
    T_EQ(n, ROWS);
    ask(&v, other_mac, other_mac);
    T_CHECK(rig_pull(v.r) >= 42);
    T_EQ(v.r->f[41], 50);
    v.r->now_ns += S;
    T_EQ(weft_rarp_server_del(&v.s, other_mac), 0);
    T_EQ(weft_rarp_server_del(&v.s, other_mac), -WEFT_ENOENT);
    ask(&v, other_mac, other_mac);
    T_EQ(rig_pull(v.r), 0);
    rig_end(v.r);
}

static void what_is_out_of_range_is_refused(void)
{
    struct rig *r = rig_new(true);
    struct weft_if_config l3 = {.name = "tun0", .kind = WEFT_IF_L3};
    struct weft_rarp_config bad[] = {{.tries = 101},
                                     {.first_ms = 2000, .most_ms = 1000},
                                     {.most_ms = 600001},
                                     {.prefix_len = 33}};
    struct weft_rarp_info i;
    int tun = weft_if_add(r->st, &l3);
    for (unsigned k = 0; k < 4; k++)
        T_EQ(weft_rarp_start(r->st, r->eth0, &bad[k]), -WEFT_EINVAL);
    T_EQ(weft_rarp_start(r->st, (uint16_t)tun, NULL), -WEFT_EINVAL);
    T_EQ(weft_rarp_serve(r->st, (uint16_t)tun, NULL), -WEFT_EINVAL);
    T_EQ(weft_rarp_start(r->st, 77, NULL), -WEFT_ENOENT);
    T_EQ(weft_rarp_serve(r->st, 77, NULL), -WEFT_ENOENT);
    T_EQ(weft_rarp_info(r->st, 77, &i), -WEFT_ENOENT);
    weft_rarp_stop(r->st, 77);
    T_EQ(state(r), WEFT_RARP_OFF);
    rig_end(r);
}

static const struct t_case cases[] = {
    {"a request is made as it should be", a_request_is_made_as_it_should_be},
    {"the first answer gives the address", the_first_answer_gives_the_address},
    {"the network is told or follows from the class",
     the_network_is_told_or_follows_from_the_class},
    {"retries back off at random and end", retries_back_off_at_random_and_end},
    {"an answer nobody asked for is dropped", an_answer_nobody_asked_for_is_dropped},
    {"an address of no host is dropped", an_address_of_no_host_is_dropped},
    {"an answer for somebody else is dropped", an_answer_for_somebody_else_is_dropped},
    {"cut short, and other operations", cut_short_and_other_operations},
    {"a primary answers at once and in full", a_primary_answers_at_once_and_in_full},
    {"an unknown address draws silence", an_unknown_address_draws_silence},
    {"a flood of requests costs nothing", a_flood_of_requests_costs_nothing_and_is_not_echoed},
    {"a secondary answers what is repeated soon", a_secondary_answers_what_is_repeated_soon},
    {"a delayed one waits a random time", a_delayed_one_waits_a_random_time},
    {"one that sees the answer stays silent", a_secondary_that_sees_the_answer_stays_silent},
    {"the table is listed and changed", the_table_is_listed_and_changed},
    {"what is out of range is refused", what_is_out_of_range_is_refused},
};

T_MAIN(cases)
