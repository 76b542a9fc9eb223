/* SPDX-License-Identifier: MIT */
/** DOC: tcp - TCP headers and options: parsed, emitted and parsed again they say the same */
#include "base/base.h"
#include "fuzz.h"
#include "wire/wire.h"

static void check_same_opts(const struct tcp_opts *a, const struct tcp_opts *b)
{
    FUZZ_CHECK(a->mss == b->mss && a->wscale == b->wscale && a->has_wscale == b->has_wscale);
    FUZZ_CHECK(a->has_sack_ok == b->has_sack_ok && a->has_ts == b->has_ts);
    FUZZ_CHECK(a->ts_val == b->ts_val && a->ts_ecr == b->ts_ecr && a->sack_n == b->sack_n);
    FUZZ_CHECK(a->uto == b->uto);
    for (uint32_t i = 0; i < a->sack_n; i++) {
        FUZZ_CHECK(wf_seq_eq(a->sack[i].from, b->sack[i].from));
        FUZZ_CHECK(wf_seq_eq(a->sack[i].to, b->sack[i].to));
    }
}

static void check_limits(const struct tcp_hdr *h, size_t size)
{
    const struct tcp_opts *o = &h->opt;
    FUZZ_CHECK(h->hdr_bytes >= TCP_HDR_BYTES && h->hdr_bytes <= size && h->hdr_bytes % 4 == 0);
    FUZZ_CHECK(o->wscale <= TCP_WSCALE_MAX && o->sack_n <= TCP_SACK_MAX);
    if ((h->flags & TCP_SYN) == 0)
        FUZZ_CHECK(o->mss == 0 && !o->has_wscale && !o->has_sack_ok);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tcp_hdr h, again;
    uint8_t b[TCP_HDR_MAX_BYTES];
    enum wf_tcp_err err = wf_tcp_parse(&h, data, size);
    FUZZ_CHECK((err == TCP_TRUNCATED) == (size < TCP_HDR_BYTES));
    FUZZ_CHECK(*wf_tcp_err_text(err) != '\0');
    if (err != TCP_HDR_OK)
        return 0;
    check_limits(&h, size);
    FUZZ_TEXT(wf_tcp_text, &h);

    uint32_t n = wf_tcp_emit(b, &h);
    FUZZ_CHECK(n <= sizeof(b) && n == TCP_HDR_BYTES + wf_tcp_opts_bytes(&h.opt));
    FUZZ_CHECK(wf_tcp_parse(&again, b, n) == TCP_HDR_OK);
    FUZZ_CHECK(again.hdr_bytes == n);
    FUZZ_CHECK(again.sport == h.sport && again.dport == h.dport && again.flags == h.flags);
    FUZZ_CHECK(wf_seq_eq(again.seq, h.seq) && wf_seq_eq(again.ack, h.ack));
    FUZZ_CHECK(again.wnd == h.wnd && again.urg == h.urg && again.csum == h.csum);
    /* A peer that does not pad may bring one SACK block more than our padded layout has room for.
     */
    FUZZ_CHECK(again.opt.sack_n <= h.opt.sack_n && again.opt.sack_n + 1u >= h.opt.sack_n);
    h.opt.sack_n = again.opt.sack_n;
    check_same_opts(&again.opt, &h.opt);
    return 0;
}
