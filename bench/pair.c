/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "weft/host.h"

void bench_die(const char *what, int64_t err)
{
    fprintf(stderr, "bench: %s: %s\n", what, err < 0 ? weft_strerror((int)err) : "failed");
    exit(1);
}

double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void *bench_map(size_t bytes)
{
    void *m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (m == MAP_FAILED)
        bench_die("mmap", -WEFT_ENOMEM);
    return m;
}

void bench_put(uint8_t *p, uint64_t v, unsigned bytes)
{
    while (bytes-- > 0) {
        p[bytes] = (uint8_t)v;
        v >>= 8;
    }
}

uint16_t bench_csum(uint32_t sum, const uint8_t *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i += 2)
        sum += (uint32_t)p[i] << 8 | p[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~(sum + (sum >> 16));
}

void pair_open(struct pair *p, const struct weft_config *cfg, uint32_t caps, uint32_t mtu,
               size_t area_bytes)
{
    *p = (struct pair){.step_ns = 20000};
    for (int i = 0; i < 2; i++) {
        struct pair_side *s = &p->side[i];
        struct weft_config c = *cfg;
        c.seed[0] = (uint64_t)i + 1;
        c.vec = weft_host_vec();
        s->region_bytes = weft_stack_footprint(&c);
        s->area_bytes = area_bytes;
        if (s->region_bytes == 0)
            bench_die("configuration", -WEFT_EINVAL);
        s->region = bench_map(s->region_bytes);
        s->area = bench_map(area_bytes);
        int err = weft_stack_init(&s->st, &c, s->region, s->region_bytes);
        if (err == 0)
            err = weft_area_add(s->st, s->area, area_bytes);
        if (err < 0)
            bench_die("stack", err);
        struct weft_if_config ifc = {.name = "eth0",
                                     .kind = WEFT_IF_ETHER,
                                     .mac = {2, 0, 0, 0, 0, (uint8_t)(i + 1)},
                                     .mtu = mtu,
                                     .caps = caps};
        int index = weft_if_add(s->st, &ifc);
        struct weft_addr addr = weft_ip4(10, 0, 0, (uint8_t)(i + 1));
        if (index > 0)
            err = weft_addr_add(s->st, (uint16_t)index, &addr, 24);
        if (index < 0 || err < 0)
            bench_die("interface", index < 0 ? index : err);
        s->ifindex = (uint16_t)index;
    }
}

void pair_close(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        munmap(p->side[i].region, p->side[i].region_bytes);
        munmap(p->side[i].area, p->side[i].area_bytes);
    }
}

/* Frames that @to is done with go back to @from. */
static void give_back(struct pair_side *from, struct pair_side *to)
{
    uint64_t cookies[PAIR_BURST];
    uint32_t done;
    while ((done = weft_rx_done(to->st, cookies, PAIR_BURST)) > 0)
        weft_tx_done(from->st, cookies, done);
}

static bool carry(struct pair *p, struct pair_side *from, struct pair_side *to)
{
    static _Alignas(64) struct weft_frame frames[PAIR_BURST];
    uint32_t n = weft_tx(from->st, from->ifindex, frames, PAIR_BURST, p->now_ns);
    struct pair_side seen = *from; /* Counted here, as nothing else reads it meanwhile. */
    for (uint32_t i = 0; i < n; i++) {
        uint32_t segs = frames[i].gso_segs > 1 ? frames[i].gso_segs : 1;
        seen.frames += segs;
        seen.bytes += frames[i].len;
        seen.acks += frames[i].len <= 14 + 20 + 60;
        if (frames[i].len > seen.largest)
            seen.largest = frames[i].len;
    }
    *from = seen;
    if (n > 0 && weft_rx(to->st, to->ifindex, frames, n, p->now_ns) != n)
        bench_die("the receiver cannot hold so many frames", -WEFT_ENOMEM);
    give_back(from, to);
    return n > 0;
}

bool pair_there(struct pair *p)
{
    return carry(p, &p->side[0], &p->side[1]);
}

bool pair_back(struct pair *p)
{
    give_back(&p->side[0], &p->side[1]); /* What the application has read since. */
    bool moved = carry(p, &p->side[1], &p->side[0]);
    p->now_ns += p->step_ns;
    for (int i = 0; i < 2; i++)
        if (weft_deadline(p->side[i].st) <= p->now_ns)
            weft_advance(p->side[i].st, p->now_ns);
    return moved;
}

bool pair_turn(struct pair *p)
{
    bool moved = pair_there(p);
    return pair_back(p) || moved;
}

uint64_t pair_listen(struct pair *p, uint32_t backlog)
{
    uint64_t l = 0;
    struct weft_endpoint any = {.port = 7};
    int err = weft_sock_open(p->side[1].st, WEFT_SOCK_TCP, &l);
    if (err == 0)
        err = weft_sock_bind(p->side[1].st, l, &any);
    if (err == 0)
        err = weft_sock_listen(p->side[1].st, l, backlog);
    if (err != 0)
        bench_die("listen", err);
    return l;
}

void pair_connect(struct pair *p, uint64_t listener, uint64_t *a, uint64_t *b)
{
    struct weft_endpoint to = {.addr = weft_ip4(10, 0, 0, 2), .port = 7};
    int err = weft_sock_open(p->side[0].st, WEFT_SOCK_TCP, a);
    if (err == 0)
        err = weft_sock_connect(p->side[0].st, *a, &to);
    for (int i = 0; i < 100000 && err == 0; i++) {
        pair_turn(p);
        err = weft_sock_accept(p->side[1].st, listener, b, NULL);
        if (err == -WEFT_EAGAIN)
            err = 0;
        else if (err == 0)
            return;
    }
    bench_die("connect", err);
}
