/* SPDX-License-Identifier: MIT */
/**
 * DOC: packetdrill stack - the stack, its packets and virtual time
 *
 * Time moves when a thread asks for it, sleeps, or waits for a packet. Each step ends with
 * wf_pd_settle(): a blocked call that is woken holds time still until it sleeps again or has asked
 * what time it is, so that what it sees does not depend on how fast threads run.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pd.h"

#define START_NS      UINT64_C(1000000000000000000) /* Some day: what passes is what counts. */
#define CALL_NS       UINT64_C(1000)                /* How long it takes to ask for the time. */
#define AREA_BYTES    ((size_t)16 << 20)
#define IP_HDR_BYTES  20U
#define TCP_HDR_BYTES 20U
#define BURST         16U
#define IDLE_TURNS    1000U
#define PATIENCE_S    2 /* Of real time, for a woken thread that is not scheduled. */
#define LONGEST_NS    (UINT64_C(86400) * 1000000000)
#define RCVBUF_BYTES  540000U /* What the public scripts set as the kernel's default. */
#define SNDBUF_BYTES  (1U << 20)

void weft_panic(const char *file, int line, const char *expr)
{
    (void)fprintf(stderr, "weft: %s:%d: broken invariant: %s\n", file, line, expr);
    abort();
}

/* The kernel sends as many segments in one run as take a millisecond, at these scripts' rates the
 * least number that is set. */
static uint32_t run_bytes(const struct pd *p)
{
    uint32_t bytes = p->run_segs * (p->mtu - IP_HDR_BYTES - TCP_HDR_BYTES) + 120;
    return bytes < 65535 ? bytes : 65535;
}

static int build(struct pd *p)
{
    struct weft_config cfg;
    weft_config_default(&cfg);
    cfg.seed[0] = 1;
    cfg.seed[1] = 2;
    cfg.rcvbuf_bytes = RCVBUF_BYTES;
    cfg.sndbuf_bytes = SNDBUF_BYTES;
    size_t bytes = weft_stack_footprint(&cfg);
    p->mem = aligned_alloc(64, (bytes + 63) / 64 * 64);
    p->area = malloc(AREA_BYTES);
    if (p->mem == NULL || p->area == NULL)
        return -WEFT_ENOMEM;
    int r = weft_stack_init(&p->st, &cfg, p->mem, bytes);
    if (r == 0)
        r = weft_area_add(p->st, p->area, AREA_BYTES);
    if (r < 0)
        return r;
    weft_advance(p->st, p->now_ns);
    struct weft_if_config ic = {.name = "tun0",
                                .kind = WEFT_IF_L3,
                                .mtu = p->mtu,
                                .caps = WEFT_CAP_TX_CSUM | WEFT_CAP_TX_TSO4,
                                .gso_max_bytes = run_bytes(p),
                                .is_any_address = true};
    r = weft_if_add(p->st, &ic);
    if (r < 0)
        return r;
    p->ifindex = (uint16_t)r;
    struct weft_addr a = weft_ip4(p->local_ip[0], p->local_ip[1], p->local_ip[2], p->local_ip[3]);
    r = weft_addr_add(p->st, p->ifindex, &a, p->prefix_len);
    if (r < 0)
        return r;
    struct weft_route all = {.dst = weft_ip4(0, 0, 0, 0), .ifindex = p->ifindex};
    return weft_route_add(p->st, &all);
}

struct pd *wf_pd_open(const char *flags)
{
    struct pd *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return NULL;
    p->now_ns = START_NS;
    p->out_tail = &p->out;
    p->main = pthread_self();
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->wake, NULL);
    (void)pthread_cond_init(&p->settled, NULL);
    if (wf_pd_flags(p, flags))
        return p;
    wf_pd_free(p);
    return NULL;
}

bool wf_pd_begin(struct pd *p)
{
    int r = p->st != NULL ? 0 : build(p);
    if (r < 0)
        (void)fprintf(stderr, "weft: the stack cannot be set up: %s\n", weft_strerror(r));
    return r >= 0;
}

static void free_list(struct pd_packet *k)
{
    while (k != NULL) {
        struct pd_packet *next = k->next;
        free(k);
        k = next;
    }
}

void wf_pd_free(struct pd *p)
{
    free_list(p->out);
    free_list(p->lent);
    free(p->mem);
    free(p->area);
    (void)pthread_cond_destroy(&p->wake);
    (void)pthread_cond_destroy(&p->settled);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

/* ---- packets ---- */

static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum += (uint32_t)p[i] << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* What a device does for a stack that leaves it the checksum. The sum of the pseudo header is
 * there; of a run it has no length, as each segment has another. */
static void fill_csum(uint8_t *b, size_t n, const struct weft_frame *f)
{
    uint8_t *at = b + f->csum_start + f->csum_offset;
    uint8_t pseudo[12] = {0};
    if ((f->flags & WEFT_FRAME_NEEDS_CSUM) == 0 || n < IP_HDR_BYTES)
        return;
    size_t len = n - f->csum_start;
    memcpy(pseudo, b + 12, 8);
    pseudo[9] = b[9];
    pseudo[10] = (uint8_t)(len >> 8);
    pseudo[11] = (uint8_t)len;
    at[0] = at[1] = 0;
    uint32_t sum = ~add(add(0, pseudo, sizeof(pseudo)), b + f->csum_start, len) & 0xffff;
    at[0] = (uint8_t)(sum >> 8);
    at[1] = (uint8_t)sum;
}

static void keep(struct pd *p, const struct weft_frame *f)
{
    struct pd_packet *k = malloc(sizeof(*k) + f->len);
    if (k == NULL)
        return;
    *k = (struct pd_packet){.at_ns = p->now_ns};
    for (unsigned i = 0; i < f->iov_n; i++) {
        memcpy(k->bytes + k->n, f->iov[i].base, f->iov[i].len);
        k->n += f->iov[i].len;
    }
    fill_csum(k->bytes, k->n, f);
    *p->out_tail = k;
    p->out_tail = &k->next;
}

static void give_back(struct pd *p)
{
    uint64_t cookie;
    while (weft_rx_done(p->st, &cookie, 1) == 1) {
        struct pd_packet **at = &p->lent;
        while (*at != NULL && (uint64_t)(uintptr_t)*at != cookie)
            at = &(*at)->next;
        struct pd_packet *k = *at;
        if (k != NULL)
            *at = k->next;
        free(k);
    }
}

/* A longer packet than fits stands for several, as the kernel's devices hand them over. */
static void say_size(const struct pd *p, struct weft_frame *f)
{
    const uint8_t *b = f->iov[0].base;
    uint32_t ip = f->len >= IP_HDR_BYTES ? (b[0] & 15u) * 4u : 0;
    if (f->len <= p->mtu || b[9] != IPPROTO_TCP || f->len < ip + TCP_HDR_BYTES)
        return;
    f->gso_type = WEFT_GSO_TCP4;
    f->hdr_bytes = (uint16_t)(ip + (b[ip + 12] >> 4) * 4u);
    f->gso_size = (uint16_t)(p->mtu - f->hdr_bytes);
    f->gso_segs = (uint16_t)((f->len - f->hdr_bytes + f->gso_size - 1) / f->gso_size);
}

/* Whatever the stack has to send now. */
static void fetch(struct pd *p)
{
    struct weft_frame frame[BURST];
    uint64_t cookie[BURST];
    uint32_t n;
    do {
        n = weft_tx(p->st, p->ifindex, frame, BURST, p->now_ns);
        for (uint32_t i = 0; i < n; i++) {
            keep(p, &frame[i]);
            cookie[i] = frame[i].cookie;
        }
        weft_tx_done(p->st, cookie, n);
    } while (n == BURST);
    give_back(p);
}

int wf_pd_push(struct pd *p, const void *buf, size_t n)
{
    struct pd_packet *k = malloc(sizeof(*k) + n);
    if (k == NULL || n == 0 || p->st == NULL) {
        free(k);
        errno = ENOBUFS;
        return -1;
    }
    *k = (struct pd_packet){.next = p->lent, .n = n};
    memcpy(k->bytes, buf, n);
    p->lent = k;
    struct weft_frame f = {.iov_n = 1, .len = (uint32_t)n, .cookie = (uint64_t)(uintptr_t)k};
    f.iov[0] = (struct weft_iov){k->bytes, n};
    say_size(p, &f);
    if (weft_rx(p->st, p->ifindex, &f, 1, p->now_ns) == 0) {
        p->lent = k->next;
        free(k);
        errno = ENOBUFS;
        return -1;
    }
    wf_pd_settle(p);
    return 0;
}

size_t wf_pd_pull(struct pd *p, void *buf, size_t cap, uint64_t *at_ns)
{
    uint64_t end_ns = p->now_ns + LONGEST_NS;
    while (p->out == NULL) {
        uint64_t next = wf_pd_next(p);
        if (next > end_ns)
            return 0;
        wf_pd_advance(p, next);
    }
    struct pd_packet *k = p->out;
    size_t n = k->n < cap ? k->n : cap;
    memcpy(buf, k->bytes, n);
    *at_ns = k->at_ns;
    p->out = k->next;
    if (p->out == NULL)
        p->out_tail = &p->out;
    free(k);
    return n;
}

/* ---- time ---- */

/* The blocked call tries again, while this thread waits for it. */
static void wake_sleeper(struct pd *p)
{
    struct timespec limit;
    p->sleeper = PD_WOKEN;
    (void)pthread_cond_signal(&p->wake);
    (void)clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += PATIENCE_S;
    while (p->sleeper == PD_WOKEN)
        if (pthread_cond_timedwait(&p->settled, &p->lock, &limit) != 0)
            break;
}

void wf_pd_settle(struct pd *p)
{
    struct weft_event ev[BURST];
    if (p->st == NULL)
        return;
    fetch(p);
    while (weft_events(p->st, ev, BURST) == BURST)
        ;
    for (int i = 0; i < PD_FDS_MAX; i++)
        if (p->fd[i].kind == PD_SOCKET && p->fd[i].type == WEFT_SOCK_TCP)
            wf_pd_watch(p, &p->fd[i]);
    if (p->sleeper == PD_ASLEEP)
        wake_sleeper(p);
}

uint64_t wf_pd_next(const struct pd *p)
{
    uint64_t next = p->st != NULL ? weft_deadline(p->st) : WEFT_NEVER;
    if (p->sleeper == PD_ASLEEP && p->sleeper_until_ns < next)
        next = p->sleeper_until_ns;
    return next;
}

void wf_pd_advance(struct pd *p, uint64_t to_ns)
{
    unsigned idle = 0;
    for (;;) {
        uint64_t next = wf_pd_next(p);
        if (next > to_ns)
            break;
        idle = next <= p->now_ns ? idle + 1 : 0;
        if (idle > IDLE_TURNS)
            weft_panic(__FILE__, __LINE__, "a stack with work to do does it");
        if (next > p->now_ns)
            p->now_ns = next;
        if (p->st != NULL)
            weft_advance(p->st, p->now_ns);
        wf_pd_settle(p);
    }
    if (to_ns > p->now_ns)
        p->now_ns = to_ns;
    if (p->st != NULL)
        weft_advance(p->st, p->now_ns);
}

bool wf_pd_wait(struct pd *p, uint64_t until_ns)
{
    if (p->now_ns >= until_ns)
        return false;
    if (pthread_equal(p->main, pthread_self())) {
        uint64_t next = wf_pd_next(p);
        if (next > until_ns)
            next = until_ns;
        if (next == WEFT_NEVER)
            return false;
        wf_pd_advance(p, next);
        return true;
    }
    p->sleeper = PD_ASLEEP;
    p->sleeper_until_ns = until_ns;
    (void)pthread_cond_signal(&p->settled);
    while (p->sleeper == PD_ASLEEP)
        (void)pthread_cond_wait(&p->wake, &p->lock);
    return true;
}

uint64_t wf_pd_clock(struct pd *p)
{
    if (p->sleeper == PD_WOKEN && !pthread_equal(p->main, pthread_self())) {
        p->sleeper = PD_AWAY;
        (void)pthread_cond_signal(&p->settled);
        return p->now_ns;
    }
    wf_pd_advance(p, p->now_ns + CALL_NS);
    return p->now_ns;
}
