/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script ipopt - IP options in scripts: written by name, compared, sent and received
 *
 * In brackets after "opts": hexadecimal digits, "none", or a list between '<' and '>':
 * nop, eol, ra, hex 8804, rr SLOTS A..., lsrr DONE A..., ssrr DONE A..., ts SLOTS T..., tsa SLOTS
 * A T ..., tsp DONE A T ...; the time options end with "over N" where N found no room. T is a
 * number, or "*" for any. What stands there is in use, and the pointer behind it.
 */
#include <stdio.h>
#include <string.h>

#include "script.h"

#define OPTS_MAX 40U

/** struct out - Options being written */
struct out {
    uint8_t *b, *mask;
    uint32_t n;
    bool is_full;
};

static void octet(struct out *o, uint32_t v, uint8_t mask)
{
    if (o->n == OPTS_MAX) {
        o->is_full = true;
        return;
    }
    o->b[o->n] = (uint8_t)v;
    o->mask[o->n++] = mask;
}

static void word(struct out *o, uint32_t v, uint8_t mask)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        octet(o, v >> shift, mask);
}

static bool address(struct sx *s, struct out *o)
{
    uint8_t a[4];
    if (!wf_sx_ip4(s, a))
        return false;
    word(o, wf_sx_be(a, 4), 255);
    return true;
}

/* rr SLOTS A..., lsrr DONE A...: all addresses of a route stand there, those of a record so far. */
static bool addresses(struct sx *s, struct out *o, uint8_t type)
{
    int64_t n = 0;
    uint32_t at = o->n, used = 0;
    if (!wf_sx_number(s, &n) || n < 0 || n > 9)
        return false;
    octet(o, type, 255);
    octet(o, 0, 255);
    octet(o, 0, 255);
    while (address(s, o))
        used++;
    for (uint32_t i = used; type == 7 && i < (uint32_t)n; i++)
        word(o, 0, 255);
    if (o->is_full)
        return false;
    o->b[at + 1] = (uint8_t)(o->n - at);
    o->b[at + 2] = (uint8_t)(4 + 4 * (type == 7 ? used : (uint32_t)n));
    return true;
}

static bool time_value(struct sx *s, struct out *o)
{
    int64_t v;
    if (wf_sx_take(s, "*")) {
        word(o, 0, 0);
        return true;
    }
    if (!wf_sx_number(s, &v))
        return false;
    word(o, (uint32_t)v, 255);
    return true;
}

/* ts SLOTS T..., tsa SLOTS A T ..., tsp DONE A T ... */
static bool times(struct sx *s, struct out *o, uint32_t flag)
{
    int64_t n = 0, over = 0;
    uint32_t at = o->n, used = 0, slot = flag == 0 ? 4 : 8;
    if (!wf_sx_number(s, &n) || n < 0 || n > 9)
        return false;
    for (unsigned i = 0; i < 4; i++)
        octet(o, i == 0 ? 68 : 0, 255);
    while ((flag == 0 || address(s, o)) && time_value(s, o))
        used++;
    for (uint32_t i = used; flag != 3 && i < (uint32_t)n; i++)
        for (uint32_t k = 0; k < slot; k += 4)
            word(o, 0, 255);
    if (wf_sx_take(s, "over") && !wf_sx_number(s, &over))
        return false;
    if (o->is_full)
        return false;
    o->b[at + 1] = (uint8_t)(o->n - at);
    o->b[at + 2] = (uint8_t)(5 + slot * (flag == 3 ? (uint32_t)n : used));
    o->b[at + 3] = (uint8_t)((uint32_t)over << 4 | flag);
    return true;
}

static bool hex_option(struct sx *s, struct out *o)
{
    uint8_t bytes[OPTS_MAX];
    wf_sx_skip(s);
    struct sx_slice hex = {s->text.p, 0};
    while (s->text.p < s->text.end && strchr(",]>", *s->text.p) == NULL)
        s->text.p++;
    hex.n = (size_t)(s->text.p - hex.p);
    uint32_t n = wf_sx_parse_hex(hex, bytes, sizeof(bytes));
    for (uint32_t i = 0; i < n; i++)
        octet(o, bytes[i], 255);
    return true;
}

static bool one_option(struct sx *s, struct out *o)
{
    static const struct {
        const char *name;
        uint8_t type;
    } routes[] = {{"rr", 7}, {"lsrr", 131}, {"ssrr", 137}};
    static const char *const stamps[] = {"ts", "tsa", NULL, "tsp"};
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        if (wf_sx_take(s, routes[i].name))
            return addresses(s, o, routes[i].type);
    for (uint32_t i = 0; i < 4; i++)
        if (stamps[i] != NULL && wf_sx_take(s, stamps[i]))
            return times(s, o, i);
    if (wf_sx_take(s, "nop") || wf_sx_at(s, "eol")) {
        octet(o, !wf_sx_take(s, "eol"), 255);
        return true;
    }
    if (wf_sx_take(s, "ra")) {
        word(o, 0x94040000, 255);
        return true;
    }
    return wf_sx_take(s, "hex") && hex_option(s, o);
}

bool wf_sx_parse_ip_opts(struct sx *s, struct sx_ip *ip)
{
    struct out o = {ip->opts, ip->opts_mask, 0, false};
    bool is_ok = true;
    ip->has_opts = true;
    if (wf_sx_take(s, "<")) {
        while (is_ok && !wf_sx_take(s, ">")) {
            is_ok = one_option(s, &o) && !o.is_full;
            (void)wf_sx_take(s, ",");
        }
    } else if (!wf_sx_take(s, "none")) {
        is_ok = hex_option(s, &o) && !o.is_full;
    }
    ip->opts_n = o.n;
    while (o.n % 4 != 0)
        octet(&o, 0, 255); /* What pads them is compared as well (RFC 791 3.1). */
    if (!is_ok)
        wf_sx_bad(s, "IP options are expected here: see tests/script/README.md");
    return is_ok;
}

bool wf_sx_ip_opts_match(const struct sx_ip *ip, const uint8_t *got, uint32_t got_n, char *why,
                         size_t cap)
{
    uint32_t n = (ip->opts_n + 3) / 4 * 4;
    if (!ip->has_opts)
        return true;
    if (n != got_n) {
        (void)snprintf(why, cap, "octets of IP options: expected %u, got %u", n, got_n);
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint8_t want = i < ip->opts_n ? ip->opts[i] : 0;
        if (((want ^ got[i]) & ip->opts_mask[i]) != 0) {
            (void)snprintf(why, cap, "octet %u of the IP options: expected %02x, got %02x", i, want,
                           got[i]);
            return false;
        }
    }
    return true;
}

/* ---- calls ---- */

/* What a call says about an IP header in "[...]". */
static bool header_in(struct sx *s, const struct sx_call *c, uint32_t i, struct sx_ip *ip)
{
    struct sx_text saved = s->text;
    memset(ip, 0, sizeof(*ip));
    ip->ttl = ip->tos = ip->df = -1;
    if (i >= c->args_n)
        return true;
    s->text.p = c->arg[i].p;
    s->text.end = s->text.p + c->arg[i].n;
    bool is_ok = wf_sx_parse_ip(s, ip);
    s->text = saved;
    return is_ok;
}

static bool is_ours(struct sx *s)
{
    if (s->st == NULL)
        wf_sx_na(s, "%s has no calls about IP options", s->cfg->target->name);
    return s->st != NULL;
}

int64_t wf_sx_ip_set_options(struct sx *s, const struct sx_call *c, const struct sx_fd *f)
{
    struct sx_ip ip;
    if (!header_in(s, c, 1, &ip) || !is_ours(s))
        return 0;
    return weft_ip_set_options(s->st, f->sock, ip.opts, ip.opts_n);
}

bool wf_sx_ip_tx(struct sx *s, const struct sx_call *c, uint32_t i, struct sx_ip *ip,
                 struct weft_udp_tx *tx)
{
    if (!header_in(s, c, i, ip))
        return false;
    tx->ttl = (int16_t)ip->ttl;
    tx->tos = (int16_t)ip->tos;
    tx->df = (int16_t)ip->df;
    tx->opts = ip->opts;
    tx->opts_bytes = (int16_t)(ip->has_opts ? (int)ip->opts_n : -1);
    if (ip->has_from)
        tx->src = weft_ip4(ip->from[0], ip->from[1], ip->from[2], ip->from[3]);
    return true;
}

int64_t wf_sx_ip_recv(struct sx *s, const struct sx_call *c, struct sx_fd *f)
{
    struct sx_ip ip;
    struct weft_udp_rx *rx = &f->dgram;
    const struct weft_msg_info *info = &rx->info;
    char why[80] = "";
    if (!header_in(s, c, 1, &ip) || !is_ours(s))
        return 0;
    int64_t r = weft_udp_recv(s->st, f->sock, s->buf2, SX_PKT_MAX, rx);
    if (r < 0)
        return r;
    if (ip.ttl >= 0 && ip.ttl != info->ttl)
        (void)snprintf(why, sizeof(why), "TTL %d expected, it came with %u", ip.ttl, info->ttl);
    else if (ip.tos >= 0 && ip.tos != (info->tos & ip.tos_mask))
        (void)snprintf(why, sizeof(why), "TOS %d expected, it came with %u", ip.tos, info->tos);
    else if (ip.has_from && memcmp(ip.from, info->to.b + 12, 4) != 0)
        (void)snprintf(why, sizeof(why), "it was sent to another address");
    if (why[0] == '\0')
        (void)wf_sx_ip_opts_match(&ip, rx->opts, rx->opts_bytes, why, sizeof(why));
    if (why[0] != '\0')
        wf_sx_fail(s, NULL, "%s", why);
    return r;
}

int64_t wf_sx_ip_return(struct sx *s, const struct sx_call *c, const struct sx_fd *f)
{
    uint8_t back[OPTS_MAX];
    struct weft_addr src =
        weft_ip4(s->remote_ip[0], s->remote_ip[1], s->remote_ip[2], s->remote_ip[3]);
    const struct weft_udp_rx *rx = &f->dgram;
    (void)c;
    if (!is_ours(s))
        return 0;
    return weft_ip_set_options(s->st, f->sock, back,
                               weft_ip_options_return(&src, rx->opts, rx->opts_bytes, back));
}

/* ---- "--ip=NAME:VALUE,...": switches ---- */

static const char *const switches[WEFT_IP_SWITCH_COUNT] = {
    [WEFT_IP_SOURCE_ROUTES] = "source_routes",
    [WEFT_IP_RECORD] = "record",
    [WEFT_IP_TTL_DEFAULT] = "ttl",
    [WEFT_IP_UT_MS] = "ut_ms",
    [WEFT_IP_ALL_SUBNETS] = "all_subnets",
    [WEFT_IP_ID_COUNTS] = "id_counts",
};

bool wf_sx_option_ip(struct sx *s)
{
    char name[24];
    int64_t v;
    do {
        if (!wf_sx_word(s, name, sizeof(name)) || !wf_sx_need(s, ":") || !wf_sx_number(s, &v))
            return false;
        uint32_t i = 0;
        while (i < WEFT_IP_SWITCH_COUNT && strcmp(switches[i], name) != 0)
            i++;
        if (i == WEFT_IP_SWITCH_COUNT)
            return false;
        s->ip_switch[i] = v;
        s->ip_switches |= 1U << i;
    } while (wf_sx_take(s, ","));
    s->has_limits = true;
    return true;
}

int wf_sx_ip_begin(struct sx *s)
{
    for (uint32_t i = 0; i < WEFT_IP_SWITCH_COUNT; i++) {
        int r = (s->ip_switches >> i & 1) == 0
                    ? 0
                    : weft_ip_set(s->st, (enum weft_ip_switch)i, s->ip_switch[i]);
        if (r != 0)
            return r;
    }
    return 0;
}
