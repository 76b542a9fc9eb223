/* SPDX-License-Identifier: MIT */
/**
 * DOC: ping - echo requests and their answers (RFC 792, RFC 1122 3.2.2.6)
 *
 * A request is remembered in a ring, indexed by its sequence number, from the moment it is sent
 * until a newer one takes its slot. An answer counts only if everything agrees: identifier (the
 * socket's), sender, type, a sequence number in the ring that was not answered yet, length, and
 * every byte of the data. What is lost is told when its time is over; an answer that comes later
 * still counts, as its slot remembers when it was sent.
 *
 * Timers: next_ns (the next request), the timeout of the oldest request without an answer, the
 * deadline of the run; all three are looked at by weft_ping_step().
 * Limits: slots_n requests at a time. Attack notes: a forged answer has to guess the identifier
 * and be in the ring; it can spoil figures, nothing else.
 */
#include "weft/svc.h"

#include <string.h>

#include "base/base.h"
#include "svc/wide.h"
#include "weft/ip.h"
#include "weft/sock.h"
#include "weft/udp.h"
#include "wire/wire.h"

#define FLOOD_NS      10000000ull
#define FLOOD_MIN_NS  50000ull    /* However fast the answers are. */
#define RETRY_NS      10000000ull /* A full output queue: look again even without an event. */
#define FIRST_WAIT_NS 10000000000ull
#define LEAST_WAIT_NS 1000000000ull
#define INTERVAL_NS   1000000000ull
#define WINDOW_MAX    32768u
#define BUF_LEAST     ICMP4_TIMESTAMP_BYTES

/** enum slot_fate - How it stands with a request */
enum slot_fate { SLOT_WAITING = 0, SLOT_ANSWERED, SLOT_LOST, SLOT_FAILED };

void weft_ping_config_default(struct weft_ping_config *cfg)
{
    *cfg = (struct weft_ping_config){.interval_ns = INTERVAL_NS, .size = 56};
}

static bool is_valid(const struct weft_ping_config *cfg)
{
    bool has_slots = cfg->slots != NULL && cfg->slots_n >= 2 && cfg->slots_n <= WINDOW_MAX &&
                     (cfg->slots_n & (cfg->slots_n - 1)) == 0;
    return has_slots && cfg->size <= WEFT_PING_DATA_MAX && cfg->buf != NULL &&
           cfg->buf_bytes >= WEFT_ICMP_HDR_BYTES + cfg->size && cfg->buf_bytes >= BUF_LEAST &&
           cfg->pattern_bytes <= WEFT_PING_PATTERN_MAX && cfg->query <= WEFT_PING_MASK &&
           cfg->preload <= cfg->slots_n && cfg->opts_bytes <= WEFT_IP_OPTIONS_MAX;
}

static int set_options(struct weft_stack *st, uint64_t sock, const struct weft_ping_config *cfg)
{
    struct weft_endpoint local = {.addr = cfg->from, .port = cfg->id};
    int err = weft_sock_set(st, sock, WEFT_IP_RECVERR, 1);
    if (err == 0 && cfg->ttl != 0)
        err = weft_sock_set(st, sock, WEFT_IP_TTL, cfg->ttl);
    if (err == 0)
        err = weft_sock_set(st, sock, WEFT_IP_TOS, cfg->tos);
    if (err == 0)
        err = weft_sock_set(st, sock, WEFT_IP_DF, cfg->has_df);
    if (err == 0 && cfg->is_any_sender)
        err = weft_sock_set(st, sock, WEFT_SO_BROADCAST, 1);
    if (err == 0)
        err = weft_ip_set_options(st, sock, cfg->opts, cfg->opts_bytes);
    return err == 0 ? weft_sock_bind(st, sock, &local) : err;
}

static uint32_t body_bytes(enum weft_ping_query query)
{
    switch (query) {
    case WEFT_PING_TIMESTAMP:
        return ICMP4_TIMESTAMP_BYTES - ICMP4_HDR_BYTES;
    case WEFT_PING_MASK:
        return ICMP4_MASK_BYTES - ICMP4_HDR_BYTES;
    case WEFT_PING_INFORMATION:
    case WEFT_PING_ECHO:
        break;
    }
    return 0;
}

int weft_ping_start(struct weft_ping *p, struct weft_stack *st, const struct weft_ping_config *cfg,
                    uint64_t now_ns)
{
    uint64_t sock;
    if (!is_valid(cfg))
        return -WEFT_EINVAL;
    int err = weft_sock_open(st, WEFT_SOCK_PING, &sock);
    if (err != 0)
        return err;
    err = set_options(st, sock, cfg);
    if (err != 0) {
        (void)weft_sock_close(st, sock);
        return err;
    }
    *p = (struct weft_ping){.cfg = *cfg,
                            .st = st,
                            .sock = sock,
                            .start_ns = now_ns,
                            .last_ns = now_ns,
                            .next_ns = now_ns,
                            .oldest = 1,
                            .min_ns = UINT64_MAX,
                            .is_open = true};
    if (cfg->query != WEFT_PING_ECHO)
        p->cfg.size = body_bytes(cfg->query);
    return 0;
}

uint64_t weft_ping_sock(const struct weft_ping *p)
{
    return p->sock;
}

static uint8_t pattern_at(const struct weft_ping_config *cfg, uint32_t i)
{
    return cfg->pattern_bytes == 0 ? (uint8_t)i : cfg->pattern[i % cfg->pattern_bytes];
}

static uint8_t query_type(const struct weft_ping *p)
{
    static const uint8_t types[] = {ICMP4_ECHO_REQUEST, ICMP4_TIMESTAMP_REQUEST, ICMP4_INFO_REQUEST,
                                    ICMP4_MASK_REQUEST};
    return types[p->cfg.query];
}

static uint8_t reply_type(const struct weft_ping *p)
{
    static const uint8_t types[] = {ICMP4_ECHO_REPLY, ICMP4_TIMESTAMP_REPLY, ICMP4_INFO_REPLY,
                                    ICMP4_MASK_REPLY};
    return types[p->cfg.query];
}

/* The time of day as a request of this time has it (RFC 792). */
static uint32_t originate(const struct weft_ping *p, uint64_t at_ns)
{
    uint64_t ms = (at_ns - p->start_ns) / 1000000;
    if (p->cfg.utc_ms >= ICMP4_DAY_MS)
        return ICMP4_TIME_ODD | (uint32_t)(ms % ICMP4_TIME_ODD);
    return (uint32_t)((p->cfg.utc_ms + ms) % ICMP4_DAY_MS);
}

static struct weft_ping_slot *slot_of(const struct weft_ping *p, uint64_t seq)
{
    return &p->cfg.slots[seq & (p->cfg.slots_n - 1)];
}

static bool is_after(uint64_t now_ns, uint64_t from_ns, uint64_t span_ns)
{
    return now_ns >= from_ns && now_ns - from_ns >= span_ns;
}

static uint64_t add_sat(uint64_t a, uint64_t b)
{
    return a > WEFT_NEVER - b ? WEFT_NEVER : a + b;
}

static uint64_t timeout(const struct weft_ping *p)
{
    if (p->cfg.timeout_ns != 0)
        return p->cfg.timeout_ns;
    return p->received == 0 ? FIRST_WAIT_NS : wf_max_u64(2 * p->max_ns, LEAST_WAIT_NS);
}

/* The request a sequence number of 16 bits belongs to, 0 if it is not in the ring any more. */
static uint64_t find_seq(const struct weft_ping *p, uint16_t wire_seq)
{
    uint16_t behind = (uint16_t)((uint16_t)p->sent - wire_seq);
    if (behind >= p->sent || behind >= p->cfg.slots_n)
        return 0;
    return p->sent - behind;
}

/* Advance over what nobody waits for any more. */
static void settle(struct weft_ping *p)
{
    while (p->oldest <= p->sent && slot_of(p, p->oldest)->fate != SLOT_WAITING)
        p->oldest++;
}

/* What an answer to another query than echo says; its first wrong octet, UINT32_MAX = none. */
static uint32_t read_body(const struct weft_ping *p, const struct weft_ping_slot *s, uint32_t bytes,
                          struct weft_ping_event *ev)
{
    struct icmp4_times t;
    if (bytes < WEFT_ICMP_HDR_BYTES + p->cfg.size)
        return bytes - WEFT_ICMP_HDR_BYTES;
    if (p->cfg.query == WEFT_PING_MASK)
        ev->mask = wf_ld32be(p->cfg.buf + WEFT_ICMP_HDR_BYTES);
    if (p->cfg.query != WEFT_PING_TIMESTAMP || !wf_icmp4_parse_times(&t, p->cfg.buf, bytes))
        return UINT32_MAX;
    ev->originate_ms = t.originate;
    ev->receive_ms = t.receive;
    ev->transmit_ms = t.transmit;
    return t.originate == originate(p, s->sent_ns) ? UINT32_MAX : 0;
}

static uint32_t first_wrong(const struct weft_ping *p, const struct weft_ping_slot *s,
                            uint32_t bytes, struct weft_ping_event *ev)
{
    if (p->cfg.query != WEFT_PING_ECHO)
        return read_body(p, s, bytes, ev);
    uint32_t data = bytes - WEFT_ICMP_HDR_BYTES, n = wf_min_u32(data, p->cfg.size);
    for (uint32_t i = 0; i < n; i++)
        if (p->cfg.buf[WEFT_ICMP_HDR_BYTES + i] != pattern_at(&p->cfg, i))
            return i;
    return data == p->cfg.size ? UINT32_MAX : n;
}

static void count_answer(struct weft_ping *p, struct weft_ping_slot *s, struct weft_ping_event *ev)
{
    if (s->fate == SLOT_ANSWERED) {
        ev->kind = WEFT_PING_DUPLICATE;
        p->duplicates++;
        return;
    }
    ev->kind = WEFT_PING_REPLY;
    s->fate = SLOT_ANSWERED;
    p->received++;
    p->reordered += ev->seq < p->newest;
    p->newest = wf_max_u64(p->newest, ev->seq);
    p->min_ns = wf_min_u64(p->min_ns, ev->rtt_ns);
    p->max_ns = wf_max_u64(p->max_ns, ev->rtt_ns);
    p->sum_ns += ev->rtt_ns;
    struct wide sum = wf_wide_add((struct wide){p->squares_hi, p->squares_lo},
                                  wf_wide_mul(ev->rtt_ns, ev->rtt_ns));
    p->squares_hi = sum.hi;
    p->squares_lo = sum.lo;
    settle(p);
    if (p->cfg.interval_ns == 0)
        p->next_ns =
            wf_max_u64(p->last_ns, add_sat(s->sent_ns, FLOOD_MIN_NS)); /* One in, one out. */
}

/* One received message, which may be none of ours: then the next one is looked at. */
static bool take_reply(struct weft_ping *p, uint64_t now_ns, struct weft_ping_event *ev)
{
    for (;;) {
        struct weft_udp_rx rx;
        const struct weft_msg_info *info = &rx.info;
        int64_t n = weft_udp_recv(p->st, p->sock, p->cfg.buf, p->cfg.buf_bytes, &rx);
        if (n < 0)
            return false;
        struct icmp4_hdr h;
        if (wf_icmp4_parse(&h, p->cfg.buf, (size_t)n) != ICMP4_OK || h.type != reply_type(p) ||
            h.code != 0)
            continue;
        uint64_t seq = find_seq(p, h.seq);
        bool is_sender = p->cfg.is_any_sender ||
                         memcmp(info->from.addr.b, p->cfg.to.b, sizeof(p->cfg.to.b)) == 0;
        if (seq == 0 || !is_sender || slot_of(p, seq)->fate == SLOT_FAILED)
            continue;
        struct weft_ping_slot *s = slot_of(p, seq);
        *ev = (struct weft_ping_event){.seq = seq,
                                       .from = info->from.addr,
                                       .rtt_ns = now_ns > s->sent_ns ? now_ns - s->sent_ns : 0,
                                       .bytes = info->full_bytes,
                                       .ttl = info->ttl,
                                       .opts_bytes = rx.opts_bytes};
        memcpy(ev->opts, rx.opts, rx.opts_bytes);
        uint32_t wrong = first_wrong(p, s, (uint32_t)n, ev);
        if (wrong == UINT32_MAX && info->full_bytes == (uint32_t)n) {
            count_answer(p, s, ev);
            return true;
        }
        ev->kind = WEFT_PING_BAD_DATA;
        ev->bad_offset = wf_min_u32(wrong, p->cfg.size);
        p->bad++;
        return true;
    }
}

static bool take_error(struct weft_ping *p, struct weft_ping_event *ev)
{
    struct weft_sock_err e;
    while (weft_sock_recv_error(p->st, p->sock, &e) == 0) {
        uint64_t seq = find_seq(p, e.quoted_id);
        /* What went by a source route was on its way to a hop. */
        bool is_ours =
            p->cfg.opts_bytes > 0 || memcmp(e.dst.addr.b, p->cfg.to.b, sizeof(p->cfg.to.b)) == 0;
        if (seq == 0 || !is_ours || slot_of(p, seq)->fate == SLOT_FAILED ||
            slot_of(p, seq)->fate == SLOT_ANSWERED)
            continue;
        slot_of(p, seq)->fate = SLOT_FAILED;
        settle(p);
        p->errors++;
        *ev = (struct weft_ping_event){.kind = WEFT_PING_ERROR,
                                       .seq = seq,
                                       .from = e.offender,
                                       .info = e.info,
                                       .err = e.err,
                                       .icmp_type = e.icmp_type,
                                       .icmp_code = e.icmp_code};
        return true;
    }
    return false;
}

static bool give_up(struct weft_ping *p, struct weft_ping_event *ev)
{
    *ev = (struct weft_ping_event){.kind = WEFT_PING_LOST, .seq = p->oldest};
    slot_of(p, p->oldest)->fate = SLOT_LOST;
    settle(p);
    return true;
}

static bool report_lost(struct weft_ping *p, uint64_t now_ns, struct weft_ping_event *ev)
{
    if (p->oldest > p->sent || !is_after(now_ns, slot_of(p, p->oldest)->sent_ns, timeout(p)))
        return false;
    return give_up(p, ev);
}

static bool has_more(const struct weft_ping *p)
{
    return p->cfg.count == 0 || p->sent < p->cfg.count;
}

static void set_next(struct weft_ping *p, uint64_t now_ns)
{
    uint64_t step = p->cfg.interval_ns == 0 ? FLOOD_NS : p->cfg.interval_ns;
    if (p->sent < p->cfg.preload)
        return;
    p->next_ns = add_sat(p->next_ns, step);
    if (p->next_ns <= now_ns || p->cfg.interval_ns == 0)
        p->next_ns = add_sat(now_ns, step); /* Late: no burst to make up for it. */
}

static void write_request(struct weft_ping *p, uint64_t seq, uint64_t now_ns)
{
    struct icmp4_hdr h = {.type = query_type(p), .seq = (uint16_t)seq};
    struct icmp4_times t = {.originate = originate(p, now_ns)};
    wf_icmp4_emit(p->cfg.buf, &h);
    memset(p->cfg.buf + WEFT_ICMP_HDR_BYTES, 0, p->cfg.size);
    if (p->cfg.query == WEFT_PING_TIMESTAMP)
        wf_icmp4_emit_times(p->cfg.buf, &t);
    for (uint32_t i = 0; p->cfg.query == WEFT_PING_ECHO && i < p->cfg.size; i++)
        p->cfg.buf[WEFT_ICMP_HDR_BYTES + i] = pattern_at(&p->cfg, i);
}

static uint32_t path_mtu(const struct weft_ping *p)
{
    struct weft_ip_path path;
    return weft_ip_path(p->st, &p->cfg.to, &path) == 0 ? path.mtu : 0;
}

static bool send_request(struct weft_ping *p, uint64_t now_ns, struct weft_ping_event *ev)
{
    if (!has_more(p) || now_ns < p->next_ns)
        return false;
    if (p->oldest <= p->sent && p->sent + 1 - p->oldest >= p->cfg.slots_n)
        return give_up(p, ev);
    uint64_t seq = p->sent + 1;
    write_request(p, seq, now_ns);
    struct weft_endpoint to = {.addr = p->cfg.to};
    int64_t n =
        weft_sock_sendto(p->st, p->sock, p->cfg.buf, WEFT_ICMP_HDR_BYTES + p->cfg.size, &to);
    if (n == -WEFT_EAGAIN) {
        p->next_ns = add_sat(now_ns, RETRY_NS);
        return false;
    }
    p->sent = seq;
    *slot_of(p, seq) =
        (struct weft_ping_slot){.sent_ns = now_ns, .fate = n < 0 ? SLOT_FAILED : SLOT_WAITING};
    *ev = (struct weft_ping_event){
        .kind = n < 0 ? WEFT_PING_UNSENT : WEFT_PING_SENT, .seq = seq, .err = n < 0 ? (int)-n : 0};
    if (n == -WEFT_EMSGSIZE)
        ev->info = path_mtu(p);
    p->errors += n < 0;
    settle(p);
    set_next(p, now_ns);
    return true;
}

static bool finish(struct weft_ping *p, uint64_t now_ns, struct weft_ping_event *ev)
{
    bool is_over = p->cfg.deadline_ns != 0 && is_after(now_ns, p->start_ns, p->cfg.deadline_ns);
    if (!is_over && (has_more(p) || p->oldest <= p->sent))
        return false;
    p->is_done = true;
    *ev = (struct weft_ping_event){.kind = WEFT_PING_DONE};
    return true;
}

static uint64_t next_deadline(const struct weft_ping *p)
{
    uint64_t at = has_more(p) ? p->next_ns : WEFT_NEVER;
    if (p->oldest <= p->sent)
        at = wf_min_u64(at, add_sat(slot_of(p, p->oldest)->sent_ns, timeout(p)));
    if (p->cfg.deadline_ns != 0)
        at = wf_min_u64(at, add_sat(p->start_ns, p->cfg.deadline_ns));
    return at;
}

uint64_t weft_ping_step(struct weft_ping *p, uint64_t now_ns, struct weft_ping_event *ev)
{
    *ev = (struct weft_ping_event){.kind = WEFT_PING_NONE};
    if (p->is_done || !p->is_open)
        return WEFT_NEVER;
    p->last_ns = wf_max_u64(p->last_ns, now_ns);
    now_ns = p->last_ns;
    if (take_reply(p, now_ns, ev) || take_error(p, ev) || report_lost(p, now_ns, ev) ||
        finish(p, now_ns, ev) || send_request(p, now_ns, ev))
        return now_ns;
    return next_deadline(p);
}

/* Deviation from the mean, exactly: sqrt(n * sum of squares - square of the sum) / n. */
static uint64_t deviation(const struct weft_ping *p)
{
    uint64_t n = p->received;
    struct wide all = wf_wide_mul(n, p->squares_lo);
    all.hi += n * p->squares_hi;
    return wf_wide_sqrt(wf_wide_sub(all, wf_wide_mul(p->sum_ns, p->sum_ns))) / n;
}

void weft_ping_stats(const struct weft_ping *p, struct weft_ping_stats *out)
{
    *out = (struct weft_ping_stats){.transmitted = p->sent,
                                    .received = p->received,
                                    .duplicates = p->duplicates,
                                    .errors = p->errors,
                                    .reordered = p->reordered,
                                    .bad = p->bad,
                                    .time_ns = p->last_ns - p->start_ns};
    if (p->sent > 0)
        out->loss_permille = (uint32_t)((p->sent - p->received) * 1000 / p->sent);
    if (p->received > 0) {
        out->min_ns = p->min_ns;
        out->max_ns = p->max_ns;
        out->avg_ns = p->sum_ns / p->received;
        out->mdev_ns = deviation(p);
    }
}

void weft_ping_end(struct weft_ping *p)
{
    if (!p->is_open)
        return;
    (void)weft_sock_close(p->st, p->sock);
    p->is_open = false;
}
