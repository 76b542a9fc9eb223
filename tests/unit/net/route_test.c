/* SPDX-License-Identifier: MIT */
/* The routing table: random tables against a naive model, then what decides among routes. */
#include <stdlib.h>

#include "net/net.h"
#include "t.h"
#include "weft/weft.h"

#define IFS       3
#define MODEL_MAX 400
#define MILLION   1000000u

struct table {
    struct weft_stack *st;
    void *mem;
    uint16_t ifs[IFS];
};

static void begin(struct table *t, uint32_t routes_max)
{
    struct weft_config cfg;
    weft_config_default(&cfg);
    cfg.routes_max = routes_max;
    size_t bytes = weft_stack_footprint(&cfg);
    t->mem = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (t->mem == NULL)
        abort();
    T_EQ(weft_stack_init(&t->st, &cfg, t->mem, bytes), 0);
    for (uint8_t i = 0; i < IFS; i++) {
        struct weft_if_config c = {.name = "l0", .kind = WEFT_IF_L3};
        struct weft_addr a = weft_ip4(192, 168, i, 1);
        c.name[1] = (char)('0' + i);
        t->ifs[i] = (uint16_t)weft_if_add(t->st, &c);
        T_EQ(weft_addr_add(t->st, t->ifs[i], &a, 24), 0);
    }
}

static void end(struct table *t)
{
    weft_stack_check(t->st);
    T_CHECK(wf_trie_check(&wf_net_of_const(t->st)->routes.trie));
    free(t->mem);
}

static struct weft_addr addr(uint32_t ip4)
{
    return weft_ip4((uint8_t)(ip4 >> 24), (uint8_t)(ip4 >> 16), (uint8_t)(ip4 >> 8), (uint8_t)ip4);
}

/* A route by gateway 192.168.@via.9; the interface follows. */
static struct weft_route route(uint32_t dst, uint8_t len, uint8_t via)
{
    return (struct weft_route){
        .dst = addr(dst), .prefix_len = len, .gateway = weft_ip4(192, 168, via, 9)};
}

static const struct wf_route4 *match(const struct table *t, uint32_t dst, uint8_t tos)
{
    return wf_routes_match4(wf_net_of_const(t->st), dst, tos);
}

static uint16_t way(const struct table *t, uint32_t dst)
{
    struct weft_addr a = addr(dst);
    struct weft_route r;
    return weft_route_lookup(t->st, &a, &r) == 0 ? r.ifindex : 0;
}

/* ---- random tables ---- */

struct model {
    struct weft_route r[MODEL_MAX];
    uint32_t n;
    bool is_up[IFS];
};

static uint32_t mask(uint8_t len)
{
    return len == 0 ? 0 : UINT32_MAX << (32 - len);
}

static uint32_t number(const struct weft_addr *a)
{
    return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 | a->b[15];
}

static bool is_better(const struct weft_route *a, const struct weft_route *b)
{
    if (a->prefix_len != b->prefix_len)
        return a->prefix_len > b->prefix_len;
    return a->tos != b->tos ? a->tos > b->tos : a->metric < b->metric;
}

static const struct weft_route *naive(const struct model *m, uint32_t dst, uint8_t tos)
{
    const struct weft_route *best = NULL;
    for (uint32_t i = 0; i < m->n; i++) {
        const struct weft_route *r = &m->r[i];
        bool is_match = ((dst ^ number(&r->dst)) & mask(r->prefix_len)) == 0 &&
                        m->is_up[r->gateway.b[14]] && (r->tos == 0 || r->tos == (tos & 0xfc));
        if (is_match && (best == NULL || is_better(r, best)))
            best = r;
    }
    return best;
}

static uint32_t random_dst(void)
{
    static const uint32_t some[] = {0x0a000000, 0x0aff0000, 0x0a010200, 0xac100000};
    return some[t_random() % 4] ^ (uint32_t)(t_random() & t_random() & t_random() & 0x00ffffff);
}

/* The model holds one route for a prefix, tos and metric: nothing is left to the order then. */
static void add_random(struct table *t, struct model *m)
{
    uint8_t len = (uint8_t)(t_random() % 33), via = (uint8_t)(t_random() % IFS);
    struct weft_route r = route(random_dst() & mask(len), len, via);
    r.tos = t_random() % 4 == 0 ? 0x10 : 0;
    r.metric = (uint32_t)(t_random() % 3);
    for (uint32_t i = 0; i < m->n; i++) {
        const struct weft_route *o = &m->r[i];
        if (o->prefix_len == len && number(&o->dst) == number(&r.dst) && o->tos == r.tos &&
            o->metric == r.metric) {
            T_EQ(weft_route_add(t->st, &r), o->gateway.b[14] == via ? -WEFT_EEXIST : 0);
            if (o->gateway.b[14] != via) /* Out again. */
                T_EQ(weft_route_del(t->st, &r), 0);
            return;
        }
    }
    T_EQ(weft_route_add(t->st, &r), 0);
    m->r[m->n++] = r;
}

/* proves: FIB-01 IPR-FWD-15 FIB-02 IPR-FWD-46 IPR-FWD-47 */
static void random_tables(void)
{
    static struct table t;
    static struct model m;
    begin(&t, MODEL_MAX + 8);
    m = (struct model){.is_up = {true, true, true}};
    for (int round = 0; round < 6000; round++) {
        if (m.n < MODEL_MAX && t_random() % 5 < 3) {
            add_random(&t, &m);
        } else if (m.n > 0 && t_random() % 8 != 0) {
            uint32_t i = (uint32_t)(t_random() % m.n);
            T_EQ(weft_route_del(t.st, &m.r[i]), 0);
            m.r[i] = m.r[--m.n];
        } else {
            uint32_t i = (uint32_t)(t_random() % IFS);
            m.is_up[i] = !m.is_up[i];
            T_EQ(weft_if_set_up(t.st, t.ifs[i], m.is_up[i]), 0);
        }
        for (int i = 0; i < 4; i++) {
            uint32_t dst = random_dst();
            uint8_t tos = t_random() % 2 == 0 ? 0x13 : 0;
            const struct weft_route *want = naive(&m, dst, tos);
            const struct wf_route4 *got = match(&t, dst, tos);
            T_EQ(got != NULL ? got->gateway : 0, want != NULL ? number(&want->gateway) : 0);
            T_EQ(got != NULL ? got->prefix_len : 99, want != NULL ? want->prefix_len : 99);
            T_EQ(got != NULL ? got->metric : 99, want != NULL ? want->metric : 99);
        }
    }
    end(&t);
}

/* ---- a million ---- */

/* Prefixes as the internet has them, roughly: most of 24 bits, some in others, no two the same. */
static struct weft_route nth(uint32_t i, uint8_t via)
{
    uint8_t len = i % 4 != 0 ? 24 : (uint8_t)(12 + i / 4 % 21);
    uint32_t x = 0x01000000u + (uint32_t)((uint64_t)i * 2654435769u % 0xde000000u);
    return route(x & mask(len), len, via);
}

static void a_million_routes(void)
{
    static struct table t;
    uint32_t n = 0, i = 0;
    begin(&t, MILLION + IFS);
    for (; n < MILLION; i++) {
        struct weft_route r = nth(i, (uint8_t)(i % IFS));
        int err = weft_route_add(t.st, &r);
        n += err == 0;
        if (err != 0 && err != -WEFT_EEXIST && number(&r.dst) >> 24 != 127)
            break;
    }
    T_EQ(n, MILLION);
    struct weft_route extra = route(0x01000001, 32, 0);
    extra.metric = 7;
    T_EQ(weft_route_add(t.st, &extra), -WEFT_ENOMEM);
    for (uint32_t k = 0; k < i; k += 1001) {
        struct weft_route r = nth(k, 0);
        const struct wf_route4 *got = match(&t, number(&r.dst), 0);
        T_CHECK(got != NULL && got->prefix_len >= r.prefix_len);
    }
    T_EQ(weft_stack_footprint(wf_net_of(t.st)->cfg) / MILLION < 200, true);
    for (uint32_t k = 0; k < i; k++) {
        struct weft_route r = nth(k, (uint8_t)(k % IFS));
        n -= weft_route_del(t.st, &r) == 0;
    }
    T_EQ(n, 0);
    end(&t);
}

/* ---- what decides ---- */

/* proves: IPR-FWD-15 IPR-FWD-23 */
static void a_type_of_service_comes_before_the_metric(void)
{
    struct table t;
    begin(&t, 16);
    struct weft_route plain = route(0x0a000000, 8, 0), marked = route(0x0a000000, 8, 1),
                      shorter = route(0, 0, 2);
    plain.metric = 1;
    marked.metric = 5;
    marked.tos = 0x10;
    T_EQ(weft_route_add(t.st, &shorter), 0);
    T_EQ(weft_route_add(t.st, &plain), 0);
    T_EQ(weft_route_add(t.st, &marked), 0);
    T_EQ(match(&t, 0x0a000001, 0x10)->ifindex, t.ifs[1]);
    T_EQ(match(&t, 0x0a000001, 0x12)->ifindex, t.ifs[1]); /* ECN bits are none of it. */
    T_EQ(match(&t, 0x0a000001, 0x08)->ifindex, t.ifs[0]);
    T_EQ(match(&t, 0x0a000001, 0)->ifindex, t.ifs[0]);
    T_EQ(weft_route_del(t.st, &plain), 0);
    T_EQ(match(&t, 0x0a000001, 0)->ifindex, t.ifs[2]);
    marked.tos = 0x11;
    T_EQ(weft_route_add(t.st, &marked), -WEFT_EINVAL);
    end(&t);
}

static void the_metric_decides_and_the_next_one_stands_in(void)
{
    struct table t;
    begin(&t, 16);
    struct weft_route far = route(0x0a000000, 8, 0), near = route(0x0a000000, 8, 1);
    far.metric = 10;
    T_EQ(weft_route_add(t.st, &far), 0);
    T_EQ(weft_route_add(t.st, &near), 0);
    T_EQ(way(&t, 0x0a010203), t.ifs[1]);
    T_EQ(weft_if_set_up(t.st, t.ifs[1], false), 0);
    T_EQ(way(&t, 0x0a010203), t.ifs[0]);
    T_EQ(weft_if_set_up(t.st, t.ifs[0], false), 0);
    T_EQ(way(&t, 0x0a010203), 0);
    T_EQ(weft_if_set_up(t.st, t.ifs[1], true), 0);
    T_EQ(way(&t, 0x0a010203), t.ifs[1]);
    end(&t);
}

static void a_refusing_route_covers_what_is_below_it(void)
{
    static const enum weft_route_type types[] = {WEFT_ROUTE_BLACKHOLE, WEFT_ROUTE_UNREACHABLE,
                                                 WEFT_ROUTE_PROHIBIT};
    struct table t;
    begin(&t, 16);
    struct weft_route all = route(0, 0, 0);
    T_EQ(weft_route_add(t.st, &all), 0);
    for (int i = 0; i < 3; i++) {
        struct weft_route r = {.dst = addr(0x0a000000), .prefix_len = 8, .type = types[i]};
        T_EQ(weft_route_add(t.st, &r), 0);
        T_EQ(match(&t, 0x0a000001, 0)->type, types[i]);
        T_EQ(way(&t, 0x0a000001), 0);
        T_EQ(way(&t, 0x0b000001), t.ifs[0]);
        struct weft_route other = r;
        other.type = WEFT_ROUTE_UNICAST;
        T_EQ(weft_route_del(t.st, &other), -WEFT_ENOENT);
        T_EQ(weft_route_del(t.st, &r), 0);
        r.gateway = weft_ip4(192, 168, 0, 9);
        T_EQ(weft_route_add(t.st, &r), -WEFT_EINVAL);
    }
    T_EQ(way(&t, 0x0a000001), t.ifs[0]);
    end(&t);
}

/* proves: FIB-03 */
static void legs_share_by_weight_and_a_flow_keeps_its_leg(void)
{
    struct table t;
    uint32_t count[IFS] = {0};
    begin(&t, 16);
    for (uint8_t i = 0; i < IFS; i++) {
        struct weft_route r = route(0, 0, i);
        r.weight = (uint8_t)(i + 1);
        T_EQ(weft_route_add(t.st, &r), 0);
        T_EQ(weft_route_add(t.st, &r), -WEFT_EEXIST);
        r.weight = 0;
        T_EQ(weft_route_add(t.st, &r), -WEFT_EEXIST); /* Not among legs. */
    }
    const struct net *net = wf_net_of_const(t.st);
    for (uint32_t i = 0; i < 6000; i++) {
        uint64_t hash = t_random();
        const struct wf_route4 *r = wf_routes_leg4(net, match(&t, i << 8, 0), hash);
        T_CHECK(r == wf_routes_leg4(net, match(&t, i << 8, 0), hash));
        count[r->ifindex - t.ifs[0]]++;
        T_EQ(way(&t, i << 8), way(&t, i << 8));
    }
    for (uint32_t i = 0; i < IFS; i++)
        T_CHECK(count[i] > 900 * (i + 1) && count[i] < 1100 * (i + 1));
    for (uint32_t i = 0; i < IFS; i++)
        T_CHECK(wf_routes_is_by4(net, 0x08080808, t.ifs[i]));
    T_EQ(weft_if_set_up(t.st, t.ifs[2], false), 0);
    for (uint32_t i = 0; i < 100; i++)
        T_CHECK(wf_routes_leg4(net, match(&t, i, 0), t_random())->ifindex != t.ifs[2]);
    end(&t);
}

static const struct t_case cases[] = {
    {"random tables choose as a list searched from end to end", random_tables},
    {"a million routes have room in the memory that was said, and go again", a_million_routes},
    {"a type of service decides before the metric, its ECN bits do not",
     a_type_of_service_comes_before_the_metric},
    {"the smallest metric decides, the next one stands in",
     the_metric_decides_and_the_next_one_stands_in},
    {"a refusing route covers what no longer one does", a_refusing_route_covers_what_is_below_it},
    {"legs share by weight, and a flow keeps its leg",
     legs_share_by_weight_and_a_flow_keeps_its_leg},
};
T_MAIN(cases)
