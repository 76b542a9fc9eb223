/* SPDX-License-Identifier: MIT */
#include "wire/ip4.h"

#include <string.h>

#include "base/base.h"
#include "wire/text.h"

#define FLAG_RESERVED 0x8000u
#define FLAG_DF       0x4000u
#define FLAG_MF       0x2000u
#define OFFSET_MASK   0x1fffu

static inline uint64_t word_at(const uint8_t *p)
{
    uint32_t w;
    memcpy(&w, p, 4);
    return w;
}

/* One's complement sum of a header of at most 15 words, as the machine loads them, folded to 16
 * bits. The order of octets inside a word only rotates the result (RFC 1071 2 B), so compared with
 * 0xffff, or stored back the way it was loaded, it is right on every machine. The common header is
 * a straight line of five loads. */
static inline uint16_t sum_header(const uint8_t *p, uint32_t hdr_bytes)
{
    uint64_t sum = word_at(p) + word_at(p + 4) + word_at(p + 8) + word_at(p + 12) + word_at(p + 16);
    for (uint32_t at = IP4_HDR_BYTES; at < hdr_bytes; at += 4)
        sum += word_at(p + at);
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffffu) + (sum >> 16);
    return (uint16_t)((sum & 0xffffu) + (sum >> 16));
}

static inline void fill(struct ip4_hdr *h, const uint8_t *p, uint8_t hdr_bytes)
{
    uint16_t frag = wf_ld16be(p + 6);
    h->hdr_bytes = hdr_bytes;
    h->tos = p[1];
    h->total_bytes = wf_ld16be(p + 2);
    h->id = wf_ld16be(p + 4);
    h->frag_off_bytes = (uint16_t)((frag & OFFSET_MASK) * 8);
    h->is_reserved_bit = (frag & FLAG_RESERVED) != 0;
    h->df = (frag & FLAG_DF) != 0;
    h->mf = (frag & FLAG_MF) != 0;
    h->ttl = p[8];
    h->proto = p[9];
    memcpy(h->src.b, p + 12, 4);
    memcpy(h->dst.b, p + 16, 4);
    h->opts = p + IP4_HDR_BYTES;
    h->opts_bytes = (uint8_t)(hdr_bytes - IP4_HDR_BYTES);
}

/* What both parsers ask of the first octet and the length; *hdr_bytes is set when IP4_OK. */
static inline enum wf_ip4_err check_start(const uint8_t *p, size_t len, uint8_t *hdr_bytes)
{
    if (len < IP4_HDR_BYTES)
        return IP4_TRUNCATED;
    if (p[0] >> 4 != 4)
        return IP4_BAD_VERSION;
    uint8_t bytes = (uint8_t)((p[0] & 15) * 4);
    if (bytes < IP4_HDR_BYTES)
        return IP4_BAD_IHL;
    if (bytes > len)
        return IP4_TRUNCATED;
    *hdr_bytes = bytes;
    return IP4_OK;
}

enum wf_ip4_err wf_ip4_parse(struct ip4_hdr *h, const uint8_t *p, size_t len, bool check_csum)
{
    uint8_t hdr_bytes;
    enum wf_ip4_err err = check_start(p, len, &hdr_bytes);
    if (err != IP4_OK)
        return err;
    uint16_t total_bytes = wf_ld16be(p + 2);
    if (total_bytes < hdr_bytes || total_bytes > len)
        return IP4_BAD_LEN;
    if (check_csum && sum_header(p, hdr_bytes) != 0xffff)
        return IP4_BAD_CSUM;
    fill(h, p, hdr_bytes);
    return IP4_OK;
}

enum wf_ip4_err wf_ip4_parse_quoted(struct ip4_hdr *h, const uint8_t *p, size_t len)
{
    uint8_t hdr_bytes;
    enum wf_ip4_err err = check_start(p, len, &hdr_bytes);
    if (err != IP4_OK)
        return err;
    if (wf_ld16be(p + 2) < hdr_bytes)
        return IP4_BAD_LEN;
    fill(h, p, hdr_bytes);
    return IP4_OK;
}

uint32_t wf_ip4_emit(uint8_t *p, const struct ip4_hdr *h)
{
    WF_ASSERT(h->opts_bytes <= IP4_OPTS_MAX_BYTES && h->frag_off_bytes % 8 == 0);
    uint32_t hdr_bytes = IP4_HDR_BYTES + ((h->opts_bytes + 3u) & ~3u);
    uint32_t flags =
        (h->is_reserved_bit ? FLAG_RESERVED : 0) | (h->df ? FLAG_DF : 0) | (h->mf ? FLAG_MF : 0);

    p[0] = (uint8_t)(0x40 | hdr_bytes / 4);
    p[1] = h->tos;
    wf_st16be(p + 2, h->total_bytes);
    wf_st16be(p + 4, h->id);
    wf_st16be(p + 6, (uint16_t)(flags | h->frag_off_bytes / 8u));
    p[8] = h->ttl;
    p[9] = h->proto;
    wf_st16be(p + 10, 0);
    memcpy(p + 12, h->src.b, 4);
    memcpy(p + 16, h->dst.b, 4);
    if (h->opts_bytes > 0) {
        memcpy(p + IP4_HDR_BYTES, h->opts, h->opts_bytes);
        memset(p + IP4_HDR_BYTES + h->opts_bytes, IP4_OPT_EOL,
               hdr_bytes - IP4_HDR_BYTES - h->opts_bytes);
    }
    uint16_t csum = (uint16_t)~sum_header(p, hdr_bytes);
    memcpy(p + 10, &csum, 2); /* In the machine's order, as it was summed. */
    return hdr_bytes;
}

void wf_ip4_emit_len(uint8_t *p, uint16_t total_bytes, uint16_t id)
{
    /* RFC 1624 (3): HC' = ~(~HC + ~m + m'), here for two words at once. The sum of a header is
     * never zero, so neither form of zero can appear where a full sum would give the other. */
    uint32_t len_id = (uint32_t)total_bytes << 16 | id;
    uint64_t sum = (uint64_t)(uint16_t)~wf_ld16be(p + 10) + (uint32_t)~wf_ld32be(p + 2) + len_id;
    wf_st32be(p + 2, len_id);
    wf_st16be(p + 10, wf_csum_finish(wf_csum_fold(sum)));
}

struct ip4_opts_it wf_ip4_opts_begin(const struct ip4_hdr *h)
{
    return (struct ip4_opts_it){.c = {h->opts, h->opts_bytes}, .opts = h->opts, .bad_pos = 0};
}

/* Offset of an octet from the start of the header. */
static uint8_t pos_of(const struct ip4_opts_it *it, const uint8_t *p)
{
    return (uint8_t)(IP4_HDR_BYTES + (p - it->opts));
}

static enum ip4_opt_step bad_at(struct ip4_opts_it *it, const uint8_t *p)
{
    it->bad_pos = pos_of(it, p);
    it->c.left = 0;
    return OPT_BAD;
}

enum ip4_opt_step wf_ip4_opts_next(struct ip4_opts_it *it, struct ip4_opt *o)
{
    const uint8_t *start;
    uint8_t type, len;
    do {
        start = it->c.p;
        if (!wf_cursor_u8(&it->c, &type))
            return OPT_END;
    } while (type == IP4_OPT_NOP);
    if (type == IP4_OPT_EOL) {
        it->c.left = 0;
        return OPT_END;
    }
    if (!wf_cursor_u8(&it->c, &len))
        return bad_at(it, start);
    if (len < 2)
        return bad_at(it, start + 1);
    const uint8_t *data = wf_cursor_take(&it->c, len - 2u);
    if (data == NULL)
        return bad_at(it, start + 1);
    *o = (struct ip4_opt){.type = type, .len = len, .pos = pos_of(it, start), .data = data};
    return OPT_NEXT;
}

bool wf_ip4_opts_has(const struct ip4_hdr *h, uint8_t type)
{
    struct ip4_opts_it it = wf_ip4_opts_begin(h);
    struct ip4_opt o;
    while (wf_ip4_opts_next(&it, &o) == OPT_NEXT)
        if (o.type == type)
            return true;
    return false;
}

uint16_t wf_ip4_pseudo_sum(struct wf_ip4 src, struct wf_ip4 dst, uint8_t proto, uint32_t len)
{
    uint32_t sum = (uint32_t)wf_ld16be(src.b) + wf_ld16be(src.b + 2) + wf_ld16be(dst.b) +
                   wf_ld16be(dst.b + 2) + proto + (len & 0xffffu) + (len >> 16);
    sum = (sum & 0xffffu) + (sum >> 16);
    return (uint16_t)((sum & 0xffffu) + (sum >> 16));
}

const char *wf_ip4_proto_text(uint8_t proto)
{
    switch (proto) {
    case IP_PROTO_ICMP:
        return "icmp";
    case IP_PROTO_IGMP:
        return "igmp";
    case IP_PROTO_TCP:
        return "tcp";
    case IP_PROTO_UDP:
        return "udp";
    case IP_PROTO_UDPLITE:
        return "udplite";
    default:
        return NULL;
    }
}

static void put_options(struct text *t, const struct ip4_hdr *h)
{
    struct ip4_opts_it it = wf_ip4_opts_begin(h);
    struct ip4_opt o;
    enum ip4_opt_step step;
    const char *sep = "";
    if (h->opts_bytes == 0)
        return;
    wf_text_str(t, ", options [");
    while ((step = wf_ip4_opts_next(&it, &o)) == OPT_NEXT) {
        wf_text_field(t, sep, o.type);
        sep = ",";
    }
    if (step == OPT_BAD) {
        wf_text_str(t, sep);
        wf_text_field(t, "bad at octet ", it.bad_pos);
    }
    wf_text_char(t, ']');
}

uint32_t wf_ip4_text(char *buf, uint32_t cap, const struct ip4_hdr *h)
{
    struct text t = wf_text_on(buf, cap);
    const char *proto = wf_ip4_proto_text(h->proto);
    wf_text_str(&t, "IP ");
    wf_text_ip4(&t, h->src);
    wf_text_str(&t, " > ");
    wf_text_ip4(&t, h->dst);
    wf_text_str(&t, ": tos 0x");
    wf_text_hex(&t, h->tos, 1);
    wf_text_field(&t, ", ttl ", h->ttl);
    wf_text_field(&t, ", id ", h->id);
    wf_text_field(&t, ", offset ", h->frag_off_bytes);
    wf_text_str(&t, ", flags [");
    wf_text_str(&t, h->is_reserved_bit ? "R" : "");
    wf_text_str(&t, h->df ? "DF" : "");
    wf_text_str(&t, h->mf ? "+" : "");
    wf_text_str(&t, h->is_reserved_bit || h->df || h->mf ? "" : "none");
    wf_text_str(&t, "], proto ");
    wf_text_str(&t, proto != NULL ? proto : "unknown");
    wf_text_field(&t, " (", h->proto);
    wf_text_field(&t, "), length ", h->total_bytes);
    put_options(&t, h);
    return t.len;
}

const char *wf_ip4_err_text(enum wf_ip4_err err)
{
    switch (err) {
    case IP4_OK:
        return "well formed";
    case IP4_TRUNCATED:
        return "truncated";
    case IP4_BAD_VERSION:
        return "version is not 4";
    case IP4_BAD_IHL:
        return "header length below 20";
    case IP4_BAD_LEN:
        return "bad total length";
    case IP4_BAD_CSUM:
        return "bad checksum";
    }
    return "unknown error";
}
