/* SPDX-License-Identifier: MIT */
/** DOC: the arithmetic of weft ipcalc against models that go bit by bit and address by address */
#include "../../tools/ip4calc.h"

#include <string.h>

#include "../harness/t.h"

#define WORLD 1024U /* Addresses of the world that is counted one by one. */
#define BASE  0x0a000000U

static uint32_t naive_mask(unsigned len)
{
    uint32_t m = 0;
    for (unsigned i = 0; i < len; i++)
        m |= 1U << (31 - i);
    return m;
}

static void masks(void)
{
    uint8_t len;
    for (unsigned i = 0; i <= 32; i++) {
        T_EQ(ip4calc_mask((uint8_t)i), naive_mask(i));
        T_CHECK(ip4calc_len(naive_mask(i), &len));
        T_EQ(len, i);
    }
    for (unsigned i = 1; i < 32; i++) /* A hole anywhere. */
        for (unsigned k = 0; k + 1 < i; k++)
            T_CHECK(!ip4calc_len(naive_mask(i) & ~(1U << (31 - k)), &len));
    T_CHECK(!ip4calc_len(1, &len));
}

/* proves: CAP-IP-06 */
static void parts(void)
{
    for (unsigned i = 0; i < 5000; i++) {
        struct ip4net n = {(uint32_t)t_random(), (uint8_t)(t_random() % 33)};
        uint32_t lo = 0, hi = 0, first, last, other = (uint32_t)t_random();
        if (t_random() % 2 == 0)
            other = n.addr ^ (uint32_t)(t_random() & 0xfff);
        bool is_same = true;
        for (unsigned b = 0; b < 32; b++) {
            uint32_t bit = 1U << (31 - b);
            lo |= b < n.len ? n.addr & bit : 0;
            hi |= b < n.len ? n.addr & bit : bit;
            is_same = is_same && (b >= n.len || ((n.addr ^ other) & bit) == 0);
        }
        T_EQ(ip4calc_network(n), lo);
        T_EQ(ip4calc_last(n), hi);
        T_EQ(ip4calc_is_local(n, other), is_same);
        uint64_t all = (uint64_t)hi - lo + 1;
        T_EQ(ip4calc_hosts(n, &first, &last), all > 2 ? all - 2 : all);
        T_EQ(first, all > 2 ? lo + 1 : lo);
        T_EQ(last, all > 2 ? hi - 1 : hi);
    }
}

/* proves: CAP-IP-05 */
static void classes_by_their_bits(void)
{
    static const char letters[] = "ABCDE";
    uint64_t networks[3] = {0, 0, 0};
    for (uint32_t octet = 0; octet < 256; octet++) {
        const struct ip4class *c = ip4calc_class(octet << 24 | 0x123456);
        char text[9];
        for (int b = 0; b < 8; b++)
            text[b] = (octet >> (7 - b) & 1) != 0 ? '1' : '0';
        size_t n = strlen(c->bits);
        bool is_last = c->name == 'E'; /* All that begins with 1111 is. */
        T_CHECK(memcmp(text, c->bits, is_last ? 4 : n) == 0);
        T_CHECK((octet >= c->first && octet <= c->end) || octet == 0 || octet == 127);
    }
    for (size_t i = 0; i < 5; i++) {
        const struct ip4class *c = ip4calc_classes(i);
        T_EQ(c->name, letters[i]);
        if (c->len == 0)
            continue;
        /* Networks by their number's bits, without the two that are all zeros and all ones; or, of
         * class A, the octets 1 to 126, which are just these. */
        networks[i] = (1ULL << (c->len - strlen(c->bits))) - 2;
        T_EQ(c->nets, networks[i]);
        T_EQ(c->hosts, (1ULL << (32 - c->len)) - 2);
    }
    T_CHECK(ip4calc_classes(5) == NULL);
    T_EQ(networks[0], 126);
    T_EQ(networks[1], 16382);
    T_EQ(networks[2], 2097150);
}

static void kind_is(uint32_t addr, const char *name, bool is_destination)
{
    T_CHECK(strcmp(ip4calc_kind(addr)->name, name) == 0);
    T_EQ(ip4calc_kind(addr)->is_destination, is_destination);
}

/* proves: CAP-IP-05 */
static void kinds_at_their_borders(void)
{
    kind_is(0x00000000, "this host", false);
    kind_is(0x00000001, "this network", false);
    kind_is(0x09ffffff, "public", true);
    kind_is(0x0a000000, "private", true);
    kind_is(0x0affffff, "private", true);
    kind_is(0x0b000000, "public", true);
    kind_is(0x7f000001, "loopback", false);
    kind_is(0xa9fe0001, "link-local", true);
    kind_is(0xac0fffff, "public", true);
    kind_is(0xac100000, "private", true);
    kind_is(0xac1fffff, "private", true);
    kind_is(0xac200000, "public", true);
    kind_is(0xc0a7ffff, "public", true);
    kind_is(0xc0a80000, "private", true);
    kind_is(0xc0a8ffff, "private", true);
    kind_is(0xc0a90000, "public", true);
    kind_is(0xe0000001, "multicast on the link", true);
    kind_is(0xe8000001, "source-specific multicast", true);
    kind_is(0xf0000001, "reserved", false);
    kind_is(0xffffffff, "limited broadcast", true);
    T_CHECK(!ip4calc_kind(0xe0000001)->is_source && !ip4calc_kind(0xffffffff)->is_source);
}

/* proves: CAP-IP-06 */
static void masks_from_numbers(void)
{
    uint8_t len;
    struct ip4net b = {0xac100000, 16};
    T_CHECK(ip4calc_subnets_len(b, 30, &len) && ip4calc_mask(len) == 0xfffff800);
    T_CHECK(ip4calc_subnets_len(b, 16, &len) && len == 20);
    T_CHECK(ip4calc_subnets_len(b, 17, &len) && len == 21);
    for (uint64_t n = 1; n < 3000; n++) {
        unsigned bits = 0, room = 2;
        while ((1ULL << bits) < n)
            bits++;
        while ((1ULL << room) - 2 < n)
            room++;
        T_CHECK(ip4calc_subnets_len(b, n, &len) && len == 16 + bits);
        T_CHECK(ip4calc_hosts_len(n, &len) && len == 32 - room);
    }
    T_CHECK(ip4calc_subnets_len(b, 65536, &len) && len == 32);
    T_CHECK(!ip4calc_subnets_len(b, 65537, &len));
    T_CHECK(!ip4calc_subnets_len(b, UINT64_MAX, &len));
    T_CHECK(!ip4calc_subnets_len(b, 0, &len) && !ip4calc_hosts_len(0, &len));
    T_CHECK(ip4calc_hosts_len(UINT32_MAX - 1ULL, &len) && len == 0);
    T_CHECK(!ip4calc_hosts_len(UINT32_MAX, &len));
}

/* proves: CAP-IP-06 */
static void subnets_tile_their_network(void)
{
    for (uint8_t len = 0; len <= 32; len++) {
        for (uint8_t sub = len; sub <= 32 && sub - len <= 10; sub++) {
            struct ip4net n = {(uint32_t)t_random(), len};
            uint64_t at = ip4calc_network(n);
            for (uint32_t i = 0; i < 1U << (sub - len); i++) {
                struct ip4net s = ip4calc_subnet(n, sub, i);
                T_EQ(s.len, sub);
                T_EQ(ip4calc_network(s), at);
                at = (uint64_t)ip4calc_last(s) + 1;
            }
            T_EQ(at, (uint64_t)ip4calc_last(n) + 1);
        }
    }
}

/* ---- a world of WORLD addresses, each marked or not ---- */

static void mark(uint8_t *w, const struct ip4net *nets, size_t n)
{
    memset(w, 0, WORLD);
    for (size_t i = 0; i < n; i++)
        for (uint64_t a = ip4calc_network(nets[i]); a <= ip4calc_last(nets[i]); a++)
            w[a - BASE]++;
}

/* The fewest aligned blocks that are just what is marked in [at, at + size). */
static size_t fewest(const uint8_t *w, uint32_t at, uint32_t size)
{
    size_t marked = 0;
    for (uint32_t i = 0; i < size; i++)
        marked += w[at + i] != 0;
    if (marked == 0 || marked == size)
        return marked != 0;
    return fewest(w, at, size / 2) + fewest(w, at + size / 2, size / 2);
}

/* proves: CAP-IP-06 */
static void aggregates_are_the_same_and_fewest(void)
{
    static uint8_t before[WORLD], after[WORLD];
    for (unsigned round = 0; round < 500; round++) {
        struct ip4net nets[40];
        size_t n = 1 + t_random() % 40;
        for (size_t i = 0; i < n; i++)
            nets[i] = (struct ip4net){BASE + (uint32_t)(t_random() % WORLD),
                                      (uint8_t)(23 + t_random() % 10)};
        mark(before, nets, n);
        size_t kept = ip4calc_aggregate(nets, n);
        mark(after, nets, kept);
        for (uint32_t i = 0; i < WORLD; i++)
            T_EQ(after[i], before[i] != 0); /* Once, if at all. */
        T_EQ(kept, fewest(before, 0, WORLD));
    }
    struct ip4net halves[2] = {{0x80000000, 1}, {0, 1}};
    T_EQ(ip4calc_aggregate(halves, 2), 1);
    T_EQ(halves[0].len, 0);
    T_EQ(ip4calc_aggregate(halves, 0), 0);
}

/* proves: CAP-IP-06 */
static void ranges_are_exact_and_fewest(void)
{
    static uint8_t want[WORLD], got[WORLD];
    struct ip4net nets[IP4CALC_RANGE_MAX];
    for (unsigned round = 0; round < 1000; round++) {
        uint32_t a = (uint32_t)(t_random() % WORLD), b = (uint32_t)(t_random() % WORLD);
        if (a > b) {
            uint32_t t = a;
            a = b;
            b = t;
        }
        memset(want, 0, sizeof(want));
        memset(want + a, 1, b - a + 1);
        size_t n = ip4calc_range(BASE + a, BASE + b, nets);
        mark(got, nets, n);
        T_CHECK(memcmp(want, got, sizeof(want)) == 0);
        T_EQ(n, fewest(want, 0, WORLD));
    }
    T_EQ(ip4calc_range(0, UINT32_MAX, nets), 1);
    T_EQ(ip4calc_range(UINT32_MAX, UINT32_MAX, nets), 1);
    T_EQ(ip4calc_range(1, UINT32_MAX - 1, nets), IP4CALC_RANGE_MAX);
}

static const struct t_case cases[] = {
    {"masks", masks},
    {"network, host part, first and last, local or remote", parts},
    {"classes by their leading bits", classes_by_their_bits},
    {"what addresses are set aside for, at the borders", kinds_at_their_borders},
    {"masks from a number of subnets or of hosts", masks_from_numbers},
    {"subnets tile their network", subnets_tile_their_network},
    {"aggregates are the same addresses, in the fewest networks",
     aggregates_are_the_same_and_fewest},
    {"ranges are exact, in the fewest networks", ranges_are_exact_and_fewest},
};
T_MAIN(cases)
