/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script igmp - IGMP messages in packet lines, and calls about groups
 *
 * Written from RFC 1112, RFC 2236 and RFC 3376 alone, as the rest of the judge: a line becomes the
 * octets of its message, and what the stack sends must be these octets.
 */
#include <stdio.h>
#include <string.h>

#include "script_call.h"
#include "weft/igmp.h"

#define IP_HDR  20U
#define MSG_MAX 1480U

/* ---- packet lines ---- */

static void put(struct sx_packet *out, uint32_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes && out->igmp_n < MSG_MAX; i++)
        out->igmp[out->igmp_n++] = (uint8_t)(v >> 8 * (bytes - 1 - i));
}

static bool number(struct sx *s, const char *word, uint32_t *v)
{
    int64_t n = 0;
    if (!wf_sx_take(s, word))
        return false;
    if (!wf_sx_number(s, &n) || n < 0 || n > 65535)
        wf_sx_bad(s, "a number up to 65535 is expected after '%s'", word);
    *v = (uint32_t)n;
    return true;
}

static bool group(struct sx *s, struct sx_packet *out)
{
    uint8_t ip[4];
    if (!wf_sx_ip4(s, ip)) {
        wf_sx_bad(s, "a group is expected here");
        return false;
    }
    put(out, wf_sx_be(ip, 4), 4);
    return true;
}

/* "{10.0.0.1 10.0.0.2}": puts the sources, and their number at @count_at unless "n N" says else. */
static bool sources(struct sx *s, struct sx_packet *out, uint32_t count_at)
{
    uint8_t ip[4];
    uint32_t n = 0;
    bool has_list = wf_sx_take(s, "{");
    for (; has_list && !wf_sx_take(s, "}"); n++) {
        if (!wf_sx_ip4(s, ip)) {
            wf_sx_bad(s, "a source or '}' is expected here");
            return false;
        }
        put(out, wf_sx_be(ip, 4), 4);
    }
    (void)number(s, "n", &n);
    out->igmp[count_at] = (uint8_t)(n >> 8);
    out->igmp[count_at + 1] = (uint8_t)n;
    return true;
}

static bool parse_query(struct sx *s, struct sx_packet *out, uint32_t version)
{
    uint32_t code = version == 1 ? 0 : 100, qrv = 2, qqic = 125;
    static const uint8_t all[4] = {224, 0, 0, 1};
    (void)number(s, "code", &code);
    put(out, 0x11, 1);
    put(out, code, 1);
    put(out, 0, 2);
    memcpy(out->igmp_dst, all, 4);
    if (wf_sx_take(s, "group")) {
        if (!group(s, out))
            return false;
        memcpy(out->igmp_dst, out->igmp + 4, 4);
    } else {
        put(out, 0, 4);
    }
    if (version < 3)
        return true;
    bool is_suppress = wf_sx_take(s, "S");
    (void)number(s, "qrv", &qrv);
    (void)number(s, "qqic", &qqic);
    put(out, (is_suppress ? 8U : 0U) | qrv, 1);
    put(out, qqic, 1);
    put(out, 0, 2);
    return sources(s, out, 10);
}

static bool record(struct sx *s, struct sx_packet *out)
{
    static const char *const types[] = {"is_in", "is_ex", "to_in", "to_ex", "allow", "block"};
    uint32_t at = out->igmp_n, type = 0, aux = 0;
    uint8_t ip[4];
    if (!wf_sx_ip4(s, ip))
        return false;
    for (uint32_t i = 0; i < 6 && type == 0; i++)
        if (wf_sx_take(s, types[i]))
            type = i + 1;
    if (type == 0 && !number(s, "type", &type)) {
        wf_sx_bad(s, "a type of record is expected here");
        return false;
    }
    put(out, type, 1);
    put(out, 0, 3);
    put(out, wf_sx_be(ip, 4), 4);
    if (!sources(s, out, at + 2))
        return false;
    if (number(s, "aux", &aux)) {
        out->igmp[at + 1] = (uint8_t)aux;
        for (uint32_t i = 0; i < aux; i++)
            put(out, 0xa5a5a5a5, 4);
    }
    return wf_sx_need(s, "]");
}

/* "[224.1.1.1 is_ex {}] [...]" */
static bool parse_report3(struct sx *s, struct sx_packet *out)
{
    static const uint8_t all[4] = {224, 0, 0, 22};
    uint32_t n = 0;
    put(out, 0x22000000, 4);
    put(out, 0, 4);
    for (; wf_sx_take(s, "["); n++)
        if (!record(s, out))
            return false;
    (void)number(s, "records", &n);
    out->igmp[6] = (uint8_t)(n >> 8);
    out->igmp[7] = (uint8_t)n;
    memcpy(out->igmp_dst, all, 4);
    return true;
}

static bool parse_old(struct sx *s, struct sx_packet *out, uint32_t type)
{
    static const uint8_t routers[4] = {224, 0, 0, 2};
    put(out, type << 24, 4);
    if (!group(s, out))
        return false;
    memcpy(out->igmp_dst, type == 0x17 ? routers : out->igmp + 4, 4);
    return true;
}

bool wf_sx_igmp_parse(struct sx *s, struct sx_packet *out)
{
    uint32_t type = 0, extra = 0;
    bool is_read;
    out->kind = SX_IGMP;
    if (wf_sx_take(s, "query1"))
        is_read = parse_query(s, out, 1);
    else if (wf_sx_take(s, "query2"))
        is_read = parse_query(s, out, 2);
    else if (wf_sx_take(s, "query3"))
        is_read = parse_query(s, out, 3);
    else if (wf_sx_take(s, "report1"))
        is_read = parse_old(s, out, 0x12);
    else if (wf_sx_take(s, "report2"))
        is_read = parse_old(s, out, 0x16);
    else if (wf_sx_take(s, "leave"))
        is_read = parse_old(s, out, 0x17);
    else if (wf_sx_take(s, "report3"))
        is_read = parse_report3(s, out);
    else
        is_read = number(s, "type", &type) && parse_old(s, out, type);
    if (!is_read) {
        wf_sx_bad(s, "query1..3, report1..3, leave or type is expected here");
        return false;
    }
    if (number(s, "extra", &extra))
        for (uint32_t i = 0; i < extra; i++)
            put(out, 0x5a, 1);
    return true;
}

uint32_t wf_sx_igmp_build(const struct sx_packet *p, uint8_t *out)
{
    memcpy(out, p->igmp, p->igmp_n);
    out[2] = out[3] = 0;
    return p->igmp_n;
}

/* ---- what the stack sends ---- */

const char *wf_sx_igmp_fault(const uint8_t *bytes, uint32_t ihl, uint32_t len)
{
    static const uint8_t alert[4] = {0x94, 4, 0, 0};
    if (len < ihl + 8)
        return "a cut IGMP message";
    if (bytes[8] != 1)
        return "an IGMP message with another TTL than 1";
    if (bytes[1] != 0xc0)
        return "an IGMP message without precedence 0xc0";
    if (ihl != IP_HDR + 4 || memcmp(bytes + IP_HDR, alert, 4) != 0)
        return "an IGMP message without router alert";
    if (bytes[16] >> 4 != 14)
        return "an IGMP message to no group";
    return NULL;
}

void wf_sx_igmp_match(const struct sx_packet *p, const struct sx_seen *seen, char *why, size_t cap)
{
    if (!p->ip.has_addrs && memcmp(p->igmp_dst, seen->dst, 4) != 0) {
        (void)snprintf(why, cap, "the destination is %u.%u.%u.%u", seen->dst[0], seen->dst[1],
                       seen->dst[2], seen->dst[3]);
        return;
    }
    if (seen->l4_len != p->igmp_n) {
        (void)snprintf(why, cap, "IGMP octets: expected %u, got %u", p->igmp_n, seen->l4_len);
        return;
    }
    for (uint32_t i = 0; i < p->igmp_n; i++) {
        if (i != 2 && i != 3 && p->igmp[i] != seen->l4[i]) {
            (void)snprintf(why, cap, "IGMP octet %u: expected %02x, got %02x", i, p->igmp[i],
                           seen->l4[i]);
            return;
        }
    }
}

/* ---- calls ---- */

/* The address that stands after @word in an argument, as in: imr_multiaddr = inet_addr("224.1.1.1")
 */
static bool address(struct sx_slice a, const char *word, uint32_t nth, struct weft_addr *out)
{
    static const char open[] = "inet_addr(\"";
    size_t n = strlen(word), at = 0;
    while (at + n <= a.n && memcmp(a.p + at, word, n) != 0)
        at++;
    for (; at + sizeof(open) - 1 <= a.n; at++) {
        char text[20] = "";
        size_t k = 0;
        if (memcmp(a.p + at, open, sizeof(open) - 1) != 0 || nth-- > 0)
            continue;
        for (at += sizeof(open) - 1; at < a.n && a.p[at] != '"' && k + 1 < sizeof(text); at++)
            text[k++] = a.p[at];
        return weft_addr_parse(out, text) == 0;
    }
    return false;
}

/* {imsf_multiaddr = inet_addr("..."), imsf_fmode = MCAST_EXCLUDE, imsf_slist = {...}} */
static int set_filter(struct sx *s, const struct sx_fd *f, struct sx_slice a)
{
    struct weft_mc_filter w = {.is_exclude = wf_sx_slice_has(a, "MCAST_EXCLUDE")};
    struct weft_addr source;
    if (!address(a, "imsf_multiaddr", 0, &w.group))
        return -WEFT_EINVAL;
    for (uint32_t i = 0; address(a, "imsf_slist", i, &source); i++)
        if (w.sources_n < WEFT_MC_SOURCES_MAX)
            w.sources[w.sources_n++] = source;
        else
            w.sources_n = WEFT_MC_SOURCES_MAX + 1;
    return weft_mc_set_filter(s->st, f->sock, &w);
}

bool wf_sx_igmp_option(struct sx *s, const struct sx_call *c, const struct sx_fd *f, int *r)
{
    static const struct {
        const char *name;
        enum weft_mc_change change;
    } changes[] = {
        {"IP_ADD_SOURCE_MEMBERSHIP", WEFT_MC_JOIN_SOURCE},
        {"IP_DROP_SOURCE_MEMBERSHIP", WEFT_MC_LEAVE_SOURCE},
        {"IP_BLOCK_SOURCE", WEFT_MC_BLOCK},
        {"IP_UNBLOCK_SOURCE", WEFT_MC_UNBLOCK},
    };
    struct weft_addr g = {{0}, 0}, source = {{0}, 0};
    if (c->args_n < 4 || s->st == NULL)
        return false;
    (void)address(c->arg[3], "imr_multiaddr", 0, &g);
    (void)address(c->arg[3], "imr_sourceaddr", 0, &source);
    uint16_t ifindex = wf_sx_slice_has(c->arg[3], "imr_ifindex = 9") ? 9 : 0;
    if (wf_sx_slice_is(c->arg[2], "IP_ADD_MEMBERSHIP")) {
        *r = weft_mc_join(s->st, f->sock, &g, ifindex);
        return true;
    }
    if (wf_sx_slice_is(c->arg[2], "IP_DROP_MEMBERSHIP")) {
        *r = weft_mc_leave(s->st, f->sock, &g, ifindex);
        return true;
    }
    if (wf_sx_slice_is(c->arg[2], "IP_MSFILTER")) {
        *r = set_filter(s, f, c->arg[3]);
        return true;
    }
    for (uint32_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        if (wf_sx_slice_is(c->arg[2], changes[i].name)) {
            *r = weft_mc_source(s->st, f->sock, changes[i].change, &g, &source, ifindex);
            return true;
        }
    }
    return false;
}

/* ---- igmp_router(), igmp_version(), igmp_table(), igmp_ssm() ---- */

static uint32_t seconds(uint64_t ns)
{
    return (uint32_t)((ns + 500000000) / 1000000000);
}

/* The state of a group of the router's in one line: "exclude 260 {10.0.0.1=260 10.0.0.2=0}". */
static void describe(struct sx *s, const struct weft_mc_group *g, char *out, size_t cap)
{
    struct weft_mc_source_info list[WEFT_MC_SOURCES_MAX];
    uint32_t n = weft_mc_group_sources(s->st, g, list, WEFT_MC_SOURCES_MAX);
    size_t at = (size_t)snprintf(out, cap, g->is_exclude ? "exclude %u {" : "include {",
                                 seconds(g->timer_ns));
    for (uint32_t i = 0; i < n && i < WEFT_MC_SOURCES_MAX && at + 32 < cap; i++) {
        char ip[48];
        (void)weft_addr_text(ip, sizeof(ip), &list[i].source);
        at += (size_t)snprintf(out + at, cap - at, "%s%s=%u", i > 0 ? " " : "", ip,
                               seconds(list[i].timer_ns));
    }
    (void)snprintf(out + at, cap - at, "}");
}

/* igmp_table("239.1.1.1", "include {10.0.0.1=260}") = 3: the text, and the version. */
static int64_t table(struct sx *s, const struct sx_call *c)
{
    uint64_t cursor = 0;
    struct weft_mc_group g;
    char text[500] = "none", want[512], quoted[64];
    int64_t version = 0;
    weft_advance(s->st, wf_sx_now(s)); /* Times are left over from then on. */
    while (weft_mc_group_next(s->st, &cursor, &g)) {
        char ip[48];
        (void)weft_addr_text(ip, sizeof(ip), &g.group);
        (void)snprintf(quoted, sizeof(quoted), "\"%s\"", ip);
        if (g.is_router && wf_sx_slice_is(c->arg[0], quoted)) {
            describe(s, &g, text, sizeof(text));
            version = g.version;
        }
    }
    (void)snprintf(want, sizeof(want), "\"%s\"", text);
    if (c->args_n < 2 || !wf_sx_slice_is(c->arg[1], want))
        wf_sx_fail(s, NULL, "the table says %s", text);
    return version;
}

/* igmp_get(WORD): whether this stack is the querier, the version in use, ... */
static int64_t get(struct sx *s, const struct sx_call *c)
{
    struct weft_igmp_info i;
    int r = weft_igmp_get(s->st, 2, &i);
    if (r != 0 || c->args_n < 1)
        return r;
    if (wf_sx_slice_has(c->arg[0], "querier"))
        return i.is_querier;
    if (wf_sx_slice_has(c->arg[0], "robustness"))
        return i.use.robustness;
    if (wf_sx_slice_has(c->arg[0], "query_ms"))
        return i.use.query_ms;
    return i.version;
}

bool wf_sx_igmp_call(struct sx *s, const struct sx_call *c, int64_t *r)
{
    if (s->st == NULL)
        return false;
    if (strcmp(c->name, "igmp_router") == 0) {
        struct weft_igmp_router w = {.query_ms = (uint32_t)wf_sx_arg_count(c, 0),
                                     .response_ms = (uint32_t)wf_sx_arg_count(c, 1),
                                     .last_member_ms = (uint32_t)wf_sx_arg_count(c, 2),
                                     .robustness = (uint8_t)wf_sx_arg_count(c, 3),
                                     .version = (uint8_t)wf_sx_arg_count(c, 4)};
        *r = weft_igmp_router_start(s->st, 2, &w);
    } else if (strcmp(c->name, "igmp_stop") == 0) {
        *r = weft_igmp_router_stop(s->st, 2);
    } else if (strcmp(c->name, "igmp_version") == 0) {
        *r = weft_igmp_set_version(s->st, 2, (uint8_t)wf_sx_arg_count(c, 0));
    } else if (strcmp(c->name, "igmp_ssm") == 0) {
        struct weft_addr a = {{0}, 0};
        (void)address(c->arg[0], "", 0, &a);
        *r = weft_mc_set_ssm(s->st, &a, (uint8_t)wf_sx_arg_count(c, 1));
    } else if (strcmp(c->name, "igmp_table") == 0 && c->args_n > 0) {
        *r = table(s, c);
    } else if (strcmp(c->name, "igmp_get") == 0) {
        *r = get(s, c);
    } else {
        return false;
    }
    return true;
}
