/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <string.h>

#include "frame.h"

#define PORT_SERVER 8080
#define PORT_CLIENT 40000
#define WND         5000u
#define MSS         1000u
#define AREA_BYTES  (1u << 20)
#define RCVBUF      4096
#define RTT_NS      (100 * PEER_MS)

static const uint8_t ip_here[4] = {192, 0, 2, 1}, ip_stack[4] = {192, 0, 2, 2};

/* ---- segments ---- */

/* Of a segment at @b between the addresses at @ip (source, destination). */
static uint32_t tcp_sum(const uint8_t *ip, const uint8_t *b, size_t n)
{
    return t_sum(b, n, t_sum(ip, 8, 6 + (uint32_t)n));
}

void peer_sums(uint8_t *f, size_t n)
{
    t_put_sum(f + 10, f, 20, 0);
    t_put16(f + 36, 0);
    t_put16(f + 36, ~tcp_sum(f + 12, f + 20, n - 20));
}

size_t peer_frame(const struct peer *p, const struct o_seg *s, const struct peer_extra *x,
                  uint8_t *f)
{
    bool has_mss = (s->flags & O_SYN) != 0 && x->opt_bytes == 0;
    uint32_t hdr = 20 + (has_mss ? 4 : x->opt_bytes), n = hdr + s->len;
    uint8_t *tcp = f + 20;
    memset(f, 0, 40);
    f[0] = 0x45;
    t_put16(f + 2, 20 + n);
    f[8] = 64;
    f[9] = 6;
    memcpy(f + 12, ip_here, 4);
    memcpy(f + 16, ip_stack, 4);
    t_put16(tcp, p->remote_port);
    t_put16(tcp + 2, p->local_port);
    t_put32(tcp + 4, s->seq);
    t_put32(tcp + 8, s->ack);
    t_put16(tcp + 12, hdr / 4 << 12 | s->flags | x->flags);
    t_put16(tcp + 14, x->wnd == 0 ? WND : x->wnd & 0xffff);
    t_put16(tcp + 18, x->urg);
    if (has_mss)
        t_put32(tcp + 20, 0x02040000u | MSS);
    else if (x->opt_bytes > 0)
        memcpy(tcp + 20, x->opts, x->opt_bytes);
    weft_pattern(PEER_TEXT_SEED, s->seq - p->stream, tcp + hdr, s->len);
    peer_sums(f, 20 + n);
    return 20 + n;
}

void peer_push(struct peer *p, const uint8_t *f, size_t n)
{
    p->seen_n = 0;
    p->is_broken |= !p->wire.push(p->wire.user, f, n);
}

void peer_send(struct peer *p, const struct o_seg *s)
{
    static const struct peer_extra none;
    uint8_t f[PEER_FRAME_MAX];
    peer_push(p, f, peer_frame(p, s, &none, f));
}

static void collect(struct peer *p)
{
    uint8_t f[2048];
    for (;;) {
        size_t n = p->wire.pull(p->wire.user, f, sizeof(f));
        if (n == 0)
            return;
        uint32_t hdr = n >= 40 ? (uint32_t)(f[32] >> 4) * 4 : 0;
        if (hdr < 20 || 20 + hdr > n || t_get16(f + 2) != n ||
            tcp_sum(f + 12, f + 20, n - 20) != 0xffff) {
            p->is_broken = true;
            continue;
        }
        if (t_get16(f + 22) != p->remote_port) {
            p->strays++;
            continue;
        }
        struct o_seg s = {.seq = t_get32(f + 24),
                          .ack = t_get32(f + 28),
                          .len = (uint32_t)n - 20 - hdr,
                          .flags = f[33]};
        p->local_port = (uint16_t)t_get16(f + 20);
        p->seen_wnd = t_get16(f + 34);
        if (p->seen_n < PEER_SEEN_MAX)
            p->seen[p->seen_n] = s;
        p->seen_n++;
    }
}

void peer_wait(struct peer *p, uint64_t ns)
{
    p->is_broken |= !p->wire.run(p->wire.user, ns);
    collect(p);
    p->is_broken |= p->world != NULL && p->strays > 0;
}

/* ---- the world ---- */

static bool world_push(void *user, const uint8_t *f, size_t n)
{
    struct peer *p = user;
    return weft_link_push(p->link, 0, f, n) == 0;
}

static size_t world_pull(void *user, uint8_t *f, size_t cap)
{
    struct peer *p = user;
    return weft_link_pull(p->link, 0, f, cap, NULL);
}

static bool world_run(void *user, uint64_t ns)
{
    struct peer *p = user;
    weft_node_touch(p->node);
    return weft_world_run(p->world, weft_world_now(p->world) + ns) == 0;
}

static uint64_t world_now(void *user)
{
    struct peer *p = user;
    return weft_world_now(p->world);
}

static bool build(struct peer *p)
{
    struct weft_world_config wc;
    struct weft_node_config nc;
    struct weft_link_config lc = {.name = "wire", .is_l3 = true, .mtu = 1500};
    struct weft_addr addr = weft_ip4(ip_stack[0], ip_stack[1], ip_stack[2], ip_stack[3]);
    weft_world_config_default(&wc, 1);
    wc.is_checking = true;
    if (weft_world_create(&p->world, &wc) != 0)
        return false;
    weft_node_config_default(&nc, "stack");
    nc.area_bytes = AREA_BYTES;
    if (weft_node_add(p->world, &nc, &p->node) != 0)
        return false;
    lc.end[0].kind = WEFT_END_EXTERNAL;
    lc.end[1].kind = WEFT_END_NODE;
    lc.end[1].node = p->node;
    lc.end[1].netif = (struct weft_if_config){.name = "wire", .kind = WEFT_IF_L3, .mtu = 1500};
    if (weft_link_add(p->world, &lc, &p->link) != 0)
        return false;
    p->st = weft_node_stack(p->node);
    uint16_t ifindex = weft_link_config_get(p->link)->end[1].ifindex;
    return weft_addr_add(p->st, ifindex, &addr, 24) == 0;
}

void peer_close(struct peer *p)
{
    weft_world_destroy(p->world);
    p->world = NULL;
}

/* ---- ways into the states ---- */

/* The first thing that is not as it should be. */
#define WANT(p, is_so) ((is_so) || (p)->is_broken ? (void)0 : note(p, __LINE__))

static void note(struct peer *p, int line)
{
    p->is_broken = true;
    p->line = line;
}

/* The stack sent exactly this; for what it is, its numbers become known. */
static void want_seen(struct peer *p, uint8_t flags)
{
    WANT(p, p->seen_n == 1 && (p->seen[0].flags & ~O_PSH) == flags);
    const struct o_seg *s = &p->seen[0];
    p->t.nxt = s->seq + o_seg_len(s);
    if ((flags & O_ACK) != 0)
        p->t.rcv_wnd = p->seen_wnd;
}

static void send(struct peer *p, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
    struct o_seg s = {.flags = flags, .seq = seq, .ack = ack, .len = len};
    peer_send(p, &s);
    peer_wait(p, PEER_MS);
}

static void new_sock(struct peer *p, uint64_t *sock)
{
    WANT(p, weft_sock_open(p->st, WEFT_SOCK_TCP, sock) == 0);
    WANT(p, weft_sock_set(p->st, *sock, WEFT_TCP_MSL_MS, PEER_MSL_MS) == 0);
    WANT(p, weft_sock_set(p->st, *sock, WEFT_SO_RCVBUF, RCVBUF) == 0);
}

static void listen_here(struct peer *p)
{
    struct weft_endpoint local = {.port = PORT_SERVER};
    new_sock(p, &p->listener);
    WANT(p, weft_sock_bind(p->st, p->listener, &local) == 0);
    WANT(p, weft_sock_listen(p->st, p->listener, 4) == 0);
    p->t.has_listener = true;
}

static void syn_sent(struct peer *p)
{
    struct weft_endpoint remote = {.addr = weft_ip4(ip_here[0], ip_here[1], ip_here[2], ip_here[3]),
                                   .port = PORT_CLIENT};
    new_sock(p, &p->sock);
    WANT(p, weft_sock_connect(p->st, p->sock, &remote) == 0);
    peer_wait(p, PEER_MS);
    want_seen(p, O_SYN);
    p->t.iss = p->t.una = p->seen[0].seq;
}

/* Both ways end with our SYN taken and the stack's SYN,ACK seen. */
static void syn_received(struct peer *p, enum peer_way way)
{
    if (way == PEER_ACTIVE)
        syn_sent(p);
    else
        listen_here(p);
    peer_wait(p, RTT_NS);
    p->t.is_passive = way != PEER_ACTIVE;
    p->t.irs = PEER_ISN;
    p->t.rcv_nxt = p->stream = PEER_ISN + 1;
    send(p, O_SYN, PEER_ISN, 0, 0);
    want_seen(p, O_SYN | O_ACK);
    p->t.iss = p->t.una = p->seen[0].seq;
}

/* The user writes; all of it is sent at once. */
static void write_out(struct peer *p, size_t n)
{
    static const uint8_t text[512];
    p->seen_n = 0;
    WANT(p, weft_sock_send(p->st, p->sock, text, n) == (int64_t)n);
    peer_wait(p, PEER_MS);
    want_seen(p, O_ACK);
}

/* The peer's text, read by the user unless the buffer is to be full. */
static void text_in(struct peer *p, uint32_t n, bool is_read)
{
    uint8_t buf[2048];
    send(p, O_ACK | O_PSH, p->t.rcv_nxt, p->t.una, n);
    p->t.rcv_nxt += n;
    if (is_read)
        WANT(p, weft_sock_recv(p->st, p->sock, buf, sizeof(buf)) == (int64_t)n);
    else
        p->unread += n;
    peer_wait(p, 60 * PEER_MS);
    WANT(p, p->seen_n == 1 && p->seen[0].ack == p->t.rcv_nxt);
    p->t.rcv_wnd = p->seen_wnd;
}

/* Text both ways that is acknowledged; then a little of the stack's that is not. */
static void established(struct peer *p, enum peer_way way)
{
    syn_received(p, PEER_PLAIN);
    peer_wait(p, RTT_NS);
    p->t.una = p->t.nxt;
    send(p, O_ACK, p->t.rcv_nxt, p->t.nxt, 0);
    WANT(p, p->seen_n == 0);
    WANT(p, weft_sock_accept(p->st, p->listener, &p->sock, NULL) == 0);
    text_in(p, 300, true);
    while (way == PEER_FULL && p->t.rcv_wnd > 0 && !p->is_broken)
        text_in(p, p->t.rcv_wnd < MSS ? p->t.rcv_wnd : MSS, false);
    write_out(p, 200);
    peer_wait(p, RTT_NS);
    p->t.una = p->t.nxt;
    send(p, O_ACK, p->t.rcv_nxt, p->t.nxt, 0);
    write_out(p, 50);
    p->t.wnd_max = WND;
}

static void fin_out(struct peer *p)
{
    p->seen_n = 0;
    WANT(p, weft_sock_shutdown(p->st, p->sock, false, true) == 0);
    peer_wait(p, PEER_MS);
    want_seen(p, O_FIN | O_ACK);
}

/* A full buffer does not hold back the FIN: it has no room in the window all the same. */
static void fin_in(struct peer *p)
{
    send(p, O_FIN | O_ACK, p->t.rcv_nxt, p->t.una, 0);
    WANT(p, p->seen_n == 1 && p->seen[0].ack == p->t.rcv_nxt + 1);
    p->t.rcv_nxt++;
    p->t.rcv_wnd = p->seen_wnd;
}

static void all_acked(struct peer *p)
{
    p->t.una = p->t.nxt;
    send(p, O_ACK, p->t.rcv_nxt, p->t.nxt, 0);
    WANT(p, p->seen_n == 0);
}

static void past_established(struct peer *p, enum o_state state, enum peer_way way)
{
    established(p, way);
    if (state == O_CLOSE_WAIT || state == O_LAST_ACK)
        fin_in(p);
    if (state != O_ESTABLISHED && state != O_CLOSE_WAIT)
        fin_out(p);
    if (state == O_FIN_WAIT_2 || state == O_TIME_WAIT)
        all_acked(p);
    if (state == O_CLOSING || state == O_TIME_WAIT)
        fin_in(p);
    if (state == O_TIME_WAIT) {
        p->time_wait_ns = p->wire.now(p->wire.user);
        peer_wait(p, 1000 * PEER_MS);
        WANT(p, p->seen_n == 1);
    }
}

/* Where there is no connection, numbers as good as any. */
static void no_numbers(struct peer *p)
{
    p->t.iss = 70000;
    p->t.una = p->t.nxt = 71000;
    p->t.rcv_nxt = p->stream = PEER_ISN + 1;
    p->t.rcv_wnd = RCVBUF;
}

static bool reach(struct peer *p, enum o_state state, enum peer_way way)
{
    no_numbers(p);
    if (state == O_LISTEN)
        listen_here(p);
    else if (state == O_SYN_SENT)
        syn_sent(p);
    else if (state == O_SYN_RECEIVED)
        syn_received(p, way);
    else if (state != O_CLOSED)
        past_established(p, state, way);
    p->t.wnd_max = WND;
    return !p->is_broken && peer_state(p) == state;
}

bool peer_open(struct peer *p, enum o_state state, enum peer_way way)
{
    *p = (struct peer){.local_port = PORT_SERVER, .remote_port = PORT_CLIENT, .t.state = state};
    p->wire = (struct peer_wire){p, world_push, world_pull, world_run, world_now};
    return build(p) && reach(p, state, way) && p->strays == 0;
}

bool peer_open_on(struct peer *p, const struct peer_wire *wire, struct weft_stack *st,
                  enum o_state state, enum peer_way way)
{
    *p = (struct peer){.local_port = PORT_SERVER, .remote_port = PORT_CLIENT, .t.state = state};
    p->wire = *wire;
    p->st = st;
    return reach(p, state, way);
}

void peer_drop(struct peer *p)
{
    if (p->sock != 0)
        (void)weft_sock_abort(p->st, p->sock);
    if (p->listener != 0)
        (void)weft_sock_close(p->st, p->listener);
    p->sock = p->listener = 0;
}

_Static_assert((int)O_TIME_WAIT == (int)WEFT_TCP_TIME_WAIT &&
                   (int)O_SYN_SENT == (int)WEFT_TCP_SYN_SENT,
               "both in the order of the RFC");

enum o_state peer_state(struct peer *p)
{
    uint64_t cursor = 0;
    struct weft_sock_info i;
    enum o_state state = p->listener != 0 && p->sock == 0 ? O_LISTEN : O_CLOSED;
    while (weft_sock_next(p->st, &cursor, &i))
        if (i.type == WEFT_SOCK_TCP && i.remote.port == p->remote_port &&
            i.state != WEFT_TCP_CLOSED)
            state = (enum o_state)i.state;
    return state;
}
