/* SPDX-License-Identifier: MIT */
#include "two.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"

#define RING_FRAMES 512 /* Frames that wait for a stack that is not polled. */
#define BURST       16
#define CHUNK       16384
#define IDLE_TURNS  64

static uint8_t pattern(uint64_t at, int dir)
{
    return (uint8_t)(at * 31 + (at >> 8) * 7 + (at >> 16) + (uint64_t)dir);
}

static uint64_t told(const struct two *t, int i)
{
    return t->now_ns > t->skew_ns[i] ? t->now_ns - t->skew_ns[i] : 0;
}

/* ---- frames ---- */

static void launch(struct two *t, int from, const struct weft_frame *f)
{
    int to = 1 - from;
    t->frames++;
    if (t->is_cut || t->waiting[to] >= RING_FRAMES ||
        (t->lose_every != 0 && t->frames % t->lose_every == 0))
        return;
    struct two_frame *q = malloc(sizeof(*q) + f->len);
    if (q == NULL)
        abort();
    q->next = NULL;
    q->due_ns = t->now_ns + t->delay_ns;
    q->len = (uint32_t)t_flat(q->bytes, f->len, f);
    if (t->tail[to] != NULL)
        t->tail[to]->next = q;
    else
        t->head[to] = q;
    t->tail[to] = q;
    t->waiting[to]++;
}

static bool pull(struct two *t, int i)
{
    static struct weft_frame f[BURST];
    uint64_t cookies[BURST];
    uint32_t n = weft_tx(t->st[i], TWO_IF, f, BURST, told(t, i));
    for (uint32_t k = 0; k < n; k++) {
        launch(t, i, &f[k]);
        cookies[k] = f[k].cookie;
    }
    weft_tx_done(t->st[i], cookies, n);
    return n > 0;
}

static bool deliver(struct two *t, int i)
{
    static struct weft_frame f;
    struct two_frame *q = t->head[i];
    if (q == NULL || q->due_ns > t->now_ns || t->is_paused[i])
        return false;
    t->head[i] = q->next;
    if (t->head[i] == NULL)
        t->tail[i] = NULL;
    t->waiting[i]--;
    memset(&f, 0, sizeof(f));
    f.iov[0].base = q->bytes;
    f.iov[0].len = f.len = q->len;
    f.iov_n = 1;
    f.cookie = (uint64_t)(uintptr_t)q;
    if (weft_rx(t->st[i], TWO_IF, &f, 1, told(t, i)) == 0)
        free(q);
    t_rx_done(t->st[i]);
    return true;
}

/* ---- applications ---- */

static void fail(struct two *t, struct two_flow *f, int i, int64_t err)
{
    f->err[i] = (int)-err;
    if (t->is_loud)
        printf("# %" PRIu64 " ns: flow %d, stack %d: %s\n", t->now_ns, (int)(f - t->flow), i,
               weft_strerror((int)err));
    (void)weft_sock_abort(t->st[i], f->sock[i]);
    f->sock[i] = 0;
}

static bool app_send(struct two *t, struct two_flow *f, int i)
{
    static uint8_t buf[CHUNK];
    bool has_moved = false;
    while (f->sock[i] != 0 && f->sent[i] < f->want[i]) {
        uint64_t left = f->want[i] - f->sent[i];
        size_t n = left < CHUNK ? (size_t)left : CHUNK;
        for (size_t k = 0; k < n; k++)
            buf[k] = pattern(f->sent[i] + k, i);
        int64_t r = weft_sock_send(t->st[i], f->sock[i], buf, n);
        if (r == -WEFT_EAGAIN || r == -WEFT_ENOTCONN)
            return has_moved;
        if (r < 0)
            fail(t, f, i, r);
        else
            f->sent[i] += (uint64_t)r;
        has_moved = true;
    }
    if (f->sock[i] != 0 && !f->is_shut[i] &&
        weft_sock_shutdown(t->st[i], f->sock[i], false, true) == 0)
        f->is_shut[i] = has_moved = true;
    return has_moved;
}

static bool app_recv(struct two *t, struct two_flow *f, int i)
{
    static uint8_t buf[CHUNK];
    bool has_moved = false;
    while (f->sock[i] != 0 && !f->has_end[i]) {
        int64_t r = weft_sock_recv(t->st[i], f->sock[i], buf, CHUNK);
        if (r == -WEFT_EAGAIN || r == -WEFT_ENOTCONN)
            return has_moved;
        has_moved = true;
        if (r < 0)
            fail(t, f, i, r);
        else if (r == 0)
            f->has_end[i] = true;
        for (int64_t k = 0; k < r; k++)
            if (buf[k] != pattern(f->got[i] + (uint64_t)k, 1 - i)) {
                t_fail(__FILE__, __LINE__, "a byte arrived wrong");
                fail(t, f, i, -WEFT_EPROTO);
                return true;
            }
        f->got[i] += r > 0 ? (uint64_t)r : 0;
    }
    return has_moved;
}

static struct two_flow *by_peer(struct two *t, const struct weft_endpoint *peer)
{
    for (uint32_t i = 0; i < t->flows; i++) {
        struct weft_endpoint local = {.port = 0};
        struct two_flow *f = &t->flow[i];
        if (f->is_open && f->sock[0] != 0 &&
            weft_sock_names(t->st[0], f->sock[0], &local, NULL) == 0 && local.port == peer->port)
            return f;
    }
    return NULL;
}

static bool app_accept(struct two *t)
{
    uint64_t sock = 0;
    struct weft_endpoint peer;
    bool has_moved = false;
    while (weft_sock_accept(t->st[1], t->listener, &sock, &peer) == 0) {
        struct two_flow *f = by_peer(t, &peer);
        has_moved = true;
        if (f != NULL && f->sock[1] == 0 && f->err[1] == 0)
            f->sock[1] = sock;
        else
            (void)weft_sock_abort(t->st[1], sock);
    }
    return has_moved;
}

/* Every socket is tried: memory that came back is no event. */
static bool try_all(struct two *t, int i)
{
    bool has_moved = i == 1 && app_accept(t);
    for (uint32_t k = 0; k < t->flows; k++) {
        struct two_flow *f = &t->flow[k];
        has_moved |= app_send(t, f, i);
        if (i == 0 || !f->is_lazy)
            has_moved |= app_recv(t, f, i);
    }
    return has_moved;
}

static bool apps(struct two *t, int i)
{
    struct weft_event ev[8];
    if (weft_events(t->st[i], ev, 8) == 0)
        return false;
    while (weft_events(t->st[i], ev, 8) > 0) {
    }
    return try_all(t, i);
}

/* ---- time ---- */

static bool turn(struct two *t, int i)
{
    if (t->is_paused[i])
        return false;
    weft_advance(t->st[i], told(t, i));
    bool has_moved = deliver(t, i);
    has_moved |= apps(t, i);
    has_moved |= pull(t, i);
    t_rx_done(t->st[i]);
    weft_stack_check(t->st[i]);
    return has_moved;
}

static uint64_t next_of(const struct two *t, int i)
{
    if (t->is_paused[i])
        return WEFT_NEVER;
    uint64_t next = weft_deadline(t->st[i]);
    next = next == WEFT_NEVER ? next : next + t->skew_ns[i];
    if (t->head[i] != NULL && t->head[i]->due_ns < next)
        next = t->head[i]->due_ns;
    return next;
}

void two_run(struct two *t, uint64_t until_ns)
{
    uint32_t idle = 0;
    for (;;) {
        bool has_moved = turn(t, 0);
        has_moved |= turn(t, 1);
        if (t->more != NULL)
            has_moved |= t->more(t, t->more_user);
        t->turns++;
        uint64_t a = next_of(t, 0), b = next_of(t, 1), next = a < b ? a : b;
        if (next > until_ns)
            break;
        idle = next <= t->now_ns && !has_moved ? idle + 1 : 0;
        if (idle > IDLE_TURNS) {
            t_fail(__FILE__, __LINE__, "a deadline that is now, and nothing comes of it");
            printf(
                "# deadlines %" PRIu64 " and %" PRIu64 ", now %" PRIu64 ", frames to send: %d %d\n",
                a, b, t->now_ns, weft_tx_ready(t->st[0], TWO_IF), weft_tx_ready(t->st[1], TWO_IF));
            break;
        }
        if (next > t->now_ns)
            t->now_ns = next;
    }
    if (until_ns > t->now_ns)
        t->now_ns = until_ns;
}

/* ---- beginning and end ---- */

void two_config(struct weft_config *cfg)
{
    weft_config_default(cfg);
    cfg->socks_max = 512;
    cfg->tcp_conns_max = 512;
    cfg->sndbuf_bytes = cfg->rcvbuf_bytes = 65536;
}

static void build(struct two *t, int i, const struct weft_config *limits, size_t area_bytes)
{
    struct weft_config cfg = *limits;
    struct weft_if_config eth = {
        .name = "eth", .kind = WEFT_IF_ETHER, .mac = {2, 0, 0, 0, 0, (uint8_t)(1 + i)}};
    struct weft_addr addr = weft_ip4(10, 0, 0, (uint8_t)(1 + i));
    cfg.seed[0] = 1 + (uint64_t)i;
    size_t bytes = weft_stack_footprint(&cfg);
    t->mem[i] = aligned_alloc(64, bytes);
    t->area[i] = aligned_alloc(64, area_bytes);
    if (t->mem[i] == NULL || t->area[i] == NULL)
        abort();
    T_EQ(weft_stack_init(&t->st[i], &cfg, t->mem[i], bytes), 0);
    T_CHECK(weft_area_add(t->st[i], t->area[i], area_bytes) > 0);
    weft_advance(t->st[i], t->now_ns);
    T_EQ(weft_if_add(t->st[i], &eth), TWO_IF);
    T_EQ(weft_addr_add(t->st[i], TWO_IF, &addr, 24), 0);
}

struct two *two_new(const struct weft_config *cfg, size_t area_bytes, uint64_t start_ns)
{
    struct weft_endpoint any = {.port = TWO_PORT};
    struct two *t = calloc(1, sizeof(*t));
    if (t == NULL)
        abort();
    t->now_ns = start_ns;
    t->delay_ns = 1 * MS;
    build(t, 0, cfg, area_bytes);
    build(t, 1, cfg, area_bytes);
    T_EQ(weft_sock_open(t->st[1], WEFT_SOCK_TCP, &t->listener), 0);
    T_EQ(weft_sock_bind(t->st[1], t->listener, &any), 0);
    T_EQ(weft_sock_listen(t->st[1], t->listener, 128), 0);
    return t;
}

void two_free(struct two *t)
{
    for (int i = 0; i < 2; i++) {
        while (t->head[i] != NULL) {
            struct two_frame *q = t->head[i];
            t->head[i] = q->next;
            free(q);
        }
        t_rx_done(t->st[i]);
        free(t->mem[i]);
        free(t->area[i]);
    }
    free(t);
}

struct two_flow *two_open(struct two *t, uint64_t there, uint64_t back, int *err)
{
    struct weft_endpoint to = {.addr = weft_ip4(10, 0, 0, 2), .port = TWO_PORT};
    struct two_flow *f = &t->flow[t->flows];
    memset(f, 0, sizeof(*f));
    int r = weft_sock_open(t->st[0], WEFT_SOCK_TCP, &f->sock[0]);
    if (r == 0 && (r = weft_sock_connect(t->st[0], f->sock[0], &to)) != 0)
        (void)weft_sock_close(t->st[0], f->sock[0]);
    if (err != NULL)
        *err = -r;
    if (r != 0)
        return NULL;
    f->want[0] = there;
    f->want[1] = back;
    f->is_open = true;
    t->flows++;
    return f;
}

bool two_is_complete(const struct two_flow *f)
{
    return f->err[0] == 0 && f->err[1] == 0 && f->has_end[0] && f->has_end[1] &&
           f->got[1] == f->want[0] && f->got[0] == f->want[1];
}

uint32_t two_count(const struct two *t)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->flows; i++)
        n += two_is_complete(&t->flow[i]);
    return n;
}

static bool is_over(const struct two_flow *f)
{
    return two_is_complete(f) || f->err[0] != 0 || f->err[1] != 0;
}

uint32_t two_finish(struct two *t, uint64_t most_ns)
{
    uint64_t until = t->now_ns + most_ns;
    while (t->now_ns < until) {
        uint32_t over = 0;
        for (uint32_t i = 0; i < t->flows; i++)
            over += is_over(&t->flow[i]);
        if (over == t->flows)
            break;
        two_run(t, t->now_ns + 100 * MS);
        (void)try_all(t, 0);
        (void)try_all(t, 1);
    }
    return two_count(t);
}

static void show_left(const struct weft_stack *st)
{
    struct weft_usage u;
    struct weft_sock_info s;
    uint64_t cursor = 0;
    weft_stack_usage(st, &u);
    printf("# left: pkts %u lent %u chunks %u blocks %u socks %u conns %u synrcvd %u timewait %u "
           "busy %u records %u reasm %u\n",
           u.pkts, u.lent, u.chunks, u.blocks, u.socks, u.conns, u.synrcvd, u.timewait, u.busy,
           u.records, u.reasm);
    while (weft_sock_next(st, &cursor, &s))
        printf("# left: %s, port %u, to send %u, to read %u, for %" PRIu64 " ns\n",
               weft_tcp_state_name(s.state), s.remote.port, s.sendq, s.recvq, s.age_ns);
}

bool two_is_empty(const struct weft_stack *st)
{
    struct weft_usage u;
    weft_stack_usage(st, &u);
    return (u.pkts | u.lent | u.chunks | u.blocks | u.socks | u.conns | u.synrcvd | u.timewait |
            u.busy | u.records | u.reasm) == 0;
}

void two_end(struct two *t)
{
    for (uint32_t i = 0; i < t->flows; i++)
        for (int k = 0; k < 2; k++)
            if (t->flow[i].sock[k] != 0) {
                (void)weft_sock_close(t->st[k], t->flow[i].sock[k]);
                t->flow[i].sock[k] = 0;
            }
    (void)weft_sock_close(t->st[1], t->listener);
    for (int i = 0; i < 240 && !(two_is_empty(t->st[0]) && two_is_empty(t->st[1])); i++)
        two_run(t, t->now_ns + 60 * S);
    for (int i = 0; i < 2; i++) {
        T_CHECK(two_is_empty(t->st[i]));
        if (!two_is_empty(t->st[i]))
            show_left(t->st[i]);
    }
    two_free(t);
}
