/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script diff - the expected and the actual packet side by side, field by field
 *
 * Made when a packet is not the one a line describes, for people only: what decides is
 * script_match.c. A field the line says nothing about is shown, but differs from nothing.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "script.h"

#define FRAG_DF 0x4000U

static struct weft_script_field *row(struct sx *s, const char *name)
{
    struct weft_script_result *r = s->res;
    if (r->fields_n == WEFT_SCRIPT_FIELDS_MAX)
        return NULL;
    struct weft_script_field *f = &r->field[r->fields_n++];
    memset(f, 0, sizeof(*f));
    (void)snprintf(f->name, sizeof(f->name), "%s", name);
    return f;
}

static void set_text(char *out, size_t cap, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void set_text(char *out, size_t cap, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    /* va_start() is what sets it. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(out, cap, format, ap);
    va_end(ap);
}

static void add_number(struct sx *s, const char *name, bool is_said, uint32_t want, uint32_t got)
{
    struct weft_script_field *f = row(s, name);
    if (f == NULL)
        return;
    if (is_said)
        set_text(f->expected, sizeof(f->expected), "%u", want);
    set_text(f->actual, sizeof(f->actual), "%u", got);
    f->is_different = is_said && want != got;
}

static void add_time(struct sx *s)
{
    struct weft_script_field *f = row(s, "time");
    uint64_t lo = s->want_lo_ns - s->base_ns, hi = s->want_hi_ns - s->base_ns;
    uint64_t at = s->shown_ns - s->base_ns, slack = s->tolerance_ns;
    if (f == NULL)
        return;
    if (s->is_any_time)
        set_text(f->expected, sizeof(f->expected), "*");
    else if (lo == hi)
        set_text(f->expected, sizeof(f->expected), "%llu.%06llu",
                 (unsigned long long)(lo / 1000000000), (unsigned long long)(lo / 1000 % 1000000));
    else
        set_text(f->expected, sizeof(f->expected), "%llu.%06llu~%llu.%06llu",
                 (unsigned long long)(lo / 1000000000), (unsigned long long)(lo / 1000 % 1000000),
                 (unsigned long long)(hi / 1000000000), (unsigned long long)(hi / 1000 % 1000000));
    set_text(f->actual, sizeof(f->actual), "%llu.%06llu", (unsigned long long)(at / 1000000000),
             (unsigned long long)(at / 1000 % 1000000));
    f->is_different = !s->is_any_time && (at + slack < lo || at > hi + slack);
}

static void add_ip(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen)
{
    const struct sx_ip *ip = &p->ip;
    if (ip->has_addrs) {
        const uint8_t *w[2] = {ip->src, ip->dst}, *g[2] = {seen->src, seen->dst};
        static const char *const names[2] = {"source", "destination"};
        for (unsigned i = 0; i < 2; i++) {
            struct weft_script_field *f = row(s, names[i]);
            if (f == NULL)
                return;
            set_text(f->expected, sizeof(f->expected), "%u.%u.%u.%u", w[i][0], w[i][1], w[i][2],
                     w[i][3]);
            set_text(f->actual, sizeof(f->actual), "%u.%u.%u.%u", g[i][0], g[i][1], g[i][2],
                     g[i][3]);
            f->is_different = memcmp(w[i], g[i], 4) != 0;
        }
    }
    if (ip->ttl >= 0)
        add_number(s, "ttl", true, (uint32_t)ip->ttl, seen->ttl);
    if (ip->tos >= 0)
        add_number(s, ip->tos_mask == 3 ? "ecn" : "tos", true, (uint32_t)ip->tos,
                   seen->tos & (uint32_t)ip->tos_mask);
    if (ip->df >= 0)
        add_number(s, "df", true, (uint32_t)ip->df, (seen->frag & FRAG_DF) != 0);
    if (ip->id >= 0)
        add_number(s, "id", true, (uint32_t)ip->id, seen->id);
}

void wf_sx_flags_text(uint32_t flags, char out[16])
{
    static const char letters[] = "FSRP.UEWA";
    size_t n = 0;
    for (unsigned i = 0; i < 9; i++)
        if ((flags & 1U << i) != 0)
            out[n++] = letters[i];
    if (n == 0)
        out[n++] = '-';
    out[n] = '\0';
}

static void add_flags(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen)
{
    struct weft_script_field *f = row(s, "flags");
    uint32_t ignored = (p->flags & SX_PSH) != 0 ? 0 : SX_PSH;
    char want[16], got[16];
    if (f == NULL)
        return;
    wf_sx_flags_text(p->flags, want);
    wf_sx_flags_text(seen->flags, got);
    set_text(f->expected, sizeof(f->expected), "%s", want);
    set_text(f->actual, sizeof(f->actual), "%s", got);
    f->is_different = (p->flags & ~ignored) != (seen->flags & ~ignored);
}

/* ---- options ---- */

static const char *opt_name(uint8_t kind, char *buf, size_t cap)
{
    switch (kind) {
    case 2:
        return "mss";
    case 3:
        return "wscale";
    case 4:
        return "sackOK";
    case 5:
        return "sack";
    case 8:
        return "TS";
    case 34:
        return "FO";
    case 172:
    case 174:
        return "ECN";
    default:
        (void)snprintf(buf, cap, "option %u", kind);
        return buf;
    }
}

/* A value as the line has it: words, in the numbers of the script. */
static void want_text(const struct sx_opt *o, char *out, size_t cap)
{
    size_t n = 0;
    set_text(out, cap, "%s", o->n == 0 ? "yes" : "");
    if (o->kind == 8) {
        char v[2][16] = {"*", "*"};
        for (unsigned i = 0; i < 2; i++)
            if (!o->is_any[i])
                set_text(v[i], sizeof(v[i]), "%u", o->v[i]);
        set_text(out, cap, "val %s ecr %s", v[0], v[1]);
    } else if (o->kind == 5) {
        for (unsigned i = 0; i + 1 < o->n && n + 24 < cap; i += 2)
            n += (size_t)snprintf(out + n, cap - n, "%u:%u ", o->v[i], o->v[i + 1]);
    } else if (o->kind == 172 || o->kind == 174) {
        for (unsigned i = 0; i < o->n && n + 12 < cap; i++)
            n += (size_t)snprintf(out + n, cap - n, "%u ", o->v[i]);
    } else if (o->kind == 34 && o->is_any[0]) {
        set_text(out, cap, "*");
    } else if (o->raw_n > 2) {
        for (unsigned i = 2; i < o->raw_n && n + 3 < cap; i++)
            n += (size_t)snprintf(out + n, cap - n, "%02x", o->raw[i]);
    } else if (o->n == 1) {
        set_text(out, cap, "%u", o->v[0]);
    }
}

static void got_text(const struct sx_flow *f, uint8_t kind, const uint8_t *d, uint32_t n, char *out,
                     size_t cap)
{
    size_t at = 0;
    set_text(out, cap, "%s", n == 0 ? "yes" : "");
    if (kind == 8 && n == 8) {
        set_text(out, cap, "val %u ecr %u", wf_sx_script_ts(f, wf_sx_be(d, 4)), wf_sx_be(d + 4, 4));
    } else if (kind == 5) {
        for (uint32_t i = 0; i + 8 <= n && at + 24 < cap; i += 8)
            at += (size_t)snprintf(out + at, cap - at, "%u:%u ", wf_sx_be(d + i, 4) - f->remote_isn,
                                   wf_sx_be(d + i + 4, 4) - f->remote_isn);
    } else if (kind == 172 || kind == 174) {
        for (uint32_t i = 0; i + 3 <= n && at + 12 < cap; i += 3)
            at += (size_t)snprintf(out + at, cap - at, "%u ", wf_sx_be(d + i, 3));
    } else if (kind == 2 || kind == 3) {
        set_text(out, cap, "%u", wf_sx_be(d, n < 4 ? n : 4));
    } else {
        for (uint32_t i = 0; i < n && at + 3 < cap; i++)
            at += (size_t)snprintf(out + at, cap - at, "%02x", d[i]);
    }
}

static const struct sx_opt *find_opt(const struct sx_packet *p, uint8_t kind)
{
    for (uint32_t i = 0; i < p->opt_n; i++)
        if (p->opt[i].kind == kind)
            return &p->opt[i];
    return NULL;
}

static void add_options(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen,
                        struct sx_flow *flow)
{
    uint32_t at = 0, n;
    bool is_met[256] = {false};
    uint8_t kind;
    const uint8_t *d;
    char name[16];
    while (wf_sx_opt_next(seen, &at, &kind, &d, &n)) {
        struct weft_script_field *f = kind <= 1 ? NULL : row(s, opt_name(kind, name, sizeof(name)));
        const struct sx_opt *want = find_opt(p, kind);
        if (f == NULL)
            continue;
        is_met[kind] = true;
        got_text(flow, kind, d, n, f->actual, sizeof(f->actual));
        if (want != NULL)
            want_text(want, f->expected, sizeof(f->expected));
        f->is_different = p->has_opts && (want != NULL ? !wf_sx_opt_right(s, want, d, n, flow)
                                                       : !p->has_more_opts);
    }
    for (uint32_t i = 0; i < p->opt_n; i++) {
        const struct sx_opt *o = &p->opt[i];
        if (o->kind <= 1 || is_met[o->kind])
            continue;
        struct weft_script_field *f = row(s, opt_name(o->kind, name, sizeof(name)));
        if (f == NULL)
            return;
        want_text(o, f->expected, sizeof(f->expected));
        f->is_different = true;
    }
}

static void add_seq(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen,
                    const struct sx_flow *flow)
{
    struct weft_script_field *f = row(s, "seq");
    uint32_t seq = seen->seq - flow->local_isn;
    if (f == NULL)
        return;
    set_text(f->expected, sizeof(f->expected), "%u:%u(%u)", p->seq, p->seq + p->len, p->len);
    set_text(f->actual, sizeof(f->actual), "%u:%u(%u)", seq, seq + seen->payload_len,
             seen->payload_len);
    f->is_different = seq != p->seq || seen->payload_len != p->len;
}

static void add_tcp(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen)
{
    struct sx_flow *f = wf_sx_flow_for(s, p, seen);
    if (f == NULL)
        return;
    if (f->lport != seen->sport)
        add_number(s, "source port", true, f->lport, seen->sport);
    if (f->rport != seen->dport)
        add_number(s, "dest. port", true, f->rport, seen->dport);
    add_flags(s, p, seen);
    add_seq(s, p, seen, f);
    if ((seen->flags & SX_ACK) != 0 || p->has_ack)
        add_number(s, "ack", p->has_ack, p->ack, seen->ack - f->remote_isn);
    add_number(s, "win", p->has_win, p->win, seen->win);
    if ((seen->flags & SX_URG) != 0 || p->has_urg)
        add_number(s, "urg", p->has_urg, p->urg, seen->urg);
    add_options(s, p, seen, f);
}

void wf_sx_diff(struct sx *s, const struct sx_packet *p, const struct sx_seen *seen)
{
    static const char *const names[] = {"TCP", "UDP", "ICMP", "hex", "none"};
    static const uint8_t protos[] = {SX_PROTO_TCP, SX_PROTO_UDP, SX_PROTO_ICMP, 0, 0};
    uint32_t proto = p->is_lite ? SX_PROTO_LITE : protos[p->kind];
    s->res->fields_n = 0;
    add_time(s);
    add_ip(s, p, seen);
    if (seen->proto != proto) {
        struct weft_script_field *f = row(s, "protocol");
        if (f == NULL)
            return;
        set_text(f->expected, sizeof(f->expected), "%s", p->is_lite ? "UDP-Lite" : names[p->kind]);
        set_text(f->actual, sizeof(f->actual), "%s",
                 seen->proto == SX_PROTO_TCP    ? "TCP"
                 : seen->proto == SX_PROTO_UDP  ? "UDP"
                 : seen->proto == SX_PROTO_LITE ? "UDP-Lite"
                 : seen->proto == SX_PROTO_ICMP ? "ICMP"
                                                : "another");
        f->is_different = true;
    } else if (seen->hdr_len == 0) {
        return; /* A fragment: there are no fields to show. */
    } else if (p->kind == SX_TCP) {
        add_tcp(s, p, seen);
    } else if (p->kind == SX_ICMP) {
        add_number(s, "type", true, p->type, seen->l4[0]);
        add_number(s, "code", true, p->code, seen->l4[1]);
        if (p->has_mtu)
            add_number(s, "mtu", true, p->mtu, wf_sx_be(seen->l4 + 6, 2));
    } else {
        add_number(s, "bytes", true, p->len, seen->payload_len);
    }
}
