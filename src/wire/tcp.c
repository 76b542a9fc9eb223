/* SPDX-License-Identifier: MIT */
#include "wire/tcp.h"

#include <string.h>

#include "wire/cursor.h"
#include "wire/text.h"

/* Option kinds (RFC 9293 3.1, RFC 7323, RFC 2018, RFC 5482, RFC 7413). */
enum {
    KIND_EOL = 0,
    KIND_NOP = 1,
    KIND_MSS = 2,
    KIND_WSCALE = 3,
    KIND_SACK_OK = 4,
    KIND_SACK = 5,
    KIND_TS = 8,
    KIND_UTO = 28,
    KIND_FO = 34,
    KIND_ACC_ORDER0 = 172, /* RFC 9768 3.2.3 */
    KIND_ACC_ORDER1 = 174,
};

#define FO_MIN 4

enum { ACC_FIELD_BYTES = 3, ACC_FIELDS_MAX = 3 };
enum {
    MSS_BYTES = 4,
    WSCALE_BYTES = 3,
    SACK_OK_BYTES = 2,
    TS_BYTES = 10,
    SACK_BLOCK_BYTES = 8,
    UTO_BYTES = 4
};

/* Padding and kind and length of an option as the one 32-bit word it starts on the wire with. */
#define NOP_NOP_TS      0x0101080au
#define SACK_OK_TS      0x0402080au
#define NOP_NOP_SACK_OK 0x01010402u
#define NOP_WSCALE      0x01030300u
#define MSS_WORD        0x02040000u
#define NOP_NOP_SACK    0x01010500u
#define UTO_WORD        0x1c040000u

/* Whole fields as far as they go; what is left over is padding (RFC 9768 3.2.3). */
static void read_acc(struct tcp_opts *o, uint8_t kind, uint8_t len, const uint8_t *data)
{
    uint32_t n = (len - 2u) / ACC_FIELD_BYTES;
    if (n > ACC_FIELDS_MAX)
        n = ACC_FIELDS_MAX;
    for (uint32_t i = 0; i < n; i++, data += ACC_FIELD_BYTES)
        o->acc_bytes[i] = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
    o->acc = (uint8_t)(TCP_ACC_OPTION | (kind == KIND_ACC_ORDER1 ? TCP_ACC_ORDER1 : 0u) | n);
}

/* One option whose length the walk has checked: @len counts kind and length octets as well. */
static void read_option(struct tcp_opts *o, uint8_t kind, uint8_t len, const uint8_t *data,
                        bool is_syn)
{
    switch (kind) {
    case KIND_MSS:
        if (is_syn && len == MSS_BYTES)
            o->mss = wf_ld16be(data);
        break;
    case KIND_WSCALE:
        if (is_syn && len == WSCALE_BYTES) {
            o->has_wscale = true;
            o->wscale = data[0] <= TCP_WSCALE_MAX ? data[0] : TCP_WSCALE_MAX;
        }
        break;
    case KIND_SACK_OK:
        if (is_syn && len == SACK_OK_BYTES)
            o->has_sack_ok = true;
        break;
    case KIND_TS:
        if (len == TS_BYTES) {
            o->has_ts = true;
            o->ts_val = wf_ld32be(data);
            o->ts_ecr = wf_ld32be(data + 4);
        }
        break;
    case KIND_FO: /* RFC 7413 4.1.1: even, 4 to 16, or none. */
        if (is_syn && len == 2) {
            o->fo_n = TCP_FO_REQUEST;
        } else if (is_syn && len >= 2 + FO_MIN && len <= 2 + TCP_FO_MAX && len % 2 == 0) {
            o->fo_n = (uint8_t)(len - 2);
            o->fo = data;
        }
        break;
    case KIND_UTO: /* RFC 5482 3.4: a value of zero is reserved, and as no option. */
        if (len == UTO_BYTES && (wf_ld16be(data) & ~TCP_UTO_MINUTES) != 0)
            o->uto = wf_ld16be(data);
        break;
    case KIND_SACK:
        if (len > 2 && len <= 2 + TCP_SACK_MAX * SACK_BLOCK_BYTES &&
            (len - 2) % SACK_BLOCK_BYTES == 0) {
            o->sack_n = (uint8_t)((len - 2) / SACK_BLOCK_BYTES);
            for (int i = 0; i < o->sack_n; i++, data += SACK_BLOCK_BYTES) {
                o->sack[i].from.v = wf_ld32be(data);
                o->sack[i].to.v = wf_ld32be(data + 4);
            }
        }
        break;
    case KIND_ACC_ORDER0:
    case KIND_ACC_ORDER1:
        read_acc(o, kind, len, data);
        break;
    default:
        break;
    }
}

static bool read_options(struct tcp_opts *o, struct cursor c, bool is_syn)
{
    uint8_t kind, len;
    while (wf_cursor_u8(&c, &kind) && kind != KIND_EOL) {
        if (kind == KIND_NOP)
            continue;
        if (!wf_cursor_u8(&c, &len) || len < 2)
            return false;
        const uint8_t *data = wf_cursor_take(&c, len - 2u);
        if (data == NULL)
            return false;
        read_option(o, kind, len, data, is_syn);
    }
    return true;
}

enum wf_tcp_err wf_tcp_parse(struct tcp_hdr *h, const uint8_t *p, size_t len)
{
    if (len < TCP_HDR_BYTES)
        return TCP_TRUNCATED;
    uint8_t hdr_bytes = (uint8_t)((p[12] >> 4) * 4);
    if (hdr_bytes < TCP_HDR_BYTES || hdr_bytes > len)
        return TCP_BAD_OFFSET;

    uint16_t flags = wf_ld16be(p + 12) & 0x1ff;
    const uint8_t *opts = p + TCP_HDR_BYTES;
    if (hdr_bytes == TCP_HDR_BYTES + 12 && wf_ld32be(opts) == NOP_NOP_TS) {
        /* Nearly every segment of a connection after its SYN. */
        memset(&h->opt, 0, offsetof(struct tcp_opts, sack));
        h->opt.has_ts = true;
        h->opt.ts_val = wf_ld32be(opts + 4);
        h->opt.ts_ecr = wf_ld32be(opts + 8);
    } else {
        struct tcp_opts o = {0};
        struct cursor c = {opts, (size_t)hdr_bytes - TCP_HDR_BYTES};
        if (!read_options(&o, c, (flags & TCP_SYN) != 0))
            return TCP_BAD_OPTION;
        h->opt = o;
    }

    h->sport = wf_ld16be(p);
    h->dport = wf_ld16be(p + 2);
    h->seq.v = wf_ld32be(p + 4);
    h->ack.v = wf_ld32be(p + 8);
    h->flags = flags;
    h->wnd = wf_ld16be(p + 14);
    h->csum = wf_ld16be(p + TCP_CSUM_OFFSET);
    h->urg = wf_ld16be(p + 18);
    h->hdr_bytes = hdr_bytes;
    return TCP_HDR_OK;
}

uint32_t wf_tcp_acc_room(uint8_t acc)
{
    return acc == 0 ? 0 : (2 + ACC_FIELD_BYTES * (acc & TCP_ACC_FIELDS) + 3u) & ~3u;
}

static uint32_t fo_octets(const struct tcp_opts *o)
{
    return o->fo_n == TCP_FO_REQUEST ? 0 : o->fo_n;
}

/* Bytes of all options but SACK: each starts on a word of its own, except that SACK-permitted
 * takes the place of the two NOPs before timestamps. */
static uint32_t fixed_bytes(const struct tcp_opts *o)
{
    uint32_t n = 0;
    n += o->mss != 0 ? 4 : 0;
    n += o->has_ts ? 12 : 0;
    n += o->has_sack_ok && !o->has_ts ? 4 : 0;
    n += o->has_wscale ? 4 : 0;
    n += o->uto != 0 ? 4 : 0;
    n += wf_tcp_acc_room(o->acc);
    n += o->fo_n != 0 ? (2 + fo_octets(o) + 3) & ~3u : 0;
    return n;
}

static uint32_t sack_that_fits(const struct tcp_opts *o, uint32_t used)
{
    uint32_t room =
        used + 4 < TCP_OPTS_MAX_BYTES ? (TCP_OPTS_MAX_BYTES - used - 4) / SACK_BLOCK_BYTES : 0;
    return o->sack_n <= room ? o->sack_n : room;
}

uint32_t wf_tcp_opts_bytes(const struct tcp_opts *o)
{
    uint32_t used = fixed_bytes(o);
    uint32_t sack_n = sack_that_fits(o, used);
    return used + (sack_n > 0 ? 4 + sack_n * SACK_BLOCK_BYTES : 0);
}

static uint8_t *put_word(uint8_t *p, uint32_t word)
{
    wf_st32be(p, word);
    return p + 4;
}

static uint8_t *put_acc(uint8_t *p, const struct tcp_opts *o)
{
    uint32_t n = o->acc & TCP_ACC_FIELDS, len = 2 + ACC_FIELD_BYTES * n;
    for (uint32_t pad = wf_tcp_acc_room(o->acc) - len; pad > 0; pad--)
        *p++ = KIND_NOP;
    *p++ = (o->acc & TCP_ACC_ORDER1) != 0 ? KIND_ACC_ORDER1 : KIND_ACC_ORDER0;
    *p++ = (uint8_t)len;
    for (uint32_t i = 0; i < n; i++) {
        *p++ = (uint8_t)(o->acc_bytes[i] >> 16);
        *p++ = (uint8_t)(o->acc_bytes[i] >> 8);
        *p++ = (uint8_t)o->acc_bytes[i];
    }
    return p;
}

/* Padded in front to a word. */
static uint8_t *put_fo(uint8_t *p, const struct tcp_opts *o)
{
    uint32_t n = fo_octets(o);
    for (uint32_t i = 2 + n; i % 4 != 0; i++)
        *p++ = KIND_NOP;
    *p++ = KIND_FO;
    *p++ = (uint8_t)(2 + n);
    if (n > 0)
        memcpy(p, o->fo, n);
    return p + n;
}

static uint8_t *put_options(uint8_t *p, const struct tcp_opts *o)
{
    if (o->mss != 0)
        p = put_word(p, MSS_WORD | o->mss);
    if (o->has_ts) {
        p = put_word(p, o->has_sack_ok ? SACK_OK_TS : NOP_NOP_TS);
        p = put_word(p, o->ts_val);
        p = put_word(p, o->ts_ecr);
    } else if (o->has_sack_ok) {
        p = put_word(p, NOP_NOP_SACK_OK);
    }
    if (o->has_wscale)
        p = put_word(p, NOP_WSCALE | o->wscale);
    if (o->uto != 0)
        p = put_word(p, UTO_WORD | o->uto);
    if (o->acc != 0)
        p = put_acc(p, o);
    if (o->fo_n != 0)
        p = put_fo(p, o);
    uint32_t sack_n = sack_that_fits(o, fixed_bytes(o));
    if (sack_n > 0)
        p = put_word(p, NOP_NOP_SACK | (2 + sack_n * SACK_BLOCK_BYTES));
    for (uint32_t i = 0; i < sack_n; i++) {
        p = put_word(p, o->sack[i].from.v);
        p = put_word(p, o->sack[i].to.v);
    }
    return p;
}

uint32_t wf_tcp_emit(uint8_t *p, const struct tcp_hdr *h)
{
    WF_ASSERT(h->opt.sack_n <= TCP_SACK_MAX);
    uint32_t hdr_bytes = (uint32_t)(put_options(p + TCP_HDR_BYTES, &h->opt) - p);
    wf_st16be(p, h->sport);
    wf_st16be(p + 2, h->dport);
    wf_st32be(p + 4, h->seq.v);
    wf_st32be(p + 8, h->ack.v);
    wf_st16be(p + 12, (uint16_t)(hdr_bytes / 4 << 12 | (h->flags & 0x1ffu)));
    wf_st16be(p + 14, h->wnd);
    wf_st16be(p + TCP_CSUM_OFFSET, h->csum);
    wf_st16be(p + 18, h->urg);
    return hdr_bytes;
}

static void text_flags(struct text *t, uint16_t flags)
{
    static const char names[] = "FSRP.UEWe"; /* tcpdump's letters, TCP_FIN first. */
    wf_text_str(t, "Flags [");
    for (uint32_t i = 0; names[i] != '\0'; i++)
        if (flags >> i & 1)
            wf_text_char(t, names[i]);
    wf_text_str(t, (flags & 0x1ff) == 0 ? "none]" : "]");
}

/* The separator before the next option: opens the list the first time. */
static const char *next_sep(bool *is_first)
{
    const char *sep = *is_first ? ", options [" : ",";
    *is_first = false;
    return sep;
}

static void text_options(struct text *t, const struct tcp_opts *o)
{
    bool is_first = true;
    if (o->mss != 0) {
        wf_text_str(t, next_sep(&is_first));
        wf_text_field(t, "mss ", o->mss);
    }
    if (o->has_sack_ok) {
        wf_text_str(t, next_sep(&is_first));
        wf_text_str(t, "sackOK");
    }
    if (o->has_ts) {
        wf_text_str(t, next_sep(&is_first));
        wf_text_field(t, "TS val ", o->ts_val);
        wf_text_field(t, " ecr ", o->ts_ecr);
    }
    if (o->has_wscale) {
        wf_text_str(t, next_sep(&is_first));
        wf_text_field(t, "wscale ", o->wscale);
    }
    if (o->uto != 0) {
        wf_text_str(t, next_sep(&is_first));
        wf_text_field(t, "uto ", o->uto & ~TCP_UTO_MINUTES);
        wf_text_char(t, (o->uto & TCP_UTO_MINUTES) != 0 ? 'm' : 's');
    }
    if (o->fo_n != 0) {
        wf_text_str(t, next_sep(&is_first));
        wf_text_str(t, o->fo_n == TCP_FO_REQUEST ? "tfo cookiereq" : "tfo cookie ");
        for (uint32_t i = 0; i < fo_octets(o); i++)
            wf_text_hex(t, o->fo[i], 2);
    }
    if (o->sack_n > 0) {
        wf_text_str(t, next_sep(&is_first));
        wf_text_field(t, "sack ", o->sack_n);
        wf_text_char(t, ' ');
    }
    for (int i = 0; i < o->sack_n; i++) {
        wf_text_field(t, "{", o->sack[i].from.v);
        wf_text_field(t, ":", o->sack[i].to.v);
        wf_text_char(t, '}');
    }
    if (o->acc != 0) {
        wf_text_str(t, next_sep(&is_first));
        wf_text_str(t, (o->acc & TCP_ACC_ORDER1) != 0 ? "acc-ecn1" : "acc-ecn0");
    }
    for (uint32_t i = 0; i < (o->acc & TCP_ACC_FIELDS); i++)
        wf_text_field(t, " ", o->acc_bytes[i]);
    if (!is_first)
        wf_text_char(t, ']');
}

void wf_tcp_put(struct text *t, const struct tcp_hdr *h, uint32_t data_bytes)
{
    text_flags(t, h->flags);
    if (data_bytes > 0 || (h->flags & (TCP_SYN | TCP_FIN | TCP_RST)) != 0)
        wf_text_field(t, ", seq ", h->seq.v);
    if (data_bytes > 0)
        wf_text_field(t, ":", (uint32_t)(h->seq.v + data_bytes));
    if ((h->flags & TCP_ACK) != 0)
        wf_text_field(t, ", ack ", h->ack.v);
    wf_text_field(t, ", win ", h->wnd);
    if ((h->flags & TCP_URG) != 0)
        wf_text_field(t, ", urg ", h->urg);
    text_options(t, &h->opt);
}

uint32_t wf_tcp_text(char *buf, uint32_t cap, const struct tcp_hdr *h)
{
    struct text t = wf_text_on(buf, cap);
    wf_text_dec(&t, h->sport);
    wf_text_field(&t, " > ", h->dport);
    wf_text_str(&t, ": ");
    wf_tcp_put(&t, h, 0);
    return t.len;
}

const char *wf_tcp_err_text(enum wf_tcp_err err)
{
    switch (err) {
    case TCP_HDR_OK:
        return "well formed";
    case TCP_TRUNCATED:
        return "truncated";
    case TCP_BAD_OFFSET:
        return "bad data offset";
    case TCP_BAD_OPTION:
        return "bad option length";
    }
    return "unknown error";
}
