/* SPDX-License-Identifier: MIT */
/**
 * DOC: inproc - benchmarks of two stacks in one process on one core; one result a run, as JSON
 *
 *   inproc bulk [MBYTES]    bulk TCP, frames of at most 1,514 bytes, checksums on
 *   inproc super [MBYTES]   bulk TCP in super-frames, no checksums
 *   inproc rr [COUNT]       64-byte request and response
 *   inproc conn [COUNT]     connect, send, close
 *   inproc flood [COUNT]    SYNs of strangers to a listener, most of them answered by a cookie
 *   inproc idle [COUNT]     memory of an idle connection, per endpoint
 *   inproc limit            copies and sums over 1 MiB: what bulk is held against
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pair.h"
#include "weft/host.h"

#define CHUNK      (64u << 10)
#define SUPER_CAPS (WEFT_CAP_TX_CSUM | WEFT_CAP_TX_TSO4 | WEFT_CAP_RX_TRUST)

/* As large as what the limits are measured over, so that caches help both alike. */
static uint8_t out_buf[1 << 20], in_buf[1 << 20];

static void drain_events(struct pair *p)
{
    struct weft_event ev[64];
    for (int i = 0; i < 2; i++)
        while (weft_events(p->side[i].st, ev, 64) == 64)
            ;
}

/* How many bytes of a stream an application may ask for at once: up to the end of its buffer, which
 * it walks through as the stream goes. */
static size_t piece(uint64_t at)
{
    size_t left = sizeof(in_buf) - (size_t)(at % sizeof(in_buf));
    return left < CHUNK ? left : CHUNK;
}

static void bulk(uint64_t mbytes, bool is_super)
{
    struct pair p;
    struct weft_config cfg;
    weft_config_default(&cfg);
    pair_open(&p, &cfg, is_super ? SUPER_CAPS : 0, 1500, 64u << 20);
    uint64_t l = pair_listen(&p, 16), a, b, sent = 0, got = 0, total = mbytes << 20;
    pair_connect(&p, l, &a, &b);
    struct pair_side before[2] = {p.side[0], p.side[1]};
    double t0 = bench_now();
    while (got < total) {
        /* One write a turn, as an event loop has it: what is queued is still in the cache. */
        const uint8_t *from = out_buf + sent % sizeof(out_buf);
        int64_t n = sent < total ? weft_sock_send(p.side[0].st, a, from, piece(sent)) : 0;
        if (n > 0)
            sent += (uint64_t)n;
        else if (n < 0 && n != -WEFT_EAGAIN)
            bench_die("send", n);
        pair_there(&p);
        while ((n = weft_sock_recv(p.side[1].st, b, in_buf + got % sizeof(in_buf), piece(got))) > 0)
            got += (uint64_t)n;
        if (n != -WEFT_EAGAIN)
            bench_die("recv", n);
        pair_back(&p);
        drain_events(&p);
    }
    double t = bench_now() - t0;
    uint64_t frames = p.side[0].frames - before[0].frames;
    printf("{\"bench\": \"%s\", \"bytes\": %" PRIu64 ", \"seconds\": %.6f, \"gbytes_per_s\": %.4f, "
           "\"frames\": %" PRIu64 ", \"largest_frame\": %" PRIu32 ", \"acks\": %" PRIu64
           ", \"bytes_per_frame\": %.1f}\n",
           is_super ? "super" : "bulk", got, t, (double)got / t / 1e9, frames, p.side[0].largest,
           p.side[1].frames - before[1].frames, (double)got / (double)frames);
    pair_close(&p);
}

static void rr(uint64_t count)
{
    struct pair p;
    struct weft_config cfg;
    weft_config_default(&cfg);
    pair_open(&p, &cfg, 0, 1500, 16u << 20);
    uint64_t l = pair_listen(&p, 16), a, b;
    pair_connect(&p, l, &a, &b);
    double t0 = bench_now();
    for (uint64_t i = 0; i < count; i++) {
        for (int dir = 0; dir < 2; dir++) {
            uint64_t from = dir == 0 ? a : b, to = dir == 0 ? b : a;
            int64_t n = weft_sock_send(p.side[dir].st, from, out_buf, 64);
            if (n != 64)
                bench_die("send", n);
            while ((n = weft_sock_recv(p.side[1 - dir].st, to, in_buf, 64)) == -WEFT_EAGAIN)
                pair_turn(&p);
            if (n != 64)
                bench_die("recv", n);
        }
        drain_events(&p);
    }
    double t = bench_now() - t0;
    printf("{\"bench\": \"rr\", \"count\": %" PRIu64 ", \"seconds\": %.6f, \"per_s\": %.0f}\n",
           count, t, (double)count / t);
    pair_close(&p);
}

static void conn(uint64_t count)
{
    struct pair p;
    struct weft_config cfg;
    weft_config_default(&cfg);
    pair_open(&p, &cfg, 0, 1500, 16u << 20);
    uint64_t l = pair_listen(&p, 16), a, b;
    double t0 = bench_now();
    for (uint64_t i = 0; i < count; i++) {
        pair_connect(&p, l, &a, &b);
        int64_t n = weft_sock_send(p.side[0].st, a, out_buf, 64);
        if (n != 64)
            bench_die("send", n);
        weft_sock_close(p.side[0].st, a);
        while ((n = weft_sock_recv(p.side[1].st, b, in_buf, CHUNK)) != 0) {
            if (n == -WEFT_EAGAIN)
                pair_turn(&p);
            else if (n < 0)
                bench_die("recv", n);
        }
        weft_sock_close(p.side[1].st, b);
        pair_turn(&p);
        drain_events(&p);
    }
    double t = bench_now() - t0;
    printf("{\"bench\": \"conn\", \"count\": %" PRIu64 ", \"seconds\": %.6f, \"per_s\": %.0f}\n",
           count, t, (double)count / t);
    pair_close(&p);
}

/* ---- a flood of SYNs ---- */

#define SYN_BYTES 58u /* Ethernet, IPv4, TCP with an MSS. */
#define STRANGERS 65536u

static void make_syn(uint8_t *p, uint32_t i)
{
    static const uint8_t head[] = {2, 0, 0,    0, 0,  2,    2, 0, 0,
                                   0, 0, 1,    8, 0,  0x45, 0, 0, SYN_BYTES - 14,
                                   0, 0, 0x40, 0, 64, 6,    0, 0};
    uint64_t r = (i + 1) * 0x9e3779b97f4a7c15ull;
    memset(p, 0, SYN_BYTES);
    memcpy(p, head, sizeof(head));
    bench_put(p + 26, 0x14000000 | (r >> 40), 4);
    bench_put(p + 30, 0x0a000002, 4);
    bench_put(p + 34, 1024 + r % 60000, 2);
    bench_put(p + 36, 7, 2);
    bench_put(p + 38, r >> 16, 4);
    bench_put(p + 46, 0x6002, 2);
    bench_put(p + 48, 65535, 2);
    bench_put(p + 54, 0x020405b4, 4);
    bench_put(p + 24, bench_csum(0, p + 14, 20), 2);
    bench_put(p + 50, bench_csum(6 + SYN_BYTES - 34, p + 26, SYN_BYTES - 26), 2);
}

/* The way back to strangers, who never answer. */
static void open_gate(const struct pair_side *s)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    struct weft_route r = {.gateway = weft_ip4(10, 0, 0, 1)};
    int err = weft_route_add(s->st, &r);
    if (err == 0)
        err = weft_neigh_set(s->st, s->ifindex, &r.gateway, mac);
    if (err != 0)
        bench_die("gateway", err);
}

/* All SYNs are made before the clock starts; a million come in a virtual second. */
static void flood(uint64_t count)
{
    struct pair p;
    struct weft_config cfg;
    uint8_t *syns = malloc((size_t)STRANGERS * SYN_BYTES);
    weft_config_default(&cfg);
    pair_open(&p, &cfg, 0, 1500, 16u << 20);
    struct pair_side *s = &p.side[1];
    if (syns == NULL)
        bench_die("malloc", -WEFT_ENOMEM);
    for (uint32_t i = 0; i < STRANGERS; i++)
        make_syn(syns + (size_t)i * SYN_BYTES, i);
    (void)pair_listen(&p, 128);
    open_gate(s);
    double t0 = bench_now();
    uint64_t answers = 0;
    for (uint64_t i = 0; i < count; i += PAIR_BURST) {
        struct weft_frame f[PAIR_BURST];
        uint64_t cookies[PAIR_BURST];
        memset(f, 0, sizeof(f));
        for (uint64_t k = 0; k < PAIR_BURST; k++) {
            f[k].iov[0].base = syns + (i + k) % STRANGERS * SYN_BYTES;
            f[k].iov[0].len = f[k].len = SYN_BYTES;
            f[k].iov_n = 1;
            f[k].cookie = k + 1;
        }
        if (weft_rx(s->st, s->ifindex, f, PAIR_BURST, p.now_ns) != PAIR_BURST)
            bench_die("the receiver cannot hold so many frames", -WEFT_ENOMEM);
        while (weft_rx_done(s->st, cookies, PAIR_BURST) > 0)
            ;
        for (uint32_t n; (n = weft_tx(s->st, s->ifindex, f, PAIR_BURST, p.now_ns)) > 0;) {
            for (uint32_t k = 0; k < n; k++)
                cookies[k] = f[k].cookie;
            weft_tx_done(s->st, cookies, n);
            answers += n;
        }
        p.now_ns += PAIR_BURST * 1000;
        weft_advance(s->st, p.now_ns);
    }
    double t = bench_now() - t0;
    printf("{\"bench\": \"flood\", \"count\": %" PRIu64 ", \"seconds\": %.6f, \"per_s\": %.0f, "
           "\"answers\": %" PRIu64 ", \"cookies\": %" PRIu64 "}\n",
           count, t, (double)count / t, answers, weft_counter(s->st, WEFT_COUNT_TCP_COOKIES_OUT));
    free(syns);
    pair_close(&p);
}

static uint64_t resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long size = 0, resident = 0;
    if (f == NULL || fscanf(f, "%lu %lu", &size, &resident) != 2)
        bench_die("/proc/self/statm", -WEFT_ENOENT);
    fclose(f);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void move_all(struct pair *p, int from, uint64_t fh, uint64_t th, uint32_t bytes)
{
    uint32_t sent = 0, got = 0;
    while (got < bytes) {
        int64_t n = sent < bytes ? weft_sock_send(p->side[from].st, fh, out_buf, bytes - sent) : 0;
        if (n > 0)
            sent += (uint32_t)n;
        pair_turn(p);
        while ((n = weft_sock_recv(p->side[1 - from].st, th, in_buf, CHUNK)) > 0)
            got += (uint32_t)n;
        drain_events(p);
    }
}

/* Footprint and resident memory with @count connections, each after three echoes of 64 KiB. */
static void idle(uint32_t count)
{
    struct pair p;
    struct weft_config cfg;
    weft_config_default(&cfg);
    cfg.socks_max = count + 16;
    cfg.tcp_conns_max = count + 16;
    uint64_t start = resident_bytes();
    /* Super-frames only make the echoes quicker. */
    pair_open(&p, &cfg, SUPER_CAPS, 1500, 64u << 20);
    uint64_t l = pair_listen(&p, 1024);
    struct weft_endpoint bind_to = {.addr = weft_ip4(10, 0, 0, 1)};
    for (uint32_t i = 0; i < count; i++) {
        uint64_t a = 0, b = 0;
        struct weft_endpoint to = {.addr = weft_ip4(10, 0, 0, 2), .port = 7};
        if (i % 20000 == 0) { /* Ports of one address do not suffice: take another. */
            bind_to.addr = weft_ip4(10, 0, 0, (uint8_t)(100 + i / 20000));
            if (weft_addr_add(p.side[0].st, p.side[0].ifindex, &bind_to.addr, 24) < 0)
                bench_die("address", -WEFT_ENOMEM);
        }
        bind_to.port = (uint16_t)(1024 + i % 20000);
        int err = weft_sock_open(p.side[0].st, WEFT_SOCK_TCP, &a);
        if (err == 0)
            err = weft_sock_set(p.side[0].st, a, WEFT_SO_REUSEADDR, 1);
        if (err == 0)
            err = weft_sock_bind(p.side[0].st, a, &bind_to);
        if (err == 0)
            err = weft_sock_connect(p.side[0].st, a, &to);
        while (err == 0 && weft_sock_accept(p.side[1].st, l, &b, NULL) != 0)
            pair_turn(&p);
        if (err != 0)
            bench_die("connect", err);
        for (int k = 0; k < 3; k++) {
            move_all(&p, 0, a, b, CHUNK);
            move_all(&p, 1, b, a, CHUNK);
        }
    }
    for (uint64_t end = p.now_ns + 10000000000u; p.now_ns < end;) {
        pair_turn(&p);
        p.now_ns += 1000000;
        drain_events(&p);
    }
    printf("{\"bench\": \"idle\", \"count\": %" PRIu32
           ", \"footprint\": %zu, \"resident\": %" PRIu64 "}\n",
           count, p.side[0].region_bytes, (resident_bytes() - start) / 2);
    pair_close(&p);
}

/* ---- limits ---- */

static void libc_copy(void *dst, const void *src, size_t n)
{
    memcpy(dst, src, n);
}

static double rate(void (*copy)(void *, const void *, size_t),
                   uint16_t (*sum)(const void *, size_t),
                   uint16_t (*copy_sum)(void *, const void *, size_t))
{
    static uint8_t src[1 << 20], dst[1 << 20];
    static volatile uint16_t sink;
    uint64_t bytes = 0;
    double t0 = bench_now(), t;
    memset(src, 1, sizeof(src));
    do {
        for (int i = 0; i < 64; i++) {
            if (copy != NULL)
                copy(dst, src, sizeof(src));
            if (sum != NULL)
                sink = sum(src, sizeof(src));
            if (copy_sum != NULL)
                sink = copy_sum(dst, src, sizeof(src));
            bytes += sizeof(src);
        }
        t = bench_now() - t0;
    } while (t < 0.2);
    (void)sink;
    return (double)bytes / t / 1e9;
}

static void limit(void)
{
    const struct weft_vec *v = weft_host_vec();
    double libc = rate(libc_copy, NULL, NULL), copy = rate(v->copy, NULL, NULL);
    double sum = rate(NULL, v->sum, NULL), copy_sum = rate(NULL, NULL, v->copy_sum);
    double best_copy = copy > libc ? copy : libc;
    printf("{\"bench\": \"limit\", \"memcpy\": %.3f, \"copy\": %.3f, \"sum\": %.3f, \"copy_sum\": "
           "%.3f, "
           "\"bulk_limit\": %.3f, \"super_limit\": %.3f}\n",
           libc, copy, sum, copy_sum, 1 / (1 / copy_sum + 1 / sum + 1 / best_copy), best_copy / 2);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    if (strcmp(what, "bulk") == 0 || strcmp(what, "super") == 0)
        bulk(n != 0 ? n : 2048, what[0] == 's');
    else if (strcmp(what, "rr") == 0)
        rr(n != 0 ? n : 200000);
    else if (strcmp(what, "conn") == 0)
        conn(n != 0 ? n : 50000);
    else if (strcmp(what, "flood") == 0)
        flood(n != 0 ? n : 2000000);
    else if (strcmp(what, "idle") == 0)
        idle(n != 0 ? (uint32_t)n : 100000);
    else if (strcmp(what, "limit") == 0)
        limit();
    else
        return fprintf(stderr, "usage: inproc bulk|super|rr|conn|flood|idle|limit [COUNT]\n"), 2;
    return 0;
}
