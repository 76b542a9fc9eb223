/* SPDX-License-Identifier: MIT */
/** DOC: sim script parse - times, packet lines, TCP options, system calls */
#include <string.h>

#include "script.h"

#define MS_NS UINT64_C(1000000)

bool wf_sx_parse_time(struct sx *s, struct sx_time *out)
{
    memset(out, 0, sizeof(*out));
    wf_sx_skip(s);
    if (wf_sx_take(s, "*")) {
        out->when = SX_ANY;
        return true;
    }
    out->when = wf_sx_take(s, "+") ? SX_RELATIVE : SX_ABSOLUTE;
    if (!wf_sx_seconds(s, &out->lo_ns)) {
        wf_sx_bad(s, "a time is expected here");
        return false;
    }
    out->hi_ns = out->lo_ns;
    const char *p = s->text.p;
    while (p < s->text.end && *p == ' ')
        p++;
    if (s->text.end - p >= 3 && memcmp(p, "...", 3) == 0)
        s->text.p = p;
    p = s->text.p;
    if (p < s->text.end && *p == '~') {
        s->text.p++;
        (void)wf_sx_take(s, "+");
        if (!wf_sx_seconds(s, &out->hi_ns) || out->hi_ns < out->lo_ns) {
            wf_sx_bad(s, "a later time is expected after '~'");
            return false;
        }
    } else if (s->text.end - p >= 3 && memcmp(p, "...", 3) == 0) {
        s->text.p += 3;
        (void)wf_sx_take(s, "+");
        out->has_end = wf_sx_seconds(s, &out->end_ns);
        if (!out->has_end || out->end_ns < out->lo_ns) {
            wf_sx_bad(s, "a later time is expected after '...'");
            return false;
        }
    }
    return true;
}

/* ---- numbers with a range ---- */

static bool number_to(struct sx *s, int64_t max, int64_t *out)
{
    if (wf_sx_number(s, out) && *out >= 0 && *out <= max)
        return true;
    wf_sx_bad(s, "a number up to %lld is expected here", (long long)max);
    return false;
}

static bool u32(struct sx *s, uint32_t *out)
{
    int64_t v;
    if (!number_to(s, UINT32_MAX, &v))
        return false;
    *out = (uint32_t)v;
    return true;
}

static bool u8(struct sx *s, uint8_t *out)
{
    int64_t v;
    if (!number_to(s, 255, &v))
        return false;
    *out = (uint8_t)v;
    return true;
}

static bool i32(struct sx *s, int32_t *out)
{
    int64_t v;
    if (!number_to(s, 65535, &v))
        return false;
    *out = (int32_t)v;
    return true;
}

/* ---- the IP header ---- */

static bool frag_range(struct sx *s, struct sx_ip *ip)
{
    if (!i32(s, &ip->frag_from) || !wf_sx_need(s, "-") || !i32(s, &ip->frag_to))
        return false;
    if (ip->frag_from < ip->frag_to && ip->frag_from % 8 == 0)
        return true;
    wf_sx_bad(s, "a fragment is A-B with A < B and A a multiple of 8");
    return false;
}

/* Words that stand alone. */
static bool ip_flag(struct sx *s, struct sx_ip *ip)
{
    static const struct {
        const char *word;
        int tos;
    } ecn[] = {{"noecn", 0}, {"ect1", 1}, {"ect0", 2}, {"ce", 3}};
    for (size_t i = 0; i < sizeof(ecn) / sizeof(ecn[0]); i++) {
        if (wf_sx_take(s, ecn[i].word)) {
            ip->tos = ecn[i].tos;
            ip->tos_mask = 3;
            return true;
        }
    }
    if (wf_sx_at(s, "flowlabel") || wf_sx_at(s, "nolabel")) {
        wf_sx_na(s, "weft has no IPv6, which flow labels belong to");
        return false;
    }
    if (wf_sx_take(s, "df"))
        ip->df = 1;
    else if (wf_sx_take(s, "nodf"))
        ip->df = 0;
    else if (wf_sx_take(s, "mf"))
        ip->mf = 1;
    else if (wf_sx_take(s, "nomf"))
        ip->mf = 0;
    else if (wf_sx_take(s, "badcsum"))
        ip->has_bad_csum = true;
    else if (wf_sx_take(s, "nocsum"))
        ip->has_zero_csum = true;
    else if (wf_sx_take(s, "noalert"))
        ip->has_no_alert = true;
    else if (wf_sx_take(s, "badipcsum"))
        ip->has_bad_ip_csum = true;
    else
        return false;
    return true;
}

static bool ip_item(struct sx *s, struct sx_ip *ip)
{
    const struct {
        const char *word;
        int32_t *value;
    } values[] = {
        {"ttl", &ip->ttl},   {"id", &ip->id},       {"version", &ip->version},
        {"ihl", &ip->ihl},   {"total", &ip->total}, {"proto", &ip->proto},
        {"cut", &ip->cut},   {"doff", &ip->doff},   {"offset", &ip->offset},
        {"ulen", &ip->doff}, {"times", &ip->times}, {"flip", &ip->flip},
    };
    if (ip_flag(s, ip) || wf_sx_ether_item(s, ip))
        return true;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (wf_sx_take(s, values[i].word))
            return i32(s, values[i].value);
    if (wf_sx_take(s, "tos")) {
        ip->tos_mask = 255;
        return i32(s, &ip->tos);
    }
    if (wf_sx_take(s, "from")) {
        ip->has_from = true;
        return wf_sx_ip4(s, ip->from);
    }
    if (wf_sx_take(s, "frag"))
        return frag_range(s, ip);
    if (wf_sx_take(s, "opts"))
        return wf_sx_parse_ip_opts(s, ip);
    wf_sx_bad(s, "a word about the IP header, or ']', is expected here");
    return false;
}

bool wf_sx_parse_ip(struct sx *s, struct sx_ip *ip)
{
    if (!wf_sx_take(s, "["))
        return true;
    while (!wf_sx_take(s, "]")) {
        if (!ip_item(s, ip))
            return false;
        (void)wf_sx_take(s, ",");
    }
    return true;
}

static bool port(struct sx *s, uint16_t *out)
{
    int64_t v;
    if (!number_to(s, 65535, &v))
        return false;
    *out = (uint16_t)v;
    return true;
}

/* "1.2.3.4:80 > 5.6.7.8:90", "1.2.3.4 > 5.6.7.8" or "80 > 90". */
static bool parse_ends(struct sx *s, struct sx_ip *ip)
{
    wf_sx_skip(s);
    if (s->text.p >= s->text.end || *s->text.p < '0' || *s->text.p > '9')
        return true;
    ip->has_addrs = wf_sx_ip4(s, ip->src);
    ip->has_ports = !ip->has_addrs || wf_sx_take(s, ":");
    if (ip->has_ports && !port(s, &ip->sport))
        return false;
    if (!wf_sx_need(s, ">"))
        return false;
    if (ip->has_addrs && !wf_sx_ip4(s, ip->dst)) {
        wf_sx_bad(s, "an address is expected after '>'");
        return false;
    }
    if (ip->has_ports && ip->has_addrs && !wf_sx_need(s, ":"))
        return false;
    return !ip->has_ports || port(s, &ip->dport);
}

/* ---- TCP ---- */

static bool sack_blocks(struct sx *s, struct sx_opt *o)
{
    o->kind = 5;
    for (;;) {
        int64_t a, b;
        if (!wf_sx_number(s, &a))
            return o->n > 0;
        if (!wf_sx_need(s, ":") || !wf_sx_number(s, &b) || o->n + 2U > 8)
            return false;
        o->v[o->n++] = (uint32_t)a;
        o->v[o->n++] = (uint32_t)b;
    }
}

static bool timestamp(struct sx *s, struct sx_opt *o)
{
    o->kind = 8;
    o->n = 2;
    if (!wf_sx_need(s, "val"))
        return false;
    o->is_any[0] = wf_sx_take(s, "*");
    if (!o->is_any[0] && !u32(s, &o->v[0]))
        return false;
    if (!wf_sx_need(s, "ecr"))
        return false;
    o->is_any[1] = wf_sx_take(s, "*");
    return o->is_any[1] || u32(s, &o->v[1]);
}

/* "ECN e0b 1 ceb 0 e1b 1": the first field's name tells the order, and so the kind. */
static bool acc_option(struct sx *s, struct sx_opt *o)
{
    static const char *const names[2][3] = {{"e0b", "ceb", "e1b"}, {"e1b", "ceb", "e0b"}};
    uint32_t order = wf_sx_at(s, "e1b") ? 1 : 0;
    o->kind = order == 0 ? 172 : 174;
    while (o->n < 3 && wf_sx_take(s, names[order][o->n]))
        if (!u32(s, &o->v[o->n++]))
            return false;
    return true;
}

static bool raw_option(struct sx *s, struct sx_opt *o)
{
    wf_sx_skip(s);
    struct sx_slice hex = {s->text.p, 0};
    while (s->text.p < s->text.end && *s->text.p != ',' && *s->text.p != '>')
        s->text.p++;
    hex.n = (size_t)(s->text.p - hex.p);
    o->is_raw = true;
    o->raw_n = (uint8_t)wf_sx_parse_hex(hex, o->raw, sizeof(o->raw));
    o->kind = o->raw_n < 2 ? 1 : o->raw[0];
    return true;
}

/* "FO" asks for a cookie, "FO 0123abcd" is one; FOEXP has the experimental kind and its magic.
 * "FO *" is any cookie on the way out, and the one the stack sent last on the way in. */
static bool fast_open(struct sx *s, struct sx_opt *o, bool is_experimental)
{
    static const uint8_t magic[2] = {0xf9, 0x89};
    o->kind = 34;
    o->is_any[0] = !is_experimental && wf_sx_take(s, "*");
    if (o->is_any[0])
        return true;
    if (!raw_option(s, o))
        return false;
    uint8_t head = is_experimental ? 4 : 2;
    if (o->raw_n + head > 20) {
        wf_sx_bad(s, "a cookie of 0 to %u bytes is expected here", 20U - head);
        return false;
    }
    memmove(o->raw + head, o->raw, o->raw_n);
    o->raw_n = (uint8_t)(o->raw_n + head);
    o->kind = o->raw[0] = is_experimental ? 254 : 34;
    o->raw[1] = o->raw_n;
    if (is_experimental)
        memcpy(o->raw + 2, magic, 2);
    return true;
}

static bool one_option(struct sx *s, struct sx_opt *o)
{
    memset(o, 0, sizeof(*o));
    if (wf_sx_take(s, "mss")) {
        o->kind = 2;
        o->n = 1;
        return u32(s, &o->v[0]);
    }
    if (wf_sx_take(s, "wscale")) {
        o->kind = 3;
        o->n = 1;
        return u32(s, &o->v[0]);
    }
    if (wf_sx_take(s, "TS"))
        return timestamp(s, o);
    if (wf_sx_take(s, "sackOK")) {
        o->kind = 4;
        return true;
    }
    if (wf_sx_take(s, "uto")) { /* As on the wire: 32768 and more are minutes. */
        o->kind = 28;
        o->n = 1;
        return u32(s, &o->v[0]);
    }
    if (wf_sx_take(s, "sack"))
        return sack_blocks(s, o);
    if (wf_sx_take(s, "ECN"))
        return acc_option(s, o);
    if (wf_sx_take(s, "nop")) {
        o->kind = 1;
        return true;
    }
    if (wf_sx_take(s, "eol")) {
        o->kind = 0;
        return true;
    }
    if (wf_sx_take(s, "hex"))
        return raw_option(s, o);
    if (wf_sx_take(s, "FOEXP"))
        return fast_open(s, o, true);
    if (wf_sx_take(s, "FO"))
        return fast_open(s, o, false);
    static const char *const foreign[] = {"md5", "exp-tarr", "acc"};
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (wf_sx_at(s, foreign[i])) {
            wf_sx_na(s, "weft has no TCP option '%s'", foreign[i]);
            return false;
        }
    }
    wf_sx_bad(s, "a TCP option is expected here");
    return false;
}

bool wf_sx_parse_opts(struct sx *s, struct sx_packet *out)
{
    if (!wf_sx_take(s, "<"))
        return true;
    out->has_opts = true;
    while (!wf_sx_take(s, ">")) {
        if (wf_sx_take(s, "...")) {
            out->has_more_opts = true;
        } else if (out->opt_n == SX_OPTS_MAX || !one_option(s, &out->opt[out->opt_n++])) {
            wf_sx_bad(s, "a TCP option cannot be read");
            return false;
        }
        (void)wf_sx_take(s, ",");
    }
    return true;
}

/* The three bits as a number: AE, CWR, ECE. */
static uint16_t ace_flags(uint32_t n)
{
    return (uint16_t)(((n & 4) != 0 ? SX_AE : 0) | ((n & 2) != 0 ? SX_CWR : 0) |
                      ((n & 1) != 0 ? SX_ECE : 0));
}

static bool tcp_flags(struct sx *s, uint16_t *out)
{
    static const char letters[] = "FSRP.UEWA";
    bool is_any = false;
    wf_sx_skip(s);
    *out = 0;
    for (; s->text.p < s->text.end && *s->text.p != ' ' && *s->text.p != '\t'; s->text.p++) {
        const char *at = memchr(letters, *s->text.p, sizeof(letters) - 1);
        if (at != NULL)
            *out |= (uint16_t)(1U << (at - letters));
        else if (*s->text.p >= '0' && *s->text.p <= '7' && is_any)
            *out |= ace_flags((uint32_t)(*s->text.p - '0'));
        else if (*s->text.p != '-')
            break;
        is_any = true;
    }
    if (!is_any)
        wf_sx_bad(s, "TCP flags, 'udp', 'udplite', 'icmp', 'hex' or 'none' is expected here");
    return is_any;
}

static bool parse_tcp(struct sx *s, struct sx_packet *out)
{
    uint32_t end;
    out->kind = SX_TCP;
    if (!tcp_flags(s, &out->flags) || !u32(s, &out->seq) || !wf_sx_need(s, ":") || !u32(s, &end) ||
        !wf_sx_need(s, "(") || !u32(s, &out->len) || !wf_sx_need(s, ")"))
        return false;
    if (end - out->seq != out->len) {
        wf_sx_bad(s, "%u:%u is not %u bytes", out->seq, end, out->len);
        return false;
    }
    out->has_ack = wf_sx_take(s, "ack");
    if (out->has_ack && !u32(s, &out->ack))
        return false;
    out->has_win = wf_sx_take(s, "win");
    if (out->has_win && !u32(s, &out->win))
        return false;
    out->has_urg = wf_sx_take(s, "urg");
    if (out->has_urg && !u32(s, &out->urg))
        return false;
    return wf_sx_parse_opts(s, out);
}

/* ---- UDP and ICMP ---- */

static bool payload_len(struct sx *s, uint32_t *out)
{
    return wf_sx_need(s, "(") && u32(s, out) && wf_sx_need(s, ")");
}

/* "udp (N)", "udplite (N) cov C" */
static bool parse_udp(struct sx *s, struct sx_packet *out)
{
    out->kind = SX_UDP;
    if (!payload_len(s, &out->len))
        return false;
    out->has_cov = out->is_lite && wf_sx_take(s, "cov");
    return !out->has_cov || u32(s, &out->cov);
}

static const struct {
    const char *word;
    uint8_t type;
} icmp_types[] = {
    {"echo_reply", 0},   {"unreachable", 3},    {"source_quench", 4},      {"redirect", 5},
    {"echo_request", 8}, {"time_exceeded", 11}, {"parameter_problem", 12}, {"timestamp_reply", 14},
    {"timestamp", 13},   {"address_mask", 17},  {"info_request", 15},
};

static const struct {
    const char *word;
    uint8_t code;
} icmp_codes[] = {
    {"net_unreachable", 0},
    {"host_unreachable", 1},
    {"protocol_unreachable", 2},
    {"port_unreachable", 3},
    {"frag_needed", 4},
    {"source_route_failed", 5},
    {"admin_prohibited", 13},
    {"in_transit", 0},
    {"in_reassembly", 1},
    {"net_unknown", 6},
    {"host_unknown", 7},
    {"source_host_isolated", 8},
    {"net_prohibited", 9},
    {"host_prohibited", 10},
    {"net_unreachable_for_tos", 11},
    {"host_unreachable_for_tos", 12},
    {"packet_filtered", 13},
    {"precedence_violation", 14},
    {"precedence_cutoff", 15},
    {"ttl_exceeded", 0},
    {"frag_time_exceeded", 1},
};

static bool icmp_type(struct sx *s, struct sx_packet *out)
{
    for (size_t i = 0; i < sizeof(icmp_types) / sizeof(icmp_types[0]); i++) {
        if (wf_sx_take(s, icmp_types[i].word)) {
            out->type = icmp_types[i].type;
            return true;
        }
    }
    if (wf_sx_need(s, "type"))
        return u8(s, &out->type);
    return false;
}

static bool icmp_detail(struct sx *s, struct sx_packet *out)
{
    for (size_t i = 0; i < sizeof(icmp_codes) / sizeof(icmp_codes[0]); i++)
        if (wf_sx_take(s, icmp_codes[i].word))
            out->code = icmp_codes[i].code;
    if (wf_sx_take(s, "code") && !u8(s, &out->code))
        return false;
    out->has_mtu = wf_sx_take(s, "mtu");
    if (out->has_mtu && !u32(s, &out->mtu))
        return false;
    out->has_ptr = wf_sx_take(s, "ptr");
    if (out->has_ptr && !u32(s, &out->ptr))
        return false;
    if (wf_sx_take(s, "id") && !u32(s, &out->icmp_id))
        return false;
    if (wf_sx_take(s, "seq") && !u32(s, &out->icmp_seq))
        return false;
    if (wf_sx_at(s, "(") && !payload_len(s, &out->len))
        return false;
    if (wf_sx_take(s, "quote") && !u32(s, &out->quote_len))
        return false;
    return true;
}

/* "[seq:end(len)]": the TCP segment an injected error quotes. */
static bool icmp_quote(struct sx *s, struct sx_packet *out)
{
    uint32_t end, len;
    if (!wf_sx_take(s, "["))
        return true;
    if (wf_sx_take(s, "udp")) /* The datagram sent last is quoted anyway. */
        return payload_len(s, &len) && wf_sx_need(s, "]");
    out->has_quote_seq = true;
    return u32(s, &out->quote_seq) && wf_sx_need(s, ":") && u32(s, &end) && wf_sx_need(s, "(") &&
           u32(s, &len) && wf_sx_need(s, ")") && wf_sx_need(s, "]");
}

static bool parse_hex_line(struct sx *s, struct sx_packet *out)
{
    out->kind = SX_HEX;
    out->hex.p = s->text.p;
    while (s->text.p < s->text.end && *s->text.p != '\n' && *s->text.p != '#')
        s->text.p++;
    out->hex.n = (size_t)(s->text.p - out->hex.p);
    return true;
}

static bool parse_quiet(struct sx *s, struct sx_packet *out)
{
    out->kind = SX_QUIET;
    if (!wf_sx_need(s, "for"))
        return false;
    wf_sx_skip(s);
    int64_t ms;
    const char *before = s->text.p;
    if (wf_sx_number(s, &ms) && wf_sx_take(s, "ms")) {
        out->quiet_ns = (uint64_t)ms * MS_NS;
        return true;
    }
    s->text.p = before;
    if (wf_sx_seconds(s, &out->quiet_ns) && wf_sx_take(s, "s"))
        return true;
    wf_sx_bad(s, "a time such as 500ms or 1.5s is expected here");
    return false;
}

bool wf_sx_parse_packet(struct sx *s, struct sx_packet *out)
{
    memset(out, 0, sizeof(*out));
    struct sx_ip *ip = &out->ip;
    ip->ttl = ip->tos = ip->df = ip->mf = ip->id = ip->version = ip->ihl = ip->total = -1;
    ip->proto = ip->cut = ip->doff = ip->frag_from = ip->frag_to = ip->offset = -1;
    ip->flip = -1;
    ip->times = 1;
    out->is_inbound = wf_sx_take(s, "<");
    if (!out->is_inbound && !wf_sx_need(s, ">"))
        return false;
    if (wf_sx_take(s, "hex"))
        return parse_hex_line(s, out);
    if (wf_sx_take(s, "arp"))
        return wf_sx_parse_arp(s, out);
    if (wf_sx_take(s, "none"))
        return parse_quiet(s, out);
    out->is_any = wf_sx_take(s, "any");
    if (out->is_any)
        return parse_quiet(s, out);
    static const char *const tunnels[] = {"ipv4", "ipv6", "gre", "mpls"};
    for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
        if (wf_sx_at(s, tunnels[i])) {
            wf_sx_na(s, "weft has no encapsulation in %s", tunnels[i]);
            return false;
        }
    }
    if (!wf_sx_parse_ip(s, ip) || !parse_ends(s, ip))
        return false;
    out->is_lite = wf_sx_take(s, "udplite");
    if (out->is_lite || wf_sx_take(s, "udp"))
        return parse_udp(s, out);
    if (wf_sx_take(s, "icmp")) {
        out->kind = SX_ICMP;
        return icmp_type(s, out) && icmp_detail(s, out) && icmp_quote(s, out);
    }
    if (wf_sx_take(s, "igmp"))
        return wf_sx_igmp_parse(s, out);
    return parse_tcp(s, out);
}

/* ---- system calls ---- */

/* Arguments are kept as text: what they mean depends on the call. */
static bool parse_args(struct sx *s, struct sx_call *out)
{
    int depth = 0;
    wf_sx_skip(s);
    const char *from = s->text.p;
    for (;; s->text.p++) {
        if (s->text.p >= s->text.end) {
            wf_sx_bad(s, "')' is missing");
            return false;
        }
        char c = *s->text.p;
        s->text.line += c == '\n';
        bool is_end = c == ')' && depth == 0;
        if (is_end || (c == ',' && depth == 0)) {
            const char *to = s->text.p;
            while (to > from && (to[-1] == ' ' || to[-1] == '\n' || to[-1] == '\t'))
                to--;
            if (out->args_n < SX_ARGS_MAX && (to > from || !is_end)) {
                out->arg[out->args_n].p = from;
                out->arg[out->args_n++].n = (size_t)(to - from);
            }
            s->text.p++;
            if (is_end)
                return true;
            wf_sx_skip(s);
            from = s->text.p;
            s->text.p--;
            continue;
        }
        depth += c == '(' || c == '{' || c == '[';
        depth -= c == ')' || c == '}' || c == ']';
    }
}

bool wf_sx_parse_call(struct sx *s, struct sx_call *out)
{
    memset(out, 0, sizeof(*out));
    wf_sx_skip(s);
    out->at = s->text.p;
    if (!wf_sx_word(s, out->name, sizeof(out->name))) {
        wf_sx_bad(s, "an event is expected here");
        return false;
    }
    if (!wf_sx_need(s, "(") || !parse_args(s, out) || !wf_sx_need(s, "="))
        return false;
    out->is_any_result = wf_sx_take(s, "?") || wf_sx_take(s, "...");
    if (!out->is_any_result && !wf_sx_number(s, &out->want)) {
        wf_sx_bad(s, "a result is expected after '='");
        return false;
    }
    (void)wf_sx_word(s, out->want_errno, sizeof(out->want_errno));
    wf_sx_skip(s);
    if (s->text.p < s->text.end && *s->text.p == '(') {
        while (s->text.p < s->text.end && *s->text.p != ')' && *s->text.p != '\n')
            s->text.p++;
        (void)wf_sx_take(s, ")");
    }
    return true;
}
