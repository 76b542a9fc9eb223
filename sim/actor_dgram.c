/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim actor dgram - UDP senders, sinks and echoes, and ping
 *
 * Each datagram begins with its number (8 bytes, or the sequence number of ICMP) and goes on with a
 * pattern of that number; shorter ones are the first bytes of that.
 */
#include <string.h>

#include "actor.h"
#include "weft/ip.h"
#include "weft/udp.h"

#define DGRAM_MAX     65507U
#define NUMBER_BYTES  8U
#define ICMP_HDR      8U
#define ICMP_ECHO     8U
#define ICMP_REPLY    0U
#define PING_SEQ_MASK 0xffffU

static bool is_ping(const struct weft_actor *a)
{
    return a->cfg.kind == WEFT_ACTOR_PING;
}

static bool is_sender(const struct weft_actor *a)
{
    return !wf_sim_actor_is_server(a);
}

static bool wants_answers(const struct weft_actor *a)
{
    return is_ping(a) || a->cfg.kind == WEFT_ACTOR_UDP_ECHO_CLIENT;
}

static void fill(const struct weft_actor *a, uint64_t number, uint8_t *buf, size_t n)
{
    uint8_t head[NUMBER_BYTES];
    for (unsigned i = 0; i < NUMBER_BYTES; i++)
        head[i] = (uint8_t)(number >> (56 - 8 * i));
    if (is_ping(a)) {
        head[0] = ICMP_ECHO;
        head[1] = head[2] = head[3] = head[4] = head[5] = 0;
    }
    memcpy(buf, head, n < sizeof(head) ? n : sizeof(head));
    if (n > NUMBER_BYTES)
        weft_pattern(a->cfg.pattern ^ number, 0, buf + NUMBER_BYTES, n - NUMBER_BYTES);
}

static uint64_t number_of(const struct weft_actor *a, const uint8_t *buf, size_t n)
{
    uint64_t number = 0;
    if (n < NUMBER_BYTES)
        return a->res.sent == 0 ? 0 : a->res.sent - 1;
    for (unsigned i = is_ping(a) ? 6 : 0; i < NUMBER_BYTES; i++)
        number = number << 8 | buf[i];
    if (!is_ping(a))
        return number;
    /* Sixteen bits came back; the rest is that of the latest request that fits. */
    uint64_t last = a->res.sent == 0 ? 0 : a->res.sent - 1;
    uint64_t full = (last & ~(uint64_t)PING_SEQ_MASK) | number;
    return full > last && full > PING_SEQ_MASK ? full - PING_SEQ_MASK - 1 : full;
}

/* The index of the first wrong byte, or @n. */
static size_t first_wrong(const struct weft_actor *a, uint64_t number, const uint8_t *buf, size_t n)
{
    if (n <= NUMBER_BYTES)
        return n;
    return NUMBER_BYTES +
           weft_pattern_check(a->cfg.pattern ^ number, 0, buf + NUMBER_BYTES, n - NUMBER_BYTES);
}

/* Record route of nine addresses, or timestamps as many as there is room for. */
static void set_record(struct weft_actor *a)
{
    static const struct {
        uint8_t n, head[4];
    } kinds[] = {{39, {7, 39, 4, 0}}, {40, {68, 40, 5, 0}}, {36, {68, 36, 5, 1}}};
    uint8_t options[WEFT_IP_OPTIONS_MAX] = {0};
    if (a->cfg.record == 0 || a->cfg.record > 3)
        return;
    memcpy(options, kinds[a->cfg.record - 1].head, 4);
    int r = weft_ip_set_options(a->cfg.node->st, a->own, options, kinds[a->cfg.record - 1].n);
    if (r != 0)
        wf_sim_actor_error(a, r);
}

void wf_sim_dgram_start(struct weft_actor *a)
{
    int r =
        wf_sim_actor_open(a, is_ping(a) ? WEFT_SOCK_PING : WEFT_SOCK_UDP, ACTOR_SLOT_OWN, &a->own);
    if (r == -WEFT_ENOMEM) {
        a->is_started = false;
        wf_sim_actor_set_timer(a, a->w->now_ns + ACTOR_RETRY_NS);
        return;
    }
    if (r == 0 && wants_answers(a)) {
        a->sent_ns = wf_sim_alloc(a->w, a->cfg.count * sizeof(*a->sent_ns));
        r = a->sent_ns == NULL ? -WEFT_ENOMEM : 0;
    }
    if (r != 0) {
        a->own = 0;
        wf_sim_actor_error(a, r);
        if (is_sender(a))
            wf_sim_actor_end(a);
        return;
    }
    set_record(a);
    wf_sim_actor_set(a, a->own, WEFT_IP_RECVERR, 1);
    wf_sim_actor_set(a, a->own, WEFT_SO_BROADCAST, 1);
    a->next_send_ns = a->w->now_ns;
    if (is_sender(a))
        wf_sim_dgram_timer(a);
}

static void end(struct weft_actor *a)
{
    (void)weft_sock_close(a->cfg.node->st, a->own);
    a->own = 0;
    wf_sim_actor_end(a);
}

/* Answers false if the stack has no room: an event will tell when it has. */
static bool send_next(struct weft_actor *a)
{
    uint8_t buf[DGRAM_MAX];
    size_t n = (size_t)(a->cfg.bytes < DGRAM_MAX ? a->cfg.bytes : DGRAM_MAX);
    if (is_ping(a))
        n = n + ICMP_HDR <= DGRAM_MAX ? n + ICMP_HDR : DGRAM_MAX;
    fill(a, a->res.sent, buf, n);
    int64_t r = weft_sock_sendto(a->cfg.node->st, a->own, buf, n, &a->cfg.remote);
    if (r == -WEFT_EAGAIN)
        return false;
    if (r >= 0)
        a->res.bytes_out += (uint64_t)r;
    else if (a->res.err == 0)
        a->res.err = (int)-r;
    if (a->sent_ns != NULL)
        a->sent_ns[a->res.sent] = a->w->now_ns;
    a->res.sent++;
    a->next_send_ns += a->cfg.interval_ns;
    wf_sim_actor_progress(a);
    return true;
}

static void go_on(struct weft_actor *a)
{
    while (a->res.sent < a->cfg.count && a->w->now_ns >= a->next_send_ns)
        if (!send_next(a))
            return;
    if (a->res.sent < a->cfg.count) {
        wf_sim_actor_set_timer(a, a->next_send_ns);
        return;
    }
    uint64_t last = a->next_send_ns - a->cfg.interval_ns;
    if (!wants_answers(a) || a->res.done >= a->cfg.count ||
        a->w->now_ns >= last + a->cfg.timeout_ns)
        end(a);
    else
        wf_sim_actor_set_timer(a, last + a->cfg.timeout_ns);
}

void wf_sim_dgram_timer(struct weft_actor *a)
{
    if (a->own != 0 && is_sender(a))
        go_on(a);
}

static void take_answer(struct weft_actor *a, const uint8_t *buf, size_t n,
                        const struct weft_udp_rx *rx)
{
    uint64_t number = number_of(a, buf, n);
    if (is_ping(a) && (n < ICMP_HDR || buf[0] != ICMP_REPLY))
        return;
    size_t good = number < a->res.sent ? first_wrong(a, number, buf, n) : 0;
    if (good < n) {
        a->res.bad_offset = good;
        wf_sim_actor_error(a, -WEFT_EPROTO);
        wf_sim_fail(a->w, "%s: answer %llu has a wrong byte at %llu", a->cfg.name,
                    (unsigned long long)number, (unsigned long long)good);
        return;
    }
    if (a->sent_ns[number] == WEFT_NEVER) {
        a->res.duplicates++;
        return;
    }
    memcpy(a->res.options, rx->opts, rx->opts_bytes);
    a->res.options_n = rx->opts_bytes;
    wf_sim_actor_rtt(a, a->w->now_ns - a->sent_ns[number]);
    a->sent_ns[number] = WEFT_NEVER;
    a->res.done++;
}

static void take(struct weft_actor *a, const uint8_t *buf, size_t n, const struct weft_udp_rx *rx)
{
    a->res.bytes_in += n;
    wf_sim_actor_progress(a);
    if (wants_answers(a)) {
        take_answer(a, buf, n, rx);
        return;
    }
    a->res.done++;
    if (a->cfg.kind == WEFT_ACTOR_UDP_ECHO) {
        /* A datagram that cannot be sent back now is lost, as on any server. */
        a->res.sent += weft_sock_sendto(a->cfg.node->st, a->own, buf, n, &rx->info.from) >= 0;
        a->res.bytes_out += n;
        return;
    }
    size_t good = n < NUMBER_BYTES ? n : first_wrong(a, number_of(a, buf, n), buf, n);
    if (good < n) {
        a->res.bad_offset = good;
        wf_sim_actor_error(a, -WEFT_EPROTO);
        wf_sim_fail(a->w, "%s: a datagram has a wrong byte at %llu", a->cfg.name,
                    (unsigned long long)good);
    }
}

void wf_sim_dgram_event(struct weft_actor *a, uint32_t slot)
{
    struct weft_stack *st = a->cfg.node->st;
    uint8_t buf[DGRAM_MAX];
    struct weft_udp_rx rx;
    struct weft_sock_err err;
    (void)slot;
    while (a->own != 0 && weft_sock_recv_error(st, a->own, &err) == 0)
        if (a->res.err == 0)
            a->res.err = err.err;
    while (a->own != 0) {
        int64_t n = weft_udp_recv(st, a->own, buf, sizeof(buf), &rx);
        if (n == -WEFT_EAGAIN)
            break;
        if (n >= 0)
            take(a, buf, (size_t)n, &rx);
        else if (a->res.err == 0)
            a->res.err = (int)-n;
    }
    if (a->own != 0 && is_sender(a))
        go_on(a);
}
