/* SPDX-License-Identifier: MIT */
#include "exact.h"
#include "t.h"
#include "wire/wire.h"

static const struct udp_hdr sample = {4000, 53, 12, 0xbeef};

/* A datagram with four bytes of data. */
static void make(uint8_t b[12])
{
    wf_udp_emit(b, &sample);
    memset(b + UDP_HDR_BYTES, 0x55, 4);
}

static void emit_then_parse_is_identity(void)
{
    uint8_t b[12];
    struct udp_hdr got;
    make(b);
    T_EQ(wf_udp_parse(&got, b, sizeof(b)), UDP_OK);
    T_CHECK(memcmp(&got, &sample, sizeof(got)) == 0);
}

static void every_truncation_is_refused(void)
{
    uint8_t b[12];
    make(b);
    for (size_t n = 0; n < sizeof(b); n++) {
        struct udp_hdr got;
        uint8_t *p = exact(b, n);
        memset(&got, 0xa5, sizeof(got));
        T_EQ(wf_udp_parse(&got, p, n), n < UDP_HDR_BYTES ? UDP_TRUNCATED : UDP_BAD_LEN);
        T_CHECK(is_untouched(&got, sizeof(got)));
        free(p);
    }
}

static void every_flip_has_its_outcome(void)
{
    uint8_t b[12], again[UDP_HDR_BYTES];
    make(b);
    for (size_t bit = 0; bit < 64; bit++) {
        struct udp_hdr got;
        uint8_t *p = exact_flipped(b, sizeof(b), bit);
        size_t len = (size_t)p[4] << 8 | p[5];
        enum wf_udp_err err = wf_udp_parse(&got, p, sizeof(b));
        T_EQ(err, len < 8 || len > sizeof(b) ? UDP_BAD_LEN : UDP_OK);
        if (err == UDP_OK) {
            wf_udp_emit(again, &got);
            T_CHECK(memcmp(again, p, sizeof(again)) == 0);
        }
        free(p);
    }
}

static void every_length_is_judged_against_the_bytes(void)
{
    for (uint32_t len = 0; len <= 0xffff; len++) {
        uint8_t b[20] = {0};
        struct udp_hdr got;
        b[4] = (uint8_t)(len >> 8);
        b[5] = (uint8_t)len;
        T_EQ(wf_udp_parse(&got, b, sizeof(b)), len >= 8 && len <= 20 ? UDP_OK : UDP_BAD_LEN);
    }
}

static void text_gives_the_data_length(void)
{
    char buf[64];
    T_EQ(wf_udp_text(buf, sizeof(buf), &sample), 24);
    T_CHECK(strcmp(buf, "4000 > 53: UDP, length 4") == 0);
}

/* proves: UDP-LITE-02 UDP-LITE-03 UDP-LITE-05 */
static void every_coverage_is_judged_against_the_bytes(void)
{
    for (uint32_t cov = 0; cov <= 0xffff; cov++) {
        uint8_t b[20] = {0};
        struct udp_hdr got;
        b[4] = (uint8_t)(cov >> 8);
        b[5] = (uint8_t)cov;
        bool is_ok = cov == 0 || (cov >= 8 && cov <= 20);
        T_EQ(wf_udplite_parse(&got, b, sizeof(b)), is_ok ? UDP_NO_CSUM : UDP_BAD_COV);
        b[7] = 1;
        T_EQ(wf_udplite_parse(&got, b, sizeof(b)), is_ok ? UDP_OK : UDP_BAD_COV);
        if (is_ok)
            T_EQ(got.len_bytes, cov == 0 ? 20 : cov);
    }
    for (size_t n = 0; n < 8; n++) {
        struct udp_hdr got;
        uint8_t *p = exact((const uint8_t *)"\0\1\0\2\0\10\1\1", n);
        T_EQ(wf_udplite_parse(&got, p, n), UDP_TRUNCATED);
        free(p);
    }
}

static const struct t_case cases[] = {
    {"emit then parse is identity", emit_then_parse_is_identity},
    {"every truncation is refused", every_truncation_is_refused},
    {"every flip has its outcome", every_flip_has_its_outcome},
    {"every length is judged against the bytes", every_length_is_judged_against_the_bytes},
    {"every coverage is judged against the bytes", every_coverage_is_judged_against_the_bytes},
    {"text gives the data length", text_gives_the_data_length},
};
T_MAIN(cases)
