/* SPDX-License-Identifier: MIT */
/**
 * DOC: icmp4 - the first eight octets of an ICMP message (RFC 792, RFC 1191, RFC 1812), and the
 * bodies of timestamp, address mask (RFC 950) and router advertisement (RFC 1256)
 */
#ifndef WF_WIRE_ICMP4_H
#define WF_WIRE_ICMP4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/ip4.h"

#define ICMP4_HDR_BYTES       8
#define ICMP4_TIMESTAMP_BYTES 20 /* Header and three times. */
#define ICMP4_MASK_BYTES      12 /* Header and mask. */
#define ICMP4_DAY_MS          86400000u
#define ICMP4_TIME_ODD        0x80000000u /* Set: not milliseconds since midnight UT. */
#define ICMP4_ROUTER_NEVER    0x80000000u /* Preference: not to be a default router. */

/** enum icmp4_type - message types */
enum icmp4_type {
    ICMP4_ECHO_REPLY = 0,
    ICMP4_UNREACHABLE = 3,
    ICMP4_SOURCE_QUENCH = 4, /* Obsolete (RFC 6633): read, never sent. */
    ICMP4_REDIRECT = 5,
    ICMP4_ECHO_REQUEST = 8,
    ICMP4_ROUTER_ADVERT = 9,
    ICMP4_ROUTER_SOLICIT = 10,
    ICMP4_TIME_EXCEEDED = 11,
    ICMP4_PARAMETER_PROBLEM = 12,
    ICMP4_TIMESTAMP_REQUEST = 13,
    ICMP4_TIMESTAMP_REPLY = 14,
    ICMP4_INFO_REQUEST = 15, /* Obsolete (RFC 6918), as are the next three. */
    ICMP4_INFO_REPLY = 16,
    ICMP4_MASK_REQUEST = 17,
    ICMP4_MASK_REPLY = 18,
};

/** enum icmp4_unreachable_code - codes of ICMP4_UNREACHABLE (RFC 792, RFC 1122 3.2.2.1, RFC 1812)
 */
enum icmp4_unreachable_code {
    ICMP4_NET_UNREACHABLE = 0,
    ICMP4_HOST_UNREACHABLE = 1,
    ICMP4_PROTO_UNREACHABLE = 2,
    ICMP4_PORT_UNREACHABLE = 3,
    ICMP4_FRAG_NEEDED = 4,
    ICMP4_SOURCE_ROUTE_FAILED = 5,
    ICMP4_NET_UNKNOWN = 6,
    ICMP4_HOST_UNKNOWN = 7,
    ICMP4_HOST_ISOLATED = 8,
    ICMP4_NET_PROHIBITED = 9,
    ICMP4_HOST_PROHIBITED = 10,
    ICMP4_NET_TOS_UNREACHABLE = 11,
    ICMP4_HOST_TOS_UNREACHABLE = 12,
    ICMP4_ADMIN_PROHIBITED = 13,
    ICMP4_PRECEDENCE_VIOLATION = 14,
    ICMP4_PRECEDENCE_CUTOFF = 15,
};

/** enum icmp4_redirect_code - codes of ICMP4_REDIRECT */
enum icmp4_redirect_code {
    ICMP4_REDIRECT_NET = 0,
    ICMP4_REDIRECT_HOST = 1,
    ICMP4_REDIRECT_NET_TOS = 2,
    ICMP4_REDIRECT_HOST_TOS = 3,
};

/** enum icmp4_time_code - codes of ICMP4_TIME_EXCEEDED */
enum icmp4_time_code { ICMP4_TTL_EXCEEDED = 0, ICMP4_REASSEMBLY_EXCEEDED = 1 };

/** enum icmp4_param_code - codes of ICMP4_PARAMETER_PROBLEM */
enum icmp4_param_code {
    ICMP4_PARAM_POINTER = 0,
    ICMP4_PARAM_MISSING_OPTION = 1,
    ICMP4_PARAM_BAD_LENGTH = 2,
};

/** enum wf_icmp4_err - what wf_icmp4_parse() found */
enum wf_icmp4_err { ICMP4_OK, ICMP4_TRUNCATED };

struct text;

/**
 * struct icmp4_hdr - type, code and the second word as the type reads it
 *
 * A field that the type does not have is 0 after parse and not read by emit.
 */
struct icmp4_hdr {
    uint8_t type;          /* An enum icmp4_type, or any other value. */
    uint8_t code;          /* As the type has it; not judged. */
    uint16_t id, seq;      /* Echo, timestamp, information, address mask. */
    uint16_t mtu;          /* Unreachable; 0 unless code 4 from a router that knows RFC 1191. */
    uint8_t pointer;       /* Parameter problem: octet of the quoted header. */
    struct wf_ip4 gateway; /* Redirect. */
    uint8_t entries;       /* Router advertisement: addresses, ... */
    uint8_t entry_words;   /* ... words of 32 bits for each, ... */
    uint16_t lifetime_s;   /* ... and how long they are good. */
    uint32_t unused;       /* The whole second word, of every other type. */
};

/**
 * wf_icmp4_parse() - Read the first eight octets of a message of @len readable bytes at @p
 *
 * The checksum is the caller's to verify, over the whole message.
 *
 * Return: ICMP4_OK and @h filled; ICMP4_TRUNCATED and @h untouched when fewer than 8 octets.
 */
enum wf_icmp4_err wf_icmp4_parse(struct icmp4_hdr *h, const uint8_t *p, size_t len);

/** struct icmp4_times - The three times of a timestamp message; 32 bits each, as they are */
struct icmp4_times {
    uint32_t originate, receive, transmit;
};

/** wf_icmp4_parse_times() - Read them from a whole message of @len bytes; false if it is short */
bool wf_icmp4_parse_times(struct icmp4_times *t, const uint8_t *p, size_t len);

/** wf_icmp4_emit_times() - Write them behind the header of a message at @p */
void wf_icmp4_emit_times(uint8_t *p, const struct icmp4_times *t);

/** struct icmp4_router - One address of a router advertisement */
struct icmp4_router {
    struct wf_ip4 addr;
    uint32_t preference; /* Two's complement; ICMP4_ROUTER_NEVER is the least. */
};

/**
 * wf_icmp4_parse_router() - Entry @i of an advertisement of @len bytes at @p with header @h
 *
 * Return: false past the last one, or where the message ends before it. Words beyond the two that
 * are known are skipped (RFC 1256 5.2).
 */
bool wf_icmp4_parse_router(struct icmp4_router *r, const struct icmp4_hdr *h, const uint8_t *p,
                           size_t len, uint32_t i);

/** wf_icmp4_emit_router() - Write entry @i, of two words, of an advertisement at @p */
void wf_icmp4_emit_router(uint8_t *p, uint32_t i, const struct icmp4_router *r);

/** wf_icmp4_emit() - Write ICMP4_HDR_BYTES at @p, with a zero checksum to be filled in later */
void wf_icmp4_emit(uint8_t *p, const struct icmp4_hdr *h);

/** wf_icmp4_put() - Write type, code and their word as text */
void wf_icmp4_put(struct text *t, const struct icmp4_hdr *h);

/** wf_icmp4_text() - One line of at most @cap bytes, NUL included; returns its length */
uint32_t wf_icmp4_text(char *buf, uint32_t cap, const struct icmp4_hdr *h);

#endif /* WF_WIRE_ICMP4_H */
