/* SPDX-License-Identifier: MIT */
/** DOC: ICMP queries: echo, timestamp, information, address mask; and sockets that ask them */
#include "rig.h"

#define A    IP(10, 0, 0, 1)
#define B    IP(10, 0, 1, 1)
#define P    IP(10, 0, 0, 9)
#define MASK IP(255, 255, 255, 0)
#define ALL  IP(255, 255, 255, 255)

static struct weft_icmp_config *config(struct rig *r)
{
    static struct weft_icmp_config c;
    weft_icmp_get(r->st, &c);
    return &c;
}

/* The one answer on link 0; NULL after noting that there is none. */
static const struct rig_ip *answer(struct rig *r, unsigned type, uint32_t src, uint32_t dst)
{
    const struct rig_ip *e = rig_pull(r, 0);
    T_CHECK(e != NULL);
    if (e == NULL)
        return NULL;
    T_EQ(e->proto, 1);
    T_EQ(e->b[0], type);
    T_EQ(e->b[1], 0);
    T_EQ(e->src, src);
    T_EQ(e->dst, dst);
    T_CHECK(rig_is_silent(r));
    return e;
}

static void is_silent_after(struct rig *r, const struct rig_ip *p)
{
    rig_push(r, 0, p);
    rig_run(r, 2 * S);
    T_CHECK(rig_is_silent(r));
    rig_clear(r);
}

/* ---- echo ---- */

/* proves: ICMP-GEN-12 ICMP-H-27 ICMP-R-19 ICMP-R-23 */
static void echo_comes_back_from_the_address_that_was_asked(void)
{
    struct rig *r = rig_new(2, true);
    static const uint32_t asked[] = {A, B};
    for (uint32_t n = 0; n <= 1472; n += n < 8 ? 1 : 122) {
        struct rig_ip p = rig_icmp(P, asked[n % 2], 8, 0, 0xabcd0001 + n);
        uint8_t data[1472];
        for (uint32_t i = 0; i < n; i++)
            data[i] = (uint8_t)(i * 31 + n);
        rig_icmp_body(&p, data, n);
        rig_push(r, 0, &p);
        const struct rig_ip *e = answer(r, 0, asked[n % 2], P);
        T_CHECK(e != NULL && e->n == p.n && memcmp(e->b + 4, p.b + 4, p.n - 4) == 0);
    }
    rig_end(r);
}

/* proves: ICMP-H-26 ICMP-R-22 ICMP-H-35 */
static void nobody_answers_a_group(void)
{
    struct rig *r = rig_new(1, false);
    static const uint32_t groups[] = {ALL, IP(10, 0, 0, 255), IP(224, 0, 0, 1)};
    struct weft_icmp_config *c = config(r);
    c->answers_timestamp = c->answers_information = true;
    T_EQ(weft_icmp_set(r->st, c), 0);
    for (unsigned i = 0; i < 3; i++)
        for (unsigned type = 8; type <= 15; type += type == 8 ? 5 : 2) {
            struct rig_ip p = rig_icmp(P, groups[i], type, 0, 1);
            rig_icmp_body(&p, "abcdefghijkl", 12);
            p.is_link_group = true;
            is_silent_after(r, &p);
        }
    rig_end(r);
}

/* One limit for all: whoever asks for the time costs as much as an echo. */
static void a_flood_of_queries_has_a_limit(void)
{
    static const uint8_t types[] = {8, 13};
    for (unsigned k = 0; k < sizeof(types); k++) {
        struct rig *r = rig_new(1, false);
        struct weft_icmp_config *c = config(r);
        c->echo_per_s = 100;
        c->answers_timestamp = true;
        T_EQ(weft_icmp_set(r->st, c), 0);
        struct rig_ip p = rig_icmp(P, A, types[k], 0, 1);
        rig_icmp_body(&p, "abcdefghijkl", 12);
        unsigned n = 0;
        for (unsigned i = 0; i < 1000; i++) { /* In one second. */
            rig_push(r, 0, &p);
            n += rig_pull(r, 0) != NULL;
            rig_run(r, 1 * MS);
        }
        T_CHECK(n >= 100 && n <= 130);
        T_EQ(rig_drops(r, WEFT_DROP_ICMP_LIMITED), 1000 - n);
        rig_end(r);
    }
}

/* ---- timestamp ---- */

/* proves: ICMP-H-37 ICMP-H-38 */
static void the_answer_has_the_options_that_came(void)
{
    static const uint8_t in[2][12] = {{7, 7, 4, 0, 0, 0, 0, 1, 68, 8, 5, 0},
                                      {131, 7, 8, 10, 0, 0, 7, 0}};
    static const uint8_t out[2][16] = {{7, 7, 8, 10, 0, 0, 1, 1, 68, 8, 9, 0, 0, 0, 0, 99},
                                       {131, 7, 4, 10, 0, 0, 9, 1}};
    struct rig *r = rig_new(1, false);
    struct weft_icmp_config *c = config(r);
    c->answers_timestamp = true;
    T_EQ(weft_icmp_set(r->st, c), 0);
    T_EQ(weft_ip_set(r->st, WEFT_IP_SOURCE_ROUTES, WEFT_IP_SOURCE_ROUTES_END), 0);
    T_EQ(weft_ip_set(r->st, WEFT_IP_UT_MS, 99), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct rig_ip p = rig_icmp(P, A, 13, 0, 1);
        p.opts_n = i == 0 ? 16 : 8;
        memcpy(p.opts, in[i], 12);
        rig_icmp_body(&p, "abcdefghijkl", 12);
        rig_push(r, 0, &p);
        const struct rig_ip *e = rig_pull(r, 0);
        T_CHECK(e != NULL && e->b[0] == 14 && e->n == 20 && e->opts_n == p.opts_n);
        T_CHECK(e != NULL && memcmp(e->opts, out[i], p.opts_n) == 0);
        /* Back to the hop of the route, which has the asker as its end. */
        T_EQ(e != NULL ? e->dst : 0, i == 0 ? P : t_get32(in[1] + 3));
    }
    rig_end(r);
}

static const struct rig_ip *ask_time(struct rig *r, uint32_t *receive)
{
    struct rig_ip p = rig_icmp(P, A, 13, 0, 0x00070009);
    rig_icmp_body(&p, "\x01\x02\x03\x04\xff\xff\xff\xff\xff\xff\xff\xff", 12);
    rig_push(r, 0, &p);
    const struct rig_ip *e = answer(r, 14, A, P);
    T_CHECK(e != NULL && e->n == 20 && memcmp(e->b + 4, p.b + 4, 8) == 0);
    *receive = e != NULL ? t_get32(e->b + 12) : 0;
    T_CHECK(e != NULL && t_get32(e->b + 16) - *receive <= 1);
    return e;
}

/* proves: ICMP-GEN-13 ICMP-H-33 ICMP-H-34 ICMP-H-36 ICMP-H-40 ICMP-R-26 ICMP-R-27 CAP-ICMP-07 */
static void the_time_of_day_is_told_in_milliseconds(void)
{
    struct rig *r = rig_new(1, false);
    struct weft_icmp_config *c = config(r);
    struct rig_ip p = rig_icmp(P, A, 13, 0, 1);
    uint32_t t;
    int64_t told = 0;
    rig_icmp_body(&p, "abcdefghijkl", 12);
    is_silent_after(r, &p); /* Nobody asked for it to be told. */
    c->answers_timestamp = true;
    T_EQ(weft_icmp_set(r->st, c), 0);
    (void)ask_time(r, &t);
    T_CHECK((t & 0x80000000) != 0); /* Not since midnight UT. */
    T_EQ(weft_ip_set(r->st, WEFT_IP_UT_MS, 86400000 - 20), 0);
    for (unsigned ms = 0; ms < 40; ms++) { /* Over midnight, to the millisecond, at once. */
        (void)ask_time(r, &t);
        T_EQ(t, (86400000 - 20 + ms) % 86400000);
        rig_run(r, 1 * MS);
    }
    T_EQ(weft_ip_set(r->st, WEFT_IP_UT_MS, 86400000), -WEFT_EINVAL);
    T_EQ(weft_ip_get(r->st, WEFT_IP_UT_MS, &told), 0);
    T_EQ(told, 20);
    T_EQ(weft_ip_set(r->st, WEFT_IP_UT_MS, -1), 0);
    (void)ask_time(r, &t);
    T_CHECK((t & 0x80000000) != 0);
    p.n = 19; /* Too short to be one. */
    rig_sum(&p);
    is_silent_after(r, &p);
    T_EQ(rig_drops(r, WEFT_DROP_ICMP_TRUNCATED), 1);
    rig_end(r);
}

/* ---- information ---- */

/* proves: ICMP-H-32 ICMP-R-25 */
static void information_is_history(void)
{
    struct rig *r = rig_new(1, false);
    struct rig_ip p = rig_icmp(P, A, 15, 0, 0x00070009);
    is_silent_after(r, &p);
    T_EQ(rig_drops(r, WEFT_DROP_ICMP_OFF), 1);
    struct weft_icmp_config *c = config(r);
    c->answers_information = true;
    T_EQ(weft_icmp_set(r->st, c), 0);
    rig_push(r, 0, &p);
    const struct rig_ip *e = answer(r, 16, A, P);
    T_CHECK(e != NULL && e->n == 8 && t_get32(e->b + 4) == 0x00070009);
    rig_end(r);
}

/* ---- address mask ---- */

static struct rig_ip mask_request(uint32_t src, uint32_t dst)
{
    struct rig_ip p = rig_icmp(src, dst, 17, 0, 0x00070009);
    rig_icmp_body(&p, "\0\0\0\0", 4);
    p.is_link_group = dst == ALL;
    return p;
}

static void is_mask(const struct rig_ip *e)
{
    T_CHECK(e != NULL && e->n == 12 && t_get32(e->b + 8) == MASK);
}

/* proves: ICMP-MASK-01 ICMP-MASK-02 ICMP-MASK-04 ICMP-H-46 ICMP-H-47 ICMP-R-28 ICMP-R-29
 * CAP-ICMP-08 */
static void an_agent_tells_the_mask(void)
{
    struct rig *r = rig_new(2, true);
    struct rig_ip p = mask_request(P, ALL), q = mask_request(0, ALL), u = mask_request(P, A);
    is_silent_after(r, &p); /* The mask is known; telling it is another switch, on each link. */
    is_silent_after(r, &q);
    is_silent_after(r, &u);
    T_EQ(weft_icmp_if_set(r->st, 2, WEFT_ICMP_MASK_AGENT), 0);
    rig_push(r, 0, &p);
    const struct rig_ip *e = answer(r, 18, A, P);
    is_mask(e);
    T_CHECK(e != NULL && t_get32(e->b + 4) == 0x00070009);
    rig_push(r, 0, &u);
    is_mask(answer(r, 18, A, P));
    rig_push(r, 0, &q);
    e = answer(r, 18, A, ALL);
    is_mask(e);
    T_CHECK(e != NULL && e->is_link_group);
    rig_push(r, 1, &q); /* That link has none. */
    rig_run(r, 2 * S);
    T_CHECK(rig_is_silent(r));
    rig_end(r);
}

/* proves: ICMP-MASK-03 ICMP-R-30 */
static void a_mask_that_is_not_certain_is_not_told(void)
{
    struct rig *r = rig_new(1, false);
    struct weft_addr two = weft_ip4(10, 7, 0, 1), first = weft_ip4(10, 0, 0, 1);
    struct rig_ip p = mask_request(P, ALL), q = mask_request(0, ALL);
    T_EQ(weft_icmp_if_set(r->st, 2, WEFT_ICMP_MASK_AGENT), 0);
    rig_clear(r);
    T_EQ(weft_addr_add(r->st, 2, &two, 16), 0);
    rig_run(r, 5 * S);
    rig_clear(r);
    is_silent_after(r, &q); /* Two masks, and it says not which network it is in. */
    rig_push(r, 0, &p);
    is_mask(answer(r, 18, A, P));
    p = mask_request(IP(10, 9, 9, 9), ALL); /* In none of them. */
    is_silent_after(r, &p);
    T_EQ(weft_addr_del(r->st, 2, &two), 0);
    T_EQ(weft_addr_del(r->st, 2, &first), 0);
    is_silent_after(r, &q);
    rig_end(r);
}

/* proves: ICMP-H-48 ICMP-R-33 */
static void an_agent_announces_itself(void)
{
    struct rig *host = rig_new(1, false), *router = rig_new(1, true);
    T_EQ(weft_icmp_if_set(host->st, 2, WEFT_ICMP_MASK_AGENT), 0);
    T_EQ(weft_icmp_if_set(router->st, 2, WEFT_ICMP_MASK_AGENT), 0);
    rig_run(host, 1 * MS);
    rig_run(router, 1 * MS);
    is_mask(answer(host, 18, A, ALL));
    T_CHECK(rig_is_silent(router));
    T_EQ(weft_icmp_if_set(router->st, 2, 0), 0);
    T_EQ(weft_icmp_if_set(router->st, 2, WEFT_ICMP_MASK_AGENT | WEFT_ICMP_MASK_ANNOUNCE), 0);
    rig_run(router, 1 * MS);
    is_mask(answer(router, 18, A, ALL));
    rig_end(host);
    rig_end(router);
}

/* proves: ICMP-H-45 ICMP-R-31 ICMP-R-32 */
static void replies_change_no_mask(void)
{
    struct rig *r = rig_new(1, true);
    struct rig_ip p = rig_icmp(P, ALL, 18, 0, 0);
    struct weft_addr_info info = {.prefix_len = 0};
    p.is_link_group = true;
    rig_icmp_body(&p, "\xff\xff\0\0", 4);
    is_silent_after(r, &p);
    T_EQ(weft_counter(r->st, WEFT_COUNT_ICMP_MASKS_DIFFER), 1);
    memcpy(p.b + 8, "\xff\xff\xff\0", 4);
    rig_sum(&p);
    is_silent_after(r, &p);
    T_EQ(weft_counter(r->st, WEFT_COUNT_ICMP_MASKS_DIFFER), 1);
    for (uint32_t cursor = 0; weft_addr_next(r->st, &cursor, &info);)
        if (info.ifindex == 2)
            T_EQ(info.prefix_len, 24); /* As it was configured. */
    rig_end(r);
}

/* ---- sockets that ask ---- */

static uint64_t ping_socket(struct rig *r, uint16_t id)
{
    struct weft_endpoint local = {.port = id};
    uint64_t s = 0;
    T_EQ(weft_sock_open(r->st, WEFT_SOCK_PING, &s), 0);
    T_EQ(weft_sock_bind(r->st, s, &local), 0);
    return s;
}

/* proves: ICMP-H-29 ICMP-H-39 */
static void a_ping_socket_asks_all_four(void)
{
    static const uint8_t queries[][2] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}};
    struct rig *r = rig_new(1, false);
    uint64_t s = ping_socket(r, 500);
    struct weft_endpoint to = {.addr = weft_ip4(10, 0, 0, 9)};
    for (unsigned i = 0; i < 4; i++) {
        uint8_t m[20] = {queries[i][0]}, got[64];
        m[7] = (uint8_t)(i + 1);
        T_EQ(weft_sock_sendto(r->st, s, m, sizeof(m), &to), sizeof(m));
        rig_run(r, 1 * MS);
        const struct rig_ip *e = answer(r, queries[i][0], A, P);
        T_CHECK(e != NULL && t_get16(e->b + 4) == 500 && e->b[7] == i + 1);
        struct rig_ip p = rig_icmp(P, A, queries[i][1], 0, 500u << 16 | (i + 1));
        rig_icmp_body(&p, "abcdefghijkl", 12);
        rig_push(r, 0, &p);
        T_EQ(weft_sock_recv(r->st, s, got, sizeof(got)), 20);
        T_EQ(got[0], queries[i][1]);
        T_EQ(got[7], i + 1);
        p = rig_icmp(P, A, queries[i][1], 0, 501u << 16 | (i + 1)); /* Somebody else's. */
        is_silent_after(r, &p);
        T_EQ(weft_sock_recv(r->st, s, got, sizeof(got)), -WEFT_EAGAIN);
    }
    static const uint8_t no_query[8] = {3}, coded[8] = {8, 1};
    T_EQ(weft_sock_sendto(r->st, s, no_query, 8, &to), -WEFT_EINVAL);
    T_EQ(weft_sock_sendto(r->st, s, coded, 8, &to), -WEFT_EINVAL);
    T_EQ(weft_sock_close(r->st, s), 0);
    rig_end(r);
}

/* proves: ICMP-R-01 ICMP-H-01 ICMP-DEP-01 */
static void what_is_unknown_goes_to_who_asked_for_it(void)
{
    struct rig *r = rig_new(1, false);
    struct weft_endpoint any = {.port = 0}, to = {.addr = weft_ip4(10, 0, 0, 9)};
    uint64_t all = 0, few = 0;
    uint8_t got[64];
    for (unsigned type = 0; type < 256; type++) { /* Nobody listens: silence, whatever it is. */
        struct rig_ip p = rig_icmp(P, A, type, 0, 1);
        if (type != 8)
            is_silent_after(r, &p);
    }
    T_EQ(weft_sock_open(r->st, WEFT_SOCK_ICMP, &all), 0);
    T_EQ(weft_sock_bind(r->st, all, &any), 0);
    T_EQ(weft_sock_open(r->st, WEFT_SOCK_ICMP, &few), 0);
    T_EQ(weft_sock_set(r->st, few, WEFT_ICMP_TYPES, INT64_MIN | 1 << 10), 0);
    T_EQ(weft_sock_bind(r->st, few, &any), 0);
    for (unsigned type = 6; type < 256; type += 4) {
        struct rig_ip p = rig_icmp(P, A, type, 7, 42);
        struct weft_msg_info info;
        is_silent_after(r, &p);
        T_EQ(weft_sock_recvfrom(r->st, all, got, sizeof(got), &info), 8);
        T_CHECK(memcmp(got, p.b, 8) == 0 && info.from.addr.b[15] == 9 && info.ifindex == 2);
        T_EQ(weft_sock_recv(r->st, few, got, sizeof(got)),
             type == 10 || type >= 63 ? 8 : -WEFT_EAGAIN);
    }
    static const uint8_t m[12] = {42, 7, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
    T_EQ(weft_sock_sendto(r->st, all, m, sizeof(m), &to), sizeof(m));
    rig_run(r, 1 * MS);
    const struct rig_ip *e = rig_pull(r, 0);
    T_CHECK(e != NULL && e->b[0] == 42 && e->b[1] == 7 && memcmp(e->b + 4, m + 4, 8) == 0);
    T_EQ(weft_sock_close(r->st, all), 0);
    T_EQ(weft_sock_close(r->st, few), 0);
    rig_end(r);
}

static const struct t_case cases[] = {
    {"echo comes back from the address that was asked",
     echo_comes_back_from_the_address_that_was_asked},
    {"nobody answers a group", nobody_answers_a_group},
    {"a flood of queries has a limit", a_flood_of_queries_has_a_limit},
    {"the time of day is told in milliseconds", the_time_of_day_is_told_in_milliseconds},
    {"the answer has the options that came", the_answer_has_the_options_that_came},
    {"information is history", information_is_history},
    {"an agent tells the mask", an_agent_tells_the_mask},
    {"a mask that is not certain is not told", a_mask_that_is_not_certain_is_not_told},
    {"an agent announces itself", an_agent_announces_itself},
    {"replies change no mask", replies_change_no_mask},
    {"a ping socket asks all four", a_ping_socket_asks_all_four},
    {"what is unknown goes to who asked for it", what_is_unknown_goes_to_who_asked_for_it},
};

T_MAIN(cases)
