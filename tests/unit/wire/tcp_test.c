/* SPDX-License-Identifier: MIT */
#include "t.h"
#include "exact.h"
#include "wire/wire.h"

static const uint8_t fo[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* SYN or not, which options, and the octets a Linux host writes for them. */
static const struct {
    uint16_t flags;
    struct tcp_opts o;
    uint8_t n, bytes[40];
} layouts[] = {
    {TCP_ACK, {0}, 0, {0}},
    {TCP_SYN,
     {.mss = 1460,
      .wscale = 7,
      .has_wscale = true,
      .has_sack_ok = true,
      .has_ts = true,
      .ts_val = 1,
      .ts_ecr = 2},
     20,
     {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7}},
    {TCP_SYN,
     {.mss = 1460, .wscale = 14, .has_wscale = true, .has_sack_ok = true},
     12,
     {2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 14}},
    {TCP_SYN, {.mss = 536}, 4, {2, 4, 2, 24}},
    {TCP_SYN, {.mss = 536, .has_ts = true}, 16, {2, 4, 2, 24, 1, 1, 8, 10}},
    {TCP_ACK,
     {.has_ts = true, .ts_val = 3, .ts_ecr = 4},
     12,
     {1, 1, 8, 10, 0, 0, 0, 3, 0, 0, 0, 4}},
    {TCP_ACK, {.sack_n = 1, .sack = {{{1}, {2}}}}, 12, {1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2}},
    {TCP_ACK, {.has_ts = true, .sack_n = 3}, 40, {1, 1, 8, 10, [12] = 1, 1, 5, 26}},
    {TCP_ACK, {.sack_n = 4}, 36, {1, 1, 5, 34}},
    {TCP_ACK, {.acc = TCP_ACC_OPTION}, 4, {1, 1, 172, 2}},
    {TCP_ACK, {.acc = TCP_ACC_OPTION | 1, .acc_bytes = {0x010203}}, 8, {1, 1, 1, 172, 5, 1, 2, 3}},
    {TCP_ACK,
     {.acc = TCP_ACC_OPTION | TCP_ACC_ORDER1 | 2, .acc_bytes = {1, 0xfffffe}},
     8,
     {174, 8, 0, 0, 1, 255, 255, 254}},
    {TCP_ACK,
     {.has_ts = true, .acc = TCP_ACC_OPTION | 3, .acc_bytes = {1, 2, 3}},
     24,
     {1, 1, 8, 10, [12] = 1, 172, 11, 0, 0, 1, 0, 0, 2, 0, 0, 3}},
    {TCP_ACK,
     {.has_ts = true, .acc = TCP_ACC_OPTION | 2, .sack_n = 2},
     40,
     {1, 1, 8, 10, [12] = 172, 8, [20] = 1, 1, 5, 18}},
    {TCP_SYN, {.fo_n = TCP_FO_REQUEST}, 4, {1, 1, 34, 2}},
    {TCP_SYN, {.fo_n = 4, .fo = fo}, 8, {1, 1, 34, 6, 1, 2, 3, 4}},
    {TCP_SYN, {.mss = 536, .fo_n = 6, .fo = fo}, 12, {2, 4, 2, 24, 34, 8, 1, 2, 3, 4, 5, 6}},
    {TCP_SYN,
     {.mss = 1460, .has_wscale = true, .has_sack_ok = true, .has_ts = true, .fo_n = 16, .fo = fo},
     40,
     {2, 4, 5, 180, 4, 2, 8, 10, [16] = 1, 3,  3,  0,  1,  1,  34, 18,
      1, 2, 3, 4,   5, 6, 7, 8,  9,        10, 11, 12, 13, 14, 15, 16}},
    {TCP_ACK, {.uto = 300}, 4, {28, 4, 1, 44}},
    {TCP_SYN, {.mss = 536, .uto = TCP_UTO_MINUTES | 5}, 8, {2, 4, 2, 24, 28, 4, 128, 5}},
};

static struct tcp_hdr sample(size_t i)
{
    return (struct tcp_hdr){.sport = 40000,
                            .dport = 80,
                            .seq = {0xfffffffe},
                            .ack = {7},
                            .flags = layouts[i].flags,
                            .wnd = 65535,
                            .urg = 9,
                            .csum = 0xabcd,
                            .opt = layouts[i].o};
}

static bool same_opts(const struct tcp_opts *a, const struct tcp_opts *b)
{
    if (a->mss != b->mss || a->wscale != b->wscale || a->has_wscale != b->has_wscale ||
        a->has_sack_ok != b->has_sack_ok || a->has_ts != b->has_ts || a->ts_val != b->ts_val ||
        a->ts_ecr != b->ts_ecr || a->sack_n != b->sack_n || a->acc != b->acc ||
        a->fo_n != b->fo_n || a->uto != b->uto)
        return false;
    if (a->fo_n > TCP_FO_REQUEST && memcmp(a->fo, b->fo, a->fo_n) != 0)
        return false;
    for (uint32_t i = 0; i < (a->acc & TCP_ACC_FIELDS); i++)
        if (a->acc_bytes[i] != b->acc_bytes[i])
            return false;
    for (int i = 0; i < a->sack_n; i++)
        if (!wf_seq_eq(a->sack[i].from, b->sack[i].from) ||
            !wf_seq_eq(a->sack[i].to, b->sack[i].to))
            return false;
    return true;
}

/* proves: TCP-UTO-01 */
static void emit_lays_options_out_and_parse_reads_them(void)
{
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        uint8_t b[60];
        struct tcp_hdr h = sample(i), got;
        uint32_t n = wf_tcp_emit(b, &h);
        T_EQ(n, 20u + layouts[i].n);
        T_EQ(wf_tcp_opts_bytes(&h.opt), layouts[i].n);
        T_CHECK(memcmp(b + 20, layouts[i].bytes, layouts[i].n) == 0);
        T_EQ(wf_tcp_parse(&got, b, n), TCP_HDR_OK);
        T_CHECK(got.sport == 40000 && got.dport == 80 && got.seq.v == 0xfffffffe);
        T_CHECK(got.ack.v == 7 && got.wnd == 65535 && got.urg == 9 && got.csum == 0xabcd);
        T_EQ(got.flags, h.flags);
        T_EQ(got.hdr_bytes, n);
        T_CHECK(same_opts(&got.opt, &h.opt));
    }
}

static void sack_blocks_that_do_not_fit_are_left_off(void)
{
    struct tcp_hdr h = {.opt = {.has_ts = true, .sack_n = 4}};
    uint8_t b[60];
    T_EQ(wf_tcp_emit(b, &h), 60);
    T_EQ(b[35], 2 + 3 * 8);
    h.opt.mss = 1460;
    h.opt.has_wscale = true;
    T_EQ(wf_tcp_emit(b, &h), 60);
    T_EQ(b[43], 2 + 2 * 8);
}

/* proves: TCP-ACE-18 */
static void acc_options_of_any_length_are_read_as_far_as_fields_go(void)
{
    static const uint8_t fields[] = {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3};
    for (uint8_t len = 2; len <= 14; len++) {
        uint8_t b[60] = {0};
        struct tcp_hdr h = {.flags = TCP_ACK}, got;
        (void)wf_tcp_emit(b, &h);
        b[12] = 9 << 4;
        b[20] = len % 2 == 0 ? 172 : 174;
        b[21] = len;
        for (uint8_t i = 2; i < len; i++)
            b[20 + i] = i;
        T_EQ(wf_tcp_parse(&got, b, sizeof(b)), TCP_HDR_OK);
        T_EQ(got.opt.acc & TCP_ACC_FIELDS, fields[len - 2]);
        T_EQ(got.opt.acc & TCP_ACC_ORDER1, len % 2 == 0 ? 0 : TCP_ACC_ORDER1);
        if (len >= 8)
            T_CHECK(got.opt.acc_bytes[0] == 0x020304 && got.opt.acc_bytes[1] == 0x050607);
    }
}

/* proves: BAD-TCPH-03 */
static void every_truncation_is_refused(void)
{
    uint8_t b[60];
    struct tcp_hdr h = sample(1);
    uint32_t len = wf_tcp_emit(b, &h);
    for (size_t n = 0; n < len; n++) {
        struct tcp_hdr got;
        uint8_t *p = exact(b, n);
        memset(&got, 0xa5, sizeof(got));
        T_EQ(wf_tcp_parse(&got, p, n), n < 20 ? TCP_TRUNCATED : TCP_BAD_OFFSET);
        T_CHECK(is_untouched(&got, sizeof(got)));
        free(p);
    }
}

/* Data of zeros behind the header reads as end-of-list when the offset grows over it. */
/* proves: TCP-EV-57 BAD-TCPH-01 BAD-TCPH-02 */
static void every_flip_has_its_outcome(void)
{
    uint8_t b[32] = {0}, again[60];
    struct tcp_hdr h = sample(0);
    wf_tcp_emit(b, &h);
    for (size_t bit = 0; bit < 160; bit++) {
        struct tcp_hdr got;
        uint8_t *p = exact_flipped(b, sizeof(b), bit);
        size_t off = (p[12] >> 4) * 4u;
        enum wf_tcp_err err = wf_tcp_parse(&got, p, sizeof(b));
        T_EQ(err, off < 20 || off > sizeof(b) ? TCP_BAD_OFFSET : TCP_HDR_OK);
        if (err == TCP_HDR_OK) {
            wf_tcp_emit(again, &got);
            again[12] |= p[12] & 0x0e; /* Reserved bits are dropped, as is what was no option. */
            again[12] = (uint8_t)((again[12] & 0x0f) | (p[12] & 0xf0));
            T_CHECK(memcmp(again, p, 20) == 0);
        }
        free(p);
    }
}

/* Octets of odd options and what becomes of them. */
static const struct {
    const char *what;
    uint16_t flags;
    uint8_t n, bytes[40];
    enum wf_tcp_err err;
    struct tcp_opts want;
} oddities[] = {
    {"only NOPs", TCP_ACK, 4, {1, 1, 1, 1}, TCP_HDR_OK, {0}},
    {"end of list hides the rest", TCP_SYN, 8, {0, 2, 4, 5, 180, 9, 0, 0}, TCP_HDR_OK, {0}},
    {"unknown is skipped", TCP_SYN, 8, {99, 4, 0, 0, 2, 4, 5, 180}, TCP_HDR_OK, {.mss = 1460}},
    {"length 0", TCP_SYN, 4, {99, 0, 0, 0}, TCP_BAD_OPTION, {0}},
    {"length 1", TCP_SYN, 4, {2, 1, 0, 0}, TCP_BAD_OPTION, {0}},
    {"length beyond the header", TCP_SYN, 4, {2, 5, 5, 180}, TCP_BAD_OPTION, {0}},
    {"no length octet", TCP_SYN, 4, {1, 1, 1, 2}, TCP_BAD_OPTION, {0}},
    {"length 255", TCP_ACK, 4, {8, 255, 0, 0}, TCP_BAD_OPTION, {0}},
    {"bad one after a good one", TCP_SYN, 8, {2, 4, 5, 180, 1, 1, 3, 0}, TCP_BAD_OPTION, {0}},
    {"MSS of length 3", TCP_SYN, 4, {2, 3, 5, 1}, TCP_HDR_OK, {0}},
    {"MSS of length 6", TCP_SYN, 8, {2, 6, 5, 180, 0, 0, 1, 1}, TCP_HDR_OK, {0}},
    {"MSS outside SYN", TCP_ACK, 4, {2, 4, 5, 180}, TCP_HDR_OK, {0}},
    {"MSS 0 is as none", TCP_SYN, 4, {2, 4, 0, 0}, TCP_HDR_OK, {0}},
    {"window scale of length 2", TCP_SYN, 4, {3, 2, 1, 1}, TCP_HDR_OK, {0}},
    {"window scale above 14",
     TCP_SYN,
     4,
     {3, 3, 15, 1},
     TCP_HDR_OK,
     {.has_wscale = true, .wscale = 14}},
    {"window scale 255",
     TCP_SYN,
     4,
     {3, 3, 255, 0},
     TCP_HDR_OK,
     {.has_wscale = true, .wscale = 14}},
    {"window scale outside SYN", TCP_ACK, 4, {3, 3, 7, 1}, TCP_HDR_OK, {0}},
    {"SACK-permitted of length 3", TCP_SYN, 4, {4, 3, 0, 1}, TCP_HDR_OK, {0}},
    {"SACK-permitted outside SYN", TCP_ACK, 4, {4, 2, 1, 1}, TCP_HDR_OK, {0}},
    {"timestamps of length 9", TCP_ACK, 12, {1, 1, 8, 9, 0, 0, 0, 1, 0, 0, 0, 1}, TCP_HDR_OK, {0}},
    {"timestamps at the end",
     TCP_ACK,
     12,
     {8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1},
     TCP_HDR_OK,
     {.has_ts = true, .ts_val = 1, .ts_ecr = 2}},
    {"timestamps and more",
     TCP_ACK,
     16,
     {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1, 1, 1},
     TCP_HDR_OK,
     {.has_ts = true, .ts_val = 1, .ts_ecr = 2}},
    {"the last of two counts", TCP_SYN, 8, {2, 4, 5, 180, 2, 4, 2, 24}, TCP_HDR_OK, {.mss = 536}},
    {"SACK without a block", TCP_ACK, 4, {5, 2, 1, 1}, TCP_HDR_OK, {0}},
    {"SACK of half a block", TCP_ACK, 8, {5, 6, 0, 0, 0, 1, 1, 1}, TCP_HDR_OK, {0}},
    {"user timeout of length 3", TCP_ACK, 4, {28, 3, 1, 1}, TCP_HDR_OK, {0}},
    {"user timeout of 0 s", TCP_ACK, 4, {28, 4, 0, 0}, TCP_HDR_OK, {0}},
    {"user timeout of 0 min", TCP_ACK, 4, {28, 4, 128, 0}, TCP_HDR_OK, {0}},
    {"user timeout", TCP_ACK, 4, {28, 4, 255, 255}, TCP_HDR_OK, {.uto = 0xffff}},
    {"SACK of one block",
     TCP_ACK,
     12,
     {5, 10, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0},
     TCP_HDR_OK,
     {.sack_n = 1, .sack = {{{3}, {4}}}}},
};

static void odd_options(void)
{
    for (size_t i = 0; i < sizeof(oddities) / sizeof(oddities[0]); i++) {
        uint8_t b[60];
        struct tcp_hdr h = {.flags = oddities[i].flags}, got;
        wf_tcp_emit(b, &h);
        b[12] = (uint8_t)((20 + oddities[i].n) / 4 << 4);
        memcpy(b + 20, oddities[i].bytes, oddities[i].n);
        uint8_t *p = exact(b, 20u + oddities[i].n);
        memset(&got, 0xa5, sizeof(got));
        enum wf_tcp_err err = wf_tcp_parse(&got, p, 20u + oddities[i].n);
        bool ok =
            err == oddities[i].err && (err == TCP_HDR_OK ? same_opts(&got.opt, &oddities[i].want)
                                                         : is_untouched(&got, sizeof(got)));
        if (!ok)
            printf("# oddity: %s\n", oddities[i].what);
        T_CHECK(ok);
        free(p);
    }
}

static void text_reads_like_tcpdump(void)
{
    char buf[256];
    struct tcp_hdr h = sample(1);
    uint32_t n = wf_tcp_text(buf, sizeof(buf), &h);
    T_EQ(n, strlen(buf));
    T_CHECK(strcmp(buf, "40000 > 80: Flags [S], seq 4294967294, win 65535, options "
                        "[mss 1460,sackOK,TS val 1 ecr 2,wscale 7]") == 0);
    h = sample(6);
    h.flags = TCP_ACK | TCP_PSH | TCP_URG | TCP_ECE | TCP_CWR | TCP_AE;
    wf_tcp_text(buf, sizeof(buf), &h);
    T_CHECK(strcmp(buf, "40000 > 80: Flags [P.UEWe], ack 7, win 65535, urg 9, options "
                        "[sack 1 {1:2}]") == 0);
    h = (struct tcp_hdr){.sport = 1, .dport = 2, .opt = {.uto = TCP_UTO_MINUTES | 5}};
    wf_tcp_text(buf, sizeof(buf), &h);
    T_CHECK(strcmp(buf, "1 > 2: Flags [none], win 0, options [uto 5m]") == 0);
    h = (struct tcp_hdr){.sport = 1, .dport = 2};
    wf_tcp_text(buf, sizeof(buf), &h);
    T_CHECK(strcmp(buf, "1 > 2: Flags [none], win 0") == 0);
}

static const struct t_case cases[] = {
    {"emit lays options out and parse reads them", emit_lays_options_out_and_parse_reads_them},
    {"SACK blocks that do not fit are left off", sack_blocks_that_do_not_fit_are_left_off},
    {"acc options of any length are read as far as fields go",
     acc_options_of_any_length_are_read_as_far_as_fields_go},
    {"every truncation is refused", every_truncation_is_refused},
    {"every flip has its outcome", every_flip_has_its_outcome},
    {"odd options", odd_options},
    {"text reads like tcpdump", text_reads_like_tcpdump},
};
T_MAIN(cases)
