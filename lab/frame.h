/* SPDX-License-Identifier: MIT */
/**
 * DOC: frame - the bytes of a frame in one piece, and what a diagram says about them
 *
 * A reader for labels only: it looks at frames that the stacks made or understood, says little
 * about anything else and never goes past the end.
 */
#ifndef WEFT_LAB_FRAME_H
#define WEFT_LAB_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/netif.h"

#define LAB_FRAME_BYTES 2048 /* Labels need no more of a frame than this. */

/** enum lab_protocol - What a frame carries; in the order of wf_lab_protocol_names */
enum lab_protocol { LAB_PROTO_OTHER, LAB_PROTO_ARP, LAB_PROTO_ICMP, LAB_PROTO_UDP, LAB_PROTO_TCP };

/** struct lab_frame - What labels want to know of an Ethernet frame */
struct lab_frame {
    enum lab_protocol protocol;
    uint8_t src[4], dst[4]; /* IPv4, or ARP sender and target. */
    uint16_t ip_bytes;      /* After the IP header, in this packet. */
    uint16_t frag_offset, ident;
    bool has_more;         /* More fragments follow. */
    uint16_t sport, dport; /* 0 in a later fragment. */
    uint16_t arp_op, udp_len;
    uint8_t icmp_type, icmp_code;
    uint16_t icmp_id, icmp_seq;
    uint8_t ttl, tcp_flags;
    uint32_t seq, ack;
    uint16_t wnd;
    uint32_t payload; /* TCP bytes. */
    unsigned sacks;   /* SACK blocks. */
    int wscale;       /* Of a SYN: the shift it offers, -1 = none. */
};

/** wf_frame_copy() - The first @cap bytes of a frame in one piece; returns how many there were */
size_t wf_frame_copy(const struct weft_frame *f, uint8_t *buf, size_t cap);

/** wf_frame_read() - Read the headers of an Ethernet frame */
void wf_frame_read(struct lab_frame *f, const uint8_t *bytes, size_t len);

#endif /* WEFT_LAB_FRAME_H */
