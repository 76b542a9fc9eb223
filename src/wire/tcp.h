/* SPDX-License-Identifier: MIT */
/** DOC: tcp - the TCP header (RFC 9293 3.1) and its options (also RFC 7323, 2018, 5482, 7413, 9768)
 */
#ifndef WF_WIRE_TCP_H
#define WF_WIRE_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

#define TCP_HDR_BYTES      20 /* Without options. */
#define TCP_OPTS_MAX_BYTES 40
#define TCP_HDR_MAX_BYTES  (TCP_HDR_BYTES + TCP_OPTS_MAX_BYTES)
#define TCP_SACK_MAX       4
#define TCP_FO_MAX         16      /* Octets of a Fast Open cookie (RFC 7413 4.1.1). */
#define TCP_FO_REQUEST     1       /* tcp_opts.fo_n of an option without a cookie. */
#define TCP_WSCALE_MAX     14      /* RFC 7323 2.3. */
#define TCP_UTO_MINUTES    0x8000u /* RFC 5482 3.3: the value counts minutes, else seconds. */
#define TCP_CSUM_OFFSET    16      /* Of the checksum, from the start of the header. */

#define TCP_FIN            0x001u
#define TCP_SYN            0x002u
#define TCP_RST            0x004u
#define TCP_PSH            0x008u
#define TCP_ACK            0x010u
#define TCP_URG            0x020u
#define TCP_ECE            0x040u
#define TCP_CWR            0x080u
#define TCP_AE             0x100u /* RFC 9768, once the nonce sum. */

/** enum wf_tcp_err - what wf_tcp_parse() found, in the order it looks */
enum wf_tcp_err {
    TCP_HDR_OK,
    TCP_TRUNCATED,  /* Fewer than 20 bytes. */
    TCP_BAD_OFFSET, /* Data offset below 20 or beyond the segment. */
    TCP_BAD_OPTION, /* An option's length is missing, below 2 or beyond the header. */
};

/* tcp_opts.acc: an AccECN option is there, in the order of kind 174, with so many fields. */
#define TCP_ACC_OPTION 0x80u
#define TCP_ACC_ORDER1 0x40u
#define TCP_ACC_FIELDS 0x03u

/** struct tcp_opts - options of a segment; what is absent is 0 or false */
struct tcp_opts {
    uint16_t mss;   /* 0 = absent. Only on SYN, as has_wscale and has_sack_ok. */
    uint8_t wscale; /* Shift, at most TCP_WSCALE_MAX. */
    bool has_wscale, has_sack_ok, has_ts;
    uint16_t uto;   /* User timeout as on the wire (TCP_UTO_MINUTES, value); 0 = absent. */
    uint8_t sack_n; /* Valid entries of sack[]; the others hold anything. */
    uint8_t acc;    /* TCP_ACC_OPTION, TCP_ACC_ORDER1 and the number of fields; 0 = absent. */
    uint8_t fo_n;   /* 0 = no Fast Open, TCP_FO_REQUEST, or the octets of the cookie. SYN only. */
    uint32_t ts_val, ts_ecr;
    struct {
        struct tcp_seq from, to;
    } sack[TCP_SACK_MAX];
    uint32_t acc_bytes[3]; /* As on the wire, 24 bits; fields that are absent hold anything. */
    const uint8_t *fo;     /* The cookie; parsed, it lies in the segment. */
};

/** struct tcp_hdr - TCP header */
struct tcp_hdr {
    uint16_t sport, dport;
    struct tcp_seq seq, ack; /* ack means something only with TCP_ACK. */
    uint16_t flags;          /* TCP_FIN and so on; the three reserved bits are dropped. */
    uint16_t wnd;            /* As on the wire, not yet shifted. */
    uint16_t urg;
    uint16_t csum;
    uint8_t hdr_bytes; /* 20..60; set by parse, not read by emit. */
    struct tcp_opts opt;
};

/**
 * wf_tcp_parse() - Read the header and options of a segment of @len readable bytes at @p
 *
 * Unknown options and known ones of a wrong length are skipped, the last of several equal ones
 * counts. The checksum is the caller's to verify.
 *
 * Return: TCP_HDR_OK and @h filled, or what is wrong and @h untouched.
 */
enum wf_tcp_err wf_tcp_parse(struct tcp_hdr *h, const uint8_t *p, size_t len);

/** wf_tcp_opts_bytes() - Bytes that wf_tcp_emit() writes for options, a multiple of 4, at most 40
 */
uint32_t wf_tcp_opts_bytes(const struct tcp_opts *o);

/** wf_tcp_acc_room() - Bytes an AccECN option of this description takes, padding included */
uint32_t wf_tcp_acc_room(uint8_t acc);

/**
 * wf_tcp_emit() - Write header and options, laid out as a Linux host does
 *
 * SACK blocks that do not fit beside the other options are left off, the last first. The checksum
 * is written as the struct has it. @p holds TCP_HDR_BYTES + wf_tcp_opts_bytes().
 *
 * Return: header bytes written.
 */
uint32_t wf_tcp_emit(uint8_t *p, const struct tcp_hdr *h);

struct text;

/** wf_tcp_put() - Write flags, numbers and options for a segment that carries @data_bytes */
void wf_tcp_put(struct text *t, const struct tcp_hdr *h, uint32_t data_bytes);

/** wf_tcp_text() - One line of at most @cap bytes, NUL included; returns its length */
uint32_t wf_tcp_text(char *buf, uint32_t cap, const struct tcp_hdr *h);

/** wf_tcp_err_text() - What is wrong, in words, for enum wf_tcp_err */
const char *wf_tcp_err_text(enum wf_tcp_err err);

#endif /* WF_WIRE_TCP_H */
