/* SPDX-License-Identifier: MIT */
/** DOC: ip4 - the IPv4 header and its options (RFC 791), the pseudo header of UDP and TCP */
#ifndef WF_WIRE_IP4_H
#define WF_WIRE_IP4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "wire/cursor.h"

#define IP4_HDR_BYTES      20 /* Without options. */
#define IP4_OPTS_MAX_BYTES 40
#define IP4_HDR_MAX_BYTES  (IP4_HDR_BYTES + IP4_OPTS_MAX_BYTES)

#define IP_PROTO_ICMP      1
#define IP_PROTO_IGMP      2
#define IP_PROTO_TCP       6
#define IP_PROTO_UDP       17
#define IP_PROTO_UDPLITE   136

/** struct wf_ip4 - an IPv4 address in the order it is written and sent */
struct wf_ip4 {
    uint8_t b[4];
};

/** enum wf_ip4_err - what wf_ip4_parse() found, in the order it looks */
enum wf_ip4_err {
    IP4_OK,
    IP4_TRUNCATED,   /* Fewer bytes than 20, or than the header length says. */
    IP4_BAD_VERSION, /* Not 4. */
    IP4_BAD_IHL,     /* Header length below 20. */
    IP4_BAD_LEN,     /* Total length shorter than the header or longer than the bytes. */
    IP4_BAD_CSUM,
};

/** struct ip4_hdr - IPv4 header */
struct ip4_hdr {
    uint8_t hdr_bytes; /* 20..60, a multiple of 4; set by parse, not read by emit. */
    uint8_t tos;       /* DSCP (upper 6 bits) and ECN (RFC 2474, RFC 3168). */
    uint8_t ttl;
    uint8_t proto;
    uint16_t total_bytes; /* Header and data. */
    uint16_t id;
    uint16_t frag_off_bytes; /* A multiple of 8. */
    bool df, mf;
    bool is_reserved_bit; /* The third flag, which must be zero (RFC 791) and is not judged here. */
    struct wf_ip4 src, dst;
    const uint8_t *opts; /* Inside the parsed bytes; meaningless when opts_bytes is 0. */
    uint8_t opts_bytes;  /* 0..40. */
};

/** enum ip4_opt_type - option types with the copied flag where it belongs (RFC 791 and later) */
enum ip4_opt_type {
    IP4_OPT_EOL = 0,
    IP4_OPT_NOP = 1,
    IP4_OPT_RR = 7,             /* Record route. */
    IP4_OPT_TS = 68,            /* Internet timestamp. */
    IP4_OPT_LSRR = 131,         /* Loose source and record route. */
    IP4_OPT_STREAM_ID = 136,    /* Of no use any more (RFC 6814). */
    IP4_OPT_SSRR = 137,         /* Strict source and record route. */
    IP4_OPT_ROUTER_ALERT = 148, /* RFC 2113. */
};

/** enum ip4_ts_flag - what a timestamp option asks for: the lower half of its fourth octet */
enum ip4_ts_flag {
    IP4_TS_ONLY = 0,     /* Times of 4 octets. */
    IP4_TS_AND_ADDR = 1, /* Each with the address of who wrote it. */
    IP4_TS_PRESPEC = 3,  /* The same, from the hosts whose addresses stand there already. */
};

/** struct ip4_opt - one option; NOP and EOL never come out of the walk */
struct ip4_opt {
    uint8_t type;
    uint8_t len;         /* As on the wire: type, length and data. */
    uint8_t pos;         /* Offset of the type octet from the start of the header. */
    const uint8_t *data; /* len - 2 bytes. */
};

/** enum ip4_opt_step - what wf_ip4_opts_next() answers */
enum ip4_opt_step { OPT_NEXT, OPT_END, OPT_BAD };

/** struct ip4_opts_it - a walk over options; made by wf_ip4_opts_begin() */
struct ip4_opts_it {
    struct cursor c;
    const uint8_t *opts;
    uint8_t bad_pos; /* After OPT_BAD: offset of the wrong octet, for parameter problem. */
};

/**
 * wf_ip4_parse() - Read the header of a datagram of @len readable bytes at @p
 * @check_csum: false where the link vouches for the checksum
 *
 * Options are not judged; walk them with wf_ip4_opts_begin().
 *
 * Return: IP4_OK and @h filled, or what is wrong and @h untouched.
 */
enum wf_ip4_err wf_ip4_parse(struct ip4_hdr *h, const uint8_t *p, size_t len, bool check_csum);

/**
 * wf_ip4_parse_quoted() - Read the header that an ICMP error quotes
 *
 * As wf_ip4_parse() without the checksum, which a router on the way may have left stale, but the
 * total length may exceed @len: a quotation is cut short by nature (RFC 792, RFC 1812 4.3.2.3).
 */
enum wf_ip4_err wf_ip4_parse_quoted(struct ip4_hdr *h, const uint8_t *p, size_t len);

/**
 * wf_ip4_emit() - Write the header with its options and checksum
 *
 * The options are padded with end-of-list to a multiple of 4. @p holds IP4_HDR_BYTES and the
 * padded options.
 *
 * Return: header bytes written.
 */
uint32_t wf_ip4_emit(uint8_t *p, const struct ip4_hdr *h);

/**
 * wf_ip4_emit_len() - Change total length and identification of an emitted header
 *
 * The checksum is mended by the difference (RFC 1624), so that cutting a super-frame costs the
 * same for each segment whatever the options.
 */
void wf_ip4_emit_len(uint8_t *p, uint16_t total_bytes, uint16_t id);

/** wf_ip4_sum_ok() - Whether the checksum of a header without options is right */
static inline bool wf_ip4_sum_ok(const uint8_t *p)
{
    return wf_csum_fold(wf_csum_native(0, p, IP4_HDR_BYTES)) == 0xffff;
}

/**
 * wf_ip4_count_hop() - Write TTL and checksum of a header after one more hop
 * @to: the header that goes on; the same as @from, or a copy of it
 *
 * By RFC 1624 (3) the checksum grows by what the word of the TTL goes down by, 0x0100, the carry
 * brought round.
 */
static inline void wf_ip4_count_hop(uint8_t *to, const uint8_t *from)
{
    uint32_t sum = wf_ld16be(from + 10) + 0x0100u;
    to[8] = (uint8_t)(from[8] - 1);
    wf_st16be(to + 10, (uint16_t)(sum + (sum >= 0xffff)));
}

/** wf_ip4_opts_begin() - Start at the first option of a parsed header */
struct ip4_opts_it wf_ip4_opts_begin(const struct ip4_hdr *h);

/**
 * wf_ip4_opts_next() - The next option that is not NOP
 *
 * Return: OPT_NEXT and @o filled; OPT_END at the end or end-of-list; OPT_BAD when a length is
 * missing, below 2 or beyond the header, with @it->bad_pos set. After OPT_BAD the walk is over.
 */
enum ip4_opt_step wf_ip4_opts_next(struct ip4_opts_it *it, struct ip4_opt *o);

/** wf_ip4_opts_has() - Whether an option of a type is among those in front of a fault */
bool wf_ip4_opts_has(const struct ip4_hdr *h, uint8_t type);

/** wf_ip4_pseudo_sum() - Sum of the pseudo header, folded, not inverted; @len is at most 65535 */
uint16_t wf_ip4_pseudo_sum(struct wf_ip4 src, struct wf_ip4 dst, uint8_t proto, uint32_t len);

/** wf_ip4_text() - One line of at most @cap bytes, NUL included; returns its length */
uint32_t wf_ip4_text(char *buf, uint32_t cap, const struct ip4_hdr *h);

/** wf_ip4_err_text() - What is wrong, in words, for enum wf_ip4_err */
const char *wf_ip4_err_text(enum wf_ip4_err err);

/** wf_ip4_proto_text() - Name of a protocol number, or NULL for one without a name here */
const char *wf_ip4_proto_text(uint8_t proto);

#endif /* WF_WIRE_IP4_H */
