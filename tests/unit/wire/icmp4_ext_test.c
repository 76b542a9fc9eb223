/* SPDX-License-Identifier: MIT */
#include "exact.h"
#include "t.h"
#include "wire/wire.h"

#define QUOTE 128u
#define LABEL 8u /* An object with one label. */

static const uint8_t label[LABEL] = {0, 8, 1, 1, 0, 6, 0x41, 5};

/* A message with one label behind a quote of 128 octets; its length. */
static uint32_t build(uint8_t *b, uint8_t type)
{
    memset(b, 0, 8 + QUOTE);
    b[0] = type;
    b[5] = QUOTE / 4;
    uint8_t *x = b + 8 + QUOTE;
    memcpy(x + 4, label, LABEL);
    wf_icmp4_ext_seal(x, 4 + LABEL);
    return 8 + QUOTE + 4 + LABEL;
}

/* Objects of a message in a block of exactly its size. */
static uint32_t objects(const uint8_t *b, uint32_t n, uint8_t *out, uint32_t cap)
{
    uint8_t *p = exact(b, n);
    uint32_t at = wf_icmp4_ext_at(p, n);
    uint32_t got = at == 0 ? 0 : wf_icmp4_ext_objects(out, cap, p + at, n - at);
    free(p);
    return got;
}

static void a_structure_is_found_where_the_length_says(void)
{
    uint8_t b[256], out[64];
    for (unsigned type = 0; type < 256; type++) {
        uint32_t n = build(b, (uint8_t)type);
        bool may = type == 3 || type == 11 || type == 12;
        T_EQ(wf_icmp4_ext_may((uint8_t)type), may);
        T_EQ(objects(b, n, out, sizeof(out)), may ? LABEL : 0);
    }
    uint32_t n = build(b, 11);
    T_CHECK(objects(b, n, out, sizeof(out)) == LABEL && memcmp(out, b + 140, LABEL) == 0);
    for (unsigned words = 0; words < 256; words++) { /* Only one length is right. */
        b[5] = (uint8_t)words;
        T_EQ(objects(b, n, out, sizeof(out)), words == 32 ? LABEL : 0);
    }
}

static void truncated_or_flipped_it_is_not_used(void)
{
    uint8_t b[256], out[64];
    uint32_t n = build(b, 3);
    for (uint32_t len = 8; len < n; len++)
        T_EQ(objects(b, len, out, sizeof(out)), 0);
    for (uint32_t bit = 136 * 8; bit < n * 8; bit++) {
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        T_EQ(objects(b, n, out, sizeof(out)), 0);
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    b[138] = b[139] = 0; /* No sum was made. */
    T_EQ(objects(b, n, out, sizeof(out)), LABEL);
    b[136] = 0x10; /* Another version. */
    T_EQ(objects(b, n, out, sizeof(out)), 0);
}

static void objects_are_taken_whole_and_others_skipped(void)
{
    uint8_t x[4 + 40 + LABEL] = {0}, out[16];
    x[5] = 40; /* More than there is room for ... */
    x[6] = 99; /* ... of a class nobody knows. */
    memcpy(x + 44, label, LABEL);
    wf_icmp4_ext_seal(x, sizeof(x));
    T_EQ(wf_icmp4_ext_objects(out, sizeof(out), x, sizeof(x)), LABEL);
    T_CHECK(memcmp(out, x + 44, LABEL) == 0);
    static const uint8_t bad[] = {0, 3, 41, 48, 255};
    for (unsigned i = 0; i < sizeof(bad); i++) {
        x[5] = bad[i] == 48 ? 44 : bad[i]; /* 44: the next begins inside the last one. */
        wf_icmp4_ext_seal(x, sizeof(x));
        T_EQ(wf_icmp4_ext_objects(out, sizeof(out), x, sizeof(x)), 0);
    }
}

static void an_interface_is_written_as_rfc_5837_has_it(void)
{
    static const uint8_t want[] = "\x00\x1c\x02\x0f\x00\x00\x00\x03\x00\x01\x00\x00\x0a\x00\x00\x01"
                                  "\x08"
                                  "eth10\x00\x00\x00\x00\x05\xdc";
    struct icmp4_ext_if i = {.index = 3, .mtu = 1500, .addr4 = 0x0a000001, .name = "eth10"};
    uint8_t b[ICMP4_EXT_IF_MAX];
    T_EQ(wf_icmp4_ext_interface(b, &i), 28);
    T_CHECK(memcmp(b, want, 28) == 0);
    i.addr4 = 0;
    i.name = "a-name-that-is-too-long";
    T_EQ(wf_icmp4_ext_interface(b, &i), 28);
    T_CHECK(b[3] == 0x0b && b[8] == 16 && memcmp(b + 9, "a-name-that-is-", 15) == 0);
}

static const struct t_case cases[] = {
    {"a structure is found where the length field says, in three types",
     a_structure_is_found_where_the_length_says},
    {"truncated, flipped or of another version it is not used",
     truncated_or_flipped_it_is_not_used},
    {"objects are taken whole; those that find no room are skipped; malformed ones spoil all",
     objects_are_taken_whole_and_others_skipped},
    {"an interface is written as RFC 5837 has it", an_interface_is_written_as_rfc_5837_has_it},
};

T_MAIN(cases)
