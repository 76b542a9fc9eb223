/* SPDX-License-Identifier: MIT */
/**
 * DOC: api - every public call with arguments that no program should pass (BAD-API)
 *
 * The input chooses calls, and for each argument a live handle, a stale one or a made-up one, NULL
 * or memory, lengths at the edges of every type. A call answers with an error of enum weft_err or
 * with what it promises; it never crashes, and a call that refuses changes nothing that a check of
 * the whole stack would find. Two sockets talk over the loopback, so there are connections to
 * spoil.
 */
#include "fuzz.h"
#include "weft/weft.h"

#define SOCKS      12u
#define OPS_MAX    300
#define BUF_BYTES  2048u
#define AREA_BYTES (32u * 4096u)
#define NS_PER_MS  1000000ull

/** struct api - One run */
struct api {
    struct weft_stack *st;
    const uint8_t *in;
    size_t left;
    uint64_t now_ns;
    uint64_t sock[SOCKS]; /* Live and stale ones. */
    uint8_t buf[BUF_BYTES];
};

static uint8_t byte(struct api *a)
{
    if (a->left == 0)
        return 0;
    a->left--;
    return *a->in++;
}

/* ---- arguments ---- */

static uint64_t handle(struct api *a)
{
    uint8_t b = byte(a);
    uint64_t h = a->sock[b % SOCKS];
    switch (b >> 6) {
    case 2: /* Another generation, or another index. */
        return h ^ (uint64_t)1 << (b & 63);
    case 3:
        return (b & 1) != 0 ? UINT64_MAX : (uint64_t)b << 32 | b;
    default:
        return h;
    }
}

/* A length, and the memory that may go with it: what is longer than the memory comes without. */
static size_t length(struct api *a, void **mem)
{
    static const uint64_t sizes[] = {0,        1,          65535,      65536,
                                     1u << 31, 1ull << 32, UINT32_MAX, UINT64_MAX};
    uint8_t b = byte(a);
    size_t n = (b & 0x80) != 0 ? (size_t)(b & 0x7f) * 16 : (size_t)sizes[b & 7];
    *mem = n <= BUF_BYTES && (b & 0x40) == 0 ? a->buf : NULL;
    return n;
}

static struct weft_endpoint *endpoint(struct api *a, struct weft_endpoint *e)
{
    static const uint8_t addrs[][4] = {{0, 0, 0, 0},    {127, 0, 0, 1}, {10, 0, 0, 1},
                                       {10, 0, 0, 2},   {224, 0, 0, 1}, {255, 255, 255, 255},
                                       {10, 0, 0, 255}, {240, 0, 0, 1}};
    static const uint16_t ports[] = {0, 1, 80, 81, 65535};
    uint8_t b = byte(a);
    if (b == 0xff)
        return NULL;
    const uint8_t *p = addrs[b & 7];
    e->addr = weft_ip4(p[0], p[1], p[2], p[3]);
    if ((b & 0x40) != 0) /* Not IPv4 at all. */
        e->addr.b[0] = 0xfe;
    if ((b & 0x80) != 0)
        e->addr.zone = b;
    e->port = ports[(b >> 3 & 7) % 5];
    return e;
}

static void answer(int64_t r, uint64_t most)
{
    FUZZ_CHECK(r > -(int64_t)WEFT_ERR_COUNT);
    FUZZ_CHECK(r < 0 || (uint64_t)r <= most);
    FUZZ_CHECK(*weft_strerror((int)r) != '\0');
}

static void keep(struct api *a, uint64_t sock)
{
    uint8_t i = byte(a) % SOCKS;
    (void)weft_sock_close(a->st, a->sock[i]);
    a->sock[i] = sock;
}

/* ---- calls ---- */

static void call_open(struct api *a)
{
    uint64_t sock = 0;
    uint8_t b = byte(a);
    int r = weft_sock_open(a->st, (enum weft_sock_type)(b & 7), (b & 0x80) != 0 ? NULL : &sock);
    answer(r, 0);
    if (r == 0)
        keep(a, sock);
}

static void call_names(struct api *a)
{
    struct weft_endpoint e, f;
    struct weft_tcp_info info;
    struct weft_sock_err err;
    uint64_t h = handle(a);
    uint8_t b = byte(a);
    answer(weft_sock_names(a->st, h, (b & 1) != 0 ? &e : NULL, (b & 2) != 0 ? &f : NULL), 0);
    answer(weft_sock_tcp_info(a->st, h, (b & 4) != 0 ? &info : NULL), 0);
    answer(weft_sock_recv_error(a->st, h, (b & 8) != 0 ? &err : NULL), 0);
    answer(weft_sock_recv_urgent(a->st, h, (b & 16) != 0 ? a->buf : NULL), 1);
    answer(weft_sock_at_mark(a->st, h), 1);
    (void)weft_sock_ready(a->st, h);
}

static void call_ends(struct api *a)
{
    struct weft_endpoint e;
    uint64_t h = handle(a);
    uint8_t b = byte(a);
    switch (b & 3) {
    case 0:
        answer(weft_sock_bind(a->st, h, endpoint(a, &e)), 0);
        break;
    case 1:
        if ((b & 4) != 0)
            answer(weft_sock_connect(a->st, h, endpoint(a, &e)), 0);
        else
            answer(weft_sock_connect_send(a->st, h, endpoint(a, &e), a->buf, b >> 3), b >> 3);
        break;
    case 2:
        answer(weft_sock_listen(a->st, h, (b & 4) != 0 ? UINT32_MAX : b >> 3), 0);
        break;
    default: {
        uint64_t sock = 0;
        int r = weft_sock_accept(a->st, h, (b & 4) != 0 ? NULL : &sock, (b & 8) != 0 ? &e : NULL);
        answer(r, 0);
        if (r == 0)
            keep(a, sock);
    }
    }
}

static void call_bytes(struct api *a)
{
    struct weft_endpoint e;
    struct weft_msg_info info;
    struct weft_iov iov[2];
    void *mem = NULL;
    uint64_t h = handle(a);
    uint8_t b = byte(a);
    size_t n = length(a, &mem);
    bool is_safe = mem != NULL || n == 0 || (b & 0x80) == 0; /* NULL with bytes is refused. */
    if (!is_safe)
        return;
    switch (b & 7) {
    case 0:
        answer((b & 8) != 0 ? weft_sock_send_urgent(a->st, h, mem, n)
                            : weft_sock_send(a->st, h, mem, n),
               n);
        break;
    case 1:
        answer(weft_sock_sendto(a->st, h, mem, n, endpoint(a, &e)), n);
        break;
    case 2:
        answer(weft_sock_recv(a->st, h, mem, n), n);
        break;
    case 3:
        answer(weft_sock_recvfrom(a->st, h, mem, n, (b & 8) != 0 ? &info : NULL), n);
        break;
    case 4:
        answer(weft_sock_recv_lend(a->st, h, (b & 8) != 0 ? NULL : iov, (int)(int8_t)b % 3), 2);
        break;
    case 5:
        answer(weft_sock_recv_return(a->st, h, n), 0);
        break;
    case 6:
        answer(weft_sock_shutdown(a->st, h, (b & 8) != 0, (b & 16) != 0), 0);
        break;
    default:
        answer((b & 8) != 0 ? weft_sock_close(a->st, h) : weft_sock_abort(a->st, h), 0);
        break;
    }
}

static void call_options(struct api *a)
{
    static const int64_t values[] = {INT64_MIN, -1,     0,      1,       2,
                                     255,       256,    2047,   2048,    65495,
                                     65496,     120000, 120001, 1 << 30, (1ll << 30) + 1,
                                     INT64_MAX};
    uint64_t h = handle(a);
    enum weft_sock_opt opt = (enum weft_sock_opt)byte(a);
    int64_t value = values[byte(a) & 15], got = 0;
    int r = weft_sock_set(a->st, h, opt, value);
    answer(r, 0);
    answer(weft_sock_get(a->st, h, opt, &got), 0);
    answer(weft_tcp_fastopen_key(a->st, (byte(a) & 1) != 0 ? a->buf : NULL), 0);
    answer(weft_sock_set_cc(a->st, h, weft_cc_at(byte(a) & 15)), 0);
    answer(weft_sock_set_cc_param(a->st, h, byte(a), (uint32_t)value), 0);
}

static void call_net(struct api *a)
{
    static const uint32_t mtus[] = {0, 67, 68, 1500, 65535, 65536, UINT32_MAX, 576};
    struct weft_endpoint e = {.port = 0};
    struct weft_if_info info;
    uint8_t b = byte(a), c = byte(a);
    uint16_t ifindex = (b & 0x80) != 0 ? UINT16_MAX : b & 3;
    struct weft_endpoint *p = endpoint(a, &e);
    struct weft_addr *addr = p != NULL ? &p->addr : NULL;
    struct weft_route r = {.dst = e.addr, .prefix_len = c, .ifindex = ifindex, .metric = c & 3};
    uint8_t mac[6] = {c, 0, 0, 0, 0, b};
    switch (b >> 2 & 15) {
    case 0:
        answer(weft_if_get(a->st, ifindex, &info), 0);
        break;
    case 1:
        answer(weft_if_set_mtu(a->st, ifindex, mtus[c & 7]), 0);
        break;
    case 2:
        answer(weft_if_set_mac(a->st, ifindex, mac), 0);
        break;
    case 3:
        answer(weft_if_set_up(a->st, ifindex, (c & 1) != 0), 0);
        break;
    case 4:
        answer(weft_addr_add(a->st, ifindex, addr, c), 0);
        break;
    case 5:
        answer(weft_addr_del(a->st, ifindex, addr), 0);
        break;
    case 6:
        r.gateway = weft_ip4(10, 0, 0, c);
        answer(weft_route_add(a->st, (c & 0x80) != 0 ? NULL : &r), 0);
        break;
    case 7:
        answer(weft_route_del(a->st, (c & 0x80) != 0 ? NULL : &r), 0);
        break;
    case 8:
        answer(weft_neigh_set(a->st, ifindex, addr, mac), 0);
        break;
    case 9:
        answer(weft_neigh_del(a->st, ifindex, addr), 0);
        break;
    case 10:
        answer(weft_route_lookup(a->st, &e.addr, &r), 0);
        break;
    default:
        weft_tx_block(a->st, ifindex, (c & 1) != 0);
        (void)weft_tx_ready(a->st, ifindex);
        break;
    }
}

static void call_time(struct api *a)
{
    struct weft_event ev[2];
    struct weft_frame f[2];
    uint64_t cookies[2];
    uint8_t b = byte(a);
    a->now_ns += (uint64_t)b * b * NS_PER_MS;
    weft_advance(a->st, a->now_ns);
    for (uint16_t i = 0; i < 4; i++) {
        uint32_t n = weft_tx(a->st, i, f, 2, a->now_ns);
        for (uint32_t k = 0; k < n; k++)
            cookies[k] = f[k].cookie;
        weft_tx_done(a->st, cookies, n);
        cookies[0] ^= b; /* Given back twice, or never lent: ignored. */
        weft_tx_done(a->st, cookies, n);
    }
    (void)weft_events(a->st, ev, b & 1);
}

/* ---- beginning and end ---- */

static void begin(struct api *a, void **mem, void **area)
{
    struct weft_config cfg;
    struct weft_if_config eth = {.name = "eth", .kind = WEFT_IF_ETHER, .mac = {2, 0, 0, 0, 0, 1}};
    struct weft_addr addr = weft_ip4(10, 0, 0, 1);
    weft_config_default(&cfg);
    cfg.ifs_max = 2;
    cfg.pkts_max = 128;
    cfg.lent_max = cfg.chunks_max = 32;
    cfg.chunk_bytes = 4096;
    cfg.blocks_max = 64;
    cfg.socks_max = SOCKS - 2;
    cfg.udp_max = 3;
    cfg.tcp_conns_max = 8;
    cfg.tcp_listens_max = 2;
    cfg.tcp_records_max = 32;
    size_t bytes = weft_stack_footprint(&cfg);
    *mem = aligned_alloc(64, bytes);
    *area = aligned_alloc(64, AREA_BYTES);
    FUZZ_CHECK(*mem != NULL && *area != NULL);
    int err = weft_stack_init(&a->st, &cfg, *mem, bytes);
    FUZZ_CHECK(err == 0);
    FUZZ_CHECK(weft_area_add(a->st, *area, AREA_BYTES) > 0);
    FUZZ_CHECK(weft_if_add(a->st, &eth) == 2);
    err = weft_addr_add(a->st, 2, &addr, 24);
    FUZZ_CHECK(err == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const calls[])(struct api *) = {call_open,    call_ends, call_bytes, call_time,
                                                  call_options, call_net,  call_names, call_ends};
    struct api a = {.in = data, .left = size};
    void *mem = NULL, *area = NULL;
    begin(&a, &mem, &area);
    for (int i = 0; i < OPS_MAX && a.left > 0; i++) {
        calls[byte(&a) & 7](&a);
        weft_stack_check(a.st);
    }
    for (uint32_t i = 0; i < SOCKS; i++) {
        (void)weft_sock_abort(a.st, a.sock[i]);
        FUZZ_CHECK(weft_sock_abort(a.st, a.sock[i]) == -WEFT_EBADF); /* Stale for good. */
    }
    weft_stack_check(a.st);
    free(mem);
    free(area);
    return 0;
}
