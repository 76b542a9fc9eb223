/* SPDX-License-Identifier: MIT */
/** DOC: udp - the headers of UDP (RFC 768) and UDP-Lite (RFC 3828), which differ in one field */
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
    UDP_BAD_COV,   /* UDP-Lite: the coverage leaves out a part of the header, or is longer. */
    UDP_NO_CSUM,   /* UDP-Lite: no checksum, which there must be. */
};

/** struct udp_hdr - UDP or UDP-Lite header */
struct udp_hdr {
    uint16_t sport, dport;
    uint16_t len_bytes; /* Header and data. UDP-Lite: those of them that are covered. */
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

/**
 * wf_udplite_parse() - Read the UDP-Lite header of a datagram that is @len bytes at @p
 *
 * len_bytes becomes the coverage in bytes, also where the field says 0 for all of them.
 *
 * Return: UDP_OK and @h filled, or what is wrong and @h untouched.
 */
enum wf_udp_err wf_udplite_parse(struct udp_hdr *h, const uint8_t *p, size_t len);

/** wf_udp_emit() - Write UDP_HDR_BYTES at @p, the checksum as the struct has it */
void wf_udp_emit(uint8_t *p, const struct udp_hdr *h);

/** wf_udp_text() - One line of at most @cap bytes, NUL included; returns its length */
uint32_t wf_udp_text(char *buf, uint32_t cap, const struct udp_hdr *h);

/** wf_udp_err_text() - What is wrong, in words, for enum wf_udp_err */
const char *wf_udp_err_text(enum wf_udp_err err);

#endif /* WF_WIRE_UDP_H */
