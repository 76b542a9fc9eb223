/* SPDX-License-Identifier: MIT */
#include "ip4calc.h"

#include <stdlib.h>

static const struct ip4class classes[] = {
    {'A', "0", 1, 126, 8, 126, 16777214},     {'B', "10", 128, 191, 16, 16382, 65534},
    {'C', "110", 192, 223, 24, 2097150, 254}, {'D', "1110", 224, 239, 0, 0, 0},
    {'E', "11110", 240, 255, 0, 0, 0},
};

#define NET(a, b, c, d, l)                                                                         \
    {                                                                                              \
        (uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d), l          \
    }

/* Source, destination, global. The first row is what all others are not. */
static const struct ip4kind kinds[] = {
    {NET(0, 0, 0, 0, 0), "public", "RFC 791", true, true, true},
    {NET(0, 0, 0, 0, 8), "this network", "RFC 791", true, false, false},
    {NET(0, 0, 0, 0, 32), "this host", "RFC 1122", true, false, false},
    {NET(10, 0, 0, 0, 8), "private", "RFC 1918", true, true, false},
    {NET(100, 64, 0, 0, 10), "shared by carriers", "RFC 6598", true, true, false},
    {NET(127, 0, 0, 0, 8), "loopback", "RFC 1122", false, false, false},
    {NET(169, 254, 0, 0, 16), "link-local", "RFC 3927", true, true, false},
    {NET(172, 16, 0, 0, 12), "private", "RFC 1918", true, true, false},
    {NET(192, 0, 0, 0, 24), "IETF protocols", "RFC 6890", false, false, false},
    {NET(192, 0, 0, 0, 29), "DS-Lite", "RFC 7335", true, true, false},
    {NET(192, 0, 0, 8, 32), "dummy", "RFC 7600", true, false, false},
    {NET(192, 0, 0, 9, 32), "port control anycast", "RFC 7723", true, true, true},
    {NET(192, 0, 0, 10, 32), "TURN anycast", "RFC 8155", true, true, true},
    {NET(192, 0, 0, 170, 31), "NAT64 discovery", "RFC 7050", false, false, false},
    {NET(192, 0, 2, 0, 24), "documentation", "RFC 5737", false, false, false},
    {NET(192, 31, 196, 0, 24), "AS112", "RFC 7535", true, true, true},
    {NET(192, 52, 193, 0, 24), "AMT", "RFC 7450", true, true, true},
    {NET(192, 88, 99, 0, 24), "6to4 relay, given up", "RFC 7526", true, true, true},
    {NET(192, 168, 0, 0, 16), "private", "RFC 1918", true, true, false},
    {NET(192, 175, 48, 0, 24), "AS112 direct", "RFC 7534", true, true, true},
    {NET(198, 18, 0, 0, 15), "benchmarks", "RFC 2544", true, true, false},
    {NET(198, 51, 100, 0, 24), "documentation", "RFC 5737", false, false, false},
    {NET(203, 0, 113, 0, 24), "documentation", "RFC 5737", false, false, false},
    {NET(224, 0, 0, 0, 4), "multicast", "RFC 5771", false, true, true},
    {NET(224, 0, 0, 0, 24), "multicast on the link", "RFC 5771", false, true, false},
    {NET(232, 0, 0, 0, 8), "source-specific multicast", "RFC 4607", false, true, true},
    {NET(239, 0, 0, 0, 8), "multicast within a site", "RFC 2365", false, true, false},
    {NET(240, 0, 0, 0, 4), "reserved", "RFC 1112", false, false, false},
    {NET(255, 255, 255, 255, 32), "limited broadcast", "RFC 919", false, true, false},
};

uint32_t ip4calc_mask(uint8_t len)
{
    return len == 0 ? 0 : UINT32_MAX << (32 - len);
}

bool ip4calc_len(uint32_t mask, uint8_t *len)
{
    for (uint8_t i = 0; i <= 32; i++) {
        if (ip4calc_mask(i) == mask) {
            *len = i;
            return true;
        }
    }
    return false;
}

uint32_t ip4calc_network(struct ip4net n)
{
    return n.addr & ip4calc_mask(n.len);
}

uint32_t ip4calc_last(struct ip4net n)
{
    return n.addr | ~ip4calc_mask(n.len);
}

bool ip4calc_has_broadcast(struct ip4net n)
{
    return n.len < 31;
}

uint64_t ip4calc_hosts(struct ip4net n, uint32_t *first, uint32_t *last)
{
    uint32_t apart = ip4calc_has_broadcast(n) ? 1 : 0;
    *first = ip4calc_network(n) + apart;
    *last = ip4calc_last(n) - apart;
    return (uint64_t)*last - *first + 1;
}

bool ip4calc_is_local(struct ip4net n, uint32_t other)
{
    return ((n.addr ^ other) & ip4calc_mask(n.len)) == 0;
}

const struct ip4class *ip4calc_class(uint32_t addr)
{
    size_t i = 0;
    while (i < 4 && (addr >> (31 - i) & 1) != 0)
        i++;
    return &classes[i];
}

const struct ip4class *ip4calc_classes(size_t i)
{
    return i < sizeof(classes) / sizeof(classes[0]) ? &classes[i] : NULL;
}

const struct ip4kind *ip4calc_kind(uint32_t addr)
{
    const struct ip4kind *best = &kinds[0];
    for (size_t i = 1; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (ip4calc_is_local(kinds[i].net, addr) && kinds[i].net.len >= best->net.len)
            best = &kinds[i];
    return best;
}

/* A power of two needs no bit more than its exponent: 16 subnets have 4. */
bool ip4calc_subnets_len(struct ip4net n, uint64_t count, uint8_t *len)
{
    uint8_t bits = 0;
    if (count == 0)
        return false;
    while (bits < 33 && (uint64_t)1 << bits < count)
        bits++;
    *len = (uint8_t)(n.len + bits);
    return *len <= 32;
}

bool ip4calc_hosts_len(uint64_t count, uint8_t *len)
{
    uint8_t bits = 2;
    if (count == 0 || count > UINT32_MAX - 1ULL)
        return false;
    while (((uint64_t)1 << bits) - 2 < count)
        bits++;
    *len = (uint8_t)(32 - bits);
    return true;
}

struct ip4net ip4calc_subnet(struct ip4net n, uint8_t len, uint32_t i)
{
    struct ip4net s = {ip4calc_network(n), len};
    if (len > 0)
        s.addr |= (uint32_t)((uint64_t)i << (32 - len));
    return s;
}

/* From the left always the largest network that begins there and does not go beyond the end. */
size_t ip4calc_range(uint32_t first, uint32_t last, struct ip4net out[IP4CALC_RANGE_MAX])
{
    uint64_t at = first, end = (uint64_t)last + 1;
    size_t n = 0;
    while (at < end) {
        uint8_t bits = 0;
        while (bits < 32 && (at & (((uint64_t)2 << bits) - 1)) == 0 &&
               at + ((uint64_t)2 << bits) <= end)
            bits++;
        out[n++] = (struct ip4net){(uint32_t)at, (uint8_t)(32 - bits)};
        at += (uint64_t)1 << bits;
    }
    return n;
}

static int by_place(const void *a, const void *b)
{
    const struct ip4net *x = a, *y = b;
    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    return (int)x->len - (int)y->len; /* The wider one first. */
}

/* Whether two networks are the halves of a wider one. */
static bool are_halves(struct ip4net a, struct ip4net b)
{
    return a.len == b.len && a.len > 0 && (a.addr ^ b.addr) == 1U << (32 - a.len);
}

size_t ip4calc_aggregate(struct ip4net *nets, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        nets[i].addr = ip4calc_network(nets[i]);
    qsort(nets, n, sizeof(*nets), by_place);
    for (size_t i = 0; i < n; i++) {
        struct ip4net c = nets[i];
        if (kept > 0 && ip4calc_is_local(nets[kept - 1], c.addr))
            continue; /* In one that is there. */
        while (kept > 0 && are_halves(nets[kept - 1], c)) {
            c = nets[--kept];
            c.len--;
        }
        nets[kept++] = c;
    }
    return kept;
}
