/* SPDX-License-Identifier: MIT */
/**
 * DOC: rdisc - router discovery (RFC 1256)
 *
 * Router: advertises at random times between two limits, the first three at most 16 s apart; a
 * solicitation brings the next one forward to within 2 s, so that many of them draw one answer.
 * Host: solicits three times, 3 s apart, after up to 1 s, until somebody is heard; keeps up to 8
 * routers, the one with the least preference gives way to a better one.
 *
 * Believed is only what an advertisement of the link says of addresses in the link's networks. It
 * is not proof of anything: whoever is on the link can be the default router of who asks.
 */
#include "weft/rdisc.h"

#include <string.h>

#include "net/net.h"
#include "weft/igmp.h"
#include "weft/netif.h"
#include "weft/sock.h"
#include "wire/wire.h"

#define NS_PER_S         1000000000ull
#define INITIAL_ADVERTS  3
#define INITIAL_MAX_S    16
#define RESPONSE_MAX_NS  (2 * NS_PER_S)
#define SOLICITS         3
#define SOLICIT_EACH_NS  (3 * NS_PER_S)
#define SOLICIT_DELAY_NS NS_PER_S
#define RETRY_NS         (NS_PER_S / 10) /* A full output queue. */
#define ADDRS_MAX        32

static const struct weft_addr nobody;

void weft_rdisc_config_default(struct weft_rdisc_config *cfg)
{
    *cfg = (struct weft_rdisc_config){.max_interval_s = 600};
}

static bool is_valid(const struct weft_rdisc_config *c)
{
    if (!c->is_router)
        return true;
    return c->max_interval_s >= 4 && c->max_interval_s <= 1800 &&
           (c->min_interval_s == 0 ||
            (c->min_interval_s >= 3 && c->min_interval_s <= c->max_interval_s)) &&
           (c->lifetime_s == 0 || (c->lifetime_s >= c->max_interval_s && c->lifetime_s <= 9000));
}

/* A random time below @most_ns. */
static uint64_t random_ns(struct weft_rdisc *r, uint64_t most_ns)
{
    struct wf_hash_key key = {r->cfg.seed[0] ^ r->cfg.seed[2], r->cfg.seed[1] ^ r->cfg.seed[3]};
    uint64_t w[2] = {++r->random[0], r->cfg.ifindex};
    return most_ns == 0 ? 0 : wf_hash_words(&key, w, 2) % most_ns;
}

static uint64_t interval_ns(struct weft_rdisc *r)
{
    uint64_t max_s = r->cfg.max_interval_s, min_s = r->cfg.min_interval_s;
    if (min_s == 0)
        min_s = wf_max_u64(max_s * 3 / 4, 3);
    uint64_t at = min_s * NS_PER_S + random_ns(r, (max_s - min_s) * NS_PER_S + 1);
    return r->sent < INITIAL_ADVERTS ? wf_min_u64(at, INITIAL_MAX_S * NS_PER_S) : at;
}

int weft_rdisc_start(struct weft_rdisc *r, struct weft_stack *st,
                     const struct weft_rdisc_config *cfg, uint64_t now_ns)
{
    struct weft_if_info nif;
    struct weft_endpoint any = {.port = 0};
    const struct weft_addr all_routers = weft_ip4(224, 0, 0, 2);
    uint64_t sock;
    if (!is_valid(cfg) || weft_if_get(st, cfg->ifindex, &nif) != 0)
        return -WEFT_EINVAL;
    int err = weft_sock_open(st, WEFT_SOCK_ICMP, &sock);
    if (err != 0)
        return err;
    int64_t types = 1 << ICMP4_ROUTER_ADVERT | (cfg->is_router ? 1 << ICMP4_ROUTER_SOLICIT : 0);
    err = weft_sock_set(st, sock, WEFT_ICMP_TYPES, types);
    if (err == 0)
        err = weft_sock_set(st, sock, WEFT_IP_TTL, 1);
    if (err == 0)
        err = weft_sock_set(st, sock, WEFT_SO_BROADCAST, 1);
    if (err == 0)
        err = weft_sock_bind(st, sock, &any);
    if (err == 0 && cfg->is_router && !cfg->is_by_broadcast) /* RFC 1256 4.3. */
        err = weft_mc_join(st, sock, &all_routers, cfg->ifindex);
    if (err != 0) {
        (void)weft_sock_close(st, sock);
        return err;
    }
    *r = (struct weft_rdisc){.cfg = *cfg, .st = st, .sock = sock, .is_open = true};
    r->next_ns = now_ns + random_ns(r, cfg->is_router ? RESPONSE_MAX_NS : SOLICIT_DELAY_NS);
    if (cfg->is_router ? cfg->is_silent : cfg->is_patient)
        r->next_ns = WEFT_NEVER;
    return 0;
}

uint64_t weft_rdisc_sock(const struct weft_rdisc *r)
{
    return r->sock;
}

/* Whether an address is in a network of the link; @is_own: whether it is ours there. */
static bool is_on_link(const struct weft_rdisc *r, uint32_t ip4, bool *is_own)
{
    struct weft_addr_info a;
    bool is_near = false;
    *is_own = false;
    for (uint32_t cursor = 0; weft_addr_next(r->st, &cursor, &a);) {
        if (a.ifindex != r->cfg.ifindex)
            continue;
        is_near = is_near || ((wf_addr_to4(&a.addr) ^ ip4) & wf_ip4_mask(a.prefix_len)) == 0;
        *is_own = *is_own || wf_addr_to4(&a.addr) == ip4;
    }
    return is_near;
}

/* ---- sending ---- */

static int64_t send_message(struct weft_rdisc *r, const uint8_t *m, uint32_t n)
{
    struct weft_endpoint to = {.addr = weft_ip4(224, 0, 0, r->cfg.is_router ? 1 : 2)};
    if (r->cfg.is_by_broadcast)
        to.addr = weft_ip4(255, 255, 255, 255);
    to.addr.zone = r->cfg.ifindex;
    return weft_sock_sendto(r->st, r->sock, m, n, &to);
}

static int64_t advertise(struct weft_rdisc *r, uint32_t lifetime_s)
{
    uint8_t m[ICMP4_HDR_BYTES + ADDRS_MAX * 8];
    struct icmp4_hdr h = {
        .type = ICMP4_ROUTER_ADVERT, .entry_words = 2, .lifetime_s = (uint16_t)lifetime_s};
    struct weft_addr_info a;
    for (uint32_t cursor = 0; h.entries < ADDRS_MAX && weft_addr_next(r->st, &cursor, &a);) {
        struct icmp4_router e = {.preference = (uint32_t)r->cfg.preference};
        if (a.ifindex != r->cfg.ifindex)
            continue;
        memcpy(e.addr.b, a.addr.b + 12, 4);
        wf_icmp4_emit_router(m, h.entries++, &e);
    }
    wf_icmp4_emit(m, &h);
    if (h.entries == 0)
        return -WEFT_EADDRNOTAVAIL;
    return send_message(r, m, ICMP4_HDR_BYTES + h.entries * 8u);
}

static int64_t solicit(struct weft_rdisc *r)
{
    uint8_t m[ICMP4_HDR_BYTES];
    struct icmp4_hdr h = {.type = ICMP4_ROUTER_SOLICIT};
    wf_icmp4_emit(m, &h);
    return send_message(r, m, sizeof(m));
}

static uint32_t lifetime_s(const struct weft_rdisc *r)
{
    uint32_t s = r->cfg.lifetime_s != 0 ? r->cfg.lifetime_s : 3 * r->cfg.max_interval_s;
    return wf_min_u32(s, 9000);
}

static bool send_due(struct weft_rdisc *r, uint64_t now_ns, struct weft_rdisc_event *ev)
{
    if (now_ns < r->next_ns)
        return false;
    int64_t n = r->cfg.is_router ? advertise(r, lifetime_s(r)) : solicit(r);
    if (n == -WEFT_EAGAIN) {
        r->next_ns = now_ns + RETRY_NS;
        return false;
    }
    r->sent++;
    if (r->cfg.is_router)
        r->next_ns = now_ns + interval_ns(r);
    else
        r->next_ns = r->sent < SOLICITS ? now_ns + SOLICIT_EACH_NS : WEFT_NEVER;
    ev->kind = n < 0 ? WEFT_RDISC_UNSENT : WEFT_RDISC_SENT;
    ev->err = n < 0 ? (int)-n : 0;
    return true;
}

/* ---- as a host ---- */

static struct weft_rdisc_router *best(struct weft_rdisc *r)
{
    struct weft_rdisc_router *b = NULL;
    for (uint32_t i = 0; i < WEFT_RDISC_ROUTERS_MAX; i++) {
        struct weft_rdisc_router *o = &r->routers[i];
        if (o->expires_ns == 0)
            continue;
        bool is_current = wf_addr_to4(&o->addr) == wf_addr_to4(&r->gateway);
        if (b == NULL || o->preference > b->preference ||
            (o->preference == b->preference && is_current))
            b = o;
    }
    return b;
}

/* The slot of an address; or a free one, or that of the least preferred below @preference. */
static struct weft_rdisc_router *slot_for(struct weft_rdisc *r, uint32_t ip4, int32_t preference)
{
    struct weft_rdisc_router *least = NULL, *open = NULL;
    for (uint32_t i = 0; i < WEFT_RDISC_ROUTERS_MAX; i++) {
        struct weft_rdisc_router *o = &r->routers[i];
        if (o->expires_ns == 0)
            open = o;
        else if (wf_addr_to4(&o->addr) == ip4)
            return o;
        else if (least == NULL || o->preference < least->preference)
            least = o;
    }
    if (open != NULL)
        return open;
    return least->preference < preference ? least : NULL;
}

static void note_router(struct weft_rdisc *r, const struct icmp4_router *e, uint32_t life_s,
                        uint64_t now_ns)
{
    bool is_own = false;
    uint32_t ip4 = wf_ld32be(e->addr.b);
    bool is_usable =
        is_on_link(r, ip4, &is_own) && !is_own && e->preference != ICMP4_ROUTER_NEVER && life_s > 0;
    struct weft_rdisc_router *slot = slot_for(r, ip4, (int32_t)e->preference);
    if (slot == NULL)
        return;
    bool is_known = slot->expires_ns != 0 && wf_addr_to4(&slot->addr) == ip4;
    if (is_usable)
        *slot = (struct weft_rdisc_router){.addr = wf_addr_from4(ip4),
                                           .preference = (int32_t)e->preference,
                                           .expires_ns = now_ns + life_s * NS_PER_S};
    else if (is_known)
        *slot = (struct weft_rdisc_router){.expires_ns = 0};
}

static struct weft_route route_by(const struct weft_rdisc *r, const struct weft_addr *gateway)
{
    struct weft_route way = {
        .gateway = *gateway, .metric = r->cfg.metric, .ifindex = r->cfg.ifindex};
    way.dst = weft_ip4(0, 0, 0, 0);
    return way;
}

static void leave_gateway(struct weft_rdisc *r)
{
    struct weft_route old = route_by(r, &r->gateway);
    if (r->is_installed)
        (void)!weft_route_del(r->st, &old); /* Somebody may have taken it away already. */
    r->is_installed = false;
    r->gateway = nobody;
}

/* Have the default route by the best router there is. */
static bool choose(struct weft_rdisc *r, uint64_t now_ns, struct weft_rdisc_event *ev)
{
    for (uint32_t i = 0; i < WEFT_RDISC_ROUTERS_MAX; i++)
        if (r->routers[i].expires_ns != 0 && r->routers[i].expires_ns <= now_ns)
            r->routers[i].expires_ns = 0;
    const struct weft_rdisc_router *b = best(r);
    if (wf_addr_to4(b != NULL ? &b->addr : &nobody) == wf_addr_to4(&r->gateway))
        return false;
    leave_gateway(r);
    ev->kind = WEFT_RDISC_ROUTER;
    if (b == NULL)
        return true;
    struct weft_route way = route_by(r, &b->addr);
    int err = weft_route_add(r->st, &way);
    r->is_installed = err == 0; /* One that was there before stays when this router goes. */
    r->gateway = b->addr;
    ev->addr = b->addr;
    ev->preference = b->preference;
    ev->err = err < 0 ? -err : 0;
    return true;
}

/* ---- messages ---- */

/* RFC 1256 5.2; its checksum was verified by the stack. */
static bool advert_ok(const struct icmp4_hdr *h, uint32_t n)
{
    return h->code == 0 && h->entries > 0 && h->entry_words >= 2 &&
           n >= ICMP4_HDR_BYTES + (uint32_t)h->entries * h->entry_words * 4;
}

static void take_advert(struct weft_rdisc *r, const uint8_t *m, uint32_t n,
                        const struct weft_msg_info *info, uint64_t now_ns)
{
    struct icmp4_hdr h;
    struct icmp4_router e;
    bool is_own = false;
    if (!is_on_link(r, wf_addr_to4(&info->from.addr), &is_own) || is_own)
        return;
    if (wf_icmp4_parse(&h, m, n) != ICMP4_OK || !advert_ok(&h, n))
        return;
    for (uint32_t i = 0; wf_icmp4_parse_router(&e, &h, m, n, i); i++)
        note_router(r, &e, h.lifetime_s, now_ns);
    r->has_heard = true;
    r->next_ns = WEFT_NEVER; /* No need to ask any more. */
}

/* Somebody else advertises our address, and not as we do (RFC 1256 4.3). */
static bool differs(struct weft_rdisc *r, const uint8_t *m, uint32_t n, struct weft_rdisc_event *ev)
{
    struct icmp4_hdr h;
    struct icmp4_router e;
    if (wf_icmp4_parse(&h, m, n) != ICMP4_OK || !advert_ok(&h, n))
        return false;
    for (uint32_t i = 0; wf_icmp4_parse_router(&e, &h, m, n, i); i++) {
        bool is_own = false;
        (void)is_on_link(r, wf_ld32be(e.addr.b), &is_own);
        if (!is_own || e.preference == (uint32_t)r->cfg.preference)
            continue;
        ev->kind = WEFT_RDISC_DIFFERS;
        ev->addr = wf_addr_from4(wf_ld32be(e.addr.b));
        ev->preference = (int32_t)e.preference;
        return true;
    }
    return false;
}

/* RFC 1256 4.2: from a neighbour or from who has no address yet. */
static void take_solicit(struct weft_rdisc *r, const uint8_t *m, const struct weft_msg_info *info,
                         uint64_t now_ns)
{
    bool is_own = false;
    uint32_t src = wf_addr_to4(&info->from.addr);
    if (m[1] != 0 || r->cfg.is_silent || (src != 0 && !is_on_link(r, src, &is_own)))
        return;
    r->next_ns = wf_min_u64(r->next_ns, now_ns + random_ns(r, RESPONSE_MAX_NS));
}

/* All that has come; true if there is something to tell. */
static bool take_messages(struct weft_rdisc *r, uint64_t now_ns, struct weft_rdisc_event *ev)
{
    uint8_t *m = r->message;
    struct weft_msg_info info;
    for (;;) {
        int64_t n = weft_sock_recvfrom(r->st, r->sock, m, sizeof(r->message), &info);
        if (n < 0)
            return false;
        if (n < ICMP4_HDR_BYTES || info.ifindex != r->cfg.ifindex)
            continue;
        if (m[0] == ICMP4_ROUTER_SOLICIT) {
            take_solicit(r, m, &info, now_ns);
        } else if (!r->cfg.is_router) {
            take_advert(r, m, (uint32_t)n, &info, now_ns);
        } else if (differs(r, m, (uint32_t)n, ev)) {
            ev->from = info.from.addr;
            return true;
        }
    }
}

uint64_t weft_rdisc_step(struct weft_rdisc *r, uint64_t now_ns, struct weft_rdisc_event *ev)
{
    *ev = (struct weft_rdisc_event){.kind = WEFT_RDISC_NONE};
    if (!r->is_open)
        return WEFT_NEVER;
    if (take_messages(r, now_ns, ev) || (!r->cfg.is_router && choose(r, now_ns, ev)) ||
        send_due(r, now_ns, ev))
        return now_ns;
    uint64_t at_ns = r->next_ns;
    for (uint32_t i = 0; i < WEFT_RDISC_ROUTERS_MAX; i++)
        if (r->routers[i].expires_ns != 0)
            at_ns = wf_min_u64(at_ns, r->routers[i].expires_ns);
    return at_ns;
}

void weft_rdisc_end(struct weft_rdisc *r)
{
    if (!r->is_open)
        return;
    if (r->cfg.is_router && !r->cfg.is_silent && r->sent > 0)
        (void)advertise(r, 0); /* RFC 1256 4.3: who ceases says so. */
    leave_gateway(r);
    (void)weft_sock_close(r->st, r->sock);
    r->is_open = false;
}
