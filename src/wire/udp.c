/* SPDX-License-Identifier: MIT */
#include "wire/udp.h"

#include "base/base.h"
#include "wire/text.h"

enum wf_udp_err wf_udp_parse(struct udp_hdr *h, const uint8_t *p, size_t len)
{
    if (len < UDP_HDR_BYTES)
        return UDP_TRUNCATED;
    uint16_t len_bytes = wf_ld16be(p + 4);
    if (len_bytes < UDP_HDR_BYTES || len_bytes > len)
        return UDP_BAD_LEN;

    h->sport = wf_ld16be(p);
    h->dport = wf_ld16be(p + 2);
    h->len_bytes = len_bytes;
    h->csum = wf_ld16be(p + 6);
    return UDP_OK;
}

enum wf_udp_err wf_udplite_parse(struct udp_hdr *h, const uint8_t *p, size_t len)
{
    if (len < UDP_HDR_BYTES)
        return UDP_TRUNCATED;
    uint16_t cov = wf_ld16be(p + 4);
    if ((cov != 0 && cov < UDP_HDR_BYTES) || cov > len || len > UINT16_MAX)
        return UDP_BAD_COV;
    if (wf_ld16be(p + 6) == 0)
        return UDP_NO_CSUM;

    h->sport = wf_ld16be(p);
    h->dport = wf_ld16be(p + 2);
    h->len_bytes = cov != 0 ? cov : (uint16_t)len;
    h->csum = wf_ld16be(p + 6);
    return UDP_OK;
}

void wf_udp_emit(uint8_t *p, const struct udp_hdr *h)
{
    wf_st16be(p, h->sport);
    wf_st16be(p + 2, h->dport);
    wf_st16be(p + 4, h->len_bytes);
    wf_st16be(p + 6, h->csum);
}

uint32_t wf_udp_text(char *buf, uint32_t cap, const struct udp_hdr *h)
{
    struct text t = wf_text_on(buf, cap);
    wf_text_dec(&t, h->sport);
    wf_text_field(&t, " > ", h->dport);
    if (h->len_bytes < UDP_HDR_BYTES)
        wf_text_field(&t, ": UDP, bad length field ", h->len_bytes);
    else
        wf_text_field(&t, ": UDP, length ", (uint64_t)h->len_bytes - UDP_HDR_BYTES);
    return t.len;
}

const char *wf_udp_err_text(enum wf_udp_err err)
{
    switch (err) {
    case UDP_OK:
        return "well formed";
    case UDP_TRUNCATED:
        return "truncated";
    case UDP_BAD_LEN:
        return "bad length field";
    case UDP_BAD_COV:
        return "bad coverage field";
    case UDP_NO_CSUM:
        return "no checksum";
    }
    return "unknown error";
}
