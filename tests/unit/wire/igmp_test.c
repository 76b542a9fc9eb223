/* SPDX-License-Identifier: MIT */
/** DOC: IGMP messages */
#include "exact.h"
#include "t.h"
#include "wire/wire.h"

#define GROUP 0xe0010101u

static size_t sum_up(uint8_t *p, size_t n)
{
    p[2] = p[3] = 0;
    uint16_t sum = (uint16_t)~wf_csum_scalar(p, n);
    p[2] = (uint8_t)(sum >> 8);
    p[3] = (uint8_t)sum;
    return n;
}

/* A query of version 3 with two sources; its length. */
static size_t query3(uint8_t *p)
{
    struct igmp_msg q = {
        .code = 0x8a, .group = GROUP, .is_suppress = true, .qrv = 2, .qqic = 0x8b, .sources_n = 2};
    wf_igmp_emit_query3(p, &q);
    memset(p + 12, 10, 8);
    return sum_up(p, 20);
}

/* A report with two records: TO_EX of nothing, ALLOW of one with auxiliary data; its length. */
static size_t report3(uint8_t *p)
{
    wf_igmp_emit_report3(p, 2);
    wf_igmp_emit_rec(p + 8, IGMP_TO_EX, 0, GROUP);
    wf_igmp_emit_rec(p + 16, IGMP_ALLOW, 1, GROUP + 1);
    p[17] = 1;
    memset(p + 24, 10, 4);
    memset(p + 28, 0xa5, 4);
    return sum_up(p, 32);
}

static void emit_then_parse_is_identity(void)
{
    static const uint8_t types[] = {IGMP_REPORT1, IGMP_REPORT2, IGMP_LEAVE};
    uint8_t b[IGMP_HDR_BYTES];
    struct igmp_msg m;
    for (size_t i = 0; i < sizeof(types); i++) {
        wf_igmp_emit(b, types[i], 0, GROUP);
        T_EQ(wf_igmp_parse(&m, b, sizeof(b)), IGMP_OK);
        T_EQ(m.type, types[i]);
        T_EQ(m.group, GROUP);
    }
    wf_igmp_emit(b, IGMP_QUERY, 0, 0);
    T_EQ(wf_igmp_parse(&m, b, sizeof(b)), IGMP_OK);
    T_EQ(m.version, 1);
    wf_igmp_emit(b, IGMP_QUERY, 100, GROUP);
    T_EQ(wf_igmp_parse(&m, b, sizeof(b)), IGMP_OK);
    T_EQ(m.version, 2);
    T_EQ(m.code, 100);
}

static void version_3_is_read(void)
{
    uint8_t b[32];
    struct igmp_msg m;
    struct igmp_rec r;
    T_EQ(wf_igmp_parse(&m, b, query3(b)), IGMP_OK);
    T_EQ(m.version, 3);
    T_CHECK(m.is_suppress);
    T_EQ(m.qrv, 2);
    T_EQ(m.qqic, 0x8b);
    T_EQ(m.sources_n, 2);
    T_CHECK(m.sources == b + 12);
    T_EQ(wf_igmp_parse(&m, b, report3(b)), IGMP_OK);
    T_CHECK(wf_igmp_rec_next(&m, &r));
    T_EQ(r.type, IGMP_TO_EX);
    T_EQ(r.sources_n, 0);
    T_CHECK(wf_igmp_rec_next(&m, &r));
    T_EQ(r.type, IGMP_ALLOW);
    T_EQ(r.group, GROUP + 1);
    T_CHECK(r.sources == b + 24);
    T_CHECK(!wf_igmp_rec_next(&m, &r));
}

/* What is cut short is refused, whatever its checksum says. */
/* proves: BAD-IGMP-03 BAD-IGMP-10 */
static void every_truncation_is_refused(void)
{
    uint8_t b[32];
    for (int which = 0; which < 2; which++) {
        size_t whole = which == 0 ? query3(b) : report3(b);
        for (size_t n = 0; n < whole; n++) {
            struct igmp_msg got;
            uint8_t *p = exact(b, n);
            if (n >= IGMP_HDR_BYTES)
                sum_up(p, n);
            memset(&got, 0xa5, sizeof(got));
            enum wf_igmp_err err = wf_igmp_parse(&got, p, n);
            T_EQ(err, n < IGMP_HDR_BYTES     ? IGMP_TRUNCATED
                      : which == 0 && n == 8 ? IGMP_OK /* A query of version 2. */
                                             : IGMP_BAD_LEN);
            T_CHECK(err == IGMP_OK || is_untouched(&got, sizeof(got)));
            free(p);
        }
    }
}

static void every_flip_breaks_the_checksum(void)
{
    uint8_t b[32];
    size_t n = report3(b);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        struct igmp_msg got;
        uint8_t *p = exact_flipped(b, n, bit);
        T_EQ(wf_igmp_parse(&got, p, n), IGMP_BAD_CSUM);
        free(p);
    }
}

static void what_is_no_group_is_refused(void)
{
    uint8_t b[20];
    struct igmp_msg m;
    wf_igmp_emit(b, IGMP_QUERY, 100, 0x0a000001);
    T_EQ(wf_igmp_parse(&m, b, 8), IGMP_BAD_GROUP);
    wf_igmp_emit(b, IGMP_REPORT2, 0, 0);
    T_EQ(wf_igmp_parse(&m, b, 8), IGMP_BAD_GROUP);
    wf_igmp_emit(b, 0x99, 0, GROUP);
    T_EQ(wf_igmp_parse(&m, b, 8), IGMP_BAD_TYPE);
    (void)query3(b); /* Sources of no group. */
    memset(b + 4, 0, 4);
    T_EQ(wf_igmp_parse(&m, b, sum_up(b, 20)), IGMP_BAD_GROUP);
}

/* proves: IGMP3-05 */
static void codes_are_floating_point_from_128_on(void)
{
    T_EQ(wf_igmp_decode(127), 127);
    T_EQ(wf_igmp_decode(128), 128);
    T_EQ(wf_igmp_decode(0x8a), 26 << 3);
    T_EQ(wf_igmp_decode(255), 31744);
    for (uint32_t code = 0; code < 256; code++)
        T_EQ(wf_igmp_encode(wf_igmp_decode((uint8_t)code)), code);
    T_EQ(wf_igmp_encode(1000000), 255);
    T_EQ(wf_igmp_encode(135), 128);
}

static void text_says_what_it_is(void)
{
    char line[160];
    uint8_t b[32];
    struct igmp_msg m;
    T_EQ(wf_igmp_parse(&m, b, query3(b)), IGMP_OK);
    (void)wf_igmp_text(line, sizeof(line), &m);
    T_CHECK(
        strcmp(
            line,
            "IGMPv3, query 224.1.1.1 {10.10.10.10 10.10.10.10}, max resp 208, qrv 2, qqi 216, S") ==
        0);
    T_EQ(wf_igmp_parse(&m, b, report3(b)), IGMP_OK);
    (void)wf_igmp_text(line, sizeof(line), &m);
    T_CHECK(
        strcmp(line,
               "IGMPv3, report, records 2 [224.1.1.1 to_ex {}] [224.1.1.2 allow {10.10.10.10}]") ==
        0);
    wf_igmp_emit(b, IGMP_LEAVE, 0, GROUP);
    T_EQ(wf_igmp_parse(&m, b, 8), IGMP_OK);
    (void)wf_igmp_text(line, sizeof(line), &m);
    T_CHECK(strcmp(line, "IGMPv2, leave 224.1.1.1") == 0);
}

/* 512 characters are promised to suffice for a line, whatever a frame holds (weft/trace.h). */
static void long_messages_have_short_lines(void)
{
    enum { SOURCES = 366 };
    static uint8_t b[12 + 4 * SOURCES];
    char line[512];
    struct igmp_msg m, q = {.group = GROUP, .qrv = 2, .sources_n = SOURCES};
    wf_igmp_emit_query3(b, &q);
    memset(b + 12, 255, sizeof(b) - 12);
    T_EQ(wf_igmp_parse(&m, b, sum_up(b, sizeof(b))), IGMP_OK);
    T_CHECK(wf_igmp_text(line, sizeof(line), &m) < 400);
    T_CHECK(strstr(line, "255.255.255.255 ...}, max resp") != NULL);
    wf_igmp_emit_report3(b, 100);
    for (uint32_t i = 0; i < 100; i++)
        wf_igmp_emit_rec(b + 8 + (size_t)8 * i, IGMP_TO_EX, 0, GROUP + i);
    T_EQ(wf_igmp_parse(&m, b, sum_up(b, 808)), IGMP_OK);
    T_CHECK(wf_igmp_text(line, sizeof(line), &m) < 400);
    T_CHECK(strstr(line, "{}] ...") != NULL);
}

static const struct t_case cases[] = {
    {"long messages have short lines", long_messages_have_short_lines},
    {"emit then parse is identity", emit_then_parse_is_identity},
    {"version 3 is read", version_3_is_read},
    {"every truncation is refused", every_truncation_is_refused},
    {"every flip breaks the checksum", every_flip_breaks_the_checksum},
    {"what is no group is refused", what_is_no_group_is_refused},
    {"codes are floating point from 128 on", codes_are_floating_point_from_128_on},
    {"text says what it is", text_says_what_it_is},
};
T_MAIN(cases)
