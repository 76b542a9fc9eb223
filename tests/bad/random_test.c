/* SPDX-License-Identifier: MIT */
/** DOC: What an outsider can guess (BAD-PRED, BAD-DOS-03), from what stacks put on the wire */
#include <stdlib.h>
#include <string.h>

#include "../conformance/host.h"
#include "base/base.h"
#include "base/hash.h"
#include "frame.h"
#include "t.h"

#define SEC UINT64_C(1000000000)

static void open_with(struct host *h, uint64_t seed)
{
    struct weft_config cfg;
    weft_config_default(&cfg);
    cfg.seed[0] = seed;
    cfg.seed[3] = 1;
    host_open(h, &cfg);
}

/* A SYN to a port of a host, from a port or any. */
static struct host_syn syn_to(struct host *h, uint64_t now_ns, uint16_t from, uint8_t host,
                              uint16_t to)
{
    struct weft_endpoint remote = {.addr = weft_ip4(192, 0, 2, host), .port = to};
    return host_syn(h, now_ns, from, &remote);
}

/* ---- statistics: no floating point is needed ---- */

#define CELLS 256u

/* Chi-square with 255 degrees of freedom, in thousandths. 330.5 is passed once in a thousand. */
static uint64_t chi_square(const uint32_t *cell, uint32_t n)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < CELLS; i++)
        sum += (uint64_t)cell[i] * cell[i];
    return sum * CELLS * 1000 / n - (uint64_t)n * 1000;
}

#define CHI_MAX 330520u

/* Each octet of @v, and of the steps from one to the next, and of steps of steps. */
static void looks_random(const uint32_t *v, uint32_t n, unsigned octets)
{
    for (unsigned order = 0; order < 3; order++) {
        for (unsigned o = 0; o < octets; o++) {
            uint32_t cell[CELLS] = {0};
            for (uint32_t i = 2; i < n; i++) {
                uint32_t x = order == 0   ? v[i]
                             : order == 1 ? v[i] - v[i - 1]
                                          : v[i] - 2 * v[i - 1] + v[i - 2];
                cell[x >> 8 * o & 255]++;
            }
            uint64_t chi = chi_square(cell, n - 2);
            if (chi > CHI_MAX)
                printf("# octet %u of order %u: %u\n", o, order, (unsigned)chi);
            T_CHECK(chi <= CHI_MAX);
        }
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t repeats(uint32_t *v, uint32_t n)
{
    uint32_t same = 0;
    qsort(v, n, sizeof(v[0]), by_value);
    for (uint32_t i = 1; i < n; i++)
        same += v[i] == v[i - 1];
    return same;
}

/* ---- sequence numbers and timestamps ---- */

#define ISNS 200000u

static uint32_t isn[ISNS], ts[ISNS];

/* proves: BAD-PRED-01 */
static void numbers_of_other_connections(void)
{
    struct host h;
    open_with(&h, 1);
    for (uint32_t i = 0; i < ISNS; i++) { /* All at one time: nothing but the function is seen. */
        struct host_syn s =
            syn_to(&h, SEC, (uint16_t)(1024 + i % 50000), 1, (uint16_t)(80 + i / 50000));
        isn[i] = s.isn;
        ts[i] = s.ts;
    }
    looks_random(isn, ISNS, 4);
    looks_random(ts, ISNS, 4);
    T_CHECK(repeats(isn, ISNS) < 20); /* 4.7 are expected of 200,000 out of 2^32. */
    uint64_t now_ns = SEC;
    struct host_syn last = syn_to(&h, now_ns, 5000, 1, 80);
    for (int i = 0; i < 1000; i++) { /* But one connection's own numbers never fall back. */
        uint64_t step_ns = 4000 * (1 + t_random() % 1000000);
        struct host_syn s = syn_to(&h, now_ns += step_ns, 5000, 1, 80);
        T_EQ(s.isn - last.isn, (uint32_t)(step_ns / 4000));
        last = s;
    }
    host_close(&h);
}

static void a_thousand_boots_at_one_time(void)
{
    static uint32_t first[1000], port[1000];
    for (uint32_t i = 0; i < 1000; i++) {
        struct host h;
        open_with(&h, i);
        first[i] = syn_to(&h, 0, 5000, 1, 80).isn;
        port[i] = syn_to(&h, 0, 0, 1, 80).port;
        host_close(&h);
    }
    T_CHECK(repeats(first, 1000) == 0);
    T_CHECK(repeats(port, 1000) < 100); /* 31 are expected. */
}

/* ---- ports ---- */

/* proves: BAD-PRED-05 */
static void local_ports(void)
{
    static uint32_t port[20000], last_use[65536];
    struct host h;
    uint32_t soonest = UINT32_MAX;
    open_with(&h, 1);
    memset(last_use, 0, sizeof(last_use));
    for (uint32_t i = 0; i < 20000; i++) { /* Each to a service of its own. */
        port[i] = syn_to(&h, SEC, 0, (uint8_t)(3 + i % 200), (uint16_t)(1 + i / 200)).port;
        T_CHECK(port[i] >= 1024);
    }
    looks_random(port, 20000, 1);
    for (uint32_t i = 1; i <= 10000; i++) { /* All to one: no port comes again soon. */
        uint16_t p = syn_to(&h, 2 * SEC, 0, 201, 80).port;
        if (last_use[p] != 0 && i - last_use[p] < soonest)
            soonest = i - last_use[p];
        last_use[p] = i;
    }
    printf("# the soonest a port came again was after %u others\n", soonest);
    T_CHECK(soonest > 1000);
    host_close(&h);
}

/* ---- identifications ---- */

static uint32_t id_of_datagram(struct host *h, uint64_t sock, uint8_t host)
{
    struct weft_endpoint to = {.addr = weft_ip4(192, 0, 2, host), .port = 9};
    T_EQ(weft_sock_sendto(h->st, sock, "x", 1, &to), 1);
    T_CHECK(host_pull(h, SEC) > 0);
    T_CHECK((h->f[6] & 0x40) == 0);
    return t_get16(h->f + 4);
}

/* A zombie scan: how many packets go to somebody else cannot be seen in what comes here. */
/* proves: BAD-PRED-07 */
static void identifications(void)
{
    struct host h;
    uint64_t sock = 0;
    open_with(&h, 1);
    T_EQ(weft_sock_open(h.st, WEFT_SOCK_UDP, &sock), 0);
    T_EQ(weft_sock_set(h.st, sock, WEFT_IP_DF, 0), 0);
    for (int i = 0; i < 20; i++) {
        (void)syn_to(&h, SEC, 0, 1, 80);
        T_EQ(t_get16(h.f + 4), 0); /* With DF there is none. */
    }
    uint32_t sum[2] = {0, 0}, last = id_of_datagram(&h, sock, 1);
    for (uint32_t i = 0; i < 1000; i++) {
        for (uint32_t k = 0; i % 2 == 1 && k < 50; k++)
            (void)id_of_datagram(&h, sock, 77);
        uint32_t id = id_of_datagram(&h, sock, 1), step = (id - last) & 0xffff;
        T_CHECK(step != 0);
        sum[i % 2] += step;
        last = id;
    }
    for (int i = 0; i < 2; i++) /* As by chance: half of 65,536 each time, give or take. */
        T_CHECK(sum[i] / 500 > 28000 && sum[i] / 500 < 37500);
    T_EQ(weft_sock_close(h.st, sock), 0);
    host_close(&h);
}

/* ---- hash tables ---- */

#define TUPLES  4096u
#define BUCKETS 4096u

static void bucket_of(const struct wf_hash_key *key, uint64_t tuple, uint32_t *count)
{
    uint64_t w[2] = {UINT64_C(0xc0000202c0000201), tuple};
    count[wf_hash_words(key, w, 2) & (BUCKETS - 1)]++;
}

static uint32_t longest(const uint32_t *count)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < BUCKETS; i++)
        most = count[i] > most ? count[i] : most;
    return most;
}

/* Tuples that collide under a key that the attacker has do not under one that he has not. */
static void tuples_chosen_to_collide(void)
{
    static uint64_t chosen[TUPLES];
    static uint32_t mine[BUCKETS], theirs[BUCKETS];
    struct wf_hash_key his = {1, 2}, ours = {t_random(), t_random()};
    uint32_t n = 0;
    for (uint64_t t = 0; n < 2000; t++) {
        uint64_t w[2] = {UINT64_C(0xc0000202c0000201), t};
        if ((wf_hash_words(&his, w, 2) & (BUCKETS - 1)) == 7)
            chosen[n++] = t;
    }
    for (uint32_t i = 0; i < n; i++) {
        bucket_of(&his, chosen[i], theirs);
        bucket_of(&ours, chosen[i], mine);
    }
    T_EQ(longest(theirs), n);
    T_CHECK(longest(mine) <= 8);
}

static const struct t_case cases[] = {
    {"numbers of other connections tell nothing", numbers_of_other_connections},
    {"a thousand boots at one time", a_thousand_boots_at_one_time},
    {"local ports", local_ports},
    {"identifications tell nothing of packets to others", identifications},
    {"tuples chosen to collide", tuples_chosen_to_collide},
};
T_MAIN(cases)
