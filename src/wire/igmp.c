/* SPDX-License-Identifier: MIT */
#include "wire/igmp.h"

#include "base/base.h"
#include "wire/text.h"

#define FLAG_S    0x08u
#define TEXT_MOST 300u /* Characters after which no more groups and sources are named. */

static bool is_group(uint32_t ip4)
{
    return ip4 >> 28 == 0xe;
}

/* RFC 3376 4.1: the version of a query lies in its length and code. */
static enum wf_igmp_err parse_query(struct igmp_msg *m, const uint8_t *p, size_t len)
{
    if (m->group != 0 && !is_group(m->group))
        return IGMP_BAD_GROUP;
    if (len == IGMP_HDR_BYTES) {
        m->version = m->code == 0 ? 1 : 2;
        return IGMP_OK;
    }
    struct cursor c = {p, len};
    const uint8_t *h = wf_cursor_take(&c, IGMP_QUERY3_BYTES);
    if (h == NULL)
        return IGMP_BAD_LEN;
    m->version = 3;
    m->is_suppress = (h[8] & FLAG_S) != 0;
    m->qrv = h[8] & 7;
    m->qqic = h[9];
    m->sources_n = wf_ld16be(h + 10);
    m->sources = wf_cursor_take(&c, (size_t)m->sources_n * 4);
    if (m->sources == NULL)
        return IGMP_BAD_LEN;
    return m->group == 0 && m->sources_n > 0 ? IGMP_BAD_GROUP : IGMP_OK;
}

/* A record, without judging its group; auxiliary data is passed over (RFC 3376 4.2.10). */
static bool take_record(struct cursor *c, struct igmp_rec *r)
{
    const uint8_t *h = wf_cursor_take(c, IGMP_REC_BYTES);
    if (h == NULL)
        return false;
    r->type = h[0];
    r->sources_n = wf_ld16be(h + 2);
    r->group = wf_ld32be(h + 4);
    r->sources = wf_cursor_take(c, (size_t)r->sources_n * 4);
    return r->sources != NULL && wf_cursor_take(c, (size_t)h[1] * 4) != NULL;
}

static enum wf_igmp_err parse_report3(struct igmp_msg *m, const uint8_t *p, size_t len)
{
    m->group = 0;
    m->records_n = wf_ld16be(p + 6);
    m->records = (struct cursor){p + IGMP_HDR_BYTES, len - IGMP_HDR_BYTES};
    struct cursor c = m->records;
    struct igmp_rec r;
    for (uint32_t i = 0; i < m->records_n; i++)
        if (!take_record(&c, &r))
            return IGMP_BAD_LEN;
    return IGMP_OK;
}

enum wf_igmp_err wf_igmp_parse(struct igmp_msg *out, const uint8_t *p, size_t len)
{
    if (len < IGMP_HDR_BYTES)
        return IGMP_TRUNCATED;
    if (wf_csum_scalar(p, len) != 0xffff)
        return IGMP_BAD_CSUM;
    struct igmp_msg m = {.type = p[0], .group = wf_ld32be(p + 4)};
    enum wf_igmp_err err = IGMP_OK;
    switch (m.type) {
    case IGMP_QUERY:
        m.code = p[1];
        err = parse_query(&m, p, len);
        break;
    case IGMP_REPORT1:
    case IGMP_REPORT2:
    case IGMP_LEAVE: /* Octets beyond the first 8 are ignored (RFC 2236 2.5). */
        err = is_group(m.group) ? IGMP_OK : IGMP_BAD_GROUP;
        break;
    case IGMP_REPORT3:
        err = parse_report3(&m, p, len);
        break;
    default:
        err = IGMP_BAD_TYPE;
        break;
    }
    if (err == IGMP_OK)
        *out = m;
    return err;
}

bool wf_igmp_rec_next(struct igmp_msg *m, struct igmp_rec *r)
{
    if (m->records_n == 0 || !take_record(&m->records, r))
        return false;
    m->records_n--;
    return true;
}

uint32_t wf_igmp_decode(uint8_t code)
{
    return code < 128 ? code : ((code & 15u) | 16u) << ((code >> 4 & 7u) + 3);
}

uint8_t wf_igmp_encode(uint32_t value)
{
    uint32_t exp = 0;
    if (value < 128)
        return (uint8_t)value;
    while (exp < 7 && value >> (exp + 3) > 31)
        exp++;
    uint32_t mant = wf_min_u32(value >> (exp + 3), 31) & 15;
    return (uint8_t)(128 | exp << 4 | mant);
}

void wf_igmp_emit(uint8_t *p, uint8_t type, uint8_t code, uint32_t group)
{
    p[0] = type;
    p[1] = code;
    wf_st16be(p + 2, 0);
    wf_st32be(p + 4, group);
    wf_st16be(p + 2, wf_csum_finish(wf_csum_scalar(p, IGMP_HDR_BYTES)));
}

void wf_igmp_emit_query3(uint8_t *p, const struct igmp_msg *m)
{
    p[0] = IGMP_QUERY;
    p[1] = m->code;
    wf_st16be(p + 2, 0);
    wf_st32be(p + 4, m->group);
    p[8] = (uint8_t)((m->is_suppress ? FLAG_S : 0) | (m->qrv & 7u));
    p[9] = m->qqic;
    wf_st16be(p + 10, m->sources_n);
}

void wf_igmp_emit_report3(uint8_t *p, uint16_t records_n)
{
    p[0] = IGMP_REPORT3;
    p[1] = 0;
    wf_st32be(p + 2, 0);
    wf_st16be(p + 6, records_n);
}

void wf_igmp_emit_rec(uint8_t *p, uint8_t type, uint16_t sources_n, uint32_t group)
{
    p[0] = type;
    p[1] = 0;
    wf_st16be(p + 2, sources_n);
    wf_st32be(p + 4, group);
}

const char *wf_igmp_rec_text(uint8_t type)
{
    static const char *const names[] = {NULL, "is_in", "is_ex", "to_in", "to_ex", "allow", "block"};
    return type < WF_ARRAY_LEN(names) ? names[type] : NULL;
}

static void put_ip4(struct text *t, uint32_t ip4)
{
    struct wf_ip4 a;
    wf_st32be(a.b, ip4);
    wf_text_ip4(t, a);
}

/* A message may name more than a line has room for (weft/trace.h): the rest is dots. */
static bool is_long(struct text *t)
{
    if (t->len <= TEXT_MOST)
        return false;
    wf_text_str(t, " ...");
    return true;
}

static void put_sources(struct text *t, const uint8_t *sources, uint32_t n)
{
    wf_text_str(t, " {");
    for (uint32_t i = 0; i < n && !is_long(t); i++) {
        wf_text_str(t, i > 0 ? " " : "");
        put_ip4(t, wf_ld32be(sources + (size_t)4 * i));
    }
    wf_text_char(t, '}');
}

static void put_query(struct text *t, const struct igmp_msg *m)
{
    wf_text_field(t, "IGMPv", m->version);
    wf_text_str(t, ", query");
    if (m->group != 0) {
        wf_text_char(t, ' ');
        put_ip4(t, m->group);
    }
    if (m->sources_n > 0)
        put_sources(t, m->sources, m->sources_n);
    wf_text_field(t, ", max resp ", wf_igmp_decode(m->code));
    if (m->version == 3) {
        wf_text_field(t, ", qrv ", m->qrv);
        wf_text_field(t, ", qqi ", wf_igmp_decode(m->qqic));
        wf_text_str(t, m->is_suppress ? ", S" : "");
    }
}

static void put_report3(struct text *t, struct igmp_msg m)
{
    struct igmp_rec r;
    wf_text_field(t, "IGMPv3, report, records ", m.records_n);
    while (wf_igmp_rec_next(&m, &r) && !is_long(t)) {
        const char *name = wf_igmp_rec_text(r.type);
        wf_text_str(t, " [");
        put_ip4(t, r.group);
        wf_text_char(t, ' ');
        wf_text_str(t, name != NULL ? name : "unknown");
        put_sources(t, r.sources, r.sources_n);
        wf_text_char(t, ']');
    }
}

uint32_t wf_igmp_text(char *buf, uint32_t cap, const struct igmp_msg *m)
{
    struct text t = wf_text_on(buf, cap);
    if (m->type == IGMP_QUERY) {
        put_query(&t, m);
    } else if (m->type == IGMP_REPORT3) {
        put_report3(&t, *m);
    } else {
        wf_text_str(&t, m->type == IGMP_REPORT1 ? "IGMPv1, report " : "IGMPv2, ");
        if (m->type != IGMP_REPORT1)
            wf_text_str(&t, m->type == IGMP_LEAVE ? "leave " : "report ");
        put_ip4(&t, m->group);
    }
    return t.len;
}

const char *wf_igmp_err_text(enum wf_igmp_err err)
{
    switch (err) {
    case IGMP_OK:
        return "well formed";
    case IGMP_TRUNCATED:
        return "truncated";
    case IGMP_BAD_CSUM:
        return "bad checksum";
    case IGMP_BAD_TYPE:
        return "unknown type";
    case IGMP_BAD_LEN:
        return "bad length";
    case IGMP_BAD_GROUP:
        return "no group address";
    }
    return "unknown error";
}
