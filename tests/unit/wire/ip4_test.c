/* SPDX-License-Identifier: MIT */
#include "base/base.h"
#include "exact.h"
#include "t.h"
#include "wire/wire.h"

#define DATA_BYTES 12

static const uint8_t router_alert[4] = {148, 4, 0, 0};

static struct ip4_hdr sample(uint8_t opts_bytes)
{
    return (struct ip4_hdr){
        .tos = 0x12,
        .ttl = 64,
        .proto = IP_PROTO_UDP,
        .total_bytes = (uint16_t)(IP4_HDR_BYTES + opts_bytes + DATA_BYTES),
        .id = 0x4321,
        .frag_off_bytes = 1480,
        .mf = true,
        .src = {{10, 0, 0, 1}},
        .dst = {{192, 168, 255, 2}},
        .opts = router_alert,
        .opts_bytes = opts_bytes,
    };
}

/* The whole datagram at @b; its length. */
static size_t make(uint8_t *b, uint8_t opts_bytes)
{
    struct ip4_hdr h = sample(opts_bytes);
    uint32_t n = wf_ip4_emit(b, &h);
    memset(b + n, 0x55, DATA_BYTES);
    return n + DATA_BYTES;
}

static void emit_then_parse_is_identity(void)
{
    for (uint8_t opts_bytes = 0; opts_bytes <= 4; opts_bytes = (uint8_t)(opts_bytes + 4)) {
        uint8_t b[64];
        size_t n = make(b, opts_bytes);
        struct ip4_hdr want = sample(opts_bytes), got;
        T_EQ(wf_ip4_parse(&got, b, n, true), IP4_OK);
        T_EQ(got.hdr_bytes, IP4_HDR_BYTES + opts_bytes);
        T_EQ(got.tos, want.tos);
        T_EQ(got.ttl, want.ttl);
        T_EQ(got.proto, want.proto);
        T_EQ(got.total_bytes, n);
        T_EQ(got.id, want.id);
        T_EQ(got.frag_off_bytes, want.frag_off_bytes);
        T_CHECK(got.mf && !got.df && !got.is_reserved_bit);
        T_CHECK(memcmp(&got.src, &want.src, 4) == 0 && memcmp(&got.dst, &want.dst, 4) == 0);
        T_EQ(got.opts_bytes, opts_bytes);
        T_CHECK(memcmp(got.opts, router_alert, opts_bytes) == 0);
        T_EQ(wf_csum_scalar(b, got.hdr_bytes), 0xffff);
    }
}

static void options_are_padded_with_end_of_list(void)
{
    static const uint8_t opts[3] = {1, 1, 1};
    struct ip4_hdr h = sample(0), got;
    uint8_t b[24];
    h.opts = opts;
    h.opts_bytes = 3;
    h.total_bytes = 24;
    T_EQ(wf_ip4_emit(b, &h), 24);
    T_EQ(b[23], 0);
    T_EQ(wf_ip4_parse(&got, b, sizeof(b), true), IP4_OK);
    T_EQ(got.opts_bytes, 4);
}

static void every_truncation_is_refused(void)
{
    uint8_t b[64];
    size_t len = make(b, 4);
    for (size_t n = 0; n < len; n++) {
        struct ip4_hdr got;
        uint8_t *p = exact(b, n);
        memset(&got, 0xa5, sizeof(got));
        T_EQ(wf_ip4_parse(&got, p, n, true), n < 24 ? IP4_TRUNCATED : IP4_BAD_LEN);
        T_CHECK(is_untouched(&got, sizeof(got)));
        T_EQ(wf_ip4_parse_quoted(&got, p, n), n < 24 ? IP4_TRUNCATED : IP4_OK);
        free(p);
    }
}

static enum wf_ip4_err expected(const uint8_t *p, size_t len, bool check_csum)
{
    size_t hdr = (p[0] & 15u) * 4, total = (size_t)p[2] << 8 | p[3];
    if (p[0] >> 4 != 4)
        return IP4_BAD_VERSION;
    if (hdr < 20)
        return IP4_BAD_IHL;
    if (hdr > len)
        return IP4_TRUNCATED;
    if (total < hdr || total > len)
        return IP4_BAD_LEN;
    return check_csum ? IP4_BAD_CSUM : IP4_OK;
}

/* With the checksum checked no flip passes; without, what is read is what stands there. */
static void every_flip_has_its_outcome(void)
{
    uint8_t b[64], again[64];
    size_t len = make(b, 0);
    for (size_t bit = 0; bit < 8 * (size_t)IP4_HDR_BYTES; bit++) {
        struct ip4_hdr got;
        uint8_t *p = exact_flipped(b, len, bit);
        T_EQ(wf_ip4_parse(&got, p, len, true), expected(p, len, true));
        enum wf_ip4_err err = wf_ip4_parse(&got, p, len, false);
        T_EQ(err, expected(p, len, false));
        if (err == IP4_OK) {
            T_EQ(wf_ip4_emit(again, &got), got.hdr_bytes);
            T_CHECK(memcmp(again, p, 10) == 0);
            T_CHECK(memcmp(again + 12, p + 12, got.hdr_bytes - 12u) == 0);
        }
        free(p);
    }
}

static void changed_length_and_id_keep_the_checksum_right(void)
{
    for (int i = 0; i < 20000; i++) {
        uint8_t b[20], want[20];
        struct ip4_hdr h = sample(0);
        uint64_t r = t_random();
        h.tos = (uint8_t)r;
        h.id = (uint16_t)(r >> 8);
        h.total_bytes = (uint16_t)(r >> 24);
        wf_ip4_emit(b, &h);
        h.id = (uint16_t)(r >> 40);
        h.total_bytes = i % 2 != 0 ? 0 : (uint16_t)t_random();
        wf_ip4_emit_len(b, h.total_bytes, h.id);
        wf_ip4_emit(want, &h);
        T_CHECK(memcmp(b, want, sizeof(b)) == 0);
    }
}

static void pseudo_sum_is_the_sum_of_the_pseudo_header(void)
{
    struct wf_ip4 src = {{255, 255, 255, 255}}, dst = {{192, 168, 3, 4}};
    static const uint8_t pseudo[12] = {255, 255, 255, 255, 192, 168, 3, 4, 0, 6, 0xff, 0xfe};
    T_EQ(wf_ip4_pseudo_sum(src, dst, IP_PROTO_TCP, 0xfffe), wf_csum_scalar(pseudo, 12));
}

/* What a walk over options finds: types of good ones, then the end or the offset of a bad octet. */
static const struct {
    uint8_t n, opts[12];
    const char *types;
    uint8_t bad_pos;
} walks[] = {
    {0, {0}, "", 0},
    {4, {1, 1, 1, 1}, "", 0},
    {4, {0, 7, 1, 0}, "", 0},
    {4, {148, 4, 0, 0}, "\x94", 0},
    {8, {7, 3, 4, 1, 148, 4, 0, 0}, "\x07\x94", 0},
    {4, {130, 2, 130, 2}, "\x82\x82", 0},
    {4, {1, 1, 1, 7}, "", 23}, /* No length octet: the type is what is wrong. */
    {4, {1, 7, 0, 0}, "", 22}, /* Length 0. */
    {4, {7, 1, 0, 0}, "", 21}, /* Length 1. */
    {4, {7, 5, 4, 0}, "", 21}, /* Length beyond the header. */
    {8, {148, 4, 0, 0, 7, 255, 4, 0}, "\x94", 25},
};

static void option_walks(void)
{
    for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
        uint8_t *p = exact(walks[i].opts, walks[i].n);
        struct ip4_hdr h = {.opts = p, .opts_bytes = walks[i].n};
        struct ip4_opts_it it = wf_ip4_opts_begin(&h);
        struct ip4_opt o;
        const char *want = walks[i].types;
        enum ip4_opt_step step;
        while ((step = wf_ip4_opts_next(&it, &o)) == OPT_NEXT) {
            T_EQ(o.type, (uint8_t)*want++);
            T_EQ(p[o.pos - 20], o.type);
            T_CHECK(o.data == p + o.pos - 20 + 2);
        }
        T_EQ(*want, 0);
        T_EQ(step, walks[i].bad_pos != 0 ? OPT_BAD : OPT_END);
        T_EQ(it.bad_pos, walks[i].bad_pos);
        T_EQ(wf_ip4_opts_next(&it, &o), OPT_END);
        free(p);
    }
}

static void text_tells_all_fields(void)
{
    char buf[160];
    struct ip4_hdr h = sample(4);
    uint32_t n = wf_ip4_text(buf, sizeof(buf), &h);
    T_EQ(n, strlen(buf));
    T_CHECK(strcmp(buf, "IP 10.0.0.1 > 192.168.255.2: tos 0x12, ttl 64, id 17185, offset 1480, "
                        "flags [+], proto udp (17), length 36, options [148]") == 0);
}

static const struct t_case cases[] = {
    {"emit then parse is identity", emit_then_parse_is_identity},
    {"options are padded with end of list", options_are_padded_with_end_of_list},
    {"every truncation is refused", every_truncation_is_refused},
    {"every flip has its outcome", every_flip_has_its_outcome},
    {"changed length and id keep the checksum right",
     changed_length_and_id_keep_the_checksum_right},
    {"pseudo sum is the sum of the pseudo header", pseudo_sum_is_the_sum_of_the_pseudo_header},
    {"option walks", option_walks},
    {"text tells all fields", text_tells_all_fields},
};
T_MAIN(cases)
