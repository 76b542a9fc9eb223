/* SPDX-License-Identifier: MIT */
#include "wire/icmp4.h"

#include <string.h>

#include "base/base.h"
#include "wire/text.h"

/* How a type reads the second word. */
enum word { WORD_UNUSED, WORD_ID_SEQ, WORD_MTU, WORD_POINTER, WORD_GATEWAY, WORD_ROUTERS };

static enum word word_of(uint8_t type)
{
    switch (type) {
    case ICMP4_ECHO_REPLY:
    case ICMP4_ECHO_REQUEST:
    case ICMP4_TIMESTAMP_REQUEST:
    case ICMP4_TIMESTAMP_REPLY:
    case ICMP4_INFO_REQUEST:
    case ICMP4_INFO_REPLY:
    case ICMP4_MASK_REQUEST:
    case ICMP4_MASK_REPLY:
        return WORD_ID_SEQ;
    case ICMP4_UNREACHABLE:
        return WORD_MTU;
    case ICMP4_PARAMETER_PROBLEM:
        return WORD_POINTER;
    case ICMP4_REDIRECT:
        return WORD_GATEWAY;
    case ICMP4_ROUTER_ADVERT:
        return WORD_ROUTERS;
    default:
        return WORD_UNUSED;
    }
}

enum wf_icmp4_err wf_icmp4_parse(struct icmp4_hdr *h, const uint8_t *p, size_t len)
{
    if (len < ICMP4_HDR_BYTES)
        return ICMP4_TRUNCATED;
    memset(h, 0, sizeof(*h));
    h->type = p[0];
    h->code = p[1];
    switch (word_of(h->type)) {
    case WORD_ID_SEQ:
        h->id = wf_ld16be(p + 4);
        h->seq = wf_ld16be(p + 6);
        break;
    case WORD_MTU:
        h->mtu = wf_ld16be(p + 6);
        break;
    case WORD_POINTER:
        h->pointer = p[4];
        break;
    case WORD_GATEWAY:
        memcpy(h->gateway.b, p + 4, 4);
        break;
    case WORD_ROUTERS:
        h->entries = p[4];
        h->entry_words = p[5];
        h->lifetime_s = wf_ld16be(p + 6);
        break;
    case WORD_UNUSED:
        h->unused = wf_ld32be(p + 4);
        break;
    }
    return ICMP4_OK;
}

void wf_icmp4_emit(uint8_t *p, const struct icmp4_hdr *h)
{
    memset(p, 0, ICMP4_HDR_BYTES);
    p[0] = h->type;
    p[1] = h->code;
    switch (word_of(h->type)) {
    case WORD_ID_SEQ:
        wf_st16be(p + 4, h->id);
        wf_st16be(p + 6, h->seq);
        break;
    case WORD_MTU:
        wf_st16be(p + 6, h->mtu);
        break;
    case WORD_POINTER:
        p[4] = h->pointer;
        break;
    case WORD_GATEWAY:
        memcpy(p + 4, h->gateway.b, 4);
        break;
    case WORD_ROUTERS:
        p[4] = h->entries;
        p[5] = h->entry_words;
        wf_st16be(p + 6, h->lifetime_s);
        break;
    case WORD_UNUSED:
        wf_st32be(p + 4, h->unused);
        break;
    }
}

bool wf_icmp4_parse_times(struct icmp4_times *t, const uint8_t *p, size_t len)
{
    if (len < ICMP4_TIMESTAMP_BYTES)
        return false;
    t->originate = wf_ld32be(p + 8);
    t->receive = wf_ld32be(p + 12);
    t->transmit = wf_ld32be(p + 16);
    return true;
}

void wf_icmp4_emit_times(uint8_t *p, const struct icmp4_times *t)
{
    wf_st32be(p + 8, t->originate);
    wf_st32be(p + 12, t->receive);
    wf_st32be(p + 16, t->transmit);
}

bool wf_icmp4_parse_router(struct icmp4_router *r, const struct icmp4_hdr *h, const uint8_t *p,
                           size_t len, uint32_t i)
{
    size_t each = (size_t)h->entry_words * 4, at = ICMP4_HDR_BYTES + each * i;
    if (i >= h->entries || each < 8 || len < at + 8)
        return false;
    memcpy(r->addr.b, p + at, 4);
    r->preference = wf_ld32be(p + at + 4);
    return true;
}

void wf_icmp4_emit_router(uint8_t *p, uint32_t i, const struct icmp4_router *r)
{
    uint8_t *at = p + ICMP4_HDR_BYTES + (size_t)i * 8;
    memcpy(at, r->addr.b, 4);
    wf_st32be(at + 4, r->preference);
}

static void put_unreachable(struct text *t, const struct icmp4_hdr *h)
{
    static const char *const names[] = {
        "net unreachable",
        "host unreachable",
        "protocol unreachable",
        "port unreachable",
        "unreachable - need to frag",
        "unreachable - source route failed",
        "net unknown",
        "host unknown",
        "unreachable - source host isolated",
        "net unreachable - admin prohibited",
        "host unreachable - admin prohibited",
        "net unreachable - tos",
        "host unreachable - tos",
        "unreachable - admin prohibited filter",
        "unreachable - host precedence violation",
        "unreachable - precedence cutoff",
    };
    if (h->code < WF_ARRAY_LEN(names))
        wf_text_str(t, names[h->code]);
    else
        wf_text_field(t, "unreachable - code ", h->code);
    if (h->code == ICMP4_FRAG_NEEDED) {
        wf_text_field(t, " (mtu ", h->mtu);
        wf_text_char(t, ')');
    }
}

static void put_redirect(struct text *t, const struct icmp4_hdr *h)
{
    static const char *const names[] = {"net", "host", "tos and net", "tos and host"};
    wf_text_str(t, "redirect ");
    if (h->code < WF_ARRAY_LEN(names))
        wf_text_str(t, names[h->code]);
    else
        wf_text_field(t, "code ", h->code);
    wf_text_str(t, " to ");
    wf_text_ip4(t, h->gateway);
}

static void put_id_seq(struct text *t, const char *name, const struct icmp4_hdr *h)
{
    wf_text_str(t, name);
    wf_text_field(t, ", id ", h->id);
    wf_text_field(t, ", seq ", h->seq);
}

void wf_icmp4_put(struct text *t, const struct icmp4_hdr *h)
{
    wf_text_str(t, "ICMP ");
    switch (h->type) {
    case ICMP4_ECHO_REQUEST:
        put_id_seq(t, "echo request", h);
        break;
    case ICMP4_ECHO_REPLY:
        put_id_seq(t, "echo reply", h);
        break;
    case ICMP4_TIMESTAMP_REQUEST:
        put_id_seq(t, "time stamp query", h);
        break;
    case ICMP4_TIMESTAMP_REPLY:
        put_id_seq(t, "time stamp reply", h);
        break;
    case ICMP4_MASK_REQUEST:
        put_id_seq(t, "address mask request", h);
        break;
    case ICMP4_MASK_REPLY:
        put_id_seq(t, "address mask reply", h);
        break;
    case ICMP4_INFO_REQUEST:
        put_id_seq(t, "information request", h);
        break;
    case ICMP4_INFO_REPLY:
        put_id_seq(t, "information reply", h);
        break;
    case ICMP4_ROUTER_SOLICIT:
        wf_text_str(t, "router solicitation");
        break;
    case ICMP4_ROUTER_ADVERT:
        wf_text_field(t, "router advertisement lifetime ", h->lifetime_s);
        wf_text_field(t, " ", h->entries);
        wf_text_str(t, " addresses");
        break;
    case ICMP4_UNREACHABLE:
        put_unreachable(t, h);
        break;
    case ICMP4_REDIRECT:
        put_redirect(t, h);
        break;
    case ICMP4_SOURCE_QUENCH:
        wf_text_str(t, "source quench");
        break;
    case ICMP4_TIME_EXCEEDED:
        if (h->code == ICMP4_TTL_EXCEEDED)
            wf_text_str(t, "time exceeded in-transit");
        else if (h->code == ICMP4_REASSEMBLY_EXCEEDED)
            wf_text_str(t, "ip reassembly time exceeded");
        else
            wf_text_field(t, "time exceeded code ", h->code);
        break;
    case ICMP4_PARAMETER_PROBLEM:
        wf_text_field(t, "parameter problem - octet ", h->pointer);
        break;
    default:
        wf_text_field(t, "type ", h->type);
        wf_text_field(t, " code ", h->code);
        break;
    }
}

uint32_t wf_icmp4_text(char *buf, uint32_t cap, const struct icmp4_hdr *h)
{
    struct text t = wf_text_on(buf, cap);
    wf_icmp4_put(&t, h);
    return t.len;
}
