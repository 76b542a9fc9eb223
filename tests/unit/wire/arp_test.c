/* SPDX-License-Identifier: MIT */
#include "exact.h"
#include "t.h"
#include "wire/wire.h"

static const struct arp_ip4 sample = {ARP_REQUEST, {2, 0, 0, 0, 0, 1}, {{10, 0, 0, 1}},
                                      {0},         {{10, 0, 0, 2}},    0};

static void emit_then_parse_is_identity(void)
{
    for (uint16_t op = ARP_REQUEST; op <= RARP_REPLY; op++) {
        uint8_t b[ARP_IP4_BYTES];
        struct arp_ip4 want = sample, got;
        want.op = op;
        wf_arp_emit(b, &want);
        T_EQ(wf_arp_parse(&got, b, sizeof(b)), ARP_OK);
        T_CHECK(memcmp(&got, &want, sizeof(got)) == 0);
    }
}

static void every_truncation_is_refused(void)
{
    uint8_t b[ARP_IP4_BYTES];
    wf_arp_emit(b, &sample);
    for (size_t n = 0; n < sizeof(b); n++) {
        struct arp_ip4 got;
        uint8_t *p = exact(b, n);
        memset(&got, 0xa5, sizeof(got));
        T_EQ(wf_arp_parse(&got, p, n), ARP_TRUNCATED);
        T_CHECK(is_untouched(&got, sizeof(got)));
        free(p);
    }
}

static enum wf_arp_err expected(const uint8_t *p, size_t bit)
{
    if (bit < 32)
        return ARP_BAD_TYPE;
    if (bit < 48)
        return ARP_BAD_LEN;
    if (p[6] != 0 || p[7] < 1 || p[7] > 4)
        return ARP_BAD_OP;
    return ARP_OK;
}

static void every_flip_has_its_outcome(void)
{
    uint8_t b[ARP_IP4_BYTES], again[ARP_IP4_BYTES];
    wf_arp_emit(b, &sample);
    for (size_t bit = 0; bit < 8 * sizeof(b); bit++) {
        struct arp_ip4 got;
        uint8_t *p = exact_flipped(b, sizeof(b), bit);
        enum wf_arp_err err = wf_arp_parse(&got, p, sizeof(b));
        T_EQ(err, expected(p, bit));
        if (err == ARP_OK) {
            wf_arp_emit(again, &got);
            T_CHECK(memcmp(again, p, sizeof(again)) == 0);
        }
        free(p);
    }
}

static void text_reads_like_tcpdump(void)
{
    static const char *const want[] = {
        "ARP, Request who-has 10.0.0.2 tell 10.0.0.1",
        "ARP, Reply 10.0.0.1 is-at 02:00:00:00:00:01",
        "ARP, Reverse Request who-is 00:00:00:00:00:00 tell 02:00:00:00:00:01",
        "ARP, Reverse Reply 00:00:00:00:00:00 at 10.0.0.2",
    };
    for (uint16_t op = ARP_REQUEST; op <= RARP_REPLY; op++) {
        char buf[96];
        struct arp_ip4 a = sample;
        a.op = op;
        T_EQ(wf_arp_text(buf, sizeof(buf), &a), strlen(want[op - 1]));
        T_CHECK(strcmp(buf, want[op - 1]) == 0);
    }
}

static const struct t_case cases[] = {
    {"emit then parse is identity", emit_then_parse_is_identity},
    {"every truncation is refused", every_truncation_is_refused},
    {"every flip has its outcome", every_flip_has_its_outcome},
    {"text reads like tcpdump", text_reads_like_tcpdump},
};
T_MAIN(cases)
