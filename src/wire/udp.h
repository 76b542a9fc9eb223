/* SPDX-License-Identifier: MIT */
/** DOC: udp - the UDP header (RFC 768) */
#ifndef WF_WIRE_UDP_H
#define WF_WIRE_UDP_H

#include <stddef.h>
#include <stdint.h>

#define UDP_HDR_BYTES 8

/** enum wf_udp_err - what wf_udp_parse() found, in the order it looks */
enum wf_udp_err {
    UDP_OK,
    UDP_TRUNCATED, /* Fewer than UDP_HDR_BYTES. */
    UDP_BAD_LEN,   /* The length field is shorter than the header or longer than the bytes. */
};

/** struct udp_hdr - UDP header */
struct udp_hdr {
    uint16_t sport, dport;
    uint16_t len_bytes; /* Header and data. */
    uint16_t csum;      /* As on the wire; 0 = the sender made none (IPv4 only). */
};

/**
 * wf_udp_parse() - Read the header of a datagram of @len readable bytes at @p
 *
 * The checksum is the caller's to verify, over len_bytes. Bytes after len_bytes are padding.
 *
 * Return: UDP_OK and @h filled, or what is wrong and @h untouched.
 */
enum wf_udp_err wf_udp_parse(struct udp_hdr *h, const uint8_t *p, size_t len);

/** wf_udp_emit() - Write UDP_HDR_BYTES at @p, the checksum as the struct has it */
void wf_udp_emit(uint8_t *p, const struct udp_hdr *h);

/** wf_udp_text() - One line of at most @cap bytes, NUL included; returns its length */
uint32_t wf_udp_text(char *buf, uint32_t cap, const struct udp_hdr *h);

/** wf_udp_err_text() - What is wrong, in words, for enum wf_udp_err */
const char *wf_udp_err_text(enum wf_udp_err err);

#endif /* WF_WIRE_UDP_H */
