/* SPDX-License-Identifier: MIT */
/**
 * DOC: sim script link - scripts on Ethernet: ARP lines, hardware addresses, calls about neighbours
 *
 * With --link=ether the script is the other end of an Ethernet wire. IP lines are as ever, and may
 * say [esrc MAC] or [edst MAC]; "arp" lines are what this file reads, builds and compares. The
 * codec is its own, as that of IP is.
 */
#include <stdio.h>
#include <string.h>

#include "script_call.h"

#define ARP_BYTES 28U
#define TYPE_IP4  0x0800U
#define TYPE_ARP  0x0806U

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t nobody[6];

/* ---- reading ---- */

bool wf_sx_mac(struct sx *s, uint8_t out[6])
{
    char text[18];
    wf_sx_skip(s);
    if ((size_t)(s->text.end - s->text.p) < sizeof(text) - 1)
        return false;
    memcpy(text, s->text.p, sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    if (!weft_mac_parse(out, text))
        return false;
    s->text.p += sizeof(text) - 1;
    return true;
}

static bool need_mac(struct sx *s, uint8_t out[6])
{
    if (wf_sx_mac(s, out))
        return true;
    wf_sx_bad(s, "a hardware address like 02:00:00:00:00:01 is expected here");
    return false;
}

static bool need_ip4(struct sx *s, uint8_t out[4])
{
    if (wf_sx_ip4(s, out))
        return true;
    wf_sx_bad(s, "an address is expected here");
    return false;
}

bool wf_sx_ether_item(struct sx *s, struct sx_ip *ip)
{
    if (wf_sx_take(s, "esrc")) {
        ip->has_esrc = true;
        return need_mac(s, ip->esrc);
    }
    if (!wf_sx_take(s, "edst"))
        return false;
    ip->has_edst = true;
    return need_mac(s, ip->edst);
}

static bool arp_item(struct sx *s, struct sx_packet *out)
{
    struct sx_arp *a = &out->arp;
    const struct {
        const char *word;
        int32_t *value;
    } values[] = {
        {"hw", &a->hw}, {"proto", &a->proto}, {"hlen", &a->hlen}, {"plen", &a->plen},
        {"op", &a->op}, {"cut", &a->cut},     {"pad", &a->pad},   {"times", &out->ip.times},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        int64_t v;
        if (!wf_sx_take(s, values[i].word))
            continue;
        if (!wf_sx_number(s, &v) || v < 0 || v > 1000000)
            return false;
        *values[i].value = (int32_t)v;
        return true;
    }
    if (wf_sx_take(s, "sha")) {
        a->has_sha = true;
        return need_mac(s, a->sha);
    }
    if (wf_sx_take(s, "tha")) {
        a->has_tha = true;
        return need_mac(s, a->tha);
    }
    return wf_sx_ether_item(s, &out->ip);
}

/* "who-has A tell B", or "reply A is-at MAC to B"; then what differs from the usual, in brackets.
 */
bool wf_sx_parse_arp(struct sx *s, struct sx_packet *out)
{
    struct sx_arp *a = &out->arp;
    out->kind = SX_ARP;
    a->hw = 1;
    a->proto = 0x0800;
    a->hlen = 6;
    a->plen = 4;
    a->cut = -1;
    if (wf_sx_take(s, "reply")) {
        a->op = 2;
        memcpy(a->tpa, out->is_inbound ? s->local_ip : s->remote_ip, 4);
        a->has_sha = true;
        if (!need_ip4(s, a->spa) || !wf_sx_need(s, "is-at") || !need_mac(s, a->sha) ||
            (wf_sx_take(s, "to") && !need_ip4(s, a->tpa)))
            return false;
    } else {
        a->op = 1;
        if (!wf_sx_need(s, "who-has") || !need_ip4(s, a->tpa) || !wf_sx_need(s, "tell") ||
            !need_ip4(s, a->spa))
            return false;
    }
    if (!wf_sx_take(s, "["))
        return true;
    while (!wf_sx_take(s, "]")) {
        if (!arp_item(s, out)) {
            wf_sx_bad(s, "a word about the ARP message, or ']', is expected here");
            return false;
        }
        (void)wf_sx_take(s, ",");
    }
    return true;
}

/* ---- building ---- */

static void put(uint8_t *at, uint32_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

/* Where the frame of a line goes, and where it comes from. */
static void frame_header(const struct sx *s, const struct sx_packet *p, uint8_t out[14])
{
    const uint8_t *own = p->is_inbound ? s->remote_mac : s->local_mac;
    const uint8_t *other = p->is_inbound ? s->local_mac : s->remote_mac;
    const struct sx_arp *a = &p->arp;
    bool is_arp = p->kind == SX_ARP;
    if (is_arp && a->op != 2)
        other = everybody;
    else if (is_arp && a->has_tha)
        other = a->tha;
    if (is_arp && a->has_sha)
        own = a->sha;
    memcpy(out, p->ip.has_edst ? p->ip.edst : other, 6);
    memcpy(out + 6, p->ip.has_esrc ? p->ip.esrc : own, 6);
    put(out + 12, is_arp ? TYPE_ARP : TYPE_IP4);
}

static void arp_bytes(const struct sx *s, const struct sx_packet *p, uint8_t *out)
{
    const struct sx_arp *a = &p->arp;
    const uint8_t *tha = a->op == 2 ? (p->is_inbound ? s->local_mac : s->remote_mac) : nobody;
    put(out, (uint32_t)a->hw);
    put(out + 2, (uint32_t)a->proto);
    out[4] = (uint8_t)a->hlen;
    out[5] = (uint8_t)a->plen;
    put(out + 6, (uint32_t)a->op);
    memcpy(out + 8, a->has_sha ? a->sha : p->is_inbound ? s->remote_mac : s->local_mac, 6);
    memcpy(out + 14, a->spa, 4);
    memcpy(out + 18, a->has_tha ? a->tha : tha, 6);
    memcpy(out + 24, a->tpa, 4);
}

uint32_t wf_sx_build_arp(struct sx *s, const struct sx_packet *p, uint8_t *out)
{
    uint32_t pad = (uint32_t)p->arp.pad;
    if (pad > 9000)
        return 0;
    arp_bytes(s, p, out);
    memset(out + ARP_BYTES, 0xee, pad);
    return p->arp.cut >= 0 && p->arp.cut < (int32_t)ARP_BYTES ? (uint32_t)p->arp.cut
                                                              : ARP_BYTES + pad;
}

void wf_sx_address_frame(struct sx *s, const struct sx_packet *p)
{
    frame_header(s, p, s->in_hdr);
}

/* ---- comparing ---- */

bool wf_sx_is_arp(const struct sx *s, const uint8_t *bytes, uint32_t len)
{
    return s->is_ether && len > 0 && bytes[0] >> 4 != 4;
}

void wf_sx_describe_arp(const uint8_t *b, uint32_t len, char *out, size_t cap)
{
    if (len < ARP_BYTES) {
        (void)snprintf(out, cap, " arp of %u bytes", len);
        return;
    }
    (void)snprintf(out, cap,
                   " arp op %u %u.%u.%u.%u at %02x:%02x:%02x:%02x:%02x:%02x, target %u.%u.%u.%u at "
                   "%02x:%02x:%02x:%02x:%02x:%02x",
                   wf_sx_be(b + 6, 2), b[14], b[15], b[16], b[17], b[8], b[9], b[10], b[11], b[12],
                   b[13], b[24], b[25], b[26], b[27], b[18], b[19], b[20], b[21], b[22], b[23]);
}

bool wf_sx_match_frame(struct sx *s, const struct sx_packet *p, char why[160])
{
    static const struct {
        const char *name;
        uint8_t at, n;
    } fields[] = {{"destination of the frame", 0, 6}, {"source of the frame", 6, 6}};
    uint8_t want[14];
    frame_header(s, p, want);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (memcmp(want + fields[i].at, s->out_hdr + fields[i].at, fields[i].n) != 0) {
            const uint8_t *got = s->out_hdr + fields[i].at;
            (void)snprintf(why, 160, "the %s is %02x:%02x:%02x:%02x:%02x:%02x", fields[i].name,
                           got[0], got[1], got[2], got[3], got[4], got[5]);
            return false;
        }
    }
    return true;
}

bool wf_sx_match_arp(struct sx *s, const struct sx_packet *p, const uint8_t *bytes, uint32_t len)
{
    static const struct {
        const char *name;
        uint8_t at, n;
    } fields[] = {{"hardware type", 0, 2},
                  {"protocol type", 2, 2},
                  {"hardware length", 4, 1},
                  {"protocol length", 5, 1},
                  {"operation", 6, 2},
                  {"sender hardware address", 8, 6},
                  {"sender protocol address", 14, 4},
                  {"target hardware address", 18, 6},
                  {"target protocol address", 24, 4}};
    char why[160] = "", text[256];
    uint8_t want[ARP_BYTES];
    arp_bytes(s, p, want);
    if (!wf_sx_is_arp(s, bytes, len) || len < ARP_BYTES)
        (void)snprintf(why, sizeof(why), "it is no ARP message");
    for (size_t i = 0; why[0] == '\0' && i < sizeof(fields) / sizeof(fields[0]); i++)
        if (memcmp(want + fields[i].at, bytes + fields[i].at, fields[i].n) != 0)
            (void)snprintf(why, sizeof(why), "the %s differs", fields[i].name);
    if (why[0] == '\0' && wf_sx_match_frame(s, p, why))
        return true;
    wf_sx_describe(s, bytes, len, false, text, sizeof(text));
    wf_sx_fail(s, text, "%s", why);
    return false;
}

/* ---- settings ---- */

/* A word or a number, as it stands. */
static bool option_value(struct sx *s, char *out, size_t cap)
{
    size_t n = 0;
    for (; s->text.p < s->text.end && n + 1 < cap; n++, s->text.p++) {
        char c = *s->text.p;
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            break;
        out[n] = c;
    }
    out[n] = '\0';
    return n > 0;
}

bool wf_sx_option_arp(struct sx *s)
{
    char word[24], value[24];
    do {
        if (!wf_sx_word(s, word, sizeof(word)) || !wf_sx_need(s, ":"))
            return false;
        if (strcmp(word, "server_mac") == 0) {
            if (s->aopt.servers_n == WEFT_ARP_SERVERS_MAX ||
                !wf_sx_mac(s, s->aopt.servers[s->aopt.servers_n++]))
                return false;
        } else if (strcmp(word, "hint") == 0) {
            uint8_t b[4];
            if (!wf_sx_ip4(s, b))
                return false;
            s->aopt.link_local = weft_ip4(b[0], b[1], b[2], b[3]);
        } else if (!option_value(s, value, sizeof(value)) ||
                   weft_arp_option_parse(&s->nopt, &s->aopt, word, value) != 0) {
            return false;
        }
    } while (wf_sx_take(s, ","));
    return true;
}

bool wf_sx_option_link(struct sx *s)
{
    static const uint8_t local[4] = {10, 9, 0, 1}, remote[4] = {10, 9, 0, 2};
    if (!wf_sx_need(s, "ether"))
        return false;
    s->is_ether = true;
    s->is_any_address = false;
    s->prefix_len = 24;
    memcpy(s->local_ip, local, 4);
    memcpy(s->remote_ip, remote, 4);
    return true;
}

void wf_sx_link_defaults(struct sx *s)
{
    static const uint8_t local[6] = {2, 0, 0, 0, 0, 1}, remote[6] = {2, 0, 0, 0, 0, 2};
    s->is_ether = s->has_second = s->has_no_addr = false;
    memcpy(s->local_mac, local, 6);
    memcpy(s->remote_mac, remote, 6);
    weft_neigh_options_default(&s->nopt);
    weft_arp_options_default(&s->aopt);
    s->aopt.announce_max = 0; /* Scripts that are about it say so. */
    memset(s->event_times, 0, sizeof(s->event_times));
}

/* ---- the interfaces ---- */

static struct weft_addr addr_of(const uint8_t b[4])
{
    return weft_ip4(b[0], b[1], b[2], b[3]);
}

static int add_link(struct sx *s, const char *name, struct weft_link **out)
{
    struct weft_link_config lc;
    memset(&lc, 0, sizeof(lc));
    memcpy(lc.name, name, strlen(name) + 1);
    lc.end[0].kind = WEFT_END_NODE;
    lc.end[0].node = s->node;
    memcpy(lc.end[0].netif.name, name, strlen(name) + 1);
    lc.end[0].netif.kind = WEFT_IF_ETHER;
    lc.end[0].netif.mtu = s->mtu;
    memcpy(lc.end[0].netif.mac, s->local_mac, 6);
    lc.end[0].netif.is_any_address = s->is_any_address;
    lc.end[1].kind = WEFT_END_EXTERNAL;
    return weft_link_add(s->w, &lc, out);
}

static int add_second(struct sx *s)
{
    struct weft_arp_options quiet;
    struct weft_addr a = addr_of(s->second_ip);
    int r = add_link(s, "eth1", &s->second);
    uint16_t index = r == 0 ? weft_link_config_get(s->second)->end[0].ifindex : 0;
    weft_arp_options_default(&quiet);
    quiet.announce_max = 0;
    if (r == 0)
        r = weft_arp_options_set(s->st, index, &quiet);
    return r == 0 ? weft_addr_add(s->st, index, &a, s->second_prefix) : r;
}

int wf_sx_add_ether(struct sx *s)
{
    struct weft_addr a = addr_of(s->local_ip);
    int r = add_link(s, "eth0", &s->link);
    if (r != 0)
        return r;
    s->ifindex = weft_link_config_get(s->link)->end[0].ifindex;
    r = weft_neigh_options_set(s->st, s->ifindex, &s->nopt);
    if (r == 0)
        r = weft_arp_options_set(s->st, s->ifindex, &s->aopt);
    if (r == 0 && !s->has_no_addr)
        r = weft_addr_add(s->st, s->ifindex, &a, s->prefix_len);
    if (r == 0 && s->has_second)
        r = add_second(s);
    wf_sx_touch(s);
    return r;
}

uint32_t wf_sx_strip(struct sx *s, uint32_t n)
{
    if (!s->is_ether || n < 14)
        return n;
    memcpy(s->out_hdr, s->buf2, 14);
    memmove(s->buf2, s->buf2 + 14, n - 14);
    return n - 14;
}

int wf_sx_push_ether(struct sx *s, uint32_t n)
{
    memmove(s->buf + 14, s->buf, n);
    memcpy(s->buf, s->in_hdr, 14);
    int r = weft_link_push(s->link, 1, s->buf, n + 14);
    memmove(s->buf, s->buf + 14, n);
    return r;
}

/* ---- calls ---- */

static bool text_arg(const struct sx_call *c, uint32_t i, char *out, size_t cap)
{
    if (i >= c->args_n || c->arg[i].n < 2 || c->arg[i].n - 2 >= cap)
        return false;
    memcpy(out, c->arg[i].p + 1, c->arg[i].n - 2); /* Between the quotes. */
    out[c->arg[i].n - 2] = '\0';
    return true;
}

static bool addr_arg(const struct sx_call *c, uint32_t i, struct weft_addr *out)
{
    char text[24];
    return text_arg(c, i, text, sizeof(text)) && weft_addr_parse(out, text) == 0;
}

static bool mac_arg(struct sx *s, const struct sx_call *c, uint32_t i, uint8_t out[6])
{
    struct sx_text here = s->text;
    if (i >= c->args_n || c->arg[i].n < 2)
        return false;
    s->text.p = c->arg[i].p + 1;
    bool is_read = wf_sx_mac(s, out);
    s->text = here;
    return is_read;
}

static int64_t call_neigh_set(struct sx *s, const struct sx_call *c)
{
    struct weft_addr a;
    uint8_t mac[6];
    if (!addr_arg(c, 0, &a) || !mac_arg(s, c, 1, mac))
        return -WEFT_EINVAL;
    return weft_neigh_set(s->st, s->ifindex, &a, mac);
}

static int64_t call_neigh_del(struct sx *s, const struct sx_call *c)
{
    struct weft_addr a;
    return addr_arg(c, 0, &a) ? weft_neigh_del(s->st, s->ifindex, &a) : -WEFT_EINVAL;
}

static int64_t call_addr_add(struct sx *s, const struct sx_call *c)
{
    struct weft_addr a;
    return addr_arg(c, 0, &a) ? weft_addr_add(s->st, s->ifindex, &a, (uint8_t)wf_sx_arg_count(c, 1))
                              : -WEFT_EINVAL;
}

static int64_t call_addr_del(struct sx *s, const struct sx_call *c)
{
    struct weft_addr a;
    return addr_arg(c, 0, &a) ? weft_addr_del(s->st, s->ifindex, &a) : -WEFT_EINVAL;
}

static int64_t call_link_up(struct sx *s, const struct sx_call *c)
{
    return weft_if_set_up(s->st, s->ifindex, wf_sx_arg_count(c, 0) != 0);
}

static int64_t call_link_mac(struct sx *s, const struct sx_call *c)
{
    return mac_arg(s, c, 0, s->local_mac) ? weft_if_set_mac(s->st, s->ifindex, s->local_mac)
                                          : -WEFT_EINVAL;
}

/* route_add("10.0.0.0", 8, "10.9.0.254"), over the first interface; second_route() over the other.
 * Without a gateway on link. */
static int64_t call_route_add(struct sx *s, const struct sx_call *c)
{
    bool is_second = strcmp(c->name, "second_route") == 0 && s->second != NULL;
    struct weft_route r;
    memset(&r, 0, sizeof(r));
    if (!addr_arg(c, 0, &r.dst))
        return -WEFT_EINVAL;
    r.prefix_len = (uint8_t)wf_sx_arg_count(c, 1);
    r.ifindex = is_second ? weft_link_config_get(s->second)->end[0].ifindex : s->ifindex;
    if (c->args_n > 2 && !addr_arg(c, 2, &r.gateway))
        return -WEFT_EINVAL;
    return weft_route_add(s->st, &r);
}

static bool proxy_of(struct sx *s, const struct sx_call *c, struct weft_arp_proxy *out)
{
    *out = (struct weft_arp_proxy){.ifindex = s->ifindex,
                                   .prefix_len = (uint8_t)wf_sx_arg_count(c, 1),
                                   .is_any_network = c->args_n > 2};
    return addr_arg(c, 0, &out->dst);
}

static int64_t call_proxy_add(struct sx *s, const struct sx_call *c)
{
    struct weft_arp_proxy p;
    return proxy_of(s, c, &p) ? weft_arp_proxy_add(s->st, &p) : -WEFT_EINVAL;
}

static int64_t call_proxy_del(struct sx *s, const struct sx_call *c)
{
    struct weft_arp_proxy p;
    return proxy_of(s, c, &p) ? weft_arp_proxy_del(s->st, &p) : -WEFT_EINVAL;
}

static const struct {
    const char *name;
    int64_t (*run)(struct sx *s, const struct sx_call *c);
} calls[] = {
    {"neigh_set", call_neigh_set},    {"neigh_del", call_neigh_del}, {"addr_add", call_addr_add},
    {"addr_del", call_addr_del},      {"link_up", call_link_up},     {"link_mac", call_link_mac},
    {"route_add", call_route_add},    {"proxy_add", call_proxy_add}, {"proxy_del", call_proxy_del},
    {"second_route", call_route_add},
};

bool wf_sx_is_link_call(const struct sx *s, const char *name)
{
    for (size_t i = 0; s->is_ether && i < sizeof(calls) / sizeof(calls[0]); i++)
        if (strcmp(calls[i].name, name) == 0)
            return true;
    return false;
}

int64_t wf_sx_link_call(struct sx *s, const struct sx_call *c)
{
    int64_t r = -WEFT_EINVAL;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (strcmp(calls[i].name, c->name) == 0)
            r = calls[i].run(s, c);
    wf_sx_touch(s);
    return r;
}

/* ---- names in assertions ---- */

static int64_t as_number(const uint8_t mac[6])
{
    return (int64_t)wf_sx_be(mac, 2) << 32 | wf_sx_be(mac + 2, 4);
}

/* "10.9.0.2.life": the address, and what follows it ("" = nothing). */
static const char *split(const char *name, struct weft_addr *a)
{
    char text[24];
    size_t n = 0, dots = 0;
    for (; name[n] != '\0' && n + 1 < sizeof(text); n++) {
        dots += name[n] == '.';
        if (dots == 4)
            break;
        text[n] = name[n];
    }
    text[n] = '\0';
    if (weft_addr_parse(a, text) != 0)
        return NULL;
    return name[n] == '.' ? name + n + 1 : name + n;
}

static bool same4(const struct weft_addr *a, const struct weft_addr *b)
{
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static bool from_neigh(struct sx *s, const char *name, int64_t *out)
{
    struct weft_addr a;
    struct weft_neigh_info info;
    uint32_t cursor = 0;
    const char *what = split(name, &a);
    if (what == NULL)
        return false;
    *out = 0;
    while (weft_neigh_next(s->st, &cursor, &info)) {
        if (!same4(&info.addr, &a))
            continue;
        if (*what == '\0')
            *out = info.state;
        else if (strcmp(what, "mac") == 0)
            *out = as_number(info.mac);
        else if (strcmp(what, "waiting") == 0)
            *out = info.waiting_pkts;
        else if (strcmp(what, "life") == 0)
            *out = (int64_t)((info.expires_ns - s->w->now_ns) / 1000000000);
    }
    return true;
}

static bool from_addr(struct sx *s, const char *name, int64_t *out)
{
    struct weft_addr a;
    struct weft_addr_info info;
    struct weft_acd_info acd;
    uint32_t cursor = 0;
    if (split(name, &a) == NULL)
        return false;
    *out = 0;
    while (weft_addr_next(s->st, &cursor, &info))
        if (same4(&info.addr, &a))
            *out = 1;
    cursor = 0;
    while (*out == 0 && weft_acd_next(s->st, &cursor, &acd))
        if (same4(&acd.addr, &a))
            *out = -(int64_t)acd.state;
    return true;
}

static void read_events(struct sx *s)
{
    struct weft_link_event e;
    while (weft_link_event_read(s->st, &e, 1, NULL) == 1) {
        s->event_times[e.kind] += e.times;
        memcpy(s->event_mac, e.mac, 6);
    }
}

/* "events.address_conflict", "events.mac" of the last one. */
static bool from_events(struct sx *s, const char *name, int64_t *out)
{
    read_events(s);
    *out = as_number(s->event_mac);
    if (strcmp(name, "mac") == 0)
        return true;
    for (unsigned i = 0; i < WEFT_LINK_EVENT_COUNT; i++) {
        char word[32];
        size_t n = 0;
        for (const char *p = weft_link_event_name(i); *p != '\0' && n + 1 < sizeof(word); p++)
            word[n++] = (char)(*p == '-' ? '_' : *p);
        word[n] = '\0';
        if (strcmp(word, name) == 0) {
            *out = s->event_times[i];
            return true;
        }
    }
    return false;
}

/* The link-local address, as a number; 0 = none yet. */
static bool link_local(struct sx *s, int64_t *out)
{
    struct weft_addr_info info;
    uint32_t cursor = 0;
    *out = 0;
    while (weft_addr_next(s->st, &cursor, &info))
        if (info.addr.b[12] == 169 && info.addr.b[13] == 254)
            *out = wf_sx_be(info.addr.b + 12, 4);
    return true;
}

bool wf_sx_from_link(struct sx *s, const char *name, int64_t *out)
{
    static const struct {
        const char *word;
        int64_t value;
    } states[] = {{"INCOMPLETE", WEFT_NEIGH_INCOMPLETE}, {"REACHABLE", WEFT_NEIGH_REACHABLE},
                  {"STALE", WEFT_NEIGH_STALE},           {"PROBE", WEFT_NEIGH_PROBE},
                  {"FAILED", WEFT_NEIGH_FAILED},         {"PERMANENT", WEFT_NEIGH_PERMANENT}};
    struct weft_if_info info;
    if (!s->is_ether)
        return false;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(states[i].word, name) == 0) {
            *out = states[i].value;
            return true;
        }
    }
    if (strncmp(name, "neigh.", 6) == 0)
        return from_neigh(s, name + 6, out);
    if (strncmp(name, "address.", 8) == 0)
        return from_addr(s, name + 8, out);
    if (strncmp(name, "events.", 7) == 0)
        return from_events(s, name + 7, out);
    if (strcmp(name, "link_local") == 0)
        return link_local(s, out);
    if (strcmp(name, "second.tx") == 0 && s->second != NULL &&
        weft_if_get(s->st, weft_link_config_get(s->second)->end[0].ifindex, &info) == 0) {
        *out = (int64_t)info.tx_frames;
        return true;
    }
    return false;
}
