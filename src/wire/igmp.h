/* SPDX-License-Identifier: MIT */
/**
 * DOC: igmp - IGMP messages of versions 1, 2 and 3 (RFC 1112 I, RFC 2236 2, RFC 3376 4)
 *
 * A query's version follows from its length and code: 8 octets with code 0 are version 1, 8 with
 * another code version 2, 12 and more version 3. Everything behind a version 3 report's header is
 * walked once by the parser, so that a message that is taken has no record that lies.
 */
#ifndef WF_WIRE_IGMP_H
#define WF_WIRE_IGMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/cursor.h"
#include "wire/ip4.h"

#define IGMP_HDR_BYTES    8
#define IGMP_QUERY3_BYTES 12
#define IGMP_REC_BYTES    8 /* Group record without its sources. */

/** enum igmp_type - types of messages */
enum igmp_type {
    IGMP_QUERY = 0x11,
    IGMP_REPORT1 = 0x12,
    IGMP_REPORT2 = 0x16,
    IGMP_LEAVE = 0x17,
    IGMP_REPORT3 = 0x22,
};

/** enum igmp_rec_type - types of group records (RFC 3376 4.2.12) */
enum igmp_rec_type {
    IGMP_IS_IN = 1,
    IGMP_IS_EX = 2,
    IGMP_TO_IN = 3,
    IGMP_TO_EX = 4,
    IGMP_ALLOW = 5,
    IGMP_BLOCK = 6,
};

/** enum wf_igmp_err - what wf_igmp_parse() found, in the order it looks */
enum wf_igmp_err {
    IGMP_OK,
    IGMP_TRUNCATED, /* Fewer than 8 octets. */
    IGMP_BAD_CSUM,
    IGMP_BAD_TYPE,  /* Unknown: to be ignored. */
    IGMP_BAD_LEN,   /* A query of 9 to 11 octets; more sources or records than there are octets. */
    IGMP_BAD_GROUP, /* Not zero and no group address, or zero where a group is meant. */
};

/** struct igmp_msg - a message; fields beyond those of its type are zero */
struct igmp_msg {
    uint8_t type;
    uint8_t version; /* Of a query: 1, 2, 3. */
    uint8_t code;    /* Max resp code of a query, as on the wire. */
    uint32_t group;
    /* Query of version 3. */
    bool is_suppress; /* S flag: routers keep their timers. */
    uint8_t qrv, qqic;
    const uint8_t *sources; /* Four octets each, inside the parsed bytes. */
    uint16_t sources_n;
    /* Report of version 3. */
    uint16_t records_n;
    struct cursor records;
};

/** struct igmp_rec - a group record */
struct igmp_rec {
    uint8_t type;
    uint32_t group;
    const uint8_t *sources;
    uint16_t sources_n;
};

/**
 * wf_igmp_parse() - Read a message of @len octets at @p: all of the IP payload
 *
 * Return: IGMP_OK and @m filled, or what is wrong and @m untouched.
 */
enum wf_igmp_err wf_igmp_parse(struct igmp_msg *out, const uint8_t *p, size_t len);

/** wf_igmp_rec_next() - The next record of a parsed report; false at the end */
bool wf_igmp_rec_next(struct igmp_msg *m, struct igmp_rec *r);

/** wf_igmp_decode() - Value of a max resp code or QQIC: 128 and more are floating point */
uint32_t wf_igmp_decode(uint8_t code);

/** wf_igmp_encode() - The code of the largest value that is not above @value (0..31744) */
uint8_t wf_igmp_encode(uint32_t value);

/** wf_igmp_emit() - Write the 8 octets of a message of versions 1 and 2, with checksum */
void wf_igmp_emit(uint8_t *p, uint8_t type, uint8_t code, uint32_t group);

/** wf_igmp_emit_query3() - Write the 12 octets in front of a version 3 query's sources */
void wf_igmp_emit_query3(uint8_t *p, const struct igmp_msg *m);

/** wf_igmp_emit_report3() - Write the 8 octets in front of a version 3 report's records */
void wf_igmp_emit_report3(uint8_t *p, uint16_t records_n);

/** wf_igmp_emit_rec() - Write the 8 octets in front of a record's sources */
void wf_igmp_emit_rec(uint8_t *p, uint8_t type, uint16_t sources_n, uint32_t group);

/** wf_igmp_rec_text() - Name of a record type as RFC 3376 has it, or NULL */
const char *wf_igmp_rec_text(uint8_t type);

/** wf_igmp_text() - One line of at most @cap bytes, NUL included; returns its length */
uint32_t wf_igmp_text(char *buf, uint32_t cap, const struct igmp_msg *m);

/** wf_igmp_err_text() - What is wrong, in words, for enum wf_igmp_err */
const char *wf_igmp_err_text(enum wf_igmp_err err);

#endif /* WF_WIRE_IGMP_H */
