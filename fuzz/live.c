/* SPDX-License-Identifier: MIT */
/** DOC: live - the program, the invariants after every operation, and the way back to nothing */
#include <inttypes.h>
#include <stdio.h>

#include "live.h"

#define NS_PER_US  1000ull
#define NS_PER_MS  1000000ull
#define NS_PER_S   1000000000ull
#define OPS_MAX    400
#define TALK_MAX   2500
#define OPS_NEW    0xf0 /* Codes from here on came later: lower ones keep what they mean. */
#define AREA_BYTES (24u * 4096u)
#define STEPS_MAX  20000
#define IDLE_TURNS 64 /* Turns in which the deadline may be now although nothing comes of it. */
#define CLOSING_NS (4 * 3600 * NS_PER_S)

uint8_t live_byte(struct live *l)
{
    if (l->left == 0)
        return 0;
    l->left--;
    return *l->in++;
}

uint16_t live_word(struct live *l)
{
    uint16_t hi = live_byte(l);
    return (uint16_t)(hi << 8 | live_byte(l));
}

/* ---- frames ---- */

void live_add_frame(struct live *l, struct live_frames *fs, const uint8_t *b, uint32_t len,
                    uint32_t cuts)
{
    uint32_t slot = 0;
    while (slot < LIVE_RX_HELD && l->rx[slot] != NULL)
        slot++;
    if (slot == LIVE_RX_HELD || fs->n == LIVE_BURST)
        return;
    uint8_t *block = malloc(len + 1);
    FUZZ_CHECK(block != NULL);
    memcpy(block + 1, b, len);
    l->rx[slot] = block;
    struct weft_frame *f = &fs->f[fs->n++];
    memset(f, 0, sizeof(*f));
    f->cookie = slot + 1;
    f->len = len;
    uint32_t run = len / (cuts + 1), at = 0;
    for (uint32_t i = 0; i <= cuts; i++) {
        uint32_t n = i == cuts ? len - at : run;
        f->iov[f->iov_n].base = block + 1 + at;
        f->iov[f->iov_n++].len = n;
        at += n;
    }
}

static void free_slot(struct live *l, uint64_t cookie)
{
    FUZZ_CHECK(cookie >= 1 && cookie <= LIVE_RX_HELD && l->rx[cookie - 1] != NULL);
    free(l->rx[cookie - 1]);
    l->rx[cookie - 1] = NULL;
}

void live_check_line(struct live *l, const void *frame, uint32_t len, bool is_ether)
{
    char line[FUZZ_LINE_BYTES];
    if (l->talk == NULL || l->lines++ % 16 == 0)
        fuzz_check_line(line, weft_frame_text(line, sizeof(line), frame, len, is_ether));
}

void live_inject(struct live *l, uint16_t ifindex, struct live_frames *fs)
{
    for (uint32_t i = 0; i < fs->n; i++)
        if (fs->f[i].iov_n == 1)
            live_check_line(l, fs->f[i].iov[0].base, fs->f[i].len, ifindex != LIVE_L3);
    uint32_t taken = weft_rx(l->st, ifindex, fs->f, fs->n, l->now_ns);
    FUZZ_CHECK(taken <= fs->n);
    for (uint32_t i = taken; i < fs->n; i++)
        free_slot(l, fs->f[i].cookie);
}

uint32_t live_rx_done(struct live *l, uint32_t n)
{
    uint64_t cookies[8];
    uint32_t got = weft_rx_done(l->st, cookies, wf_min_u32(n, 8));
    for (uint32_t i = 0; i < got; i++)
        free_slot(l, cookies[i]);
    return got;
}

void live_tx_done(struct live *l, uint32_t n, bool is_reversed)
{
    for (; n > 0 && l->tx_n > 0; n--) {
        uint32_t i = is_reversed ? l->tx_n - 1 : 0;
        weft_tx_done(l->st, &l->tx[i], 1);
        memmove(&l->tx[i], &l->tx[i + 1], (l->tx_n - i - 1) * sizeof(l->tx[0]));
        l->tx_n--;
    }
}

uint32_t live_pull(struct live *l, uint16_t ifindex, uint32_t n, bool is_delayed)
{
    struct weft_frame f[LIVE_BURST];
    n = wf_min_u32(n, LIVE_BURST);
    if (is_delayed)
        n = wf_min_u32(n, LIVE_TX_HELD - l->tx_n);
    uint32_t got = weft_tx(l->st, ifindex, f, n, l->now_ns);
    struct weft_if_info info;
    int err = weft_if_get(l->st, ifindex, &info);
    FUZZ_CHECK(err == 0 && got <= n);
    FUZZ_CHECK(got == n || info.txq_pkts == 0 || !info.is_up); /* Fewer: nothing more waits. */
    for (uint32_t i = 0; i < got; i++)
        l->tx[l->tx_n + i] = f[i].cookie;
    /* The peer may answer ARP within: the frames are read first, as the answer may use the stack.
     */
    for (uint32_t i = 0; i < got; i++)
        live_learn(l, ifindex, &f[i]);
    if (is_delayed) {
        l->tx_n += got;
    } else {
        weft_tx_done(l->st, &l->tx[l->tx_n], got);
    }
    return got;
}

static uint32_t pull_all(struct live *l)
{
    uint32_t all = 0;
    for (uint16_t i = LIVE_ETH; i <= LIVE_L3; i++)
        for (uint32_t got = 1, turns = 0; got > 0 && turns < 16; turns++)
            all += got = live_pull(l, i, 8, false);
    return all;
}

/* ---- invariants ---- */

static void note_states(struct live *l)
{
    struct weft_sock_info info;
    uint64_t cursor = 0;
    while (weft_sock_next(l->st, &cursor, &info))
        if (info.type == WEFT_SOCK_TCP)
            fuzz_states_seen |= 1u << info.state;
}

static void check(struct live *l)
{
    weft_stack_check(l->st);
    note_states(l);
    for (uint32_t i = 0; i < LIVE_SOCKS; i++)
        live_check_sock(l, l->sock[i]);
    uint64_t deadline = weft_deadline(l->st);
    FUZZ_CHECK(deadline >= l->now_ns || deadline == 0);
}

/* ---- operations ---- */

static void op_time(struct live *l)
{
    static const uint64_t steps[] = {0,
                                     16 * NS_PER_US,
                                     NS_PER_MS,
                                     10 * NS_PER_MS,
                                     40 * NS_PER_MS,
                                     200 * NS_PER_MS,
                                     NS_PER_S,
                                     3 * NS_PER_S,
                                     30 * NS_PER_S,
                                     60 * NS_PER_S,
                                     3600 * NS_PER_S,
                                     86400 * 25 * NS_PER_S};
    uint8_t b = live_byte(l);
    uint64_t next = weft_deadline(l->st);
    if ((b & 15) < WF_ARRAY_LEN(steps))
        l->now_ns += steps[b & 15];
    else if (next != WEFT_NEVER && next > l->now_ns)
        l->now_ns = next;
    if ((b & 0x40) != 0) /* A clock that steps back counts as standing still. */
        weft_advance(l->st, l->now_ns - wf_min_u64(l->now_ns, NS_PER_S));
    weft_advance(l->st, l->now_ns);
}

static void op_pull(struct live *l)
{
    uint8_t b = live_byte(l);
    (void)live_pull(l, (b & 0x80) != 0 ? LIVE_L3 : LIVE_ETH, 1u + (b & 7), (b & 0x40) != 0);
}

static void op_done(struct live *l)
{
    uint8_t b = live_byte(l);
    live_tx_done(l, b & 15, (b & 0x80) != 0);
    (void)live_rx_done(l, (b >> 4) & 7);
}

static void op_none(struct live *l)
{
    (void)l;
}

static void step(struct live *l)
{
    static void (*const new_ops[16])(struct live *) = {
        live_op_segment_more, live_op_user, live_op_talk, live_op_super, op_none, op_none,
        live_op_segment_more, live_op_user, live_op_talk, live_op_super, op_none, op_none,
        live_op_segment_more, live_op_user, live_op_talk, live_op_super};
    static void (*const ops[])(struct live *) = {
        live_op_segment, op_time,          live_op_api,      live_op_stream,
        op_pull,         op_done,          live_op_datagram, live_op_icmp_error,
        live_op_net,     live_op_fragment, live_op_arp,      live_op_look,
        live_op_raw,     live_op_api,      live_op_segment,  op_time};
    uint8_t code = live_byte(l);
    (code < OPS_NEW ? ops[code % WF_ARRAY_LEN(ops)] : new_ops[code - OPS_NEW])(l);
    if (l->is_pulling) {
        (void)pull_all(l);
        while (live_rx_done(l, 8) > 0) {
        }
    }
    check(l);
}

/* ---- beginning ---- */

static void set_limits(struct weft_config *c, uint8_t b)
{
    uint32_t k = (b & 1) != 0 ? 8 : 1; /* Tiny, or small. */
    weft_config_default(c);
    c->seed[0] = 42;
    c->ifs_max = 4;
    c->addrs_max = 4;
    c->routes_max = 8;
    c->neighs_max = 3 * k;
    c->neigh_wait_max = 2 * k;
    c->reasm_max = 2 * k;
    c->reasm_frags_max = 4 * k;
    c->pkts_max = 64 * k;
    c->lent_max = 16 * k;
    c->chunks_max = 16 * k;
    c->chunk_bytes = 4096;
    c->blocks_max = 64 * k;
    c->socks_max = 8 * k;
    c->udp_max = 3 * k;
    c->sock_errs_max = 2 * k;
    c->tcp_conns_max = 4 * k;
    c->tcp_listens_max = 2;
    c->tcp_synrcvd_max = 2 * k;
    c->tcp_timewait_max = 2 * k;
    c->tcp_busy_max = k;
    c->tcp_cc_max = 2;
    c->tcp_fastopen_max = 2;
    c->tcp_records_max = 16 * k;
    c->sndbuf_bytes = 8192 * k;
    c->rcvbuf_bytes = 8192 * k;
    c->trace_max = 64;
    c->is_forwarding = (b & 2) != 0;
    c->is_echo_silent = (b & 0xc0) == 0xc0;
}

static uint32_t caps_of(uint8_t b)
{
    return ((b & 4) != 0 ? WEFT_CAP_TX_CSUM : 0) | ((b & 8) != 0 ? WEFT_CAP_TX_TSO4 : 0);
}

static void add_addr(struct live *l, uint16_t ifindex, struct weft_addr a)
{
    int err = weft_addr_add(l->st, ifindex, &a, 24);
    FUZZ_CHECK(err == 0);
}

static void add_interfaces(struct live *l, uint8_t b)
{
    struct weft_if_config eth = {.name = "eth",
                                 .kind = WEFT_IF_ETHER,
                                 .mac = {2, 0, 0, 0, 0, 1},
                                 .txq_max = 8,
                                 .mtu = 1500,
                                 .caps = caps_of(b)};
    struct weft_if_config l3 = {.name = "l3",
                                .kind = WEFT_IF_L3,
                                .txq_max = 8,
                                .mtu = (b & 16) != 0 ? 576 : 1500,
                                .caps = caps_of((uint8_t)~b),
                                .is_any_address = true};
    int e = weft_if_add(l->st, &eth), t = weft_if_add(l->st, &l3);
    FUZZ_CHECK(e == LIVE_ETH && t == LIVE_L3);
    add_addr(l, LIVE_ETH, weft_ip4(10, 0, 0, 1));
    add_addr(l, LIVE_L3, weft_ip4(10, 1, 0, 1));
    struct weft_route r = {.dst = weft_ip4(0, 0, 0, 0), .gateway = weft_ip4(10, 0, 0, 2)};
    int err = weft_route_add(l->st, &r);
    FUZZ_CHECK(err == 0);
}

static void begin(struct live *l)
{
    static const uint64_t clocks[] = {0, 0xffffffffull * NS_PER_MS - NS_PER_S,
                                      0xffffffffull * NS_PER_US, 1ull << 62};
    struct weft_config cfg;
    uint8_t b = live_byte(l);
    set_limits(&cfg, b);
    l->now_ns = clocks[b >> 6];
    l->is_pulling = (b & 32) == 0;
    uint8_t more = live_byte(l);
    l->has_arp = (more & 1) == 0;
    l->talk_left = TALK_MAX;
    cfg.cc = weft_cc_at(more >> 2 & 7);
    if ((more & 32) != 0)
        cfg.tcp_ecn = 3; /* AccECN. */
    if ((more & 64) != 0)
        cfg.tcp_quiet_until_ns = l->now_ns + NS_PER_S / 2;
    size_t bytes = weft_stack_footprint(&cfg);
    FUZZ_CHECK(bytes > 0);
    l->mem = aligned_alloc(64, bytes);
    l->area = aligned_alloc(64, AREA_BYTES);
    FUZZ_CHECK(l->mem != NULL && l->area != NULL);
    int err = weft_stack_init(&l->st, &cfg, l->mem, bytes);
    FUZZ_CHECK(err == 0);
    int chunks = weft_area_add(l->st, l->area, (more & 2) != 0 ? 4096u * 4 : 4096u * 16);
    FUZZ_CHECK(chunks > 0);
    weft_advance(l->st, l->now_ns);
    add_interfaces(l, b);
}

/* ---- end ---- */

static void show_left(const struct live *l, const struct weft_usage *u)
{
    struct weft_sock_info s;
    uint64_t cursor = 0;
    fprintf(stderr,
            "left: pkts %u lent %u chunks %u blocks %u socks %u conns %u synrcvd %u timewait %u "
            "busy %u records %u reasm %u, deadline %" PRIu64 ", now %" PRIu64 "\n",
            u->pkts, u->lent, u->chunks, u->blocks, u->socks, u->conns, u->synrcvd, u->timewait,
            u->busy, u->records, u->reasm, weft_deadline(l->st), l->now_ns);
    while (weft_sock_next(l->st, &cursor, &s))
        fprintf(stderr, "left: %s port %u, to send %u, to read %u, for %" PRIu64 " ns\n",
                weft_tcp_state_name(s.state), s.local.port, s.sendq, s.recvq, s.age_ns);
}

static bool is_empty(const struct live *l, bool is_loud)
{
    struct weft_usage u;
    weft_stack_usage(l->st, &u);
    if (is_loud)
        show_left(l, &u);
    return (u.pkts | u.lent | u.chunks | u.blocks | u.socks | u.conns | u.synrcvd | u.timewait |
            u.busy | u.records | u.reasm) == 0;
}

/* The peer is gone: every connection finds out on its own, and nothing is left. */
static void wind_down(struct live *l)
{
    uint64_t until = l->now_ns + CLOSING_NS;
    uint32_t idle = 0;
    for (uint32_t i = 0; i < STEPS_MAX; i++) {
        weft_advance(l->st, l->now_ns);
        uint32_t moved = pull_all(l);
        while (live_rx_done(l, 8) > 0)
            moved++;
        check(l);
        if (is_empty(l, false))
            return;
        uint64_t next = weft_deadline(l->st);
        idle = next <= l->now_ns && moved == 0 ? idle + 1 : 0;
        FUZZ_CHECK(idle < IDLE_TURNS); /* 'Now' although nothing comes of it: a busy loop. */
        if (next == WEFT_NEVER || next > until)
            break;
        l->now_ns = wf_max_u64(next, l->now_ns);
    }
    FUZZ_CHECK(is_empty(l, false) || is_empty(l, true));
}

static void end(struct live *l)
{
    struct weft_event ev[4];
    live_tx_done(l, LIVE_TX_HELD, false);
    for (uint16_t i = LIVE_ETH; i <= LIVE_L3; i++)
        weft_tx_block(l->st, i, false);
    for (uint32_t i = 0; i < LIVE_SOCKS; i++)
        (void)weft_sock_close(l->st, l->sock[i]);
    l->has_arp = false;
    wind_down(l);
    FUZZ_CHECK(weft_events(l->st, ev, 4) == 0);
    for (uint32_t i = 0; i < LIVE_RX_HELD; i++)
        FUZZ_CHECK(l->rx[i] == NULL);
    free(l->mem);
    free(l->area);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct live l;
    memset(&l, 0, sizeof(l));
    l.in = data;
    l.left = size;
    begin(&l);
    for (uint32_t i = 0; i < OPS_MAX && l.left > 0; i++)
        step(&l);
    end(&l);
    return 0;
}
