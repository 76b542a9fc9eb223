/* SPDX-License-Identifier: MIT */
#include "exact.h"
#include "t.h"
#include "wire/wire.h"

static const struct eth_hdr sample = {
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {2, 0, 0, 0, 0, 1}, ETHERTYPE_ARP};

static void emit_then_parse_is_identity(void)
{
    uint8_t b[ETH_HDR_BYTES];
    struct eth_hdr got;
    wf_eth_emit(b, &sample);
    T_CHECK(wf_eth_parse(&got, b, sizeof(b)));
    T_CHECK(memcmp(&got, &sample, sizeof(got)) == 0);
}

static void every_truncation_is_refused(void)
{
    uint8_t b[ETH_HDR_BYTES];
    wf_eth_emit(b, &sample);
    for (size_t n = 0; n < sizeof(b); n++) {
        struct eth_hdr got;
        uint8_t *p = exact(b, n);
        memset(&got, 0xa5, sizeof(got));
        T_CHECK(!wf_eth_parse(&got, p, n));
        T_CHECK(is_untouched(&got, sizeof(got)));
        free(p);
    }
}

/* Every value is legal at this level, lengths of 802.3 too: what is read is what stands there. */
static void every_flip_is_read_as_it_stands(void)
{
    uint8_t b[ETH_HDR_BYTES], again[ETH_HDR_BYTES];
    wf_eth_emit(b, &sample);
    for (size_t bit = 0; bit < 8 * sizeof(b); bit++) {
        struct eth_hdr got;
        uint8_t *p = exact_flipped(b, sizeof(b), bit);
        T_CHECK(wf_eth_parse(&got, p, sizeof(b)));
        wf_eth_emit(again, &got);
        T_CHECK(memcmp(again, p, sizeof(again)) == 0);
        free(p);
    }
}

static void text_names_the_type(void)
{
    struct eth_hdr h = sample;
    char buf[96];
    uint32_t n = wf_eth_text(buf, sizeof(buf), &h);
    T_CHECK(strcmp(buf, "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806)") == 0);
    T_EQ(n, strlen(buf));
    h.type = 100;
    wf_eth_text(buf, sizeof(buf), &h);
    T_CHECK(strcmp(buf, "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, 802.3, length 100") == 0);
}

static const struct t_case cases[] = {
    {"emit then parse is identity", emit_then_parse_is_identity},
    {"every truncation is refused", every_truncation_is_refused},
    {"every flip is read as it stands", every_flip_is_read_as_it_stands},
    {"text names the type", text_names_the_type},
};
T_MAIN(cases)
