/* SPDX-License-Identifier: MIT */
#include "exact.h"
#include "t.h"
#include "wire/wire.h"

static void echo_keeps_id_and_sequence(void)
{
    struct icmp4_hdr h = {.type = ICMP4_ECHO_REQUEST, .id = 0x1234, .seq = 0x5678}, got;
    static const uint8_t want[8] = {8, 0, 0, 0, 0x12, 0x34, 0x56, 0x78};
    uint8_t b[ICMP4_HDR_BYTES];
    wf_icmp4_emit(b, &h);
    T_CHECK(memcmp(b, want, sizeof(b)) == 0);
    T_EQ(wf_icmp4_parse(&got, b, sizeof(b)), ICMP4_OK);
    T_EQ(got.id, 0x1234);
    T_EQ(got.seq, 0x5678);
    T_EQ(got.unused, 0);
}

static void errors_keep_their_word(void)
{
    struct icmp4_hdr h = {.type = ICMP4_UNREACHABLE, .code = ICMP4_FRAG_NEEDED, .mtu = 1400}, got;
    uint8_t b[ICMP4_HDR_BYTES];
    wf_icmp4_emit(b, &h);
    T_EQ(wf_icmp4_parse(&got, b, sizeof(b)), ICMP4_OK);
    T_EQ(got.mtu, 1400);
    T_EQ(got.code, ICMP4_FRAG_NEEDED);

    h = (struct icmp4_hdr){.type = ICMP4_REDIRECT, .gateway = {{10, 1, 2, 3}}};
    wf_icmp4_emit(b, &h);
    T_EQ(wf_icmp4_parse(&got, b, sizeof(b)), ICMP4_OK);
    T_CHECK(memcmp(&got.gateway, &h.gateway, 4) == 0);

    h = (struct icmp4_hdr){.type = ICMP4_PARAMETER_PROBLEM, .pointer = 20};
    wf_icmp4_emit(b, &h);
    T_EQ(wf_icmp4_parse(&got, b, sizeof(b)), ICMP4_OK);
    T_EQ(got.pointer, 20);

    h = (struct icmp4_hdr){.type = ICMP4_TIME_EXCEEDED, .unused = 0xdeadbeef};
    wf_icmp4_emit(b, &h);
    T_EQ(wf_icmp4_parse(&got, b, sizeof(b)), ICMP4_OK);
    T_EQ(got.unused, 0xdeadbeef);
}

/* Whatever the type, reading and writing again loses only what the type does not have. */
static void every_type_and_code_survives(void)
{
    for (uint32_t v = 0; v <= 0xffff; v++) {
        uint8_t b[8] = {(uint8_t)(v >> 8), (uint8_t)v, 0, 0, 1, 2, 3, 4}, once[8], twice[8];
        struct icmp4_hdr h, again;
        T_EQ(wf_icmp4_parse(&h, b, sizeof(b)), ICMP4_OK);
        wf_icmp4_emit(once, &h);
        T_EQ(wf_icmp4_parse(&again, once, sizeof(once)), ICMP4_OK);
        wf_icmp4_emit(twice, &again);
        T_CHECK(once[0] == b[0] && once[1] == b[1]);
        T_CHECK(memcmp(once, twice, sizeof(once)) == 0);
    }
}

static void every_truncation_is_refused(void)
{
    static const uint8_t b[8] = {8, 0, 0, 0, 1, 2, 3, 4};
    for (size_t n = 0; n < sizeof(b); n++) {
        struct icmp4_hdr got;
        uint8_t *p = exact(b, n);
        memset(&got, 0xa5, sizeof(got));
        T_EQ(wf_icmp4_parse(&got, p, n), ICMP4_TRUNCATED);
        T_CHECK(is_untouched(&got, sizeof(got)));
        free(p);
    }
}

static void text_reads_like_tcpdump(void)
{
    static const struct {
        struct icmp4_hdr h;
        const char *want;
    } rows[] = {
        {{.type = 8, .id = 1, .seq = 2}, "ICMP echo request, id 1, seq 2"},
        {{.type = 0, .id = 1, .seq = 2}, "ICMP echo reply, id 1, seq 2"},
        {{.type = 3, .code = 3}, "ICMP port unreachable"},
        {{.type = 3, .code = 4, .mtu = 576}, "ICMP unreachable - need to frag (mtu 576)"},
        {{.type = 3, .code = 99}, "ICMP unreachable - code 99"},
        {{.type = 4}, "ICMP source quench"},
        {{.type = 5, .code = 1, .gateway = {{10, 0, 0, 9}}}, "ICMP redirect host to 10.0.0.9"},
        {{.type = 11}, "ICMP time exceeded in-transit"},
        {{.type = 11, .code = 1}, "ICMP ip reassembly time exceeded"},
        {{.type = 12, .pointer = 21}, "ICMP parameter problem - octet 21"},
        {{.type = 13, .id = 3, .seq = 4}, "ICMP time stamp query, id 3, seq 4"},
        {{.type = 15, .id = 3, .seq = 4}, "ICMP information request, id 3, seq 4"},
        {{.type = 16, .id = 3, .seq = 4}, "ICMP information reply, id 3, seq 4"},
        {{.type = 17, .id = 3, .seq = 4}, "ICMP address mask request, id 3, seq 4"},
        {{.type = 18, .id = 3, .seq = 4}, "ICMP address mask reply, id 3, seq 4"},
        {{.type = 10}, "ICMP router solicitation"},
        {{.type = 9, .entries = 2, .lifetime_s = 1800},
         "ICMP router advertisement lifetime 1800 2 addresses"},
        {{.type = 200, .code = 7}, "ICMP type 200 code 7"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char buf[96];
        T_EQ(wf_icmp4_text(buf, sizeof(buf), &rows[i].h), strlen(rows[i].want));
        T_CHECK(strcmp(buf, rows[i].want) == 0);
    }
}

static void times_keep_their_place(void)
{
    struct icmp4_times t = {0x01020304, 0x05060708, 0x090a0b0c}, got;
    uint8_t b[ICMP4_TIMESTAMP_BYTES] = {13};
    wf_icmp4_emit_times(b, &t);
    T_CHECK(b[8] == 1 && b[12] == 5 && b[19] == 12);
    for (size_t n = 0; n <= sizeof(b); n++) {
        uint8_t *p = exact(b, n);
        T_EQ(wf_icmp4_parse_times(&got, p, n), n == sizeof(b));
        free(p);
    }
    T_CHECK(memcmp(&got, &t, sizeof(t)) == 0);
}

static void routers_are_read_as_far_as_they_go(void)
{
    uint8_t b[ICMP4_HDR_BYTES + 24] = {0};
    for (uint32_t words = 0; words < 256; words++)
        for (size_t n = ICMP4_HDR_BYTES; n <= sizeof(b); n++) {
            struct icmp4_hdr h = {.type = 9, .entries = 3, .entry_words = (uint8_t)words};
            struct icmp4_router r;
            uint8_t *p = exact(b, n);
            for (uint32_t i = 0; i < 5; i++) {
                bool is_there = i < 3 && words >= 2 && n >= ICMP4_HDR_BYTES + 4 * words * i + 8;
                T_EQ(wf_icmp4_parse_router(&r, &h, p, n, i), is_there);
            }
            free(p);
        }
    struct icmp4_hdr h = {.type = 9, .entries = 3, .entry_words = 2, .lifetime_s = 1800}, again;
    struct icmp4_router r = {.addr = {{10, 0, 0, 1}}, .preference = 0xfffffffe}, got;
    wf_icmp4_emit(b, &h);
    wf_icmp4_emit_router(b, 2, &r);
    T_EQ(wf_icmp4_parse(&again, b, sizeof(b)), ICMP4_OK);
    T_CHECK(again.entries == 3 && again.entry_words == 2 && again.lifetime_s == 1800);
    T_CHECK(wf_icmp4_parse_router(&got, &again, b, sizeof(b), 2));
    T_CHECK(memcmp(got.addr.b, r.addr.b, 4) == 0 && got.preference == r.preference);
}

static const struct t_case cases[] = {
    {"echo keeps id and sequence", echo_keeps_id_and_sequence},
    {"errors keep their word", errors_keep_their_word},
    {"every type and code survives", every_type_and_code_survives},
    {"every truncation is refused", every_truncation_is_refused},
    {"times keep their place", times_keep_their_place},
    {"routers are read as far as they go", routers_are_read_as_far_as_they_go},
    {"text reads like tcpdump", text_reads_like_tcpdump},
};
T_MAIN(cases)
