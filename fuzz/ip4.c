/* SPDX-License-Identifier: MIT */
/**
 * DOC: ip4 - IPv4 headers and options
 *
 * The mutator cannot guess checksums, so the header is parsed without; the checked parse must then
 * agree with the plain sum of base/, and what emit writes must pass it.
 */
#include "base/base.h"
#include "fuzz.h"
#include "wire/wire.h"

/* The walk ends, and every option it gives lies inside the header. */
static void walk_options(const struct ip4_hdr *h)
{
    struct ip4_opts_it it = wf_ip4_opts_begin(h);
    struct ip4_opt o;
    enum ip4_opt_step step;
    uint32_t end = IP4_HDR_BYTES;
    while ((step = wf_ip4_opts_next(&it, &o)) == OPT_NEXT) {
        FUZZ_CHECK(o.pos >= end && o.len >= 2);
        end = (uint32_t)o.pos + o.len;
        FUZZ_CHECK(end <= h->hdr_bytes);
        FUZZ_CHECK(o.data == h->opts + (o.pos - IP4_HDR_BYTES) + 2);
    }
    FUZZ_CHECK((step == OPT_BAD) == (it.bad_pos != 0));
    FUZZ_CHECK(step == OPT_END || (it.bad_pos >= end && it.bad_pos < h->hdr_bytes));
}

static void check_same(const struct ip4_hdr *a, const struct ip4_hdr *b)
{
    FUZZ_CHECK(a->hdr_bytes == b->hdr_bytes && a->tos == b->tos && a->ttl == b->ttl);
    FUZZ_CHECK(a->proto == b->proto && a->total_bytes == b->total_bytes && a->id == b->id);
    FUZZ_CHECK(a->frag_off_bytes == b->frag_off_bytes && a->df == b->df && a->mf == b->mf);
    FUZZ_CHECK(a->is_reserved_bit == b->is_reserved_bit && a->opts_bytes == b->opts_bytes);
    FUZZ_CHECK(memcmp(&a->src, &b->src, 4) == 0 && memcmp(&a->dst, &b->dst, 4) == 0);
    FUZZ_CHECK(memcmp(a->opts, b->opts, a->opts_bytes) == 0);
}

static void emit_and_change(struct ip4_hdr h)
{
    uint8_t once[IP4_HDR_MAX_BYTES], changed[IP4_HDR_MAX_BYTES];
    struct ip4_hdr again;
    uint32_t n = wf_ip4_emit(once, &h);
    FUZZ_CHECK(n == h.hdr_bytes);
    FUZZ_CHECK(wf_csum_scalar(once, n) == 0xffff);
    FUZZ_CHECK(wf_ip4_parse_quoted(&again, once, n) == IP4_OK);
    check_same(&again, &h);

    memcpy(changed, once, n);
    h.total_bytes = (uint16_t)(h.total_bytes ^ (h.id << 1));
    h.id = (uint16_t)(h.id + h.ttl);
    wf_ip4_emit_len(changed, h.total_bytes, h.id);
    wf_ip4_emit(once, &h);
    FUZZ_CHECK(memcmp(once, changed, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ip4_hdr h, checked, quoted;
    enum wf_ip4_err err = wf_ip4_parse(&h, data, size, false);
    enum wf_ip4_err quoted_err = wf_ip4_parse_quoted(&quoted, data, size);
    FUZZ_CHECK(*wf_ip4_err_text(err) != '\0');
    FUZZ_CHECK(quoted_err == err || (quoted_err == IP4_OK && err == IP4_BAD_LEN));
    if (quoted_err != IP4_OK)
        return 0;
    FUZZ_TEXT(wf_ip4_text, &quoted);
    walk_options(&quoted);
    emit_and_change(quoted);
    if (err != IP4_OK)
        return 0;
    check_same(&h, &quoted);
    FUZZ_CHECK(h.total_bytes <= size);
    bool is_sum_right = wf_csum_scalar(data, h.hdr_bytes) == 0xffff;
    err = wf_ip4_parse(&checked, data, size, true);
    FUZZ_CHECK(err == (is_sum_right ? IP4_OK : IP4_BAD_CSUM));
    return 0;
}
