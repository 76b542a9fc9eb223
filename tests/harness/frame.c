/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <stdlib.h>
#include <string.h>

#include "t.h"

#define BURST 16

uint32_t t_get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

uint32_t t_get32(const uint8_t *p)
{
    return t_get16(p) << 16 | t_get16(p + 2);
}

void t_put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void t_put32(uint8_t *p, uint32_t v)
{
    t_put16(p, v >> 16);
    t_put16(p + 2, v);
}

uint32_t t_sum(const uint8_t *p, size_t n, uint32_t from)
{
    uint64_t s = from;
    for (; n > 1; n -= 2, p += 2)
        s += t_get16(p);
    s += n > 0 ? (uint32_t)p[0] << 8 : 0;
    while (s > 0xffff)
        s = (s & 0xffff) + (s >> 16);
    return (uint32_t)s;
}

void t_put_sum(uint8_t *at, const uint8_t *p, size_t n, uint32_t from)
{
    t_put16(at, 0);
    t_put16(at, ~t_sum(p, n, from));
}

struct weft_addr t_addr(uint32_t ip4)
{
    return weft_ip4((uint8_t)(ip4 >> 24), (uint8_t)(ip4 >> 16), (uint8_t)(ip4 >> 8), (uint8_t)ip4);
}

void t_frame(struct weft_frame *f, const void *octets, size_t n)
{
    uint8_t *block = malloc(n + 1);
    if (block == NULL)
        abort();
    if (n > 0)
        memcpy(block + 1, octets, n);
    memset(f, 0, sizeof(*f));
    f->iov[0].base = block + 1;
    f->iov[0].len = f->len = (uint32_t)n;
    f->iov_n = 1;
    f->cookie = (uint64_t)(uintptr_t)block;
}

bool t_rx(struct weft_stack *st, uint16_t ifindex, struct weft_frame *f, uint64_t now_ns)
{
    if (weft_rx(st, ifindex, f, 1, now_ns) == 1)
        return true;
    free((void *)(uintptr_t)f->cookie);
    return false;
}

void t_rx_done(struct weft_stack *st)
{
    uint64_t cookies[BURST];
    uint32_t n;
    while ((n = weft_rx_done(st, cookies, BURST)) > 0)
        for (uint32_t i = 0; i < n; i++)
            free((void *)(uintptr_t)cookies[i]); // NOLINT: a block of t_frame().
}

size_t t_flat(uint8_t *out, size_t cap, const struct weft_frame *f)
{
    size_t n = 0;
    for (uint32_t i = 0; i < f->iov_n && n + f->iov[i].len <= cap; i++) {
        memcpy(out + n, f->iov[i].base, f->iov[i].len);
        n += f->iov[i].len;
    }
    T_EQ(n, f->len);
    return n;
}

size_t t_tx(struct weft_stack *st, uint16_t ifindex, uint8_t *out, size_t cap, uint64_t now_ns)
{
    static struct weft_frame f;
    if (weft_tx(st, ifindex, &f, 1, now_ns) == 0)
        return 0;
    size_t n = t_flat(out, cap, &f);
    weft_tx_done(st, &f.cookie, 1);
    return n;
}
