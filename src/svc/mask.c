/* SPDX-License-Identifier: MIT */
/** DOC: mask - learning the address mask of a link: see weft/mask.h */
#include "weft/mask.h"

#include <string.h>

#include "net/net.h"
#include "weft/netif.h"
#include "weft/sock.h"
#include "wire/wire.h"

#define NS_PER_S  1000000000ull
#define TRIES_MAX 10

void weft_mask_config_default(struct weft_mask_config *cfg)
{
    *cfg = (struct weft_mask_config){.interval_ns = NS_PER_S, .tries = 3};
}

/* Give the address another network; a second time the same is no work. */
static int apply(struct weft_mask *m, uint8_t prefix_len)
{
    if (m->prefix_len == prefix_len)
        return 0;
    int err = weft_addr_del(m->st, m->cfg.ifindex, &m->cfg.addr);
    if (err == 0)
        err = weft_addr_add(m->st, m->cfg.ifindex, &m->cfg.addr, prefix_len);
    if (err == 0)
        m->prefix_len = prefix_len;
    return err;
}

static bool find_prefix(struct weft_mask *m)
{
    struct weft_addr_info a;
    for (uint32_t cursor = 0; weft_addr_next(m->st, &cursor, &a);)
        if (a.ifindex == m->cfg.ifindex && memcmp(a.addr.b, m->cfg.addr.b, sizeof(a.addr.b)) == 0) {
            m->prefix_len = a.prefix_len;
            return true;
        }
    return false;
}

int weft_mask_start(struct weft_mask *m, struct weft_stack *st, const struct weft_mask_config *cfg,
                    uint64_t now_ns)
{
    *m = (struct weft_mask){.cfg = *cfg, .st = st, .next_ns = now_ns};
    if (cfg->tries < 1 || cfg->tries > TRIES_MAX || cfg->interval_ns == 0 || !find_prefix(m))
        return -WEFT_EINVAL;
    int err = weft_sock_open(st, WEFT_SOCK_PING, &m->sock);
    if (err != 0)
        return err;
    err = weft_sock_set(st, m->sock, WEFT_SO_BROADCAST, 1);
    if (err == 0)
        err = weft_sock_set(st, m->sock, WEFT_IP_TTL, 1);
    if (err == 0)
        err = apply(m, wf_ip4_class_len(wf_addr_to4(&cfg->addr)));
    if (err != 0) {
        (void)weft_sock_close(st, m->sock);
        return err;
    }
    m->is_open = true;
    return 0;
}

uint64_t weft_mask_sock(const struct weft_mask *m)
{
    return m->sock;
}

static bool ask(struct weft_mask *m, uint64_t now_ns, struct weft_mask_event *ev)
{
    uint8_t b[ICMP4_MASK_BYTES] = {0};
    struct icmp4_hdr h = {.type = ICMP4_MASK_REQUEST, .seq = (uint16_t)(m->sent + 1)};
    struct weft_endpoint to = {.addr = weft_ip4(255, 255, 255, 255)};
    if (now_ns < m->next_ns || m->sent == m->cfg.tries)
        return false;
    to.addr.zone = m->cfg.ifindex;
    wf_icmp4_emit(b, &h);
    int64_t n = weft_sock_sendto(m->st, m->sock, b, sizeof(b), &to);
    m->sent++;
    m->next_ns = now_ns + m->cfg.interval_ns;
    *ev = (struct weft_mask_event){.kind = WEFT_MASK_ASKED, .err = n < 0 ? (int)-n : 0};
    return true;
}

/* RFC 1122 3.2.2.9: not all ones, and the first octet of ones; here also without gaps. */
static bool is_sane(uint32_t mask, uint8_t *prefix_len)
{
    uint8_t n = 0;
    while (n < 32 && (mask >> (31 - n) & 1) != 0)
        n++;
    *prefix_len = n;
    return n >= 8 && n < 32 && mask << n == 0;
}

static bool take_answer(struct weft_mask *m, struct weft_mask_event *ev)
{
    uint8_t b[ICMP4_MASK_BYTES], prefix_len = 0;
    struct weft_msg_info info;
    struct icmp4_hdr h;
    int64_t n;
    while ((n = weft_sock_recvfrom(m->st, m->sock, b, sizeof(b), &info)) >= 0) {
        if (n < ICMP4_MASK_BYTES || wf_icmp4_parse(&h, b, (size_t)n) != ICMP4_OK ||
            h.type != ICMP4_MASK_REPLY || h.code != 0 || h.seq == 0 || h.seq > m->sent ||
            info.ifindex != m->cfg.ifindex)
            continue;
        *ev = (struct weft_mask_event){.kind = WEFT_MASK_REFUSED,
                                       .from = info.from.addr,
                                       .mask = wf_ld32be(b + ICMP4_HDR_BYTES)};
        if (!is_sane(ev->mask, &prefix_len))
            return true;
        ev->kind = WEFT_MASK_LEARNT;
        ev->err = -apply(m, prefix_len);
        ev->prefix_len = m->prefix_len;
        m->is_done = true; /* The first one counts (RFC 1122 3.2.2.9). */
        return true;
    }
    return false;
}

uint64_t weft_mask_step(struct weft_mask *m, uint64_t now_ns, struct weft_mask_event *ev)
{
    *ev = (struct weft_mask_event){.kind = WEFT_MASK_NONE};
    if (!m->is_open || m->is_done)
        return WEFT_NEVER;
    if (take_answer(m, ev) || ask(m, now_ns, ev))
        return now_ns;
    if (m->sent < m->cfg.tries || now_ns < m->next_ns)
        return m->next_ns;
    m->is_done = true;
    *ev = (struct weft_mask_event){.kind = WEFT_MASK_ALONE, .prefix_len = m->prefix_len};
    return now_ns;
}

void weft_mask_end(struct weft_mask *m)
{
    if (!m->is_open)
        return;
    (void)weft_sock_close(m->st, m->sock);
    m->is_open = false;
}
